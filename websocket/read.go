package websocket

import (
	"context"
	"errors"
	"fmt"
	"io"
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
	watches  watches
	ahead    readAhead
	hurry    hurry
	hurried  bool // the time limit of what is at hand is set
	inflater *frame.Inflater
	message  *[]byte // the last one, where it did not fit into ahead
	inflated int     // length of the last compressed one

	header    frame.Header // of the data frame at hand
	left      int64        // octets of its payload that were not read
	position  int64        // of the payload
	continued bool         // a message has begun and its last frame not
	carried   int64        // octets of the frames of the message
	traced    []byte       // of the frame at hand, where somebody traces
}

// Read returns the next message. It answers pings on the way. The error is a
// [*CloseError] when the peer has closed, a [*FailError] when it has broken the
// standard or a limit, [ErrClosed] after Close, and otherwise that of ctx or of
// the connection.
func (c *Conn) Read(ctx context.Context) (Message, error) {
	watched := c.in.watches.begin(ctx)
	defer c.in.watches.finish(watched)
	if !c.reading.take(c.ended) {
		return Message{}, c.err
	}
	defer c.reading.release()
	if err := c.Err(); err != nil {
		return Message{}, err
	}
	if c.in.message != nil {
		giveBuffer(c.in.message)
		c.in.message = nil
	}
	m, err := c.readMessage()
	if err != nil {
		return Message{}, c.fail(err)
	}
	return m, nil
}

// readMessage reads one message to its end.
func (c *Conn) readMessage() (Message, error) {
	r := &c.in
	if err := c.nextFrame(); err != nil { // the first one
		return Message{}, err
	}
	m := Message{Kind: r.header.Opcode, Compressed: r.header.RSV1}
	var err error
	switch {
	case m.Compressed:
		err = c.readCompressed(&m)
	case r.header.Fin && r.left <= int64(len(r.ahead.have())): // nearly always
		data := r.ahead.have()[:r.left:r.left]
		c.unmask(data)
		r.ahead.skip(len(data))
		r.continued = false
		m.Data = data
		var text frame.UTF8
		if m.Kind == frame.Text {
			if err = checkText(&text, data, len(data)); err == nil {
				err = endText(&text)
			}
		}
	default:
		err = c.readLong(&m)
	}
	return m, err
}

// checkText checks the next piece of a text, which ends at an octet.
func checkText(text *frame.UTF8, data []byte, end int) error {
	if !text.Check(data) {
		return fmt.Errorf("%w: a wrong octet before octet %d", frame.ErrPayload, end)
	}
	return nil
}

// endText checks the end of a text.
func endText(text *frame.UTF8) error {
	if !text.Whole() {
		return fmt.Errorf("%w: it ends within a character", frame.ErrPayload)
	}
	return nil
}

// readLong reads a message that is not compressed, as it arrives. Its frames are
// within the limits.
func (c *Conn) readLong(m *Message) error {
	r := &c.in
	b := takeBuffer(int(min(r.left, piece)))
	defer func() { r.message = b }()
	var text frame.UTF8
	for {
		if len(*b) == cap(*b) {
			b = growBuffer(b, len(*b)+1)
		}
		data := (*b)[len(*b):cap(*b)]
		n, err := (*payload)(c).Read(data)
		*b = (*b)[:len(*b)+n]
		if m.Kind == frame.Text {
			if err := checkText(&text, data[:n], len(*b)); err != nil {
				return err
			}
		}
		switch {
		case errors.Is(err, io.EOF):
			m.Data = *b
			if m.Kind == frame.Text {
				return endText(&text)
			}
			return nil
		case err != nil:
			return err
		}
	}
}

// shortPayload is up to which a compressed payload is inflated as a whole, where
// it is there as a whole.
const shortPayload = 1 << 10

// readCompressed reads a message that is compressed, as it arrives. What it
// becomes is bounded here.
func (c *Conn) readCompressed(m *Message) error {
	r := &c.in
	var err error
	if have := r.ahead.have(); r.header.Fin && r.left <= min(shortPayload, int64(len(have))) {
		have = have[:r.left]
		c.unmask(have)
		r.ahead.skip(len(have))
		r.continued = false
		err = r.inflater.BeginShort(have)
	} else {
		err = r.inflater.Begin((*payload)(c))
	}
	if err != nil {
		return err
	}
	defer r.inflater.End()
	most := c.limits.ReceiveMessage
	b := takeBuffer(min(r.inflated, piece) + 1) // one more, so that the end is seen
	defer func() { r.message = b }()
	var text frame.UTF8
	for {
		if len(*b) == cap(*b) {
			b = growBuffer(b, len(*b)+1)
		}
		data := (*b)[len(*b):cap(*b)]
		n, err := r.inflater.Read(data[:min(int64(len(data)), most-int64(len(*b))+1)])
		*b = (*b)[:len(*b)+n]
		if m.Kind == frame.Text {
			if err := checkText(&text, data[:n], len(*b)); err != nil {
				return err
			}
		}
		switch {
		case int64(len(*b)) > most:
			return fmt.Errorf("%w: a message of more than %d octets", ErrTooBig, most)
		case errors.Is(err, io.EOF):
			m.Data, r.inflated = *b, len(*b)
			if m.Kind == frame.Text {
				return endText(&text)
			}
			return nil
		case err != nil:
			return err
		}
	}
}

// payload is the payload of a message, all of its frames.
type payload Conn

// Read reads the payload, without mask. The error is io.EOF at the end of the last
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
	data = data[:min(int64(len(data)), r.left, piece)]
	if len(r.ahead.have()) == 0 {
		c.hurry(r.left)
		if len(data) < len(r.ahead.buffer) { // what follows comes along
			if err := c.more(); err != nil {
				return 0, err
			}
		}
	}
	n, err := r.ahead.takeTo(data)
	c.unmask(data[:n])
	switch {
	case err != nil:
		err = r.hurry.explain(unexpected(err))
	case r.left == 0 && r.header.Fin:
		r.continued = false
		err = io.EOF
	}
	return n, err
}

// unmask takes the mask from the next octets of the payload, and counts them.
func (c *Conn) unmask(data []byte) {
	r := &c.in
	if r.header.Masked {
		frame.Mask(data, r.header.Key, r.position)
	}
	r.position += int64(len(data))
	r.left -= int64(len(data))
	if r.left == 0 {
		c.calm()
	}
	if c.trace != nil && len(data) > 0 {
		c.collect(data)
	}
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
	for {
		data := r.ahead.have()
		h, octets, err := frame.Decode(data)
		if err != nil {
			return h, err
		}
		if octets == 0 {
			if len(data) > 0 {
				c.hurry(0)
			}
			if err := c.more(); err != nil {
				return h, err
			}
			continue
		}
		r.ahead.skip(octets)
		c.calm() // the payload has a limit of its own
		c.received.Store(int64(time.Since(c.opened)))
		return h, h.Check(frame.Rules{Masked: c.server, Compressed: c.deflate.on, Continued: r.continued})
	}
}

// more reads once, ahead.
func (c *Conn) more() error {
	if err := c.in.ahead.more(); err != nil {
		return c.in.hurry.explain(unexpected(err)) // without a close frame
	}
	return nil
}

// hurry sets the time limit of what is at hand and has to be waited for, once: a
// header that has begun, or a payload of a length.
func (c *Conn) hurry(length int64) {
	if !c.in.hurried {
		c.in.hurried = true
		c.in.hurry.set(c.limits.frameTime(length))
	}
}

// calm lifts the limit: what was at hand is there, and the next frame may come at
// any time.
func (c *Conn) calm() {
	if c.in.hurried {
		c.in.hurried = false
		c.in.hurry.lift()
	}
}

// controlFrame takes a control frame.
func (c *Conn) controlFrame(h frame.Header) error {
	r := &c.in
	octets := int(h.Length)
	for len(r.ahead.have()) < octets {
		c.hurry(h.Length)
		if err := c.more(); err != nil {
			return err
		}
	}
	c.calm()
	body := r.ahead.have()[:octets]
	r.ahead.skip(octets)
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
