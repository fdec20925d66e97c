package main

import (
	"errors"
	"net"
	"sync"

	"stellwerk/ads/router"
)

// jobs are what a command serves beside each other. When one ends, all do.
type jobs struct {
	work  sync.WaitGroup
	close []func() error

	mu  sync.Mutex
	err error // guarded by mu
}

// run serves until end is called, or serve fails; then it calls stop.
func (j *jobs) run(stop func(), serve, end func() error) {
	j.close = append(j.close, end)
	j.work.Go(func() {
		defer stop()
		err := serve()
		if errors.Is(err, router.ErrClosed) || errors.Is(err, net.ErrClosed) {
			return
		}
		j.mu.Lock()
		defer j.mu.Unlock()
		j.err = errors.Join(j.err, err)
	})
}

// end ends all of them, waits, and returns what went wrong.
func (j *jobs) end() error {
	for _, end := range j.close {
		_ = end() // what serves tells
	}
	j.work.Wait()
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.err
}
