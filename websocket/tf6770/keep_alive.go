package tf6770

import (
	"context"
	"errors"
	"time"

	"stellwerk/websocket"
)

// ErrKeepAlive says that the peer has not answered a ping in time.
var ErrKeepAlive = errors.New("no answer to a ping in time")

// KeepAlive watches a connection until it or ctx ends: when nothing was received
// for the interval (nKeepAliveInterval), it sends a ping; when nothing comes
// within the timeout after that (nKeepAliveCloseTimeout), also because the peer
// takes no octet off, it aborts the connection and returns [ErrKeepAlive].
// Otherwise it returns nil. Somebody else must be reading, since reading is what
// sees the answer.
func KeepAlive(ctx context.Context, conn *websocket.Conn, interval, timeout time.Duration) error {
	for {
		for idle := time.Since(conn.LastReceived()); idle < interval; idle = time.Since(conn.LastReceived()) {
			if !wait(ctx, conn, interval-idle) {
				return nil
			}
		}
		asked := time.Now()
		silent := false // written before judged is closed
		judged := make(chan struct{})
		timer := time.AfterFunc(timeout, func() {
			defer close(judged)
			if conn.LastReceived().Before(asked) && conn.Err() == nil {
				silent = true
				_ = conn.Abort() // also frees a ping that cannot be sent
			}
		})
		// A context that ends must not break the connection off within a frame.
		err := conn.Ping(context.WithoutCancel(ctx), nil)
		gone := err != nil
		select {
		case <-judged:
		case <-conn.Done():
			gone = true
		case <-ctx.Done():
			gone = true
		}
		if !timer.Stop() {
			<-judged
			if silent {
				return ErrKeepAlive
			}
		}
		if gone {
			return nil
		}
	}
}

// wait waits, and reports whether connection and ctx are still there.
func wait(ctx context.Context, conn *websocket.Conn, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-conn.Done():
		return false
	case <-timer.C:
		return true
	}
}
