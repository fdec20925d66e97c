package iec104

import (
	"stellwerk/internal/link"
	"stellwerk/wire"
)

// condition is the state of a link with the counters of its watcher.
type condition struct{ link.Condition }

func (c *condition) set(state link.State, detail wire.Text, peers ...string) {
	c.Set(state, detail, peers...)
}

func (c *condition) get(address string, w *watcher) link.Status {
	status := c.Get()
	status.Address = address
	status.Received, status.Sent, status.Dropped = w.received.Load(), w.sent.Load(), w.dropped.Load()
	return status
}
