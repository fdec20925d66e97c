package stream

import "bytes"

// history keeps the octets of a direction that were handed on last, and which
// segments they came in. It makes out whether a segment that comes again says
// the same.
type history struct {
	ring       []byte // length is a power of 2, or 0
	start, end int64  // positions held; end-start never exceeds the ring
	records    [16]record
	written    int // records ever
}

// record is a segment that was handed on.
type record struct {
	start, end int64
	packet     int64
}

const firstHistory = 1 << 10

// remember keeps octets that are handed on at the end of p.
func (a *Assembler) remember(h *half, p *piece, data []byte) {
	t := &h.history
	from := p.position + int64(len(p.data)-len(data))
	t.records[t.written%len(t.records)] = record{p.position, p.end(), p.packet}
	t.written++
	if from != t.end {
		t.start, t.end = from, from
	}
	if need := int(t.end-t.start) + len(data); need > len(t.ring) && len(t.ring) < a.options.History {
		a.grow(t, need)
	}
	if len(t.ring) == 0 {
		t.start, t.end = from+int64(len(data)), from+int64(len(data))
		return
	}
	if surplus := len(data) - len(t.ring); surplus > 0 {
		data = data[surplus:]
		from += int64(surplus)
	}
	t.write(from, data)
	t.end = from + int64(len(data))
	t.start = max(t.start, t.end-int64(len(t.ring)))
}

// grow makes the ring large enough for need octets, as far as that is allowed.
func (a *Assembler) grow(t *history, need int) {
	size := max(firstHistory, len(t.ring))
	for size < need {
		size *= 2
	}
	for size > a.options.History {
		size /= 2
	}
	if size <= len(t.ring) || a.historyOctets+size-len(t.ring) > a.options.TotalHistory {
		return
	}
	a.historyOctets += size - len(t.ring)
	old := *t
	t.ring = make([]byte, size)
	if len(old.ring) > 0 {
		first, second := old.spans(old.start, old.end)
		t.write(old.start, first)
		t.write(old.start+int64(len(first)), second)
	}
}

// write puts octets, no more than the ring holds, where their position is.
func (t *history) write(position int64, data []byte) {
	at := int(position) & (len(t.ring) - 1)
	n := copy(t.ring[at:], data)
	copy(t.ring, data[n:])
}

// spans returns the octets of a range that is held.
func (t *history) spans(start, end int64) (first, second []byte) {
	if start == end {
		return nil, nil
	}
	at, n := int(start)&(len(t.ring)-1), int(end-start)
	if at+n <= len(t.ring) {
		return t.ring[at : at+n], nil
	}
	return t.ring[at:], t.ring[:at+n-len(t.ring)]
}

// cut forgets what is at and behind a position.
func (t *history) cut(position int64) {
	t.end = max(t.start, min(t.end, position))
	if t.end <= t.start {
		t.start, t.end = position, position
	}
}

// compare compares a piece with what is held, up to its end. It reports
// whether all of what the stream has passed is the same, and whether some of
// it is different; neither where it is not held any more.
func (t *history) compare(p *piece) (same, different bool) {
	start, end := max(p.position, t.start), min(p.position+int64(len(p.data)), t.end)
	if start >= end {
		return false, false
	}
	data := p.data[start-p.position : end-p.position]
	first, second := t.spans(start, end)
	if !bytes.Equal(first, data[:len(first)]) || !bytes.Equal(second, data[len(first):]) {
		return false, true
	}
	return start == p.position, false
}

// packetAt returns the packet that first had the octet at a position, 0 if
// that is not known, and whether its segment begins there.
func (t *history) packetAt(position int64) (packet int64, exact bool) {
	for i := range min(t.written, len(t.records)) {
		r := &t.records[i]
		switch {
		case r.start == position:
			return r.packet, true
		case r.start < position && position < r.end:
			packet = r.packet
		}
	}
	return packet, false
}

// release gives the memory back and returns how many octets it was.
func (t *history) release() int {
	size := len(t.ring)
	*t = history{start: t.end, end: t.end}
	return size
}
