package frame

import (
	"fmt"

	"github.com/klauspost/compress/flate"
)

// Window bits are the logarithm of the window of LZ77 (RFC 7692, 7.1.2).
const (
	MinWindowBits = 8
	MaxWindowBits = 15
)

// tail ends each compressed message and is not sent (7.2.1).
const tail = "\x00\x00\xff\xff"

// deflateLevel is that of klauspost/compress: small messages gain little from
// more.
const deflateLevel = flate.BestSpeed

// Deflater compresses messages. It is not safe for concurrent use.
type Deflater struct {
	bits     int
	takeover bool
	writer   *deflateWriter // with takeover, from the first message on
}

// NewDeflater returns a compressor with a window of 2^bits octets. With
// takeover a message may refer to those before it, which must then all be
// compressed by it and sent in their order; without it holds no memory between
// messages.
func NewDeflater(bits int, takeover bool) (*Deflater, error) {
	if err := checkBits(bits); err != nil {
		return nil, err
	}
	return &Deflater{bits: bits, takeover: takeover}, nil
}

func checkBits(bits int) error {
	if bits < MinWindowBits || bits > MaxWindowBits {
		return fmt.Errorf("window bits %d: must be %d to %d", bits, MinWindowBits, MaxWindowBits)
	}
	return nil
}

// Append appends the compressed message to dst: the payload of its frames.
func (d *Deflater) Append(dst, message []byte) ([]byte, error) {
	w := d.writer
	if w == nil {
		var err error
		if w, err = newDeflateWriter(d.bits); err != nil {
			return dst, err
		}
	}
	begin := len(dst)
	w.dst = dst
	_, err := w.deflate.Write(message)
	if err == nil {
		err = w.deflate.Flush()
	}
	dst, w.dst = w.dst, nil
	if d.takeover {
		d.writer = w
	} else {
		w.release(d.bits)
	}
	if err != nil {
		return dst[:begin], fmt.Errorf("compression failed: %w", err) // of a slice: cannot be
	}
	return dst[:len(dst)-len(tail)], nil
}

// deflateWriter compresses into a slice.
type deflateWriter struct {
	deflate *flate.Writer
	dst     []byte
}

// Write appends to the slice.
func (w *deflateWriter) Write(data []byte) (int, error) {
	w.dst = append(w.dst, data...)
	return len(data), nil
}

// deflateWriters are those at rest, by window bits.
var deflateWriters [MaxWindowBits + 1]rest[deflateWriter]

func newDeflateWriter(bits int) (*deflateWriter, error) {
	if w := deflateWriters[bits].take(); w != nil {
		return w, nil
	}
	w := &deflateWriter{}
	var err error
	if bits == MaxWindowBits {
		w.deflate, err = flate.NewWriter(w, deflateLevel)
	} else {
		w.deflate, err = flate.NewWriterWindow(w, 1<<bits)
	}
	return w, err
}

func (w *deflateWriter) release(bits int) {
	w.deflate.Reset(w)
	deflateWriters[bits].give(w)
}
