package stream

import (
	"bytes"
	"slices"

	"stellwerk/internal/capture/inet"
)

const (
	maxDatagram  = 65535 // octets of a datagram behind its header
	fragmentUnit = 8     // octets counted by the fragment offset
	// fragmentWait is how long fragments wait for the others, in nanoseconds
	// (RFC 8200, 4.5: 60 s; RFC 791 leaves it open).
	fragmentWait = 60e9
)

// fragments puts datagrams together (RFC 791, 3.2; RFC 8200, 4.5).
type fragments struct {
	byKey map[fragmentKey]*fragmented
	order []*fragmented // oldest first
	limit int
	free  []*fragmented
}

type fragmentKey struct {
	source, destination inet.Address
	id                  uint32
	protocol, version   uint8
}

// fragmented is a datagram of which some fragments have arrived.
type fragmented struct {
	key    fragmentKey
	packet int64 // first fragment to arrive
	time   int64
	data   []byte
	// have marks the units that have arrived; present counts their octets.
	have    [(maxDatagram + fragmentUnit) / fragmentUnit]bool
	present int
	total   int // never until the last fragment has arrived
	// first is the protocol that the fragment with offset 0 names (IPv6: the
	// other fragments need not agree).
	first    uint8
	overlaps bool // noted
}

func (f *fragments) init(limit int) {
	f.byKey = map[fragmentKey]*fragmented{}
	f.limit = limit
}

// all calls visit for every incomplete datagram, oldest first.
func (f *fragments) all(visit func(*fragmented)) {
	for _, d := range f.order {
		visit(d)
	}
}

// fragment takes a fragment and returns the payload of the datagram when it is
// whole. The payload is valid until the next fragment.
func (a *Assembler) fragment(d *inet.Datagram) (payload []byte, whole bool) {
	f := &a.fragments
	for len(f.order) > 0 && a.time-f.order[0].time > fragmentWait {
		a.abandon(f.order[0])
	}
	k := fragmentKey{source: d.Source, destination: d.Destination, id: d.ID, version: d.Version}
	if d.Version == 4 {
		k.protocol = d.Protocol
	}
	g := f.byKey[k]
	if g == nil {
		if len(f.order) >= f.limit {
			a.abandon(f.order[0])
		}
		g = f.open(k)
		g.packet, g.time = a.packet, a.time
	}
	if !a.add(g, d) || g.total == never || g.present < g.total {
		return nil, false
	}
	f.close(g)
	d.Protocol = g.first
	return g.data[:g.total], true
}

func (f *fragments) open(k fragmentKey) *fragmented {
	g := &fragmented{}
	if n := len(f.free); n > 0 {
		g, f.free = f.free[n-1], f.free[:n-1]
		*g = fragmented{data: g.data[:0]}
	}
	g.key, g.total, g.first = k, never, k.protocol
	f.byKey[k] = g
	f.order = append(f.order, g)
	return g
}

func (f *fragments) close(g *fragmented) {
	delete(f.byKey, g.key)
	i := slices.Index(f.order, g)
	f.order = slices.Delete(f.order, i, i+1)
	if len(f.free) < 4 {
		f.free = append(f.free, g)
	}
}

// abandon gives up waiting for the rest of a datagram.
func (a *Assembler) abandon(g *fragmented) {
	a.giveUp(g)
	a.fragments.close(g)
}

// giveUp notes a datagram that remained incomplete.
func (a *Assembler) giveUp(g *fragmented) {
	a.note = Note{Kind: FragmentsMissing, Packet: g.packet, Time: g.time, Octets: int64(g.present)}
	a.consumer.Note(&a.note)
}

// add puts a fragment in its place. It reports whether it fits.
func (a *Assembler) add(g *fragmented, d *inet.Datagram) bool {
	start, end := d.FragmentOffset, d.FragmentOffset+len(d.Payload)
	last := !d.MoreFragments
	length := len(d.Payload) + d.Missing
	switch {
	case start+length > maxDatagram, // the greatest datagram
		g.total != never && end > g.total,                                 // behind the last fragment
		last && (len(g.data) > end || g.total != never && g.total != end), // a second, other end
		!last && d.Missing == 0 && length%fragmentUnit != 0:               // RFC 791: all but the last
		n := a.newNote(FragmentTooLong)
		n.Octets = int64(length)
		a.consumer.Note(n)
		return false
	}
	if d.Missing > 0 {
		// Cut short: only whole units count, and the end is not known.
		n := a.newNote(CutShort)
		n.Octets = int64(d.Missing)
		a.consumer.Note(n)
		end -= (end - start) % fragmentUnit
		last = false
	}
	if start == 0 {
		g.first = d.Protocol
	}
	if end > len(g.data) {
		g.data = append(g.data, make([]byte, end-len(g.data))...)
	}
	for at := start; at < end; at += fragmentUnit {
		next := min(at+fragmentUnit, end)
		octets := d.Payload[at-start : next-start]
		if !g.have[at/fragmentUnit] {
			g.have[at/fragmentUnit] = true
			g.present += next - at
			copy(g.data[at:], octets)
			continue
		}
		if !g.overlaps && !bytes.Equal(g.data[at:next], octets) {
			g.overlaps = true
			n := a.newNote(FragmentOverlap)
			n.Other = g.packet
			a.consumer.Note(n)
		}
	}
	if last {
		g.total = end
	}
	return true
}
