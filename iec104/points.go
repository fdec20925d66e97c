package iec104

import (
	"context"
	"errors"
	"iter"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"stellwerk/iec104/asdu"
)

// Points returns the points that are received from the call on, in the order of
// the wire, to be ranged over once:
//
//	points := client.Points(ctx)
//	go interrogate(client)
//	for point, err := range points { … }
//
// Nothing is queued. A telegram is taken over, and confirmed to the station,
// when the loop has had all of its points and comes for more; until then nothing
// else is received. So a consumer that is slow slows the station down by the
// window k, and loses nothing. For the same reason the loop must not wait for an
// answer on the same connection, nor may the iterator be left lying: it holds
// the connection up until ctx ends. Who leaves the loop has had the telegram.
//
// The iterator ends with one error: the cause of ctx, or that of the connection.
// A loop over an iterator that was left gets an error too, and no points.
// Several iterators get all points each. The client's Handler comes first.
func (c *Client) Points(ctx context.Context) iter.Seq2[Point, error] {
	r := &pointReader{offered: make(chan struct{}), taken: make(chan struct{}, 1), left: make(chan struct{})}
	c.points.add(r)
	stop := context.AfterFunc(ctx, func() { c.points.remove(r) })
	return func(yield func(Point, error) bool) {
		defer c.points.remove(r)
		defer stop()
		for {
			select {
			case <-r.offered:
				for i := range r.points {
					if !yield(r.points[i], nil) {
						return
					}
				}
				r.taken <- struct{}{}
				continue
			case <-r.left:
			case <-c.link.failed:
			}
			err := context.Cause(ctx)
			if err == nil {
				err = c.Err()
			}
			if err == nil {
				err = errRanged
			}
			yield(Point{}, fail("points", err))
			return
		}
	}
}

// errRanged says that a loop was left, and then begun again.
var errRanged = errors.New("these points were ranged over before: call Points for another iterator")

// pointReader is one iterator. Between offered and taken its points belong to
// it, and for good when it has left.
type pointReader struct {
	points  []Point
	offered chan struct{}
	taken   chan struct{} // capacity 1
	left    chan struct{} // closed when nobody ranges any more
}

// pointReaders are the iterators of a client.
type pointReaders struct {
	running atomic.Int32 // none is a common case
	mu      sync.Mutex
	list    []*pointReader // guarded by mu; replaced, never changed
}

func (p *pointReaders) add(r *pointReader) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.list = append(slices.Clip(p.list), r)
	p.running.Store(int32(len(p.list)))
}

func (p *pointReaders) remove(r *pointReader) {
	p.mu.Lock()
	defer p.mu.Unlock()
	i := slices.Index(p.list, r)
	if i < 0 {
		return
	}
	p.list = slices.Delete(slices.Clone(p.list), i, i+1)
	p.running.Store(int32(len(p.list)))
	close(r.left)
}

// take hands an ASDU to all iterators and waits until they are through with it.
// It fails where the connection ends before that.
func (p *pointReaders) take(a asdu.ASDU, zone TimeZone, failed <-chan struct{}) error {
	p.mu.Lock()
	list := p.list
	p.mu.Unlock()
	received := time.Now()
	for _, r := range list {
		select {
		case <-r.left:
			continue
		default:
		}
		r.points = AppendPoints(r.points[:0], a, zone, received)
		if len(r.points) == 0 {
			continue
		}
		select {
		case r.offered <- struct{}{}:
		case <-r.left:
			continue
		case <-failed:
			return ErrClosed
		}
		select {
		case <-r.taken:
		case <-r.left:
		case <-failed:
			return ErrClosed
		}
	}
	return nil
}
