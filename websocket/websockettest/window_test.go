package websockettest

import (
	"bytes"
	"compress/flate"
	"errors"
	"testing"
)

// TestWindow reads what compress/flate writes, and refuses distances beyond the
// window.
func TestWindow(t *testing.T) {
	far := append(bytes.Repeat([]byte{0}, 3), append(octets(2, 5000), octets(2, 5000)...)...)
	for name, data := range map[string][]byte{"nothing": nil, "text": reading(0, 50_000), "far": far, "zeros": make([]byte, 10_000)} {
		for level := flate.HuffmanOnly; level <= flate.BestCompression; level++ {
			var b bytes.Buffer
			w, err := flate.NewWriter(&b, level)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := w.Write(data); err != nil {
				t.Fatal(err)
			}
			if err := w.Flush(); err != nil {
				t.Fatal(err)
			}
			payload := bytes.TrimSuffix(b.Bytes(), []byte{0, 0, 0xff, 0xff})
			got, err := (&window{size: 1 << 15}).inflate(payload)
			if err != nil || !bytes.Equal(got, data) {
				t.Errorf("%s, level %d: %d octets, %v", name, level, len(got), err)
			}
			if _, err = (&window{size: 1 << 8}).inflate(payload); name == "text" && level > 0 && (err == nil || errors.Is(err, errDeflate)) {
				t.Errorf("%s, level %d: a window of 256 octets is said to be enough: %v", name, level, err)
			}
			for cut := range min(len(payload), 200) {
				_, _ = (&window{size: 1 << 15}).inflate(payload[:cut]) // no panic
			}
		}
	}
}
