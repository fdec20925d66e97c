package ads

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"stellwerk/ads/ams"
	"stellwerk/ads/command"
)

// ServerConn is a connection of a [Server]. Several clients may share it, each
// with an AMS address of its own, as programs behind a router do. All methods
// are safe for concurrent use.
type ServerConn struct {
	server *Server
	conn   net.Conn
	begin  time.Time
	local  atomic.Pointer[ams.Address] // given by a router, or to a local program
	out    *serverOutput
	jobs   serverJobs
	ctx    context.Context
	cancel context.CancelCauseFunc
	done   chan struct{}
	err    error // once done is closed

	holds atomic.Int64 // what keeps an idle connection open
	last  atomic.Int64 // when something came, since begin
	peer  serverCounters

	// Of the reader.
	request Request
	body    []byte
	known   *serverPort              // the last that was asked
	asked   map[*serverPort]struct{} // those whose handlers want to know of the end
}

// RemoteAddr returns the address of the other end.
func (c *ServerConn) RemoteAddr() net.Addr { return c.conn.RemoteAddr() }

// LocalAddr returns the address of this end.
func (c *ServerConn) LocalAddr() net.Addr { return c.conn.LocalAddr() }

// Server returns the server of the connection.
func (c *ServerConn) Server() *Server { return c.server }

// Done is closed when the connection has ended and its handlers have returned.
func (c *ServerConn) Done() <-chan struct{} { return c.done }

// Err returns why the connection has ended, nil while it has not.
func (c *ServerConn) Err() error {
	select {
	case <-c.done:
		return c.err
	default:
		return nil
	}
}

// Close closes the connection. It does not wait for its handlers; see Done.
func (c *ServerConn) Close() error {
	c.end(ErrServerClosed)
	return nil
}

// Hold keeps the connection open while it is silent, whatever
// [ServerOptions.IdleTimeout] says, until Release was called as often.
func (c *ServerConn) Hold() { c.holds.Add(1) }

// Release takes a Hold back.
func (c *ServerConn) Release() {
	c.touch()
	c.holds.Add(-1)
}

// Notify sends a DeviceNotification of the port source to a client of the
// connection, with the stream that [command.NotificationBuilder] makes. It does
// not wait: it returns false where the client does not keep up, or the
// connection has ended, and then nothing is sent.
func (c *ServerConn) Notify(source ams.Port, client ams.Address, stream []byte) bool {
	h := ams.Header{
		Target: client, Source: ams.Address{NetID: c.netID(), Port: source},
		Command: ams.DeviceNotification, StateFlags: ams.RequestFlags,
	}
	if !c.out.offer(&h, stream) {
		c.peer.dropped.Add(1)
		return false
	}
	c.peer.notifications.Add(1)
	c.trace(true, &h, stream)
	c.out.flush()
	return true
}

// netID is the server's NetId on this connection.
func (c *ServerConn) netID() ams.NetID {
	if local := c.local.Load(); local != nil {
		return local.NetID
	}
	return c.server.options.NetID
}

func (c *ServerConn) trace(sent bool, h *ams.Header, data []byte) {
	if t := c.server.options.Trace; t != nil {
		t(c, ServerFrame{Sent: sent, Frame: ams.Frame{Header: *h, Data: data}})
	}
}

// read is where the connection's reader waits for octets: before that it has
// what was answered sent.
func (c *ServerConn) read(p []byte) (int, error) {
	c.out.flush()
	if err := c.out.wait(); err != nil {
		return 0, err
	}
	n, err := c.conn.Read(p)
	c.peer.octetsIn.Add(uint64(n))
	return n, err
}

// serverStream is a connection as its reader sees it.
type serverStream struct{ c *ServerConn }

func (s serverStream) Read(p []byte) (int, error) { return s.c.read(p) }

// serverHandshaker is a connection that is made secure before it is used, such as
// *tls.Conn.
type serverHandshaker interface {
	HandshakeContext(ctx context.Context) error
}

// run serves the connection until it ends.
func (c *ServerConn) run() {
	defer close(c.done)
	var writer sync.WaitGroup
	writer.Go(c.out.write)
	idle := c.watch()
	err := c.handshake()
	if err == nil {
		err = c.serve()
	}
	c.end(err)
	if idle != nil {
		idle.Stop()
	}
	writer.Wait()
	c.jobs.workers.Wait()
	for port := range c.asked {
		port.closer.CloseADS(c)
	}
	c.err = context.Cause(c.ctx)
	c.server.remove(c) // before done: Close has waited for all there is then
}

// end has the connection end, for the first reason that is given.
func (c *ServerConn) end(err error) {
	c.cancel(err)
	c.out.fail(context.Cause(c.ctx))
}

func (c *ServerConn) handshake() error {
	secure, ok := c.conn.(serverHandshaker)
	if !ok {
		return nil
	}
	ctx, cancel := context.WithTimeout(c.ctx, c.server.options.HandshakeTimeout)
	defer cancel()
	if err := secure.HandshakeContext(ctx); err != nil {
		return fmt.Errorf("TLS handshake with %v: %w", c.conn.RemoteAddr(), err)
	}
	return nil
}

// watch closes the connection when it has been idle for too long.
func (c *ServerConn) watch() *time.Timer {
	limit := c.server.options.IdleTimeout
	if limit <= 0 {
		return nil
	}
	var timer *time.Timer
	var ready sync.WaitGroup
	ready.Add(1)
	timer = time.AfterFunc(limit, func() {
		ready.Wait()
		silent := time.Since(c.begin) - time.Duration(c.last.Load())
		switch {
		case c.ctx.Err() != nil:
		case c.holds.Load() > 0 || c.jobs.open.Load() > 0:
			timer.Reset(limit)
		case silent < limit:
			timer.Reset(limit - silent)
		default:
			c.end(fmt.Errorf("nothing has come from %v for %v", c.conn.RemoteAddr(), limit))
		}
	})
	ready.Done()
	return timer
}

func (c *ServerConn) touch() { c.last.Store(int64(time.Since(c.begin))) }

// serve reads requests until the connection ends.
func (c *ServerConn) serve() error {
	o := &c.server.options
	reader := ams.NewReader(serverStream{c}, o.Framing, o.MaxData)
	for {
		packet, err := reader.Next()
		if err != nil {
			if _, ok := errors.AsType[*ams.FramingError](err); ok {
				c.server.counters.malformed.Add(1)
			}
			return err
		}
		if o.IdleTimeout > 0 {
			c.touch()
		}
		if packet.Command != ams.TCPFrame {
			if err := c.localPacket(packet); err != nil {
				return err
			}
			continue
		}
		if err := c.take(&packet.Frame); err != nil {
			return err
		}
	}
}

// localPacket answers what a program says to the router of its machine, so that
// programs that expect one reach the server as they are.
func (c *ServerConn) localPacket(p ams.Packet) error {
	switch p.Command {
	case ams.TCPPortConnect:
		if len(p.Body) < 2 {
			return nil // nothing can be answered to half a question
		}
		local := ams.Address{NetID: c.server.options.NetID, Port: ams.Port(binary.LittleEndian.Uint16(p.Body))}
		if local.Port == 0 {
			local.Port = c.server.dynamicPort()
		}
		c.local.Store(&local)
		return c.out.putPacket(p.Command, binary.LittleEndian.AppendUint16(local.NetID[:], uint16(local.Port)))
	case ams.TCPPortClose:
		return c.out.putPacket(p.Command, nil) // there are programs that wait for it
	case ams.TCPLocalNetID:
		id := c.server.options.NetID
		return c.out.putPacket(p.Command, id[:])
	default: // notes of a router need no answer
		return nil
	}
}

// take answers a frame, or has it answered.
func (c *ServerConn) take(f *ams.Frame) error {
	c.trace(false, &f.Header, f.Data)
	if f.IsResponse() || f.Command == ams.DeviceNotification {
		c.server.counters.unexpected.Add(1)
		return nil
	}
	c.peer.requests.Add(1)
	port, code := c.find(&f.Header)
	if code != ams.NoError {
		return c.answer(&f.Header, nil, code)
	}
	c.request = Request{Header: f.Header, Data: f.Data, conn: c, after: c.request.after[:0]}
	order := port.schedule(&c.request)
	client := serverClient{f.Source, f.Target.Port}
	if order.quick() && c.jobs.clear(client, order) {
		body, err := c.respond(port.handler, &c.request, c.body[:0])
		if cap(body) <= serverChunk {
			c.body = body
		}
		return err
	}
	c.request.after = nil // those of the reader
	if !c.jobs.submit(&c.request, port.handler, client, order) {
		c.peer.refused.Add(1)
		return c.answer(&f.Header, nil, ams.MailboxFull)
	}
	return nil
}

// find returns who answers a request, or why nobody does.
func (c *ServerConn) find(h *ams.Header) (*serverPort, ams.ReturnCode) {
	if !c.server.isLocal(h.Target.NetID) {
		local := c.local.Load()
		if local == nil || h.Target.NetID != local.NetID && h.Target.NetID != ams.LocalNetID {
			return nil, ams.TargetMachineNotFound
		}
	}
	port := c.server.port(h.Target.Port)
	switch {
	case port == nil:
		return nil, ams.TargetPortNotFound
	case h.StateFlags&ams.ADSCommand == 0:
		return nil, ams.UnknownAMSCommand
	case !h.Command.Known():
		return nil, ams.UnknownCommand
	}
	if port.closer != nil && port != c.known {
		if c.asked == nil {
			c.asked = make(map[*serverPort]struct{})
		}
		c.asked[port] = struct{}{}
		c.known = port
	}
	return port, ams.NoError
}

// respond calls the handler and queues the answer. It returns the body for the
// memory that it has.
func (c *ServerConn) respond(h Handler, r *Request, dst []byte) ([]byte, error) {
	body, code := h.ServeADS(c.ctx, r, dst)
	var err error
	switch {
	case code != ams.NoError:
		err = c.answer(&r.Header, nil, code)
	case uint64(len(body)) > uint64(c.server.options.MaxAnswer):
		// What clients take for too long would end their connection.
		err = c.answer(&r.Header, command.ReadResponse{Result: ams.InvalidSize}.Append(nil), ams.NoError)
	default:
		err = c.answer(&r.Header, body, ams.NoError)
	}
	for _, f := range r.after {
		f()
	}
	return body, err
}

// answer queues an answer, when there is room for it.
func (c *ServerConn) answer(request *ams.Header, body []byte, code ams.ReturnCode) error {
	h := request.Answer(uint32(len(body)), code)
	if code != ams.NoError {
		c.peer.errors.Add(1)
	}
	c.trace(true, &h, body)
	return c.out.put(&h, body)
}

// work answers a request that a worker has.
func (c *ServerConn) work(job *serverJob) {
	if c.ctx.Err() != nil {
		return
	}
	_, err := c.respond(job.handler, &job.request, nil)
	if err == nil {
		c.out.flush()
	}
}
