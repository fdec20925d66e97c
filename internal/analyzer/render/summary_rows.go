package render

import (
	"slices"

	"stellwerk/internal/capture"
	"stellwerk/internal/capture/stream"
	"stellwerk/internal/finding"
	"stellwerk/wire"
)

// file is what is counted of a file.
type file struct {
	name        string
	number      int // from 1
	packets     int64
	octets      int64
	first, last int64 // times
	timed       bool
	links       []capture.LinkType
	iface       *capture.Interface // the last one
}

func (f *file) packet(p *capture.Packet) {
	f.packets++
	f.octets += int64(p.Length)
	if p.Interface != f.iface {
		f.iface = p.Interface
		if !slices.Contains(f.links, p.Interface.LinkType) && len(f.links) < 8 {
			f.links = append(f.links, p.Interface.LinkType)
		}
	}
	if p.NoTime {
		return
	}
	if !f.timed {
		f.timed, f.first, f.last = true, p.Time, p.Time
	}
	f.first, f.last = min(f.first, p.Time), max(f.last, p.Time)
}

// found is what is counted of a kind of finding.
type found struct {
	severity finding.Severity
	times    int64
	first    frame
	text     wire.Text // of the first
}

func (f *found) count(at frame, text wire.Text) {
	if f.times == 0 {
		f.first, f.text = at, text
	}
	f.times++
}

// other is the traffic of which no line tells.
type other struct {
	udp, fragments, lengthFrames, damaged, unsupported int64

	types     map[uint16]int64
	protocols map[uint8]int64
	ports     map[uint16]*passedOver
	more      passedOver
}

// passedOver counts connections whose octets were not looked into.
type passedOver struct{ connections, octets int64 }

func (o *other) passed(port uint16, octets int64) {
	if o.ports == nil {
		o.ports = map[uint16]*passedOver{}
	}
	p := o.ports[port]
	switch {
	case p == nil && len(o.ports) >= maxPorts:
		p = &o.more
	case p == nil:
		p = &passedOver{}
		o.ports[port] = p
	}
	p.connections++
	p.octets += octets
}

func (o *other) add(s *stream.Stats) {
	o.udp += s.UDP - s.Datagrams
	o.fragments += s.Fragments
	o.lengthFrames += s.LengthFrames
	o.damaged += s.Damaged
	o.unsupported += s.Unsupported
	if o.types == nil {
		o.types, o.protocols = map[uint16]int64{}, map[uint8]int64{}
	}
	for etherType, packets := range s.Types {
		o.types[etherType] += packets
	}
	for protocol, packets := range s.Protocols {
		o.protocols[protocol] += packets
	}
}
