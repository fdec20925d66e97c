package main

import (
	"context"
	"fmt"
	"time"

	"stellwerk/iec104"
	"stellwerk/iec104/asdu"
)

// carryOut sends a request with one object and waits until it is carried out.
func carryOut[T asdu.Information[T]](ctx context.Context, s *session, t asdu.TypeID, cause asdu.Cause, station asdu.CommonAddress, object T) error {
	a, err := asdu.New(s.flags.options.Params(), asdu.Header{Type: t, Cause: cause, CommonAddress: station}, object)
	if err != nil {
		return fmt.Errorf("%w: %w", iec104.ErrASDU, err)
	}
	activation, err := s.client.Activate(ctx, a)
	if err != nil {
		return err
	}
	if _, err := activation.Confirmed(ctx); err != nil {
		return err
	}
	_, err = activation.Terminated(ctx)
	return err
}

// loadParameter loads a parameter.
func (s *session) loadParameter(ctx context.Context, station asdu.CommonAddress, object asdu.Object) error {
	switch o := object.(type) {
	case asdu.NormalizedParameter:
		return carryOut(ctx, s, asdu.P_ME_NA_1, asdu.Activation, station, o)
	case asdu.ScaledParameter:
		return carryOut(ctx, s, asdu.P_ME_NB_1, asdu.Activation, station, o)
	case asdu.FloatParameter:
		return carryOut(ctx, s, asdu.P_ME_NC_1, asdu.Activation, station, o)
	default:
		return fmt.Errorf("%w: %T is no parameter", iec104.ErrASDU, object)
	}
}

// read sends a read command and waits for the reply: the object, or a refusal.
func (s *session) read(ctx context.Context, station asdu.CommonAddress, address asdu.ObjectAddress, reply <-chan asdu.ASDU) error {
	const op = "read"
	a, err := asdu.New(s.flags.options.Params(), asdu.Header{
		Type: asdu.C_RD_NA_1, Cause: asdu.Request, Originator: s.flags.options.Originator, CommonAddress: station,
	}, asdu.Read{Address: address})
	if err != nil {
		return fmt.Errorf("%w: %w", iec104.ErrASDU, err)
	}
	if err := s.client.Send(ctx, a); err != nil {
		return err
	}
	timeout := time.NewTimer(s.flags.options.Answer)
	defer timeout.Stop()
	select {
	case a := <-reply:
		if a.Type == asdu.C_RD_NA_1 {
			return &iec104.Error{Op: op, Cause: a.Cause, Negative: a.Negative, Err: iec104.ErrRefused}
		}
		return nil
	case <-s.client.Done():
		return s.client.Err()
	case <-ctx.Done():
		return ctx.Err()
	case <-timeout.C:
		return &iec104.Error{Op: op, Err: fmt.Errorf("%w: nothing for %s", iec104.ErrTimeout, s.flags.options.Answer)}
	}
}
