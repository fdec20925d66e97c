package analyzer

import (
	"fmt"

	"stellwerk/internal/analyzer/dissect"
	"stellwerk/internal/analyzer/dissect/ads"
	"stellwerk/internal/analyzer/dissect/iec104"
	"stellwerk/internal/analyzer/dissect/websocket"
	"stellwerk/internal/analyzer/verdict"
	"stellwerk/internal/capture/stream"
	"stellwerk/internal/finding"
	"stellwerk/wire"
)

// conversation is one connection. Its protocol is known by its port, or
// recognised by the first octets of either direction, or by a request for
// WebSocket; the octets of others are counted and passed over.
type conversation struct {
	analyzer   *Analyzer
	connection *stream.Connection
	inner      stream.Stream // nil as long as the protocol is not known
	chunk      *stream.Chunk // at hand
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
	if protocol == websocket.Protocol {
		inner := websocket.New(&a.websocket, c.connection, verdict.NewWebSocket(a.consumer.Line), a.consumer.Line)
		switch {
		case c.connection.Opened:
		case a.ports[c.connection.Endpoints[stream.Backward].Port()] == protocol:
			inner.Client(stream.Forward)
		case a.ports[c.connection.Endpoints[stream.Forward].Port()] == protocol:
			inner.Client(stream.Backward)
		}
		c.inner = inner
		return
	}
	if protocol == ads.Protocol {
		c.inner = ads.New(&a.ads, c.connection, verdict.NewADS(a.consumer.Line), a.consumer.Line)
		return
	}
	judge := verdict.NewLink(c.connection, a.options.Link, a.consumer.Line)
	c.inner = iec104.New(&a.options.IEC104, judge, a.consumer.Line)
}

// Chunk takes octets of one direction.
func (c *conversation) Chunk(chunk *stream.Chunk) {
	c.chunk = chunk
	side := &c.sides[chunk.Direction]
	if !side.asked {
		side.asked = true
		c.look(chunk)
	}
	if c.inner == nil && websocket.Begins(chunk.Data) && !chunk.Aside {
		c.suspect()
	}
	if c.inner == nil || c.encrypted {
		side.passed += int64(len(chunk.Data))
		return
	}
	c.inner.Chunk(chunk)
}

// look finds out what the first octets of a direction are.
func (c *conversation) look(chunk *stream.Chunk) {
	secured := c.analyzer.secured(c.connection)
	switch {
	case (c.inner != nil || secured != "") && !c.encrypted && isTLS(chunk.Data):
		if c.inner == nil {
			c.decide(secured)
		}
		c.encrypted = true
		found := finding.New(finding.Encrypted)
		switch c.analyzer.protocols[c.connection] {
		case websocket.Protocol:
			found.Clause = "RFC 6455, 10.6"
		case ads.Protocol:
			found.Clause = ""
		}
		c.report(dissect.Line{Place: dissect.Place{Direction: chunk.Direction}, Finding: &found})
	case c.inner == nil && iec104.Recognise(chunk.Data, c.analyzer.options.IEC104.Params):
		c.decide(iec104.Protocol)
		c.tellPassed()
	case c.inner == nil && ads.Recognise(chunk.Data):
		c.decide(ads.Protocol)
		c.tellPassed()
	}
}

// suspect begins to decode what may turn out to be a request for WebSocket.
func (c *conversation) suspect() {
	a := c.analyzer
	c.inner = websocket.NewDoubtful(&a.websocket, c.connection, verdict.NewWebSocket(a.consumer.Line), a.consumer.Line,
		func() {
			a.protocols[c.connection] = websocket.Protocol
			c.tellPassed()
		},
		func(passed [2]int64) {
			c.inner = nil
			for i := range c.sides {
				c.sides[i].passed += passed[i]
			}
		})
}

// tellPassed tells of what came before the protocol was recognised.
func (c *conversation) tellPassed() {
	for direction := range c.sides {
		if passed := c.sides[direction].passed; passed > 0 {
			c.sides[direction].passed = 0
			c.report(dissect.Line{
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

func (c *conversation) report(line dissect.Line) {
	line.Frame, line.Time, line.Connection = c.chunk.Packet, c.chunk.Time, c.connection
	line.Protocol = c.analyzer.protocols[c.connection]
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
