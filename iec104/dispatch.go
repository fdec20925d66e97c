package iec104

import (
	"errors"
	"fmt"
	"slices"

	"stellwerk/iec104/asdu"
)

// handle takes a received ASDU.
func (s *Session) handle(a asdu.ASDU) error {
	watcher, watched := s.server.station.(ASDUWatcher)
	if watched {
		taken, err := watcher.BeforeASDU(s, a)
		if err != nil {
			return fmt.Errorf("the station has not taken over %s: %w", a.TypeName(), err)
		}
		if taken {
			return nil
		}
	}
	if a.Cause.Unknown() {
		return nil // an answer: were it answered, it would go on forever
	}
	// A request whose answers are dropped, as another connection has taken over
	// while it was dealt with, is no fault of its connection.
	if err := s.dispatch(a); err != nil && (!errors.Is(err, ErrSuperseded) || !s.superseded(s.reign)) {
		return err
	}
	if watched {
		watcher.AfterASDU(s, a)
	}
	return nil
}

// dispatch hands an ASDU to what serves its type.
func (s *Session) dispatch(a asdu.ASDU) error {
	switch {
	case a.Type == asdu.C_IC_NA_1:
		return s.system(a, s.interrogate)
	case a.Type == asdu.C_CI_NA_1 && s.counters() != nil:
		return s.system(a, s.interrogateCounters)
	case a.Type == asdu.C_RD_NA_1 && s.points() != nil:
		return s.read(a)
	case a.Type == asdu.C_CS_NA_1 && s.clock() != nil:
		return s.system(a, s.setClock)
	case a.Type == asdu.C_RP_NA_1 && s.resetter() != nil:
		return s.system(a, s.resetProcess)
	case a.Type == asdu.C_TS_TA_1:
		return s.system(a, s.testTimed)
	case a.Type == asdu.C_TS_NA_1 && s.server.options.Extended:
		return s.system(a, s.test)
	case a.Type == asdu.C_CD_NA_1 && s.server.options.Extended:
		return s.delay(a)
	case isParameter(a.Type) && s.parameterSetter() != nil:
		return s.setParameter(a)
	case a.Type == asdu.P_AC_NA_1 && s.parameterActivator() != nil:
		return s.activateParameter(a)
	case isFile(a.Type) && s.fileStation() != nil:
		return s.file(a)
	case isCommand(a.Type):
		return s.command(a)
	default:
		return s.other(a)
	}
}

// system checks a system command, whose object address is 0, and hands it to
// its function.
func (s *Session) system(a asdu.ASDU, carryOut func(asdu.ASDU) error) error {
	switch {
	case !s.accepts(a):
		return s.refuse(a, asdu.UnknownCause)
	case !s.addressed(a):
		return s.refuse(a, asdu.UnknownCommonAddress)
	case a.Count() != 1 || a.Sequence:
		return s.confirm(a, true)
	}
	if k, _ := keyOf(a); k.address != 0 {
		return s.refuse(a, asdu.UnknownObjectAddress)
	}
	return carryOut(a)
}

// other hands what the server does not know to the station.
func (s *Session) other(a asdu.ASDU) error {
	handler, ok := s.server.station.(ASDUHandler)
	switch {
	case !ok:
		return s.refuse(a, asdu.UnknownType)
	case !s.addressed(a):
		return s.refuse(a, asdu.UnknownCommonAddress)
	case a.Test && a.Type.Control() && s.accepts(a):
		return s.confirm(a, false)
	}
	handled, err := handler.HandleASDU(s, a)
	if err != nil {
		return fmt.Errorf("the station has not taken over %s: %w", a.TypeName(), err)
	}
	if !handled {
		return s.refuse(a, asdu.UnknownType)
	}
	return nil
}

// accepts reports whether the cause is one of a request of its type.
func (s *Session) accepts(a asdu.ASDU) bool {
	return (a.Cause == asdu.Activation || a.Cause == asdu.Deactivation) && a.Type.Allows(a.Cause)
}

// knows reports whether the object of a command or parameter is one of the
// station, as far as it tells.
func (s *Session) knows(a asdu.ASDU) bool {
	station, tells := s.server.station.(ObjectKnower)
	k, _ := keyOf(a)
	return !tells || station.KnowsObject(a.CommonAddress, a.Type, k.address)
}

// addressed reports whether the ASDU is for this station.
func (s *Session) addressed(a asdu.ASDU) bool {
	return len(s.addressees(a)) > 0
}

// addressees returns the common addresses of the station that an ASDU is for.
func (s *Session) addressees(a asdu.ASDU) []asdu.CommonAddress {
	own := s.server.options.CommonAddresses
	if a.CommonAddress == a.Params().Broadcast() {
		if a.Type.Broadcasts() {
			return own
		}
		return nil
	}
	if i := slices.Index(own, a.CommonAddress); i >= 0 {
		return own[i : i+1]
	}
	return nil
}

// refuse mirrors an ASDU with one of the causes 44 to 47.
func (s *Session) refuse(a asdu.ASDU, cause asdu.Cause) error {
	return s.Answer(a.Mirror(cause, true))
}

// confirm mirrors a request with its confirmation. A request to all stations
// is answered with the station's own addresses.
func (s *Session) confirm(a asdu.ASDU, negative bool) error {
	for _, a.CommonAddress = range s.addressees(a) {
		if err := s.Answer(a.Mirror(confirmation(a.Cause), negative)); err != nil {
			return err
		}
	}
	return nil
}

// confirmation returns the cause that confirms a request.
func confirmation(c asdu.Cause) asdu.Cause {
	if c == asdu.Deactivation {
		return asdu.DeactivationCon
	}
	return asdu.ActivationCon
}
