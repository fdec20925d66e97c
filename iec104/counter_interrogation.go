package iec104

import (
	"context"

	"stellwerk/iec104/asdu"
)

// ReadCounters sends a counter interrogation command (IEC 60870-5-101,
// 7.3.4.2) and waits until the station has terminated it. With
// [asdu.FreezeRead] the station sends the integrated totals that are asked for,
// [asdu.RequestAllCounters] or those of a group, 1 to 4; they go to the handler
// with the causes 37 to 41, and when ReadCounters returns nil it has had them
// all. With the other values of [asdu.Freeze] they are frozen, reset, or both,
// and what was frozen is read by a second call, unless the station sends it by
// itself. The broadcast address asks all stations, as in [Client.Interrogate].
func (c *Client) ReadCounters(ctx context.Context, station asdu.CommonAddress, request asdu.CounterRequest, freeze asdu.Freeze) error {
	const op = "read counters"
	a, err := requestOf(c, op, station, asdu.C_CI_NA_1, asdu.Activation, asdu.CounterInterrogation{Request: request, Freeze: freeze})
	if err != nil {
		return err
	}
	return c.carriedOut(ctx, op, a)
}
