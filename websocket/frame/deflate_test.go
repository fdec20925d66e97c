package frame_test

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/iotest"

	"stellwerk/websocket/frame"
)

func inflater(tb testing.TB, bits int, takeover bool) *frame.Inflater {
	tb.Helper()
	i, err := frame.NewInflater(bits, takeover)
	if err != nil {
		tb.Fatal(err)
	}
	return i
}

func deflater(tb testing.TB, bits int, takeover bool) *frame.Deflater {
	tb.Helper()
	d, err := frame.NewDeflater(bits, takeover)
	if err != nil {
		tb.Fatal(err)
	}
	return d
}

// inflate reads a message, one in this way and the next in the other.
func inflate(i *frame.Inflater, payload []byte) ([]byte, error) {
	begin := func() error { return i.Begin(bytes.NewReader(payload)) }
	if len(payload)%2 == 0 {
		begin = func() error { return i.BeginShort(payload) }
	}
	if err := begin(); err != nil {
		return nil, err
	}
	return io.ReadAll(i)
}

// TestExamples reads the examples of RFC 7692, 7.2.3.
func TestExamples(t *testing.T) {
	i := inflater(t, 15, true)
	for name, payload := range map[string]string{
		"one block":      "f248cdc9c90700",
		"no compression": "000500faff48656c6c6f00",
		"last block":     "f348cdc9c9070000",
		"two blocks":     "f248050000 00ffffcac9c90700",
	} {
		data, err := hex.DecodeString(strings.ReplaceAll(payload, " ", ""))
		if err != nil {
			t.Fatal(err)
		}
		if got, err := inflate(inflater(t, 15, false), data); string(got) != "Hello" || err != nil {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
	for _, payload := range []string{"f248cdc9c90700", "f200110000"} {
		data, err := hex.DecodeString(payload)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := inflate(i, data); string(got) != "Hello" || err != nil {
			t.Errorf("with takeover, %s: %q, %v", payload, got, err)
		}
	}
	if got, err := deflater(t, 15, false).Append(nil, nil); err != nil || !bytes.Equal(got, []byte{0}) {
		t.Errorf("an empty message: % x, %v", got, err)
	}
}

// TestDeflate sends messages through all window sizes, with takeover on either
// side and without, in pieces of any size.
func TestDeflate(t *testing.T) {
	for bits := frame.MinWindowBits; bits <= frame.MaxWindowBits; bits++ {
		for _, takeover := range []bool{false, true} {
			t.Run(fmt.Sprintf("%d bits, takeover %v", bits, takeover), func(t *testing.T) {
				r := rand.New(rand.NewPCG(uint64(bits), 0))
				d, i := deflater(t, bits, takeover), inflater(t, bits, takeover)
				total, sent := 0, 0
				for range 60 {
					message := message(r)
					payload, err := d.Append([]byte("head"), message)
					if err != nil || string(payload[:4]) != "head" {
						t.Fatal(err)
					}
					payload = payload[4:]
					total, sent = total+len(message), sent+len(payload)
					var src io.Reader = bytes.NewReader(payload)
					if r.IntN(2) == 0 {
						src = iotest.OneByteReader(src)
					}
					if err := i.Begin(src); err != nil {
						t.Fatal(err)
					}
					got, err := io.ReadAll(i)
					if err != nil || !bytes.Equal(got, message) {
						t.Fatalf("%d octets of %d, %v", len(got), len(message), err)
					}
				}
				if sent > total*2/3 {
					t.Errorf("%d octets became %d", total, sent)
				}
			})
		}
	}
}

// message is text that repeats itself, and sometimes noise.
func message(r *rand.Rand) []byte {
	switch r.IntN(8) {
	case 0:
		return nil
	case 1:
		noise := make([]byte, r.IntN(300))
		for i := range noise {
			noise[i] = byte(r.Uint32())
		}
		return noise
	case 2:
		return bytes.Repeat([]byte{byte(r.Uint32())}, r.IntN(100_000))
	default:
		var b bytes.Buffer
		for range r.IntN(200) {
			fmt.Fprintf(&b, `{"name":"MAIN.fPower","value":%d.%d}`, r.IntN(100), r.IntN(10))
		}
		return b.Bytes()
	}
}

// TestDamaged has messages that cannot be read, and sources that fail.
func TestDamaged(t *testing.T) {
	for _, payload := range []string{"\xff\xff\xff", "\x06", "\xf2\x48\xcd", "\xf2\x00\x11\x00\x00"} {
		got, err := inflate(inflater(t, 15, false), []byte(payload))
		if err == nil && payload != "\xf2\x48\xcd" || err != nil && !errors.Is(err, frame.ErrInflate) {
			t.Errorf("% x: %q, %v", payload, got, err)
		}
	}
	for _, payload := range []string{"\xff\xff\xff\xff", "\x06\x06", "\xf2\x00\x11\x00"} {
		if got, err := inflate(inflater(t, 15, false), []byte(payload)); err == nil || !errors.Is(err, frame.ErrInflate) {
			t.Errorf("% x: %q, %v", payload, got, err)
		}
	}
	broken := errors.New("cut")
	i := inflater(t, 15, true)
	if err := i.Begin(io.MultiReader(strings.NewReader("\xf2\x48"), iotest.ErrReader(broken))); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadAll(i); !errors.Is(err, broken) || errors.Is(err, frame.ErrInflate) {
		t.Errorf("of a source that fails: %v", err)
	}
	for _, bits := range []int{7, 16} {
		if _, err := frame.NewDeflater(bits, false); err == nil {
			t.Errorf("%d bits compress", bits)
		}
		if _, err := frame.NewInflater(bits, false); err == nil {
			t.Errorf("%d bits decompress", bits)
		}
	}
}

// TestBomb reads the beginning of what would become a gibibyte, and no more.
func TestBomb(t *testing.T) {
	payload, err := deflater(t, 15, false).Append(nil, make([]byte, 16<<20))
	if err != nil {
		t.Fatal(err)
	}
	i := inflater(t, 15, false)
	source := bytes.NewReader(bytes.Repeat(append(payload, "\x00\x00\xff\xff"...), 64))
	if err := i.Begin(source); err != nil {
		t.Fatal(err)
	}
	n, err := io.CopyN(io.Discard, i, 1<<20)
	if n != 1<<20 || err != nil {
		t.Errorf("%d, %v", n, err)
	}
	if taken := int(source.Size()) - source.Len(); taken > 16<<10 {
		t.Errorf("%d octets were read for a mebibyte", taken)
	}
	i.End()
}

func FuzzInflate(f *testing.F) {
	f.Add([]byte("\xf2\x48\xcd\xc9\xc9\x07\x00"))
	f.Add([]byte("\xf3\x48\xcd\xc9\xc9\x07\x00\x00"))
	f.Fuzz(func(t *testing.T, payload []byte) {
		i, err := frame.NewInflater(15, true)
		if err != nil {
			t.Fatal(err)
		}
		short, err := frame.NewInflater(15, true)
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if err := errors.Join(i.Begin(bytes.NewReader(payload)), short.BeginShort(payload)); err != nil {
				t.Fatal(err)
			}
			const most = 1 << 20
			data, err := io.ReadAll(io.LimitReader(i, most))
			same, shortErr := io.ReadAll(io.LimitReader(short, most))
			if err != nil && !errors.Is(err, frame.ErrInflate) || (err == nil) != (shortErr == nil) || !bytes.Equal(data, same) {
				t.Fatalf("%d octets, %v; as a whole %d, %v", len(data), err, len(same), shortErr)
			}
		}
	})
}
