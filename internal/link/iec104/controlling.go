package iec104

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	proto "stellwerk/iec104"
	"stellwerk/iec104/asdu"
	"stellwerk/internal/link"
	"stellwerk/internal/point"
	"stellwerk/internal/tap"
	"stellwerk/wire"
)

// Controlling is the link to a controlled station: what the station sends goes
// to the intake, and commands go to the station. It implements link.Link and
// point.Commander.
type Controlling struct {
	options    *Options
	setup      link.Setup
	watcher    watcher
	condition  condition
	supervisor *proto.Supervisor

	// Used by the goroutine that reads, one connection after the other.
	decoder decoder
	trace   point.Trace // of the frame that is handled

	restarted chan asdu.CommonAddress // stations that have been initialised
	ctx       context.Context         //nolint:containedctx // that of Run: handlers of the library have none
	up        bool                    // data transfer was started; used by the supervisor's goroutine
	// client is the connection from the start of data transfer on.
	client  atomic.Pointer[proto.Client]
	mu      sync.Mutex
	waiting map[wireKey]bool // commands under way; guarded by mu
}

// NewControlling returns the link of a configuration that was checked.
func NewControlling(options *Options, setup link.Setup) (*Controlling, error) {
	c := &Controlling{
		options: options, setup: setup,
		restarted: make(chan asdu.CommonAddress, 16),
		waiting:   map[wireKey]bool{},
	}
	c.watcher = watcher{setup: &c.setup, params: options.Params()}
	zone := options.zone()
	c.decoder = decoder{link: setup.Name, zone: zone}
	supervisor, err := proto.NewSupervisor(options.Connect, &proto.SupervisorOptions{
		Client: &proto.ClientOptions{
			Parameters: options.parameters(), ASDU: c.watcher.params, Originator: options.Originator,
			AnswerTimeout: options.Answer, Location: zone.Location, SummerUnmarked: zone.SummerUnmarked,
			Handler: c.handle, Trace: c.frame,
		},
		Setup:      c.prepare,
		MinBackoff: time.Second, MaxBackoff: 15 * time.Second,
		Changed: c.changed,
	})
	c.supervisor = supervisor
	return c, err
}

// Open has nothing to take.
func (*Controlling) Open() error { return nil }

// Close has nothing to give back.
func (*Controlling) Close() {}

// Status says how the link is.
func (c *Controlling) Status() link.Status { return c.condition.get(c.options.Connect, &c.watcher) }

// Run keeps the connection up until ctx ends.
func (c *Controlling) Run(ctx context.Context) {
	c.ctx = ctx
	var helpers sync.WaitGroup
	helpers.Go(func() { c.interrogateRestarted(ctx) })
	_ = c.supervisor.Run(ctx) // returns why ctx ended
	helpers.Wait()
	c.condition.set(link.Stopped, wire.Text{})
}

// frame counts and numbers frames.
func (c *Controlling) frame(f proto.Frame) {
	trace := c.watcher.frame(c.options.Connect, f)
	if !f.Sent {
		c.trace = trace // handle follows in the same goroutine
	}
}

// handle takes over what the station sends. It returns when the intake answers
// for it, and only then the library confirms.
func (c *Controlling) handle(a asdu.ASDU) error {
	if a.Type == asdu.M_EI_NA_1 {
		select {
		case c.restarted <- a.CommonAddress:
		default: // enough of them wait
		}
		return nil
	}
	if !monitoring(a.Type) {
		return nil // an answer, which the library has dealt with
	}
	updates, err := c.decoder.decode(a, c.trace, time.Now())
	if err != nil {
		c.watcher.drop(point.ID{Link: c.setup.Name, Address: commonText(a.CommonAddress)}, c.trace, tap.Undecodable, err)
		return nil
	}
	c.watcher.decoded(c.options.Connect, c.trace, updates)
	if len(updates) == 0 {
		return nil
	}
	return c.setup.Intake.Put(c.ctx, updates)
}

// stations returns whom to interrogate: the stations of the signal list and the
// routes, or all where these leave it open.
func (c *Controlling) stations() []asdu.CommonAddress {
	list, open := stations(c.watcher.params, c.setup.Addresses)
	if open || len(list) == 0 {
		return []asdu.CommonAddress{c.watcher.params.Broadcast()}
	}
	return list
}

// prepare makes a new connection ready: data transfer is started, clocks are set
// where the user wants that, and stations are interrogated. A station that refuses
// the latter two stays connected.
func (c *Controlling) prepare(ctx context.Context, client *proto.Client) error {
	if err := client.Start(ctx); err != nil {
		return err
	}
	c.up = true
	c.client.Store(client)
	c.condition.set(link.Connected, wire.Text{EN: "interrogating", DE: "Generalabfrage läuft"}, c.options.Connect)
	var trouble wire.Text
	for _, station := range c.stations() {
		if c.options.SetClock {
			if _, err := client.SynchroniseClock(ctx, station); err != nil {
				if client.Err() != nil {
					return err
				}
				trouble = wire.Text{
					EN: fmt.Sprintf("station %d: its clock could not be set: %v", station, err),
					DE: fmt.Sprintf("Station %d: Uhr ließ sich nicht stellen: %v", station, err),
				}
			}
		}
		if c.options.Interrogate {
			if err := client.Interrogate(ctx, station, asdu.InterrogateStation); err != nil {
				if client.Err() != nil {
					return err
				}
				trouble = wire.Text{
					EN: fmt.Sprintf("station %d: interrogation failed: %v", station, err),
					DE: fmt.Sprintf("Station %d: Generalabfrage fehlgeschlagen: %v", station, err),
				}
			}
		}
	}
	c.condition.set(link.Connected, trouble, c.options.Connect)
	return nil
}

// interrogateRestarted interrogates stations that say that they have been
// initialised.
func (c *Controlling) interrogateRestarted(ctx context.Context) {
	for {
		select {
		case station := <-c.restarted:
			if client := c.client.Load(); client != nil && c.options.Interrogate {
				interrogateAgain(ctx, client, station)
			}
		case <-ctx.Done():
			return
		}
	}
}

// interrogateAgain interrogates a station behind an interrogation that is under
// way, which may have begun before the station was initialised. A failure shows in
// the link's state when the connection ends, and the points keep the quality that
// they have.
func interrogateAgain(ctx context.Context, client *proto.Client, station asdu.CommonAddress) {
	for errors.Is(client.Interrogate(ctx, station, asdu.InterrogateStation), proto.ErrBusy) {
		select {
		case <-time.After(time.Second):
		case <-client.Done():
			return
		case <-ctx.Done():
			return
		}
	}
}

// changed is told by the supervisor of each change.
func (c *Controlling) changed(status proto.SupervisorStatus) {
	if status.State == proto.Connected {
		return // prepare has said so
	}
	c.client.Store(nil)
	if c.up {
		c.up = false
		c.lost()
	}
	var detail wire.Text
	if status.Err != nil {
		detail = wire.Text{EN: status.Err.Error(), DE: status.Err.Error()}
	}
	c.condition.set(link.Connecting, detail)
}

// lost tells the intake that nobody vouches for the points any more. It repeats
// that until it has reached every destination, or the house stops.
func (c *Controlling) lost() {
	for c.setup.Intake.Lost(c.ctx, c.setup.Name, 0) != nil {
		select {
		case <-time.After(time.Second):
		case <-c.ctx.Done():
			return
		}
	}
}
