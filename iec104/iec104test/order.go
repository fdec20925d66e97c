package iec104test

import (
	"errors"
	"fmt"
	"time"

	"stellwerk/iec104"
	"stellwerk/iec104/apci"
	"stellwerk/iec104/asdu"
)

// order is something that the subject was told to do, and has perhaps not done
// yet: a control centre that a person or a program operates takes its time, and
// the connection goes on meanwhile.
type order struct {
	done chan struct{}
	err  error // once done is closed
}

// order tells the subject to do something and does not wait for it. That it cannot
// do it, or fails, turns out while something else is awaited.
func (b *bench) order(f func() error) {
	if b.over() {
		return
	}
	o := &order{done: make(chan struct{})}
	b.ordered = o
	go func() {
		defer close(o.done)
		o.err = f()
	}()
}

// orderEnded is closed when the subject has done what it was told; it is nil
// where it was told nothing.
func (b *bench) orderEnded() <-chan struct{} {
	if b.ordered == nil {
		return nil
	}
	return b.ordered.done
}

// concludeOrder takes in what came of an order that has ended.
func (b *bench) concludeOrder() {
	err := b.ordered.err
	b.ordered = nil
	b.obeyed(err)
}

// wait has the subject do something and returns when it is done. Where it takes its
// time, test frames are answered meanwhile; all else is left for the case.
func (b *bench) wait(f func() error) error {
	if !b.deliberate() {
		return f()
	}
	done := make(chan error, 1)
	go func() { done <- f() }()
	look := time.NewTicker(max(b.prompt/10, time.Millisecond))
	defer look.Stop()
	for {
		select {
		case err := <-done:
			return err
		case <-look.C:
			if !b.keepTest && b.wire.popTests() {
				b.sentAt = time.Now()
				_ = b.wire.write(apci.AppendU(nil, apci.TestFRCon)) // that it is closed the case sees
			}
		}
	}
}

// obeyed takes in what the subject says of something that it was told.
func (b *bench) obeyed(err error) {
	switch {
	case errors.Is(err, errors.ErrUnsupported):
		b.skip("the subject cannot do this: " + err.Error())
	case err != nil:
		b.fail("the subject does what it is told", err.Error())
	}
}

// startsItself reports whether the subject is a controlling station that starts
// data transfer without being told to.
func (b *bench) startsItself() bool {
	if b.role == iec104.Controlled {
		return false
	}
	if self, ok := b.subject.(SelfStarter); ok {
		return self.StartsItself()
	}
	_, told := b.subject.(Starter)
	return !told
}

// deliberate reports whether the subject takes its time for what it is told.
func (b *bench) deliberate() bool {
	_, ok := b.subject.(Deliberate)
	return ok
}

// expectStart wants STARTDT act of a control centre, which is told to send it
// unless it starts by itself. When it does that is its own affair.
func (b *bench) expectStart() {
	if b.startsItself() {
		b.expectUWithin(apci.StartDTAct, b.patience())
		return
	}
	if starter, ok := b.subject.(Starter); ok {
		b.order(starter.Start)
	}
	b.expectOrdered(apci.StartDTAct)
}

// expectStop tells a control centre to stop data transfer, and wants all that it
// was sent acknowledged before its STOPDT act.
func (b *bench) expectStop(starter Starter) {
	b.order(starter.Stop)
	b.expectOrdered(apci.StopDTAct)
}

// expectOrdered wants an APDU in U format as soon as the subject has done what it
// was told.
func (b *bench) expectOrdered(f apci.Function) {
	within := b.deliberation(b.prompt)
	for end := time.Now().Add(within); !b.over(); {
		a, ok := b.next(b.prompt)
		switch {
		case b.over():
		case !ok && b.ordered != nil && time.Now().Before(end):
			// It has not been done yet.
		case !ok:
			b.fail(f.String(), fmt.Sprintf("%s within %v", nothing, within))
		case a.err == nil && a.apdu.Format == apci.FormatU && a.apdu.Function == f:
			if f == apci.StopDTAct && b.acknowledged != b.send {
				b.fail(fmt.Sprintf("acknowledgement with N(R)=%d", b.send), a.String())
			}
			return
		case a.err == nil && a.apdu.Format == apci.FormatU && a.apdu.Function == apci.TestFRAct && b.keepTest:
			b.sendU(apci.TestFRCon) // how long it takes is not the case's matter
		case a.err == nil && a.apdu.Format == apci.FormatI && f == apci.StopDTAct:
			b.ack()
		case a.err == nil && a.apdu.Format == apci.FormatS && f == apci.StopDTAct:
		default:
			b.fail(f.String(), a.String())
		}
	}
}

// steady wants the timers of the subject to run as always, until it has done what
// it was told and for some time after that: test frames come t3 after what it has
// received, and the connection stays open. What it asks for is answered.
func (b *bench) steady(d time.Duration, why string) {
	var end time.Time // once it has done what it was told
	limit := time.Now().Add(b.deliberation(b.prompt))
	for !b.over() {
		within := b.prompt / 10 // then look whether it has been done
		if b.ordered == nil && end.IsZero() {
			end = time.Now().Add(d)
		}
		if !end.IsZero() {
			within = time.Until(end)
		}
		before := b.sentAt
		a, ok := b.next(within)
		switch {
		case b.over():
		case !ok && !end.IsZero():
			return
		case !ok && time.Now().After(limit):
			b.fail("the subject does what it is told: "+why, fmt.Sprintf("not within %v", b.deliberation(b.prompt)))
		case !ok:
			// It has not been done yet.
		case a.err != nil:
			b.fail("the connection open: "+why, a.String())
		case a.apdu.Format == apci.FormatS:
		case a.apdu.Format == apci.FormatI:
			b.ack()
			r := reply{at: a.at, octets: a.apdu.ASDU}
			r.a, r.err = (*asdu.Params)(nil).Decode(r.octets)
			b.serve(r)
		case a.apdu.Function == apci.TestFRAct:
			b.expectAfter(before, a.at, b.p.T3, "TESTFR act, although "+why)
			b.sendU(apci.TestFRCon)
		default:
			b.fail("test frames alone: "+why, a.String())
		}
	}
}
