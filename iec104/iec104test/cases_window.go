package iec104test

import (
	"fmt"
	"time"

	"stellwerk/iec104"
	"stellwerk/iec104/apci"
)

// Numbers, window and acknowledgement (5.1 and 5.5).
var windowRequirements = []requirement{
	{
		id: "A1", clause: "5.1", title: "N(S) and N(R) are 0 after the connection is opened",
		both: func(b *bench) {
			b.started()
			b.provoke(1)
			if apdu := b.expectI(1); apdu.Receive > b.send {
				b.fail(fmt.Sprintf("I N(S)=0 N(R)=%d", b.send), apdu.String())
			}
			b.sendI(1)
			b.expectAck(b.p.T2 + b.prompt)
		},
	},
	{
		id: "A2", clause: "5.1", title: "N(S) rises by one for each I frame",
		both: func(b *bench) {
			b.started()
			b.provoke(20)
			for range 20 {
				b.expectI(1)
				b.ack()
			}
		},
	},
	{
		id: "A3", clause: "5.1", title: "N(R) acknowledges all frames below it",
		both: func(b *bench) {
			b.started()
			b.provoke(2 * b.p.K)
			b.expectI(b.p.K)
			b.ack()
			b.expectI(b.p.K)
		},
	},
	{
		id: "A4", clause: "5.5", title: "a partial acknowledgement reopens exactly that many places in the k window",
		both: func(b *bench) {
			part := max(1, b.p.K/3)
			b.started()
			b.provoke(2 * b.p.K)
			b.expectI(b.p.K)
			b.sendS(b.base.Add(part))
			b.expectI(part)
			b.expectNoI(b.prompt, fmt.Sprintf("%d frames are unacknowledged again", b.p.K))
		},
	},
	{
		id: "A5", clause: "5.1", title: "an N(R) equal to the last one is accepted and opens nothing; one behind it closes",
		both: func(b *bench) {
			b.started()
			b.provoke(b.p.K + 2)
			b.expectI(b.p.K)
			b.sendS(b.base.Add(1))
			b.expectI(1)
			b.sendS(b.base.Add(1))
			b.expectNoI(b.prompt, "the same N(R) came again")
			// With 32767 frames outstanding no N(R) is wrong.
			b.started()
			b.provoke(1)
			b.expectI(1)
			b.sendS(b.base.Add(1))
			b.sendS(b.base)
			b.expectClosed(b.prompt, "an N(R) behind the one before")
		},
	},
	{
		id: "A6", clause: "5.1", title: "an N(R) beyond what was sent closes",
		both: func(b *bench) {
			b.started()
			b.sendS(b.base.Add(1))
			b.expectClosed(b.prompt, "N(R) is beyond what was sent")
			b.started()
			b.provoke(1)
			b.expectI(1)
			b.write(apci.AppendI(nil, b.send, b.receive.Add(1000), harmless(b.role)))
			b.expectClosed(b.prompt, "N(R) is beyond what was sent, in an I frame")
		},
	},
	{
		id: "A7", clause: "5.1", title: "a gap or a repetition in N(S) closes",
		both: func(b *bench) {
			b.started()
			b.sendI(1)
			b.write(b.appendI(nil, 2))
			b.expectClosed(b.prompt, "N(S)=2 after N(S)=0")
			b.started()
			b.sendI(1)
			b.write(b.appendI(nil, 0))
			b.expectClosed(b.prompt, "N(S)=0 came again")
		},
	},
	{
		id: "A8", clause: "5.1", title: "32767 is followed by 0 in both directions, also with frames outstanding",
		both: func(b *bench) {
			left := apci.Modulus + 100
			// In portions: as long as the subject is making the events nobody
			// acknowledges them, and t1 runs.
			portion := max(b.p.K, 1000)
			if b.role == iec104.Controlled && b.deliberate() {
				portion = b.keeps(portion)
			}
			b.started()
			for waiting := 0; left > 0 && !b.over(); {
				if waiting == 0 {
					waiting = min(portion, left)
					b.events(waiting)
				}
				n := min(b.p.K, waiting)
				b.expectI(n)
				b.sendI(n)
				left, waiting = left-n, waiting-n
			}
			b.expectAck(b.p.T2 + b.prompt)
		},
	},
	{
		id: "A9", clause: "5.5", title: "the sender stalls at exactly k unacknowledged frames",
		both: func(b *bench) {
			b.started()
			b.provoke(b.p.K + 5)
			b.expectI(b.p.K)
			b.expectNoI(min(b.p.T1/2, 2*time.Second), "k frames are unacknowledged")
			b.ack()
			b.expectI(min(5, b.p.K))
		},
	},
	{
		id: "A10", clause: "5.5", title: "w frames are acknowledged at once; an I frame acknowledges as well; t2 releases a window that is smaller than w",
		both: func(b *bench) {
			b.started()
			from := time.Now()
			if b.p.W > b.p.K {
				b.sendI(b.p.K)
				b.expectAfter(from, b.expectAck(b.p.T2+b.prompt), b.p.T2, "acknowledgement")
				return
			}
			b.sendI(b.p.W)
			b.expectAck(b.prompt)
			if b.p.W == 1 {
				return
			}
			b.sendI(b.p.W - 1)
			b.settle()
			if b.eventsIfAny(1) != "" {
				return
			}
			if apdu := b.expectI(1); apdu.Receive != b.send {
				b.fail(fmt.Sprintf("I frame with N(R)=%d", b.send), apdu.String())
			}
			b.sendI(b.p.W - 1)
			b.expectQuiet(b.prompt, "the I frame has acknowledged the frames before")
			b.expectAck(b.p.T2)
		},
	},
}

// keeps returns how many events at once a station can be trusted to keep, at most
// the given number.
func (b *bench) keeps(most int) int {
	const unknown = 100
	if b.inventory == nil || b.inventory.EventBuffer == 0 {
		return min(most, unknown)
	}
	return min(most, max(1, b.inventory.EventBuffer/2))
}
