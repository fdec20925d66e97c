package iec104test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"time"

	"stellwerk/iec104/apci"
)

// Redundant is a control centre that keeps several connections to the tester,
// of which one is active.
type Redundant interface {
	// Lines is how many connections it keeps; [Subject.Connect] returns each of
	// them. Less than 2 is none to spare.
	Lines() int
}

// LineSwitcher is a [Redundant] that makes another connection the active one
// when it is told to.
type LineSwitcher interface {
	// Switch returns without waiting until that is done.
	Switch() error
}

// lines are the connections of a control centre to the tester. One goroutine
// waits for the next one where one is missing.
type lines struct {
	*bench
	open   []*wire
	active *wire // data transfer is started there
	tested map[*wire]int
	proven map[*wire]int // confirmations of the tester's test frames
	calls  chan call
	cancel context.CancelFunc
	want   int
	moving bool // it was told to make another one active
}

type call struct {
	conn net.Conn
	err  error
}

// newLines waits for connections as long as the case runs.
func newLines(b *bench, want int) *lines {
	l := &lines{bench: b, want: want, tested: map[*wire]int{}, proven: map[*wire]int{}}
	l.call()
	return l
}

// call waits for another connection.
func (l *lines) call() {
	var ctx context.Context
	ctx, l.cancel = context.WithTimeout(l.ctx, l.p.T0+l.patience())
	calls := make(chan call, 1)
	l.calls = calls
	go func() {
		conn, err := l.subject.Connect(ctx)
		calls <- call{conn, err}
	}()
}

// finish waits for the goroutine.
func (l *lines) finish() {
	if l.calls == nil {
		return
	}
	l.cancel()
	if came := <-l.calls; came.err == nil {
		_ = came.conn.Close() // the case is over
	}
}

// watch deals with all that comes until the condition holds, and reports
// whether it does within the given time.
func (l *lines) watch(within time.Duration, until func() bool) bool {
	end := time.Now().Add(within)
	for !l.over() {
		select {
		case came := <-l.calls:
			l.cancel()
			l.calls = nil
			if came.err != nil {
				l.fail(fmt.Sprintf("%d connections", l.want), fmt.Sprintf("%d: %v", len(l.open), came.err))
				return false
			}
			l.wire = newWire(came.conn, len(l.wires)+1, &l.log)
			l.wires = append(l.wires, l.wire)
			l.open = append(l.open, l.wire)
			if len(l.open) < l.want {
				l.call()
			}
		default:
		}
		for _, w := range slices.Clone(l.open) {
			for a, ok := w.pop(); ok && !l.over(); a, ok = w.pop() {
				l.wire = w
				l.take(w, a)
			}
		}
		switch {
		case l.over() || until():
			return !l.over()
		case !time.Now().Before(end):
			return false
		}
		l.rest(l.prompt / 20)
	}
	return false
}

// take deals with what came on one connection.
func (l *lines) take(w *wire, a arrival) {
	at := fmt.Sprintf("connection %d", w.number)
	switch {
	case a.err != nil:
		l.fail(at+" open", a.String())
	case a.apdu.Format != apci.FormatU && w != l.active:
		l.fail("test frames alone on "+at+", where data transfer is not started", a.String())
	case a.apdu.Format != apci.FormatU:
		w.acknowledged = a.apdu.Receive
		if a.apdu.Format == apci.FormatI {
			l.checkI(a.apdu)
			l.ack()
		}
	case a.apdu.Function == apci.TestFRAct:
		l.tested[w]++
		l.sendU(apci.TestFRCon)
	case a.apdu.Function == apci.TestFRCon:
		l.proven[w]++
	case a.apdu.Function == apci.StartDTAct && (l.active == nil || l.active != w && l.moving):
		l.sendU(apci.StartDTCon)
		l.active, l.moving = w, false
	case a.apdu.Function == apci.StopDTAct && w == l.active:
		if w.acknowledged != w.send {
			l.fail(fmt.Sprintf("all acknowledged before STOPDT act: N(R)=%d", w.send), fmt.Sprintf("N(R)=%d", w.acknowledged))
		}
		l.sendU(apci.StopDTCon)
		l.active = nil
	default:
		expected := "test frames alone on " + at
		if l.active != nil {
			expected = fmt.Sprintf("data transfer on connection %d alone", l.active.number)
		}
		l.fail(expected, a.apdu.String()+" on "+at)
	}
}

// carries wants data to be taken over on the active connection.
func (l *lines) carries(n int) {
	if l.over() {
		return
	}
	w := l.active
	l.wire = w
	l.sendI(n)
	if !l.watch(l.p.T2+l.tolerance+l.prompt, func() bool { return w.acknowledged == w.send }) {
		l.fail(fmt.Sprintf("connection %d: acknowledgement with N(R)=%d", w.number, w.send), fmt.Sprintf("N(R)=%d", w.acknowledged))
	}
}

// started wants data transfer on a connection that is not the given one.
func (l *lines) started(other *wire, why string) {
	if !l.watch(l.patience(), func() bool { return l.active != nil && l.active != other }) {
		l.fail("STARTDT act "+why, fmt.Sprintf("none within %v", l.patience()))
	}
}

// standbyLines is what a control centre does with several connections.
func standbyLines(b *bench) {
	redundant, ok := b.subject.(Redundant)
	if !ok || redundant.Lines() < 2 {
		b.skip("the subject opens one connection alone")
		return
	}
	l := newLines(b, redundant.Lines())
	defer l.finish()
	if !l.watch(b.p.T0+2*b.patience(), func() bool { return len(l.open) == l.want }) {
		b.fail(fmt.Sprintf("%d connections", l.want), fmt.Sprintf("%d", len(l.open)))
	}
	if starter, ok := b.subject.(Starter); ok && !b.startsItself() {
		b.try(starter.Start)
	}
	l.started(nil, "on one of the connections")
	l.alive()
	l.carries(1)
	if b.over() {
		return
	}

	// The active connection dies.
	dead := l.active
	l.open = slices.DeleteFunc(l.open, func(w *wire) bool { return w == dead })
	l.active = nil
	dead.abort()
	l.started(dead, fmt.Sprintf("on another connection: connection %d is gone", dead.number))
	l.carries(1)

	switcher, ok := b.subject.(LineSwitcher)
	if !ok {
		b.choice = "it takes another connection when one fails; it cannot be told to"
		return
	}
	if !b.over() {
		l.call()
	}
	if !l.watch(b.p.T0+2*b.patience(), func() bool { return len(l.open) == l.want }) {
		b.fail(fmt.Sprintf("connection %d opened again", dead.number), fmt.Sprintf("not within %v", b.p.T0+2*b.patience()))
	}
	if b.over() {
		return
	}
	before := l.active
	l.wire = before
	b.sendI(1)
	// The frame must have arrived: one that crosses STOPDT act could not be
	// acknowledged before it.
	l.watch(b.prompt, func() bool { return false })
	if b.over() {
		return
	}
	l.moving = true
	told := make(chan error, 1)
	go func() { told <- switcher.Switch() }()
	var err error
	l.watch(b.deliberation(b.patience()), func() bool {
		select {
		case err = <-told:
			return true
		default:
			return false
		}
	})
	switch {
	case errors.Is(err, errors.ErrUnsupported):
		b.choice = "it takes another connection when one fails; it cannot be told to"
		return
	case err != nil:
		b.fail("another active connection", err.Error())
	}
	l.started(before, "on another connection, as it was told to")
	l.carries(1)
	l.watch(b.prompt, func() bool { return false })
}

// alive wants test frames on each connection that is not active, in both
// directions.
func (l *lines) alive() {
	standby := slices.DeleteFunc(slices.Clone(l.open), func(w *wire) bool { return w == l.active })
	within := l.p.T3 + l.tolerance + l.prompt
	all := func(count map[*wire]int) func() bool {
		return func() bool { return !slices.ContainsFunc(standby, func(w *wire) bool { return count[w] == 0 }) }
	}
	if !l.watch(within, all(l.tested)) {
		l.fail("test frames on every connection that is not active", fmt.Sprintf("none on one of them within %v", within))
	}
	for _, w := range standby {
		l.wire = w
		l.sendU(apci.TestFRAct)
	}
	if !l.watch(l.prompt, all(l.proven)) {
		l.fail("TESTFR con on every connection that is not active", fmt.Sprintf("none on one of them within %v", l.prompt))
	}
}
