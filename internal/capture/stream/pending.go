package stream

import "bytes"

// held is a piece that waits behind a gap, with its own copy of the octets.
type held struct {
	piece
	buffer []byte
}

const (
	maxFree       = 1024    // of held pieces kept for reuse
	maxFreeOctets = 2 << 10 // of each
)

func (a *Assembler) hold(p *piece) *held {
	var w *held
	if n := len(a.free); n > 0 {
		w, a.free = a.free[n-1], a.free[:n-1]
	} else {
		w = &held{}
	}
	w.piece = *p
	w.buffer = append(w.buffer[:0], p.data...)
	w.data = w.buffer
	return w
}

func (a *Assembler) drop(w *held) {
	if len(a.free) < maxFree && cap(w.buffer) <= maxFreeOctets {
		w.data = nil
		a.free = append(a.free, w)
	}
}

// wait keeps a piece until what precedes it has arrived.
func (a *Assembler) wait(h *half, p *piece) {
	at := len(h.pending)
	for at > 0 && h.pending[at-1].position >= p.position {
		at--
	}
	for _, w := range h.pending[at:] {
		if w.position != p.position {
			break
		}
		common := min(len(w.data), len(p.data))
		if !bytes.Equal(w.data[:common], p.data[:common]) {
			// These numbers make no sense: nothing is to be waited for.
			for len(h.pending) > 0 && h.position <= p.position {
				a.leap(h)
			}
			a.data(h, p)
			return
		}
		if len(p.data) <= common && p.length <= w.length {
			a.stats.Withheld += int64(len(p.data))
			a.noteStream(Retransmission, h, p, p.length, w.packet)
			return
		}
	}
	for a.full(h, p) {
		if len(h.pending) == 0 || p.position < h.pending[0].position {
			a.skipTo(h, p)
		} else {
			a.leap(h)
		}
		if p.position <= h.position {
			a.data(h, p)
			return
		}
	}
	at = len(h.pending) // it may have become shorter
	for at > 0 && h.pending[at-1].position > p.position {
		at--
	}
	a.noteStream(OutOfOrder, h, p, p.position-h.position, 0)
	w := a.hold(p)
	h.pending = append(h.pending, nil)
	copy(h.pending[at+1:], h.pending[at:])
	h.pending[at] = w
	h.pendingOctets += len(p.data)
	a.pendingOctets += len(p.data)
}

// full reports whether there is no room for another piece.
func (a *Assembler) full(h *half, p *piece) bool {
	return h.pendingOctets+len(p.data) > a.options.PendingOctets ||
		len(h.pending) >= a.options.PendingSegments ||
		a.pendingOctets+len(p.data) > a.options.TotalPending
}

// take removes the first waiting piece.
func (a *Assembler) take(h *half) *held {
	w := h.pending[0]
	last := len(h.pending) - 1
	copy(h.pending, h.pending[1:])
	h.pending[last] = nil
	h.pending = h.pending[:last]
	if last == 0 && cap(h.pending) > 16 {
		h.pending = nil
	}
	h.pendingOctets -= len(w.data)
	a.pendingOctets -= len(w.data)
	return w
}

// drain hands on the waiting pieces that the stream has reached.
func (a *Assembler) drain(h *half) {
	for len(h.pending) > 0 && h.pending[0].position <= h.position {
		w := a.take(h)
		if w.position == h.position {
			a.advance(h, &w.piece, w.data)
		} else {
			a.old(h, &w.piece)
		}
		a.drop(w)
	}
}

// leap gives up waiting for what precedes the first waiting piece.
func (a *Assembler) leap(h *half) {
	a.skipTo(h, &h.pending[0].piece)
	a.drain(h)
}

// skipTo moves the stream to a piece beyond a gap.
func (a *Assembler) skipTo(h *half, p *piece) {
	gap := p.position - h.position
	copy(h.gaps[1:], h.gaps[:])
	h.gaps[0] = span{h.position, p.position}
	if h.lost != Unknown {
		h.lost += gap
	}
	h.position, h.next = p.position, p.sequence
	a.noteStream(Gap, h, p, gap, 0)
}
