package iec104

import (
	"context"

	"stellwerk/iec104/asdu"
)

// ResetProcess sends a reset process command, [asdu.ResetProcessGeneral] or
// [asdu.ResetEventBuffer] (IEC 60870-5-101, 7.3.4.6), and waits for the
// confirmation. A station may close the connection to reset itself; that it is
// ready again it tells with M_EI_NA_1. The broadcast address resets all
// stations; the first confirmation counts.
func (c *Client) ResetProcess(ctx context.Context, station asdu.CommonAddress, q asdu.ResetQualifier) error {
	const op = "reset process"
	a, err := requestOf(c, op, station, asdu.C_RP_NA_1, asdu.Activation, asdu.ResetProcess{Qualifier: q})
	if err != nil {
		return err
	}
	_, err = c.confirmed(ctx, op, a)
	return err
}
