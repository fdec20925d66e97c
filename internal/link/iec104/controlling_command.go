package iec104

import (
	"context"
	"errors"

	proto "stellwerk/iec104"
	"stellwerk/iec104/asdu"
	"stellwerk/internal/point"
)

// Command carries a command out at the station, under the rules of
// point.Commander.
func (c *Controlling) Command(ctx context.Context, command point.Command, report func(point.Result)) {
	client := c.client.Load()
	if client == nil {
		report(point.Refusal(point.ReasonNotConnected, ""))
		return
	}
	a, err := c.encoder().encodeCommand(&command)
	if err != nil {
		report(point.Refusal(point.ReasonValue, err.Error()))
		return
	}
	if !c.begin(keyOf(a)) {
		report(point.Refusal(point.ReasonBusy, ""))
		return
	}
	defer c.end(keyOf(a))
	if command.Trace != 0 {
		c.watcher.relate(a, []point.Trace{command.Trace})
	}
	activation, err := client.Activate(ctx, a)
	if err != nil {
		report(point.Refusal(notSent(err), err.Error()))
		return
	}
	if _, err := activation.Confirmed(ctx); err != nil {
		report(outcome(err))
		return
	}
	report(point.Result{Outcome: point.Confirmed})
	if command.Action != point.Execute {
		return
	}
	if _, err := activation.Terminated(ctx); err != nil {
		report(outcome(err))
		return
	}
	report(point.Result{Outcome: point.Terminated})
}

func (c *Controlling) encoder() *encoder {
	return &encoder{params: c.watcher.params, zone: c.decoder.zone}
}

// begin keeps two commands to one object from being under way at a time: their
// answers could not be told apart.
func (c *Controlling) begin(key wireKey) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.waiting[key] {
		return false
	}
	c.waiting[key] = true
	return true
}

func (c *Controlling) end(key wireKey) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.waiting, key)
}

// notSent says why a command was not sent.
func notSent(err error) point.Reason {
	if errors.Is(err, proto.ErrBusy) {
		return point.ReasonBusy
	}
	return point.ReasonNotConnected
}

// outcome says how a command ended that was sent and not carried out.
func outcome(err error) point.Result {
	e, ok := errors.AsType[*proto.Error](err)
	if !ok || !errors.Is(err, proto.ErrRefused) {
		return point.Result{Outcome: point.TimedOut, Detail: err.Error()}
	}
	reason := point.ReasonFarEnd
	switch e.Cause {
	case asdu.UnknownType:
		reason = point.ReasonUnknownType
	case asdu.UnknownCause:
		reason = point.ReasonUnknownCause
	case asdu.UnknownCommonAddress:
		reason = point.ReasonUnknownStation
	case asdu.UnknownObjectAddress:
		reason = point.ReasonUnknownPoint
	default:
	}
	return point.Refusal(reason, err.Error())
}
