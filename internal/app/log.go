package app

import (
	"context"
	"time"

	"stellwerk/internal/link"
	"stellwerk/internal/tap"
)

// log tells of links whose state changes, and of commands that are refused. It
// looks a few times a second, so that a link that flickers does not flood.
func (a *App) log(ctx context.Context) {
	refusals := a.tap.Subscribe(tap.Options{})
	done := make(chan struct{})
	go func() {
		defer close(done)
		a.logRefusals(ctx, refusals)
	}()
	a.logOrphans()
	states := map[string]string{}
	for _, l := range a.links {
		states[l.name] = string(link.Stopped) // which is how all of them begin
	}
	overflows := map[string]overflow{}
	ticker := time.NewTicker(250 * time.Millisecond)
	defer ticker.Stop()
	for {
		for _, l := range a.links {
			status := a.status(l)
			seen := string(status.State)
			if status.State == link.Fault {
				seen += status.Detail.EN // one fault may follow another
			}
			if states[l.name] == seen {
				continue
			}
			states[l.name] = seen
			attributes := []any{"link", l.name, "state", string(status.State), "address", status.Address}
			if len(status.Peers) > 0 {
				attributes = append(attributes, "peers", status.Peers)
			}
			if status.Detail.EN != "" {
				attributes = append(attributes, "detail", status.Detail.EN)
			}
			a.options.Log.Info("link", attributes...)
		}
		a.logOverflow(overflows)
		select {
		case <-ticker.C:
		case <-ctx.Done():
			<-done
			return
		}
	}
}

// overflow is what was told of a queue that lets updates go.
type overflow struct {
	dropped uint64
	told    time.Time
}

// overflowPause is how often a queue that goes on letting updates go is told of.
const overflowPause = time.Minute

// logOverflow tells of queues that let updates go, at once and then now and then.
func (a *App) logOverflow(told map[string]overflow) {
	for _, l := range a.links {
		q := a.queues[l.name]
		if q == nil {
			continue
		}
		last, dropped := told[l.name], q.State().Dropped
		if dropped > last.dropped && time.Since(last.told) >= overflowPause {
			told[l.name] = overflow{dropped, time.Now()}
			a.options.Log.Warn("the queue is full: updates were let go", "link", l.name, "dropped", dropped-last.dropped, "since start", dropped)
		}
	}
}

// logRefusals tells of commands and connections that were refused.
func (a *App) logRefusals(ctx context.Context, subscription *tap.Subscription) {
	defer subscription.Close()
	buffer := make([]tap.Event, 256)
	for {
		n, _, err := subscription.Next(ctx, buffer)
		if err != nil {
			return
		}
		for _, e := range buffer[:n] {
			if e.Stage == tap.Refused {
				a.options.Log.Warn("refused", "link", e.Link, "peer", e.Peer, "point", e.ID.String(), "reason", e.Detail)
			}
		}
		clear(buffer[:n])
	}
}
