package iec104

import (
	"fmt"
	"time"
)

// The timers of clause 5.2. None of them is started or stopped: each follows
// from when something was sent or received.

// deadlines returns when each timer runs out, or never.
func (m *machine) deadlines() (t1, t2, t3 time.Duration) {
	t1, t2, t3 = m.startAct, never, never
	t1 = min(t1, m.stopAct, m.testAct)
	if m.sent.len() > 0 && !m.deactivated {
		t1 = min(t1, m.sent.oldest())
	}
	if t1 != never {
		t1 += m.p.T1
	}
	if m.taken != m.confirmed {
		t2 = m.unconfirmed + m.p.T2
	}
	if m.testAct == never {
		t3 = m.received + m.p.T3
	}
	return t1, t2, t3
}

// tick lets the timers do what is due. With patient, t1 does not count: what
// was received is not all handled yet, and may hold what t1 waits for.
func (m *machine) tick(now time.Duration, patient bool) error {
	t1, t2, t3 := m.deadlines()
	if now >= t1 && !patient {
		return fmt.Errorf("%w: %s for %v (t1)", ErrTimeout, m.awaited(now), m.p.T1)
	}
	if now >= t2 {
		m.supervise()
	}
	if now >= t3 {
		m.test(now)
	}
	return nil
}

// awaited names what t1 waited for.
func (m *machine) awaited(now time.Duration) string {
	late := func(at time.Duration) bool { return at != never && now-at >= m.p.T1 }
	switch {
	case late(m.startAct):
		return "no STARTDT con"
	case late(m.stopAct):
		return "no STOPDT con"
	case late(m.testAct):
		return "no TESTFR con"
	default:
		return fmt.Sprintf("no acknowledgement of the I frame with N(S) %d", m.ack())
	}
}
