package websocket

import (
	"fmt"
	"math"

	"stellwerk/internal/analyzer/dissect"
	"stellwerk/internal/capture/stream"
	"stellwerk/websocket/frame"
	"stellwerk/wire"
)

// Protocol is the name of the protocol in lines.
const Protocol = "websocket"

// Judge watches a connection and tells what the standard does not allow.
type Judge interface {
	// Telegram is told of every request, response and message in the order of the
	// capture.
	Telegram(place *dissect.Place, t *Telegram)
	// Unreadable is told where octets of a direction make no frames, or are
	// missing in the capture.
	Unreadable(place *dissect.Place)
	// End is told when a direction ends.
	End(end *stream.End)
}

// phase is what a direction is in the middle of.
type phase uint8

const (
	opening phase = iota // a request or a response
	body                 // what of a body is not kept
	frames
	lost // frames, but nobody knows where the next one begins
)

// Conversation makes lines of one connection. It implements stream.Stream.
type Conversation struct {
	shared *Shared
	judge  Judge
	emit   func(*dissect.Line)
	// certain and decline decide whether it is one of WebSocket at all, while it
	// is in doubt; nil where there is none.
	certain func()
	decline func(octets [2]int64)

	roles    bool // which side is the client is known
	client   stream.Direction
	accepted bool // by a response, or because frames say so
	seen     bool // the handshake was seen, so that what was agreed on is known

	directions [2]direction
	place      dissect.Place
	line       dissect.Line
}

// direction is what is known of the octets of one direction.
type direction struct {
	phase   phase
	head    []byte  // octets of a head and its body, or of the header of a frame
	earlier []int64 // packets that hold octets of head
	left    int64   // octets of the payload at hand, or of a body that is not kept
	fin     bool    // of the frame at hand

	into             *assembly // that the payload at hand belongs to, nil at a header
	message, control assembly
	inflation        inflation
}

// New returns a conversation that hands its lines to emit. A nil judge finds
// nothing.
func New(shared *Shared, connection *stream.Connection, judge Judge, emit func(*dissect.Line)) *Conversation {
	c := &Conversation{shared: shared, judge: judge, emit: emit}
	c.roles = connection.Opened
	return c
}

// NewDoubtful returns a conversation that begins with octets of which [Begins]
// holds. When the request turns out to ask for an upgrade, certain is called
// before the first line; otherwise decline is, with the number of octets of
// each direction so far, and the conversation must not be used any more.
func NewDoubtful(shared *Shared, connection *stream.Connection, judge Judge, emit func(*dissect.Line), certain func(), decline func(octets [2]int64)) *Conversation {
	c := New(shared, connection, judge, emit)
	c.certain, c.decline = certain, decline
	return c
}

// Client says that a direction is that of the client, for a connection whose
// opening is not in the capture.
func (c *Conversation) Client(direction stream.Direction) { c.roles, c.client = true, direction }

// Chunk takes the next octets of a direction.
func (c *Conversation) Chunk(chunk *stream.Chunk) {
	c.place = dissect.Place{
		Frame: chunk.Packet, Time: chunk.Time, Connection: chunk.Connection, Direction: chunk.Direction,
	}
	place := &c.place
	if c.certain != nil {
		if chunk.Aside || chunk.Gap != 0 && len(c.directions[chunk.Direction].head) > 0 ||
			len(c.directions[1-chunk.Direction].head) > 0 {
			c.doubt(chunk.Direction, len(chunk.Data))
			return
		}
		c.roles, c.client = true, chunk.Direction
	}
	if chunk.Aside {
		c.skipped(place, chunk.Data, int64(len(chunk.Data)), nil, wire.Text{
			EN: "beside the stream: it repeats sequence numbers of TCP, or fits none",
			DE: "neben dem Strom: Sequenznummern von TCP wiederholt, oder nicht passend",
		})
		return
	}
	d := &c.directions[chunk.Direction]
	if chunk.Gap != 0 && c.certain == nil {
		c.gap(d, place, chunk.Gap)
	}
	c.feed(d, place, chunk.Data)
	if len(d.head) > 0 {
		d.earlier = noted(d.earlier, chunk.Packet)
	}
	for _, a := range [...]*assembly{&d.message, &d.control} {
		if a.begun() && a.touched {
			a.seen(chunk.Packet)
		}
		a.touched = false
	}
}

// doubt gives a connection back that is none of WebSocket.
func (c *Conversation) doubt(from stream.Direction, data int) {
	var octets [2]int64
	octets[from] = int64(data)
	for i := range c.directions {
		octets[i] += int64(len(c.directions[i].head))
		c.forget(&c.directions[i])
	}
	c.decline(octets)
}

// gap takes octets that are missing. Where they all belong to the payload of one
// frame, the next frame is where it was expected.
func (c *Conversation) gap(d *direction, place *dissect.Place, octets int64) {
	if octets > 0 && octets <= d.left {
		switch d.phase {
		case body:
			d.left -= octets
			return
		case frames:
			d.into.hole(octets)
			if d.left -= octets; d.left == 0 {
				c.frameEnd(d, place)
			}
			return
		case opening, lost:
		}
	}
	c.partial(d, place)
	c.lose(d, place)
}

// lose makes a direction look for the next frame.
func (c *Conversation) lose(d *direction, place *dissect.Place) {
	d.phase = lost
	d.inflation.lose()
	if c.judge != nil {
		c.judge.Unreadable(place)
	}
}

// End tells that no more octets of a direction follow.
func (c *Conversation) End(end *stream.End) {
	d := &c.directions[end.Direction]
	place := dissect.Place{Frame: end.Packet, Time: end.Time, Connection: end.Connection, Direction: end.Direction}
	if c.certain != nil {
		if len(d.head) > 0 {
			c.doubt(end.Direction, 0)
		}
		return
	}
	c.partial(d, &place)
	if c.judge != nil {
		c.judge.End(end)
	}
	c.forget(d)
}

// forget gives the memory of a direction back.
func (c *Conversation) forget(d *direction) {
	if d.phase == opening {
		c.shared.give(len(d.head))
	}
	d.message.reset(c.shared)
	d.control.reset(c.shared)
	d.inflation.end(c.shared)
	*d = direction{phase: d.phase}
}

// feed gives the lines of what ends in data.
func (c *Conversation) feed(d *direction, place *dissect.Place, data []byte) {
	for len(data) > 0 {
		switch d.phase {
		case opening:
			data = c.opening(d, place, data)
		case body:
			n := min(d.left, int64(len(data)))
			c.skipped(place, data[:n], n, nil, wire.Text{EN: "the rest of a body of HTTP", DE: "der Rest eines HTTP-Rumpfs"})
			if d.left -= n; d.left == 0 {
				d.phase = opening
			}
			data = data[n:]
		case frames:
			data = c.frames(d, place, data)
		case lost:
			data = c.search(d, place, data)
		}
	}
}

// expected is what is known of the frames of a direction.
func (c *Conversation) expected(d *direction, from stream.Direction) expectation {
	return expectation{role: c.roles, masked: c.roles && from == c.client, compressed: d.inflation.possible()}
}

// search looks for the next frame at the beginning of data.
func (c *Conversation) search(d *direction, place *dissect.Place, data []byte) []byte {
	switch {
	case !c.accepted && c.roles && looksHTTP(data, place.Direction == c.client):
		d.phase = opening
		return data
	case plausible(data, c.expected(d, place.Direction)):
		d.phase = frames
		d.message.joined = true
		c.assume(place, data)
		return data
	}
	c.skipped(place, data, int64(len(data)), nil, wire.Text{
		EN: "no frame can begin here", DE: "hier kann kein Rahmen beginnen",
	})
	return nil
}

// assume takes frames that were seen for a handshake that was not.
func (c *Conversation) assume(place *dissect.Place, data []byte) {
	c.accepted = true
	if !c.roles {
		c.roles, c.client = true, place.Direction
		if len(data) > 1 && data[1]&0x80 == 0 { // servers do not mask (RFC 6455, 5.1)
			c.client = 1 - place.Direction
		}
	}
}

// opening collects a request or a response, and its body.
func (c *Conversation) opening(d *direction, place *dissect.Place, data []byte) []byte {
	if len(d.head) == 0 && (c.accepted || !looksHTTP(data, place.Direction == c.client)) {
		return c.framesInstead(d, place, data)
	}
	before := len(d.head)
	d.head = append(d.head, data...)
	if !c.shared.take(len(data)) {
		c.shared.give(before) // what forget and cut give back is what was taken
		d.head = d.head[:0]
		return c.tooLong(d, place, data, before)
	}
	end := headEnd(d.head)
	if end == 0 {
		if len(d.head) > maxOpening {
			before := len(d.head)
			c.shared.give(before)
			return c.tooLong(d, place, data, before-len(data))
		}
		return nil
	}
	o, err := parseOpening(d.head[:end], place.Direction == c.client)
	if c.certain != nil {
		if err != nil || !o.Upgrade() {
			c.doubt(place.Direction, 0)
			return nil
		}
		c.certain()
		c.certain, c.decline = nil, nil
	}
	if err != nil {
		c.cut(d, place, wire.Text{EN: "no opening of HTTP: " + err.Error(), DE: "keine HTTP-Eröffnung: " + err.Error()})
		c.lose(d, place)
		return nil
	}
	length, done := o.bodyEnd(d.head[end:])
	switch {
	case !done && len(d.head)-end < maxOpening:
		return nil // the body goes on
	case !done:
		length = len(d.head) - end
	}
	whole := end + length
	rest := data[len(data)-(len(d.head)-whole):]
	o.Body = d.head[end:whole]
	d.head = d.head[:whole]
	left := int64(0)
	if !done { // the rest of the body is passed over
		left = bodyLeft(o, length)
	}
	c.shared.give(len(rest))
	c.opened(d, place, o)
	if left > 0 && d.phase == opening {
		d.phase, d.left = body, left
	}
	return rest
}

// bodyLeft is how much of a body comes behind what is kept of it; to the end of
// the connection where nobody knows.
func bodyLeft(o *Opening, kept int) int64 {
	var length int64
	if _, err := fmt.Sscan(o.Get("Content-Length"), &length); err != nil || length <= int64(kept) {
		return math.MaxInt64
	}
	return length - int64(kept)
}

// tooLong passes over a head that does not end.
func (c *Conversation) tooLong(d *direction, place *dissect.Place, data []byte, before int) []byte {
	d.head = d.head[:0]
	if c.certain != nil {
		c.doubt(place.Direction, before+len(data))
		return nil
	}
	c.skipped(place, data, int64(before+len(data)), d.earlier, wire.Text{
		EN: "an opening of HTTP that is too long", DE: "eine HTTP-Eröffnung, die zu lang ist",
	})
	d.earlier = d.earlier[:0]
	c.lose(d, place)
	return nil
}

// framesInstead takes octets where an opening was expected, but is none: the
// handshake may not be in the capture.
func (c *Conversation) framesInstead(d *direction, place *dissect.Place, data []byte) []byte {
	if c.certain != nil {
		c.doubt(place.Direction, len(data))
		return nil
	}
	if c.accepted {
		d.phase = frames
		return data
	}
	d.phase = lost
	return data
}

// opened gives the line of a request or a response.
func (c *Conversation) opened(d *direction, place *dissect.Place, o *Opening) {
	t := &c.shared.telegram
	*t = Telegram{Octets: d.head, Opening: o, Client: o.Request}
	if o.Accepted() {
		c.accepted, c.seen = true, true
		if other := &c.directions[1-place.Direction]; len(other.head) > 0 { // sent too early, and no frame
			c.partial(other, &dissect.Place{Frame: place.Frame, Time: place.Time, Connection: place.Connection, Direction: 1 - place.Direction})
		}
		agreed := o.Deflate()
		for i := range c.directions {
			c.directions[i].phase = frames
			c.directions[i].inflation.end(c.shared)
			c.directions[i].inflation = newInflation(agreed, stream.Direction(i) == c.client)
		}
	}
	c.line = dissect.Line{Place: *place, Protocol: Protocol, Telegram: t, Octets: d.head, Earlier: d.earlier}
	c.emit(&c.line)
	if c.judge != nil {
		c.judge.Telegram(place, t)
	}
	c.shared.give(len(d.head))
	d.head, d.earlier = nil, d.earlier[:0]
}

// cut gives the line of the octets at hand that make nothing.
func (c *Conversation) cut(d *direction, place *dissect.Place, text wire.Text) {
	c.line = dissect.Line{Place: *place, Protocol: Protocol, Octets: d.head, Earlier: d.earlier, Malformed: text}
	c.emit(&c.line)
	if d.phase == opening {
		c.shared.give(len(d.head))
	}
	d.head, d.earlier = d.head[:0], d.earlier[:0]
}

// skipped gives the line of octets that are passed over.
func (c *Conversation) skipped(place *dissect.Place, data []byte, octets int64, earlier []int64, why wire.Text) {
	c.line = dissect.Line{
		Place: *place, Protocol: Protocol, Octets: data, Skipped: octets, Earlier: earlier,
		Malformed: wire.Text{
			EN: fmt.Sprintf("%d octet(s) passed over: %s", octets, why.EN),
			DE: fmt.Sprintf("%d Oktett(e) übergangen: %s", octets, why.DE),
		},
	}
	c.emit(&c.line)
}

// partial gives the lines of what has begun and does not go on.
func (c *Conversation) partial(d *direction, place *dissect.Place) {
	if len(d.head) > 0 {
		what := wire.Text{EN: "the header of a frame", DE: "der Kopf eines Rahmens"}
		if d.phase == opening {
			what = wire.Text{EN: "an opening of HTTP", DE: "eine HTTP-Eröffnung"}
			if end := headEnd(d.head); end > 0 { // but its body is the rest of the connection
				if o, err := parseOpening(d.head[:end], place.Direction == c.client); err == nil {
					o.Body = d.head[end:]
					c.opened(d, place, o)
					what = wire.Text{}
				}
			}
		}
		if !what.IsZero() {
			c.cut(d, place, wire.Text{
				EN: fmt.Sprintf("%s is cut off: only its first %d octet(s) are there", what.EN, len(d.head)),
				DE: fmt.Sprintf("%s ist abgeschnitten: nur die ersten %d Oktett(e) sind da", what.DE, len(d.head)),
			})
		}
	}
	for _, a := range [...]*assembly{&d.control, &d.message} {
		if a.begun() {
			c.unfinished(a, place, wire.Text{EN: "its end is missing", DE: "das Ende fehlt"})
		}
	}
	d.into, d.left = nil, 0
}

// unfinished gives the line of a message whose end does not come.
func (c *Conversation) unfinished(a *assembly, place *dissect.Place, why wire.Text) {
	kind := frame.Continuation
	if len(a.frames) > 0 {
		kind = a.frames[0].Opcode
	}
	name := kind.Text()
	c.line = dissect.Line{
		Place: *place, Protocol: Protocol, Octets: a.octets, Earlier: a.earlier,
		Malformed: wire.Text{
			EN: fmt.Sprintf("a message (%s) of %d frame(s) and %d octet(s) of payload so far is cut off: %s", name.EN, a.count, a.carried, why.EN),
			DE: fmt.Sprintf("eine Nachricht (%s) aus bisher %d Rahmen mit %d Oktett(en) Nutzdaten ist abgeschnitten: %s", name.DE, a.count, a.carried, why.DE),
		},
	}
	if lengthOf(a) > int64(len(a.octets)) {
		c.line.Skipped = lengthOf(a)
	}
	c.emit(&c.line)
	a.reset(c.shared)
}

// lengthOf is how many octets a message has had on the wire in the capture.
func lengthOf(a *assembly) int64 {
	headers := int64(0)
	for i := range a.frames {
		headers += int64(a.frames[i].head)
	}
	return headers + a.carried - a.missing
}
