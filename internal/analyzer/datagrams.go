package analyzer

import (
	"net/netip"

	"stellwerk/internal/analyzer/dissect"
	"stellwerk/internal/analyzer/dissect/ads"
	"stellwerk/internal/analyzer/verdict"
	"stellwerk/internal/capture/stream"
)

// maxFlows is between how many pairs of ends datagrams are followed at the same
// time. For one more the oldest is given up.
const maxFlows = 1024

// flow is what is said by UDP between two ends.
type flow struct {
	connection   stream.Connection // as lines name it
	conversation *ads.Conversation
}

// ends are two ends in the order of the first datagram.
type ends [2]netip.AddrPort

// datagrams are the flows of a capture.
type datagrams struct {
	flows map[ends]*flow
	order []*flow // oldest first
}

// Datagram takes a datagram of a protocol that is known by its ports.
func (h handler) Datagram(d *stream.Datagram) bool {
	protocol := h.udpPorts[d.Destination.Port()]
	if protocol == "" {
		protocol = h.udpPorts[d.Source.Port()]
	}
	if protocol != ads.Protocol {
		return false
	}
	f, direction := h.flow(d)
	f.conversation.Datagram(&dissect.Place{
		Frame: d.Packet, Time: d.Time, Connection: &f.connection, Direction: direction,
	}, d.Data, d.Length)
	return true
}

// flow returns the flow of a datagram, and in which direction it goes.
func (h handler) flow(d *stream.Datagram) (*flow, stream.Direction) {
	if f := h.udp.flows[ends{d.Source, d.Destination}]; f != nil {
		return f, stream.Forward
	}
	if f := h.udp.flows[ends{d.Destination, d.Source}]; f != nil {
		return f, stream.Backward
	}
	if h.udp.flows == nil {
		h.udp.flows = map[ends]*flow{}
	}
	if len(h.udp.order) >= maxFlows {
		oldest := h.udp.order[0]
		h.udp.order = h.udp.order[1:]
		delete(h.udp.flows, oldest.connection.Endpoints)
		h.closeFlow(oldest, d.Packet, d.Time)
	}
	f := &flow{connection: stream.Connection{Endpoints: ends{d.Source, d.Destination}, FirstPacket: d.Packet}}
	f.conversation = ads.New(&h.ads, &f.connection, verdict.NewADS(h.consumer.Line), h.consumer.Line)
	h.udp.flows[f.connection.Endpoints] = f
	h.udp.order = append(h.udp.order, f)
	return f, stream.Forward
}

func (a *Analyzer) closeFlow(f *flow, packet, time int64) {
	f.conversation.Close(&dissect.Place{Frame: packet, Time: time, Connection: &f.connection})
}

// closeFlows ends all flows with the last packet.
func (a *Analyzer) closeFlows() {
	for _, f := range a.udp.order {
		a.closeFlow(f, a.lastPacket, a.lastTime)
	}
	a.udp = datagrams{}
}
