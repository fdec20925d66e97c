package websocket

import (
	"slices"
	"unicode/utf8"

	"stellwerk/internal/analyzer/dissect"
	"stellwerk/websocket/frame"
	"stellwerk/wire"
)

// frames takes octets of frames, up to the end of a header or of a payload.
func (c *Conversation) frames(d *direction, place *dissect.Place, data []byte) []byte {
	if d.into != nil {
		n := min(d.left, int64(len(data)))
		d.into.payload(c.shared, data[:n])
		if d.left -= n; d.left == 0 {
			c.frameEnd(d, place)
		}
		return data[n:]
	}
	before := len(d.head)
	n := min(len(data), frame.MaxHeader-before)
	d.head = append(d.head, data[:n]...)
	f, octets, sane := decodeHeader(d.head)
	switch {
	case octets == 0:
		return data[n:]
	case !sane:
		c.cut(d, place, wire.Text{
			EN: "the length of a frame has its highest bit set: where the next one begins cannot be told",
			DE: "die Länge eines Rahmens hat das höchste Bit gesetzt: wo der nächste beginnt, ist nicht zu sagen",
		})
		c.partial(d, place)
		c.lose(d, place)
		return data[n:]
	}
	d.head = d.head[:octets]
	c.frameBegin(d, place, &f)
	return data[octets-before:]
}

// frameBegin takes the header of a frame, whose octets are in head.
func (c *Conversation) frameBegin(d *direction, place *dissect.Place, f *Frame) {
	a := &d.message
	if f.Opcode.Control() {
		a = &d.control
	} else if f.Opcode != frame.Continuation {
		breaks := a.begun()
		if breaks {
			c.unfinished(a, place, wire.Text{EN: "another one begins", DE: "eine weitere beginnt"})
			d.inflation.lose()
		}
		a.breaks, a.joined = breaks, false
	}
	a.header(c.shared, f, d.head)
	for _, packet := range d.earlier {
		a.seen(packet)
	}
	d.head, d.earlier = d.head[:0], d.earlier[:0]
	d.into, d.left, d.fin = a, f.Length, f.Fin
	if d.left == 0 {
		c.frameEnd(d, place)
	}
}

// frameEnd takes the end of a frame, and with the last one that of a message.
func (c *Conversation) frameEnd(d *direction, place *dissect.Place) {
	a := d.into
	d.into = nil
	if a.count == int64(len(a.frames)) {
		a.frames[len(a.frames)-1].Packet = place.Frame
	}
	if a == &d.control || d.fin {
		c.message(d, a, place)
	}
}

// message gives the line of a message.
func (c *Conversation) message(d *direction, a *assembly, place *dissect.Place) {
	t := &c.shared.telegram
	first := &a.frames[0]
	*t = Telegram{
		Octets: a.octets, Client: c.roles && place.Direction == c.client, Known: c.roles,
		Kind: first.Opcode, Frames: a.frames, Count: a.count, Carried: a.carried, Length: a.carried,
		Missing: a.missing, Cut: a.cut, Joined: a.joined, Breaks: a.breaks, Deflate: d.inflation.possible(),
		NotUTF8: -1,
	}
	t.Payload = c.payload(a)
	data := t.Kind == frame.Text || t.Kind == frame.Binary
	if t.Compressed = data && first.RSV1 && d.inflation.possible(); t.Compressed {
		c.inflate(d, t)
	}
	switch {
	case t.Kind == frame.Text && !t.Cut && t.Readable():
		t.NotUTF8 = firstWrong(t.Payload)
	case t.Kind == frame.Close:
		t.Code, t.Reason, t.CloseErr = frame.DecodeClose(t.Payload)
	}
	c.line = dissect.Line{Place: *place, Protocol: Protocol, Telegram: t, Octets: a.octets, Earlier: a.earlier}
	c.line.Earlier = slices.DeleteFunc(c.line.Earlier, func(packet int64) bool { return packet == place.Frame })
	if length := lengthOf(a); length > int64(len(a.octets)) {
		c.line.Skipped = length
	}
	c.emit(&c.line)
	if c.judge != nil {
		c.judge.Telegram(place, t)
	}
	a.reset(c.shared)
}

// payload returns the payload of a message as far as it is kept, without mask.
func (c *Conversation) payload(a *assembly) []byte {
	payload, at := c.shared.payload[:0], 0
	for i := range a.frames {
		f := &a.frames[i]
		at = min(at+f.head, len(a.octets))
		end := min(at+f.kept, len(a.octets))
		start := len(payload)
		payload = append(payload, a.octets[at:end]...)
		if f.Masked {
			frame.Mask(payload[start:], f.Key, 0)
		}
		at = end
	}
	c.shared.payload = payload
	return payload
}

// inflate puts what a compressed message says in the place of its payload.
func (c *Conversation) inflate(d *direction, t *Telegram) {
	if t.Cut {
		d.inflation.lose()
		t.Outcome = Incomplete
		return
	}
	said, octets, what := d.inflation.message(c.shared, c.shared.inflated[:0], t.Payload, maxMessage)
	c.shared.inflated = said
	if t.Outcome = what; what == Inflated {
		t.Payload, t.Length = said, octets
		t.Cut = octets > int64(len(said))
	}
}

// firstWrong returns where the first octet stands that no text can have there, -1
// where there is none.
func firstWrong(text []byte) int64 {
	for at := 0; at < len(text); {
		r, size := utf8.DecodeRune(text[at:])
		if r == utf8.RuneError && size == 1 {
			return int64(at)
		}
		at += size
	}
	return -1
}
