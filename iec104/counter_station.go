package iec104

import (
	"iter"

	"stellwerk/iec104/asdu"
)

// CounterStation is a [Station] with integrated totals. Stations without them
// answer a counter interrogation as an unknown type.
type CounterStation interface {
	// InterrogateCounters returns the integrated totals that a request asks
	// for, 1 to 4 a group and 5 all of them, under the rules of
	// [Station.Interrogate]. Nil refuses.
	InterrogateCounters(s *Session, station asdu.CommonAddress, request asdu.CounterRequest) iter.Seq[asdu.ASDU]
	// FreezeCounters freezes, resets, or freezes and resets what a request
	// asks for. An error refuses. The server confirms, calls the function where
	// it is not nil, for the station to send the totals that it sends by itself
	// (mode D), and terminates. The function is called without an error, also
	// where the connection has gone by then.
	FreezeCounters(s *Session, station asdu.CommonAddress, request asdu.CounterRequest, freeze asdu.Freeze) (confirmed func(), err error)
}

// counters returns the station's integrated totals, nil where it has none.
func (s *Session) counters() CounterStation {
	counters, _ := s.server.station.(CounterStation)
	return counters
}

// interrogateCounters answers a counter interrogation command (IEC
// 60870-5-101, 7.3.4.2): a request is confirmed, answered with data and
// terminated, a freeze or reset is confirmed and terminated.
func (s *Session) interrogateCounters(a asdu.ASDU) error {
	object, err := asdu.First[asdu.CounterInterrogation](a)
	if err != nil || a.Test {
		return s.confirm(a, err != nil)
	}
	request := object.Request
	if request < asdu.RequestCounterGroup(1) || request > asdu.RequestAllCounters {
		return s.confirm(a, true)
	}
	group := int(request)
	if request == asdu.RequestAllCounters {
		group = 0
	}
	if object.Freeze != asdu.FreezeRead {
		return s.freezeCounters(a, object)
	}
	return s.answerInterrogation(a, asdu.RequestedByCounterGroup(group), func(station asdu.CommonAddress) iter.Seq[asdu.ASDU] {
		return s.counters().InterrogateCounters(s, station, request)
	})
}

// freezeCounters carries out a freeze or reset. It is over at once, so that there
// is nothing to deactivate.
func (s *Session) freezeCounters(a asdu.ASDU, object asdu.CounterInterrogation) error {
	if a.Cause == asdu.Deactivation || s.crowded() {
		return s.confirm(a, true)
	}
	a = a.Clone()
	for _, a.CommonAddress = range s.addressees(a) {
		confirmed, err := s.counters().FreezeCounters(s, a.CommonAddress, object.Request, object.Freeze)
		answered := s.Answer(a.Mirror(asdu.ActivationCon, err != nil))
		if err == nil && confirmed != nil {
			confirmed() // also where the connection is gone: others are to have the totals
		}
		if answered != nil {
			return answered
		}
		if err != nil {
			continue
		}
		if err := s.conclude(a.Mirror(asdu.ActivationTermination, false), s.reign); err != nil {
			return err
		}
	}
	return nil
}
