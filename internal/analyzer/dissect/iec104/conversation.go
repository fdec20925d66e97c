package iec104

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"stellwerk/iec104/apci"
	"stellwerk/iec104/asdu"
	"stellwerk/internal/analyzer/dissect"
	"stellwerk/internal/capture/stream"
	"stellwerk/wire"
)

// Protocol is the name of the protocol in lines.
const Protocol = "iec104"

// Port is the TCP port of the controlled station (IEC 60870-5-104, 9.2).
const Port = 2404

// Judge watches a connection and tells what the standard does not allow.
type Judge interface {
	// Telegram is told of every APDU of the two streams in the order of the
	// capture.
	Telegram(place *dissect.Place, t *Telegram)
	// Beside is told of APDUs that stand beside the streams: they repeat
	// sequence numbers of TCP, or come too late.
	Beside(place *dissect.Place, t *Telegram)
	// Unreadable is told where octets of a connection are no APDU, or are
	// missing in the capture.
	Unreadable()
	// End is told when a direction ends.
	End(end *stream.End)
}

// Options say how telegrams are read and shown. The zero value is that of IEC
// 60870-5-104.
type Options struct {
	// Params are the field lengths of ASDUs and the private types; nil stands
	// for the standard's.
	Params *asdu.Params
	// Zone is where the clocks of the stations are; times get its offset. With
	// nil they stand as they are in the telegrams.
	Zone *time.Location
	// Name returns the name of an information object, "" where it has none.
	// It may be nil.
	Name func(asdu.CommonAddress, asdu.ObjectAddress) string
}

// Conversation makes lines of one connection. It implements stream.Stream.
type Conversation struct {
	options *Options
	judge   Judge
	emit    func(*dissect.Line)

	directions [2]direction
	// Reused, so that lines cost no allocation.
	place    dissect.Place
	line     dissect.Line
	telegram Telegram
	heads    heads
}

// direction is what is known of the octets of one direction.
type direction struct {
	framer apci.Framer
	at     int64 // offset behind the last line, as the framer counts
	base   int64 // offset of the octets that were fed last
	// fault is what is wrong with the octets at hand, as long as it is not
	// known how many of them are passed over.
	fault wire.Text
	// earlier are the packets that hold octets of the APDU which has begun.
	earlier []int64
	beside  bool // the octets are not those of the stream
}

// New returns a conversation that hands its lines to emit. A nil judge finds
// nothing.
func New(options *Options, judge Judge, emit func(*dissect.Line)) *Conversation {
	return &Conversation{options: options, judge: judge, emit: emit}
}

// Recognise reports whether the first octets of a direction are certain to be
// those of IEC 60870-5-104: they begin with an APDU in U format without a fault,
// such as the STARTDT act that a controlling station sends first, or they are
// APDUs without a fault from the first octet to the last.
func Recognise(octets []byte, params *asdu.Params) bool {
	if len(octets) < apci.Octets {
		return false
	}
	for len(octets) > 0 {
		length, err := apci.Length(octets)
		if err != nil || length == 0 || length > len(octets) {
			return false
		}
		apdu, err := apci.Decode(octets[:length])
		switch {
		case err != nil || apdu.Reserved:
			return false
		case apdu.Format == apci.FormatU:
			return true
		case apdu.Format == apci.FormatI:
			if a, err := params.Decode(apdu.ASDU); err != nil || !a.Known() || a.Count() == 0 || !a.Cause.Defined() {
				return false
			}
		}
		octets = octets[length:]
	}
	return true
}

// Chunk takes the next octets of a direction.
func (c *Conversation) Chunk(chunk *stream.Chunk) {
	c.place = dissect.Place{
		Frame: chunk.Packet, Time: chunk.Time, Connection: chunk.Connection, Direction: chunk.Direction,
	}
	place := &c.place
	if chunk.Aside {
		beside := direction{beside: true}
		c.feed(&beside, place, chunk.Data)
		c.partial(&beside, place)
		return
	}
	d := &c.directions[chunk.Direction]
	if chunk.Gap != 0 {
		c.partial(d, place)
		d.framer.Lose(max(chunk.Gap, 0))
		d.at = d.framer.Offset()
		c.unreadable(d)
	}
	c.feed(d, place, chunk.Data)
	// As many packets hold what there is of an APDU as it has octets, at most.
	if rest := len(d.framer.Partial()); rest > 0 {
		d.earlier = append(d.earlier, chunk.Packet)
		d.earlier = slices.Delete(d.earlier, 0, max(0, len(d.earlier)-rest))
	}
}

// End tells that no more octets of a direction follow.
func (c *Conversation) End(end *stream.End) {
	d := &c.directions[end.Direction]
	c.partial(d, &dissect.Place{
		Frame: end.Packet, Time: end.Time, Connection: end.Connection, Direction: end.Direction,
	})
	if c.judge != nil {
		c.judge.End(end)
	}
	*d = direction{}
}

// feed gives the lines of the APDUs that end in data.
func (c *Conversation) feed(d *direction, place *dissect.Place, data []byte) {
	// What the framer keeps of an APDU precedes the data.
	d.base = d.at + int64(len(d.framer.Partial()))
	d.framer.Feed(data)
	for {
		frame, err := d.framer.Next()
		if over := d.framer.Offset() - d.at; over > 0 {
			c.skipped(d, place, data, over)
		}
		switch {
		case err != nil:
			d.fault = reason(err)
			d.framer.Resynchronise()
		case frame == nil:
			return
		default:
			d.at += int64(len(frame))
			c.apdu(d, place, frame)
		}
	}
}

// skipped gives the line of octets at which no APDU can begin.
func (c *Conversation) skipped(d *direction, place *dissect.Place, data []byte, octets int64) {
	text := wire.Text{
		EN: fmt.Sprintf("%d octet(s) passed over, up to where an APDU can begin", octets),
		DE: fmt.Sprintf("%d Oktett(e) übergangen, bis dorthin, wo eine APDU beginnen kann", octets),
	}
	if !d.fault.IsZero() {
		text = wire.Text{EN: d.fault.EN + "; " + text.EN, DE: d.fault.DE + "; " + text.DE}
		d.fault = wire.Text{}
	}
	from, to := max(0, d.at-d.base), max(0, d.at+octets-d.base)
	if d.at += octets; d.at >= d.base {
		d.earlier = d.earlier[:0]
	}
	c.line = dissect.Line{
		Place: *place, Protocol: Protocol, Malformed: text, Skipped: octets,
		Octets: data[min(from, int64(len(data))):min(to, int64(len(data)))],
	}
	c.emit(&c.line)
	c.unreadable(d)
}

// apdu gives the line of one APDU.
func (c *Conversation) apdu(d *direction, place *dissect.Place, frame []byte) {
	apdu, err := apci.Decode(frame)
	c.line = dissect.Line{Place: *place, Protocol: Protocol, Octets: frame, Earlier: d.earlier}
	d.earlier = d.earlier[:0]
	if err != nil {
		c.line.Malformed = reason(err)
		c.emit(&c.line)
		c.unreadable(d)
		return
	}
	c.telegram = Telegram{Octets: frame, APDU: apdu, options: c.options, heads: &c.heads}
	c.line.Telegram = &c.telegram
	if apdu.Format == apci.FormatI {
		c.telegram.ASDU, c.telegram.Err = c.options.Params.Decode(apdu.ASDU)
		if c.telegram.Err != nil {
			c.line.Malformed = reason(c.telegram.Err)
		}
	}
	c.emit(&c.line)
	switch {
	case c.judge == nil:
	case d.beside:
		c.judge.Beside(place, &c.telegram)
	default:
		c.judge.Telegram(place, &c.telegram)
	}
}

func (c *Conversation) unreadable(d *direction) {
	if c.judge != nil && !d.beside {
		c.judge.Unreadable()
	}
}

// reason returns the sentence of a codec's error. In an APCI error the octet is
// plain from it.
func reason(err error) wire.Text {
	if fault, ok := errors.AsType[*apci.Error](err); ok {
		return fault.Reason
	}
	if fault, ok := errors.AsType[*asdu.Error](err); ok {
		return fault.Text()
	}
	return wire.Same(err.Error())
}

// partial gives the line of an APDU that has begun and whose rest does not come.
func (c *Conversation) partial(d *direction, place *dissect.Place) {
	rest := d.framer.Partial()
	if len(rest) == 0 {
		return
	}
	c.line = dissect.Line{
		Place: *place, Protocol: Protocol, Octets: rest, Earlier: d.earlier,
		Malformed: wire.Text{
			EN: fmt.Sprintf("the APDU is cut off: only its first %d octet(s) are there", len(rest)),
			DE: fmt.Sprintf("die APDU ist abgeschnitten: nur ihre ersten %d Oktett(e) sind da", len(rest)),
		},
	}
	c.emit(&c.line)
	d.earlier = d.earlier[:0]
}
