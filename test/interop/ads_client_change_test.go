package interop

import (
	"context"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"stellwerk/ads"
	"stellwerk/ads/ams"
	"stellwerk/ads/router"
	"stellwerk/internal/simulator/plc"
)

// The programs that an online change goes between: MAIN.nTotal and MAIN.stPart
// move, and something else is where they were.
var programs = map[bool]string{
	false: `
declarations: |
  TYPE ST_Part : STRUCT nCount : UDINT; fWeight : LREAL; END_STRUCT END_TYPE
  PROGRAM MAIN
  VAR bChange : BOOL; nTotal : DINT; stPart : ST_Part; nGone : INT; END_VAR
values:
  - {path: MAIN.stPart, value: {nCount: 3, fWeight: 1.5}}
  - {path: MAIN.nGone, value: 5}
`,
	true: `
declarations: |
  TYPE ST_Part : STRUCT sName : STRING(15); nCount : UDINT; fWeight : LREAL; END_STRUCT END_TYPE
  PROGRAM MAIN
  VAR aNew : ARRAY [1..4] OF LINT; nNew : INT; sNew : STRING; bChange : BOOL; stPart : ST_Part; nTotal : DINT; END_VAR
values:
  - {path: MAIN.aNew, value: [-1, -2, -3, -4]}
  - {path: MAIN.nNew, value: 12}
`,
}

// newChangingPLC is a PLC that makes an online change when MAIN.bChange is written.
func newChangingPLC(t *testing.T, id ams.NetID) *plc.PLC {
	t.Helper()
	models := make(map[bool]*plc.Model)
	for changed, text := range programs {
		path := filepath.Join(t.TempDir(), "program.yaml")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		model, err := plc.Read(path)
		if err != nil {
			t.Fatal(err)
		}
		model.Address.NetID = id
		models[changed] = model
	}
	p, err := plc.New(models[false], plc.Options{Tell: t.Logf})
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	err = p.Device.OnWrite("MAIN.bChange", func(_ context.Context, w ads.DeviceWrite) error {
		to := w.Data[0] != 0
		wg.Go(func() {
			if err := p.OnlineChange(models[to]); err != nil {
				t.Error(err)
			}
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
		wg.Wait()
	})
	return p
}

// TestADSClientOnlineChange has ads-client, with cached symbols and subscriptions,
// meet online changes of our PLC, directly and by our router.
func TestADSClientOnlineChange(t *testing.T) {
	node := adsClient(t)
	t.Run("direct", func(t *testing.T) {
		p := newChangingPLC(t, ams.LocalNetID)
		l := newADSLine(t, serve(t, p.Serve))
		node.converse(t, "change.js", map[string]any{
			"localAmsNetId": "127.0.0.1.9.9", "localAdsPort": 32000, "targetAmsNetId": ams.LocalNetID.String(), "targetAdsPort": ams.PortTC3PLC1,
		}, l.Addr())
		if n := p.Device.Handles(); n != 0 {
			t.Errorf("%d handles are left", n)
		}
		until(t, "no notification is left", func() bool { return p.Device.Notifications() == 0 })
	})
	t.Run("router", func(t *testing.T) {
		id := ams.NetID{10, 0, 0, 5, 1, 1}
		p := newChangingPLC(t, id)
		toPLC := newADSLine(t, serve(t, p.Serve))
		r, err := router.New(&router.Options{
			NetID:  ams.NetID{10, 0, 0, 9, 1, 1},
			Routes: []router.Route{{Name: "PLC", NetID: id, Address: toPLC.Addr()}},
		})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = r.Close() })
		node.converse(t, "change.js", map[string]any{"targetAmsNetId": id.String(), "targetAdsPort": ams.PortTC3PLC1}, newADSLine(t, serve(t, r.Serve)).Addr())
	})
}
