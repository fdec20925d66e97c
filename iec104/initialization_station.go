package iec104

import "stellwerk/iec104/asdu"

// ProcessResetter is a [Station] that can be reset. Stations that cannot be
// answer a reset process command as an unknown type.
type ProcessResetter interface {
	// ResetProcess resets what the qualifier says; an error refuses. The server
	// takes back all selections of the station with
	// [asdu.ResetProcessGeneral], and lets go of its pending events with time
	// tag with [asdu.ResetEventBuffer], as far as queues are an
	// [EventForgetter].
	ResetProcess(s *Session, station asdu.CommonAddress, q asdu.ResetQualifier) error
}

// Initializer is a [Station] that tells of the end of its initialisation.
type Initializer interface {
	// EndOfInitialization is called when data transfer is started on a
	// connection. True says that its controlling station has not heard of the
	// last initialisation of the station with this common address: the server
	// sends M_EI_NA_1 before everything else.
	EndOfInitialization(s *Session, station asdu.CommonAddress) (asdu.EndOfInitialization, bool)
}

// resetter returns the station's reset, nil where it has none.
func (s *Session) resetter() ProcessResetter {
	resetter, _ := s.server.station.(ProcessResetter)
	return resetter
}

// resetProcess carries out a reset process command (IEC 60870-5-101, 7.3.4.6).
func (s *Session) resetProcess(a asdu.ASDU) error {
	object, err := asdu.First[asdu.ResetProcess](a)
	if err != nil || a.Test {
		return s.confirm(a, err != nil)
	}
	for _, station := range s.addressees(a) {
		one := a
		one.CommonAddress = station
		err := s.resetter().ResetProcess(s, station, object.Qualifier)
		switch {
		case err != nil:
		case object.Qualifier == asdu.ResetProcessGeneral:
			s.server.selections.reset(station)
		case object.Qualifier == asdu.ResetEventBuffer:
			s.server.forgetEvents(station)
		}
		if err := s.Answer(one.Mirror(asdu.ActivationCon, err != nil)); err != nil {
			return err
		}
		if err == nil {
			s.server.AnnounceInitialization()
		}
	}
	return nil
}

// TakeBackSelections takes back all selections of the station with a common
// address. The server does so after a reset process command; this is for stations
// that are initialised again for other reasons.
func (s *Server) TakeBackSelections(station asdu.CommonAddress) { s.selections.reset(station) }

// AnnounceInitialization tells every connection on which data transfer is
// started of the end of initialisation, as far as the station, an
// [Initializer], says that it has not heard of it. The server does so when data
// transfer starts and after a reset process command; this is for stations that
// are initialised again for other reasons.
func (s *Server) AnnounceInitialization() {
	for _, session := range s.Sessions() {
		if session.link.status().State == Started {
			session.announce()
		}
	}
}

// announce tells of the end of initialisation what is new (IEC 60870-5-101,
// 7.3.3.1).
func (s *Session) announce() {
	station, ok := s.server.station.(Initializer)
	if !ok {
		return
	}
	for _, common := range s.server.options.CommonAddresses {
		object, isNew := station.EndOfInitialization(s, common)
		if !isNew {
			continue
		}
		a, err := asdu.New(s.server.options.ASDU, asdu.Header{
			Type: asdu.M_EI_NA_1, Cause: asdu.Initialized, CommonAddress: common, Test: s.server.testing(common),
		}, object)
		if err == nil {
			_ = s.Answer(a) // fails where the connection is gone
		}
	}
}
