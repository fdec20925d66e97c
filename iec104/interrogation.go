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
	a, err := requestOf(c, op, station, asdu.C_IC_NA_1, asdu.Activation, asdu.Interrogation{Qualifier: q})
	if err != nil {
		return err
	}
	return c.carriedOut(ctx, op, a)
}
