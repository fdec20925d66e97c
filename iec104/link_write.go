package iec104

import (
	"context"
	"errors"
	"fmt"
	"time"

	"stellwerk/iec104/apci"
	"stellwerk/iec104/asdu"
)

// errNotStarted ends a connection on which data transfer was not started in
// time.
var errNotStarted = errors.New("not started")

// write is the writer: it sends what is queued and runs the timers.
func (l *link) write() {
	defer l.leave()
	timer := time.NewTimer(l.m.p.T3)
	defer timer.Stop()
	for {
		wait, err := l.work()
		if errors.Is(err, errNotStarted) {
			err = l.late()
		}
		if err != nil {
			l.end(err)
			return
		}
		if wait >= 0 {
			timer.Reset(wait)
		}
		var ready <-chan struct{}
		if l.ready != nil {
			ready = l.ready()
		}
		select {
		case <-l.wake:
		case <-ready:
		case <-timer.C:
			l.mu.Lock()
			l.armed = never
			l.slim()
			l.mu.Unlock()
		case <-l.failed:
			return
		}
	}
}

// slim lets go of buffers that are not in use. The caller holds mu.
func (l *link) slim() {
	if !l.writing && len(l.m.out) == 0 && len(l.rest) == 0 {
		l.m.out, l.spare, l.rest = nil, nil, nil
	}
	if len(l.held) == 0 {
		l.held = nil
	}
	if l.waiting.count == 0 {
		l.waiting = fifo{}
	}
	if l.m.sent.len() == 0 {
		l.m.sent = ring{}
	}
}

// work writes until nothing is left that may be sent. It returns how long the
// timer has to run from now, negative where it runs already.
func (l *link) work() (wait time.Duration, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for !l.writing && !l.changing {
		l.idle, l.again = false, false
		now := l.now()
		l.absorb()
		if err := l.m.tick(now, l.handling || now < l.patience); err != nil {
			return 0, err
		}
		if now >= l.startBy {
			return 0, errNotStarted
		}
		if err := l.fill(); err != nil {
			return 0, err
		}
		if len(l.m.out) == 0 && len(l.rest) == 0 {
			if l.again { // while fill had released mu
				continue
			}
			break
		}
		if err := l.writeOut(); err != nil {
			return 0, err
		}
	}
	l.idle, l.again = true, l.writing || l.changing
	if l.again {
		return -1, nil // the reader kicks when it is done
	}
	t1, t2, t3 := l.m.deadlines()
	switch {
	case l.handling:
		t1 = never
	case t1 < l.patience:
		t1 = l.patience
	}
	now := l.now()
	if l.handling && l.m.taken != l.m.vr {
		// A frame that is in handling, and must not be acknowledged yet.
		if t2 = l.m.unconfirmed + l.m.p.T2; t2 <= now {
			l.attend.Store(true)
			t2 = never
		}
	}
	at := min(t1, t2, t3, l.startBy)
	if at >= l.armed {
		return -1, nil
	}
	l.armed = at
	return max(0, at-now), nil
}

// fill appends I frames to m.out as far as the window and the size of a write
// allow. The caller holds mu, and alone fills; mu is released meanwhile.
func (l *link) fill() error {
	l.writing = true
	defer func() { l.writing = false }()
	for l.m.window() > 0 && len(l.m.out) < maxBatch {
		begin := l.m.sendHeader()
		event := false
		if octets, ok := l.waiting.next(); ok {
			l.m.out = append(l.m.out, octets...)
			l.waiting.done(1)
		} else if len(l.held) > 0 {
			l.m.out = append(l.m.out, l.held...)
			l.held = l.held[:0]
		} else if a, ok := l.nextEvent(); ok {
			l.m.out = a.Append(l.m.out)
			event = true
		} else {
			l.m.out = l.m.out[:begin]
			if !l.pullOne() {
				break
			}
			continue
		}
		if err := l.m.sendASDU(begin, event); err != nil {
			return err
		}
		l.counters.IFramesSent++
	}
	l.m.settle()
	l.starved = l.m.window() == 0 || len(l.m.out) >= maxBatch
	l.passRoom()
	return nil
}

func (l *link) nextEvent() (asdu.ASDU, bool) {
	if l.events == nil {
		return asdu.ASDU{}, false
	}
	return l.events()
}

// pullOne holds the next ASDU of pull ready.
func (l *link) pullOne() bool {
	if l.pull == nil {
		return false
	}
	cuts := l.cuts.Load()
	l.mu.Unlock()
	a, ok := l.pull()
	l.mu.Lock()
	if ok && cuts != l.cuts.Load() {
		return false // what it answers was asked for before
	}
	if ok {
		l.held = a.Append(l.held[:0])
	}
	return ok
}

// swap takes what is to be written now.
func (l *link) swap(now time.Duration) []byte {
	out := l.m.out
	l.m.out, l.spare = l.spare[:0], nil
	l.sent = now
	l.m.written(now)
	l.counters.OctetsSent += uint64(len(out))
	l.turn = l.tracer.turn()
	return out
}

// writeOut writes m.out, or first what a direct write has left over. The caller
// holds mu; it is released meanwhile.
func (l *link) writeOut() error {
	l.writing = true
	now := l.now()
	rest := l.rest
	l.rest = nil
	var out []byte
	if len(rest) == 0 {
		out = l.swap(now)
		rest = out
	}
	deadline := now + l.m.p.T1
	if t1, _, _ := l.m.deadlines(); t1 > now {
		deadline = min(deadline, t1)
	}
	l.mu.Unlock()
	if out != nil {
		l.traceSent(out)
	}
	if l.direct != nil {
		rest = rest[l.direct.write(rest):]
	}
	var err error
	if len(rest) > 0 {
		err = l.conn.SetWriteDeadline(l.begin.Add(deadline))
		if err == nil {
			_, err = l.conn.Write(rest)
		}
		if err == nil && l.direct != nil {
			err = l.conn.SetWriteDeadline(time.Time{})
		}
	}
	l.mu.Lock()
	l.writing = false
	if out != nil {
		l.spare = out[:0]
	}
	return timeout(err, l.m.p.T1)
}

// flush writes what may be sent in the reader's goroutine, as far as the
// connection allows that without waiting, which saves the change of goroutine
// for each acknowledgement. What is left over is for the writer. The caller
// holds mu; it is released meanwhile.
func (l *link) flush(now time.Duration) error {
	if l.direct == nil || l.writing {
		return nil
	}
	for len(l.rest) == 0 && l.sendable() {
		if err := l.fill(); err != nil {
			return err
		}
		if len(l.m.out) == 0 {
			return nil
		}
		l.writing = true
		out := l.swap(now)
		l.mu.Unlock()
		l.traceSent(out)
		n := l.direct.write(out)
		l.mu.Lock()
		l.writing = false
		l.spare, l.rest = out[:0], out[n:]
	}
	return nil
}

// farewell confirms what is taken over before the connection is closed, so that
// the peer does not send it again on the next one. It waits for a tenth of a
// second at most.
func (l *link) farewell() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.writing || l.err != nil || len(l.rest) > 0 {
		return
	}
	l.absorb()
	l.m.supervise()
	if len(l.m.out) == 0 {
		return
	}
	l.writing = true // and nobody else writes any more
	out := l.swap(l.now())
	l.mu.Unlock()
	l.traceSent(out)
	if l.direct != nil {
		l.direct.write(out)
	} else if l.conn.SetWriteDeadline(time.Now().Add(100*slow)) == nil {
		_, _ = l.conn.Write(out) // the connection ends either way
	}
	l.mu.Lock()
}

// traceSent shows the frames of a write. Who has set writing calls it.
func (l *link) traceSent(octets []byte) {
	if l.tracer.trace == nil {
		return
	}
	now := time.Now()
	l.tracer.wait(l.turn)
	defer l.tracer.done(l.turn)
	for len(octets) > 0 {
		length, err := apci.Length(octets)
		if err != nil || length == 0 || length > len(octets) {
			return // cannot be: the frames are our own
		}
		l.tracer.trace(Frame{Time: now, Sent: true, Octets: octets[:length:length]})
		octets = octets[length:]
	}
}

// fit returns the ASDU with the field lengths of the parameters.
func fit(a asdu.ASDU, params *asdu.Params) (asdu.ASDU, error) {
	if a.Params() != params {
		var err error
		if a, err = a.WithParams(params); err != nil {
			return a, fmt.Errorf("%w: %w", ErrASDU, err)
		}
	}
	if n := a.Len(); n > apci.MaxASDU {
		return a, fmt.Errorf("%w: it has %d octets, an I frame carries at most %d", ErrASDU, n, apci.MaxASDU)
	}
	return a, nil
}

// send sends an ASDU, or queues it, and waits while there is no room for it.
func (l *link) send(ctx context.Context, a asdu.ASDU) error {
	if a.Params() != l.params || a.Len() > apci.MaxASDU {
		var err error
		if a, err = fit(a, l.params); err != nil {
			return err
		}
	}
	l.mu.Lock()
	if l.err == nil && l.open() {
		err := l.put(&a)
		l.mu.Unlock()
		return err
	}
	err := l.sendLater(ctx, &a)
	l.mu.Unlock()
	return err
}

// sendLater waits until an ASDU may be sent or queued. The caller holds mu; it
// is released meanwhile.
func (l *link) sendLater(ctx context.Context, a *asdu.ASDU) error {
	for {
		limit := l.queue
		if limit == 0 {
			limit = l.m.window()
		}
		switch {
		case l.err != nil:
			return l.err
		case l.m.state != Started:
			l.passRoom() // the next one must hear of it too
			return ErrStopped
		case l.waiting.waiting() < limit:
			err := l.enqueue(a)
			l.passRoom()
			return err
		}
		l.waiters++
		l.mu.Unlock()
		var err error
		select {
		case <-l.room:
		case <-l.failed:
		case <-ctx.Done():
			err = ctx.Err()
		}
		l.mu.Lock()
		l.waiters--
		if err != nil {
			l.passRoom() // what this one was told
			return err
		}
	}
}

// answer queues an ASDU without waiting, and also while data transfer is
// stopped, unless that was a cut after as many as the caller knows of. It fails
// where reserve ASDUs more than a queue wait.
func (l *link) answer(a asdu.ASDU, reserve int, cuts uint32) error {
	a, err := fit(a, l.params)
	if err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.err != nil {
		return l.err
	}
	if l.m.deactivated || cuts != l.cuts.Load() {
		return fmt.Errorf("%w: another connection of the redundancy group was started before the answer came", ErrSuperseded)
	}
	if n := l.waiting.waiting(); n >= l.queue+reserve {
		return fmt.Errorf("%w: %d answers wait that the peer does not acknowledge", ErrBusy, n)
	}
	return l.enqueue(&a)
}

// open reports whether an ASDU may go to m.out at once. While a frame is being
// handled it may not: it may be the answer, and is to carry the N(R) that covers
// the request. The caller holds mu.
func (l *link) open() bool {
	return !l.handling && l.waiting.waiting() == 0 && len(l.m.out) < maxBatch && l.m.window() > 0
}

// put appends an ASDU to m.out. The caller holds mu.
func (l *link) put(a *asdu.ASDU) error {
	l.absorb() // N(R) is to be the newest
	begin := l.m.sendHeader()
	l.m.out = a.Append(l.m.out)
	if err := l.m.sendASDU(begin, false); err != nil {
		return err
	}
	l.counters.IFramesSent++
	l.kick()
	return nil
}

// enqueue sends an ASDU as soon as that may be. The caller holds mu.
func (l *link) enqueue(a *asdu.ASDU) error {
	if l.open() {
		return l.put(a)
	}
	l.waiting.commit(a.Append(l.waiting.reserve()))
	if l.m.window() > 0 {
		l.kick()
	}
	return nil
}
