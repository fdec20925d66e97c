package iec104

import (
	"context"

	"stellwerk/iec104/asdu"
)

// Interrogate asks a station for the state of its points, all of them with
// [asdu.InterrogateStation] or those of a group, and waits until the station
// has sent them. The data go to the handler, with the cause of the
// interrogation; when Interrogate returns nil the handler has had them all.
//
// The broadcast address asks all stations behind the connection. As nobody
// knows how many they are, it is over when all that have confirmed have
// terminated; who waits for more watches the handler.
func (c *Client) Interrogate(ctx context.Context, station asdu.CommonAddress, q asdu.InterrogationQualifier) error {
	const op = "interrogate"
	a, err := asdu.New(c.options.ASDU, asdu.Header{
		Type: asdu.C_IC_NA_1, Cause: asdu.Activation, CommonAddress: station,
	}, asdu.Interrogation{Qualifier: q})
	if err != nil {
		return fail(op, err)
	}
	request, err := c.activate(ctx, op, a, false)
	if err != nil {
		return err
	}
	if _, err := request.Confirmed(ctx); err != nil {
		return err
	}
	_, err = request.Terminated(ctx)
	return err
}
