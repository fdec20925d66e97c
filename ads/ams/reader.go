package ams

import (
	"errors"
	"fmt"
	"io"
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
// error; 0 is [MaxData].
func NewReader(stream io.Reader, framing Framing, limit uint32) *Reader {
	if limit == 0 {
		limit = MaxData
	}
	return &Reader{stream: stream, framing: framing, limit: limit, buffer: make([]byte, 0, firstBuffer)}
}

// Next returns the next packet, whose data is valid until the next call. Errors
// are those of the stream, io.EOF between two packets and io.ErrUnexpectedEOF
// within one, and [FramingError].
func (r *Reader) Next() (Packet, error) {
	at := r.offset
	if r.framing == Bare {
		head, err := r.peek(HeaderLength, true)
		if err != nil {
			return Packet{}, err
		}
		h, _ := DecodeHeader(head) // has its octets
		if h.Length > r.limit {
			return Packet{}, r.tooLong(at, h.Length)
		}
		return r.frame(at, HeaderLength+int(h.Length))
	}
	head, err := r.peek(TCPHeaderLength, true)
	if err != nil {
		return Packet{}, err
	}
	t, _ := DecodeTCPHeader(head) // has its octets
	switch {
	case t.Command != TCPFrame && !t.Command.Known():
		return Packet{}, &FramingError{at, fmt.Sprintf("the AMS/TCP header has the command 0x%04X, which is none; this is not AMS", uint16(t.Command))}
	case t.Command != TCPFrame && t.Length > maxBody:
		return Packet{}, &FramingError{at, fmt.Sprintf("%s with %d octets, it has %d at most", t.Command, t.Length, maxBody)}
	case t.Command == TCPFrame && t.Length < HeaderLength:
		return Packet{}, &FramingError{at, fmt.Sprintf("the AMS/TCP header says %d octets, the AMS header alone has %d", t.Length, HeaderLength)}
	case t.Command == TCPFrame && t.Length-HeaderLength > r.limit:
		return Packet{}, r.tooLong(at, t.Length-HeaderLength)
	}
	r.take(TCPHeaderLength)
	if t.Command == TCPFrame {
		return r.frame(at, int(t.Length))
	}
	body, err := r.peek(int(t.Length), false)
	if err != nil {
		return Packet{}, err
	}
	r.take(len(body))
	return Packet{Command: t.Command, Body: body}, nil
}

// frame returns a frame of so many octets.
func (r *Reader) frame(at int64, octets int) (Packet, error) {
	data, err := r.peek(octets, false)
	if err != nil {
		return Packet{}, err
	}
	frame, err := DecodeFrame(data)
	if err != nil {
		return Packet{}, &FramingError{at, err.Error() + ", so that the next frame's place is not known"}
	}
	r.take(octets)
	return Packet{Command: TCPFrame, Frame: frame}, nil
}

func (r *Reader) tooLong(at int64, octets uint32) error {
	return &FramingError{at, fmt.Sprintf("a frame with %d octets of data, the limit is %d", octets, r.limit)}
}

// take lets go of octets that were peeked at.
func (r *Reader) take(n int) {
	r.start += n
	r.offset += int64(n)
}

// peek returns the next n octets, and keeps them. First says that the stream may
// end here.
func (r *Reader) peek(n int, first bool) ([]byte, error) {
	for len(r.buffer)-r.start < n {
		r.room(n)
		got, err := r.stream.Read(r.buffer[len(r.buffer):cap(r.buffer)])
		r.buffer = r.buffer[:len(r.buffer)+got]
		if err == nil || len(r.buffer)-r.start >= n {
			continue
		}
		if errors.Is(err, io.EOF) && (!first || len(r.buffer) > r.start) {
			err = io.ErrUnexpectedEOF
		}
		return nil, err
	}
	return r.buffer[r.start : r.start+n], nil
}

// room makes place for reading towards n octets.
func (r *Reader) room(n int) {
	have := r.buffer[r.start:]
	switch {
	case len(have) == 0 && n <= firstData && cap(r.buffer) > firstData:
		r.buffer, r.start = make([]byte, 0, firstBuffer), 0 // the large frame is over
	case r.start > 0 && (len(have) == 0 || r.start+n > cap(r.buffer)):
		r.buffer, r.start = r.buffer[:copy(r.buffer, have)], 0
	}
	if len(r.buffer) == cap(r.buffer) {
		// Twice what has come, so that a length that lies costs no more than that.
		size := min(n, max(firstData, 2*len(r.buffer)))
		r.buffer = append(make([]byte, 0, size), r.buffer...)
	}
}
