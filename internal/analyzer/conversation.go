package analyzer

import (
	"fmt"

	"stellwerk/internal/analyzer/dissect"
	"stellwerk/internal/analyzer/dissect/iec104"
	"stellwerk/internal/analyzer/verdict"
	"stellwerk/internal/capture/stream"
	"stellwerk/internal/finding"
	"stellwerk/wire"
)

// conversation is one connection. Its protocol is known by its port, or
// recognised by the first octets of either direction; the octets of others are
// counted and passed over.
type conversation struct {
	analyzer   *Analyzer
	connection *stream.Connection
	inner      stream.Stream // nil as long as the protocol is not known
	sides      [2]struct {
		asked  bool  // the first octets were looked at
		passed int64 // octets passed over
	}
	encrypted bool
	ended     int // directions
}

// decide begins to decode a protocol.
func (c *conversation) decide(protocol string) {
	a := c.analyzer
	a.protocols[c.connection] = protocol
	judge := verdict.NewLink(c.connection, a.options.Link, a.consumer.Line)
	c.inner = iec104.New(&a.options.IEC104, judge, a.consumer.Line)
}

// Chunk takes octets of one direction.
func (c *conversation) Chunk(chunk *stream.Chunk) {
	side := &c.sides[chunk.Direction]
	if !side.asked {
		side.asked = true
		c.look(chunk)
	}
	if c.inner == nil || c.encrypted {
		side.passed += int64(len(chunk.Data))
		return
	}
	c.inner.Chunk(chunk)
}

// look finds out what the first octets of a direction are.
func (c *conversation) look(chunk *stream.Chunk) {
	switch {
	case c.inner != nil && !c.encrypted && isTLS(chunk.Data):
		c.encrypted = true
		c.report(chunk, dissect.Line{Finding: new(finding.New(finding.Encrypted))})
	case c.inner == nil && iec104.Recognise(chunk.Data, c.analyzer.options.IEC104.Params):
		c.decide(iec104.Protocol)
		for direction := range c.sides {
			if passed := c.sides[direction].passed; passed > 0 {
				c.sides[direction].passed = 0
				c.report(chunk, dissect.Line{
					Place:   dissect.Place{Direction: stream.Direction(direction)},
					Skipped: passed,
					Malformed: wire.Text{
						EN: fmt.Sprintf("%d octet(s) passed over, before the protocol was recognised", passed),
						DE: fmt.Sprintf("%d Oktett(e) übergangen, bevor das Protokoll erkannt wurde", passed),
					},
				})
			}
		}
	}
}

func (c *conversation) report(chunk *stream.Chunk, line dissect.Line) {
	line.Frame, line.Time, line.Connection = chunk.Packet, chunk.Time, chunk.Connection
	line.Protocol = iec104.Protocol
	c.analyzer.consumer.Line(&line)
}

// isTLS reports whether octets begin with a TLS record that holds a handshake.
func isTLS(octets []byte) bool {
	return len(octets) > 5 && octets[0] == 0x16 && octets[1] == 3 && octets[2] <= 4
}

// End takes the end of one direction.
func (c *conversation) End(end *stream.End) {
	if c.inner != nil {
		c.inner.End(end)
	}
	if c.ended++; c.ended < len(c.sides) {
		return
	}
	ended := dissect.Ended{End: end, Protocol: c.analyzer.protocols[c.connection]}
	for i := range c.sides {
		ended.Passed[i] = c.sides[i].passed
	}
	c.analyzer.consumer.Ended(&ended)
	delete(c.analyzer.protocols, c.connection)
}
