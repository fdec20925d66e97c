package interop

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"stellwerk/ads"
	"stellwerk/ads/ams"
	"stellwerk/ads/router"
	"stellwerk/ads/symbol"
	"stellwerk/internal/simulator/plc"
)

// adsClientVersion is that of ads-client/package.json.
const adsClientVersion = "2.1.0"

// mixer is the second program of the PLC: a method with structures and arrays.
const mixer = `
TYPE ST_Dose : STRUCT nGrams : INT; sName : STRING(15); END_STRUCT END_TYPE
FUNCTION_BLOCK FB_Mixer
VAR nMixed : UDINT; END_VAR
METHOD Mix : ST_Dose
VAR_INPUT stDose : ST_Dose; aParts : ARRAY [1..3] OF INT; END_VAR
VAR_OUTPUT aDoubled : ARRAY [1..3] OF DINT; stLast : ST_Dose; END_VAR
END_FUNCTION_BLOCK
PROGRAM MAIN
VAR
	fbMixer : FB_Mixer;
END_VAR
`

func mixerTable(t *testing.T) *symbol.Table {
	t.Helper()
	d := symbol.NewDeclaration(symbol.TwinCAT3)
	d.Text(mixer, "GVL")
	table, err := d.Table()
	if err != nil {
		t.Fatal(err)
	}
	return table
}

// mix is the method: the dose times the sum of the parts.
func mix(_ context.Context, c *ads.DeviceCall) error {
	dose, _ := c.In["STDOSE"].(symbol.Struct)
	fields := dose.Map()
	grams, _ := fields["nGrams"].(int16)
	name, _ := fields["sName"].(string)
	parts, _ := c.In["APARTS"].([]any)
	sum, doubled, last := int16(0), make([]int32, len(parts)), int16(0)
	for i, part := range parts {
		last, _ = part.(int16)
		sum += last
		doubled[i] = 2 * int32(last)
	}
	c.Return = map[string]any{"nGrams": grams * sum, "sName": name + "!"}
	c.Out["aDoubled"] = doubled
	c.Out["stLast"] = map[string]any{"nGrams": last, "sName": "last"}
	return nil
}

// newPLC is the built-in PLC, still, with the mixer at port 852. What writing
// GVL.nUInt does is told to asked.
func newPLC(t *testing.T, id ams.NetID, asked func()) *plc.PLC {
	t.Helper()
	model, err := plc.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	model.Address.NetID = id
	p, err := plc.New(model, plc.Options{})
	if err != nil {
		t.Fatal(err)
	}
	second, err := ads.NewDevice(mixerTable(t), nil)
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	err = errors.Join(
		second.OnCall("FB_Mixer#Mix", mix),
		p.Device.OnWrite("GVL.nUInt", func(_ context.Context, w ads.DeviceWrite) error {
			if asked != nil && bytes.Equal(w.Data, []byte{0x67, 0x12}) { // 4711
				wg.Go(asked)
			}
			return nil
		}))
	if err != nil {
		t.Fatal(err)
	}
	p.Server.Handle(852, second)
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
		wg.Wait()
	})
	return p
}

// TestADSClient is a conversation of ads-client with our PLC, directly and by our
// router, with a lost connection.
func TestADSClient(t *testing.T) {
	node := adsClient(t)
	t.Run("direct", func(t *testing.T) {
		var made atomic.Pointer[line] // behind the PLC, which cuts it
		p := newPLC(t, ams.LocalNetID, func() { made.Load().Cut() })
		l := newADSLine(t, serve(t, p.Serve), "ads-unanswered") // the write that has the line cut
		made.Store(l)
		node.converse(t, "conversation.js", map[string]any{"localAmsNetId": "127.0.0.1.9.9", "targetAmsNetId": ams.LocalNetID.String(), "targetAdsPort": ams.PortTC3PLC1, "localAdsPort": 32000, "cut": true}, l.Addr())
		if n := p.Device.Handles(); n != 0 {
			t.Errorf("%d handles are left", n)
		}
	})
	t.Run("router", func(t *testing.T) {
		id := ams.NetID{10, 0, 0, 5, 1, 1}
		p := newPLC(t, id, nil)
		toPLC := newADSLine(t, serve(t, p.Serve))
		r, err := router.New(&router.Options{
			NetID:  ams.NetID{10, 0, 0, 9, 1, 1},
			Routes: []router.Route{{Name: "PLC", NetID: id, Address: toPLC.Addr()}},
		})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = r.Close() })
		node.converse(t, "conversation.js", map[string]any{"targetAmsNetId": id.String(), "targetAdsPort": ams.PortTC3PLC1}, newADSLine(t, serve(t, r.Serve)).Addr())
	})
}

// serve serves a listener on the loopback until the test ends.
func serve(t *testing.T, f func(net.Listener) error) (address string) {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	wg.Go(func() { _ = f(listener) })
	t.Cleanup(func() {
		_ = listener.Close()
		wg.Wait()
	})
	return listener.Addr().String()
}

// nodeProgram is the folder of the conversations.
type nodeProgram struct{ node, folder string }

// adsClient installs the package with npm, once: node_modules stays.
func adsClient(t *testing.T) nodeProgram {
	t.Helper()
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skip("Node.js is missing, which ads-client runs on: install it")
	}
	p := nodeProgram{node, "ads-client"}
	text, _ := os.ReadFile(filepath.Join(p.folder, "node_modules", "ads-client", "package.json"))
	var installed struct {
		Version string `json:"version"`
	}
	if json.Unmarshal(text, &installed) == nil && installed.Version == adsClientVersion {
		return p
	}
	ctx, cancel := context.WithTimeout(t.Context(), slow)
	defer cancel()
	install := exec.CommandContext(ctx, "npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts")
	install.Dir, install.WaitDelay = p.folder, 5*time.Second
	out, err := install.CombinedOutput()
	switch {
	case err == nil:
	case errors.Is(err, exec.ErrNotFound), bytes.Contains(out, []byte("ENOTFOUND")), bytes.Contains(out, []byte("EAI_AGAIN")),
		bytes.Contains(out, []byte("ECONNREFUSED")), bytes.Contains(out, []byte("ETIMEDOUT")), ctx.Err() != nil:
		t.Skipf("ads-client %s cannot be installed without npm and its registry: %v\n%s", adsClientVersion, err, out)
	default:
		t.Fatalf("npm ci in %s: %v\n%s", p.folder, err, out)
	}
	return p
}

// converse runs a conversation with a router or device at an address.
func (p nodeProgram) converse(t *testing.T, script string, options map[string]any, address string) {
	t.Helper()
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		t.Fatal(err)
	}
	options["routerAddress"], options["routerTcpPort"] = host, json.Number(port)
	text, err := json.Marshal(options)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), slow)
	defer cancel()
	run := exec.CommandContext(ctx, p.node, script, string(text))
	run.Dir, run.WaitDelay = p.folder, 5*time.Second
	out, err := run.CombinedOutput()
	if err != nil || !strings.HasSuffix(string(out), "done\n") {
		t.Errorf("ads-client, %s: %v\n%s", script, err, out)
	}
}

// newADSLine puts a recording line before a device or a router. tshark and our
// analyzer judge all frames, those of the peer too.
func newADSLine(t *testing.T, address string, known ...string) *line {
	t.Helper()
	return newRecordedLine(t, address, recordedADS, "", func(t *testing.T, path string) { judgeADS(t, path, known) })
}

// judgeADS has both judges look at a recording of ADS: nothing may be wrong but
// what is known.
func judgeADS(t *testing.T, path string, known []string) {
	t.Helper()
	for _, c := range judgeByAnalyzer(t, path) {
		if c.code == "ads-error" || c.code == "ads-item-error" || slices.Contains(known, c.code) {
			continue // the conversation asks for what is not there
		}
		t.Errorf("%s: frame %d: %s: %s", path, c.frame, c.code, c.text)
	}
	judgeADSByTshark(t, path)
}

// judgeADSByTshark has tshark look for frames that it cannot dissect.
func judgeADSByTshark(t *testing.T, path string) {
	t.Helper()
	if !haveTshark() {
		t.Log("tshark is not there: the frames are judged by our own analyzer alone. On Debian: apt-get install tshark")
		return
	}
	ask := func(filter string) []string {
		out, err := exec.Command("tshark", "-n", "-r", path, "-Y", filter, "-T", "fields", "-e", "frame.number", "-e", "_ws.expert.message").Output()
		if err != nil {
			t.Errorf("tshark %s: %v", path, err)
		}
		return strings.Split(strings.TrimSpace(string(out)), "\n")
	}
	for _, f := range ask("_ws.malformed || _ws.expert.group == \"Malformed\"") {
		if f != "" {
			t.Errorf("%s: tshark calls a frame malformed: %s", path, f)
		}
	}
	if frames := ask("ams"); len(frames) < 50 {
		t.Errorf("%s: tshark sees %d AMS frames, which is too few", path, len(frames))
	}
}
