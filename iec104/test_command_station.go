package iec104

import "stellwerk/iec104/asdu"

// DelayStation is a [Station] that corrects the times it is set to by the
// delay of transmission, in the extended profile.
type DelayStation interface {
	// SetDelay takes the delay that the controlling station has acquired.
	SetDelay(s *Session, station asdu.CommonAddress, delay asdu.ElapsedTime)
}

// testTimed mirrors a test command with its counter and time (IEC 60870-5-104,
// 8.8).
func (s *Session) testTimed(a asdu.ASDU) error {
	return s.confirm(a, a.Cause != asdu.Activation)
}

// test mirrors a test command of IEC 60870-5-101 (7.3.4.5), negatively where
// its pattern is another one.
func (s *Session) test(a asdu.ASDU) error {
	object, err := asdu.First[asdu.TestCommand](a)
	return s.confirm(a, err != nil || object.Pattern != asdu.FixedTestPattern)
}

// delay answers a delay acquisition (IEC 60870-5-101, 7.3.4.7): the time that
// it carries comes back at once, so that what the station takes to answer,
// which it would have to add, is 0. With cause 3 it brings the delay, which is
// not answered.
func (s *Session) delay(a asdu.ASDU) error {
	if a.Cause != asdu.Spontaneous {
		return s.system(a, func(a asdu.ASDU) error { return s.confirm(a, false) })
	}
	object, err := asdu.First[asdu.DelayAcquisition](a)
	switch {
	case !s.addressed(a):
		return s.refuse(a, asdu.UnknownCommonAddress)
	case err != nil || a.Count() != 1 || object.Address != 0:
		return s.refuse(a, asdu.UnknownObjectAddress)
	}
	if station, ok := s.server.station.(DelayStation); ok && !a.Test {
		station.SetDelay(s, a.CommonAddress, object.Delay)
	}
	return nil
}
