package iec104

import (
	"fmt"
	"iter"
	"slices"

	"stellwerk/iec104/asdu"
)

// maxInterrogations is how many interrogations may wait on a connection, beyond
// one for each common address of the station; further ones are refused.
const maxInterrogations = 32

// maxSupplies is how many supplies may wait on a connection.
const maxSupplies = 8

// Supply sends ASDUs by themselves as the answer to an interrogation is sent:
// each is pulled when there is room for it in the window and nothing else to
// send, so that no value waits in a queue while it changes. It is meant for
// cycles, which are worth nothing later, and does not wait. False says that data
// transfer is not started, or that what was supplied before is not through yet;
// then nothing is sent.
func (s *Session) Supply(data iter.Seq[asdu.ASDU]) bool {
	if s.link.status().State != Started {
		return false
	}
	s.mu.Lock()
	waiting := 0
	for _, i := range s.interrogations {
		if i.supply {
			waiting++
		}
	}
	room := waiting < maxSupplies && !s.standby.Load() // of which it may just have become one
	if room {
		s.interrogations = append(s.interrogations, &interrogation{supply: true, data: data})
	}
	s.mu.Unlock()
	s.link.mu.Lock()
	s.link.kick()
	s.link.mu.Unlock()
	return room
}

// interrogation is one that a station is asked to answer. The data are pulled
// when there is room for them in the window and nothing else to send, so that
// no value waits in a queue while it changes.
type interrogation struct {
	request asdu.ASDU // with the station's own common address
	cause   asdu.Cause
	data    iter.Seq[asdu.ASDU]
	supply  bool                     // nobody has asked, so that causes stay and nothing is terminated
	next    func() (asdu.ASDU, bool) // of data, nil until it begins
	stop    func()                   // of data, nil until it begins
}

// maxPassing is how many events go before a conclusion, so that a station that
// never runs out of events concludes too.
const maxPassing = 1000

// concludes reports whether it is a conclusion's turn before the next event. It
// is called with link.mu held, for each event.
func (s *Session) concludes() bool {
	if s.concluding.Load() == 0 {
		s.passing = 0
		return false
	}
	s.passing++
	return s.passing > maxPassing
}

// crowded reports whether as many conclusions wait as may: then no request is
// taken on that ends with another one. Those of requests that were taken on before
// have room in any case.
func (s *Session) crowded() bool {
	return int(s.concluding.Load()) >= s.server.options.SendQueue+reserve
}

// conclude sends the last answer to a request behind the events that wait
// already, as far as these are not very many. The request came when the link had
// been cut so often.
func (s *Session) conclude(a asdu.ASDU, reign uint32) error {
	if s.Err() != nil {
		return fail("answer", ErrClosed)
	}
	s.mu.Lock()
	superseded := s.superseded(reign)
	if !superseded {
		s.conclusions = append(s.conclusions, a)
		s.concluding.Add(1)
	}
	s.mu.Unlock()
	if superseded {
		return fail("answer", fmt.Errorf("%w: another connection of the redundancy group was started before the termination came", ErrSuperseded))
	}
	s.link.mu.Lock()
	s.link.kick()
	s.link.mu.Unlock()
	return nil
}

// nextConclusion takes the oldest conclusion.
func (s *Session) nextConclusion() (asdu.ASDU, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.conclusions) == 0 {
		return asdu.ASDU{}, false
	}
	a := s.conclusions[0]
	s.conclusions = slices.Delete(s.conclusions, 0, 1)
	s.concluding.Add(-1)
	return a, true
}

// same reports whether both ask for the same, for the same originator.
func (i *interrogation) same(a asdu.ASDU) bool {
	if i.supply {
		return false
	}
	own, _ := keyOf(i.request)
	other, _ := keyOf(a)
	return own == other && i.request.Originator == a.Originator
}

// interrogate answers an interrogation command.
func (s *Session) interrogate(a asdu.ASDU) error {
	object, err := asdu.First[asdu.Interrogation](a)
	if err != nil || a.Test {
		return s.confirm(a, err != nil)
	}
	q := object.Qualifier
	if q < asdu.InterrogateStation || q > asdu.InterrogateGroup(16) {
		return s.confirm(a, true)
	}
	return s.answerInterrogation(a, asdu.InterrogatedByGroup(int(q-asdu.InterrogateStation)),
		func(station asdu.CommonAddress) iter.Seq[asdu.ASDU] {
			return s.server.station.Interrogate(s, station, q)
		})
}

// answerInterrogation answers an interrogation of points or counters. The same
// one, repeated while it is being answered, starts it afresh: it is confirmed
// again, all data are sent again, and there is one termination. Others wait for
// their turn. Where begin returns nil, or too many interrogations wait, it is
// refused.
func (s *Session) answerInterrogation(a asdu.ASDU, cause asdu.Cause, begin func(asdu.CommonAddress) iter.Seq[asdu.ASDU]) error {
	a = a.Clone()
	var begun []*interrogation
	for _, a.CommonAddress = range s.addressees(a) {
		wasUnderWay := s.cancelInterrogation(a)
		negative := true
		if a.Cause == asdu.Deactivation {
			negative = !wasUnderWay
		} else if s.roomForInterrogation(len(begun)) {
			if data := begin(a.CommonAddress); data != nil {
				begun = append(begun, &interrogation{request: a, data: data, cause: cause})
				negative = false
			}
		}
		if err := s.Answer(a.Mirror(confirmation(a.Cause), negative)); err != nil {
			return err // the connection is gone, and no iterator is started
		}
	}
	// Not before: data must not overtake the confirmations.
	s.mu.Lock()
	if !s.superseded(s.reign) {
		s.interrogations = append(s.interrogations, begun...)
	}
	s.mu.Unlock()
	s.link.mu.Lock()
	s.link.kick()
	s.link.mu.Unlock()
	return nil
}

// roomForInterrogation reports whether one more may wait, beyond those that
// have just begun.
func (s *Session) roomForInterrogation(begun int) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.interrogations)+begun < maxInterrogations+len(s.server.options.CommonAddresses)
}

// cancelInterrogation breaks one off. It reports false where it is not under
// way.
func (s *Session) cancelInterrogation(a asdu.ASDU) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for at, other := range s.interrogations {
		if other.same(a) {
			s.interrogations = slices.Delete(s.interrogations, at, at+1)
			s.cancelled = append(s.cancelled, other)
			return true
		}
	}
	return false
}

// nextInterrogated returns what comes behind events: conclusions, and the next
// ASDU of the interrogations under way, data or the termination. Whoever writes calls it, one at a time.
func (s *Session) nextInterrogated() (asdu.ASDU, bool) {
	if a, ok := s.nextConclusion(); ok {
		return a, true
	}
	for {
		current := s.currentInterrogation()
		if current == nil {
			return asdu.ASDU{}, false
		}
		a, ok := current.next()
		if !s.stillCurrent(current, !ok) {
			continue // cancelled meanwhile
		}
		if !ok && current.supply {
			continue
		}
		if !ok {
			return current.request.Mirror(asdu.ActivationTermination, false), true
		}
		a, err := fit(a, s.link.params)
		if err != nil {
			s.link.end(fail("interrogation", err))
			return asdu.ASDU{}, false
		}
		if current.supply {
			return a, true
		}
		a.Cause, a.Negative = current.cause, false
		a.Originator, a.CommonAddress = current.request.Originator, current.request.CommonAddress
		return a, true
	}
}

// currentInterrogation stops what was cancelled and returns what is to be
// answered.
func (s *Session) currentInterrogation() *interrogation {
	s.mu.Lock()
	cancelled := s.cancelled
	s.cancelled = nil
	var current *interrogation
	if len(s.interrogations) > 0 {
		current = s.interrogations[0]
	}
	s.mu.Unlock()
	for _, i := range cancelled {
		if i.stop != nil {
			i.stop()
		}
	}
	if current != nil && current.next == nil {
		current.next, current.stop = iter.Pull(current.data)
	}
	return current
}

// stillCurrent reports whether an interrogation is the one to be answered, and
// removes it when it is over.
func (s *Session) stillCurrent(i *interrogation, over bool) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.interrogations) == 0 || s.interrogations[0] != i {
		return false
	}
	if over {
		s.interrogations = slices.Delete(s.interrogations, 0, 1)
	}
	return true
}

// stopInterrogations ends them with the session.
func (s *Session) stopInterrogations() {
	s.mu.Lock()
	s.cancelled = append(s.cancelled, s.interrogations...)
	s.interrogations = nil
	s.mu.Unlock()
	s.currentInterrogation()
}
