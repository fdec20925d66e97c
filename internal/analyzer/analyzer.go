package analyzer

import (
	"maps"

	"stellwerk/ads/ams"
	"stellwerk/iec104/iec62351"
	"stellwerk/internal/analyzer/dissect"
	"stellwerk/internal/analyzer/dissect/ads"
	"stellwerk/internal/analyzer/dissect/iec104"
	"stellwerk/internal/analyzer/dissect/websocket"
	"stellwerk/internal/analyzer/verdict"
	"stellwerk/internal/capture"
	"stellwerk/internal/capture/stream"
)

// Options say how to read a capture. Their zero value reads IEC 60870-5-104 on
// its port, and wherever a connection begins with its telegrams, ADS likewise and
// in the datagrams of its port, and WebSocket wherever a request asks for it.
type Options struct {
	// Ports names the protocol of TCP ports, besides the well-known ones.
	Ports map[uint16]string
	// UDPPorts does the same for UDP, which ADS alone uses.
	UDPPorts map[uint16]string
	// IEC104 says how the telegrams of IEC 60870-5-104 are read and shown.
	IEC104 iec104.Options
	// Link are the parameters by which connections are judged.
	Link verdict.Parameters
}

// Protocols are the names that Options.Ports may have.
func Protocols() []string { return []string{iec104.Protocol, ads.Protocol, websocket.Protocol} }

// UDPProtocols are the names that Options.UDPPorts may have.
func UDPProtocols() []string { return []string{ads.Protocol} }

// Consumer takes the results of an [Analyzer] in the order of the capture. What
// the arguments point to is valid only during the call, connections excepted.
type Consumer interface {
	// Line takes a telegram, something malformed, or a finding.
	Line(line *dissect.Line)
	// Note takes an observation about a connection of no known protocol.
	Note(note *stream.Note)
	// Ended is told when both directions of a connection have ended, with the
	// last of them.
	Ended(ended *dissect.Ended)
}

// Analyzer takes packets and hands results to a consumer. Its memory is
// bounded, however long the capture is. It is not safe for concurrent use.
type Analyzer struct {
	consumer  Consumer
	options   Options
	ports     map[uint16]string
	udpPorts  map[uint16]string
	protocols map[*stream.Connection]string // of the connections that are open and recognised
	assembler *stream.Assembler
	websocket websocket.Shared
	ads       ads.Shared
	udp       datagrams
	line      dissect.Line

	lastPacket, lastTime int64
}

// New returns an analyzer.
func New(consumer Consumer, options Options) *Analyzer {
	a := &Analyzer{consumer: consumer, options: options, protocols: map[*stream.Connection]string{}}
	a.ports = map[uint16]string{iec104.Port: iec104.Protocol, ams.TCPPort: ads.Protocol}
	maps.Copy(a.ports, options.Ports)
	a.udpPorts = map[uint16]string{ams.TCPPort: ads.Protocol, ams.UDPPort: ads.Protocol}
	maps.Copy(a.udpPorts, options.UDPPorts)
	a.assembler = stream.New(handler{a}, nil)
	return a
}

// Packet analyses one packet.
func (a *Analyzer) Packet(p *capture.Packet) {
	a.lastPacket, a.lastTime = p.Number, p.Time
	a.assembler.Packet(p)
}

// Close tells that the capture has ended; what waits for more is handed on.
func (a *Analyzer) Close() {
	a.assembler.Close()
	a.closeFlows()
}

// Stats counts what has been seen.
func (a *Analyzer) Stats() *stream.Stats { return a.assembler.Stats() }

// byPort names the protocol that the ports of a connection stand for, "" for
// none. The port of the side that was called counts more.
func (a *Analyzer) byPort(c *stream.Connection) string {
	if protocol := a.ports[c.Endpoints[1].Port()]; protocol != "" {
		return protocol
	}
	return a.ports[c.Endpoints[0].Port()]
}

// secured names the protocol that the port of the side that was called stands for
// where TLS is spoken on it, "" for none.
func (a *Analyzer) secured(c *stream.Connection) string {
	switch c.Endpoints[1].Port() {
	case iec62351.Port:
		return iec104.Protocol
	case ams.SecurePort:
		return ads.Protocol
	}
	return ""
}

// protocol names the protocol of a connection, "" where it is not known.
func (a *Analyzer) protocol(c *stream.Connection) string {
	if protocol := a.protocols[c]; protocol != "" {
		return protocol
	}
	return a.byPort(c)
}

// handler keeps the methods that the assembler calls off the Analyzer.
type handler struct{ *Analyzer }

// Open decides by the ports which protocol a connection carries, or leaves it
// to the connection's first octets.
func (h handler) Open(c *stream.Connection) stream.Stream {
	conversation := &conversation{analyzer: h.Analyzer, connection: c}
	if protocol := h.byPort(c); protocol != "" {
		conversation.decide(protocol)
	}
	return conversation
}

// Note makes a finding of a note about a connection whose protocol is known,
// and about a packet of no connection.
func (h handler) Note(n *stream.Note) {
	protocol := dissect.Packet
	if n.Connection != nil {
		if protocol = h.protocol(n.Connection); protocol == "" {
			h.consumer.Note(n)
			return
		}
	}
	found := fromNote(n)
	h.line = dissect.Line{
		Place:    dissect.Place{Frame: n.Packet, Time: n.Time, Connection: n.Connection, Direction: n.Direction},
		Protocol: protocol, Finding: &found,
	}
	h.consumer.Line(&h.line)
}
