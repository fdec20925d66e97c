package ads

import (
	"bytes"
	"context"
	"encoding/binary"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"stellwerk/ads/ams"
	"stellwerk/ads/command"
	"stellwerk/ads/symbol"
)

// newSystemPeer asks a system service that stands at port 851.
func newSystemPeer(t *testing.T, options *DeviceSystemOptions) *devicePeer {
	t.Helper()
	s, err := NewDeviceSystem(options)
	check(t, err)
	return &devicePeer{rawPeer: newRawPeer(t, newTestServer(t, nil, s))}
}

func TestDeviceSystemStates(t *testing.T) {
	var asked []command.ADSState
	p := newSystemPeer(t, &DeviceSystemOptions{
		Routes: func() []command.Route {
			return []command.Route{{Name: "press", NetID: ams.NetID{1, 2, 3, 4, 1, 1}, Address: "10.0.0.2"}}
		},
		Control: func(_ context.Context, c DeviceControl) error {
			asked = append(asked, c.To)
			return nil
		},
	})
	for _, c := range []struct{ to, then command.ADSState }{
		{command.StateReconfig, command.StateConfig}, {command.StateReset, command.StateRun},
	} {
		code, err := command.DecodeResult(p.request(ams.WriteControl, command.WriteControlRequest{ADSState: c.to}.Append(nil)))
		check(t, err)
		state, err := command.DecodeState(p.request(ams.ReadState, nil))
		check(t, err)
		if code != 0 || state.ADSState != c.then {
			t.Errorf("%v: %v, then %v", c.to, code, state.ADSState)
		}
	}
	if !slices.Equal(asked, []command.ADSState{command.StateReconfig, command.StateReset}) {
		t.Error(asked)
	}
	// state 5, device state 0, started once again, 3.1.4026
	want := []byte{5, 0, 0, 0, 1, 0, 3, 1, 0xBA, 0x0F, 0, 0, 0, 0, 0, 0}
	if got, code := p.read(command.GroupExtendedState, 0, 16); code != 0 || !bytes.Equal(got, want) {
		t.Errorf("%x, %v", got, code)
	}
	if got, code := p.read(command.GroupListRoutes, 0, 1000); code != 0 || !bytes.HasPrefix(got, []byte{1, 2, 3, 4, 1, 1}) || !bytes.HasSuffix(got, []byte("10.0.0.2\x00press\x00")) {
		t.Errorf("%q, %v", got, code)
	}
	if _, code := p.read(command.GroupListRoutes, 1, 1000); code != ams.NotFound {
		t.Error(code)
	}
	if got, code := p.read(command.GroupTargetDesc, 1, 1000); code != 0 || !strings.Contains(string(got), "3.1.4026") {
		t.Errorf("%q, %v", got, code)
	}
	if _, code := p.read(command.GroupRegistry, 0, 10); code != ams.DeviceAccessDenied {
		t.Error(code)
	}
}

func TestDeviceSystemFiles(t *testing.T) {
	folder := t.TempDir()
	root, err := os.OpenRoot(folder)
	check(t, err)
	defer root.Close()
	check(t, os.WriteFile(filepath.Join(folder, "a.txt"), []byte("hello"), 0o600))
	check(t, os.Mkdir(filepath.Join(folder, "Boot"), 0o700))
	p := newSystemPeer(t, &DeviceSystemOptions{Files: root, FilesWritable: true})
	open := func(name string, flags uint32) (uint32, ams.ReturnCode) {
		data, code := p.readWrite(command.GroupFileOpen, flags, 4, append([]byte(name), 0))
		if code != 0 {
			return 0, code
		}
		return binary.LittleEndian.Uint32(data), 0
	}
	h, code := open(`C:\a.txt`, fileRead)
	if code != 0 {
		t.Fatal(code)
	}
	for _, want := range []string{"hel", "lo", ""} {
		if got, code := p.readWrite(command.GroupFileRead, h, 3, nil); code != 0 || string(got) != want {
			t.Errorf("%q, %v; want %q", got, code, want)
		}
	}
	if _, code := p.readWrite(command.GroupFileClose, h, 0, nil); code != 0 {
		t.Error(code)
	}
	if _, code := p.readWrite(command.GroupFileRead, h, 3, nil); code != ams.NotFound {
		t.Error(code)
	}
	h, code = open(`new\deep\b.bin`, fileWrite|fileEnsureDir)
	if _, c := p.readWrite(command.GroupFileWrite, h, 0, []byte{1, 2}); code != 0 || c != 0 {
		t.Error(code, c)
	}
	if _, code := p.readWrite(command.GroupFileClose, h, 0, nil); code != 0 {
		t.Error(code)
	}
	if got, err := os.ReadFile(filepath.Join(folder, "new", "deep", "b.bin")); err != nil || !bytes.Equal(got, []byte{1, 2}) {
		t.Errorf("%x, %v", got, err)
	}
	if _, code := p.readWrite(command.GroupFileDelete, 0, 0, []byte(`new\deep\b.bin`)); code != 0 {
		t.Error(code)
	}
	// A path that is too long is not cut to another one.
	long := append(bytes.Repeat([]byte("/"), deviceMaxName-5), "a.txtx"...)
	if _, code := p.readWrite(command.GroupFileDelete, 0, 0, long); code != ams.InvalidParameter {
		t.Error(code)
	}
	if _, err := root.Stat("a.txt"); err != nil {
		t.Error(err)
	}
	for name, want := range map[string]ams.ReturnCode{`..\..\..\etc\passwd`: ams.NotFound, `Boot`: ams.InvalidParameter, `nothing`: ams.NotFound} {
		if _, code := open(name, fileRead); code != want {
			t.Errorf("%s: %v, want %v", name, code, want)
		}
	}
	var names []string
	data, code := p.readWrite(command.GroupFileFind, 1, 324, []byte(`C:\*.*`))
	for code == 0 {
		names = append(names, string(bytes.TrimRight(data[48:48+260], "\x00")))
		data, code = p.readWrite(command.GroupFileFind, binary.LittleEndian.Uint32(data), 324, nil)
	}
	slices.Sort(names)
	if code != ams.NotFound || !slices.Equal(names, []string{"Boot", "a.txt", "new"}) {
		t.Errorf("%v, %v", names, code)
	}
	for range filesPerConn {
		if _, code := open("a.txt", fileRead); code != 0 {
			t.Fatal(code)
		}
	}
	if _, code := open("a.txt", fileRead); code != ams.NoMoreHandles {
		t.Errorf("one file too many: %v", code)
	}
	closed := newSystemPeer(t, &DeviceSystemOptions{Files: root})
	if _, code := closed.readWrite(command.GroupFileOpen, fileWrite, 4, []byte("x")); code != ams.InvalidAccess {
		t.Error(code)
	}
	if _, code := newSystemPeer(t, nil).readWrite(command.GroupFileOpen, fileRead, 4, []byte("a.txt")); code != ams.ServiceNotSupported {
		t.Error(code)
	}
}

func TestDeviceLicence(t *testing.T) {
	d, err := NewDeviceLicence(&DeviceLicenceOptions{SystemID: symbol.GUID{1, 2}, VolumeID: 7, Modules: map[symbol.GUID]string{{9}: "TC3 PLC"}, Orders: map[symbol.GUID]string{{9}: "TC1200"}})
	check(t, err)
	p := newDevicePeer(t, d)
	if got, code := p.read(command.GroupLicenceIDs, 1, 16); code != 0 || got[1] != 2 {
		t.Errorf("%x, %v", got, code)
	}
	if got, code := p.read(command.GroupLicenceModules, 0, 4); code != 0 || !bytes.Equal(got, []byte{1, 0, 0, 0}) {
		t.Errorf("how many: %x, %v", got, code)
	}
	entry, code := p.read(command.GroupLicenceModules, 0, 480)
	if code != 0 || len(entry) != 48 || entry[0] != 9 || entry[36] != 7 {
		t.Fatalf("%x, %v", entry, code)
	}
	for group, want := range map[command.IndexGroup]string{command.GroupLicenceName: "TC3 PLC\x00", command.GroupLicenceOrder: "TC1200\x00"} {
		if got, code := p.readWrite(group, 0, 64, entry[:16]); code != 0 || string(got) != want {
			t.Errorf("%v: %q, %v", group, got, code)
		}
	}
}
