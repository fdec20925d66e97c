package websocket

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"stellwerk/internal/point"
	"stellwerk/internal/tap"
)

// takeCommand hands a command of the peer on and answers with what becomes of it.
func (p *peer) takeCommand(m *message, trace point.Trace) {
	l := p.link
	refuse := func(reason point.Reason, detail string) {
		l.setup.Tap.Emit(tap.Event{
			Stage: tap.Refused, Direction: tap.In, Link: l.setup.Name, Trace: trace, Peer: p.name,
			Reason: tap.CommandRefused, Detail: detail,
		})
		p.answer(m.ID, point.Refusal(reason, detail))
	}
	if l.setup.Commander == nil {
		refuse(point.ReasonNotSupported, "this link takes no commands")
		return
	}
	c, err := m.command(l.setup.Name)
	if err != nil {
		refuse(point.ReasonValue, err.Error())
		return
	}
	c.Origin, c.Trace = point.Origin{Link: l.setup.Name, Peer: p.name}, trace
	select {
	case l.active <- struct{}{}:
	default:
		refuse(point.ReasonBusy, fmt.Sprintf("%d commands are under way already", maxCommands))
		return
	}
	l.commands.Go(func() {
		defer func() { <-l.active }()
		l.setup.Commander.Command(l.ctx, c, func(result point.Result) { p.answer(m.ID, result) })
	})
}

// command returns the command of a message.
func (m *message) command(link string) (point.Command, error) {
	c := point.Command{Type: m.Type, Qualifier: m.Qualifier, Test: m.Test}
	var err error
	if c.ID, err = point.ParseID(link + "/" + m.Address); err != nil {
		return c, err
	}
	if c.Action, err = parseAction(m.Action); err != nil {
		return c, err
	}
	if c.Time, err = parseTime(m.Time, m.TimeFlags); err != nil {
		return c, err
	}
	c.Value, err = parseValue(m.Type, m.Value)
	return c, err
}

// answer tells the peer a step in the life of its command.
func (p *peer) answer(id string, result point.Result) {
	m := message{Kind: kindResult, ID: id, Outcome: outcomes[result.Outcome], Detail: result.Detail}
	if result.Reason != point.ReasonNone {
		m.Reason = result.Reason.String()
		if m.Detail == "" {
			m.Detail = result.Reason.Text().EN
		}
	}
	p.send(outgoing{data: encode(&m)})
}

// takeResult hands the answer to a command of ours to who waits for it.
func (p *peer) takeResult(m *message, trace point.Trace) {
	outcome, ok := parseOutcome(m.Outcome)
	if !ok {
		p.complain(trace, fmt.Errorf("there is no outcome %q", cutText(m.Outcome)))
		return
	}
	result := point.Result{Outcome: outcome, Detail: m.Detail, Trace: trace}
	if outcome == point.Refused {
		result.Reason = parseReason(m.Reason)
		if result.Detail == result.Reason.Text().EN {
			result.Detail = "" // it says no more than the reason
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	results, waits := p.asked[m.ID]
	if !waits {
		return // too late, or not ours
	}
	select {
	case results <- result:
	default: // more steps than a command has
	}
}

// Source is a link whose values come in: commands go to its peer. It implements
// point.Commander.
type Source struct{ *Link }

// Command carries a command out at the peer, under the rules of point.Commander.
func (s *Source) Command(ctx context.Context, command point.Command, report func(point.Result)) {
	p := s.peer()
	if p == nil {
		report(point.Refusal(point.ReasonNotConnected, ""))
		return
	}
	value, err := command.Value.MarshalJSON()
	if kind := command.Value.Kind(); err != nil || command.Telegram != nil || kind == point.None || kind == point.Raw {
		report(point.Refusal(point.ReasonValue, "the command has no value that JSON of the schema can carry"))
		return
	}
	id, results := p.ask()
	if results == nil {
		report(point.Refusal(point.ReasonBusy, fmt.Sprintf("%d commands are under way already", maxCommands)))
		return
	}
	defer p.forget(id)
	m := message{
		Kind: kindCommand, ID: id, Address: command.ID.Address, Type: command.Value.Kind().String(), Value: json.RawMessage(value),
		Action: command.Action.String(), Qualifier: command.Qualifier, Test: command.Test,
	}
	if command.Time.Known() && command.Time.At != 0 {
		text := command.Time.At.Time().Format(time.RFC3339Nano)
		m.Time = &text
	}
	for _, row := range timeFlags {
		if command.Time.Known() && command.Time.Has(row.flag) {
			m.TimeFlags = append(m.TimeFlags, row.name)
		}
	}
	p.send(outgoing{data: encode(&m), traces: related(nil, command.Trace)})
	silence := time.NewTimer(s.options.Answer)
	defer silence.Stop()
	for {
		select {
		case result, open := <-results:
			if !open {
				report(point.Result{Outcome: point.TimedOut, Detail: "the connection has ended"})
				return
			}
			report(result)
			if result.Outcome != point.Confirmed || command.Action != point.Execute {
				return
			}
			silence.Reset(s.options.Answer)
		case <-silence.C:
			report(point.Result{Outcome: point.TimedOut, Detail: fmt.Sprintf("no answer within %v", s.options.Answer)})
			return
		case <-ctx.Done():
			report(point.Result{Outcome: point.TimedOut, Detail: context.Cause(ctx).Error()})
			return
		}
	}
}

// ask begins to wait for the results of a command; nil where too many are under
// way, or the peer has left.
func (p *peer) ask() (id string, results chan point.Result) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.asked) >= maxCommands || p.gone.Load() {
		return "", nil
	}
	p.numbers++
	id = strconv.FormatUint(p.numbers, 10)
	results = make(chan point.Result, 4)
	p.asked[id] = results
	return id, results
}

func (p *peer) forget(id string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.asked, id)
}
