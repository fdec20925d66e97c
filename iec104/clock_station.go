package iec104

import "stellwerk/iec104/asdu"

// clock returns the station's clock, nil where it has none that can be set.
func (s *Session) clock() ClockSetter {
	clock, _ := s.server.station.(ClockSetter)
	return clock
}

// setClock carries out a clock synchronisation. The confirmation has the time
// before the correction (IEC 60870-5-101, 7.3.4.4).
func (s *Session) setClock(a asdu.ASDU) error {
	object, err := asdu.First[asdu.ClockSynchronization](a)
	if err != nil || a.Test {
		return s.confirm(a, err != nil)
	}
	for _, station := range s.addressees(a) {
		h := a.Header
		h.Cause, h.CommonAddress = asdu.ActivationCon, station
		before, err := s.clock().SetClock(s, station, object.Time)
		if err != nil {
			h.Negative, before = true, object.Time
		}
		answer, err := asdu.New(a.Params(), h, asdu.ClockSynchronization{Time: before})
		if err != nil {
			return err
		}
		if err := s.Answer(answer); err != nil {
			return err
		}
	}
	return nil
}
