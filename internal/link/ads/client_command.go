package ads

import (
	"context"
	"errors"
	"fmt"
	"time"

	proto "stellwerk/ads"
	"stellwerk/ads/ams"
	"stellwerk/ads/symbol"
	"stellwerk/internal/point"
	"stellwerk/internal/tap"
)

// selectedFor is how long a selection holds.
const selectedFor = 30 * time.Second

// selection is that of a point. ADS has none, so the link keeps it.
type selection struct {
	origin point.Origin
	until  time.Time
}

// Command writes to a symbol, under the rules of point.Commander. A select looks
// whether the symbol is there and can have the value, and keeps others off it for
// 30 s.
func (c *Client) Command(ctx context.Context, command point.Command, report func(point.Result)) {
	ctx, cancel := context.WithTimeout(ctx, c.options.Timeout)
	defer cancel()
	client, v, value, refusal := c.prepare(ctx, &command)
	if refusal == nil {
		refusal = c.admit(&command)
	}
	if refusal != nil {
		report(*refusal)
		return
	}
	if command.Action == point.Execute && !command.Test {
		if err := client.WriteValue(ctx, v.Name, value); err != nil {
			report(c.failed(err))
			return
		}
	}
	report(point.Result{Outcome: point.Confirmed, Trace: c.source()})
	if command.Action == point.Execute {
		report(point.Result{Outcome: point.Terminated, Trace: c.source()})
	}
}

// prepare finds the symbol, and what is to be written.
func (c *Client) prepare(ctx context.Context, command *point.Command) (*proto.Client, symbol.Variable, any, *point.Result) {
	refuse := func(reason point.Reason, detail string) (*proto.Client, symbol.Variable, any, *point.Result) {
		return nil, symbol.Variable{}, nil, new(point.Refusal(reason, detail))
	}
	client, err := c.supervisor.Client()
	if err != nil || !c.connected() {
		return refuse(point.ReasonNotConnected, "")
	}
	v, err := client.Symbol(ctx, command.ID.Address)
	switch _, missing := errors.AsType[*symbol.NotFoundError](err); {
	case missing, errors.Is(err, ams.SymbolNotFound):
		return refuse(point.ReasonUnknownPoint, err.Error())
	case err != nil:
		return nil, v, nil, new(c.failed(err))
	}
	if command.Action == point.Cancel {
		return client, v, nil, nil
	}
	value, err := fromPoint(v.Type, command.Value)
	if err == nil {
		_, err = v.Type.Encode(value)
	}
	if err != nil {
		return refuse(point.ReasonValue, err.Error())
	}
	return client, v, value, nil
}

// admit keeps selections.
func (c *Client) admit(command *point.Command) *point.Result {
	c.mu.Lock()
	defer c.mu.Unlock()
	key, now := fold(command.ID.Address), time.Now()
	held, is := c.selections[key]
	is = is && now.Before(held.until)
	if is && held.origin != command.Origin {
		return new(point.Refusal(point.ReasonSelectedByOther, ""))
	}
	switch command.Action {
	case point.Select:
		c.selections[key] = selection{command.Origin, now.Add(selectedFor)}
	case point.Cancel:
		if !is {
			return new(point.Refusal(point.ReasonNotSelected, ""))
		}
		delete(c.selections, key)
	case point.Execute:
		delete(c.selections, key)
	}
	return nil
}

// failed says why a write came to nothing, or that nobody knows.
func (c *Client) failed(err error) point.Result {
	c.setup.Tap.Emit(tap.Event{Stage: tap.Refused, Direction: tap.In, Link: c.setup.Name, Trace: c.source(), Reason: tap.CommandRefused, Detail: err.Error()})
	code, answered := errors.AsType[ams.ReturnCode](err)
	if !answered || code == ams.SyncTimeout {
		return point.Result{Outcome: point.TimedOut, Detail: err.Error()}
	}
	return point.Result{Outcome: point.Refused, Reason: point.ReasonFarEnd, Detail: fmt.Sprintf("%v", err), Trace: c.source()}
}
