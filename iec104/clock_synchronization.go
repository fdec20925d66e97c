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
	a, err := requestOf(c, op, station, asdu.C_CS_NA_1, asdu.Activation, asdu.ClockSynchronization{Time: c.time()})
	if err != nil {
		return 0, err
	}
	answer, err := c.confirmed(ctx, op, a)
	if err != nil {
		return 0, err
	}
	object, err := asdu.First[asdu.ClockSynchronization](answer)
	return object.Time, fail(op, err)
}
