package rig

import (
	"io"
	"net"
	"sync"
	"syscall"
	"testing"
	"time"
)

// Wrap puts faults between a connection and its user: the returned connection
// is used in the place of conn, which belongs to the relay from then on. Out
// spoils what the user writes, in what it reads; nil lets everything pass.
// A cut resets both ends. The relay ends when both ends have closed, at the
// latest when the test does.
func Wrap(t testing.TB, conn net.Conn, out, in *Faults) net.Conn {
	near, far := pipe((*Options)(nil).orDefault(), conn.LocalAddr(), conn.RemoteAddr())
	r := newRelay(far, conn, out, in)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		r.run()
	}()
	t.Cleanup(func() {
		r.cut()
		<-ended
	})
	return near
}

// relay carries octets between two connections, which it owns, and applies the
// faults of each direction.
type relay struct {
	near, far   net.Conn
	toFar       *Faults
	toNear      *Faults
	middleFar   *stream // on the way from near to far
	middleNear  *stream
	stop        chan struct{} // closed by cut
	once        sync.Once
	farReached  chan struct{} // closed when the direction to far is at its end
	nearReached chan struct{}
}

func newRelay(near, far net.Conn, toFar, toNear *Faults) *relay {
	if toFar == nil {
		toFar = new(Faults)
	}
	if toNear == nil {
		toNear = new(Faults)
	}
	return &relay{
		near: near, far: far, toFar: toFar, toNear: toNear,
		middleFar: newStream(defaultCapacity), middleNear: newStream(defaultCapacity),
		stop: make(chan struct{}), farReached: make(chan struct{}), nearReached: make(chan struct{}),
	}
}

// run returns when both directions have ended and both connections are closed.
func (r *relay) run() {
	var collecting, delivering sync.WaitGroup
	collecting.Go(func() { collect(r.near, r.middleFar, r.toFar) })
	collecting.Go(func() { collect(r.far, r.middleNear, r.toNear) })
	delivering.Go(func() {
		defer close(r.farReached)
		r.deliver(r.middleFar, r.far, r.toFar, r.nearReached)
	})
	delivering.Go(func() {
		defer close(r.nearReached)
		r.deliver(r.middleNear, r.near, r.toNear, r.farReached)
	})
	delivering.Wait()
	_ = r.near.Close()
	_ = r.far.Close()
	r.middleFar.closeReader()
	r.middleNear.closeReader()
	collecting.Wait()
}

// cut resets both connections and drops what is on the way.
func (r *relay) cut() {
	r.once.Do(func() {
		close(r.stop)
		r.middleFar.closeReader()
		r.middleNear.closeReader()
		abort(r.near)
		abort(r.far)
	})
}

// collect takes octets from a connection as they come; the stream between gives
// them their delay.
func collect(from net.Conn, middle *stream, faults *Faults) {
	chunk := make([]byte, 16<<10)
	for {
		n, err := from.Read(chunk)
		if n > 0 {
			if _, err := middle.write(chunk[:n], faults.latency(), false); err != nil {
				return
			}
		}
		switch {
		case err == nil:
		case orderly(err):
			middle.finish(io.EOF, faults.latency())
			return
		default:
			middle.finish(syscall.ECONNRESET, faults.latency())
			return
		}
	}
}

// deliver hands octets to a connection until the direction ends. Where the
// connection takes no more, the sender learns of it when the other direction is
// at its end too, as it would from TCP.
func (r *relay) deliver(middle *stream, to net.Conn, faults *Faults, other <-chan struct{}) {
	chunk := make([]byte, 16<<10)
	for {
		n, err := middle.read(chunk)
		if !faults.flow(r.stop) {
			return
		}
		switch {
		case err == nil:
		case orderly(err):
			closeWrite(to)
			return
		default:
			r.cut()
			return
		}
		for rest := chunk[:n]; len(rest) > 0; {
			p := faults.next(rest)
			rest = rest[p.used:]
			if !r.pass(to, p) {
				select {
				case <-other:
				case <-r.stop:
				}
				r.cut()
				return
			}
			switch {
			case p.cut:
				r.cut()
				return
			case p.end:
				closeWrite(to)
				r.discard(middle)
				return
			}
			if !faults.flow(r.stop) {
				return
			}
		}
	}
}

// pass writes one piece and keeps its distance to the next.
func (r *relay) pass(to net.Conn, p piece) bool {
	if len(p.octets) > 0 {
		write := to.Write
		if c, ok := to.(*Conn); ok && p.apart {
			write = c.writeApart
		}
		if _, err := write(p.octets); err != nil {
			return false
		}
	}
	if p.gap <= 0 {
		return true
	}
	timer := time.NewTimer(p.gap)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-r.stop:
		return false
	}
}

// discard takes what still comes, so that the sender is not held up.
func (r *relay) discard(middle *stream) {
	chunk := make([]byte, 16<<10)
	for {
		if _, err := middle.read(chunk); err != nil {
			return
		}
	}
}

// closeWrite ends one direction where the connection knows half close, and both
// where it does not.
func closeWrite(c net.Conn) {
	if half, ok := c.(interface{ CloseWrite() error }); ok {
		_ = half.CloseWrite()
		return
	}
	_ = c.Close()
}

// abort resets a connection; one that cannot be reset is closed.
func abort(c net.Conn) {
	switch c := c.(type) {
	case interface{ Abort() error }:
		_ = c.Abort()
	case *net.TCPConn:
		_ = c.SetLinger(0)
		_ = c.Close()
	default:
		_ = c.Close()
	}
}
