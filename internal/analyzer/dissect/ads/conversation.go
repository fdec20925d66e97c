package ads

import (
	"errors"
	"fmt"
	"slices"

	"stellwerk/ads/ams"
	"stellwerk/ads/command"
	"stellwerk/internal/analyzer/dissect"
	"stellwerk/internal/capture/stream"
	"stellwerk/wire"
)

// Protocol is the name of the protocol in lines.
const Protocol = "ads"

// Judge watches a connection and tells what is wrong.
type Judge interface {
	// Telegram is told of every telegram in the order of the capture.
	Telegram(place *dissect.Place, t *Telegram)
	// Unanswered is told of a request that has had no answer for too long, or
	// gets none any more.
	Unanswered(place *dissect.Place, r *Request)
	// Unasked is told of an answer that nobody has asked for.
	Unasked(place *dissect.Place, c ams.Command, invokeID uint32)
}

// Conversation makes lines of one connection. It implements stream.Stream.
type Conversation struct {
	shared *Shared
	judge  Judge
	emit   func(*dissect.Line)

	names   names
	pending pending
	holes   bool // octets were missing, so that answers and notifications may be
	whole   bool // the capture shows the opening
	loose   bool // an answer came before its request, so that names may lack
	ended   int
	streams [2]direction
	place   dissect.Place
	line    dissect.Line
}

// direction is what is known of the octets of one direction.
type direction struct {
	kept    []byte  // of the frame that has begun
	came    int64   // octets of it, those that are not kept or missing included
	missing int64   // octets of it that the capture lacks
	earlier []int64 // packets that hold octets of it
	lost    bool
	beside  bool // the octets are not those of the stream
}

// New returns a conversation that hands its lines to emit. A nil judge finds
// nothing.
func New(shared *Shared, connection *stream.Connection, judge Judge, emit func(*dissect.Line)) *Conversation {
	c := &Conversation{shared: shared, judge: judge, emit: emit, whole: connection.Opened}
	c.names = newNames(shared, connection)
	for i := range c.streams {
		c.streams[i].lost = !connection.Opened
	}
	return c
}

// Chunk takes the next octets of a direction.
func (c *Conversation) Chunk(chunk *stream.Chunk) {
	c.place = dissect.Place{
		Frame: chunk.Packet, Time: chunk.Time, Connection: chunk.Connection, Direction: chunk.Direction,
	}
	place := &c.place
	if chunk.Aside {
		beside := direction{beside: true, lost: true}
		c.feed(&beside, place, chunk.Data)
		c.partial(&beside, place)
		return
	}
	d := &c.streams[chunk.Direction]
	if chunk.Gap != 0 {
		c.gap(d, place, chunk.Gap)
	}
	c.feed(d, place, chunk.Data)
	if d.came > 0 {
		d.seen(chunk.Packet)
	}
}

// seen notes that a packet holds octets of the frame that has begun.
func (d *direction) seen(packet int64) {
	if n := len(d.earlier); n > 0 && d.earlier[n-1] == packet {
		return
	}
	d.earlier = append(d.earlier, packet)
	d.earlier = slices.Delete(d.earlier, 0, max(0, len(d.earlier)-maxPackets))
}

// gap takes octets that are missing. Where they all belong to the data of one
// frame, the next one is where it was expected.
func (c *Conversation) gap(d *direction, place *dissect.Place, octets int64) {
	c.holes, c.pending.orphans = true, nil
	if e := measure(d.kept); octets > 0 && len(d.kept) >= headers && e.octets-d.came >= octets {
		d.came += octets
		d.missing += octets
		if d.came == e.octets {
			c.frame(d, place)
		}
		return
	}
	c.partial(d, place)
	d.lost = true
}

// feed gives the lines of what ends in data.
func (c *Conversation) feed(d *direction, place *dissect.Place, data []byte) {
	for len(data) > 0 {
		if d.lost {
			data = c.search(d, place, data)
			continue
		}
		before := d.came
		want := measure(d.kept).octets
		if want == 0 {
			data = data[c.keep(d, data[:min(len(data), ams.TCPHeaderLength-len(d.kept))]):]
			e := measure(d.kept)
			if e.lost {
				c.fault(d, place, e.fault)
				continue
			}
			if want = e.octets; want == 0 || want > d.came {
				continue
			}
		} else {
			n := c.keep(d, data[:min(int64(len(data)), want-before)])
			data = data[n:]
		}
		if d.came == want {
			c.frame(d, place)
		}
	}
}

// keep takes octets of the frame at hand, and returns how many. Headers always
// have room.
func (c *Conversation) keep(d *direction, octets []byte) int {
	n := min(len(octets), maxFrame-len(d.kept))
	if d.missing > 0 || int64(len(d.kept)) < d.came {
		n = 0 // nobody could tell where they belong
	}
	if costs := beyond(len(d.kept)+n) - beyond(len(d.kept)); !c.shared.take(costs) {
		n = min(n, max(0, headers-len(d.kept)))
	}
	d.kept = append(d.kept, octets[:n]...)
	d.came += int64(len(octets))
	return len(octets)
}

// beyond is how many octets of a frame count as held: those behind its headers.
func beyond(octets int) int { return max(0, octets-headers) }

// forget makes room for the next frame.
func (c *Conversation) forget(d *direction) {
	c.shared.give(beyond(len(d.kept)))
	kept := d.kept[:0]
	if cap(kept) > 64<<10 {
		kept = nil
	}
	*d = direction{kept: kept, earlier: d.earlier[:0], lost: d.lost, beside: d.beside}
}

// search looks for the next frame.
func (c *Conversation) search(d *direction, place *dissect.Place, data []byte) []byte {
	for at := range data {
		if !sound(data[at:]) {
			continue
		}
		if at > 0 {
			c.skipped(place, data[:at])
		}
		d.lost = false
		return data[at:]
	}
	if t, err := ams.DecodeTCPHeader(data); err == nil && t.Command != ams.TCPFrame && t.Command.Known() &&
		int64(t.Length) == int64(len(data)-ams.TCPHeaderLength) { // a packet that program and router fill
		d.lost = false
		return data
	}
	c.skipped(place, data)
	return nil
}

// skipped gives the line of octets at which no frame can begin.
func (c *Conversation) skipped(place *dissect.Place, octets []byte) {
	c.line = dissect.Line{
		Place: *place, Protocol: Protocol, Octets: octets, Skipped: int64(len(octets)),
		Malformed: wire.Text{
			EN: fmt.Sprintf("%d octet(s) passed over: no frame can begin here", len(octets)),
			DE: fmt.Sprintf("%d Oktett(e) übergangen: hier kann kein Telegramm beginnen", len(octets)),
		},
	}
	c.emit(&c.line)
}

// fault gives the line of octets with which no frame can begin.
func (c *Conversation) fault(d *direction, place *dissect.Place, text wire.Text) {
	c.line = dissect.Line{Place: *place, Protocol: Protocol, Octets: d.kept, Earlier: d.earlier, Malformed: text}
	c.emit(&c.line)
	d.lost, c.holes = true, true
	c.forget(d)
}

// partial gives the line of a frame that has begun and does not go on.
func (c *Conversation) partial(d *direction, place *dissect.Place) {
	if d.came == 0 {
		return
	}
	there := d.came - d.missing
	c.line = dissect.Line{
		Place: *place, Protocol: Protocol, Octets: d.kept, Earlier: d.earlier,
		Malformed: wire.Text{
			EN: fmt.Sprintf("the frame is cut off: only its first %d octet(s) are there", there),
			DE: fmt.Sprintf("das Telegramm ist abgeschnitten: nur seine ersten %d Oktett(e) sind da", there),
		},
	}
	if want := measure(d.kept).octets; want > 0 {
		c.line.Malformed = wire.Text{
			EN: fmt.Sprintf("the frame is cut off: %d of its %d octet(s) are there", there, want),
			DE: fmt.Sprintf("das Telegramm ist abgeschnitten: %d seiner %d Oktett(e) sind da", there, want),
		}
	}
	if there > int64(len(d.kept)) {
		c.line.Skipped = there
	}
	c.emit(&c.line)
	c.holes = true
	c.forget(d)
}

// frame gives the line of a frame that is complete.
func (c *Conversation) frame(d *direction, place *dissect.Place) {
	t := &c.shared.telegram
	*t = Telegram{Octets: d.kept, Cut: int64(len(d.kept)) < d.came, names: &c.names}
	t.TCP, _ = ams.DecodeTCPHeader(d.kept) // has its octets
	rest := d.kept[ams.TCPHeaderLength:]
	var fault wire.Text
	if d.missing > 0 {
		fault = wire.Text{
			EN: fmt.Sprintf("%d octet(s) of the frame are missing in the capture", d.missing),
			DE: fmt.Sprintf("%d Oktett(e) des Telegramms fehlen im Mitschnitt", d.missing),
		}
	}
	if t.TCP.Command != ams.TCPFrame {
		t.Router, t.Body = true, rest
	} else {
		t.Header, _ = ams.DecodeHeader(rest) // has its octets
		t.Data = rest[ams.HeaderLength:]
		if said := t.TCP.Length - ams.HeaderLength; t.Header.Length != said {
			fault = lengths(t.Header.Length, int64(said))
		}
	}
	c.line = dissect.Line{Place: *place, Protocol: Protocol, Octets: d.kept, Malformed: fault}
	c.line.Earlier = slices.DeleteFunc(d.earlier, func(packet int64) bool { return packet == place.Frame })
	if there := d.came - d.missing; there > int64(len(d.kept)) {
		c.line.Skipped = there
	}
	c.tell(place, t, d.beside)
	c.forget(d)
}

// lengths says that the two headers of a frame contradict each other.
func lengths(header uint32, there int64) wire.Text {
	return wire.Text{
		EN: fmt.Sprintf("the AMS header says %d octets of data, %d follow", header, there),
		DE: fmt.Sprintf("der AMS-Kopf nennt %d Oktette Daten, es folgen %d", header, there),
	}
}

// tell gives the line of a telegram, which is in c.line but for it, after pairing
// it and learning from it.
func (c *Conversation) tell(place *dissect.Place, t *Telegram, beside bool) {
	c.line.Telegram = t
	if !beside {
		c.pair(place, t)
	}
	if t.IsFrame() && !t.Cut && c.line.Malformed.IsZero() {
		if t.Err = check(t); t.Err != nil {
			c.line.Malformed = reason(t.Err)
		} else if !beside {
			c.learn(t)
		}
	}
	c.emit(&c.line)
	if c.judge != nil && !beside {
		c.judge.Telegram(place, t)
	}
}

// reason returns the sentence of a codec's error.
func reason(err error) wire.Text {
	if fault, ok := errors.AsType[*command.Error](err); ok {
		return fault.Text()
	}
	if much, ok := errors.AsType[*excess](err); ok {
		return much.text()
	}
	if errors.Is(err, errNotificationAnswer) {
		return wire.Text{EN: err.Error(), DE: "eine DeviceNotification als Antwort gibt es nicht"}
	}
	return wire.Same(err.Error())
}

// End tells that no more octets of a direction follow.
func (c *Conversation) End(end *stream.End) {
	d := &c.streams[end.Direction]
	place := dissect.Place{Frame: end.Packet, Time: end.Time, Connection: end.Connection, Direction: end.Direction}
	c.partial(d, &place)
	if end.Missing > 0 {
		c.holes = true
	}
	if c.ended++; c.ended < len(c.streams) {
		return
	}
	c.over(&place, end.Reason == stream.Finished || end.Reason == stream.Reset)
}

// over tells of the requests that get no answer any more, and gives back what is
// shared.
func (c *Conversation) over(place *dissect.Place, closed bool) {
	for _, r := range c.pending.waiting {
		if !r.Overdue && !c.holes && (closed || since(place, r) > maxWait) {
			c.unanswered(place, r)
		}
	}
	c.unasked(func(*orphan) bool { return !c.holes })
	c.pending.forget(c.shared)
	c.names.forget()
}
