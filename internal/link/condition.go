package link

import (
	"slices"
	"sync"
	"time"

	"stellwerk/wire"
)

// Condition is the state of a link, for those who ask. Its zero value is stopped.
// It is safe for concurrent use.
type Condition struct {
	mu     sync.Mutex
	status Status // guarded by mu
}

// Set changes the state. Since is kept where it stays the same.
func (c *Condition) Set(state State, detail wire.Text, peers ...string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.status.State != state {
		c.status.Since = time.Now()
	}
	c.status.State, c.status.Detail, c.status.Peers = state, detail, peers
}

// Get returns the state, its detail, since when it is, and the peers.
func (c *Condition) Get() Status {
	c.mu.Lock()
	defer c.mu.Unlock()
	status := c.status
	status.Peers = slices.Clone(status.Peers)
	if status.State == "" {
		status.State = Stopped
	}
	return status
}
