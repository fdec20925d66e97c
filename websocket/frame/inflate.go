package frame

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"

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
	history  []byte // the end of what was read so far; without takeover that of the reader

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

// inflateBuffer is how much of a compressed payload is read at once.
const inflateBuffer = 8 << 10

// Begin begins a message, whose compressed payload is read from src until its
// end, as Read needs it.
func (i *Inflater) Begin(src io.Reader) error {
	r := i.begin()
	r.source = inflateSource{from: src, tail: finalTail}
	r.in.Reset(&r.source)
	r.short.Reset(nil)
	r.from = r.in
	return i.restart()
}

// BeginShort begins a message whose compressed payload is there as a whole; it is
// copied. Of a few hundred octets or less that is faster than [Inflater.Begin].
func (i *Inflater) BeginShort(payload []byte) error {
	r := i.begin()
	r.source = inflateSource{}
	r.in.Reset(&r.source)
	r.octets = append(append(r.octets[:0], payload...), finalTail...)
	r.short.Reset(r.octets)
	r.from = &r.short
	return i.restart()
}

func (i *Inflater) begin() *inflateReader {
	i.End()
	r := inflateReaders.take()
	if r == nil {
		r = &inflateReader{inflate: flate.NewReader(nil), in: bufio.NewReaderSize(nil, inflateBuffer)}
	}
	i.reader = r
	if !i.takeover {
		i.history = r.history[:0]
	}
	return r
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
	return resetter.Reset(i.reader.from, i.history[max(0, len(i.history)-i.window):])
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
		switch {
		case n > 0 && errors.Is(err, io.EOF) && r.over(): // as a rule
			if i.takeover {
				i.remember(data[:n])
			}
			i.End()
			return n, io.EOF
		case n > 0:
			i.remember(data[:n])
			return n, nil
		case err == nil:
			if len(data) == 0 {
				return 0, nil
			}
		case r.source.err != nil:
			return 0, r.source.err
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

// remember keeps the end of what was read. It moves it only now and then.
func (i *Inflater) remember(data []byte) {
	if len(data) > i.window {
		data = data[len(data)-i.window:]
	}
	if room := i.window + i.window/4; len(i.history)+len(data) > room {
		if i.history == nil {
			i.history = make([]byte, 0, room)
		}
		keep := i.window - len(data)
		i.history = append(i.history[:0], i.history[max(0, len(i.history)-keep):]...)
	}
	i.history = append(i.history, data...)
}

// End gives back what the message at hand needs, whether it was read to its end
// or not.
func (i *Inflater) End() {
	if i.reader != nil {
		i.reader.source = inflateSource{}
		if !i.takeover {
			i.reader.history, i.history = i.history, nil
		}
		inflateReaders.give(i.reader)
		i.reader = nil
	}
}

// inflateReaders are those at rest.
var inflateReaders rest[inflateReader]

// inflateReader is a decompressor and what it reads. That it reads ahead does no
// harm: nothing follows the tail.
type inflateReader struct {
	inflate io.ReadCloser
	from    io.Reader     // in or short: the decompressor knows these types
	in      *bufio.Reader // of source
	source  inflateSource
	short   bytes.Reader // of octets
	octets  []byte
	history []byte // of a message without takeover
}

// over reports whether everything was taken.
func (r *inflateReader) over() bool {
	return r.short.Len() == 0 && r.in.Buffered() == 0 && r.source.from == nil && r.source.tail == ""
}

// inflateSource is a payload, and the tail behind it.
type inflateSource struct {
	from io.Reader // nil behind its end
	tail string    // not yet taken
	err  error     // of from, but io.EOF
}

// Read reads the payload, then the tail.
func (s *inflateSource) Read(data []byte) (int, error) {
	for s.from != nil && s.err == nil {
		n, err := s.from.Read(data)
		if errors.Is(err, io.EOF) {
			s.from = nil
			if room := data[n:]; len(room) >= len(s.tail) { // the tail comes along
				n += copy(room, s.tail)
				s.tail = ""
			}
		} else {
			s.err = err
		}
		if n > 0 {
			return n, nil
		}
	}
	if s.err != nil {
		return 0, s.err
	}
	if s.tail == "" {
		return 0, io.EOF
	}
	n := copy(data, s.tail)
	s.tail = s.tail[n:]
	return n, nil
}
