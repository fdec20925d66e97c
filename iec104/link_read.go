package iec104

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"time"

	"stellwerk/iec104/apci"
	"stellwerk/iec104/asdu"
)

// reader is what the goroutine that reads has for itself. In steady state it
// handles I frames without mu: those that are next, acknowledge nothing new, and
// are not yet the one that must be acknowledged.
type reader struct {
	framer   apci.Framer
	asdu     asdu.ASDU // the one in handling
	arrived  time.Time // when the segment came, for the trace function
	plain    uint32    // the control field of an I frame that is next and acknowledges nothing new
	left     int       // frames until mu is needed
	received uint32    // as in progress
	taken    uint32
	end      int64 // where in the stream the segment ends
	acked    bool  // the segment has given rise to an S frame
	watched  bool  // the watchdog sends it should a handler be slow
}

// read is the reader.
func (l *link) read() {
	defer l.leave()
	in := newInput(l.conn)
	for {
		data, err := in.read()
		if len(data) > 0 {
			if fault := l.segment(data); fault != nil {
				l.publish()
				l.farewell()
				l.end(fault)
				return
			}
		}
		if err != nil {
			if errors.Is(err, io.EOF) {
				err = fmt.Errorf("closed by the peer: %w", err)
			}
			l.end(err)
			return
		}
		in.release()
	}
}

// segment handles what one read has brought.
func (l *link) segment(data []byte) error {
	r := &l.reader
	now := l.now()
	if l.tracer.trace != nil {
		r.arrived = time.Now()
	}
	l.mu.Lock()
	l.handling, l.batch = true, now
	begin := int64(l.counters.OctetsReceived)
	l.counters.OctetsReceived += uint64(len(data))
	l.look()
	l.mu.Unlock()
	r.end = begin + int64(len(data))
	r.framer.Feed(data)
	for {
		frame, err := r.framer.Next()
		switch {
		case err != nil:
			wrong := r.framer.Partial()
			if len(wrong) == 0 {
				wrong = data[r.framer.Offset()-begin:]
			}
			return l.reject(wrong, err)
		case frame == nil:
			return l.handled()
		}
		if r.left > 0 && len(frame) > apci.Octets && binary.LittleEndian.Uint32(frame[2:]) == r.plain {
			err = l.plain(frame)
		} else {
			err = l.frame(now, frame)
		}
		if err != nil {
			return err
		}
	}
}

// look finds out how far the reader gets without mu, which the caller holds.
func (l *link) look() {
	r := &l.reader
	// Each number stands in 15 bits of two octets, above a bit that is 0 in I
	// format (5.1).
	r.plain, r.left = uint32(l.m.vr)<<1|uint32(l.m.ack())<<17, 0
	if l.m.state == Started {
		r.left = l.m.p.W - l.m.taken.Since(l.m.confirmed)
	}
	if l.armed > l.batch+l.m.p.T2 {
		r.left = min(r.left, 1) // the writer must know of t2
	}
}

// reject reports octets that are no APDU.
func (l *link) reject(octets []byte, err error) error {
	err = fmt.Errorf("%w: %w", ErrProtocol, err)
	l.found(err)
	l.traceReceived(l.tracer.turn(), octets[:min(len(octets), apci.MaxAPDU)], err)
	return err
}

// found counts what is wrong with a frame.
func (l *link) found(finding error) {
	l.mu.Lock()
	l.counters.Findings++
	l.finding = finding
	l.mu.Unlock()
}

func (l *link) traceReceived(turn uint64, octets []byte, finding error) {
	if l.tracer.trace == nil {
		return
	}
	l.tracer.wait(turn)
	l.tracer.trace(Frame{Time: l.reader.arrived, Octets: octets, Finding: finding})
	l.tracer.done(turn)
}

// plain handles an I frame of which nobody but the reader must know now.
func (l *link) plain(octets []byte) error {
	r := &l.reader
	r.received++
	l.publish() // the frames before it are taken over
	var err error
	if r.asdu, err = l.params.Decode(octets[apci.Octets:]); err != nil {
		err = malformed(err)
		l.found(err)
	}
	if l.tracer.trace != nil {
		l.traceReceived(l.tracer.turn(), octets, err)
	}
	if err == nil {
		if err := l.handle(&r.asdu); err != nil {
			return err
		}
	} else if l.malformed != nil {
		l.malformed(r.asdu)
	}
	r.taken++
	r.plain = r.plain&^0xffff | uint32(uint16(r.plain)+2)
	r.left--
	if r.left > 0 && !l.attend.Load() {
		return nil
	}
	l.publish()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.absorb()
	l.took(octets)
	return nil
}

// publish lets others see what the reader has done. A frame that is taken over
// shows with the next one, or at the end of the segment.
func (l *link) publish() {
	l.progress.Store(uint64(l.reader.received)<<32 | uint64(l.reader.taken))
}

// frame handles any APDU.
func (l *link) frame(now time.Duration, octets []byte) error {
	apdu, err := apci.Decode(octets)
	if err != nil {
		return l.reject(octets, err)
	}
	l.publish()
	l.mu.Lock()
	l.absorb()
	before := l.m.state
	deliver, events, err := l.m.receive(now, apdu)
	after, finding := l.m.state, l.m.finding
	l.counters.FramesReceived++
	switch apdu.Format {
	case apci.FormatS:
		l.counters.SFramesReceived++
	case apci.FormatU:
		l.counters.UFramesReceived++
	default:
		if deliver {
			l.counters.IFramesReceived++
		}
	}
	if events > 0 {
		l.done(events)
	}
	if after == Started {
		l.startBy = never
	}
	if before != after {
		close(l.change)
		l.change = make(chan struct{})
		l.again = true // the writer may have other sources now
		l.passRoom()
	}
	l.look()
	replies := len(l.m.out)
	turn := l.tracer.turn() // before what the frame gives rise to
	l.changing = before != after && l.changed != nil
	l.mu.Unlock()

	r := &l.reader
	var fault error
	if deliver {
		if r.asdu, fault = l.params.Decode(apdu.ASDU); fault != nil {
			finding = malformed(fault)
		}
	}
	if err != nil {
		finding = err
	}
	if finding != nil {
		l.found(finding)
	}
	l.traceReceived(turn, octets, finding)
	switch {
	case err != nil:
		return err
	case replies > maxBatch+maxReplies:
		return fmt.Errorf("%w: the peer takes none of what it asks for, %d octets wait", ErrBusy, replies)
	}
	if before != after && l.changed != nil {
		l.changed(after)
		l.mu.Lock()
		l.changing = false
		if l.again {
			l.kick()
		}
		l.mu.Unlock()
	}
	if !deliver {
		return nil
	}
	if fault == nil {
		if err := l.handle(&r.asdu); err != nil {
			return err
		}
	} else if l.malformed != nil {
		l.malformed(r.asdu)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.m.take(now, 1)
	l.took(octets)
	return nil
}

func malformed(err error) error { return fmt.Errorf("%w: %w", ErrASDU, err) }

// took makes the acknowledgement that is due when a frame is taken over: at w,
// not later. It is written together with those of the frames that came in the
// same segment, unless the handlers of these take long. The caller holds mu.
func (l *link) took(octets []byte) {
	r := &l.reader
	l.attend.Store(false)
	if l.m.due {
		l.m.settle()
		r.acked = true
		if more := r.framer.Offset()+int64(len(octets)) < r.end; more && !r.watched {
			r.watched = true
			l.watch()
		}
	}
	if _, t2, _ := l.m.deadlines(); t2 < l.armed {
		l.kick() // the others of this segment may take long
	}
	l.look()
}

// watch has what is in m.out written after a short time.
func (l *link) watch() {
	if l.watchdog == nil {
		l.watchdog = time.AfterFunc(slow, func() {
			l.mu.Lock()
			l.kick()
			l.mu.Unlock()
		})
		return
	}
	l.watchdog.Reset(slow)
}

// handled ends the handling of a segment and sends what it has given rise to.
func (l *link) handled() error {
	now := l.now()
	l.publish()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.absorb()
	l.handling = false
	r := &l.reader
	if r.watched {
		l.watchdog.Stop()
	}
	if r.acked {
		l.m.supervise() // the others of this segment in the same write
	}
	r.acked, r.watched = false, false
	if now-l.batch > slow {
		// What t1 waits for may have come meanwhile: read before judging.
		l.patience = now + 100*slow
	}
	if err := l.flush(now); err != nil {
		return err
	}
	l.passRoom()
	t1, t2, t3 := l.m.deadlines()
	if l.sendable() || l.again || min(t1, t2, t3) < l.armed {
		l.again = false
		l.kick()
	}
	return nil
}
