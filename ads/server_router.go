package ads

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"time"

	"stellwerk/ads/ams"
)

// Register gives a port of the server to the machine's AMS router, as TwinCAT's
// is one: conn is a new connection to it, by TCP to port 48898. The router then
// sends requests to the port on this connection, under the NetId of the machine,
// until it is closed. Errors close it; one of them is that the router has given
// the port to somebody else, an [ams.ReturnCode] of 0x506.
//
// Each port needs a connection of its own. ctx bounds the registration, not the
// connection.
func (s *Server) Register(ctx context.Context, conn net.Conn, port ams.Port) (*ServerConn, error) {
	c, err := s.enter(conn)
	if err != nil {
		_ = conn.Close() // it is of no use
		return nil, err
	}
	local, err := serverRegister(ctx, conn, port)
	if err != nil {
		c.end(err)
		c.err = context.Cause(c.ctx)
		s.remove(c)
		close(c.done)
		return nil, fmt.Errorf("ads: register port %d with the router at %v: %w", port, conn.RemoteAddr(), err)
	}
	c.local.Store(&local)
	go c.run() // removed and waited for by Close
	return c, nil
}

// serverRegister asks for a port.
func serverRegister(ctx context.Context, conn net.Conn, port ams.Port) (local ams.Address, err error) {
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	defer func() {
		if !stop() {
			err = errors.Join(context.Cause(ctx), err)
		}
	}()
	request := ams.TCPHeader{Command: ams.TCPPortConnect, Length: 2}.Append(nil)
	if _, err := conn.Write(binary.LittleEndian.AppendUint16(request, uint16(port))); err != nil {
		return local, err
	}
	// Octet by octet, as what comes behind the answer is for the server's reader.
	reader := ams.NewReader(serverExactly{conn}, ams.OverTCP, 0)
	for {
		p, err := reader.Next()
		if err != nil {
			return local, err
		}
		if p.Command != ams.TCPPortConnect {
			continue // notes of the router
		}
		if len(p.Body) < 8 {
			return local, fmt.Errorf("the answer has %d octets, it must have 8", len(p.Body))
		}
		local = ams.Address{NetID: ams.NetID(p.Body[:6]), Port: ams.Port(binary.LittleEndian.Uint16(p.Body[6:]))}
		if local.Port != port {
			return local, fmt.Errorf("the router has given port %d: %w", local.Port, ams.PortInUse)
		}
		return local, nil
	}
}

// serverExactly reads one octet at a time.
type serverExactly struct{ conn net.Conn }

func (e serverExactly) Read(p []byte) (int, error) { return e.conn.Read(p[:min(len(p), 1)]) }

// ServeRouter registers all ports that the server has now with the machine's AMS
// router, keeps them registered, and returns when ctx ends or the server is
// closed. Dial connects to the router. Where that or a registration fails, or the
// router goes away, it tries again after a pause that grows from 1 s to 30 s;
// report, unless it is nil, is told of each change: a connection, or an error.
func (s *Server) ServeRouter(ctx context.Context, dial func(context.Context) (net.Conn, error), report func(ams.Port, *ServerConn, error)) error {
	if report == nil {
		report = func(ams.Port, *ServerConn, error) {}
	}
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return ErrServerClosed
	}
	s.serving.Add(1)
	s.mu.Unlock()
	defer s.serving.Done()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	ports := s.Ports()
	ended := make(chan struct{}, len(ports))
	for _, port := range ports {
		go func() {
			defer func() { ended <- struct{}{} }()
			s.keepRegistered(ctx, port, dial, report)
		}()
	}
	select {
	case <-s.stop:
		cancel(ErrServerClosed)
	case <-ctx.Done():
	}
	for range ports {
		<-ended
	}
	return context.Cause(ctx)
}

func (s *Server) keepRegistered(ctx context.Context, port ams.Port, dial func(context.Context) (net.Conn, error), report func(ams.Port, *ServerConn, error)) {
	const first, longest = time.Second, 30 * time.Second
	for pause := first; ctx.Err() == nil; pause = min(2*pause, longest) {
		conn, err := dial(ctx)
		var c *ServerConn
		if err == nil {
			attempt, cancel := context.WithTimeout(ctx, s.options.HandshakeTimeout)
			c, err = s.Register(attempt, conn, port)
			cancel()
		}
		if err == nil {
			report(port, c, nil)
			select {
			case <-c.Done():
				err, pause = c.Err(), first
			case <-ctx.Done():
				c.end(context.Cause(ctx))
				<-c.Done()
				return
			}
		}
		if ctx.Err() != nil {
			return
		}
		report(port, nil, err)
		select {
		case <-time.After(pause):
		case <-ctx.Done():
		}
	}
}
