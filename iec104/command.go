package iec104

import (
	"context"
	"fmt"

	"stellwerk/iec104/asdu"
)

// CommandMode is the way in which a command is carried out (IEC 60870-5-5,
// 6.8).
type CommandMode uint8

// The modes.
const (
	// DirectExecute sends the command once.
	DirectExecute CommandMode = iota
	// SelectAndExecute selects the object first, and executes when the
	// station has confirmed that.
	SelectAndExecute
)

// Operate sends a command: an object of one of the command families of package
// asdu, whose time decides between the types with and without time tag and
// whose Select is set as the mode needs it; see [ClientOptions.CommandTime].
// It returns when the command is on
// its way; [Activation.Confirmed] and [Activation.Terminated] tell what became
// of it. With [SelectAndExecute] it also waits until the selection is
// confirmed. A bit string command knows no selection.
func (c *Client) Operate(ctx context.Context, station asdu.CommonAddress, command asdu.Object, mode CommandMode) (*Activation, error) {
	h := asdu.Header{Cause: asdu.Activation, CommonAddress: station}
	if mode == SelectAndExecute {
		const op = "select"
		a, err := newCommand(c.options.ASDU, h, c.tagged(command), true)
		if err != nil {
			return nil, fail(op, err)
		}
		selection, err := c.activate(ctx, op, a, true)
		if err != nil {
			return nil, err
		}
		if _, err := selection.Confirmed(ctx); err != nil {
			return nil, err
		}
	}
	const op = "execute"
	a, err := newCommand(c.options.ASDU, h, c.tagged(command), false)
	if err != nil {
		return nil, fail(op, err)
	}
	return c.activate(ctx, op, a, false)
}

// Cancel takes back a selection, or asks to break off a command that is being
// carried out, and waits for the confirmation.
func (c *Client) Cancel(ctx context.Context, station asdu.CommonAddress, command asdu.Object) error {
	const op = "cancel"
	_, selection := bare(command)
	a, err := newCommand(c.options.ASDU, asdu.Header{Cause: asdu.Deactivation, CommonAddress: station}, c.tagged(command), selection)
	if err != nil {
		return fail(op, err)
	}
	request, err := c.activate(ctx, op, a, true)
	if err != nil {
		return err
	}
	_, err = request.Confirmed(ctx)
	return err
}

// newCommand makes the ASDU of a command.
func newCommand(p *asdu.Params, h asdu.Header, command asdu.Object, selection bool) (asdu.ASDU, error) {
	timed := func(without, with asdu.TypeID) asdu.Header {
		h.Type = without
		if command.Timestamp().Kind() == asdu.TimeCP56 {
			h.Type = with
		}
		return h
	}
	switch o := command.(type) {
	case asdu.SingleCommand:
		o.Select = selection
		return asdu.New(p, timed(asdu.C_SC_NA_1, asdu.C_SC_TA_1), o)
	case asdu.DoubleCommand:
		o.Select = selection
		return asdu.New(p, timed(asdu.C_DC_NA_1, asdu.C_DC_TA_1), o)
	case asdu.StepCommand:
		o.Select = selection
		return asdu.New(p, timed(asdu.C_RC_NA_1, asdu.C_RC_TA_1), o)
	case asdu.NormalizedSetpoint:
		o.Select = selection
		return asdu.New(p, timed(asdu.C_SE_NA_1, asdu.C_SE_TA_1), o)
	case asdu.ScaledSetpoint:
		o.Select = selection
		return asdu.New(p, timed(asdu.C_SE_NB_1, asdu.C_SE_TB_1), o)
	case asdu.FloatSetpoint:
		o.Select = selection
		return asdu.New(p, timed(asdu.C_SE_NC_1, asdu.C_SE_TC_1), o)
	case asdu.BitStringCommand:
		if selection {
			return asdu.ASDU{}, fmt.Errorf("%w: a bit string command cannot be selected", ErrASDU)
		}
		return asdu.New(p, timed(asdu.C_BO_NA_1, asdu.C_BO_TA_1), o)
	default:
		return asdu.ASDU{}, fmt.Errorf("%w: %T is no command", ErrASDU, command)
	}
}

// bare returns a command without S/E bit and time, what selection and execution
// must have in common, and its S/E bit.
func bare(command asdu.Object) (object asdu.Object, selection bool) {
	switch o := retimed(command, 0).(type) {
	case asdu.SingleCommand:
		selection, o.Select = o.Select, false
		return o, selection
	case asdu.DoubleCommand:
		selection, o.Select = o.Select, false
		return o, selection
	case asdu.StepCommand:
		selection, o.Select = o.Select, false
		return o, selection
	case asdu.NormalizedSetpoint:
		selection, o.Select = o.Select, false
		return o, selection
	case asdu.ScaledSetpoint:
		selection, o.Select = o.Select, false
		return o, selection
	case asdu.FloatSetpoint:
		selection, o.Select = o.Select, false
		return o, selection
	default:
		return o, false
	}
}

// retimed returns a command with another time, and what is no command as it is.
func retimed(command asdu.Object, t asdu.Time) asdu.Object {
	switch o := command.(type) {
	case asdu.SingleCommand:
		o.Time = t
		return o
	case asdu.DoubleCommand:
		o.Time = t
		return o
	case asdu.StepCommand:
		o.Time = t
		return o
	case asdu.NormalizedSetpoint:
		o.Time = t
		return o
	case asdu.ScaledSetpoint:
		o.Time = t
		return o
	case asdu.FloatSetpoint:
		o.Time = t
		return o
	case asdu.BitStringCommand:
		o.Time = t
		return o
	default:
		return command
	}
}
