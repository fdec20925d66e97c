package station

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"stellwerk/iec104"
	"stellwerk/iec104/asdu"
)

// Operate operates a control at the station itself: the return information has
// cause 12. It returns when the operation has begun, or why it has not.
func (s *Station) Operate(station asdu.CommonAddress, o asdu.Object) error {
	c, err := s.control(station, o.IOA())
	if err != nil {
		return err
	}
	k, ok := read(o)
	if !ok || k.plain != c.plain {
		return fmt.Errorf("station: control %d/%d of type %s does not take a %T", station, o.IOA(), c.Type, o)
	}
	op := &Operation{Station: station, Control: c.Control, Command: o}
	if err := s.begin(c, op, k); err != nil {
		return fmt.Errorf("station: control %d/%d: %w", station, o.IOA(), err)
	}
	return nil
}

// command carries out, or selects, what a controlling station asks for.
func (s *Station) command(request *iec104.Command) {
	station := request.ASDU.CommonAddress
	k, ok := read(request.Object)
	c, err := s.control(station, request.Object.IOA())
	if !ok || err != nil || k.plain != c.plain {
		_ = request.Disown() // here and below: fails where the connection is gone
		return
	}
	op := &Operation{Station: station, Control: c.Control, Command: request.Object, Select: request.Select, Request: request}
	err = s.permits(c, op, k)
	if err == nil && op.Select {
		switch s.decide(op) {
		case CarryOut:
			if err = s.permits(c, op, k); err == nil { // still, as the application may have taken its time
				_ = request.Confirm()
			}
		case Refuse:
			err = ErrDeclined
		default:
		}
	} else if err == nil {
		err = s.begin(c, op, k)
	}
	if err != nil {
		_ = request.Refuse()
		if s.options.Refused != nil {
			s.options.Refused(op, err)
		}
	}
}

// permits reports why a controlling station may not give a command.
func (s *Station) permits(c *control, op *Operation, k command) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case !s.inTime(c, k.time):
		return ErrTime
	case op.Select && c.Select == SelectNever:
		return ErrNotSelectable
	case !op.Select && c.Select == SelectRequired && !op.Request.Selected:
		return ErrNotSelected
	default:
		return c.ready(op, k)
	}
}

// ready reports why a control cannot be operated now. The caller holds
// Station.mu.
func (c *control) ready(op *Operation, k command) error {
	switch {
	case c.sector.mode == Local && !op.Local():
		return ErrLocal
	case c.sector.mode == Test && !op.Local():
		return ErrTest
	case c.sector.mode == Blocked || c.blocked:
		return ErrBlocked
	case !c.takes(k):
		return ErrRange
	case c.running != nil:
		return ErrRunning
	case k.plain == asdu.C_RC_NA_1:
		return c.stepping(k.step)
	default:
		return nil
	}
}

// stepping reports whether the step position is at its end.
func (c *control) stepping(step int) error {
	low, high := c.Low, c.High
	if low == 0 && high == 0 {
		low, high = -64, 63
	}
	if next := float64(int(c.position()) + step); next < low || next > high {
		return ErrEnd
	}
	return nil
}

// position returns the step position of the feedback. The caller holds
// Station.mu.
func (c *control) position() int8 {
	position, _ := c.feedback.acquired().(asdu.StepPosition)
	return position.Value
}

// inTime reports whether the time tag of a command is near enough to the
// station's clock, whether or not that was ever synchronised. The caller holds
// mu.
func (s *Station) inTime(c *control, t asdu.Time) bool {
	if t.IsZero() {
		return !c.timed
	}
	limit := cmp.Or(c.MaxAge, s.options.CommandAge)
	if limit <= 0 {
		return true
	}
	now := s.instant(c.sector)
	instant, err := s.zone.Instant(t, now)
	if err != nil || t.Invalid() {
		return false
	}
	// The year has two digits: the century is the one in which it is near.
	if years := now.Year() - instant.Year(); years > 50 {
		instant = instant.AddDate(100, 0, 0)
	} else if years < -50 {
		instant = instant.AddDate(-100, 0, 0)
	}
	return now.Sub(instant).Abs() <= limit
}

func (s *Station) decide(op *Operation) Decision {
	if s.options.Decide == nil {
		return CarryOut
	}
	return s.options.Decide(op)
}

// begin begins to carry out a command. An error says that it has not, and why.
func (s *Station) begin(c *control, op *Operation, k command) error {
	switch s.decide(op) {
	case CarryOut:
	case Refuse:
		return ErrDeclined
	default:
		return nil
	}
	s.mu.Lock()
	if err := c.ready(op, k); err != nil { // the application may have taken its time
		s.mu.Unlock()
		return err
	}
	c.running = op
	epoch := c.sector.epoch
	s.mu.Unlock()
	if op.Request != nil && op.Request.Confirm() != nil {
		// The connection is gone: what nobody hears of is not carried out.
		s.end(c, op, context.Canceled)
		return nil //nolint:nilerr // it has its answer
	}
	if s.broken(c, op, epoch) {
		return nil // by a reset while it was confirmed
	}
	s.set(c, op, k, c.leaving)
	pulse, pulsed := c.pulse(k)
	s.later(c.Running, func() {
		if s.broken(c, op, epoch) {
			return
		}
		s.set(c, op, k, c.arriving)
		s.later(max(0, pulse-c.Running), func() {
			if s.broken(c, op, epoch) {
				return
			}
			if pulsed && c.Momentary && (k.plain == asdu.C_SC_NA_1 || k.plain == asdu.C_DC_NA_1) {
				k.on = !k.on
				s.set(c, op, k, c.arriving)
			}
			s.end(c, op, nil)
		})
	})
	return nil
}

// later runs a function after some time, at once where there is none.
func (s *Station) later(d time.Duration, f func()) {
	if d <= 0 {
		f()
		return
	}
	s.timers.after(d, f)
}

// broken reports whether an operation was broken off by a reset.
func (s *Station) broken(c *control, op *Operation, epoch int) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return c.running != op || c.sector.epoch != epoch
}

// end ends an operation, unless a reset has done so already: the control may
// have begun with another one. Without an error it is terminated.
func (s *Station) end(c *control, op *Operation, err error) {
	s.mu.Lock()
	ended := c.running != op
	if !ended {
		c.running = nil
	}
	s.mu.Unlock()
	if ended {
		return
	}
	if err == nil && op.Request != nil {
		_ = op.Request.Terminate() // fails where the connection is gone
	}
	if s.options.Done != nil {
		s.options.Done(op, err)
	}
}

// set gives the feedback of a control the state that a command brings about,
// nil for none.
func (s *Station) set(c *control, op *Operation, k command, by func(command) asdu.Object) {
	s.mu.Lock()
	state := by(k)
	s.mu.Unlock()
	if state == nil {
		return
	}
	cause := asdu.ReturnRemote
	if op.Local() {
		cause = asdu.ReturnLocal
	}
	// The states are what the wire can carry, and a server that is closed takes
	// no events.
	_ = s.change(c.feedback, state, cause)
}

// leaving returns the state of the feedback on its way, nil where it has none.
// The caller holds Station.mu.
func (c *control) leaving(command) asdu.Object {
	if c.feedback == nil || c.Running == 0 {
		return nil
	}
	address := c.feedback.Address
	switch c.feedback.family {
	case doublePoint:
		return asdu.DoublePoint{Address: address, Value: asdu.Intermediate}
	case stepPosition:
		return asdu.StepPosition{Address: address, Value: c.position(), Transient: true}
	default:
		return nil
	}
}

// arriving returns the state of the feedback at the end. The caller holds
// Station.mu.
func (c *control) arriving(k command) asdu.Object {
	if c.feedback == nil {
		return nil
	}
	address := c.feedback.Address
	switch c.feedback.family {
	case singlePoint:
		return asdu.SinglePoint{Address: address, Value: k.on}
	case doublePoint:
		state := asdu.Off
		if k.on {
			state = asdu.On
		}
		return asdu.DoublePoint{Address: address, Value: state}
	case stepPosition:
		return asdu.StepPosition{Address: address, Value: c.position() + int8(k.step)}
	case bitString:
		return asdu.BitString{Address: address, Value: uint32(k.number)}
	default:
		o, err := objectOf(c.feedback.family, address, k.number)
		if err != nil {
			return nil
		}
		return o
	}
}
