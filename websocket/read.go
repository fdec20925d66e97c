package websocket

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"stellwerk/websocket/frame"
)

// piece is how much is read at once, and of how much a trace function sees a
// frame.
const piece = 64 << 10

// Message is a message that was received.
type Message struct {
	// Kind is [Text] or [Binary].
	Kind Opcode
	// Data is valid until the next Read.
	Data []byte
	// Compressed tells that it came compressed.
	Compressed bool
}

// reader is the state of receiving.
type reader struct {
	buffered *bufio.Reader
	inflater *frame.Inflater
	message  []byte // reused

	header    frame.Header // of the data frame at hand
	left      int64        // octets of its payload that were not read
	position  int64        // of the payload
	continued bool         // a message has begun and its last frame not
	carried   int64        // octets of the frames of the message
	control   [frame.MaxControl]byte
	traced    []byte // of the frame at hand, where somebody traces
}

// Read returns the next message. It answers pings on the way. The error is a
// [*CloseError] when the peer has closed, a [*FailError] when it has broken the
// standard or a limit, [ErrClosed] after Close, and otherwise that of ctx or of
// the connection.
func (c *Conn) Read(ctx context.Context) (Message, error) {
	stop := c.watch(ctx)
	defer stop()
	c.reading.Lock()
	defer c.reading.Unlock()
	if err := c.Err(); err != nil {
		return Message{}, err
	}
	m, err := c.readMessage()
	if err != nil {
		return Message{}, c.fail(err)
	}
	return m, nil
}

// fail ends the connection for an error of reading, telling the peer why where
// the standard says so.
func (c *Conn) fail(err error) error {
	code := frame.NoStatus
	switch {
	case errors.Is(err, frame.ErrProtocol):
		code = frame.ProtocolError
	case errors.Is(err, frame.ErrPayload), errors.Is(err, frame.ErrInflate):
		code = frame.InvalidPayload
	case errors.Is(err, ErrTooBig):
		code = frame.MessageTooBig
	}
	if code != frame.NoStatus {
		err = &FailError{Code: code, Err: err}
		c.sendClose(code, err.Error())
	}
	return c.end(err)
}

// readMessage reads one message to its end.
func (c *Conn) readMessage() (Message, error) {
	r := &c.in
	if err := c.nextFrame(); err != nil { // the first one
		return Message{}, err
	}
	m := Message{Kind: r.header.Opcode, Compressed: r.header.RSV1}
	var source io.Reader = (*payload)(c)
	if m.Compressed {
		if err := r.inflater.Begin(source); err != nil {
			return m, err
		}
		defer r.inflater.End()
		source = r.inflater
	}
	var text frame.UTF8
	data := r.message[:0]
	for {
		if len(data) == cap(data) {
			data = slices.Grow(data, max(512, min(len(data), 1<<20)))
		}
		room := min(int64(cap(data)-len(data)), c.limits.ReceiveMessage-int64(len(data))+1)
		n, err := source.Read(data[len(data) : int64(len(data))+room])
		if m.Kind == frame.Text && !text.Check(data[len(data):len(data)+n]) {
			return m, fmt.Errorf("%w: a wrong octet before octet %d", frame.ErrPayload, len(data)+n)
		}
		data = data[:len(data)+n]
		switch {
		case int64(len(data)) > c.limits.ReceiveMessage:
			return m, fmt.Errorf("%w: a message of more than %d octets", ErrTooBig, c.limits.ReceiveMessage)
		case errors.Is(err, io.EOF):
			if m.Kind == frame.Text && !text.Whole() {
				return m, fmt.Errorf("%w: it ends within a character", frame.ErrPayload)
			}
			m.Data = data
			r.message = data
			if cap(r.message) > piece {
				r.message = nil // a long message does not keep its memory
			}
			return m, nil
		case err != nil:
			return m, err
		}
	}
}

// payload is the payload of a message, all of its frames.
type payload Conn

// Read reads the payload, without mask. The error is io.EOF behind the last
// frame.
func (p *payload) Read(data []byte) (int, error) {
	c := (*Conn)(p)
	r := &c.in
	for r.left == 0 {
		if r.header.Fin {
			r.continued = false
			return 0, io.EOF
		}
		if err := c.nextFrame(); err != nil {
			return 0, err
		}
	}
	n, err := r.buffered.Read(data[:min(int64(len(data)), r.left, piece)])
	if r.header.Masked {
		frame.Mask(data[:n], r.header.Key, r.position)
	}
	r.position += int64(n)
	r.left -= int64(n)
	if c.trace != nil && n > 0 {
		c.collect(data[:n])
	}
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}

// nextFrame reads headers until that of a data frame, and deals with control
// frames on the way.
func (c *Conn) nextFrame() error {
	r := &c.in
	for {
		h, err := c.readHeader()
		if err != nil {
			return err
		}
		if h.Opcode.Control() {
			if err := c.controlFrame(h); err != nil {
				return err
			}
			continue
		}
		if !r.continued {
			r.carried = 0
		}
		r.carried += h.Length
		switch {
		case h.Length > c.limits.ReceiveFrame:
			return fmt.Errorf("%w: a frame of %d octets, at most %d are taken", ErrTooBig, h.Length, c.limits.ReceiveFrame)
		case r.carried > c.limits.ReceiveMessage:
			return fmt.Errorf("%w: a message of more than %d octets", ErrTooBig, c.limits.ReceiveMessage)
		}
		r.header, r.left, r.position, r.continued = h, h.Length, 0, true
		if h.Length == 0 {
			c.note(false, h, nil)
		}
		return nil
	}
}

// readHeader waits for a header and checks it.
func (c *Conn) readHeader() (frame.Header, error) {
	r := &c.in
	for want := 2; ; {
		data, err := r.buffered.Peek(want)
		if err != nil {
			if errors.Is(err, io.EOF) {
				err = io.ErrUnexpectedEOF // without a close frame
			}
			return frame.Header{}, err
		}
		h, octets, err := frame.Decode(data)
		if err != nil {
			return h, err
		}
		if octets == 0 {
			want = headerOctets(data)
			continue
		}
		_, _ = r.buffered.Discard(octets) // they are there
		c.received.Store(time.Now().UnixNano())
		return h, h.Check(frame.Rules{Masked: c.server, Compressed: c.deflate.on, Continued: r.continued})
	}
}

// headerOctets is how long the header is whose first two octets are there.
func headerOctets(data []byte) int {
	octets := 2
	switch data[1] & 0x7f {
	case 126:
		octets += 2
	case 127:
		octets += 8
	}
	if data[1]&0x80 != 0 {
		octets += 4
	}
	return octets
}

// controlFrame takes a control frame.
func (c *Conn) controlFrame(h frame.Header) error {
	body := c.in.control[:h.Length]
	if _, err := io.ReadFull(c.in.buffered, body); err != nil {
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return err
	}
	if h.Masked {
		frame.Mask(body, h.Key, 0)
	}
	c.note(false, h, body)
	switch h.Opcode {
	case frame.Ping:
		c.answerPing(body)
	case frame.Close:
		code, reason, err := frame.DecodeClose(body)
		if err != nil {
			return err
		}
		c.sendClose(code, "")
		return &CloseError{Code: code, Reason: reason}
	default: // a pong: that it has come is enough
	}
	return nil
}

// collect shows the trace function a received frame when its first piece is
// there as a whole, however many reads that took.
func (c *Conn) collect(data []byte) {
	r := &c.in
	if r.position == int64(len(data)) {
		r.traced = r.traced[:0]
	}
	have := len(r.traced)
	r.traced = append(r.traced, data[:min(len(data), piece-have)]...)
	if have < piece && (r.left == 0 || len(r.traced) == piece) {
		c.note(false, r.header, r.traced)
	}
}

func (c *Conn) note(sent bool, h frame.Header, data []byte) {
	if c.trace != nil {
		c.trace(Frame{Time: time.Now(), Sent: sent, Header: h, Payload: data})
	}
}
