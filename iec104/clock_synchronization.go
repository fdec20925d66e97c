package iec104

import (
	"context"

	"stellwerk/iec104/asdu"
)

// SynchroniseClock sends a station the time, by the client's clock at the
// moment of sending, and returns the time in the station's confirmation: what
// its clock showed before it was corrected, where the station keeps to the
// standard. The broadcast address sets all stations; the first confirmation
// counts.
func (c *Client) SynchroniseClock(ctx context.Context, station asdu.CommonAddress) (asdu.Time, error) {
	const op = "synchronise clock"
	a, err := asdu.New(c.options.ASDU, asdu.Header{
		Type: asdu.C_CS_NA_1, Cause: asdu.Activation, CommonAddress: station,
	}, asdu.ClockSynchronization{Time: c.time()})
	if err != nil {
		return 0, fail(op, err)
	}
	request, err := c.activate(ctx, op, a, true)
	if err != nil {
		return 0, err
	}
	answer, err := request.Confirmed(ctx)
	if err != nil {
		return 0, err
	}
	object, err := asdu.First[asdu.ClockSynchronization](answer)
	return object.Time, fail(op, err)
}

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
