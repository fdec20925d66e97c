package station

import (
	"fmt"
	"math"

	"stellwerk/iec104/asdu"
)

// Set gives a point a value, with good quality and the present time, and sends
// the event if the change is one. The value is a bool, a number of any Go type,
// or one of package asdu such as [asdu.On]; normalized values are numbers from
// -1 to below 1. Measured values beyond their range are limited, with the
// quality overflow; short floating point numbers can also be infinite, and not a
// number. Setting an integrated total adjusts it, see
// [Station.Count].
//
// An error says that there is no such point, or that it cannot have the value.
func (s *Station) Set(station asdu.CommonAddress, address asdu.ObjectAddress, value any) error {
	p, err := s.point(station, address)
	if err != nil {
		return err
	}
	o, err := objectOf(p.family, address, value)
	if err != nil {
		return fmt.Errorf("station: point %d/%d of type %s: %w", station, address, p.Type, err)
	}
	return s.change(p, o, asdu.Spontaneous)
}

// Update is Set with everything that a telegram can say: an object of the
// point's family, with its address, quality and time. A zero time is the
// present one.
//
//	err := s.Update(1, asdu.ShortFloat{Address: 300, Value: 110.2, Quality: asdu.Substituted, Time: t})
func (s *Station) Update(station asdu.CommonAddress, o asdu.Object) error {
	p, err := s.point(station, o.IOA())
	if err != nil {
		return err
	}
	if familyOf(o) != p.family {
		return fmt.Errorf("station: point %d/%d of type %s cannot be a %T", station, p.Address, p.Type, o)
	}
	return s.change(p, o, asdu.Spontaneous)
}

// SetQuality gives a point a quality and leaves its value. Of integrated totals
// only [asdu.Invalid] counts. A measured value without quality (M_ME_ND_1) is
// withheld while its quality is not good: nothing of it is sent, but that a read is
// answered with the type that has a quality, M_ME_NA_1. It is the same while it is
// blocked.
func (s *Station) SetQuality(station asdu.CommonAddress, address asdu.ObjectAddress, q asdu.Quality) error {
	p, err := s.point(station, address)
	if err != nil {
		return err
	}
	s.sending.Lock()
	defer s.sending.Unlock()
	s.mu.Lock()
	if p.family == integratedTotal {
		p.counter.invalid = q&asdu.Invalid != 0
		s.mu.Unlock()
		return nil
	}
	p.withheld, p.bad = p.family == plainNormalizedValue && q != 0, q
	o := withTime(withQuality(p.acquired(), q), 0)
	s.mu.Unlock()
	return s.changeLocked(p, o, asdu.Spontaneous)
}

// Block blocks a point or lets it go: while it is blocked it keeps its value,
// with the quality blocked, and what is set is only remembered. Integrated totals
// have no such quality, and events of protection equipment no state to keep: they
// are refused.
func (s *Station) Block(station asdu.CommonAddress, address asdu.ObjectAddress, blocked bool) error {
	p, err := s.point(station, address)
	if err != nil {
		return err
	}
	if p.family == integratedTotal || p.family.event() {
		return fmt.Errorf("station: point %d/%d of type %s cannot be blocked: integrated totals have no such quality, and events no state to keep", station, address, p.Type)
	}
	s.sending.Lock()
	defer s.sending.Unlock()
	s.mu.Lock()
	if p.blocked == blocked {
		s.mu.Unlock()
		return nil
	}
	o := p.acquired()
	if blocked {
		p.behind = o
		o = withQuality(o, qualityOf(o)|asdu.Blocked)
	} else {
		p.behind = nil
	}
	p.blocked = false // for this change
	s.mu.Unlock()
	err = s.changeLocked(p, withTime(o, 0), asdu.Spontaneous)
	s.mu.Lock()
	p.blocked = blocked
	s.mu.Unlock()
	return err
}

// hidden reports whether a value without quality is not sent, as it is not good or
// is blocked. The caller holds Station.mu.
func (p *point) hidden() bool {
	return p.withheld || p.family == plainNormalizedValue && p.blocked
}

// qualified returns a value without quality that is hidden in the type that has
// one: a read is answered with that. The caller holds Station.mu.
func (p *point) qualified() asdu.Object {
	value, _ := p.object.(asdu.PlainNormalizedValue)
	o := asdu.NormalizedValue{Address: p.Address, Value: value.Value, Quality: p.bad}
	if p.blocked {
		o.Quality |= asdu.Blocked
	}
	return o
}

// acquired returns the state of the process, which a block may hide.
func (p *point) acquired() asdu.Object {
	if p.blocked && p.behind != nil {
		return p.behind
	}
	return p.object
}

// Count lets an integrated total count on. A total that runs past its range
// begins at the other end, and its next frozen state has the carry bit.
func (s *Station) Count(station asdu.CommonAddress, address asdu.ObjectAddress, n int64) error {
	p, err := s.point(station, address)
	if err != nil {
		return err
	}
	if p.family != integratedTotal {
		return fmt.Errorf("station: point %d/%d of type %s does not count", station, address, p.Type)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	p.counter.add(n)
	return nil
}

// Get returns the state of a point as an interrogation or a counter
// interrogation would; false where there is no such point.
func (s *Station) Get(station asdu.CommonAddress, address asdu.ObjectAddress) (asdu.Object, bool) {
	p, err := s.point(station, address)
	if err != nil {
		return nil, false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.state(p), true
}

// state returns what is sent of a point. The caller holds mu.
func (s *Station) state(p *point) asdu.Object {
	if p.family == integratedTotal {
		reading, t := p.counter.reading(s.now(p.sector))
		return asdu.IntegratedTotal{Address: p.Address, Value: reading, Time: t}
	}
	return p.object
}

// change gives a point an object and sends the event if it is one.
func (s *Station) change(p *point, o asdu.Object, cause asdu.Cause) error {
	s.sending.Lock()
	defer s.sending.Unlock()
	s.mu.Lock()
	if p.withheld {
		p.withheld, p.sent = false, math.NaN() // good again, and nobody knows the value
	}
	s.mu.Unlock()
	return s.changeLocked(p, o, cause)
}

// changeLocked is change where the caller holds sending.
func (s *Station) changeLocked(p *point, o asdu.Object, cause asdu.Cause) error {
	s.mu.Lock()
	if t := o.Timestamp(); t.IsZero() {
		o = withTime(o, s.now(p.sector))
	} else if t.Kind() != asdu.TimeCP56 {
		s.mu.Unlock()
		return fmt.Errorf("station: point %d/%d: a time of kind %s, must be cp56", p.sector.address, p.Address, t.Kind())
	}
	// What the wire cannot carry must not become the state of a point.
	h := asdu.Header{Type: p.event, Cause: cause, CommonAddress: p.sector.address, Test: p.sector.mode == Test}
	if !p.event.Allows(cause) {
		h.Cause = asdu.Spontaneous
	}
	object, behind, total, exact := p.object, p.behind, p.counter, p.exact
	send := p.take(&o, cause)
	a, err := telegram(s.params, h, o)
	if err != nil {
		p.object, p.behind, p.counter, p.exact = object, behind, total, exact
		s.mu.Unlock()
		return fmt.Errorf("station: point %d/%d: %w", p.sector.address, p.Address, err)
	}
	if send {
		p.sent = numberOf(o)
	}
	s.mu.Unlock()
	if !send {
		return nil
	}
	return s.server.Send(a)
}

// take makes an object the state of a point and reports whether it is an event.
// It may change the object on the way. The caller holds Station.mu.
func (p *point) take(o *asdu.Object, cause asdu.Cause) bool {
	if total, ok := (*o).(asdu.IntegratedTotal); ok {
		p.counter.adjust(total.Value.Count)
		p.counter.invalid = total.Value.Invalid
		return false
	}
	if p.blocked {
		p.behind = *o
		return false
	}
	before := p.object
	commanded := cause == asdu.ReturnRemote || cause == asdu.ReturnLocal
	var send bool
	switch {
	case p.family.event():
		send = true
	case p.family.measured():
		if !commanded {
			*o = p.smooth(*o)
		}
		send = commanded || p.noteworthy(*o)
	case p.family == packedSinglePoints:
		return p.takePacked(o)
	default:
		send = commanded || p.untold || withTime(before, 0) != withTime(*o, 0)
	}
	p.object, p.untold = *o, false
	return send && !p.Quiet && !p.hidden()
}

// takePacked is take for packed single points: an event says which of them have
// changed since the last one, and what comes after it says that none has.
func (p *point) takePacked(o *asdu.Object) bool {
	packed, _ := (*o).(asdu.PackedSinglePoints)
	last, _ := p.object.(asdu.PackedSinglePoints)
	packed.Changed |= last.Changed | packed.Status ^ last.Status
	*o = packed
	send := (packed.Changed != 0 || packed.Quality != last.Quality) && !p.Quiet
	if send {
		packed.Changed = 0
	}
	p.object = packed
	return send
}
