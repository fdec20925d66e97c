package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"stellwerk/iec104"
	"stellwerk/iec104/asdu"
	dissect104 "stellwerk/internal/analyzer/dissect/iec104"
	"stellwerk/internal/analyzer/verdict"
)

// The ports of IEC 60870-5-104, without TLS and with it.
const (
	plainPort = "2404"
	tlsPort   = "19998"
)

// withPort completes HOST to HOST:PORT.
func withPort(host string, secure bool) (string, error) {
	port := plainPort
	if secure {
		port = tlsPort
	}
	if host == "" {
		return "", errors.New("the host is empty: write HOST or HOST:PORT")
	}
	bare := host
	if strings.HasPrefix(host, "[") && strings.HasSuffix(host, "]") {
		bare = host[1 : len(host)-1]
	}
	if net.ParseIP(bare) != nil || !strings.Contains(host, ":") {
		return net.JoinHostPort(bare, port), nil
	}
	name, given, err := net.SplitHostPort(host)
	if err != nil {
		return "", fmt.Errorf("%q is no address: write HOST or HOST:PORT, an IPv6 address in brackets", host)
	}
	number, err := strconv.ParseUint(given, 10, 16)
	if err != nil || number == 0 {
		return "", fmt.Errorf("%q: %q is no port from 1 to 65535", host, given)
	}
	if name == "" {
		name = "127.0.0.1"
	}
	return net.JoinHostPort(name, fmt.Sprint(number)), nil
}

// dialer opens connections to one station.
type dialer struct {
	address string
	secure  func(net.Conn) securedConn // nil without TLS
	t0      time.Duration
	wait    time.Duration
	once    bool          // the command has no --wait
	took    time.Duration // how long the last attempt to connect took
}

// dialer returns how the flags say to connect.
func (f *stationFlags) dialer(host string) (*dialer, error) {
	address, err := withPort(host, f.tls.on)
	if err != nil {
		return nil, err
	}
	d := &dialer{address: address, t0: f.options.T0, wait: f.wait}
	if f.tls.on {
		name, _, _ := net.SplitHostPort(address)
		d.secure, err = f.tls.client(name)
	}
	return d, err
}

// plain opens a TCP connection. It tries again, once in half a second, as long as
// --wait says.
func (d *dialer) plain(ctx context.Context) (net.Conn, error) {
	until := time.Now().Add(d.wait)
	for {
		attempt, cancel := context.WithTimeout(ctx, d.t0)
		var dialer net.Dialer
		begin := time.Now()
		conn, err := dialer.DialContext(attempt, "tcp", d.address)
		d.took = time.Since(begin)
		timedOut := errors.Is(attempt.Err(), context.DeadlineExceeded)
		cancel()
		switch {
		case err == nil:
			return conn, nil
		case ctx.Err() != nil:
			return nil, interrupted()
		case time.Now().After(until):
			return nil, d.unreached(err, timedOut)
		}
		select {
		case <-ctx.Done():
			return nil, interrupted()
		case <-time.After(500 * time.Millisecond):
		}
	}
}

// secured puts TLS around a connection where that is wanted, and completes its
// handshake within t0.
func (d *dialer) secured(ctx context.Context, conn net.Conn) (net.Conn, error) {
	if d.secure == nil {
		return conn, nil
	}
	ctx, cancel := context.WithTimeout(ctx, d.t0)
	defer cancel()
	secured := d.secure(conn)
	if err := secured.HandshakeContext(ctx); err != nil {
		_ = conn.Close() // of no use any more
		return nil, d.unsecured(err)
	}
	return secured, nil
}

// interrupted is the error of a command that somebody has ended.
func interrupted() error { return withStatus(statusUnreachable, errors.New("interrupted")) }

// advise adds the next step to what went wrong.
func advise(status int, err error, step string) error {
	return withStatus(status, fmt.Errorf("%w\nNext: %s.", err, step)) //nolint:revive,staticcheck // a sentence of its own
}

// unreached says why there is no connection, and what to do about it.
func (d *dialer) unreached(err error, timedOut bool) error {
	var dns *net.DNSError
	orWait := ", or try for a while with --wait 30s"
	if d.once {
		orWait = ""
	}
	switch {
	case errors.As(err, &dns) && dns.IsNotFound:
		return advise(statusUnreachable, fmt.Errorf("there is no host %q", dns.Name), "check the name, or write the IP address")
	case errors.Is(err, syscall.ECONNREFUSED):
		return advise(statusUnreachable, fmt.Errorf("%s refuses the connection: nothing listens on that port", d.address),
			fmt.Sprintf("check the port (%s, with TLS %s)%s", plainPort, tlsPort, orWait))
	case errors.Is(err, syscall.EHOSTUNREACH) || errors.Is(err, syscall.ENETUNREACH):
		return advise(statusUnreachable, fmt.Errorf("there is no way to %s: the network says that it cannot be reached", d.address),
			"check address, cable, VPN and gateway")
	case timedOut || errors.Is(err, os.ErrDeadlineExceeded) || errors.Is(err, syscall.ETIMEDOUT):
		return advise(statusUnreachable, fmt.Errorf("%s does not answer: no TCP connection within t0 (%s)", d.address, d.t0),
			"check the address, and whether a firewall drops host or port")
	default:
		return withStatus(statusUnreachable, fmt.Errorf("%s cannot be reached: %w", d.address, err))
	}
}

// session is a connection to a station on which data transfer is started.
type session struct {
	flags   *stationFlags
	address string
	client  *iec104.Client
	tape    *tape
	waiting *waitLine
	started bool // data transfer was started
}

// dissection says how telegrams are shown.
func (f *stationFlags) dissection() *dissect104.Options {
	return &dissect104.Options{Params: f.options.Params(), Zone: f.shownZone()}
}

// judged are the parameters that connections are judged by: those that were
// given, as the others are only assumed.
func (f *stationFlags) judged(cmd *cobra.Command) verdict.Parameters {
	var p verdict.Parameters
	changed := cmd.Flags().Changed
	if changed("k") {
		p.K = f.options.K
	}
	if changed("w") {
		p.W = f.options.W
	}
	if changed("t1") {
		p.T1 = f.options.T1
	}
	if changed("t2") {
		p.T2 = f.options.T2
	}
	if changed("t3") {
		p.T3 = f.options.T3
	}
	return p
}

// newTapeFor makes the tape that the flags ask for.
func (f *stationFlags) newTapeFor(cmd *cobra.Command) (*tape, error) {
	t, err := newTape(f.write)
	if err != nil {
		return nil, withStatus(statusUsage, err)
	}
	if f.trace {
		t.trace = cmd.ErrOrStderr()
	}
	return t, nil
}

// open connects to a station and starts data transfer. The handler gets what is
// received; prepare, which may be nil, sees the tape before anything passes.
func (f *stationFlags) open(cmd *cobra.Command, host string, handler func(asdu.ASDU), prepare func(*tape)) (*session, error) {
	d, err := f.dialer(host)
	if err != nil {
		return nil, usageError(cmd, err)
	}
	t, err := f.newTapeFor(cmd)
	if err != nil {
		return nil, err
	}
	if prepare != nil {
		prepare(t)
	}
	s := &session{flags: f, address: d.address, tape: t, waiting: newWaitLine(cmd.ErrOrStderr(), f.trace)}
	if err := s.start(cmd, d, handler); err != nil {
		s.waiting.stop()
		return nil, errors.Join(err, t.close())
	}
	return s, nil
}

func (s *session) start(cmd *cobra.Command, d *dialer, handler func(asdu.ASDU)) error {
	ctx, f := cmd.Context(), s.flags
	s.waiting.say("connecting to " + d.address)
	conn, err := d.plain(ctx)
	if err != nil {
		return err
	}
	if conn, err = d.secured(ctx, conn); err != nil {
		return err
	}
	s.tape.connected(conn, false, f.dissection(), f.judged(cmd))
	s.client, err = iec104.NewClient(conn, &iec104.ClientOptions{
		Parameters: f.parameters(), ASDU: f.options.Params(), Originator: f.options.Originator,
		AnswerTimeout: f.options.Answer, Location: f.location(), Trace: s.tape.frame, Handler: func(a asdu.ASDU) error {
			if handler != nil {
				handler(a)
			}
			return nil
		},
	})
	if err != nil {
		_ = conn.Close() // of no use
		return withStatus(statusUsage, err)
	}
	s.waiting.say("waiting for " + d.address + " to start data transfer")
	if err := s.client.Start(ctx); err != nil {
		_ = s.client.Close() // always nil
		return s.failed(ctx, err)
	}
	s.started = true
	return nil
}

// close stops data transfer as is proper, closes the connection and ends the
// file of -w.
func (s *session) close() error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if s.client.Err() == nil {
		_ = s.client.Stop(ctx) // a farewell: that it fails changes nothing
	}
	_ = s.client.Close() // always nil
	s.waiting.stop()
	return withStatus(statusNo, s.tape.close())
}

// failed gives an error of the station the status that it has, and names the next
// step.
func (s *session) failed(ctx context.Context, err error) error {
	s.waiting.clear()
	var refusal *iec104.Error
	errors.As(err, &refusal)
	switch {
	case ctx.Err() != nil && errors.Is(err, context.Canceled):
		return interrupted()
	case errors.Is(err, iec104.ErrRefused):
		return s.refused(refusal)
	case errors.Is(err, iec104.ErrAnswer):
		return advise(statusNo, fmt.Errorf("%s: %w", s.address, err), "look at the frames with --trace")
	case errors.Is(err, iec104.ErrASDU), errors.Is(err, iec104.ErrBusy):
		return withStatus(statusUsage, err)
	case !s.started && errors.Is(err, iec104.ErrTimeout):
		return advise(statusUnreachable, fmt.Errorf("%s takes connections but does not confirm STARTDT within t1 (%s)", s.address, s.flags.options.T1),
			"check that this port is that of IEC 60870-5-104, and whether another control centre is connected")
	case !s.started && hungUp(err):
		return advise(statusUnreachable, fmt.Errorf("%s closes the connection before data transfer is started", s.address),
			"check whether the station allows our address, wants TLS (--tls), or serves another control centre")
	case s.flags.tls.on && strings.Contains(err.Error(), "tls: "):
		return advise(statusUnreachable, fmt.Errorf("%s ends TLS: %w", s.address, err), "the other side may want a certificate from us, or another one: name it with --cert and --key")
	case errors.Is(err, iec104.ErrTimeout):
		return advise(statusUnreachable, fmt.Errorf("%s is silent: %w", s.address, err), "look at the frames with --trace, or wait longer with --timeout")
	case hungUp(err):
		return advise(statusUnreachable, fmt.Errorf("%s has closed the connection", s.address),
			"look at the frames with --trace; another control centre, or other values of k, w and t1, can be the reason")
	default:
		return advise(statusUnreachable, fmt.Errorf("%s: %w", s.address, err), "look at the frames with --trace")
	}
}

// hungUp reports whether the other side has ended the connection.
func hungUp(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) ||
		errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)
}

// answerWords says what an answer has.
func answerWords(cause asdu.Cause, negative bool) string {
	text := fmt.Sprintf("cause %d (%s)", cause, cause.Text().EN)
	if negative {
		text += ", P/N = 1"
	}
	return text
}

// refused says what a negative answer means.
func (s *session) refused(e *iec104.Error) error {
	text := fmt.Sprintf("%s says no to %s: %s", s.address, e.Op, answerWords(e.Cause, e.Negative))
	var next string
	switch e.Cause {
	case asdu.UnknownType:
		next = "the station does not know the type: look into its interoperability list"
	case asdu.UnknownCause:
		next = "the station knows the type, but not this use of it: look into its interoperability list"
	case asdu.UnknownCommonAddress:
		next = "name another station with --common-address; \"stellwerk iec104 probe\" finds those that there are"
	case asdu.UnknownObjectAddress:
		next = "check the information object address; \"stellwerk iec104 interrogate\" lists those that are monitored"
	case asdu.DeactivationCon:
		next = "there was nothing to take back: a selection belongs to the connection that made it"
	default:
		next = "the station may be in local mode, blocked, or want another order (select first: --select)"
	}
	return advise(statusNo, errors.New(text), next)
}
