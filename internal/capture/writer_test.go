package capture_test

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"stellwerk/internal/capture"
)

// copyFile reads as much of a capture as can be read, and writes it again.
func copyFile(t *testing.T, file []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	w := capture.NewWriter(&out, "test")
	if reader, err := capture.NewReader(bytes.NewReader(file), "in"); err == nil {
		var p capture.Packet
		for reader.Next(&p) == nil {
			if p.Interface.LinkType > 0xffff {
				continue // pcapng has no room for it
			}
			if err := w.Write(&p); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// checkCopy compares what is read from a capture with what is read from its
// copy, and the copy with its own copy.
func checkCopy(t *testing.T, file []byte) {
	t.Helper()
	want, _ := readAll(bytes.NewReader(file))
	want = slices.DeleteFunc(want, func(p got) bool { return p.LinkType > 0xffff })
	again := copyFile(t, file)
	packets, err := readAll(bytes.NewReader(again))
	if err != nil {
		t.Fatal(err)
	}
	for i := range want {
		want[i].Number, want[i].Offset = 0, 0
	}
	for i := range packets {
		packets[i].Number, packets[i].Offset = 0, 0
	}
	if diff := cmp.Diff(want, packets, cmpopts.EquateEmpty()); diff != "" {
		t.Error(diff)
	}
	if !bytes.Equal(again, copyFile(t, again)) {
		t.Error("the copy of the copy differs")
	}
}

func TestCopy(t *testing.T) {
	for name, o := range orders {
		t.Run(name, func(t *testing.T) {
			// Everything that a copy keeps, octet for octet.
			file := slices.Concat(
				o.block(0x0a0d0d0a, uint32(0x1a2b3c4d), uint16(1), uint16(0), uint32(0xffffffff), uint32(0xffffffff),
					uint16(4), uint16(4), "test", uint16(0), uint16(0)),
				o.iface(1, 96, uint16(2), uint16(4), "eth0", uint16(9), uint16(1), "\x0c\x00\x00\x00", uint16(0), uint16(0)),
				o.block(3, uint32(5), "simpl\x00\x00\x00"),
				o.enhanced(0, 1_234_567_890_123_456_789, 70, "picoseconds"),
				o.iface(105, 0, uint16(14), uint16(8), uint64(12345), uint16(0), uint16(0)),
				o.enhanced(1, 7, 5, "flags", uint16(2), uint16(4), uint32(0x81), uint16(1), uint16(3), "why\x00", uint16(0), uint16(0)),
			)
			if diff := cmp.Diff(file, copyFile(t, file)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestCopyPcap(t *testing.T) {
	for name, o := range orders {
		t.Run(name, func(t *testing.T) {
			for _, magic := range []uint32{0xa1b2c3d4, 0xa1b23c4d} {
				checkCopy(t, slices.Concat(o.pcapHeader(magic, 0x24000071),
					o.file(uint32(1_234_567_890), uint32(987654), uint32(3), uint32(5), "abc")))
			}
		})
	}
}

func TestWrite(t *testing.T) {
	var out bytes.Buffer
	w := capture.NewWriter(&out, "test")
	first := &capture.Interface{LinkType: capture.LinkTypeEthernet, Name: "station", Description: "made up", SnapLength: 65535, FCSLength: 4}
	second := &capture.Interface{LinkType: capture.LinkTypeRaw}
	at := time.Date(2026, 11, 21, 3, 4, 5, 6, time.UTC)
	for _, p := range []capture.Packet{
		{Time: at.UnixNano(), Interface: first, Data: []byte("abc")},
		{Time: at.UnixNano() + 1, Interface: second, Data: []byte("defg"), Length: 9},
		{Time: at.UnixNano() + 2, Interface: first, Data: []byte("h"), Length: 1},
	} {
		if err := w.Write(&p); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	packets, err := readAll(&out)
	if err != nil {
		t.Fatal(err)
	}
	for i := range packets {
		packets[i].Offset = 0
	}
	want := []got{
		{Number: 1, Time: at.UnixNano(), Data: "abc", Length: 3, LinkType: 1, Interface: "station", FCSLength: 4},
		{Number: 2, Time: at.UnixNano() + 1, Data: "defg", Length: 9, LinkType: 101},
		{Number: 3, Time: at.UnixNano() + 2, Data: "h", Length: 1, LinkType: 1, Interface: "station", FCSLength: 4},
	}
	if diff := cmp.Diff(want, packets); diff != "" {
		t.Error(diff)
	}
}

func TestWriteNothing(t *testing.T) {
	var out bytes.Buffer
	if err := capture.NewWriter(&out, "").Flush(); err != nil {
		t.Fatal(err)
	}
	if packets, err := readAll(&out); err != nil || len(packets) != 0 {
		t.Errorf("%v, %v", packets, err)
	}
}

func TestWriteRefused(t *testing.T) {
	w := capture.NewWriter(io.Discard, "")
	for want, p := range map[string]capture.Packet{
		"packet 3 cannot be written: it has no interface":                      {Number: 3},
		"packet 4 cannot be written: it has 262145 octets, 262144 is the most": {Number: 4, Interface: &capture.Interface{}, Data: make([]byte, capture.MaxPacket+1)},
		"packet 5 cannot be written: its file does not describe interface 2":   {Number: 5, Interface: &capture.Interface{Index: 2, LinkType: capture.LinkTypeUndeclared}},
		"packet 6 cannot be written: pcapng has no room for link type 65536":   {Number: 6, Interface: &capture.Interface{LinkType: 65536}},
	} {
		if err := w.Write(&p); err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

type fullDisk struct{ room int }

var errFull = errors.New("no space left on device")

func (d *fullDisk) Write(p []byte) (int, error) {
	if d.room -= len(p); d.room < 0 {
		return 0, errFull
	}
	return len(p), nil
}

func TestWriteError(t *testing.T) {
	w := capture.NewWriter(&fullDisk{100_000}, "")
	p := capture.Packet{Interface: &capture.Interface{LinkType: 1}, Data: make([]byte, 1000)}
	var err error
	for range 300 {
		if err = w.Write(&p); err != nil {
			break
		}
	}
	if !errors.Is(err, errFull) || !errors.Is(w.Write(&p), errFull) || !errors.Is(w.Flush(), errFull) {
		t.Errorf("got %v", err)
	}
}
