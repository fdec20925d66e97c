package tf6770

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"

	"stellwerk/tlsconf"
	"stellwerk/websocket"
)

// open makes the connection. Each step has the whole time limit.
func (s *session) open(ctx context.Context) (*websocket.Conn, error) {
	in := s.inputs
	address, err := in.address()
	if err != nil {
		return nil, err
	}
	options := websocket.ClientOptions{
		Common: websocket.Common{Limits: websocket.Limits{
			ReceiveFrame: int64(in.MaxReceiveFrame), ReceiveMessage: int64(in.MaxReceiveMessage),
			SendFrame: int(in.MaxSendFrame), CloseTimeout: in.KeepAliveCloseTimeout,
		}},
		Origin: in.Origin, Header: in.Header, ResponseTimeout: in.ConnectResponseTimeout,
		Connect: func(ctx context.Context, network, host string) (net.Conn, error) {
			ctx, cancel := context.WithTimeout(ctx, in.ConnectResponseTimeout)
			defer cancel()
			return in.Dial(ctx, network, host)
		},
	}
	for protocol := range strings.SplitSeq(in.Protocol, ",") {
		if protocol = strings.TrimSpace(protocol); protocol != "" {
			options.Subprotocols = append(options.Subprotocols, protocol)
		}
	}
	if in.PerMessageDeflate {
		options.Compression = &websocket.Deflate{}
	}
	if address.Scheme == "wss" {
		endpoint, err := tlsconf.New(in.TLS, tlsconf.Client, in.Engines...)
		if err != nil {
			return nil, err
		}
		options.Secure = func(ctx context.Context, conn net.Conn, host string) (net.Conn, error) {
			ctx, cancel := context.WithTimeout(ctx, in.ConnectResponseTimeout)
			defer cancel()
			return endpoint.Client(ctx, conn, host)
		}
	}
	if s.checks {
		options.CheckResponse = func(response *http.Response) error {
			return s.ask(ctx, strings.TrimSpace(response.Header.Get("Sec-WebSocket-Protocol")))
		}
	}
	return websocket.Dial(ctx, address.String(), &options)
}

// ask has Execute ask CheckProtocol.
func (s *session) ask(ctx context.Context, protocol string) error {
	q := &protocolQuestion{protocol: protocol, answer: make(chan bool, 1)}
	s.mu.Lock()
	s.asked = q
	s.mu.Unlock()
	limit := time.NewTimer(s.inputs.ConnectResponseTimeout)
	defer limit.Stop()
	select {
	case taken := <-q.answer:
		if !taken {
			return &Error{ResponseReject, fmt.Errorf("CheckProtocol does not take the subprotocol %q", protocol)}
		}
		return nil
	case <-limit.C:
		return &Error{ResponseTimeout, errors.New("Execute was not called in time to ask CheckProtocol")}
	case <-ctx.Done():
		return ctx.Err()
	}
}

// question returns, once, what CheckProtocol is to be asked, nil for nothing.
func (s *session) question() *protocolQuestion {
	s.mu.Lock()
	defer s.mu.Unlock()
	q := s.asked
	s.asked = nil
	return q
}
