package iec104test

import (
	"fmt"
	"time"

	"stellwerk/iec104/apci"
)

// Start and stop of data transfer (5.3), and connections (10.1).
var transferRequirements = []requirement{
	{
		id: "A16", clause: "5.3", title: "STARTDT act that is repeated is confirmed again, and the numbers go on",
		controlled: func(b *bench) {
			b.started()
			b.sendI(1)
			b.expectAck(b.p.T2 + b.prompt)
			b.sendU(apci.StartDTAct)
			b.expectUAmongData(apci.StartDTCon)
			b.sendI(1)
			b.expectAck(b.p.T2 + b.prompt)
		},
	},
	{
		id: "A17", clause: "5.3", title: "an I frame before data transfer is started closes",
		both: func(b *bench) {
			b.connect()
			b.sendI(1)
			b.expectClosed(b.prompt, "I frame while stopped")
		},
	},
	{
		id: "A18", clause: "5.3", title: "an S frame while data transfer is stopped closes",
		both: func(b *bench) {
			b.connect()
			b.sendS(0)
			b.expectClosed(b.prompt, "S frame while stopped")
		},
	},
	{
		id: "A19", clause: "5.3", title: "STOPDT waits for acknowledgement: an S frame first, the confirmation last, and no new I frame meanwhile",
		controlled: func(b *bench) {
			n := min(2, b.p.K)
			quiet := min(b.prompt, b.p.T1/4) // t1 runs meanwhile
			b.started()
			b.events(n)
			b.expectI(n)
			b.write(apci.AppendI(nil, 0, b.base, harmless(b.role))) // acknowledges nothing
			if !b.over() {
				b.send = 1
			}
			b.sendU(apci.StopDTAct)
			b.expectAck(b.prompt)
			b.events(1)
			b.expectQuiet(quiet, "I frames are unacknowledged while stopping")
			if n > 1 {
				b.sendS(b.base.Add(1))
				b.expectQuiet(quiet, "an I frame is unacknowledged while stopping")
			}
			b.ack()
			b.expectU(apci.StopDTCon)
			b.expectQuiet(b.prompt, "data transfer is stopped")
			b.start()
			b.expectI(1)
		},
		controlling: func(b *bench) {
			starter, ok := b.subject.(Starter)
			if !ok {
				b.skip("the subject cannot be told to stop data transfer")
				return
			}
			b.started()
			b.settleRequests()
			b.sendI(1)
			b.settle()
			b.expectStop(starter)
			b.sendI(1) // was on its way
			b.expectAck(b.p.T2 + b.prompt)
			b.sendU(apci.StopDTCon)
			b.expectQuiet(b.prompt, "data transfer is stopped")
			b.sendI(1)
			b.expectClosed(b.prompt, "I frame while stopped")
		},
	},
	{
		id: "A20", clause: "5.3", title: "data arising while data transfer is stopped are kept and sent after STARTDT",
		controlled: func(b *bench) {
			b.connect()
			b.events(3)
			b.expectQuiet(b.prompt, "data transfer is stopped")
			b.start()
			for range 3 {
				b.expectI(1)
				b.ack()
			}
		},
	},
	{
		id: "A25", clause: "10.1", title: "after a reset, an end, and a silent death of the connection there is a new one",
		both: func(b *bench) {
			b.started()
			if !b.over() {
				b.wire.abort()
			}
			b.started()
			if !b.over() {
				b.wire.close()
			}
			b.started()
			// The peer is gone, and nothing tells of it.
			from := b.sentAt
			b.keepTest = true
			due, at := b.p.T3+b.p.T1, time.Time{}
			for end := time.Now().Add(due + b.prompt); at.IsZero() && !b.over(); {
				a, ok := b.next(time.Until(end))
				switch {
				case b.over():
				case !ok:
					b.fail("the connection closed: the peer is silent", fmt.Sprintf("open after %v", b.p.T3+b.p.T1+b.prompt))
				case a.err != nil:
					at = a.at
				case a.apdu.Format == apci.FormatI: // which nobody acknowledges
					due = min(due, a.at.Sub(from)+b.p.T1)
				}
			}
			b.expectAfter(from, at, due, "close")
			b.keepTest = false
			b.started()
			b.sendI(1)
			b.expectAck(b.p.T2 + b.prompt)
		},
	},
}

// settle gives the subject the time to take in what it was sent: frames that
// cross are not what the case is about.
func (b *bench) settle() { b.rest(b.settleTime()) }

func (b *bench) settleTime() time.Duration { return b.prompt / 4 }
