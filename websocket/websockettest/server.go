package websockettest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"stellwerk/websocket"
)

// Server is a server that echoes messages, and misbehaves. It must not be
// changed while it serves, and is safe for concurrent use.
type Server struct {
	// Misbehaviour is what it does wrong. Zero is nothing.
	Misbehaviour Misbehaviour
	// ByPath lets the path of a request name the misbehaviour, as in
	// ws://HOST/half-frame. Another path than such a name leaves that of the
	// server.
	ByPath bool
	// After is how many messages are echoed before it misbehaves; the phase
	// [Opening] does not wait for them.
	After int
	// Pace is the time between the octets of what drips. Zero is 1 s.
	Pace time.Duration
	// Subprotocols are those that the server has; the client's first one among
	// them is taken.
	Subprotocols []string
	// Trace, where it is set, sees every frame, both ways, possibly at the same
	// time.
	Trace func(websocket.Frame)
}

// Serve serves the connections of a listener until ctx ends, and closes the
// listener then. It waits for all connections. The error is nil, or that of the
// listener.
func (s *Server) Serve(ctx context.Context, listener net.Listener) error {
	stop := context.AfterFunc(ctx, func() { _ = listener.Close() })
	defer stop()
	defer listener.Close()
	serving, cancel := context.WithCancel(ctx)
	var all sync.WaitGroup
	defer all.Wait()
	defer cancel() // also where the listener fails
	for {
		conn, err := listener.Accept()
		if err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return err
		}
		all.Go(func() { _ = s.ServeConn(serving, conn) }) // what a client does wrong is its own affair
	}
}

// ServeConn serves one connection, until it ends or ctx does, and closes it.
// The error says what the client has done wrong, nil where that is nothing: the
// client may leave at any moment.
func (s *Server) ServeConn(ctx context.Context, conn net.Conn) error {
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer stop()
	t := &talk{ctx: ctx, server: s, wrong: s.Misbehaviour, peer: NewPeer(conn, ServerRole)}
	t.peer.Trace = s.Trace
	var err error
	if t.request, err = t.peer.ReadRequest(); err != nil {
		if t.request != nil {
			_ = t.peer.SendRaw([]byte("HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"))
		}
		return fmt.Errorf("no valid request: %w", err)
	}
	if s.ByPath {
		if m, ok := Find(strings.Trim(t.request.URL.Path, "/")); ok {
			t.wrong = m
		}
	}
	err = t.run()
	if _, gone := errors.AsType[*goneError](err); gone {
		return nil
	}
	return err
}

// goneError is an error of the connection: the client has left, or ctx has
// ended.
type goneError struct{ err error }

func (e *goneError) Error() string { return e.err.Error() }

func (e *goneError) Unwrap() error { return e.err }

func gone(err error) error {
	if err == nil {
		return nil
	}
	return &goneError{err}
}

// respond sends the response.
func (t *talk) respond() error {
	r := rightResponse(t.request)
	if protocol := t.subprotocol(); protocol != "" {
		r.set("Sec-WebSocket-Protocol", protocol)
	}
	if extension := t.deflate(); extension != "" {
		r.set("Sec-WebSocket-Extensions", extension)
		t.peer.compressed = true
	}
	if t.wrong.respond != nil {
		t.wrong.respond(r)
	}
	return gone(t.peer.SendRaw([]byte(r.String())))
}

// subprotocol chooses one.
func (t *talk) subprotocol() string {
	for _, value := range t.request.Header.Values("Sec-WebSocket-Protocol") {
		for offered := range strings.SplitSeq(value, ",") {
			for _, own := range t.server.Subprotocols {
				if own == strings.TrimSpace(offered) {
					return own
				}
			}
		}
	}
	return ""
}

// deflate agrees to compression where it is offered. The server does not
// compress by itself, so that any bound of its window is kept.
func (t *talk) deflate() string {
	return agreeTo(t.request.Header)
}

// agreeTo answers the first offer of permessage-deflate.
func agreeTo(h http.Header) string {
	offer, _, _ := strings.Cut(h.Get("Sec-WebSocket-Extensions"), ",")
	name, parameters, _ := strings.Cut(offer, ";")
	if strings.TrimSpace(name) != "permessage-deflate" {
		return ""
	}
	answer := []string{"permessage-deflate"}
	for parameter := range strings.SplitSeq(parameters, ";") {
		parameter = strings.TrimSpace(parameter)
		if parameter == "server_no_context_takeover" || strings.HasPrefix(parameter, "server_max_window_bits=") {
			answer = append(answer, parameter)
		}
	}
	return strings.Join(answer, "; ")
}
