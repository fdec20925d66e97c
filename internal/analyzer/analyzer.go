package analyzer

import (
	"maps"

	"stellwerk/iec104/asdu"
	"stellwerk/internal/analyzer/dissect"
	"stellwerk/internal/analyzer/dissect/iec104"
	"stellwerk/internal/analyzer/verdict"
	"stellwerk/internal/capture"
	"stellwerk/internal/capture/stream"
	"stellwerk/internal/finding"
)

// Options say how to read a capture. Their zero value reads IEC 60870-5-104 on
// its port, and wherever a connection begins with its control functions.
type Options struct {
	// Ports names the protocol of TCP ports, besides the well-known ones.
	Ports map[uint16]string
	// Params are the field lengths of ASDUs; nil stands for the standard's.
	Params *asdu.Params
	// Link are the parameters by which connections are judged.
	Link verdict.Parameters
}

// Protocols are the names that Options.Ports may have.
func Protocols() []string { return []string{iec104.Protocol} }

// Consumer takes the results of an [Analyzer] in the order of the capture. What
// the arguments point to is valid only during the call.
type Consumer interface {
	// Line takes a telegram, something malformed, or a finding.
	Line(line *dissect.Line)
	// Note takes an observation about packets that belong to no connection of
	// a known protocol.
	Note(note *stream.Note)
	// Ended is told when both directions of a connection of a known protocol
	// have ended.
	Ended(connection *stream.Connection, protocol string)
}

// Analyzer takes packets and hands results to a consumer. Its memory is
// bounded, however long the capture is. It is not safe for concurrent use.
type Analyzer struct {
	consumer  Consumer
	options   Options
	ports     map[uint16]string
	protocols map[*stream.Connection]string // of the connections that are open
	assembler *stream.Assembler
	line      dissect.Line
}

// New returns an analyzer.
func New(consumer Consumer, options Options) *Analyzer {
	a := &Analyzer{consumer: consumer, options: options, protocols: map[*stream.Connection]string{}}
	a.ports = map[uint16]string{iec104.Port: iec104.Protocol}
	maps.Copy(a.ports, options.Ports)
	a.assembler = stream.New(handler{a}, nil)
	return a
}

// Packet analyses one packet.
func (a *Analyzer) Packet(p *capture.Packet) { a.assembler.Packet(p) }

// Close tells that the capture has ended; what waits for more is handed on.
func (a *Analyzer) Close() { a.assembler.Close() }

// Stats counts what has been seen.
func (a *Analyzer) Stats() *stream.Stats { return a.assembler.Stats() }

// handler keeps the methods that the assembler calls off the Analyzer.
type handler struct{ *Analyzer }

// Open decides by the ports which protocol a connection carries, or leaves it
// to the connection's first octets.
func (h handler) Open(c *stream.Connection) stream.Stream {
	conversation := &conversation{analyzer: h.Analyzer, connection: c}
	for _, end := range c.Endpoints {
		if protocol, ok := h.ports[end.Port()]; ok {
			conversation.decide(protocol)
			break
		}
	}
	return conversation
}

// Datagram passes over UDP: no protocol uses it yet.
func (handler) Datagram(*stream.Datagram) {}

// Note makes a finding of a note about a connection whose protocol is known.
func (h handler) Note(n *stream.Note) {
	protocol := h.protocols[n.Connection]
	if protocol == "" {
		h.consumer.Note(n)
		return
	}
	found := fromNote(n)
	h.line = dissect.Line{
		Place: dissect.Place{
			Frame: n.Packet, Time: n.Time,
			Source:      n.Connection.Endpoints[n.Direction],
			Destination: n.Connection.Endpoints[1-n.Direction],
		},
		Protocol: protocol, Finding: &found,
	}
	h.consumer.Line(&h.line)
}

// fromNote makes a finding of a note.
func fromNote(n *stream.Note) finding.Finding {
	f := finding.Finding{Code: finding.Code(n.Kind.Code()), Severity: finding.Warning, Clause: "RFC 9293", Text: n.Text()}
	switch n.Kind {
	case stream.Retransmission, stream.RetransmissionUnchecked, stream.OutOfOrder, stream.KeepAlive,
		stream.MidStream, stream.EndpointsReused:
		f.Severity = finding.Note
	case stream.IPChecksum, stream.FragmentsMissing, stream.FragmentOverlap, stream.FragmentTooLong:
		f.Clause = "RFC 791"
	default:
	}
	return f
}

// conversation is one connection. Its protocol is known by its port, or
// recognised by the first octets of either direction; what begins with those
// of none is passed over.
type conversation struct {
	analyzer   *Analyzer
	connection *stream.Connection
	inner      stream.Stream // nil as long as the protocol is not known
	asked      [2]bool       // the first octets of the direction were looked at
	ended      int           // directions
}

// decide begins to decode a protocol.
func (c *conversation) decide(protocol string) {
	a := c.analyzer
	a.protocols[c.connection] = protocol
	judge := verdict.NewLink(c.connection, a.options.Link, a.consumer.Line)
	c.inner = iec104.New(a.options.Params, judge, a.consumer.Line)
}

// Chunk takes octets of one direction.
func (c *conversation) Chunk(chunk *stream.Chunk) {
	if c.inner == nil && !c.asked[chunk.Direction] {
		c.asked[chunk.Direction] = true
		if iec104.Recognise(chunk.Data) {
			c.decide(iec104.Protocol)
		}
	}
	if c.inner != nil {
		c.inner.Chunk(chunk)
	}
}

// End takes the end of one direction.
func (c *conversation) End(end *stream.End) {
	if c.inner != nil {
		c.inner.End(end)
	}
	if c.ended++; c.ended == len(c.asked) {
		if c.inner != nil {
			c.analyzer.consumer.Ended(c.connection, c.analyzer.protocols[c.connection])
		}
		delete(c.analyzer.protocols, c.connection)
	}
}
