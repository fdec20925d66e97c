package iec104test

import (
	"net"
	"sync"

	"stellwerk/iec104/apci"
)

// Alteration decides what becomes of one ASDU on its way: it returns the ASDUs
// that go on in its place, which may be none, the same, others, or more. The
// ASDU belongs to the caller; an alteration that changes it works on a copy. It
// is called for one ASDU after the other.
type Alteration func(asdu []byte) [][]byte

// Alterations change the ASDUs of a connection. Nil ones let everything pass.
type Alterations struct {
	// Sent is for what the connection's owner sends.
	Sent Alteration
	// Received is for what it receives.
	Received Alteration
}

// Altered returns a connection that behaves like conn, apart from the ASDUs on
// it. Both sides see frames that are numbered and acknowledged as they must be:
// the link procedure notices nothing of what was lost or added.
func Altered(conn net.Conn, alterations Alterations) net.Conn {
	r := &renumbering{}
	return Faulty(conn, Faults{
		Sent:     func(frame []byte) [][]byte { return r.pass(frame, &r.sent, &r.received, alterations.Sent) },
		Received: func(frame []byte) [][]byte { return r.pass(frame, &r.received, &r.sent, alterations.Received) },
	})
}

// renumbering keeps the numbers of both directions.
type renumbering struct {
	mu             sync.Mutex
	sent, received numbers // guarded by mu
}

// numbers are those of the I frames of one direction.
type numbers struct {
	// made is how many I frames went on.
	made int
	// ends has, for each frame that came and is not acknowledged, how many had
	// gone on after it.
	ends []int
	// acknowledged is how many of those that went on are acknowledged, and
	// covered how many of those that came.
	acknowledged, covered int
}

// pass returns what goes on in place of a frame of one direction, whose N(R) is
// about the other one.
func (r *renumbering) pass(frame []byte, own, other *numbers, alter Alteration) [][]byte {
	apdu, err := apci.Decode(frame)
	if err != nil {
		return [][]byte{frame}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	switch apdu.Format {
	case apci.FormatI:
		asdus := [][]byte{apdu.ASDU}
		if alter != nil {
			asdus = alter(apdu.ASDU)
		}
		receive := other.cover(apdu.Receive)
		var frames [][]byte
		for _, a := range asdus {
			frames = append(frames, apci.AppendI(nil, apci.Sequence(0).Add(own.made), receive, a))
			own.made++
		}
		own.ends = append(own.ends, own.made)
		if len(frames) == 0 {
			return [][]byte{apci.AppendS(nil, receive)}
		}
		return frames
	case apci.FormatS:
		return [][]byte{apci.AppendS(nil, other.cover(apdu.Receive))}
	default:
		// Frames that were lost behind the last acknowledgement are covered by
		// the next frame of any format.
		covered := other.covered
		receive := other.cover(apci.Sequence(0).Add(other.acknowledged))
		if other.covered > covered {
			return [][]byte{apci.AppendS(nil, receive), frame}
		}
		return [][]byte{frame}
	}
}

// cover takes an N(R) about the frames that went on, and returns the one about
// those that came. A wrong one stays wrong.
func (n *numbers) cover(receive apci.Sequence) apci.Sequence {
	reached := n.acknowledged + receive.Since(apci.Sequence(0).Add(n.acknowledged))
	if reached > n.made {
		return apci.Sequence(0).Add(n.covered + len(n.ends) + reached - n.made)
	}
	n.acknowledged = reached
	for len(n.ends) > 0 && n.ends[0] <= reached {
		n.ends = n.ends[1:]
		n.covered++
	}
	return apci.Sequence(0).Add(n.covered)
}
