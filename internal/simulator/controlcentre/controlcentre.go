// Package controlcentre simulates a control centre of IEC 60870-5-104, behind the
// library that real ones use: it connects, interrogates, receives, and now and
// then sends a command.
package controlcentre

import (
	"context"
	"fmt"
	"sync"
	"time"

	"stellwerk/iec104"
	"stellwerk/iec104/asdu"
)

// Command is one that the control centre gives.
type Command struct {
	// Name is for the log.
	Name   string
	Object asdu.Object
	// Select asks for select before operate.
	Select bool
}

// Options say what the control centre does.
type Options struct {
	// Address is that of the station, HOST:PORT.
	Address string
	// Station is its common address.
	Station asdu.CommonAddress
	// Commands yields the commands to give, one each Every. Nil gives none.
	Commands func(n int) Command
	// Every is the pause between commands. Zero is 10 s.
	Every time.Duration
	// Received is told of everything that arrives, in order; nil is not. The
	// ASDU is valid until it returns.
	Received func(asdu.ASDU)
	// Event is told in a sentence what the control centre does and sees.
	Event func(string)
	// MinBackoff is the pause after a failed attempt to connect. Zero is 1 s.
	MinBackoff time.Duration
}

// ControlCentre is a simulated control centre.
type ControlCentre struct {
	options    Options
	supervisor *iec104.Supervisor
}

// New returns a control centre that does nothing until Run.
func New(options Options) (*ControlCentre, error) {
	if options.Every == 0 {
		options.Every = 10 * time.Second
	}
	c := &ControlCentre{options: options}
	supervisor, err := iec104.NewSupervisor(options.Address, &iec104.SupervisorOptions{
		Client:     &iec104.ClientOptions{Handler: c.handle},
		Setup:      c.prepare,
		MinBackoff: options.MinBackoff, MaxBackoff: 5 * time.Second,
		Changed: c.changed,
	})
	c.supervisor = supervisor
	return c, err
}

// Run keeps the control centre at work until ctx ends.
func (c *ControlCentre) Run(ctx context.Context) {
	var work sync.WaitGroup
	if c.options.Commands != nil {
		work.Go(func() { c.command(ctx) })
	}
	_ = c.supervisor.Run(ctx) // returns why ctx ended
	work.Wait()
}

func (c *ControlCentre) say(format string, arguments ...any) {
	if c.options.Event != nil {
		c.options.Event(fmt.Sprintf(format, arguments...))
	}
}

func (c *ControlCentre) handle(a asdu.ASDU) error {
	if c.options.Received != nil {
		c.options.Received(a)
	}
	return nil
}

// prepare starts data transfer and interrogates.
func (c *ControlCentre) prepare(ctx context.Context, client *iec104.Client) error {
	if err := client.Start(ctx); err != nil {
		return err
	}
	if err := client.Interrogate(ctx, c.options.Station, asdu.InterrogateStation); err != nil {
		return err
	}
	c.say("connected to %s and interrogated", c.options.Address)
	return nil
}

func (c *ControlCentre) changed(status iec104.SupervisorStatus) {
	if status.State == iec104.Waiting && status.Err != nil {
		c.say("not connected: %v", status.Err)
	}
}

// command gives commands at intervals as long as the connection is up.
func (c *ControlCentre) command(ctx context.Context) {
	ticker := time.NewTicker(c.options.Every)
	defer ticker.Stop()
	for n := 0; ; {
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
		if client := c.supervisor.Client(); client != nil {
			command := c.options.Commands(n)
			n++
			c.say("%s: %s", command.Name, c.operate(ctx, client, command))
		}
	}
}

// operate gives a command and says what became of it.
func (c *ControlCentre) operate(ctx context.Context, client *iec104.Client, command Command) string {
	mode := iec104.DirectExecute
	if command.Select {
		mode = iec104.SelectAndExecute
	}
	begin := time.Now()
	since := func() time.Duration { return time.Since(begin).Round(time.Millisecond) }
	activation, err := client.Operate(ctx, c.options.Station, command.Object, mode)
	if err != nil {
		return err.Error()
	}
	if _, err := activation.Confirmed(ctx); err != nil {
		return err.Error()
	}
	confirmed := since()
	if _, err := activation.Terminated(ctx); err != nil {
		return fmt.Sprintf("confirmed after %s, then %v", confirmed, err)
	}
	return fmt.Sprintf("confirmed after %s, carried out after %s", confirmed, since())
}
