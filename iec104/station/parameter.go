package station

import (
	"fmt"
	"math"

	"stellwerk/iec104"
	"stellwerk/iec104/asdu"
)

// parameterAt is what is loaded at an address: a kind of parameter of a point.
type parameterAt struct {
	point *point
	kind  asdu.ParameterKind // 0 for all kinds
}

// parameterOf returns what is loaded at an address.
func (one *sector) parameterOf(address asdu.ObjectAddress) (parameterAt, bool) {
	if at, ok := one.parameters[address]; ok {
		return at, true
	}
	p := one.points[address]
	if p == nil || !p.family.measured() || len(p.Parameters) > 0 {
		return parameterAt{}, false
	}
	return parameterAt{point: p}, true
}

// parameterFamily returns the family of measured values that a type of parameter
// is for.
func parameterFamily(t asdu.TypeID) family {
	switch t {
	case asdu.P_ME_NA_1:
		return normalizedValue
	case asdu.P_ME_NB_1:
		return scaledValue
	case asdu.P_ME_NC_1:
		return shortFloat
	default:
		return noFamily
	}
}

// takes reports whether parameters of a family are loaded there.
func (at parameterAt) takes(of family) bool {
	f := at.point.family
	return f == of || f == plainNormalizedValue && of == normalizedValue
}

// Measure returns what is in force for a measured value, as configured or as
// parameters have it.
func (s *Station) Measure(station asdu.CommonAddress, address asdu.ObjectAddress) (Measure, error) {
	p, err := s.point(station, address)
	if err != nil {
		return Measure{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return p.active, nil
}

// setParameter loads a parameter, which takes effect unless its qualifier says
// that it is not in operation: then it waits for P_AC_NA_1.
func (s *Station) setParameter(one *sector, o asdu.Object) error {
	var of family
	var number float64
	var q asdu.ParameterQualifier
	switch o := o.(type) {
	case asdu.NormalizedParameter:
		of, number, q = normalizedValue, o.Value.Float64(), o.Qualifier
	case asdu.ScaledParameter:
		of, number, q = scaledValue, float64(o.Value), o.Qualifier
	case asdu.FloatParameter:
		of, number, q = shortFloat, float64(o.Value), o.Qualifier
	}
	at, ok := one.parameterOf(o.IOA())
	if !ok || !at.takes(of) {
		return iec104.ErrNoObject
	}
	if at.kind != 0 && at.kind != q.Kind {
		return fmt.Errorf("station: parameter %d is of kind %d, not %d", o.IOA(), at.kind, q.Kind)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	loaded := at.point.loaded
	if err := loaded.load(q.Kind, number, of); err != nil {
		return err
	}
	if !q.NotInOperation {
		if err := at.point.enforce(q.Kind, loaded); err != nil {
			return err
		}
	}
	at.point.loaded = loaded
	one.parametersChanged = true
	return nil
}

// load sets one of the numbers.
func (m *Measure) load(kind asdu.ParameterKind, number float64, of family) error {
	if math.IsNaN(number) {
		return fmt.Errorf("station: a parameter must be a number")
	}
	switch kind {
	case asdu.ParameterThreshold:
		m.Threshold = number
	case asdu.ParameterSmoothing:
		if of == scaledValue {
			number /= 100
		}
		m.Smoothing = number
	case asdu.ParameterLowLimit:
		m.Low = new(number)
	case asdu.ParameterHighLimit:
		m.High = new(number)
	default:
		return fmt.Errorf("station: no such kind of parameter: %d", kind)
	}
	return m.check()
}

// copyKind takes one kind, or with 0 all kinds, from another.
func (m *Measure) copyKind(kind asdu.ParameterKind, from Measure) {
	switch kind {
	case asdu.ParameterThreshold:
		m.Threshold = from.Threshold
	case asdu.ParameterSmoothing:
		m.Smoothing = from.Smoothing
	case asdu.ParameterLowLimit:
		m.Low = from.Low
	case asdu.ParameterHighLimit:
		m.High = from.High
	default:
		*m = from
	}
}

// activateParameter activates loaded parameters or cyclic transmission, or
// takes them out of operation: then what the station was made with is in force
// again. A parameter that does not go with the others in force is refused.
func (s *Station) activateParameter(one *sector, o asdu.ParameterActivation, active bool) error {
	switch o.Qualifier {
	case asdu.ActivateLoaded:
		if o.Address != 0 {
			return iec104.ErrNoObject
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		for _, p := range one.points {
			if p.family.measured() {
				_ = p.activate(0, active) // all kinds together fit, as they were loaded
			}
		}
		one.parametersChanged = true
		return nil
	case asdu.ActivateParameter:
		at, ok := one.parameterOf(o.Address)
		if p := one.points[o.Address]; !ok && p != nil && p.family.measured() {
			at, ok = parameterAt{point: p}, true
		}
		if !ok {
			return iec104.ErrNoObject
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		if err := at.point.activate(at.kind, active); err != nil {
			return err
		}
		one.parametersChanged = true
		return nil
	case asdu.ActivateCyclic:
		p := one.points[o.Address]
		if p == nil {
			return iec104.ErrNoObject
		}
		err := s.setCyclic(p, active)
		if err == nil {
			s.mu.Lock()
			one.parametersChanged = true
			s.mu.Unlock()
		}
		return err
	default:
		return fmt.Errorf("station: qualifier %d of parameter activation is not known", o.Qualifier)
	}
}

func (p *point) activate(kind asdu.ParameterKind, active bool) error {
	if active {
		return p.enforce(kind, p.loaded)
	}
	return p.enforce(kind, p.Measure)
}

// enforce puts one kind, or with 0 all kinds, in force, unless the limits in force
// would cross.
func (p *point) enforce(kind asdu.ParameterKind, from Measure) error {
	active := p.active
	active.copyKind(kind, from)
	if err := active.check(); err != nil {
		return fmt.Errorf("station: point %d/%d: %w", p.sector.address, p.Address, err)
	}
	p.active = active
	return nil
}
