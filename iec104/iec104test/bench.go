package iec104test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"stellwerk/iec104"
	"stellwerk/iec104/apci"
	"stellwerk/iec104/asdu"
)

// bench is what a case works on: the tester with its connection to the
// subject. It remembers the first failure and does nothing more after it, so
// that cases read as what must happen in order.
type bench struct {
	ctx       context.Context
	subject   Subject
	role      iec104.Role // of the subject
	p         iec104.Parameters
	tolerance time.Duration
	prompt    time.Duration
	inventory *Inventory // nil where nobody has said it

	failure *failure
	skipped string
	choice  string
	lacking string // the request that the subject could not make, where skipped says so

	*wire             // the present connection
	wires     []*wire // all of them
	log       transcript
	at        time.Time             // when the last frame came
	sentAt    time.Time             // when the last frame went
	clockLag  time.Duration         // by how much the clock of a station may be late, as it took time to be set
	ackByData bool                  // I frames came while an acknowledgement was awaited
	keepTest  bool                  // test frames of the subject are the case's matter
	holding   bool                  // ASDUs are not acknowledged
	closed    bool                  // the present connection is gone, as far as ASDUs are awaited
	data      []reply               // that came while an answer was awaited
	told      map[controlled]string // the elements of the commands before
	stuck     bool                  // the process cannot be moved, as the subject has said
	ordered   *order                // what the subject was told and has not done yet; nil for nothing
}

type failure struct{ expected, seen string }

func (b *bench) over() bool { return b.failure != nil || b.skipped != "" }

func (b *bench) fail(expected, seen string) {
	if !b.over() {
		b.failure = &failure{expected: expected, seen: seen}
	}
}

func (b *bench) skip(why string) {
	if !b.over() {
		b.skipped = why
	}
}

// connect opens a new connection, which becomes the present one.
func (b *bench) connect() {
	if b.over() {
		return
	}
	if b.role == iec104.Controlling && len(b.wires) > 0 {
		b.wire.close() // it has one connection at a time
	}
	ctx, cancel := context.WithTimeout(b.ctx, b.p.T0+b.prompt)
	defer cancel()
	conn, err := b.subject.Connect(ctx)
	if err != nil {
		b.fail("a connection", "none: "+err.Error())
		return
	}
	b.closed, b.data = false, nil
	b.wire = newWire(conn, len(b.wires)+1, &b.log)
	b.wires = append(b.wires, b.wire)
}

func (b *bench) closeAll() {
	for _, w := range b.wires {
		w.close()
	}
}

// start has data transfer started, by the tester or by the subject.
func (b *bench) start() {
	if b.role == iec104.Controlled {
		b.sendU(apci.StartDTAct)
		b.expectU(apci.StartDTCon)
		return
	}
	b.expectStart()
	b.sendU(apci.StartDTCon)
}

// started connects and starts, and lets a station send what it sends after a
// start, such as M_EI_NA_1. The cases that follow count from there.
func (b *bench) started() {
	b.connect()
	b.start()
	if b.role == iec104.Controlled {
		b.settleData()
	}
}

// settleData takes in what a station sends by itself, until it pauses; one that
// never does is taken as it is.
func (b *bench) settleData() {
	end := time.Now().Add(b.patience())
	for !b.over() {
		a, ok := b.next(b.settleTime())
		switch {
		case !ok:
			b.base = b.receive
			return
		case a.err != nil || a.apdu.Format == apci.FormatU:
			b.fail("data transfer started", a.String())
		default:
			b.ack()
			if time.Now().After(end) {
				b.base = b.receive
				return
			}
		}
	}
}

// events makes the subject send n I frames.
func (b *bench) events(n int) {
	if b.over() {
		return
	}
	if why := b.eventsIfAny(n); why != "" {
		b.skip(why)
	}
}

// eventsIfAny does so where the subject can, and returns why it cannot.
func (b *bench) eventsIfAny(n int) (why string) {
	const unable = "the subject cannot be made to send I frames"
	source, ok := b.subject.(EventSource)
	if !ok || b.over() {
		return unable
	}
	err := b.wait(func() error { return source.Event(n) })
	if errors.Is(err, errors.ErrUnsupported) {
		return unable + ": " + err.Error()
	}
	if err != nil {
		b.fail(fmt.Sprintf("%d I frames", n), err.Error())
	}
	return ""
}

// deliberation is how long the subject may take to do what it is told, and to
// say what came of it: no less than the given time.
func (b *bench) deliberation(least time.Duration) time.Duration {
	if d, ok := b.subject.(Deliberate); ok {
		return max(least, d.Deliberation())
	}
	return least
}

// provoke makes the subject send n I frames or more while data transfer is
// started. A controlled station that cannot be told to is interrogated, which
// it confirms at least.
func (b *bench) provoke(n int) {
	if b.role == iec104.Controlling {
		b.events(n)
		return
	}
	if b.eventsIfAny(n) == "" || b.over() {
		return
	}
	var octets []byte
	for range n {
		octets = apci.AppendI(octets, b.send, b.receive, interrogation)
		b.send = b.send.Next()
	}
	b.write(octets)
}

// next returns the next frame that the subject sends, or false after the given
// time. The tester answers test frames by itself, unless keepTest is set. A
// closed connection comes as an arrival with an error.
func (b *bench) next(within time.Duration) (arrival, bool) {
	if b.over() {
		return arrival{}, false
	}
	timer := time.NewTimer(within)
	defer timer.Stop()
	for {
		a, ok := b.wire.pop()
		if !ok {
			select {
			case <-b.wire.more:
				continue
			case <-b.orderEnded():
				b.concludeOrder()
				if b.over() {
					return arrival{}, false
				}
				continue
			case <-timer.C:
				return arrival{}, false
			case <-b.ctx.Done():
				b.fail("the case within its time", b.ctx.Err().Error())
				return arrival{}, false
			}
		}
		b.at = a.at
		if a.err == nil && a.apdu.Format != apci.FormatU {
			b.wire.acknowledged = a.apdu.Receive
		}
		if a.err == nil && a.apdu.Format == apci.FormatI {
			b.checkI(a.apdu)
		}
		if a.err == nil && !b.keepTest && a.apdu.Format == apci.FormatU && a.apdu.Function == apci.TestFRAct {
			b.sendU(apci.TestFRCon)
			continue
		}
		return a, true
	}
}

// checkI holds an I frame to its numbers.
func (b *bench) checkI(apdu apci.APDU) {
	if apdu.Send != b.wire.receive {
		b.fail(fmt.Sprintf("I frame with N(S)=%d", b.wire.receive), apdu.String())
	}
	b.wire.receive = b.wire.receive.Next()
}

// expectUAmongData wants an APDU in U format now, and acknowledges the I frames
// that come before it.
func (b *bench) expectUAmongData(f apci.Function) {
	end := time.Now().Add(b.prompt)
	for !b.over() {
		a, ok := b.next(time.Until(end))
		switch {
		case b.over():
		case ok && a.err == nil && a.apdu.Format != apci.FormatU:
			b.ack()
		case !ok:
			b.fail(f.String(), fmt.Sprintf("%s within %v", nothing, b.prompt))
		case a.err != nil || a.apdu.Function != f:
			b.fail(f.String(), a.String())
		default:
			return
		}
	}
}

// nothing names what has not come.
const nothing = "nothing"

// expectU wants an APDU in U format now.
func (b *bench) expectU(f apci.Function) {
	b.expectUWithin(f, b.prompt)
}

func (b *bench) expectUWithin(f apci.Function, within time.Duration) time.Time {
	a, ok := b.next(within)
	if b.over() {
		return time.Time{}
	}
	if !ok {
		b.fail(f.String(), fmt.Sprintf("%s within %v", nothing, within))
	} else if a.err != nil || a.apdu.Format != apci.FormatU || a.apdu.Function != f {
		b.fail(f.String(), a.String())
	}
	return a.at
}

// expectI wants n I frames now, and returns the last. Acknowledgements may come
// in between.
func (b *bench) expectI(n int) apci.APDU {
	var last apci.APDU
	for got := 0; got < n; {
		a, ok := b.next(b.prompt)
		switch {
		case b.over():
			return last
		case !ok:
			b.fail(fmt.Sprintf("%d I frames", n), fmt.Sprintf("%d within %v", got, b.prompt))
		case a.err != nil || a.apdu.Format == apci.FormatU:
			b.fail(fmt.Sprintf("I frame with N(S)=%d", b.wire.receive), a.String())
		case a.apdu.Format == apci.FormatI:
			last = a.apdu
			got++
		}
	}
	return last
}

// expectAck wants all that the tester has sent to be acknowledged within the
// given time, by an S frame or an I frame, and returns when it was.
func (b *bench) expectAck(within time.Duration) time.Time {
	expected := fmt.Sprintf("acknowledgement with N(R)=%d", b.send)
	end := time.Now().Add(within)
	b.ackByData = false
	for !b.over() {
		a, ok := b.next(time.Until(end))
		b.ackByData = b.ackByData || ok && a.err == nil && a.apdu.Format == apci.FormatI
		switch {
		case b.over():
		case !ok:
			b.fail(expected, fmt.Sprintf("%s within %v", nothing, within))
		case a.err != nil || a.apdu.Format == apci.FormatU:
			b.fail(expected, a.String())
		case a.apdu.Receive == b.send:
			return a.at
		}
	}
	return time.Time{}
}

// expectClosed wants the subject to close the connection within the given time.
// What it sends before does not matter.
func (b *bench) expectClosed(within time.Duration, why string) time.Time {
	end := time.Now().Add(within)
	for !b.over() {
		a, ok := b.next(time.Until(end))
		switch {
		case b.over():
		case !ok:
			b.fail("the connection closed: "+why, fmt.Sprintf("open after %v", within))
		case a.err != nil:
			return a.at
		}
	}
	return time.Time{}
}

// expectQuiet wants the subject to send nothing, test frames aside.
func (b *bench) expectQuiet(d time.Duration, why string) {
	if a, ok := b.next(d); ok && !b.over() {
		b.fail(nothing+": "+why, a.String())
	}
}

// expectNoI wants no I frame. Acknowledgements may come.
func (b *bench) expectNoI(d time.Duration, why string) {
	end := time.Now().Add(d)
	for !b.over() {
		a, ok := b.next(time.Until(end))
		switch {
		case !ok:
			return
		case a.err != nil || a.apdu.Format != apci.FormatS:
			b.fail("no I frame: "+why, a.String())
		}
	}
}

// expectAfter wants at to be d after from.
func (b *bench) expectAfter(from, at time.Time, d time.Duration, what string) {
	if b.over() {
		return
	}
	if off := at.Sub(from) - d; off < -b.tolerance || off > b.tolerance {
		b.fail(fmt.Sprintf("%s after %v", what, d), fmt.Sprintf("after %v", at.Sub(from).Round(time.Millisecond)))
	}
}

// rest lets time pass.
func (b *bench) rest(d time.Duration) {
	if b.over() {
		return
	}
	select {
	case <-time.After(d):
	case <-b.ctx.Done():
		b.fail("the case within its time", b.ctx.Err().Error())
	}
}

// write sends octets as they are, in one segment.
func (b *bench) write(octets []byte) {
	if b.over() {
		return
	}
	b.sentAt = time.Now()
	if err := b.wire.write(octets); err != nil {
		b.fail("the connection open", err.Error())
	}
}

func (b *bench) sendU(f apci.Function) { b.write(apci.AppendU(nil, f)) }

func (b *bench) sendS(receive apci.Sequence) { b.write(apci.AppendS(nil, receive)) }

// ack acknowledges all that was received.
func (b *bench) ack() {
	if !b.over() {
		b.sendS(b.receive)
	}
}

// sendI sends n I frames with what acknowledges all that was received.
func (b *bench) sendI(n int) {
	var octets []byte
	for range n {
		if b.over() {
			return
		}
		octets = b.appendI(octets, b.send)
		b.send = b.send.Next()
		if len(octets) > 16<<10 {
			b.write(octets)
			octets = nil
		}
	}
	if len(octets) > 0 {
		b.write(octets)
	}
}

func (b *bench) appendI(dst []byte, send apci.Sequence) []byte {
	return apci.AppendI(dst, send, b.receive, harmless(b.role))
}

// interrogation is an interrogation command to station 1.
var interrogation = []byte{
	byte(asdu.C_IC_NA_1), 1, byte(asdu.Activation), 0, // type, one object, cause, originator
	1, 0, // common address
	0, 0, 0, 20, // object address, QOI: station
}

// harmless returns an ASDU to which a station of the role sends no answer: a
// spontaneous single point to the controlling station, the answer to an
// interrogation that was never sent to the controlled one.
func harmless(role iec104.Role) []byte {
	if role == iec104.Controlling {
		return []byte{
			byte(asdu.M_SP_NA_1), 1, byte(asdu.Spontaneous), 0, // type, one object, cause, originator
			1, 0, // common address
			1, 0, 0, 1, // object address, SIQ: on
		}
	}
	return []byte{
		byte(asdu.C_IC_NA_1), 1, byte(asdu.UnknownType) | 0x40, 0, // type, one object, cause with P/N, originator
		1, 0, // common address
		0, 0, 0, 20, // object address, QOI: station
	}
}
