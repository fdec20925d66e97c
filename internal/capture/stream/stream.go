// Package stream puts captured packets together again: fragments to datagrams,
// TCP segments to byte streams (RFC 9293).
//
// Captures are not kind: segments come twice, late, or never; connections begin
// before the capture; some programs write sequence numbers without any sense.
// The rules are these:
//
//   - What continues the stream is handed on at once.
//   - A segment with a number and octets that were there before is a
//     retransmission: noted, and not handed on again.
//   - A segment with a number that was there before and other octets is noted
//     and handed on: beside the stream ([Chunk.Aside]), or, where it goes on
//     beyond its end, as a new beginning of it.
//   - A segment that leaves a gap waits. When the receiver has acknowledged
//     what is missing, when too much waits or for too long, or when the
//     connection ends, the gap is noted and the stream goes on behind it
//     ([Chunk.Gap]).
//   - A segment that no window can hold is noted and handed on beside the
//     stream. When another one continues it, the stream goes on there.
//
// So each octet of TCP payload in the capture is handed on or named in a
// [Note]; [Stats] counts both. All memory is bounded, see [Options].
package stream

import (
	"hash/maphash"
	"slices"

	"stellwerk/internal/capture"
	"stellwerk/internal/capture/inet"
)

// Consumer takes what an [Assembler] finds. Its methods are called from
// [Assembler.Packet] and [Assembler.Close]; what their arguments point to,
// except connections, is valid only during the call.
type Consumer interface {
	// Open returns who takes the octets of a connection, before its first.
	// With nil they are not wanted: they are only counted.
	Open(c *Connection) Stream
	// Datagram takes a UDP datagram, and reports whether it is wanted: [Stats]
	// counts those that are.
	Datagram(d *Datagram) bool
	// Note takes an observation.
	Note(n *Note)
}

// Stream takes the octets of one connection. State that a decoder needs for a
// connection lives in its Stream.
type Stream interface {
	// Chunk takes the next octets of a direction.
	Chunk(c *Chunk)
	// End tells that a direction ends. It is called once for each direction,
	// also for one without any octets; after the second call the Stream is
	// not used any more.
	End(e *End)
}

// Options bound the memory of an [Assembler]. Zero values stand for the
// defaults named here.
type Options struct {
	// Connections is how many connections are followed at the same time
	// (16384). For one more the one that has been quiet for longest is given
	// up, with a note unless it was closed.
	Connections int
	// PendingOctets and PendingSegments are how much waits behind a gap in
	// one direction of a connection (256 KiB, 512 segments).
	PendingOctets, PendingSegments int
	// TotalPending is how many octets wait behind gaps altogether (32 MiB).
	TotalPending int
	// History is how many octets of each direction are kept to be compared
	// with retransmissions (32 KiB); TotalHistory how many altogether
	// (64 MiB). What cannot be compared is noted as such.
	History, TotalHistory int
	// Fragmented is how many datagrams are put together from fragments at
	// the same time (256, each of up to 64 KiB).
	Fragmented int
}

const (
	// maxReorder is how far ahead of a stream a segment is believed to belong
	// to it: more than networks reorder, less than numbers at random hit.
	maxReorder = 1 << 20
	// ackGrace is how many further packets of a connection may bring what is
	// missing when the receiver has acknowledged it already: captures can
	// show an acknowledgment before its data.
	ackGrace = 3
	// maxWait is how long a segment waits behind a gap in a capture that does
	// not show acknowledgments, in nanoseconds.
	maxWait = 30e9
)

// Assembler turns packets into streams. It is not safe for concurrent use.
type Assembler struct {
	consumer  Consumer
	options   Options
	table     table
	fragments fragments
	stats     Stats
	seed      maphash.Seed

	pendingOctets int // of all connections
	historyOctets int
	free          []*held

	packet   int64 // being worked on
	time     int64
	datagram inet.Datagram
	segment  inet.Segment

	// Reused, so that handing on costs no allocation.
	chunk Chunk
	end   End
	udp   Datagram
	note  Note

	refused map[*capture.Interface]struct{} // interfaces noted as unreadable
}

// New returns an assembler for a consumer. Nil options are the defaults.
func New(consumer Consumer, options *Options) *Assembler {
	a := &Assembler{consumer: consumer, seed: maphash.MakeSeed(), refused: map[*capture.Interface]struct{}{}}
	if options != nil {
		a.options = *options
	}
	preset := func(value *int, otherwise int) {
		if *value <= 0 {
			*value = otherwise
		}
	}
	o := &a.options
	preset(&o.Connections, 16384)
	preset(&o.PendingOctets, 256<<10)
	preset(&o.PendingSegments, 512)
	preset(&o.TotalPending, 32<<20)
	preset(&o.History, 32<<10)
	preset(&o.TotalHistory, 64<<20)
	preset(&o.Fragmented, 256)
	a.table.init(o.Connections)
	a.fragments.init(o.Fragmented)
	return a
}

// Packet takes the next packet of the capture. Everything that it makes known
// is handed on before Packet returns.
func (a *Assembler) Packet(p *capture.Packet) {
	a.packet, a.time = p.Number, p.Time
	a.stats.Packets++
	d := &a.datagram
	switch d.Decode(p) {
	case inet.IP:
		a.ip()
	case inet.Other:
		a.stats.otherType(d.EtherType)
	case inet.LengthFrame:
		a.stats.LengthFrames++
	case inet.Damaged:
		a.damaged()
	case inet.UnsupportedLink:
		a.unsupported(p.Interface)
	}
}

// ip takes a datagram, or a fragment of one.
func (a *Assembler) ip() {
	d := &a.datagram
	if d.Version == 4 {
		if verdict, right := inet.VerifyIPv4(d.Header); verdict == inet.Bad {
			a.noteChecksum(IPChecksum, right)
		}
	}
	if d.Fragmented {
		a.stats.Fragments++
		payload, whole := a.fragment(d)
		if !whole {
			return
		}
		if d.Reassembled(payload) == inet.Damaged {
			a.damaged()
			return
		}
	}
	switch d.Protocol {
	case inet.ProtocolTCP:
		a.tcp()
	case inet.ProtocolUDP:
		a.deliverUDP()
	default:
		a.stats.otherProtocol(d.Protocol)
	}
}

func (a *Assembler) damaged() {
	a.stats.Damaged++
	n := a.newNote(Damaged)
	n.Problem = a.datagram.Problem
	a.consumer.Note(n)
}

// unsupported notes an interface whose packets cannot be taken apart, once.
func (a *Assembler) unsupported(iface *capture.Interface) {
	a.stats.Unsupported++
	if _, known := a.refused[iface]; known {
		return
	}
	if len(a.refused) >= 4096 {
		clear(a.refused)
	}
	a.refused[iface] = struct{}{}
	n := a.newNote(UnsupportedLink)
	n.Interface = iface
	a.consumer.Note(n)
}

func (a *Assembler) deliverUDP() {
	d, s := &a.datagram, &a.segment
	a.stats.UDP++
	if problem := s.DecodeUDP(d); problem != nil {
		d.Problem = *problem
		a.damaged()
		return
	}
	if verdict, right := d.VerifyUDP(); verdict == inet.Bad {
		a.noteChecksum(UDPChecksum, right)
	}
	a.udp = Datagram{
		Source:      addrPort(d.Source, s.SourcePort, d.Version),
		Destination: addrPort(d.Destination, s.DestinationPort, d.Version),
		Packet:      a.packet, Time: a.time,
		Data: s.Payload, Length: s.Length,
	}
	if a.consumer.Datagram(&a.udp) {
		a.stats.Datagrams++
	}
}

// Close tells that the capture is over: what still waits is handed on, and
// every stream ends. The assembler must not be used afterwards, except for
// [Assembler.Stats].
func (a *Assembler) Close() {
	open := make([]*Connection, 0, len(a.table.byKey))
	for _, c := range a.table.byKey {
		if !c.closed() {
			open = append(open, c)
		}
	}
	slices.SortFunc(open, func(x, y *Connection) int { return int(x.ID) - int(y.ID) })
	for _, c := range open {
		a.finish(c, CaptureEnd)
	}
	a.fragments.all(func(f *fragmented) { a.giveUp(f) })
	clear(a.table.byKey)
}

// Stats returns what has been counted so far.
func (a *Assembler) Stats() *Stats { return &a.stats }
