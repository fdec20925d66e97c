//go:build !race

package frame_test

// The race detector lets pools forget at random.

import (
	"bytes"
	"io"
	"runtime"
	"testing"
)

// TestSteadyState compresses and reads without allocation.
func TestSteadyState(t *testing.T) {
	for _, takeover := range []bool{false, true} {
		d, i := deflater(t, 15, takeover), inflater(t, 15, takeover)
		text := bytes.Repeat([]byte("Stellwerk "), 400)
		payload, out := make([]byte, 0, 8<<10), make([]byte, 8<<10)
		source := bytes.NewReader(nil)
		round := func() {
			payload, _ = d.Append(payload[:0], text)
			source.Reset(payload)
			if err := i.Begin(source); err != nil {
				t.Fatal(err)
			}
			n := 0
			for {
				got, err := i.Read(out[n:])
				if n += got; err != nil {
					break
				}
			}
			if n != len(text) {
				t.Fatalf("%d octets", n)
			}
		}
		round()
		if allocations := testing.AllocsPerRun(100, round); allocations > 0 {
			t.Errorf("takeover %v: %v allocations", takeover, allocations)
		}
	}
}

// TestRest keeps compressors over collections: a message now and then does not
// make one each time.
func TestRest(t *testing.T) {
	d, i := deflater(t, 15, false), inflater(t, 15, false)
	payload, out := make([]byte, 0, 1024), make([]byte, 1024)
	source := bytes.NewReader(nil)
	round := func() {
		payload, _ = d.Append(payload[:0], []byte("Stellwerk"))
		source.Reset(payload)
		if err := i.Begin(source); err != nil {
			t.Fatal(err)
		}
		if n, err := io.ReadFull(i, out[:9]); n != 9 || err != nil {
			t.Fatal(n, err)
		}
		i.End()
	}
	round()
	for range 3 {
		runtime.GC()
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	round()
	runtime.ReadMemStats(&after)
	if taken := after.TotalAlloc - before.TotalAlloc; taken > 10_000 {
		t.Errorf("%d octets for a message", taken)
	}
}
