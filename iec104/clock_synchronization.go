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
