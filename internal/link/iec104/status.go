package iec104

import (
	"slices"
	"sync"
	"time"

	"stellwerk/internal/link"
	"stellwerk/wire"
)

// condition is the state of a link, for those who ask. It is safe for concurrent
// use.
type condition struct {
	mu     sync.Mutex
	status link.Status // guarded by mu
}

func (c *condition) set(state link.State, detail wire.Text, peers ...string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.status.State != state {
		c.status.Since = time.Now()
	}
	c.status.State, c.status.Detail, c.status.Peers = state, detail, peers
}

func (c *condition) get(address string, w *watcher) link.Status {
	c.mu.Lock()
	status := c.status
	status.Peers = slices.Clone(status.Peers)
	c.mu.Unlock()
	if status.State == "" {
		status.State = link.Stopped
	}
	status.Address = address
	status.Received, status.Sent, status.Dropped = w.received.Load(), w.sent.Load(), w.dropped.Load()
	return status
}
