package iec104test

import (
	"fmt"
	"time"

	"stellwerk/iec104"
	"stellwerk/iec104/apci"
)

// Timers (5.2 and 5.4).
var timerRequirements = []requirement{
	{
		id: "A11", clause: "5.2", title: "t1 after an I frame that is not acknowledged closes",
		both: func(b *bench) {
			b.started()
			b.provoke(1)
			b.expectI(1)
			from := b.at
			b.expectAfter(from, b.expectClosed(b.p.T1+b.prompt, "t1 after the I frame"), b.p.T1, "close")
		},
	},
	{
		id: "A12", clause: "5.2", title: "t1 after TESTFR, STARTDT or STOPDT act that is not confirmed closes",
		controlled: func(b *bench) {
			b.connect()
			b.unansweredTest()
		},
		controlling: func(b *bench) {
			b.connect()
			if !b.startsItself() {
				b.unansweredTest()
				b.connect()
			}
			b.expectStart()
			b.ordered = nil // it fails, as it must
			b.unanswered("STARTDT act")
			starter, ok := b.subject.(Starter)
			if !ok || b.over() {
				return
			}
			b.started()
			b.settleRequests()
			b.expectStop(starter)
			if b.skipped != "" {
				b.skipped = ""
				b.state("it cannot be told to stop data transfer")
				return
			}
			b.ordered = nil
			b.unanswered("STOPDT act")
		},
	},
	{
		id: "A13", clause: "5.2", title: "fewer than w frames are acknowledged t2 after the first",
		both: func(b *bench) {
			if b.p.W < 3 {
				b.skip(fmt.Sprintf("with w=%d frames do not wait for t2", b.p.W))
			}
			b.started()
			from := time.Now()
			b.sendI(1)
			b.rest(b.p.T2 / 4)
			b.sendI(1)
			at := b.expectAck(b.p.T2 + b.prompt)
			if b.ackByData {
				b.choice = "acknowledged before t2 by an I frame that the subject had to send"
				return
			}
			b.expectAfter(from, at, b.p.T2, "acknowledgement")
		},
	},
	{
		id: "A14", clause: "5.2", title: "t3 without a received frame sends TESTFR act, also while stopped; any received frame restarts t3",
		both: func(b *bench) {
			b.connect()
			b.keepTest = true
			if b.startsItself() {
				// It starts by itself, and asks for what it wants to know.
				b.start()
				b.settleData()
				if !b.testUnlessData(b.sentAt) {
					b.skip("the control centre always has something to say after the start")
				}
			} else {
				from := time.Now()
				if b.deliberate() { // the connection may be older than the case
					from = b.restartT3()
				}
				b.testAfterT3(from)
			}
			b.testAfterT3(time.Now())
			b.rest(b.p.T3 / 2)
			b.sendU(apci.TestFRAct)
			from := time.Now()
			b.expectU(apci.TestFRCon)
			b.testAfterT3(from)
			if b.startsItself() {
				return
			}
			b.start()
			if b.role == iec104.Controlled {
				b.settleData()
			}
			if b.deliberate() { // a test frame may have crossed the start
				b.restartT3()
			}
			const busy = "shown while data transfer is stopped; after that the subject has data to send"
			if !b.testUnlessData(b.sentAt) {
				b.choice = busy
				return
			}
			if b.p.T3 > 2*b.p.T2 {
				return // acknowledging the I frame would come in between
			}
			b.rest(b.p.T3 / 2)
			from = time.Now()
			b.sendI(b.p.W)
			b.expectAck(b.prompt)
			if !b.testUnlessData(from) {
				b.choice = busy
			}
		},
	},
	{
		id: "A15", clause: "5.2", title: "an attempt to connect ends after t0",
		controlling: func(b *bench) {
			dialer, ok := b.subject.(SilentDialer)
			if !ok {
				b.skip("the subject cannot be made to call where nobody answers")
				return
			}
			from := time.Now()
			b.try(func() error { return dialer.DialSilent(b.ctx) })
			b.expectAfter(from, time.Now(), b.p.T0, "giving up")
		},
	},
	{
		id: "A24", clause: "10.1", title: "test frames keep a connection alive on which data transfer is stopped",
		both: func(b *bench) {
			const starts = "the subject starts data transfer by itself"
			self := b.startsItself()
			starter, ok := b.subject.(Starter)
			if self && !ok {
				b.skip(starts)
			}
			b.connect()
			if self && ok {
				b.start()
				b.settleRequests()
				b.expectStop(starter)
				b.sendU(apci.StopDTCon)
			}
			a, came := b.next(5 * b.p.T3)
			if self && came && a.err == nil && a.apdu.Format == apci.FormatU && a.apdu.Function == apci.StartDTAct {
				b.skip(starts + ", and again when it was stopped")
			} else if came && !b.over() {
				b.fail(nothing+": there are test frames alone", a.String())
			}
			b.sendU(apci.TestFRAct)
			b.expectU(apci.TestFRCon)
			if !self {
				b.start()
			}
		},
	},
	{
		id: "A26", clause: "5.2", title: "a step of the wall clock trips no timer",
		both: func(b *bench) {
			clock, ok := b.subject.(ClockStepper)
			if !ok {
				b.skip("the clock of the subject cannot be put forward and back")
				return
			}
			b.started()
			b.settleRequests()
			b.keepTest = true
			for _, step := range []struct {
				by  time.Duration
				why string
			}{
				{2 * time.Hour, "the clock was put forward"},
				{-4 * time.Hour, "the clock was put back"},
				{2 * time.Hour, "the clock was put right again"},
			} {
				b.order(func() error { return clock.StepClock(step.by) })
				b.steady(b.p.T3/4, step.why)
			}
			if !b.testUnlessData(b.sentAt) {
				b.choice = "it has data to send, so that its test frames are not seen"
			}
		},
	},
}

// try calls the subject.
func (b *bench) try(f func() error) {
	if b.over() {
		return
	}
	b.obeyed(b.wait(f))
}

// unanswered wants the connection closed t1 after the frame that came last.
func (b *bench) unanswered(frame string) {
	from := b.at
	b.expectAfter(from, b.expectClosed(b.p.T1+b.prompt, "t1 after "+frame), b.p.T1, "close after "+frame)
}

// unansweredTest waits for a test frame and does not answer it.
func (b *bench) unansweredTest() {
	b.keepTest = true
	b.expectUWithin(apci.TestFRAct, b.p.T3+b.prompt)
	b.unanswered("TESTFR act")
	b.keepTest = false
}

// restartT3 has the subject receive something, and returns when it did.
func (b *bench) restartT3() time.Time {
	b.keepTest = false
	b.alive("a test frame")
	b.keepTest = true
	return b.sentAt
}

// testAfterT3 wants a test frame t3 after the subject has received something,
// and answers it.
func (b *bench) testAfterT3(from time.Time) {
	b.expectAfter(from, b.expectUWithin(apci.TestFRAct, b.p.T3+b.prompt), b.p.T3, "TESTFR act")
	b.sendU(apci.TestFRCon)
}

// testUnlessData does the same where the subject sends no I frame meanwhile.
// Where it does, which must be acknowledged, it returns false.
func (b *bench) testUnlessData(from time.Time) bool {
	within := b.p.T3 + b.prompt
	a, ok := b.next(within)
	switch {
	case b.over():
	case !ok:
		b.fail(apci.TestFRAct.String(), fmt.Sprintf("%s within %v", nothing, within))
	case a.err == nil && a.apdu.Format == apci.FormatI:
		return false
	case a.err != nil || a.apdu.Format != apci.FormatU || a.apdu.Function != apci.TestFRAct:
		b.fail(apci.TestFRAct.String(), a.String())
	default:
		b.expectAfter(from, a.at, b.p.T3, "TESTFR act")
		b.sendU(apci.TestFRCon)
	}
	return true
}
