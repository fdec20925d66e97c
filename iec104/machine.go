package iec104

import (
	"fmt"
	"math"
	"strconv"
	"time"

	"stellwerk/iec104/apci"
)

// Role is the part that a station has on a connection.
type Role uint8

// The roles. The controlling station opens the TCP connection and starts data
// transfer.
const (
	Controlling Role = iota
	Controlled
)

// String returns "controlling station" or "controlled station".
func (r Role) String() string {
	if r == Controlled {
		return "controlled station"
	}
	return "controlling station"
}

// State is how far data transfer on a connection is started (5.3).
type State uint8

// The states. The pending ones wait for the peer's confirmation or
// acknowledgement.
const (
	// Stopped lets nothing but test frames pass: a new connection, or one
	// after STOPDT.
	Stopped State = iota
	// PendingStarted is the controlling station's, after STARTDT act.
	PendingStarted
	// Started lets I frames pass.
	Started
	// PendingUnconfirmedStopped is the controlling station's, after STOPDT act
	// while I frames that it sent are unacknowledged.
	PendingUnconfirmedStopped
	// UnconfirmedStopped is the controlled station's, after STOPDT act while I
	// frames that it sent are unacknowledged.
	UnconfirmedStopped
	// PendingStopped is the controlling station's, after STOPDT act when all
	// that it sent is acknowledged.
	PendingStopped
)

// String returns the state's name in the standard.
func (s State) String() string {
	switch s {
	case Stopped:
		return "stopped"
	case PendingStarted:
		return "pending started"
	case Started:
		return "started"
	case PendingUnconfirmedStopped:
		return "pending unconfirmed stopped"
	case UnconfirmedStopped:
		return "unconfirmed stopped"
	case PendingStopped:
		return "pending stopped"
	default:
		return strconv.Itoa(int(s))
	}
}

// never is a time that does not come.
const never = time.Duration(math.MaxInt64)

// machine is the link procedure of one connection (clause 5) for either role.
// It does no input or output and knows no clock: each method is an event, told
// with the time at which it happens, and what is to be sent is appended to
// out. Times are durations since some fixed moment and must not go back; they
// come from a monotonic clock, so that no step of the wall clock gets here.
//
// An error means that the connection must be closed; nothing may be called
// afterwards.
type machine struct {
	role Role
	p    Parameters
	out  []byte // frames to be written, oldest first

	state     State
	vs        apci.Sequence // V(S): the next N(S)
	vr        apci.Sequence // V(R): the N(S) expected next
	taken     apci.Sequence // all received frames below are taken over
	confirmed apci.Sequence // the N(R) sent last
	sent      ring          // unacknowledged I frames; the oldest has N(S) = Ack

	deactivated bool // stopped without STOPDT, by another connection of the redundancy group

	due         bool          // an S frame is to be sent
	received    time.Duration // when the last frame came: t3
	unconfirmed time.Duration // when the oldest frame came that no N(R) confirms: t2
	startAct    time.Duration // when STARTDT act was sent and not confirmed: t1
	stopAct     time.Duration
	testAct     time.Duration

	roundTrip time.Duration // from TESTFR act to its confirmation, the last time
	sentS     uint64        // S frames
	sentU     uint64        // U frames
	finding   error         // what was odd about the last frame, but tolerated
}

func newMachine(role Role, p Parameters, now time.Duration) machine {
	return machine{
		role: role, p: p, received: now,
		unconfirmed: never, startAct: never, stopAct: never, testAct: never,
	}
}

// ack is the lowest N(S) that the peer has not acknowledged.
func (m *machine) ack() apci.Sequence { return m.vs.Add(-m.sent.len()) }

// window returns how many I frames may be sent now.
func (m *machine) window() int {
	if m.state != Started {
		return 0
	}
	return m.p.K - m.sent.len()
}

// start asks the peer to start data transfer. Only the controlling station
// does; nothing happens where it is started or being started already.
func (m *machine) start(now time.Duration) {
	if m.state == Stopped {
		m.sendU(apci.StartDTAct)
		m.state, m.startAct = PendingStarted, now
	}
}

// stop asks the peer to stop data transfer, after what it sent is confirmed.
func (m *machine) stop(now time.Duration) {
	if m.state != Started {
		return
	}
	m.supervise()
	m.sendU(apci.StopDTAct)
	m.state, m.stopAct = PendingUnconfirmedStopped, now
	m.stopping()
}

// deactivate stops data transfer of a controlled station without STOPDT, as
// another connection of its redundancy group was started (10). I frames that are
// not acknowledged may still be, but nothing waits for that.
func (m *machine) deactivate() {
	m.deactivated = true
	if m.state == Started {
		m.supervise()
		m.state = Stopped
	}
}

// test sends a test frame.
func (m *machine) test(now time.Duration) {
	m.sendU(apci.TestFRAct)
	m.testAct = now
}

func (m *machine) sendU(function apci.Function) {
	m.out = apci.AppendU(m.out, function)
	m.sentU++
}

// sendHeader appends the APCI of an I frame; the caller appends its ASDU to
// out and tells the frame's beginning to sendASDU. The window must be open.
func (m *machine) sendHeader() (begin int) {
	begin = len(m.out)
	m.out = apci.AppendI(m.out, m.vs, m.taken, nil)
	return begin
}

// sendASDU completes an I frame. It fails where the ASDU has an impossible
// length, and then sends nothing.
func (m *machine) sendASDU(begin int, event bool) error {
	length := len(m.out) - begin - apci.Octets
	if length < 1 || length > apci.MaxASDU {
		m.out = m.out[:begin]
		return fmt.Errorf("%w: it has %d octets, an I frame carries 1 to %d", ErrASDU, length, apci.MaxASDU)
	}
	m.out[begin+1] = byte(apci.MinLength + length)
	m.vs = m.vs.Next()
	m.sent.push(event)
	m.confirm()
	return nil
}

// written tells that all frames of out go to the connection now: the t1 of
// those in I format begins.
func (m *machine) written(now time.Duration) { m.sent.write(now) }

// receive takes a frame that was received. It reports whether the ASDU is to
// be delivered, and how many events the peer has acknowledged.
func (m *machine) receive(now time.Duration, apdu apci.APDU) (deliver bool, events int, err error) {
	m.received, m.finding = now, nil
	if apdu.Reserved {
		m.finding = fmt.Errorf("%w: bits that must be 0 are set in %s", ErrTolerated, apdu.String())
	}
	switch apdu.Format {
	case apci.FormatI:
		return m.receiveI(now, apdu)
	case apci.FormatS:
		events, err = m.receiveS(apdu.Receive)
		return false, events, err
	default:
		m.receiveU(apdu.Function)
		return false, 0, nil
	}
}

func (m *machine) receiveI(now time.Duration, apdu apci.APDU) (deliver bool, events int, err error) {
	switch m.state {
	case Started, PendingUnconfirmedStopped, PendingStopped:
	default:
		if m.deactivated {
			return false, 0, fmt.Errorf("%w: I frame after another connection of the redundancy group was started", ErrSuperseded)
		}
		return false, 0, fmt.Errorf("%w: I frame while %s (5.3)", ErrProtocol, m.state)
	}
	if apdu.Send != m.vr {
		return false, 0, fmt.Errorf("%w: N(S) is %d, %d was expected (5.1)", ErrProtocol, apdu.Send, m.vr)
	}
	if events, err = m.acknowledge(apdu.Receive); err != nil {
		return false, 0, err
	}
	m.arrived(now, 1)
	m.stopping()
	return true, events, nil
}

// arrived takes I frames, received together, with the expected N(S) and no new
// N(R). take is told of each that is taken over.
func (m *machine) arrived(at time.Duration, frames int) {
	m.received = at
	m.vr = m.vr.Add(frames)
	if m.unconfirmed == never {
		m.unconfirmed = at
	}
}

// take tells that the oldest delivered frames are taken over: they may be
// confirmed, and must be where due is set.
func (m *machine) take(now time.Duration, frames int) {
	m.taken = m.taken.Add(frames)
	if m.taken.Since(m.confirmed) >= m.p.W || now-m.unconfirmed >= m.p.T2 || m.state != Started {
		m.due = true
	}
}

// settle sends the S frame that is due, before out is written. Frames that were
// taken over meanwhile are confirmed with it.
func (m *machine) settle() {
	if m.due {
		m.supervise()
	}
}

func (m *machine) receiveS(receive apci.Sequence) (events int, err error) {
	switch {
	case m.state == PendingStarted, m.state == Stopped && m.sent.len() == 0 && !m.deactivated:
		// A controlling station whose STOPDT was confirmed before its frames
		// were acknowledged still waits for that.
		return 0, fmt.Errorf("%w: S frame while %s (5.3)", ErrProtocol, m.state)
	}
	if events, err = m.acknowledge(receive); err == nil {
		m.stopping()
	}
	return events, err
}

// acknowledge takes an N(R): all I frames below it have arrived.
func (m *machine) acknowledge(receive apci.Sequence) (events int, err error) {
	ack := m.ack()
	frames := receive.Since(ack)
	if frames > m.sent.written() {
		if ack.Since(receive) < frames {
			return 0, fmt.Errorf("%w: N(R) is %d, behind %d that was acknowledged before (5.1)", ErrProtocol, receive, ack)
		}
		return 0, fmt.Errorf("%w: N(R) is %d, beyond what was sent: the next N(S) is %d (5.1)", ErrProtocol, receive, m.vs.Add(-m.sent.unsent))
	}
	return m.sent.pop(frames), nil
}

// stopping carries on the stop procedure when the last frame is acknowledged.
func (m *machine) stopping() {
	if m.sent.len() > 0 {
		return
	}
	switch m.state {
	case UnconfirmedStopped:
		m.sendU(apci.StopDTCon)
		m.state = Stopped
	case PendingUnconfirmedStopped:
		m.state = PendingStopped
	default:
	}
}

func (m *machine) receiveU(function apci.Function) {
	controlling := m.role == Controlling
	switch {
	case function == apci.TestFRAct:
		m.sendU(apci.TestFRCon)
	case function == apci.TestFRCon && m.testAct != never:
		m.roundTrip, m.testAct = m.received-m.testAct, never
	case function == apci.StartDTAct && !controlling:
		m.sendU(apci.StartDTCon)
		m.state = Started
		if m.deactivated {
			m.deactivated = false
			m.sent.renew(m.received)
		}
	case function == apci.StopDTAct && !controlling:
		m.supervise()
		m.state = UnconfirmedStopped
		m.stopping()
	case function == apci.StartDTCon && m.state == PendingStarted:
		m.state, m.startAct = Started, never
	case function == apci.StopDTCon && (m.state == PendingStopped || m.state == PendingUnconfirmedStopped):
		m.state, m.stopAct = Stopped, never
	default:
		m.finding = fmt.Errorf("%w: %s while the %s is %s", ErrTolerated, function, m.role, m.state)
	}
}

// supervise sends an S frame where frames are taken over and unconfirmed.
func (m *machine) supervise() {
	if m.taken != m.confirmed {
		m.out = apci.AppendS(m.out, m.taken)
		m.sentS++
		m.confirm()
	}
}

// confirm notes that the N(R) of all that was taken over is sent.
func (m *machine) confirm() {
	m.confirmed, m.due = m.taken, false
	if m.taken == m.vr {
		m.unconfirmed = never
	}
}
