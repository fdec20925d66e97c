package websocket

import (
	"bufio"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// ServerOptions are the settings of a server. Nil options, and fields that are
// zero, have the values named beside them.
type ServerOptions struct {
	Common
	// Subprotocols are those that the server has; the client's first one among
	// them is taken.
	Subprotocols []string
	// CheckOrigin decides about the header Origin, which browsers send: an
	// error refuses with 403. Nil takes requests without it, and those from
	// pages of the same host.
	CheckOrigin func(*http.Request) error
	// CheckRequest has the last word about a request that is right; an error
	// refuses with 403. Nil takes all.
	CheckRequest func(*http.Request) error
	// Header has further headers of the response.
	Header http.Header
	// RequestTimeout is how long [Server] waits for the request and until the
	// response is sent, and [Upgrade] until the response is sent. Zero is 30 s.
	RequestTimeout time.Duration
}

func (o *ServerOptions) withDefaults() ServerOptions {
	filled := ServerOptions{}
	if o != nil {
		filled = *o
	}
	if filled.RequestTimeout <= 0 {
		filled.RequestTimeout = 30 * time.Second
	}
	return filled
}

// Server runs the opening handshake of a server on a connection, which it owns
// from then on: it is closed where the handshake fails or ctx ends. A request
// that is refused is answered first. Errors are of type [*HandshakeError].
func Server(ctx context.Context, conn net.Conn, options *ServerOptions) (*Conn, error) {
	o := options.withDefaults()
	ctx, cancel := context.WithTimeoutCause(ctx, o.RequestTimeout, timeoutError(fmt.Sprintf("no request within %v", o.RequestTimeout)))
	defer cancel()
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	limited := &bounded{from: conn, left: maxHandshake}
	buffered := bufio.NewReader(limited)
	var w *Conn
	request, err := http.ReadRequest(buffered)
	if err != nil {
		err = stageError(Requesting, "no valid request: %w", err)
	} else {
		limited.free = true
		w, err = o.answer(conn, buffered, request)
	}
	if !stop() {
		err = stageError(Requesting, "%w", context.Cause(ctx))
	}
	if err != nil {
		_ = conn.Close() // what is wrong is known
		return nil, err
	}
	return w, nil
}

// Upgrade makes a WebSocket connection of a request to net/http, and answers
// it, also where it refuses. Errors are of type [*HandshakeError].
func Upgrade(response http.ResponseWriter, request *http.Request, options *ServerOptions) (*Conn, error) {
	o := options.withDefaults()
	d, err := o.judge(request)
	if err != nil {
		refusal := refusalOf(err)
		maps.Copy(response.Header(), refusal.header)
		http.Error(response, err.Error(), refusal.status)
		return nil, stageError(Requesting, "%w", err)
	}
	hijacker, ok := response.(http.Hijacker)
	if !ok {
		http.Error(response, "this server cannot upgrade", http.StatusInternalServerError)
		return nil, stageError(Requesting, "the response cannot be taken over: %T", response)
	}
	conn, buffer, err := hijacker.Hijack()
	if err != nil {
		http.Error(response, "this server cannot upgrade", http.StatusInternalServerError)
		return nil, stageError(Requesting, "the connection cannot be taken over: %w", err)
	}
	_ = conn.SetReadDeadline(time.Time{}) // those of the HTTP server are over
	_ = conn.SetWriteDeadline(time.Now().Add(o.RequestTimeout))
	w, err := o.confirm(conn, buffer.Reader, d)
	if err != nil {
		_ = conn.Close() // what is wrong is known
		return nil, err
	}
	_ = conn.SetWriteDeadline(time.Time{})
	return w, nil
}

// refusal is a request that is not taken, and what the client is told.
type refusal struct {
	status int
	header http.Header
	err    error
}

func (r *refusal) Error() string { return r.err.Error() }

func (r *refusal) Unwrap() error { return r.err }

func refuse(status int, format string, arguments ...any) error {
	return &refusal{status: status, err: fmt.Errorf(format, arguments...)}
}

func refusalOf(err error) *refusal {
	if r, ok := errors.AsType[*refusal](err); ok {
		return r
	}
	return &refusal{status: http.StatusInternalServerError, err: err}
}

// decision is what is answered to a request.
type decision struct {
	key, protocol, extension string
	agreed                   agreed
}

// judge checks a request (RFC 6455, 4.2.1).
func (o *ServerOptions) judge(r *http.Request) (d decision, err error) {
	if err := errors.Join(checkHeader(o.Header), checkProtocols(o.Subprotocols)); err != nil {
		return d, err
	}
	keys := r.Header.Values("Sec-WebSocket-Key")
	nonce := []byte(nil)
	if len(keys) == 1 {
		nonce, _ = base64.StdEncoding.DecodeString(strings.TrimSpace(keys[0])) // a wrong one has not 16 octets
	}
	switch {
	case r.Method != http.MethodGet:
		return d, refuse(http.StatusMethodNotAllowed, "the method must be GET, not %s", r.Method)
	case !r.ProtoAtLeast(1, 1):
		return d, refuse(http.StatusBadRequest, "the version must be HTTP/1.1, not %s", r.Proto)
	case !hasToken(r.Header, "Upgrade", "websocket"), !hasToken(r.Header, "Connection", "upgrade"):
		return d, &refusal{http.StatusUpgradeRequired, http.Header{"Upgrade": {"websocket"}}, errors.New("this is a WebSocket server: the request must ask for an upgrade")}
	case r.Header.Get("Sec-WebSocket-Version") != "13":
		return d, &refusal{http.StatusUpgradeRequired, http.Header{"Sec-Websocket-Version": {"13"}}, errors.New("the version of WebSocket must be 13")}
	case len(nonce) != 16:
		return d, refuse(http.StatusBadRequest, "Sec-WebSocket-Key must be 16 octets in base64, once")
	}
	check := o.CheckOrigin
	if check == nil {
		check = sameHost
	}
	if err := check(r); err != nil {
		return d, refuse(http.StatusForbidden, "%w", err)
	}
	offers, err := parseExtensions(r.Header.Values("Sec-WebSocket-Extensions"))
	if err != nil {
		return d, refuse(http.StatusBadRequest, "%w", err)
	}
	d.key = strings.TrimSpace(keys[0])
	if o.Compression != nil {
		if err := o.Compression.check(); err != nil {
			return d, err
		}
		d.agreed, d.extension = o.Compression.accept(offers)
	}
	for _, value := range r.Header.Values("Sec-WebSocket-Protocol") {
		for offered := range strings.SplitSeq(value, ",") {
			if offered = strings.TrimSpace(offered); d.protocol == "" && slices.Contains(o.Subprotocols, offered) {
				d.protocol = offered
			}
		}
	}
	if o.CheckRequest != nil {
		if err := o.CheckRequest(r); err != nil {
			return d, refuse(http.StatusForbidden, "%w", err)
		}
	}
	return d, nil
}

// sameHost takes requests of pages of the same host, and those of no page.
func sameHost(r *http.Request) error {
	origin := r.Header.Get("Origin")
	if origin == "" {
		return nil
	}
	u, err := url.Parse(origin)
	if err != nil || !strings.EqualFold(u.Host, r.Host) {
		return fmt.Errorf("pages of %q may not connect", origin)
	}
	return nil
}

// answer answers a request and makes the connection.
func (o *ServerOptions) answer(conn net.Conn, buffered *bufio.Reader, r *http.Request) (*Conn, error) {
	d, err := o.judge(r)
	if err == nil {
		return o.confirm(conn, buffered, d)
	}
	no := refusalOf(err)
	var b strings.Builder
	fmt.Fprintf(&b, "HTTP/1.1 %d %s\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\nContent-Length: %d\r\n",
		no.status, http.StatusText(no.status), len(err.Error())+1)
	_ = no.header.Write(&b) // a builder takes everything
	fmt.Fprintf(&b, "\r\n%s\n", err)
	_, _ = conn.Write([]byte(b.String())) // it is refused in any case
	return nil, &HandshakeError{Stage: Requesting, Status: no.status, Err: err}
}

// confirm sends the response and makes the connection.
func (o *ServerOptions) confirm(conn net.Conn, buffered *bufio.Reader, d decision) (*Conn, error) {
	var b strings.Builder
	fmt.Fprintf(&b, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n", acceptOf(d.key))
	if d.protocol != "" {
		fmt.Fprintf(&b, "Sec-WebSocket-Protocol: %s\r\n", d.protocol)
	}
	if d.extension != "" {
		fmt.Fprintf(&b, "Sec-WebSocket-Extensions: %s\r\n", d.extension)
	}
	_ = o.Header.Write(&b) // a builder takes everything
	b.WriteString("\r\n")
	if _, err := conn.Write([]byte(b.String())); err != nil {
		return nil, stageError(Responding, "the response cannot be sent: %w", err)
	}
	w, err := newConn(conn, buffered, true, d.protocol, o.Common, d.agreed)
	if err != nil {
		return nil, stageError(Extension, "%w", err)
	}
	return w, nil
}
