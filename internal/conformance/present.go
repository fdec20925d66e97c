package conformance

import (
	"context"
	"sync"
	"time"
)

// driverTime returns how long a driver may take.
func driverTime(within time.Duration) time.Duration {
	if within == 0 {
		return 2 * time.Minute
	}
	return within
}

// driveWithin has a driver do something within a time.
func driveWithin(ctx context.Context, d Driver, within time.Duration, a Action) error {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	return d.Drive(ctx, a)
}

// present is the case that is run.
type present struct {
	mu  sync.Mutex
	ctx context.Context //nolint:containedctx // of the case: not every call has one; guarded by mu
	id  string          // guarded by mu
}

// begin tells of the case that is run.
func (p *present) begin(ctx context.Context, id string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ctx, p.id = ctx, id
}

func (p *present) context() context.Context {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ctx == nil {
		return context.Background()
	}
	return p.ctx
}

// name gives an action the name of the case.
func (p *present) name(a Action) Action {
	p.mu.Lock()
	defer p.mu.Unlock()
	a.Case = p.id
	return a
}
