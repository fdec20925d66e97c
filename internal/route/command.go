package route

import (
	"context"
	"fmt"

	"stellwerk/internal/point"
	"stellwerk/internal/tap"
)

// Command leads a command from the point of a control centre to the point of the
// process that its values come from, and refuses it where no route says that
// commands may pass. Values are converted backwards; one that does not fit the
// point of the process is refused and never bent.
//
// A command with the test bit is confirmed here and not executed, unless the route
// lets the test bit pass: then the far end does the same.
//
// Command runs on the goroutine of its caller, so the caller bounds how many are
// under way.
func (r *Router) Command(ctx context.Context, command point.Command, report func(point.Result)) {
	asked := command.ID
	told := func(stage tap.Stage, reason tap.Reason, detail string) {
		r.options.Tap.Emit(tap.Event{
			Stage: stage, Link: asked.Link, Peer: command.Origin.Peer, Trace: command.Trace,
			ID: asked, Target: command.ID, Points: 1, Reason: reason, Detail: detail,
		})
	}
	passed, test, refusal := r.lead(&command)
	switch {
	case refusal.Reason != point.ReasonNone:
		told(tap.Refused, tap.CommandRefused, refusal.String())
		report(refusal)
	case test:
		told(tap.Dropped, tap.Test, "")
		report(point.Result{Outcome: point.Confirmed})
		if command.Action == point.Execute {
			report(point.Result{Outcome: point.Terminated})
		}
	default:
		told(tap.Routed, tap.NoReason, command.Action.String()+" "+command.Value.String())
		passed.Command(ctx, command, func(result point.Result) {
			switch result.Outcome {
			case point.Refused, point.TimedOut:
				told(tap.Refused, tap.CommandRefused, result.String())
			case point.Confirmed, point.Terminated, point.Cancelled:
				told(tap.Confirmed, tap.NoReason, result.String())
			}
			report(result)
		})
	}
}

// lead turns the command into one for the point of the process and returns who
// carries it out; or says that it ends here because of its test bit; or why it is
// refused.
func (r *Router) lead(command *point.Command) (passed point.Commander, test bool, refusal point.Result) {
	h, sure := r.origin(command.ID)
	switch {
	case h == nil:
		return nil, false, point.Refusal(point.ReasonUnknownPoint, "")
	case !sure:
		return nil, false, point.Refusal(point.ReasonUnknownPoint,
			"several routes lead there, and none of the points that they come from is known: name the right one in the signal list")
	case !h.route.Commands:
		return nil, false, point.Refusal(point.ReasonNotAllowed, "")
	}
	passed = r.options.Commanders[h.source.Link]
	if passed == nil {
		return nil, false, point.Refusal(point.ReasonNotSupported, fmt.Sprintf("link %s takes no commands", h.source.Link))
	}
	if command.Telegram == nil {
		value, err := h.backward(command.Value)
		if err != nil {
			return nil, false, point.Refusal(point.ReasonValue, err.Error())
		}
		command.Value = value
		if h.sourceType != "" {
			command.Type = h.sourceType
		}
	}
	command.ID = h.source
	return passed, command.Test && !h.route.Test, point.Result{}
}
