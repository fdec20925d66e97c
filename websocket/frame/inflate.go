package frame

import (
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/klauspost/compress/flate"
)

// ErrInflate says that a compressed message cannot be read; the connection must
// be failed with the close code 1007.
var ErrInflate = errors.New("compressed message is damaged")

// Inflater makes messages of compressed ones. It is not safe for concurrent
// use.
type Inflater struct {
	window   int
	takeover bool
	history  []byte // with takeover, the end of what was read so far

	reader *inflateReader // while a message is read
}

// NewInflater returns a decompressor for a window of 2^bits octets. With
// takeover all messages must be read by it, each to its end; without it holds
// no memory between messages.
func NewInflater(bits int, takeover bool) (*Inflater, error) {
	if err := checkBits(bits); err != nil {
		return nil, err
	}
	return &Inflater{window: 1 << bits, takeover: takeover}, nil
}

// Begin begins a message, whose compressed payload is read from src until its
// end. It reads no more of src than Read needs.
func (i *Inflater) Begin(src io.Reader) error {
	i.End()
	r, _ := inflateReaders.Get().(*inflateReader)
	if r == nil {
		r = &inflateReader{inflate: flate.NewReader(nil), buffer: make([]byte, 1024)}
	}
	r.src, r.data, r.tail, r.err = src, nil, finalTail, nil
	i.reader = r
	return i.restart()
}

// finalTail is what the sender has left out, and an empty last block, by which
// the end is known.
const finalTail = tail + "\x01\x00\x00\xff\xff"

// restart begins a DEFLATE stream that may refer to the history.
func (i *Inflater) restart() error {
	resetter, ok := i.reader.inflate.(flate.Resetter)
	if !ok {
		return fmt.Errorf("%w: the decompressor cannot be reset", ErrInflate) // cannot be
	}
	return resetter.Reset(i.reader, i.history)
}

// Read reads the message. The error is io.EOF at its end, it wraps [ErrInflate]
// where the message is damaged, and is that of the source where that failed.
// How much a message may become, the caller must bound: a few octets can stand
// for very many.
func (i *Inflater) Read(data []byte) (int, error) {
	r := i.reader
	if r == nil {
		return 0, io.EOF
	}
	for {
		n, err := r.inflate.Read(data)
		i.remember(data[:n])
		switch {
		case n > 0:
			return n, nil
		case err == nil:
			if len(data) == 0 {
				return 0, nil
			}
		case r.err != nil: // of the source
			return 0, r.err
		case errors.Is(err, io.EOF) && r.over():
			i.End()
			return 0, io.EOF
		case errors.Is(err, io.EOF): // a last block in the middle (RFC 7692, 7.2.3.4)
			if err := i.restart(); err != nil {
				return 0, err
			}
		default:
			return 0, fmt.Errorf("%w: %w", ErrInflate, err)
		}
	}
}

// remember keeps the end of what was read.
func (i *Inflater) remember(data []byte) {
	if len(data) == 0 {
		return
	}
	if len(data) >= i.window {
		i.history = append(i.history[:0], data[len(data)-i.window:]...)
		return
	}
	if over := len(i.history) + len(data) - i.window; over > 0 {
		i.history = i.history[:copy(i.history, i.history[over:])]
	}
	i.history = append(i.history, data...)
}

// End gives back what the message at hand needs, whether it was read to its end
// or not.
func (i *Inflater) End() {
	if i.reader != nil {
		i.reader.src = nil
		inflateReaders.Put(i.reader)
		i.reader = nil
	}
	if !i.takeover {
		i.history = nil
	}
}

// inflateReaders are those at rest.
var inflateReaders sync.Pool

// inflateReader feeds a decompressor octet by octet, so that it takes no more
// than it needs.
type inflateReader struct {
	inflate io.ReadCloser
	src     io.Reader
	buffer  []byte
	data    []byte // of buffer, not yet taken
	tail    string // not yet taken
	err     error  // of the source, but io.EOF
}

// over reports whether everything was taken.
func (r *inflateReader) over() bool {
	return len(r.data) == 0 && r.tail == "" && r.src == nil
}

// fill gets data. The source's end brings the tail.
func (r *inflateReader) fill() error {
	for len(r.data) == 0 {
		switch {
		case r.err != nil:
			return r.err
		case r.src != nil:
			n, err := r.src.Read(r.buffer)
			r.data = r.buffer[:n]
			if errors.Is(err, io.EOF) {
				r.src = nil
			} else if err != nil {
				r.err = err
			}
		case r.tail != "":
			r.data = r.buffer[:copy(r.buffer, r.tail)]
			r.tail = ""
		default:
			return io.EOF
		}
	}
	return nil
}

// ReadByte is what the decompressor calls.
func (r *inflateReader) ReadByte() (byte, error) {
	if err := r.fill(); err != nil {
		return 0, err
	}
	b := r.data[0]
	r.data = r.data[1:]
	return b, nil
}

// Read is what the decompressor calls for blocks that are not compressed.
func (r *inflateReader) Read(data []byte) (int, error) {
	if err := r.fill(); err != nil {
		return 0, err
	}
	n := copy(data, r.data)
	r.data = r.data[n:]
	return n, nil
}
