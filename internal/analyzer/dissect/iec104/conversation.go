package iec104

import (
	"errors"
	"fmt"

	"stellwerk/iec104/apci"
	"stellwerk/iec104/asdu"
	"stellwerk/internal/analyzer/dissect"
	"stellwerk/internal/capture/stream"
)

// Protocol is the name of the protocol in lines.
const Protocol = "iec104"

// Port is the TCP port of the controlled station (IEC 60870-5-104, 9.2).
const Port = 2404

// Judge watches a connection and tells what the standard does not allow.
type Judge interface {
	// Telegram is told of every APDU in the order of the capture.
	Telegram(direction stream.Direction, place dissect.Place, t *Telegram)
	// Malformed is told where octets are no APDU.
	Malformed(direction stream.Direction)
	// Gap is told where octets of a direction are missing in the capture.
	Gap(direction stream.Direction)
}

// Conversation makes lines of one connection. It implements stream.Stream.
type Conversation struct {
	params *asdu.Params
	judge  Judge
	emit   func(*dissect.Line)

	directions [2]direction
	line       dissect.Line
	telegram   Telegram
}

type direction struct {
	framer apci.Framer
	at     int64 // offset behind the last line, as the framer counts
}

// New returns a conversation that hands its lines to emit. Nil params are
// those of IEC 60870-5-104, a nil judge finds nothing.
func New(params *asdu.Params, judge Judge, emit func(*dissect.Line)) *Conversation {
	return &Conversation{params: params, judge: judge, emit: emit}
}

// Recognise reports whether the first octets of a direction are certain to be
// those of IEC 60870-5-104: an APDU in U format without a fault, such as the
// STARTDT act that a controlling station sends first.
func Recognise(octets []byte) bool {
	if len(octets) < apci.Octets {
		return false
	}
	apdu, err := apci.Decode(octets[:apci.Octets])
	return err == nil && apdu.Format == apci.FormatU && !apdu.Reserved
}

// Chunk takes the next octets of a direction.
func (c *Conversation) Chunk(chunk *stream.Chunk) {
	place := dissect.Place{
		Frame: chunk.Packet, Time: chunk.Time,
		Source: chunk.Source(), Destination: chunk.Destination(),
	}
	if chunk.Aside {
		var beside direction
		c.feed(&beside, chunk.Direction, place, chunk.Data)
		c.partial(&beside, place)
		return
	}
	d := &c.directions[chunk.Direction]
	if chunk.Gap != 0 {
		c.partial(d, place)
		d.framer.Lose(max(chunk.Gap, 0))
		d.at = d.framer.Offset()
		if c.judge != nil {
			c.judge.Gap(chunk.Direction)
		}
	}
	c.feed(d, chunk.Direction, place, chunk.Data)
}

// End tells that no more octets of a direction follow.
func (c *Conversation) End(end *stream.End) {
	d := &c.directions[end.Direction]
	c.partial(d, dissect.Place{
		Frame: end.Packet, Time: end.Time,
		Source: end.Connection.Endpoints[end.Direction], Destination: end.Connection.Endpoints[1-end.Direction],
	})
	*d = direction{}
}

// feed gives the lines of the APDUs that end in data.
func (c *Conversation) feed(d *direction, side stream.Direction, place dissect.Place, data []byte) {
	d.framer.Feed(data)
	for {
		frame, err := d.framer.Next()
		if over := d.framer.Offset() - d.at; over > 0 {
			d.at += over
			c.malformed(side, place, nil, fmt.Sprintf("%d octet(s) passed over, up to where an APDU can begin", over))
		}
		switch {
		case err != nil:
			c.malformed(side, place, nil, reason(err))
			d.framer.Resynchronise()
		case frame == nil:
			return
		default:
			d.at += int64(len(frame))
			c.apdu(side, place, frame)
		}
	}
}

// apdu gives the line of one APDU.
func (c *Conversation) apdu(side stream.Direction, place dissect.Place, frame []byte) {
	apdu, err := apci.Decode(frame)
	if err != nil {
		c.malformed(side, place, frame, reason(err))
		return
	}
	c.telegram = Telegram{Octets: frame, APDU: apdu}
	c.line = dissect.Line{Place: place, Protocol: Protocol, Telegram: &c.telegram, Octets: frame}
	if apdu.Format == apci.FormatI {
		c.telegram.ASDU, c.telegram.Err = c.params.Decode(apdu.ASDU)
		if c.telegram.Err != nil {
			c.line.Malformed = c.telegram.Err.Error()
		}
	}
	c.emit(&c.line)
	if c.judge != nil {
		c.judge.Telegram(side, place, &c.telegram)
	}
}

func (c *Conversation) malformed(side stream.Direction, place dissect.Place, octets []byte, reason string) {
	c.line = dissect.Line{Place: place, Protocol: Protocol, Malformed: reason, Octets: octets}
	c.emit(&c.line)
	if c.judge != nil {
		c.judge.Malformed(side)
	}
}

// reason returns the sentence of an APCI error, whose octet is plain from it.
func reason(err error) string {
	if fault, ok := errors.AsType[*apci.Error](err); ok {
		return fault.Reason
	}
	return err.Error()
}

// partial tells of the beginning of an APDU whose rest does not come.
func (c *Conversation) partial(d *direction, place dissect.Place) {
	if rest := d.framer.Partial(); len(rest) > 0 {
		c.line = dissect.Line{
			Place: place, Protocol: Protocol, Octets: rest,
			Malformed: fmt.Sprintf("the APDU is cut off: only its first %d octet(s) are there", len(rest)),
		}
		c.emit(&c.line)
	}
}
