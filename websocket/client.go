package websocket

import (
	"bufio"
	"context"
	"crypto/rand"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// ClientOptions are the settings of a client. Nil options, and fields that are
// zero, have the values named beside them.
type ClientOptions struct {
	Common
	// Subprotocols are offered, the preferred one first.
	Subprotocols []string
	// Origin is the header Origin. Empty sends none.
	Origin string
	// Header has further headers, such as Authorization.
	Header http.Header
	// CheckResponse has the last word about a response that is right; an error
	// refuses the connection with the stage [Subprotocol]. Nil takes all.
	CheckResponse func(*http.Response) error
	// ResponseTimeout is how long the server may take to answer the request.
	// Zero is 30 s.
	ResponseTimeout time.Duration
	// Connect opens the connection for [Dial]. Nil dials TCP.
	Connect func(ctx context.Context, network, address string) (net.Conn, error)
	// Secure puts TLS on it for wss. Nil is crypto/tls with the roots of the
	// system. It owns conn: where it fails, conn is closed.
	Secure func(ctx context.Context, conn net.Conn, host string) (net.Conn, error)
}

// Dial connects to ws://HOST[:PORT]/PATH or wss://…. User and password in the
// address, as in ws://USER:PASSWORD@HOST, become the header Authorization (RFC
// 7617), unless that is among the further headers. Errors are of type
// [*HandshakeError]; they do not tell the password.
func Dial(ctx context.Context, address string, options *ClientOptions) (*Conn, error) {
	o := ClientOptions{}
	if options != nil {
		o = *options
	}
	u, host, err := parseURL(address)
	if err != nil {
		return nil, stageError(Options, "%w", err)
	}
	connect := o.Connect
	if connect == nil {
		connect = new(net.Dialer).DialContext
	}
	conn, err := connect(ctx, "tcp", host)
	if err != nil {
		return nil, stageError(Connecting, "no connection to %s: %w", host, err)
	}
	if u.Scheme == "wss" {
		secure := o.Secure
		if secure == nil {
			secure = secureDefault
		}
		raw := conn
		if conn, err = secure(ctx, conn, u.Hostname()); err != nil {
			_ = raw.Close() // if it is not closed yet
			return nil, stageError(Securing, "%w", err)
		}
	}
	return Client(ctx, conn, u, &o)
}

// parseURL checks an address and returns it with host and port to connect to.
func parseURL(address string) (u *url.URL, host string, err error) {
	if u, err = url.Parse(address); err != nil {
		if failed, ok := errors.AsType[*url.Error](err); ok {
			err = failed.Err // without the address, which may have a password
		}
		return nil, "", fmt.Errorf("the address cannot be read: %w", err)
	}
	port := u.Port()
	address = u.Redacted()
	switch {
	case u.Scheme != "ws" && u.Scheme != "wss":
		return nil, "", fmt.Errorf("%q is no address: it must begin with ws:// or wss://", address)
	case u.Hostname() == "":
		return nil, "", fmt.Errorf("%q names no host", address)
	case u.Fragment != "":
		return nil, "", fmt.Errorf("%q has a fragment, which is not allowed", address)
	case port == "" && u.Scheme == "wss":
		port = "443"
	case port == "":
		port = "80"
	}
	return u, net.JoinHostPort(u.Hostname(), port), nil
}

func secureDefault(ctx context.Context, conn net.Conn, host string) (net.Conn, error) {
	secure := tls.Client(conn, &tls.Config{ServerName: host, MinVersion: tls.VersionTLS12})
	return secure, secure.HandshakeContext(ctx)
}

// Client runs the opening handshake of a client on a connection, which it owns
// from then on: it is closed where the handshake fails or ctx ends. Of the URL,
// user, host, path and query count. Errors are of type [*HandshakeError].
func Client(ctx context.Context, conn net.Conn, u *url.URL, options *ClientOptions) (*Conn, error) {
	o := ClientOptions{}
	if options != nil {
		o = *options
	}
	if o.ResponseTimeout <= 0 {
		o.ResponseTimeout = 30 * time.Second
	}
	ctx, cancel := context.WithTimeoutCause(ctx, o.ResponseTimeout, timeoutError(fmt.Sprintf("no answer within %v", o.ResponseTimeout)))
	defer cancel()
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	w, err := shakeHands(conn, u, &o)
	if !stop() {
		err = stageError(Responding, "%w", context.Cause(ctx))
	}
	if err != nil {
		_ = conn.Close() // what is wrong is known
		return nil, err
	}
	return w, nil
}

func shakeHands(conn net.Conn, u *url.URL, o *ClientOptions) (*Conn, error) {
	var nonce [16]byte
	_, _ = rand.Read(nonce[:]) // never fails
	key := base64.StdEncoding.EncodeToString(nonce[:])
	request, err := o.request(u, key)
	if err != nil {
		return nil, stageError(Options, "%w", err)
	}
	if _, err := conn.Write(request); err != nil {
		return nil, stageError(Requesting, "the request cannot be sent: %w", err)
	}
	limited := &bounded{from: conn, left: maxHandshake}
	buffered := bufio.NewReader(limited)
	response, err := http.ReadResponse(buffered, &http.Request{Method: http.MethodGet}) //nolint:bodyclose // the connection itself
	if err != nil {
		if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
			err = fmt.Errorf("the server has closed the connection: %w", io.ErrUnexpectedEOF)
		}
		return nil, stageError(Responding, "no valid response: %w", err)
	}
	a, protocol, err := o.check(response, key)
	if err != nil {
		return nil, err
	}
	limited.free = true
	w, err := newConn(conn, buffered, false, protocol, o.Common, a)
	if err != nil {
		return nil, stageError(Extension, "%w", err)
	}
	return w, nil
}

// request returns the octets of the request (RFC 6455, 4.1).
func (o *ClientOptions) request(u *url.URL, key string) ([]byte, error) {
	if err := errors.Join(checkHeader(o.Header), checkProtocols(o.Subprotocols)); err != nil {
		return nil, err
	}
	if strings.ContainsAny(o.Origin, "\r\n\x00") {
		return nil, errors.New("the origin contains a line end")
	}
	for _, part := range []string{u.RequestURI(), u.Host} {
		if strings.ContainsFunc(part, func(r rune) bool { return r <= ' ' || r == 0x7F }) {
			return nil, fmt.Errorf("%q contains a blank or a line end; in an address it is written as %%20 or the like", part)
		}
	}
	header := http.Header{}
	for name, values := range o.Header {
		header[http.CanonicalHeaderKey(name)] = values
	}
	if o.Origin != "" {
		header.Set("Origin", o.Origin)
	}
	if u.User != nil && header["Authorization"] == nil {
		password, _ := u.User.Password()
		if strings.Contains(u.User.Username(), ":") {
			return nil, errors.New("the user's name in the address contains a colon, which Authorization cannot have")
		}
		header.Set("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(u.User.Username()+":"+password)))
	}
	var b strings.Builder
	fmt.Fprintf(&b, "GET %s HTTP/1.1\r\nHost: %s\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n", u.RequestURI(), u.Host)
	fmt.Fprintf(&b, "Sec-WebSocket-Key: %s\r\nSec-WebSocket-Version: 13\r\n", key)
	if len(o.Subprotocols) > 0 {
		fmt.Fprintf(&b, "Sec-WebSocket-Protocol: %s\r\n", strings.Join(o.Subprotocols, ", "))
	}
	if o.Compression != nil {
		if err := o.Compression.check(); err != nil {
			return nil, err
		}
		fmt.Fprintf(&b, "Sec-WebSocket-Extensions: %s\r\n", o.Compression.offer())
	}
	if err := header.Write(&b); err != nil {
		return nil, err
	}
	b.WriteString("\r\n")
	return []byte(b.String()), nil
}

// check judges the response (RFC 6455, 4.1).
func (o *ClientOptions) check(r *http.Response, key string) (a agreed, protocol string, err error) {
	refuse := func(s Stage, format string, arguments ...any) (agreed, string, error) {
		return agreed{}, "", &HandshakeError{Stage: s, Status: r.StatusCode, Err: fmt.Errorf(format, arguments...)}
	}
	if r.StatusCode != http.StatusSwitchingProtocols {
		body, _ := io.ReadAll(io.LimitReader(r.Body, 200)) // a hint, no more
		hint := strings.TrimSpace(strings.ToValidUTF8(string(body), "\uFFFD"))
		if hint != "" {
			return refuse(StatusLine, "the server answers %s: %q", r.Status, hint)
		}
		return refuse(StatusLine, "the server answers %s", r.Status)
	}
	accept := r.Header.Values("Sec-WebSocket-Accept")
	protocols := r.Header.Values("Sec-WebSocket-Protocol")
	switch {
	case r.ProtoMajor != 1 || r.ProtoMinor != 1:
		return refuse(Headers, "the server answers in %s, not in HTTP/1.1", r.Proto)
	case !strings.EqualFold(r.Header.Get("Upgrade"), "websocket"):
		return refuse(Headers, "the server's header Upgrade is %q, not websocket", r.Header.Get("Upgrade"))
	case !hasToken(r.Header, "Connection", "upgrade"):
		return refuse(Headers, "the server's header Connection is %q, without upgrade", r.Header.Get("Connection"))
	case len(accept) == 0 || strings.TrimSpace(accept[0]) == "":
		return refuse(Accept, "the server has not sent Sec-WebSocket-Accept")
	case len(accept) > 1:
		return refuse(Accept, "the server has sent Sec-WebSocket-Accept %d times", len(accept))
	case strings.TrimSpace(accept[0]) != acceptOf(key):
		return refuse(AcceptHash, "the server's Sec-WebSocket-Accept is %q, which does not belong to the request", accept[0])
	case len(protocols) > 1:
		return refuse(Subprotocol, "the server has sent %d subprotocols", len(protocols))
	}
	extensions, err := parseExtensions(r.Header.Values("Sec-WebSocket-Extensions"))
	if err == nil {
		a, err = o.Compression.agree(extensions)
	}
	if err != nil {
		return refuse(Extension, "%w", err)
	}
	if len(protocols) == 1 {
		protocol = strings.TrimSpace(protocols[0])
		if !slices.Contains(o.Subprotocols, protocol) {
			return refuse(Subprotocol, "the server wants the subprotocol %q, which was not offered", protocol)
		}
	}
	if o.CheckResponse != nil {
		if err := o.CheckResponse(r); err != nil {
			return refuse(Subprotocol, "%w", err)
		}
	}
	return a, protocol, nil
}
