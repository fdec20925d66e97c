package iec104test

import (
	"context"
	"errors"
	"fmt"

	"stellwerk/iec104"
	"stellwerk/iec104/asdu"
)

// Do is part of [Requester].
func (c *ControlCentre) Do(ctx context.Context, r Request) error {
	client := c.Client()
	if client == nil {
		return iec104.ErrClosed
	}
	if err := client.Start(ctx); err != nil { // waits where it is being started
		return err
	}
	if r.Cancel {
		return c.cancelRequest(ctx, client, r)
	}
	switch o := r.Object.(type) {
	case asdu.Interrogation:
		return client.Interrogate(ctx, r.CommonAddress, o.Qualifier)
	case asdu.CounterInterrogation:
		return client.ReadCounters(ctx, r.CommonAddress, o.Request, o.Freeze)
	case asdu.Read:
		_, err := client.Read(ctx, r.CommonAddress, o.Address)
		return err
	case asdu.ClockSynchronization:
		_, err := client.SynchroniseClock(ctx, r.CommonAddress)
		return err
	case asdu.TestCommand:
		return client.TestPattern(ctx, r.CommonAddress)
	case asdu.TimedTestCommand:
		return client.TestCommand(ctx, r.CommonAddress)
	case asdu.ResetProcess:
		return client.ResetProcess(ctx, r.CommonAddress, o.Qualifier)
	case asdu.DelayAcquisition:
		_, err := client.AcquireDelay(ctx, r.CommonAddress)
		return err
	case asdu.NormalizedParameter, asdu.ScaledParameter, asdu.FloatParameter:
		return client.SetParameter(ctx, r.CommonAddress, o)
	case asdu.ParameterActivation:
		return client.ActivateParameter(ctx, r.CommonAddress, o, true)
	case asdu.SingleCommand, asdu.DoubleCommand, asdu.StepCommand, asdu.NormalizedSetpoint, asdu.ScaledSetpoint,
		asdu.FloatSetpoint, asdu.BitStringCommand:
		return c.operate(ctx, client, r)
	case asdu.FileCall, asdu.FileReady:
		return requestFile(ctx, client, r)
	default:
		return fmt.Errorf("%w: %s", errors.ErrUnsupported, r.Type)
	}
}

// operate carries out a command and waits for its termination.
func (c *ControlCentre) operate(ctx context.Context, client *iec104.Client, r Request) error {
	var options iec104.OperateOptions
	if r.Select {
		options.Mode = iec104.SelectAndExecute
	}
	_, err := client.OperateAndWait(ctx, r.CommonAddress, c.stamped(r), &options)
	return err
}

// cancelRequest asks to break off.
func (c *ControlCentre) cancelRequest(ctx context.Context, client *iec104.Client, r Request) error {
	o, ok := r.Object.(asdu.Interrogation)
	if !ok {
		return client.Cancel(ctx, r.CommonAddress, c.stamped(r))
	}
	a, err := asdu.New(nil, asdu.Header{Type: r.Type, Cause: asdu.Deactivation, CommonAddress: r.CommonAddress}, o)
	if err != nil {
		return err
	}
	request, err := client.Activate(ctx, a)
	if err != nil {
		return err
	}
	_, err = request.Confirmed(ctx)
	return err
}

// stamped returns the command with the present time where its type has one.
func (c *ControlCentre) stamped(r Request) asdu.Object {
	if r.Type == plain(r.Type) {
		return r.Object
	}
	now := asdu.CP56(c.now().In(c.location))
	switch o := r.Object.(type) {
	case asdu.SingleCommand:
		o.Time = now
		return o
	case asdu.DoubleCommand:
		o.Time = now
		return o
	case asdu.StepCommand:
		o.Time = now
		return o
	case asdu.NormalizedSetpoint:
		o.Time = now
		return o
	case asdu.ScaledSetpoint:
		o.Time = now
		return o
	case asdu.FloatSetpoint:
		o.Time = now
		return o
	case asdu.BitStringCommand:
		o.Time = now
		return o
	default:
		return r.Object
	}
}
