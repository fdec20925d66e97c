package iec104

import (
	"context"
	"fmt"

	"stellwerk/iec104/asdu"
)

// SetParameter loads a parameter of a measured value, an
// [asdu.NormalizedParameter], [asdu.ScaledParameter] or [asdu.FloatParameter]
// (P_ME_NA_1 to P_ME_NC_1; IEC 60870-5-101, 7.3.5), and waits for the
// confirmation. Where the station uses parameters only when they are activated,
// [Client.ActivateParameter] is the second step.
func (c *Client) SetParameter(ctx context.Context, station asdu.CommonAddress, parameter asdu.Object) error {
	const op = "set parameter"
	var a asdu.ASDU
	var err error
	switch o := parameter.(type) {
	case asdu.NormalizedParameter:
		a, err = requestOf(c, op, station, asdu.P_ME_NA_1, asdu.Activation, o)
	case asdu.ScaledParameter:
		a, err = requestOf(c, op, station, asdu.P_ME_NB_1, asdu.Activation, o)
	case asdu.FloatParameter:
		a, err = requestOf(c, op, station, asdu.P_ME_NC_1, asdu.Activation, o)
	default:
		err = fail(op, fmt.Errorf("%w: %T is no parameter of a measured value", ErrASDU, parameter))
	}
	if err != nil {
		return err
	}
	_, err = c.confirmed(ctx, op, a)
	return err
}

// ActivateParameter activates loaded parameters or the cyclic transmission of
// an object, and deactivates them where active is false (P_AC_NA_1; IEC
// 60870-5-101, 7.3.5.4), and waits for the confirmation.
func (c *Client) ActivateParameter(ctx context.Context, station asdu.CommonAddress, object asdu.ParameterActivation, active bool) error {
	op, cause := "activate parameter", asdu.Activation
	if !active {
		op, cause = "deactivate parameter", asdu.Deactivation
	}
	a, err := requestOf(c, op, station, asdu.P_AC_NA_1, cause, object)
	if err != nil {
		return err
	}
	_, err = c.confirmed(ctx, op, a)
	return err
}
