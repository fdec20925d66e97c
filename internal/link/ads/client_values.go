package ads

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	proto "stellwerk/ads"
	"stellwerk/ads/command"
	"stellwerk/ads/symbol"
	"stellwerk/internal/point"
	"stellwerk/internal/tap"
)

// atOnce bounds the updates that the house takes over at once.
const atOnce = 500

// errDown says that the PLC does not answer any more.
var errDown = errors.New("the PLC does not answer")

// take hands what subscriptions bring to the intake, until ctx ends.
func (c *Client) take(ctx context.Context) {
	for ctx.Err() == nil {
		n, err := c.next(ctx)
		if err != nil {
			if errors.Is(err, errDown) {
				c.lost(ctx)
			}
			continue
		}
		updates := make([]point.Update, 0, min(atOnce, c.queue.Len()+1))
		for more := true; more; n, more = c.queue.TryNext() {
			if u, ok := c.notified(&n); ok {
				updates = append(updates, u)
			}
			if len(updates) == atOnce {
				break
			}
		}
		c.put(ctx, updates)
	}
}

// next waits for a notification, or until the PLC does not answer any more.
func (c *Client) next(ctx context.Context) (proto.Notification, error) {
	if n, ok := c.queue.TryNext(); ok {
		return n, nil
	}
	ctx, cancel := context.WithCancelCause(ctx)
	var watch sync.WaitGroup
	watch.Go(func() {
		select {
		case <-c.down:
			cancel(errDown)
		case <-ctx.Done():
		}
	})
	n, err := c.queue.Next(ctx)
	cancel(nil)
	watch.Wait()
	return n, err
}

// connected reports whether the PLC answers.
func (c *Client) connected() bool { return c.supervisor.Status().State == proto.Connected }

// notified makes an update of a notification.
func (c *Client) notified(n *proto.Notification) (point.Update, bool) {
	switch n.Event {
	case proto.Sample:
		return c.sample(n)
	case proto.Lost:
		name := n.Subscription.Request().Name
		// What is wrong with the connection, or with the PLC, the state of the link says.
		if e, ok := errors.AsType[*proto.Error](n.Err); !ok || e.Name != "" {
			c.setTrouble(name, n.Err)
		}
		return c.stale(name)
	default:
		return point.Update{}, false
	}
}

// sample makes an update of a value.
func (c *Client) sample(n *proto.Notification) (point.Update, bool) {
	name := n.Subscription.Request().Name
	if len(n.Data) == 0 {
		c.setTrouble(name, errors.New("the PLC has it no longer"))
		return c.stale(name)
	}
	value, err := n.Value()
	if err != nil {
		return c.undecodable(name, err)
	}
	first := n.Gap != nil || !c.watch(name).known || c.watch(name).stale
	u, ok := c.update(name, n.Subscription.Variable().Type, value)
	if !ok {
		return u, false
	}
	u.Trace = c.stamps.of(command.FileTimeOf(n.Time))
	if first {
		// It is what the value is, not a change of it, and the time is that of the
		// subscription.
		u.Cause = point.CauseInterrogated
	} else {
		u.Cause, u.Time = point.CauseSpontaneous, point.SourceTime(n.Time, 0)
	}
	return c.remember(u), true
}

// update makes an update of a symbol's value.
func (c *Client) update(name string, t *symbol.Type, value any) (point.Update, bool) {
	if t == nil {
		return c.undecodable(name, errors.New("its type is not known"))
	}
	kind, err := shapeOf(t, c.listed[fold(name)])
	if err != nil {
		return c.undecodable(name, err)
	}
	c.setTrouble(name, nil)
	v, quality := toPoint(kind, value)
	return point.Update{
		ID: point.ID{Link: c.setup.Name, Address: name}, Value: v, Quality: quality, Type: t.Name,
		Received: point.InstantOf(time.Now()), Trace: c.source(),
	}, v.Kind() != point.None
}

func (c *Client) undecodable(name string, err error) (point.Update, bool) {
	c.setTrouble(name, err)
	c.dropped.Add(1)
	c.setup.Tap.Emit(tap.Event{
		Stage: tap.Dropped, Link: c.setup.Name, ID: point.ID{Link: c.setup.Name, Address: name}, Trace: c.source(), Points: 1,
		Reason: tap.Undecodable, Detail: err.Error(),
	})
	return point.Update{}, false
}

// watch returns what is known of a symbol.
func (c *Client) watch(name string) *watch {
	w := c.watched[fold(name)]
	if w == nil {
		w = &watch{name: name}
		c.watched[fold(name)] = w
	}
	return w
}

func (c *Client) remember(u point.Update) point.Update {
	w := c.watch(u.ID.Address)
	w.known, w.stale, w.last = true, false, u
	return u
}

// stale is the update of a point that is not topical any more, where it was.
func (c *Client) stale(name string) (point.Update, bool) {
	w := c.watch(name)
	if !w.known || w.stale {
		return point.Update{}, false
	}
	w.stale = true
	u := w.last
	u.Quality |= point.NotTopical
	u.Cause, u.Time, u.Received, u.Trace = point.CauseSpontaneous, point.Time{}, point.InstantOf(time.Now()), 0
	return u, true
}

// put hands updates over. It repeats that until the house has taken them, or ends.
func (c *Client) put(ctx context.Context, updates []point.Update) {
	if len(updates) == 0 {
		return
	}
	c.setup.Tap.Emit(tap.Event{
		Stage: tap.Decoded, Direction: tap.In, Link: c.setup.Name, Peer: c.options.address(), Trace: updates[0].Trace,
		ID: updates[0].ID, Points: len(updates),
	})
	c.gave = true
	c.retry(ctx, func() error { return c.setup.Intake.Put(ctx, updates) })
}

// lost tells the intake that nobody vouches for the points any more.
func (c *Client) lost(ctx context.Context) {
	if !c.gave {
		return
	}
	c.gave = false
	for _, w := range c.watched {
		w.stale = true
	}
	c.retry(ctx, func() error { return c.setup.Intake.Lost(ctx, c.setup.Name, 0) })
}

func (c *Client) retry(ctx context.Context, do func() error) {
	for do() != nil {
		select {
		case <-time.After(time.Second):
		case <-ctx.Done():
			return
		}
	}
}

// poll reads all symbols each cycle and hands on what has changed.
func (c *Client) poll(ctx context.Context) {
	tick := time.NewTicker(c.options.Cycle)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		client, err := c.supervisor.Client()
		if err != nil || !c.connected() {
			c.lost(ctx)
			continue
		}
		names := c.allNames()
		values, err := client.ReadValues(ctx, names...)
		if err != nil && len(values) == 0 {
			if ctx.Err() == nil && !c.connected() {
				c.lost(ctx)
			}
			continue
		}
		c.put(ctx, c.changes(values))
	}
}

func (c *Client) allNames() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	names := make([]string, 0, len(c.names))
	for _, name := range c.names {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// changes makes updates of what has been read and is not what it was.
func (c *Client) changes(values []proto.Value) []point.Update {
	var updates []point.Update
	for i := range values {
		v := &values[i]
		if v.Err != nil {
			c.setTrouble(v.Name, v.Err)
			if u, ok := c.stale(v.Name); ok {
				updates = append(updates, u)
			}
			continue
		}
		u, ok := c.update(v.Name, v.Variable.Type, v.Value)
		w := c.watch(v.Name)
		if !ok || w.known && !w.stale && w.last.Value == u.Value && w.last.Quality == u.Quality {
			continue
		}
		u.Cause = point.CauseSpontaneous
		if !w.known || w.stale {
			u.Cause = point.CauseInterrogated
		}
		updates = append(updates, c.remember(u))
	}
	return updates
}

// errTooMany says that stars stand for more than a link watches.
var errTooMany = fmt.Errorf("stars stand for more than %d symbols; name fewer", maxWatched)
