package analyzer

import "stellwerk/internal/capture"

const (
	// queuePackets and queueOctets bound what waits in a queue.
	queuePackets = 4096
	queueOctets  = 8 << 20
)

// queue keeps the latest packets of a file until it is known whether something
// is printed of them: a telegram shows only with its last packet, or when a
// missing one has come. When it is full the oldest packet leaves it.
type queue struct {
	take      func(*capture.Packet) error
	ring      []waiting // the packet of a number is at its remainder
	first     int64     // number of the oldest packet
	count     int
	octets    int
	forgotten int64 // packets that were wanted when they had left
}

type waiting struct {
	packet capture.Packet
	wanted bool
}

func newQueue(take func(*capture.Packet) error) *queue {
	return &queue{take: take, ring: make([]waiting, queuePackets)}
}

func (q *queue) at(number int64) *waiting { return &q.ring[number%int64(len(q.ring))] }

// add takes a copy of a packet, whose number follows that of the last one. The
// queue is empty before the first packet of a file.
func (q *queue) add(p *capture.Packet) error {
	for q.count == len(q.ring) || q.count > 0 && q.octets+len(p.Data) > queueOctets {
		if err := q.leave(); err != nil {
			return err
		}
	}
	if q.count == 0 {
		q.first = p.Number
	}
	w := q.at(p.Number)
	w.packet.Keep(p)
	w.wanted = false
	q.count++
	q.octets += len(p.Data)
	return nil
}

// want marks a packet by its number.
func (q *queue) want(number int64) {
	switch {
	case number < q.first:
		q.forgotten++
	case number < q.first+int64(q.count):
		q.at(number).wanted = true
	}
}

// leave lets the oldest packet go.
func (q *queue) leave() error {
	w := q.at(q.first)
	q.first++
	q.count--
	q.octets -= len(w.packet.Data)
	var err error
	if w.wanted {
		err = q.take(&w.packet)
	}
	if cap(w.packet.Data) > queueOctets/queuePackets {
		w.packet.Data = nil // empty places hold no more than full ones may
	}
	return err
}

// empty lets all packets go.
func (q *queue) empty() error {
	for q.count > 0 {
		if err := q.leave(); err != nil {
			return err
		}
	}
	return nil
}
