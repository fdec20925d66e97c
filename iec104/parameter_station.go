package iec104

import (
	"errors"

	"stellwerk/iec104/asdu"
)

// ErrNoObject says that a station has no such information object, which is
// answered with cause 47.
var ErrNoObject = errors.New("no such information object")

// ParameterSetter is a [Station] with parameters of measured values. Stations
// without them answer the types 110 to 112 as unknown.
type ParameterSetter interface {
	// SetParameter loads a parameter: an [asdu.NormalizedParameter],
	// [asdu.ScaledParameter] or [asdu.FloatParameter]. An error refuses, one
	// that wraps [ErrNoObject] with cause 47.
	SetParameter(s *Session, station asdu.CommonAddress, parameter asdu.Object) error
}

// ParameterActivator is a [Station] that activates loaded parameters, or the
// cyclic transmission of an object. Stations that do not answer P_AC_NA_1 as
// an unknown type.
type ParameterActivator interface {
	// ActivateParameter activates, or with false deactivates, what the object
	// says. An error refuses, one that wraps [ErrNoObject] with cause 47.
	ActivateParameter(s *Session, station asdu.CommonAddress, object asdu.ParameterActivation, active bool) error
}

// isParameter reports whether the type is a parameter of a measured value.
func isParameter(t asdu.TypeID) bool { return t >= asdu.P_ME_NA_1 && t <= asdu.P_ME_NC_1 }

func (s *Session) parameterSetter() ParameterSetter {
	setter, _ := s.server.station.(ParameterSetter)
	return setter
}

func (s *Session) parameterActivator() ParameterActivator {
	activator, _ := s.server.station.(ParameterActivator)
	return activator
}

// parameter answers a request about parameters (IEC 60870-5-101, 7.3.5), which
// it hands to a function.
func (s *Session) parameter(a asdu.ASDU, carryOut func(asdu.Object) error) error {
	switch {
	case !s.accepts(a):
		return s.refuse(a, asdu.UnknownCause)
	case !s.addressed(a):
		return s.refuse(a, asdu.UnknownCommonAddress)
	case a.Count() != 1 || a.Sequence:
		return s.confirm(a, true)
	case !s.knows(a):
		return s.refuse(a, asdu.UnknownObjectAddress)
	case a.Test:
		return s.confirm(a, false)
	}
	err := errors.New("no object")
	for object := range a.Objects() {
		err = carryOut(object)
	}
	if errors.Is(err, ErrNoObject) {
		return s.refuse(a, asdu.UnknownObjectAddress)
	}
	return s.confirm(a, err != nil)
}

func (s *Session) setParameter(a asdu.ASDU) error {
	return s.parameter(a, func(object asdu.Object) error {
		return s.parameterSetter().SetParameter(s, a.CommonAddress, object)
	})
}

func (s *Session) activateParameter(a asdu.ASDU) error {
	return s.parameter(a, func(object asdu.Object) error {
		activation, ok := object.(asdu.ParameterActivation)
		if !ok {
			return ErrNoObject
		}
		return s.parameterActivator().ActivateParameter(s, a.CommonAddress, activation, a.Cause == asdu.Activation)
	})
}
