package stream

import (
	"hash/maphash"

	"stellwerk/internal/capture/inet"
)

const never = -1

// half is one direction of a connection. Positions count its octets from where
// its beginning was seen, 64 bits wide: sequence numbers that wrap around are
// no concern behind the place where they become positions.
type half struct {
	connection *Connection
	direction  Direction
	known      bool // next is valid
	ended      bool
	next       uint32 // sequence number expected next
	position   int64  // of next
	// floor is the lowest position that sequence numbers can be related to.
	floor int64
	// lost is the gap in front of the next octets that is not yet reported
	// with a chunk; Unknown at a beginning that was not captured.
	lost int64
	// fin is the position of the end, never while it is not known.
	fin int64
	// acknowledged is the highest position that the receiver has confirmed.
	acknowledged int64
	grace        int // packets since it confirmed something that is missing

	pending       []*held // by position
	pendingOctets int
	history       history
	gaps          [4]span // that the stream has left behind, newest first
	stray         stray
}

// piece is a run of octets with its place in a direction.
type piece struct {
	sequence uint32
	position int64
	data     []byte
	length   int64 // on the wire; more than len(data) where it was cut short
	packet   int64
	time     int64
}

func (p *piece) end() int64 { return p.position + p.length }

// behind returns the captured octets from a position on.
func (p *piece) behind(position int64) []byte {
	return p.data[min(max(0, position-p.position), int64(len(p.data))):]
}

// span is a range of positions.
type span struct{ start, end int64 }

// stray remembers the last segment that was handed on beside the stream: its
// repetition is a retransmission, and its continuation a new beginning.
type stray struct {
	valid    bool
	outside  bool // it fitted no window: what continues it may move the stream
	sequence uint32
	length   int64
	hash     uint64
	packet   int64
}

// start sets the sequence number of the first octet.
func (h *half) start(sequence uint32) {
	h.known = true
	h.next = sequence
}

// place turns a sequence number into a position.
func (h *half) place(sequence uint32) int64 {
	return h.position + int64(int32(sequence-h.next))
}

// tcp takes the TCP segment in the current datagram.
func (a *Assembler) tcp() {
	d, s := &a.datagram, &a.segment
	a.stats.TCP++
	if problem := s.DecodeTCP(d); problem != nil {
		d.Problem = *problem
		a.damaged()
		return
	}
	a.stats.Payload += int64(len(s.Payload))
	k, swapped := makeKey(d, s)
	c := a.table.get(&k)
	if c == nil {
		c = a.open(&k, swapped)
	} else if s.Flags&inet.SYN != 0 && a.reused(c, s, swapped) {
		a.finish(c, Reused)
		a.table.remove(c)
		old := c
		c = a.open(&k, swapped)
		a.note = Note{Kind: EndpointsReused, Packet: a.packet, Time: a.time, Connection: c, Other: old.FirstPacket}
		a.consumer.Note(&a.note)
	}
	c.packets++
	h := c.half(swapped)
	if verdict, right := d.VerifyTCP(); verdict == inet.Bad {
		a.note = Note{
			Kind: TCPChecksum, Packet: a.packet, Time: a.time, Connection: c, Direction: h.direction,
			Octets: int64(len(s.Payload)), Checksum: right,
		}
		a.consumer.Note(&a.note)
	}
	a.receive(h, s)
}

// reused reports whether a segment with SYN begins another connection than the
// one known between its endpoints.
func (a *Assembler) reused(c *Connection, s *inet.Segment, swapped bool) bool {
	h := c.half(swapped)
	if h.known {
		return h.place(s.Sequence+1) != h.floor || c.closed()
	}
	// The direction has had no octet and no SYN so far: this is the
	// connection's own, unless the connection is over.
	return c.closed()
}

// receive takes a segment of a direction.
func (a *Assembler) receive(h *half, s *inet.Segment) {
	c := h.connection
	other := &c.halves[1-h.direction]
	p := piece{
		sequence: s.Sequence, data: s.Payload, length: int64(s.Length), packet: a.packet, time: a.time,
	}
	if s.Flags&inet.SYN != 0 {
		p.sequence++
		if !h.known {
			h.start(p.sequence)
		}
		if s.Flags&inet.ACK != 0 && !other.known {
			other.start(s.Acknowledgment)
		}
	}
	if s.Flags&inet.ACK != 0 && other.known {
		if at := other.place(s.Acknowledgment); at > other.acknowledged && at-other.position < maxReorder {
			other.acknowledged = at
		}
	}
	if s.Flags&inet.RST != 0 {
		a.reset(h, &p)
		return
	}
	if p.length > 0 || s.Flags&inet.FIN != 0 {
		h = a.octets(h, &p, s.Flags&inet.FIN != 0)
	}
	for i := range h.connection.halves {
		if side := &h.connection.halves[i]; len(side.pending) > 0 || side.fin != never {
			a.settle(side)
		}
	}
}

// reset ends the connection, unless the number shows that its receiver takes
// no notice.
func (a *Assembler) reset(h *half, p *piece) {
	if p.length > 0 {
		a.stats.Withheld += int64(len(p.data))
		a.noteStream(ResetData, h, p, p.length, 0)
	}
	if h.known && !h.ended {
		if distance := h.place(p.sequence) - h.position; distance > maxReorder || distance < -maxReorder {
			a.noteStream(ResetOutsideWindow, h, p, 0, 0)
			return
		}
	}
	a.finish(h.connection, Reset)
}

// octets takes the octets of a segment and its FIN. It returns the direction
// that has taken them, which is that of a new connection where the old one had
// ended.
func (a *Assembler) octets(h *half, p *piece, fin bool) *half {
	if h.ended {
		if p.length == 0 {
			return h
		}
		return a.afterEnd(h, p)
	}
	if !a.wanted(h.connection) {
		a.stats.Ignored += int64(len(p.data))
		return h
	}
	if !h.known {
		h.start(p.sequence)
		h.lost = Unknown
		if !h.connection.midNoted && p.length > 0 {
			h.connection.midNoted = true
			a.noteStream(MidStream, h, p, 0, 0)
		}
	}
	p.position = h.place(p.sequence)
	// The FIN counts before the octets, so that they can end the stream.
	if end := p.end(); fin && h.fin == never && end >= h.position && end-h.position <= maxReorder {
		h.fin = end
	}
	if p.length > 0 {
		a.data(h, p)
	}
	if h.fin != never && h.position >= h.fin && len(h.pending) == 0 {
		a.endHalf(h, Finished)
	}
	return h
}

// afterEnd takes octets of a direction that has ended: a retransmission, or
// the data of a connection whose opening was not captured.
func (a *Assembler) afterEnd(h *half, p *piece) *half {
	if h.known {
		p.position = h.place(p.sequence)
	}
	if h.known && p.end() <= h.position && p.position >= h.floor {
		if same, different := h.history.compare(p); !different {
			kind := RetransmissionUnchecked
			if same {
				kind = Retransmission
			}
			a.stats.Withheld += int64(len(p.data))
			first, _ := h.history.packetAt(p.position)
			a.noteStream(kind, h, p, p.length, first)
			return h
		}
	}
	a.noteStream(AfterEnd, h, p, p.length, 0)
	a.finish(h.connection, Reused)
	a.table.remove(h.connection)
	d, s := &a.datagram, &a.segment
	k, swapped := makeKey(d, s)
	c := a.open(&k, swapped)
	return a.octets(c.half(swapped), p, s.Flags&inet.FIN != 0)
}

// data takes the octets of a segment.
func (a *Assembler) data(h *half, p *piece) {
	switch ahead := p.position - h.position; {
	case ahead == 0:
		a.advance(h, p, p.data)
	case ahead > maxReorder:
		a.aside(OutsideWindow, h, p, 0)
		return
	case ahead > 0:
		a.wait(h, p)
	default:
		a.old(h, p)
	}
	a.drain(h)
}

// advance hands on octets that end p, and moves the stream to its end.
func (a *Assembler) advance(h *half, p *piece, data []byte) {
	gap := h.lost
	h.lost = 0
	start := h.position
	h.position = p.end()
	h.next = p.sequence + uint32(p.length)
	if missing := p.length - int64(len(p.data)); missing > 0 {
		h.lost = missing
		a.noteStream(CutShort, h, p, missing, 0)
	}
	if len(data) == 0 {
		if gap == Unknown {
			h.lost = Unknown
		} else {
			h.lost += gap
		}
		return
	}
	a.remember(h, p, data)
	a.hand(h, p, data, start, gap, false)
}

// hand gives octets to the consumer.
func (a *Assembler) hand(h *half, p *piece, data []byte, position, gap int64, aside bool) {
	a.stats.Delivered += int64(len(data))
	a.chunk = Chunk{
		Connection: h.connection, Direction: h.direction,
		Packet: p.packet, Time: p.time, Now: a.packet,
		Data: data, Position: position, Gap: gap, Aside: aside,
	}
	h.connection.stream.Chunk(&a.chunk)
}

// old takes a segment that begins before the expected octet.
func (a *Assembler) old(h *half, p *piece) {
	overlap := min(p.end(), h.position) - p.position
	fresh := p.end() - h.position // octets beyond
	switch {
	case p.length <= 1 && p.position == h.position-1:
		a.stats.Withheld += int64(len(p.data))
		a.noteStream(KeepAlive, h, p, p.length, 0)
		return
	case p.position < h.floor:
		a.aside(OutsideWindow, h, p, 0)
		return
	}
	same, different := h.history.compare(p)
	first, exact := h.history.packetAt(p.position)
	kind := Retransmission
	switch {
	case different:
		kind = OverlapDifferent
		if exact {
			kind = NumberRepeated
		}
		if fresh <= 0 {
			a.aside(kind, h, p, first)
			return
		}
		a.noteStream(kind, h, p, overlap, first)
		h.lost = Unknown
		h.position, h.next = p.position, p.sequence
		h.history.cut(p.position)
		a.advance(h, p, p.data)
		return
	case !same && h.inGap(p):
		a.aside(Late, h, p, 0)
		return
	case !same:
		kind = RetransmissionUnchecked
	}
	a.noteStream(kind, h, p, overlap, first)
	tail := p.behind(h.position)
	a.stats.Withheld += int64(len(p.data) - len(tail))
	if fresh > 0 {
		a.advance(h, p, tail)
	}
}

// aside hands on a segment beside the stream, unless it repeats the last such
// segment. One that continues the last such segment moves the stream there.
func (a *Assembler) aside(kind Kind, h *half, p *piece, first int64) {
	hash := maphash.Bytes(a.seed, p.data)
	if s := &h.stray; s.valid {
		if s.sequence == p.sequence && s.length == p.length && s.hash == hash {
			a.stats.Withheld += int64(len(p.data))
			a.noteStream(Retransmission, h, p, p.length, s.packet)
			return
		}
		if s.outside && kind == OutsideWindow && s.sequence+uint32(s.length) == p.sequence {
			a.jump(h, p)
			return
		}
	}
	h.stray = stray{
		valid: true, outside: kind == OutsideWindow,
		sequence: p.sequence, length: p.length, hash: hash, packet: p.packet,
	}
	a.noteStream(kind, h, p, p.length, first)
	if missing := p.length - int64(len(p.data)); missing > 0 {
		a.noteStream(CutShort, h, p, missing, 0)
	}
	if len(p.data) > 0 {
		a.hand(h, p, p.data, p.position, 0, true)
	}
}

// jump lets the stream go on at an unrelated sequence number.
func (a *Assembler) jump(h *half, p *piece) {
	for len(h.pending) > 0 {
		a.leap(h)
	}
	a.noteStream(Jump, h, p, 0, 0)
	h.stray = stray{}
	h.floor, h.fin, h.acknowledged = h.position, never, 0
	h.lost = Unknown
	h.gaps = [4]span{}
	h.history.cut(h.history.start)
	p.position = h.position
	a.advance(h, p, p.data)
}

// inGap reports whether a piece lies, at least partly, in a gap that the
// stream has left behind, and takes it out of the gap.
func (h *half) inGap(p *piece) bool {
	found := false
	for i := range h.gaps {
		g := &h.gaps[i]
		if p.position >= g.end || p.end() <= g.start {
			continue
		}
		found = true
		if p.position <= g.start {
			g.start = min(p.end(), g.end)
		} else if p.end() >= g.end {
			g.end = p.position
		}
	}
	return found
}

// settle gives up waiting where there is reason to.
func (a *Assembler) settle(h *half) {
	for len(h.pending) > 0 {
		first := h.pending[0]
		if h.acknowledged >= first.position {
			if h.grace++; h.grace <= ackGrace {
				return
			}
		} else if a.time-first.time < maxWait {
			return
		}
		a.leap(h)
		if len(h.pending) > 0 && h.acknowledged >= h.pending[0].position {
			h.grace = ackGrace // acknowledged as well: no further grace
		} else {
			h.grace = 0
		}
	}
	if h.fin == never || h.ended {
		return
	}
	if h.position < h.fin {
		if h.acknowledged <= h.fin {
			return
		}
		// The end was acknowledged, and with it octets that are missing.
		if h.grace++; h.grace <= ackGrace {
			return
		}
	}
	a.endHalf(h, Finished)
}
