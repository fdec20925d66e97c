package iec104test

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"stellwerk/iec104"
	"stellwerk/iec104/apci"
	"stellwerk/iec104/asdu"
)

// The tester as a controlled station, for cases of the controlling one.

// doing is a request that the subject was told to make.
type doing struct {
	request Request
	done    chan struct{}
	err     error // once done is closed
}

// do tells the subject to make a request.
func (b *bench) do(r Request) *doing {
	d := &doing{request: r, done: make(chan struct{})}
	if b.over() {
		return d
	}
	requester, ok := b.subject.(Requester)
	if !ok {
		b.skip("the subject cannot be told to send " + r.Type.String())
		return d
	}
	b.settleRequests()
	ctx := b.ctx
	go func() {
		defer close(d.done)
		d.err = requester.Do(ctx, r)
	}()
	return d
}

// awaitRequest waits for the request of a type that the subject was told to
// make, and skips the case where it cannot make it.
func (b *bench) awaitRequest(d *doing) reply {
	r, ok := b.requested(d)
	if !ok {
		b.unable(d)
	}
	return r
}

// unable skips the case: the subject cannot make a request.
func (b *bench) unable(d *doing) {
	if !b.over() {
		b.lacking = d.request.Type.String()
		b.skip(fmt.Sprintf("the subject cannot make this request, %s: %v", b.lacking, d.err))
	}
}

// eachOf runs part of a case for several requests. Those that the subject cannot
// make are left out; the case is skipped where it can make none.
func (b *bench) eachOf(all []ask, run func(ask)) {
	var lacking []string
	why, made := "", false
	for _, a := range all {
		run(a)
		if b.skipped == "" || b.lacking == "" {
			made = true
			if b.over() {
				return
			}
			continue
		}
		if !slices.Contains(lacking, b.lacking) {
			lacking = append(lacking, b.lacking)
		}
		why, b.skipped, b.lacking = b.skipped, "", ""
	}
	switch {
	case !made:
		b.skip(why)
	case len(lacking) > 0:
		b.state("it cannot send %s", strings.Join(lacking, ", "))
	}
}

// requested waits for the request of a type that the subject was told to make,
// and returns false where it cannot make it. What else it asks for is confirmed
// and terminated.
func (b *bench) requested(d *doing) (reply, bool) {
	within := b.deliberation(b.patience())
	end, said := time.Now().Add(within), false
	for !b.over() {
		select {
		case <-d.done:
			if errors.Is(d.err, errors.ErrUnsupported) {
				return reply{}, false
			}
			if soon := time.Now().Add(b.patience()); soon.Before(end) && !said {
				end, said = soon, true // it has come, or will not
			}
		default:
		}
		r, ok := b.nextASDU(min(b.prompt, time.Until(end)))
		switch {
		case b.over():
		case ok && r.a.Type == asdu.C_CD_NA_1 && r.a.Cause == asdu.Spontaneous:
			// The delay of the last acquisition, which nobody confirms.
		case ok && r.a.Type == d.request.Type:
			b.sound(r)
			return r, true
		case ok:
			b.serve(r)
		case b.closed || !time.Now().Before(end):
			b.fail(d.request.Type.String(), b.seenInstead(within))
		}
	}
	return reply{}, true
}

// eachRequest has the subject make every request that it can make, looks at
// it, and refuses it.
func (b *bench) eachRequest(look func(ask, reply)) {
	b.eachOf(requests(), func(a ask) {
		d := b.do(a.Request)
		r := b.awaitRequest(d)
		if b.over() {
			return
		}
		look(a, r)
		b.refuse(r)
		_ = b.outcome(d, b.patience()) // whatever it makes of it
	})
}

// serve answers a request that the subject makes by itself.
func (b *bench) serve(r reply) {
	switch {
	case b.over() || len(r.octets) < 6 || !r.a.Type.Control():
	case r.a.Type == asdu.C_RD_NA_1:
		b.sendASDU(mirror(r.octets, asdu.UnknownObjectAddress, negative))
	case r.a.Cause == asdu.Deactivation:
		b.sendASDU(mirror(r.octets, asdu.DeactivationCon, positive))
	case r.a.Cause == asdu.Activation:
		b.sendASDU(mirror(r.octets, asdu.ActivationCon, positive))
		if r.a.Type < asdu.C_RD_NA_1 {
			b.sendASDU(mirror(r.octets, asdu.ActivationTermination, positive))
		}
	}
}

// settleRequests answers, once for each connection, what a control centre that
// others operate asks for by itself: that is not what it is told to.
func (b *bench) settleRequests() {
	if b.role == iec104.Controlling && b.deliberate() && !b.over() && !b.wire.served {
		b.wire.served = true
		b.serveAll()
	}
}

// serveAll answers what the subject asks for by itself, until it pauses.
func (b *bench) serveAll() {
	for end := time.Now().Add(b.patience()); time.Now().Before(end); {
		r, ok := b.nextASDU(b.prompt)
		if !ok {
			return
		}
		b.serve(r)
	}
}

// outcome waits until the subject has done with a request.
func (b *bench) outcome(d *doing, within time.Duration) error {
	within = b.deliberation(within)
	end := time.NewTimer(within)
	defer end.Stop()
	for !b.over() {
		select {
		case <-d.done:
			if errors.Is(d.err, errors.ErrUnsupported) {
				b.unable(d)
			}
			return d.err
		case <-b.ctx.Done():
			b.fail("the case within its time", b.ctx.Err().Error())
		case <-end.C:
			b.fail(d.request.Type.String()+" comes to an end", fmt.Sprintf("the subject waits still after %v", within))
		case <-b.more:
			if r, ok := b.nextASDU(0); ok {
				b.serve(r)
			}
			if b.closed {
				b.fail("the connection open", "closed")
			}
		}
	}
	return nil
}

// succeeds wants the request carried out in the eyes of the subject.
func (b *bench) succeeds(d *doing, why string) {
	if err := b.outcome(d, b.patience()); err != nil {
		b.fail("the subject takes it for carried out: "+why, err.Error())
	}
}

// fails wants the request failed in the eyes of the subject, and the connection
// open.
func (b *bench) fails(d *doing, within time.Duration, why string) {
	if err := b.outcome(d, within); err == nil {
		b.fail("the subject takes it for failed: "+why, "it takes it for carried out")
	}
	b.alive(why)
}

// silence is how long a controlling station may wait for an answer.
const silence = 2 * time.Minute

// tell sends an ASDU that asks for nothing. The subject must go on, and answer
// nothing.
func (b *bench) tell(name string, octets []byte) {
	if b.over() {
		return
	}
	b.sendASDU(octets)
	b.calm(name)
}

// calm wants the subject to be alive and to answer nothing but test frames.
func (b *bench) calm(after string) {
	if b.over() {
		return
	}
	b.sendU(apci.TestFRAct)
	end := time.Now().Add(b.patience())
	for !b.over() {
		a, ok := b.next(time.Until(end))
		switch {
		case b.over():
		case !ok:
			b.fail("TESTFR con after "+after, fmt.Sprintf("%s within %v", nothing, b.patience()))
		case a.err != nil:
			b.fail("the connection open after "+after, a.String())
		case a.apdu.Format == apci.FormatU && a.apdu.Function == apci.TestFRCon:
			return
		case a.apdu.Format == apci.FormatI:
			r := reply{at: a.at, octets: a.apdu.ASDU}
			r.a, r.err = (*asdu.Params)(nil).Decode(r.octets)
			if r.a.Cause.Unknown() || !r.a.Type.Control() {
				b.fail("no answer to "+after, r.String())
			}
			b.serve(r)
		}
	}
}

// taken wants an ASDU handed to the subject's application, octet for octet,
// where the subject can say so.
func (b *bench) taken(name string, octets []byte) {
	recorder, ok := b.subject.(Recorder)
	if !ok || b.over() {
		return
	}
	b.settle()
	for _, a := range recorder.Received() {
		if bytes.Equal(a.Append(nil), octets) {
			return
		}
	}
	b.fail(name+" handed to the application: "+describe(octets), "not handed")
}

// allTaken sends ASDUs that ask for nothing, and wants them all handed to the
// subject's application, in order and octet for octet, where it can say so.
func (b *bench) allTaken(name string, all [][]byte) {
	for _, octets := range all {
		b.tell(name+", "+describe(octets), octets)
	}
	recorder, ok := b.subject.(Recorder)
	if !ok || b.over() {
		return
	}
	b.settle()
	for _, a := range recorder.Received() {
		if len(all) > 0 && bytes.Equal(a.Append(nil), all[0]) {
			all = all[1:]
		}
	}
	if len(all) > 0 {
		b.fail(name+" handed to the application in order: "+describe(all[0]), "not handed")
	}
}

// tolerates sends what is wrong, and wants the subject to go on or to close
// the connection, but to answer nothing. It returns which.
func (b *bench) tolerates(name string, octets []byte) string {
	if b.over() {
		return ""
	}
	b.sendASDU(octets)
	b.sendU(apci.TestFRAct)
	end := time.Now().Add(b.patience())
	for !b.over() {
		a, ok := b.next(time.Until(end))
		switch {
		case b.over():
		case !ok:
			b.fail("TESTFR con, or the connection closed, after "+name, b.seenInstead(b.patience()))
		case a.err != nil:
			b.closed = true
			return "closed"
		case a.apdu.Format == apci.FormatU && a.apdu.Function == apci.TestFRCon:
			return "ignored"
		case a.apdu.Format == apci.FormatI:
			r := reply{at: a.at, octets: a.apdu.ASDU}
			r.a, r.err = (*asdu.Params)(nil).Decode(r.octets)
			if r.a.Cause.Unknown() || !r.a.Type.Control() {
				b.fail("no answer to "+name, r.String())
			}
			b.serve(r)
		}
	}
	return ""
}

// kept wants an ASDU not handed to the subject's application, where the
// subject can say so.
func (b *bench) kept(name string, octets []byte) {
	recorder, ok := b.subject.(Recorder)
	if !ok || b.over() {
		return
	}
	b.settle()
	for _, a := range recorder.Received() {
		if bytes.Equal(a.Append(nil), octets) {
			b.fail(name+" kept from the application", describe(octets))
		}
	}
}

// expectAcknowledged wants all that was sent acknowledged, soon or before.
func (b *bench) expectAcknowledged() {
	if !b.over() && b.acknowledged != b.send {
		b.expectAck(b.p.T2 + b.prompt)
	}
}
