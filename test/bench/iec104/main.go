// Program iec104 puts a station and a control centre of this module under load.
//
//	iec104 server ADDR K W FRAMES OBJECTS
//	iec104 client ADDR K W FRAMES
//
// The server is a controlled station that listens on ADDR. As soon as a client
// has started data transfer it sends FRAMES I frames, each a spontaneous
// M_ME_TF_1 with OBJECTS objects, and ends when all are acknowledged. The client
// is a controlling station; for five seconds it waits for a server. It ends when
// FRAMES I frames are received and acknowledged. K is the window of the
// sender, W how many frames the receiver acknowledges at the latest.
//
// Each prints one line: frames, objects, the seconds from the start of data
// transfer to the end, and frames a second. The ASDU is made once: it is the link
// that is under load, not the codec. ADDR with port 0 lets the system choose;
// the address is told on standard error.
//
// The exit status is 0, 1 where the count is wrong, 2 for wrong usage, 3 where
// the other side was not reached or broke off.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"net"
	"os"
	"strconv"
	"time"

	"stellwerk/iec104"
	"stellwerk/iec104/asdu"
)

const usage = `usage: iec104 server ADDR K W FRAMES OBJECTS
       iec104 client ADDR K W FRAMES`

// maxObjects is how many objects of M_ME_TF_1 an ASDU has room for: 243 octets
// behind its header, 15 for each.
const maxObjects = 16

// errWrong is an answer that is wrong though nobody broke off.
var errWrong = errors.New("wrong count")

func main() { os.Exit(run(context.Background(), os.Args[1:], os.Stdout, os.Stderr)) }

func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	l, err := parse(args)
	if err != nil {
		fmt.Fprintf(stderr, "%v\n%s\n", err, usage)
		return 2
	}
	r, err := l.run(ctx, stderr)
	switch {
	case errors.Is(err, errWrong):
		fmt.Fprintln(stderr, err)
		return 1
	case err != nil:
		fmt.Fprintln(stderr, err)
		return 3
	}
	seconds := r.elapsed.Seconds()
	fmt.Fprintf(stdout, "frames=%d objects=%d seconds=%.3f frames_per_s=%.0f\n",
		r.frames, r.objects, seconds, float64(r.frames)/max(seconds, 1e-9))
	return 0
}

// load is what one side is asked to do.
type load struct {
	run        func(context.Context, io.Writer) (result, error)
	address    string
	parameters iec104.Parameters
	frames     int
	objects    int // in a frame
}

// result is what one side has seen.
type result struct {
	frames, objects int
	elapsed         time.Duration
}

// parse reads the arguments.
func parse(args []string) (*load, error) {
	l := &load{}
	number := func(name, text string, high int) (int, error) {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > high {
			return 0, fmt.Errorf("%s is %q: must be a number from 1 to %d", name, text, high)
		}
		return n, nil
	}
	var names int
	switch {
	case len(args) == 0:
		return nil, errors.New("server or client is missing")
	case args[0] == "server":
		names, l.run = 6, l.serve
	case args[0] == "client":
		names, l.run = 5, l.receive
	default:
		return nil, fmt.Errorf("%q is neither server nor client", args[0])
	}
	if len(args) != names {
		return nil, fmt.Errorf("%s takes %d arguments, not %d", args[0], names-1, len(args)-1)
	}
	if _, _, err := net.SplitHostPort(args[1]); err != nil {
		return nil, fmt.Errorf("ADDR is %q: must be HOST:PORT: %w", args[1], err)
	}
	l.address = args[1]
	var e1, e2, e3, e4 error
	l.parameters.K, e1 = number("K", args[2], 32767)
	l.parameters.W, e2 = number("W", args[3], 32767)
	l.frames, e3 = number("FRAMES", args[4], 1<<40)
	if names == 6 {
		l.objects, e4 = number("OBJECTS", args[5], maxObjects)
	}
	if err := errors.Join(e1, e2, e3, e4); err != nil {
		return nil, err
	}
	_, err := l.parameters.Check()
	return l, err
}

// station is a controlled station that tells when data transfer is started.
type station struct {
	started chan *iec104.Session
}

func (*station) Interrogate(*iec104.Session, asdu.CommonAddress, asdu.InterrogationQualifier) iter.Seq[asdu.ASDU] {
	return nil
}

func (*station) Command(c *iec104.Command) { _ = c.Refuse() }

func (*station) Connected(*iec104.Session) {}

func (s *station) StateChanged(session *iec104.Session, state iec104.State) {
	if state == iec104.Started {
		select {
		case s.started <- session:
		default: // one is enough
		}
	}
}

func (*station) Disconnected(*iec104.Session, error) {}

// serve is the controlled station.
func (l *load) serve(ctx context.Context, stderr io.Writer) (r result, err error) {
	a, err := spontaneous(l.objects)
	if err != nil {
		return r, err
	}
	s := &station{started: make(chan *iec104.Session, 1)}
	server, err := iec104.NewServer(s, &iec104.ServerOptions{Parameters: l.parameters, SendQueue: 1024})
	if err != nil {
		return r, err
	}
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", l.address)
	if err != nil {
		return r, err
	}
	serving := make(chan error, 1)
	go func() { serving <- server.Serve(listener) }()
	defer func() {
		err = errors.Join(err, server.Close())
		if ended := <-serving; !errors.Is(ended, iec104.ErrClosed) {
			err = errors.Join(err, ended)
		}
	}()
	fmt.Fprintf(stderr, "listening on %s\n", listener.Addr())

	var session *iec104.Session
	select {
	case session = <-s.started:
	case <-ctx.Done():
		return r, ctx.Err()
	}
	begin := time.Now()
	for range l.frames {
		if err := session.Send(ctx, a); err != nil {
			return r, err
		}
	}
	// Nobody tells of acknowledgements: they are looked for, in steps that are
	// small beside the time that the load takes.
	for {
		status := session.Status()
		sent := int(status.Counters.IFramesSent) - status.Unacknowledged
		switch {
		case sent == l.frames:
			return result{frames: sent, objects: sent * l.objects, elapsed: time.Since(begin)}, nil
		case status.Err != nil:
			return r, fmt.Errorf("%d of %d frames are acknowledged: %w", sent, l.frames, status.Err)
		}
		time.Sleep(100 * time.Microsecond)
	}
}

// spontaneous returns the ASDU that is sent.
func spontaneous(objects int) (asdu.ASDU, error) {
	all := make([]asdu.ShortFloat, objects)
	for i := range all {
		all[i] = asdu.ShortFloat{Address: asdu.ObjectAddress(i + 1), Value: float32(i), Time: asdu.CP56(time.Now())}
	}
	return asdu.New(nil, asdu.Header{Type: asdu.M_ME_TF_1, Cause: asdu.Spontaneous, CommonAddress: 1}, all...)
}

// receive is the controlling station.
func (l *load) receive(ctx context.Context, _ io.Writer) (r result, err error) {
	all := make(chan struct{})
	client, err := l.dial(ctx, &iec104.ClientOptions{Parameters: l.parameters, Handler: func(a asdu.ASDU) error {
		if a.Type != asdu.M_ME_TF_1 {
			return fmt.Errorf("%w: %s was received", errWrong, a.TypeName())
		}
		r.objects += a.Count()
		if r.frames++; r.frames == l.frames {
			close(all)
		}
		return nil
	}})
	if err != nil {
		return r, err
	}
	begin := time.Now()
	if err := client.Start(ctx); err != nil {
		return r, errors.Join(err, client.Close())
	}
	select {
	case <-all:
	case <-client.Done():
	case <-ctx.Done():
	}
	elapsed := time.Since(begin)
	err = client.Err()
	// The last frame may still be in the handler. STOPDT acknowledges it, unless
	// the server, which has all it waits for then, is gone first.
	stopping, cancel := context.WithTimeout(ctx, 5*time.Second)
	_ = client.Stop(stopping)
	cancel()
	_ = client.Close() // it returns no error
	r.elapsed = elapsed
	switch {
	case r.frames > l.frames:
		return r, fmt.Errorf("%w: %d frames were received, not %d", errWrong, r.frames, l.frames)
	case r.frames < l.frames:
		return r, fmt.Errorf("%d of %d frames were received: %w", r.frames, l.frames, errors.Join(err, ctx.Err()))
	}
	return r, nil
}

// dial connects, and waits a little for a server that is being started.
func (l *load) dial(ctx context.Context, options *iec104.ClientOptions) (*iec104.Client, error) {
	for end := time.Now().Add(5 * time.Second); ; {
		client, err := iec104.Dial(ctx, l.address, options)
		if err == nil || ctx.Err() != nil || time.Now().After(end) {
			return client, err
		}
		time.Sleep(50 * time.Millisecond)
	}
}
