package iec104

import (
	"context"

	"stellwerk/iec104/asdu"
)

// Read asks a station for the state of one point (IEC 60870-5-101, 7.3.4.3) and
// returns the ASDU that has it, with cause 5. Data of the same address that come
// meanwhile for another cause are not taken for the answer; the handler sees all
// of them. A station that has no such point refuses with cause 47.
func (c *Client) Read(ctx context.Context, station asdu.CommonAddress, address asdu.ObjectAddress) (asdu.ASDU, error) {
	a, err := requestOf(c, "read", station, asdu.C_RD_NA_1, asdu.Request, asdu.Read{Address: address})
	if err != nil {
		return asdu.ASDU{}, err
	}
	return c.confirmed(ctx, "read", a)
}

// requestOf makes the ASDU of a request.
func requestOf[T asdu.Information[T]](c *Client, op string, station asdu.CommonAddress, t asdu.TypeID, cause asdu.Cause, object T) (asdu.ASDU, error) {
	a, err := asdu.New(c.options.ASDU, asdu.Header{Type: t, Cause: cause, CommonAddress: station}, object)
	return a, fail(op, err)
}

// confirmed sends a request that is over with its confirmation, and waits for
// that.
func (c *Client) confirmed(ctx context.Context, op string, a asdu.ASDU) (asdu.ASDU, error) {
	request, err := c.activate(ctx, op, a, true)
	if err != nil {
		return asdu.ASDU{}, err
	}
	return request.Confirmed(ctx)
}

// carriedOut sends a request and waits for its confirmation and its termination.
func (c *Client) carriedOut(ctx context.Context, op string, a asdu.ASDU) error {
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
