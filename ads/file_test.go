package ads

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"stellwerk/ads/ams"
	"stellwerk/ads/command"
	"stellwerk/ads/symbol"
)

// newSystem returns a client of a machine with a system service and a licence
// server.
func newSystem(t *testing.T, options *DeviceSystemOptions) *Client {
	t.Helper()
	system, err := NewDeviceSystem(options)
	if err != nil {
		t.Fatal(err)
	}
	licence, err := NewDeviceLicence(&DeviceLicenceOptions{
		SystemID: symbol.GUID{1, 2}, Platform: 50, VolumeID: 9, Modules: map[symbol.GUID]string{{3}: "TC3 PLC", {4}: "TC3 Modbus TCP"}, Orders: map[symbol.GUID]string{{3}: "TC1200"},
	})
	if err != nil {
		t.Fatal(err)
	}
	return portsClient(t, plc.Port, map[ams.Port]Handler{ams.PortSystemService: system, ams.PortLicenceServer: licence})
}

func TestFiles(t *testing.T) {
	root, err := os.OpenRoot(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	c := newSystem(t, &DeviceSystemOptions{Files: root, FilesWritable: true})
	long := strings.Repeat("0123456789abcdef", 10_000)
	for name, text := range map[string]string{`C:\dir\long.txt`: long, `C:\dir\empty.txt`: ""} {
		if err := c.WriteFile(t.Context(), name, []byte(text)); err != nil {
			t.Fatal(err)
		}
		if got, err := c.ReadFile(t.Context(), name, 0); err != nil || string(got) != text {
			t.Errorf("%s: %d octets, %v", name, len(got), err)
		}
	}
	if _, err := c.ReadFile(t.Context(), `C:\dir\long.txt`, 100); err == nil || !strings.Contains(err.Error(), "more than 100") {
		t.Error(err)
	}
	var names []string
	for e, err := range c.ListFiles(t.Context(), `C:\dir\*.*`) {
		if err != nil || e.IsDir() || e.Written.IsZero() || e.Name == "long.txt" && e.Size != int64(len(long)) {
			t.Errorf("%+v %v", e, err)
		}
		names = append(names, e.Name)
	}
	if diff := cmp.Diff([]string{"empty.txt", "long.txt"}, names); diff != "" {
		t.Error(diff)
	}
	if err := c.DeleteFile(t.Context(), `C:\dir\empty.txt`); err != nil {
		t.Error(err)
	}
	_, err = c.OpenFile(t.Context(), `C:\dir\empty.txt`, FileRead)
	if !errors.Is(err, fs.ErrNotExist) || Code(err) != ams.NotFound || !strings.Contains(err.Error(), "empty.txt") {
		t.Error(err)
	}
	f, err := c.OpenFile(t.Context(), `C:\dir\long.txt`, FileRead)
	if err != nil || f.Close() != nil || !errors.Is(f.Close(), fs.ErrClosed) {
		t.Error(err)
	}
	if _, err := f.Read(make([]byte, 1)); !errors.Is(err, fs.ErrClosed) {
		t.Error(err)
	}
	if _, err := f.Write(nil); !errors.Is(err, fs.ErrClosed) {
		t.Error(err)
	}
}

// A server that has the same answer to everything does not keep a listing going.
func TestListFilesThatRepeats(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, p := newPeer(t, ClientOptions{})
		go func() {
			for range 2 {
				f := p.next()
				p.answer(&f, value(bytes.Repeat([]byte{0x0F}, 324)...))
			}
		}()
		var entries int
		var last error
		for _, err := range c.ListFiles(t.Context(), "/*") {
			last = err
			entries++
		}
		if entries != 2 || !errors.Is(last, ErrAnswer) {
			t.Error(entries, last)
		}
	})
}

func TestSystem(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		routes := []command.Route{
			{Name: "press", NetID: ams.NetID{1, 2, 3, 4, 1, 1}, Address: "10.0.0.2", Timeout: time.Second},
			{Name: "oven", NetID: ams.NetID{1, 2, 3, 5, 1, 1}, Address: "oven.example"},
		}
		c := newSystem(t, &DeviceSystemOptions{HostName: "cx", Routes: func() []command.Route { return routes }})
		got, err := c.Routes(t.Context())
		want := []command.Route{
			{Name: "press", NetID: routes[0].NetID, Address: "10.0.0.2", Transport: 1, Timeout: time.Second},
			{Name: "oven", NetID: routes[1].NetID, Address: "oven.example", Transport: 1},
		}
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%v\n%s", err, diff)
		}
		state, err := c.SystemState(t.Context())
		if err != nil || state.ADSState != command.StateRun || state.Version != 3 || state.Build != 4026 {
			t.Errorf("%+v %v", state, err)
		}
		if text, err := c.TargetDescription(t.Context()); err != nil || !strings.Contains(text, "<Name>cx</Name>") {
			t.Error(text, err)
		}
		licence, err := c.Licence(t.Context())
		if diff := cmp.Diff(Licence{
			SystemID: symbol.GUID{1, 2}, Platform: 50, VolumeID: 9,
			Modules: []LicenceModule{{ID: symbol.GUID{3}, Name: "TC3 PLC", Order: "TC1200"}, {ID: symbol.GUID{4}, Name: "TC3 Modbus TCP"}},
		}, licence); diff != "" || err != nil {
			t.Errorf("%v\n%s", err, diff)
		}
		if err := c.RestartSystem(t.Context()); Code(err) == ams.NoError { // this one refuses
			t.Error(err)
		}
	})
}

// TestStates changes the state of a PLC, which keeps its device state.
func TestStates(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, p := newPeer(t, ClientOptions{})
		var got []string
		go func() {
			for range 6 {
				f := p.next()
				if f.Command == ams.ReadState {
					p.answer(&f, command.State{ADSState: command.StateRun, DeviceState: 7}.Append(nil))
					continue
				}
				r, _ := command.DecodeWriteControlRequest(f.Data)
				got = append(got, r.ADSState.String())
				if r.DeviceState != 7 {
					t.Error(r)
				}
				p.answer(&f, result(0))
			}
		}()
		if err := errors.Join(c.Stop(t.Context()), c.Reset(t.Context()), c.Run(t.Context())); err != nil {
			t.Error(err)
		}
		if strings.Join(got, " ") != "Stop Reset Run" {
			t.Error(got)
		}
	})
}
