package stream

import (
	"net/netip"

	"stellwerk/internal/capture/inet"
)

// Connection is a TCP connection. It stays the same object for both
// directions and for as long as it lasts; a new connection between the same
// endpoints is another.
type Connection struct {
	// ID numbers the connections of a capture from 1.
	ID int64
	// Endpoints are both ends. The first is the one that opened the
	// connection if the capture shows it, otherwise the one heard first.
	Endpoints [2]netip.AddrPort
	// Opened tells that the capture shows how the connection was opened, so
	// that the first endpoint is known to be the client.
	Opened bool
	// FirstPacket is the number of the first packet.
	FirstPacket int64

	key      key
	swapped  bool // the first endpoint is the greater one of the key
	asked    bool // the consumer was asked for a stream
	stream   Stream
	packets  int64
	halves   [2]half
	newer    *Connection
	older    *Connection
	midNoted bool
}

// closed reports whether both directions have ended.
func (c *Connection) closed() bool { return c.halves[0].ended && c.halves[1].ended }

// half returns the direction of a segment whose key is swapped or not.
func (c *Connection) half(swapped bool) *half {
	if swapped == c.swapped {
		return &c.halves[Forward]
	}
	return &c.halves[Backward]
}

// key identifies the endpoints of a connection: the lesser one first.
type key struct {
	low, high inet.Address
	ports     uint32
	version   uint32 // a full word: the key is hashed as plain memory
}

func makeKey(d *inet.Datagram, s *inet.Segment) (k key, swapped bool) {
	swapped = d.Destination.Less(d.Source) || d.Destination == d.Source && s.DestinationPort < s.SourcePort
	k.version = uint32(d.Version)
	if swapped {
		k.low, k.high = d.Destination, d.Source
		k.ports = uint32(s.DestinationPort)<<16 | uint32(s.SourcePort)
		return k, true
	}
	k.low, k.high = d.Source, d.Destination
	k.ports = uint32(s.SourcePort)<<16 | uint32(s.DestinationPort)
	return k, false
}

// table holds the connections that are followed, the most recently active one
// first.
type table struct {
	byKey map[key]*Connection
	limit int
	total int64 // connections ever
	// newest and oldest end the list of connections by their last packet.
	newest, oldest *Connection
}

func (t *table) init(limit int) {
	t.byKey = map[key]*Connection{}
	t.limit = limit
}

// get finds the connection and makes it the most recently active one.
func (t *table) get(k *key) *Connection {
	if c := t.newest; c != nil && c.key == *k {
		return c // as a rule, a connection has several packets in a row
	}
	c := t.byKey[*k]
	if c != nil {
		t.unlink(c)
		t.link(c)
	}
	return c
}

func (t *table) link(c *Connection) {
	c.older, c.newer = t.newest, nil
	if t.newest != nil {
		t.newest.newer = c
	} else {
		t.oldest = c
	}
	t.newest = c
}

func (t *table) unlink(c *Connection) {
	if c.newer != nil {
		c.newer.older = c.older
	} else {
		t.newest = c.older
	}
	if c.older != nil {
		c.older.newer = c.newer
	} else {
		t.oldest = c.newer
	}
	c.newer, c.older = nil, nil
}

func (t *table) remove(c *Connection) {
	t.unlink(c)
	delete(t.byKey, c.key)
}

// open adds a connection whose first packet is at hand. The key must be free.
func (a *Assembler) open(k *key, swapped bool) *Connection {
	t := &a.table
	if len(t.byKey) >= t.limit {
		a.evict(t.oldest)
	}
	d, s := &a.datagram, &a.segment
	t.total++
	a.stats.Connections = t.total
	c := &Connection{ID: t.total, key: *k, swapped: swapped, FirstPacket: a.packet}
	c.Endpoints[0] = addrPort(d.Source, s.SourcePort, d.Version)
	c.Endpoints[1] = addrPort(d.Destination, s.DestinationPort, d.Version)
	if s.Flags&(inet.SYN|inet.ACK) == inet.SYN|inet.ACK {
		// The answer to an opening that was not captured.
		c.swapped = !swapped
		c.Endpoints[0], c.Endpoints[1] = c.Endpoints[1], c.Endpoints[0]
	}
	c.Opened = s.Flags&inet.SYN != 0
	for i := range c.halves {
		c.halves[i].connection = c
		c.halves[i].direction = Direction(i)
		c.halves[i].fin = never
	}
	t.byKey[*k] = c
	t.link(c)
	return c
}

// evict gives up the connection that has been quiet for longest.
func (a *Assembler) evict(c *Connection) {
	if c.stream != nil {
		a.note = Note{
			Kind: TooManyConnections, Packet: a.packet, Time: a.time, Connection: c,
			Octets: int64(c.halves[0].pendingOctets + c.halves[1].pendingOctets),
		}
		a.consumer.Note(&a.note)
	}
	a.finish(c, Evicted)
	a.table.remove(c)
}

// finish ends both directions. What waits behind gaps is handed on first.
func (a *Assembler) finish(c *Connection, reason EndReason) {
	for i := range c.halves {
		h := &c.halves[i]
		if h.ended {
			continue
		}
		for len(h.pending) > 0 {
			a.leap(h)
		}
		if h.fin != never && h.position >= h.fin {
			a.endHalf(h, Finished)
		}
		a.endHalf(h, reason)
	}
}

// endHalf ends a direction, once.
func (a *Assembler) endHalf(h *half, reason EndReason) {
	if h.ended {
		return
	}
	h.ended = true
	c := h.connection
	if c.stream != nil {
		last := h.fin
		if last == never {
			last = h.acknowledged
		}
		missing := max(0, h.lost)
		if h.known {
			missing += max(0, last-h.position)
		}
		a.end = End{
			Connection: c, Direction: h.direction, Reason: reason,
			Packet: a.packet, Time: a.time, Missing: missing,
		}
		c.stream.End(&a.end)
	}
	if c.closed() {
		c.stream = nil
		for i := range c.halves {
			a.historyOctets -= c.halves[i].history.release()
		}
	}
}

// wanted reports whether the consumer takes the connection's octets, and asks
// it at the first opportunity.
func (a *Assembler) wanted(c *Connection) bool {
	if !c.asked {
		c.asked = true
		c.stream = a.consumer.Open(c)
	}
	return c.stream != nil
}
