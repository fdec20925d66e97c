package apci_test

import (
	"bytes"
	"errors"
	"testing"

	"stellwerk/iec104/apci"
)

// stream is one APDU of each kind behind the other.
func stream() []byte {
	var octets []byte
	for _, test := range apdus {
		octets = append(octets, test.octet...)
	}
	return octets
}

// resynchronised is frames for streams with octets between the APDUs.
func resynchronised(framer *apci.Framer, segments ...[]byte) [][]byte {
	var all [][]byte
	for _, segment := range segments {
		framer.Feed(segment)
		for {
			frame, err := framer.Next()
			switch {
			case err != nil:
				framer.Resynchronise()
				continue
			case frame != nil:
				all = append(all, bytes.Clone(frame))
				continue
			}
			break
		}
	}
	return all
}

// frames feeds the segments and returns copies of what Next returns.
func frames(t testing.TB, framer *apci.Framer, segments ...[]byte) ([][]byte, error) {
	t.Helper()
	var all [][]byte
	for _, segment := range segments {
		framer.Feed(segment)
		for {
			frame, err := framer.Next()
			if err != nil {
				return all, err
			}
			if frame == nil {
				break
			}
			all = append(all, bytes.Clone(frame))
		}
	}
	return all, nil
}

func TestEverySplit(t *testing.T) {
	octets := stream()
	for first := range len(octets) + 1 {
		for second := first; second <= len(octets); second++ {
			var framer apci.Framer
			got, err := frames(t, &framer, octets[:first], octets[first:second], octets[second:])
			if err != nil || !bytes.Equal(bytes.Join(got, nil), octets) || len(got) != len(apdus) {
				t.Fatalf("split at %d and %d: % x, %v", first, second, got, err)
			}
		}
	}
	var framer apci.Framer
	got, err := frames(t, &framer, bytes.Split(octets, nil)...)
	if err != nil || len(got) != len(apdus) {
		t.Fatalf("octet by octet: %d APDUs, %v", len(got), err)
	}
}

func TestFramesWithinASegmentAreNotCopied(t *testing.T) {
	octets := stream()
	var framer apci.Framer
	framer.Feed(octets)
	at := 0
	for range apdus {
		frame, err := framer.Next()
		if err != nil || &frame[0] != &octets[at] {
			t.Fatalf("APDU at %d is a copy, %v", at, err)
		}
		if framer.Offset() != int64(at) {
			t.Errorf("offset %d, want %d", framer.Offset(), at)
		}
		at += len(frame)
	}
}

func TestFramerStopsAtAnError(t *testing.T) {
	for _, test := range []struct {
		name     string
		segments [][]byte
		octet    int
	}{
		{"start octet", [][]byte{{0x68, 4, 0x43, 0, 0, 0}, {0x16}}, 1},
		{"start octet behind an APDU", [][]byte{{0x68, 4, 0x43, 0, 0, 0, 0}}, 1},
		{"length 3", [][]byte{{0x68, 4, 0x43, 0, 0, 0, 0x68, 3}}, 2},
		{"length 254 in a segment of its own", [][]byte{{0x68, 4, 0x43, 0, 0, 0, 0x68}, {254}}, 2},
	} {
		var framer apci.Framer
		got, err := frames(t, &framer, test.segments...)
		fault, ok := errors.AsType[*apci.Error](err)
		if !ok || fault.Octet != test.octet || len(got) != 1 {
			t.Errorf("%s: %d APDUs, %v", test.name, len(got), err)
		}
		if _, again := framer.Next(); again == nil {
			t.Errorf("%s: the error is forgotten", test.name)
		}
		if framer.Offset() != 6 {
			t.Errorf("%s: offset %d, want 6", test.name, framer.Offset())
		}
	}
}

func TestResynchronise(t *testing.T) {
	good := []byte{0x68, 4, 0x01, 0, 0x0c, 0x02, 0x68, 4, 0x43, 0, 0, 0}
	for name, junk := range map[string][]byte{
		"nothing":               {},
		"another octet":         {0},
		"length 255":            {0x68, 255},
		"two functions":         {0x68, 4, 0x47, 0, 0, 0},
		"reserved bits":         {0x68, 4, 0x43, 1, 0, 0},
		"I of odd N(R)":         {0x68, 9, 0, 0, 1, 0, 1, 2, 3, 4, 5},
		"S of length 5":         {0x68, 5, 1, 0, 0, 0},
		"no start octet behind": {0x68, 5, 0, 0, 0, 0, 7, 7, 7, 7},
		"tail of an ASDU":       {30, 1, 3, 0, 1, 0, 0xa1, 0x0f, 0, 1},
	} {
		octets := append(bytes.Clone(junk), good...)
		for split := range len(octets) + 1 {
			var framer apci.Framer
			framer.Lose(100)
			got := resynchronised(&framer, octets[:split], octets[split:])
			// A split that hides the octet behind a plausible APDU lets that
			// one pass; the true ones are found all the same.
			if !bytes.HasSuffix(bytes.Join(got, nil), good) {
				t.Errorf("%s, split at %d: % x", name, split, got)
			}
			if split == len(octets) && (len(got) != 2 || framer.Offset() != int64(100+len(octets))) {
				t.Errorf("%s: %d APDUs, offset %d", name, len(got), framer.Offset())
			}
		}
	}
}

// TestResynchroniseLooksFarAhead has start octets that begin a plausible APDU
// of 106 octets, until the octet behind it shows that it is none.
func TestResynchroniseLooksFarAhead(t *testing.T) {
	good := bytes.Repeat([]byte{0x68, 4, 0x43, 0, 0, 0}, 20)
	var framer apci.Framer
	framer.Lose(0)
	got := resynchronised(&framer, append([]byte{0x68, 0x68, 0x68}, good...))
	if len(got) != 20 {
		t.Errorf("%d APDUs: % x", len(got), got)
	}
}

func TestResynchroniseAfterAnError(t *testing.T) {
	good := []byte{0x68, 4, 0x43, 0, 0, 0}
	octets := append([]byte{0x68, 2, 0x68, 1, 9}, good...)
	for split := range len(octets) + 1 {
		var framer apci.Framer
		faults := 0
		for _, segment := range [][]byte{octets[:split], octets[split:]} {
			framer.Feed(segment)
			for {
				frame, err := framer.Next()
				if err != nil {
					faults++
					framer.Resynchronise()
					continue
				}
				if frame == nil {
					break
				}
				if !bytes.Equal(frame, good) || framer.Offset() != 5 {
					t.Errorf("split at %d: % x at %d", split, frame, framer.Offset())
				}
				faults += 10
			}
		}
		if faults < 11 || faults > 12 {
			t.Errorf("split at %d: %d", split, faults)
		}
	}
}

func TestPartial(t *testing.T) {
	var framer apci.Framer
	if _, err := frames(t, &framer, []byte{0x68, 14, 1, 2}, []byte{3}); err != nil {
		t.Fatal(err)
	}
	if got := framer.Partial(); !bytes.Equal(got, []byte{0x68, 14, 1, 2, 3}) || framer.Offset() != 0 {
		t.Errorf("% x at %d", got, framer.Offset())
	}
	framer.Lose(10)
	if got := framer.Partial(); len(got) != 0 || framer.Offset() != 15 {
		t.Errorf("% x at %d", got, framer.Offset())
	}
}

func TestNoAllocation(t *testing.T) {
	octets := stream()
	buffer := make([]byte, 0, apci.MaxAPDU)
	var framer apci.Framer
	if n := testing.AllocsPerRun(100, func() {
		framer.Feed(octets)
		for {
			frame, err := framer.Next()
			if err != nil || frame == nil {
				return
			}
			apdu, err := apci.Decode(frame)
			if err != nil {
				return
			}
			buffer, _ = apdu.Append(buffer[:0])
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// FuzzFramer holds any split of any stream to the same APDUs, with and without
// resynchronising.
func FuzzFramer(f *testing.F) {
	f.Add(stream(), uint8(3), false)
	f.Add(append([]byte{0x68, 2, 0x68}, stream()...), uint8(1), true)
	f.Fuzz(func(t *testing.T, data []byte, size uint8, resynchronise bool) {
		whole, wholeErr := frames(t, new(apci.Framer), data)
		if !resynchronise {
			var segments [][]byte
			for rest := data; len(rest) > 0; {
				n := min(int(size)+1, len(rest))
				segments, rest = append(segments, rest[:n]), rest[n:]
			}
			got, err := frames(t, new(apci.Framer), segments...)
			if (err == nil) != (wholeErr == nil) || !bytes.Equal(bytes.Join(got, nil), bytes.Join(whole, nil)) {
				t.Fatalf("% x, %v; in pieces % x, %v", whole, wholeErr, got, err)
			}
			return
		}
		var framer apci.Framer
		last := int64(-1)
		for rest := data; len(rest) > 0; {
			n := min(int(size)+1, len(rest))
			framer.Feed(rest[:n])
			rest = rest[n:]
			for steps := 0; ; steps++ {
				if steps > 2*len(data) {
					t.Fatal("endless")
				}
				frame, err := framer.Next()
				if err != nil {
					framer.Resynchronise()
					continue
				}
				if frame == nil {
					break
				}
				at := framer.Offset()
				if at <= last || !bytes.Equal(frame, data[at:int(at)+len(frame)]) {
					t.Fatalf("% x at %d", frame, at)
				}
				last = at
			}
		}
	})
}

func BenchmarkFramer(b *testing.B) {
	var octets []byte
	for i := range 25 {
		octets = apci.AppendI(octets, apci.Sequence(i), 0, make([]byte, 156))
	}
	b.SetBytes(int64(len(octets)))
	b.ReportAllocs()
	var framer apci.Framer
	for b.Loop() {
		framer.Feed(octets)
		for {
			frame, err := framer.Next()
			if err != nil || frame == nil {
				break
			}
			if _, err := apci.Decode(frame); err != nil {
				b.Fatal(err)
			}
		}
	}
}
