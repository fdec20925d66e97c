package route

import (
	"context"
	"fmt"

	"stellwerk/internal/point"
	"stellwerk/internal/tap"
)

// Command leads a command from the point of a control centre to the point of the
// process that its values come from, and refuses it where no route says that
// commands may pass.
func (r *Router) Command(ctx context.Context, command point.Command, report func(point.Result)) {
	asked := command.ID
	passed, reason, detail := r.lead(&command)
	refused := func(result point.Result) {
		r.options.Tap.Emit(tap.Event{
			Stage: tap.Refused, Link: asked.Link, Peer: command.Origin.Peer, Trace: command.Trace,
			ID: asked, Target: command.ID, Points: 1, Reason: tap.CommandRefused, Detail: result.String(),
		})
	}
	if passed == nil {
		result := point.Refusal(reason, detail)
		refused(result)
		report(result)
		return
	}
	r.options.Tap.Emit(tap.Event{
		Stage: tap.Routed, Link: asked.Link, Peer: command.Origin.Peer, Trace: command.Trace,
		ID: asked, Target: command.ID, Points: 1, Detail: command.Action.String() + " " + command.Value.String(),
	})
	passed.Command(ctx, command, func(result point.Result) {
		if result.Outcome == point.Refused || result.Outcome == point.TimedOut {
			refused(result)
		}
		report(result)
	})
}

// lead turns the command into one for the point of the process and returns who
// carries it out, or why nobody does.
func (r *Router) lead(command *point.Command) (point.Commander, point.Reason, string) {
	source, by, found := r.plan.origin(command.ID)
	switch {
	case !found:
		return nil, point.ReasonUnknownPoint, ""
	case !by.Commands:
		return nil, point.ReasonNotAllowed, ""
	case command.Test && !by.Test:
		return nil, point.ReasonNotAllowed, "the telegram has the test bit"
	}
	commander := r.options.Commanders[source.Link]
	if commander == nil {
		return nil, point.ReasonNotSupported, fmt.Sprintf("link %s takes no commands", source.Link)
	}
	value, detail, ok := by.backward(command.Value)
	if !ok {
		return nil, point.ReasonValue, detail
	}
	command.ID, command.Value = source, value
	if by.source != "" {
		command.Type = by.source
	}
	return commander, point.ReasonNone, ""
}

// backward makes the value for the point of the process out of the control
// centre's. What does not fit is refused, not bent.
func (r *rule) backward(value point.Value) (point.Value, string, bool) {
	if value.Kind() == point.Number && (r.Scale != 1 || r.Offset != 0) {
		value = point.NumberValue((value.Number() - r.Offset) / r.Scale)
	}
	value, quality, ok := become(value, r.shape.Kind)
	if !ok || quality != 0 {
		return value, fmt.Sprintf("a %s does not become a %s", value.Kind(), r.shape.Kind), false
	}
	if r.Invert {
		value = invert(value)
	}
	if err := r.shape.Holds(value); err != nil {
		return value, err.Error(), false
	}
	return value, "", true
}
