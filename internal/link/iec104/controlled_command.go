package iec104

import (
	"fmt"
	"time"

	proto "stellwerk/iec104"
	"stellwerk/iec104/apci"
	"stellwerk/iec104/asdu"
	"stellwerk/internal/point"
	"stellwerk/internal/tap"
)

// Command is part of proto.Station: the command is handed on, and the control
// centre gets its confirmation when the far end has confirmed.
func (c *Controlled) Command(command *proto.Command) {
	c.mu.Lock()
	trace := c.sessions[command.Session]
	c.mu.Unlock()
	peer := command.Session.RemoteAddr().String()
	asked, err := commandOf(command.Object, c.encoder.zone, time.Now())
	if err != nil {
		c.refuse(command, trace, err.Error())
		return
	}
	asked.ID = point.ID{
		Link:    c.setup.Name,
		Address: address{command.ASDU.CommonAddress, command.Object.IOA()}.String(),
	}
	asked.Type, asked.Trace, asked.Test = command.ASDU.TypeName(), trace, command.ASDU.Test
	asked.Origin = point.Origin{Link: c.setup.Name, Peer: peer}
	select {
	case c.active <- struct{}{}:
	default:
		c.refuse(command, trace, fmt.Sprintf("%d commands are under way already", maxCommands))
		return
	}
	c.commands.Go(func() {
		defer func() { <-c.active }()
		c.carryOut(command, asked)
	})
}

// carryOut hands a command on and answers with what becomes of it.
func (c *Controlled) carryOut(command *proto.Command, asked point.Command) {
	confirmed := false
	c.setup.Commander.Command(c.ctx, asked, func(result point.Result) {
		var err error
		switch {
		case result.Outcome == point.Confirmed:
			confirmed = true
			err = command.Confirm()
		case result.Outcome == point.Terminated:
			err = command.Terminate()
		case confirmed:
			// Given up after it was confirmed: the standard has no answer but to
			// leave the termination out.
		case result.Reason == point.ReasonUnknownPoint:
			c.expectRefusal(command)
			err = command.Disown()
		default:
			c.expectRefusal(command)
			err = command.Refuse()
		}
		if err != nil {
			c.setup.Tap.Emit(tap.Event{
				Stage: tap.Dropped, Direction: tap.Out, Link: c.setup.Name, ID: asked.ID, Trace: asked.Trace,
				Reason: tap.CommandRefused, Detail: "the answer could not be sent: " + err.Error(),
			})
		}
	})
}

func (c *Controlled) refuse(command *proto.Command, trace point.Trace, detail string) {
	c.expectRefusal(command)
	_ = command.Refuse() // fails only where the connection is gone
	c.setup.Tap.Emit(tap.Event{
		Stage: tap.Refused, Direction: tap.In, Link: c.setup.Name, Trace: trace,
		Peer: command.Session.RemoteAddr().String(), Reason: tap.CommandRefused, Detail: detail,
	})
}

// expectRefusal notes that a command is being refused for a reason that has been
// reported.
func (c *Controlled) expectRefusal(command *proto.Command) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, open := c.sessions[command.Session]; open {
		c.refusals[refusal{command.Session, keyOf(command.ASDU)}]++
	}
}

// reportRefusal reports the commands that the library refuses by itself, such as
// those with an unknown common address, and to points that another connection has
// selected.
func (c *Controlled) reportRefusal(s *proto.Session, f proto.Frame, trace point.Trace) {
	if len(f.Octets) <= apci.Octets {
		return
	}
	if _, command := find(commands, asdu.TypeID(f.Octets[apci.Octets])); !command {
		return
	}
	a, err := c.watcher.params.Decode(f.Octets[apci.Octets:])
	if err != nil || !a.Negative {
		return
	}
	key := refusal{s, keyOf(a)}
	c.mu.Lock()
	expected := c.refusals[key] > 0
	if c.refusals[key]--; c.refusals[key] <= 0 {
		delete(c.refusals, key)
	}
	c.mu.Unlock()
	if expected {
		return
	}
	c.setup.Tap.Emit(tap.Event{
		Stage: tap.Refused, Direction: tap.Out, Link: c.setup.Name, Trace: trace, Peer: s.RemoteAddr().String(),
		ID:     point.ID{Link: c.setup.Name, Address: address{a.CommonAddress, key.command.object}.String()},
		Points: 1, Reason: tap.CommandRefused, Detail: fmt.Sprintf("%s: %s, negative", a.TypeName(), a.Cause.Text().EN),
	})
}
