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
	states := map[string]link.State{}
	for _, l := range a.links {
		states[l.name] = link.Stopped // which is how all of them begin
	}
	ticker := time.NewTicker(250 * time.Millisecond)
	defer ticker.Stop()
	for {
		for _, l := range a.links {
			status := l.link.Status()
			if states[l.name] == status.State {
				continue
			}
			states[l.name] = status.State
			attributes := []any{"link", l.name, "state", string(status.State), "address", status.Address}
			if len(status.Peers) > 0 {
				attributes = append(attributes, "peers", status.Peers)
			}
			if status.Detail.EN != "" {
				attributes = append(attributes, "detail", status.Detail.EN)
			}
			a.options.Log.Info("link", attributes...)
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			<-done
			return
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
