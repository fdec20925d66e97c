package iec104

import "stellwerk/iec104/asdu"

// PointReader is a [Station] whose points can be read one by one. Stations
// without that answer a read command as an unknown type.
type PointReader interface {
	// ReadPoint returns the state of a point, or false where there is no such
	// point, or none that can be read. The server fills in cause, originator
	// and common address.
	ReadPoint(s *Session, station asdu.CommonAddress, address asdu.ObjectAddress) (asdu.ASDU, bool)
}

// points returns the station's points, nil where they cannot be read.
func (s *Session) points() PointReader {
	points, _ := s.server.station.(PointReader)
	return points
}

// read answers a read command with the data and nothing else (IEC 60870-5-101,
// 7.3.4.3). As it changes nothing, one with the test bit is answered too, with
// the test bit.
func (s *Session) read(a asdu.ASDU) error {
	switch {
	case a.Cause != asdu.Request:
		return s.refuse(a, asdu.UnknownCause)
	case !s.addressed(a):
		return s.refuse(a, asdu.UnknownCommonAddress)
	case a.Count() != 1 || a.Sequence:
		return s.refuse(a, asdu.UnknownObjectAddress)
	}
	object, err := asdu.First[asdu.Read](a)
	if err != nil {
		return s.refuse(a, asdu.UnknownObjectAddress)
	}
	data, ok := s.points().ReadPoint(s, a.CommonAddress, object.Address)
	if !ok {
		return s.refuse(a, asdu.UnknownObjectAddress)
	}
	data.Cause, data.Negative, data.Test = asdu.Request, false, a.Test || data.Test
	data.Originator, data.CommonAddress = a.Originator, a.CommonAddress
	return s.Answer(data)
}
