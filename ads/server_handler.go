package ads

import (
	"context"

	"stellwerk/ads/ams"
)

// Handler answers the requests that come to an AMS port. [Device] is one; a
// handler of its own can do everything that ADS allows.
type Handler interface {
	// ServeADS answers a request: it appends the body of the answer to dst and
	// returns it, see package command for the bodies. A return code other than
	// [ams.NoError] is an AMS error, which goes into the header of an answer
	// without data; errors of the device itself belong into the body. The
	// context ends with the connection.
	//
	// It is called by several goroutines at once, see [HandlerScheduler].
	ServeADS(ctx context.Context, r *Request, dst []byte) ([]byte, ams.ReturnCode)
}

// HandlerFunc is a function that is a [Handler].
type HandlerFunc func(ctx context.Context, r *Request, dst []byte) ([]byte, ams.ReturnCode)

// ServeADS calls the function.
func (f HandlerFunc) ServeADS(ctx context.Context, r *Request, dst []byte) ([]byte, ams.ReturnCode) {
	return f(ctx, r, dst)
}

// HandlerScheduler is implemented by a [Handler] that knows which of its requests
// may be answered at the same time. Without it Read, ReadState and ReadDeviceInfo
// are [RequestParallel], and all others [RequestInOrder].
type HandlerScheduler interface {
	// ScheduleADS says how the request is to be answered. It must return at once.
	ScheduleADS(r *Request) RequestOrder
}

// HandlerCloser is implemented by a [Handler] that keeps something for a
// connection.
type HandlerCloser interface {
	// CloseADS is called when a connection that has asked the handler something
	// has ended, after the last of its requests was answered.
	CloseADS(conn *ServerConn)
}

// RequestOrder says which requests of a client may be answered at the same time.
// A client is a source address on a connection, as it speaks to one port;
// requests of different clients never wait for each other.
type RequestOrder uint8

// The orders.
const (
	// RequestInOrder is answered when all requests of the client before it have
	// been, and before all those behind it: it may change something.
	RequestInOrder RequestOrder = iota
	// RequestParallel changes nothing, and may be answered while others of its
	// kind are.
	RequestParallel
	// RequestQuick is RequestInOrder for what takes microseconds and waits for
	// nothing: where nothing is before it, the connection's reader answers it.
	RequestQuick
	// RequestQuickParallel is RequestParallel for what takes microseconds and
	// waits for nothing.
	RequestQuickParallel
)

// quick reports whether the reader may answer.
func (o RequestOrder) quick() bool { return o >= RequestQuick }

// parallel reports whether others may be answered meanwhile.
func (o RequestOrder) parallel() bool { return o == RequestParallel || o == RequestQuickParallel }

// Request is a request to an AMS port. It and its data are valid until the
// handler returns.
type Request struct {
	Header ams.Header
	Data   []byte // the body
	conn   *ServerConn
	after  []func()
}

// Conn returns the connection that the request came on.
func (r *Request) Conn() *ServerConn { return r.conn }

// After has f called when the answer has been queued, by the goroutine that
// called the handler: what f sends comes behind the answer.
func (r *Request) After(f func()) { r.after = append(r.after, f) }

// serverPort is an AMS port of a server.
type serverPort struct {
	handler   Handler
	scheduler HandlerScheduler // nil where the handler is none
	closer    HandlerCloser    // nil where the handler is none
}

func newServerPort(h Handler) *serverPort {
	p := &serverPort{handler: h}
	p.scheduler, _ = h.(HandlerScheduler)
	p.closer, _ = h.(HandlerCloser)
	return p
}

// schedule returns the order of a request.
func (p *serverPort) schedule(r *Request) RequestOrder {
	if p.scheduler != nil {
		return p.scheduler.ScheduleADS(r)
	}
	switch r.Header.Command {
	case ams.Read, ams.ReadState, ams.ReadDeviceInfo:
		return RequestParallel
	default:
		return RequestInOrder
	}
}
