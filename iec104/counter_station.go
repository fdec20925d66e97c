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
	// asks for. An error refuses. The server confirms and terminates; totals
	// that the station sends by itself afterwards (mode D) are events.
	FreezeCounters(s *Session, station asdu.CommonAddress, request asdu.CounterRequest, freeze asdu.Freeze) error
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
	return s.answerInterrogation(a, asdu.RequestedByCounterGroup(group), func(station asdu.CommonAddress) iter.Seq[asdu.ASDU] {
		if object.Freeze == asdu.FreezeRead {
			return s.counters().InterrogateCounters(s, station, request)
		}
		if s.counters().FreezeCounters(s, station, request, object.Freeze) != nil {
			return nil
		}
		return func(func(asdu.ASDU) bool) {}
	})
}
