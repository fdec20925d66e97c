package ams

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
)

// Packet is what a [Reader] takes from a stream: an AMS frame where Command is
// [TCPFrame], else what program and router say to each other.
type Packet struct {
	Command TCPCommand
	Frame   Frame  // where Command is TCPFrame
	Body    []byte // where it is not
}

// A FramingError says why nothing more can be read from a stream: the place of
// the next header is not known.
type FramingError struct {
	Offset int64 // octets of the stream before the header
	Reason string
}

// Error returns the place and the reason.
func (e *FramingError) Error() string {
	return fmt.Sprintf("AMS framing at octet %d: %s", e.Offset, e.Reason)
}

// maxBody is the most that program and router have to say to each other at once.
const maxBody = 64

// The memory that a reader has, and what it takes for data before any of it has
// come.
const (
	firstBuffer = 4 << 10
	firstData   = 64 << 10
)

// maxIdle is how often a stream may return neither octets nor an error.
const maxIdle = 100

// maxLimit is the most that a reader can be told to take: lengths fit into an
// int of 32 bits.
const maxLimit = math.MaxInt32 - HeaderLength - TCPHeaderLength

// Reader takes packets from a stream. It needs no buffered stream, and takes
// memory for what has arrived only, not for what a header claims. It is not safe
// for concurrent use.
type Reader struct {
	stream  io.Reader
	framing Framing
	limit   uint32
	offset  int64
	buffer  []byte // what has been read and not returned is buffer[start:]
	start   int
}

// NewReader returns a reader. Frames with more than limit octets of data are an
// error; 0 is [MaxData], and the most is nearly 2 GiB.
func NewReader(stream io.Reader, framing Framing, limit uint32) *Reader {
	if limit == 0 {
		limit = MaxData
	}
	return &Reader{stream: stream, framing: framing, limit: min(limit, maxLimit), buffer: make([]byte, 0, firstBuffer)}
}

// Next returns the next packet, whose data is valid until the next call. Errors
// are those of the stream, io.EOF between two packets and io.ErrUnexpectedEOF
// within one, and [FramingError]. Nothing is lost by an error: a call after one
// that has passed, such as a deadline, goes on where the stream stands.
func (r *Reader) Next() (Packet, error) {
	if r.framing == Bare {
		head, err := r.peek(HeaderLength)
		if err != nil {
			return Packet{}, err
		}
		h, _ := DecodeHeader(head) // has its octets
		if h.Length > r.limit {
			return Packet{}, r.tooLong(h.Length)
		}
		return r.frame(0, HeaderLength+int(h.Length))
	}
	head, err := r.peek(TCPHeaderLength)
	if err != nil {
		return Packet{}, err
	}
	t, _ := DecodeTCPHeader(head) // has its octets
	switch {
	case t.Command != TCPFrame && !t.Command.Known():
		return Packet{}, r.lost("the AMS/TCP header has the command 0x%04X, which is none; this is not AMS", uint16(t.Command))
	case t.Command != TCPFrame && t.Length > maxBody:
		return Packet{}, r.lost("%s with %d octets, it has %d at most", t.Command, t.Length, maxBody)
	case t.Command == TCPFrame && t.Length < HeaderLength:
		return Packet{}, r.lost("the AMS/TCP header says %d octets, the AMS header alone has %d", t.Length, HeaderLength)
	case t.Command == TCPFrame && t.Length-HeaderLength > r.limit:
		return Packet{}, r.tooLong(t.Length - HeaderLength)
	case t.Command == TCPFrame:
		return r.frame(TCPHeaderLength, TCPHeaderLength+int(t.Length))
	}
	whole, err := r.peek(TCPHeaderLength + int(t.Length))
	if err != nil {
		return Packet{}, err
	}
	r.take(len(whole))
	return Packet{Command: t.Command, Body: whole[TCPHeaderLength:]}, nil
}

// Ready reports whether a whole packet has come with the last one, so that Next
// does not wait for the stream.
func (r *Reader) Ready() bool {
	have, head := r.buffer[r.start:], TCPHeaderLength
	if r.framing == Bare {
		head = HeaderLength
	}
	if len(have) < head {
		return false
	}
	at := 2 // the length in an AMS/TCP header
	if r.framing == Bare {
		at = 20
	}
	return uint64(len(have)-head) >= uint64(binary.LittleEndian.Uint32(have[at:]))
}

// frame returns a frame that ends with so many octets, and begins behind the
// first ones.
func (r *Reader) frame(begin, end int) (Packet, error) {
	data, err := r.peek(end)
	if err != nil {
		return Packet{}, err
	}
	frame, err := DecodeFrame(data[begin:])
	if err != nil {
		return Packet{}, r.lost("%w, so that the next frame's place is not known", err)
	}
	r.take(end)
	return Packet{Command: TCPFrame, Frame: frame}, nil
}

func (r *Reader) tooLong(octets uint32) error {
	return r.lost("a frame with %d octets of data, the limit is %d", octets, r.limit)
}

// lost is the error of a header that nothing can follow.
func (r *Reader) lost(format string, arguments ...any) error {
	return &FramingError{Offset: r.offset, Reason: fmt.Errorf(format, arguments...).Error()}
}

// take lets go of octets that were peeked at.
func (r *Reader) take(n int) {
	r.start += n
	r.offset += int64(n)
}

// peek returns the next n octets, and keeps them.
func (r *Reader) peek(n int) ([]byte, error) {
	for idle := 0; len(r.buffer)-r.start < n; {
		r.room(n)
		got, err := r.stream.Read(r.buffer[len(r.buffer):cap(r.buffer)])
		r.buffer = r.buffer[:len(r.buffer)+got]
		if idle++; got > 0 {
			idle = 0
		}
		switch {
		case len(r.buffer)-r.start >= n:
		case errors.Is(err, io.EOF) && len(r.buffer) > r.start:
			return nil, io.ErrUnexpectedEOF
		case err != nil:
			return nil, err
		case idle == maxIdle:
			return nil, io.ErrNoProgress
		}
	}
	return r.buffer[r.start : r.start+n], nil
}

// room makes place for reading towards n octets.
func (r *Reader) room(n int) {
	have := r.buffer[r.start:]
	switch {
	case len(have) == 0 && n <= firstBuffer && cap(r.buffer) > firstData:
		r.buffer, r.start = make([]byte, 0, firstBuffer), 0 // the large frame is over
	case r.start > 0 && (len(have) == 0 || r.start+n > cap(r.buffer)):
		r.buffer, r.start = r.buffer[:copy(r.buffer, have)], 0
	}
	if len(r.buffer) == cap(r.buffer) {
		// Twice what has come, so that a length that lies costs no more than that.
		// Where the frame is short there is room for several, which come together.
		size := min(max(n, min(4*n, firstData)), max(firstData, 2*len(r.buffer)))
		r.buffer = append(make([]byte, 0, size), r.buffer...)
	}
}
