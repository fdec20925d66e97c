package router_test

import (
	"encoding/binary"
	"errors"
	"io"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"stellwerk/ads/ams"
	"stellwerk/ads/router"
	"stellwerk/internal/rig"
)

// NetIds and hosts of the tests.
var (
	here  = ams.NetID{10, 0, 0, 1, 1, 1}
	press = ams.NetID{10, 0, 0, 2, 1, 1}
	mill  = ams.NetID{10, 0, 0, 3, 1, 1}
)

// journal keeps what a router tells of itself.
type journal struct {
	mu     sync.Mutex
	events []string
}

func (j *journal) trace(e router.Event) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.events = append(j.events, e.String())
}

// has reports whether an event contains all of the words.
func (j *journal) has(words ...string) bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	return slices.ContainsFunc(j.events, func(e string) bool { return containsAll(e, words) })
}

func (j *journal) all() []string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return slices.Clone(j.events)
}

// newRouter starts a router that ends with the test.
func newRouter(t *testing.T, o router.Options) (*router.Router, *journal) {
	t.Helper()
	j := &journal{}
	if o.NetID.IsZero() {
		o.NetID = here
	}
	if o.Trace == nil {
		o.Trace = j.trace
	}
	r, err := router.New(&o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close() })
	return r, j
}

// station is a program, or a machine, at the end of a connection.
type station struct {
	t    testing.TB
	conn net.Conn
	*ams.Reader
	address ams.Address
	framing ams.Framing
}

// dialed is a program in the process with a port.
func dialed(t testing.TB, r *router.Router, port ams.Port) *station {
	t.Helper()
	conn, err := r.Dial()
	if err != nil {
		t.Fatal(err)
	}
	return registered(t, conn, port)
}

// registered is a program on a connection to a router.
func registered(t testing.TB, conn net.Conn, port ams.Port) *station {
	t.Helper()
	t.Cleanup(func() { _ = conn.Close() })
	address, err := router.Register(t.Context(), conn, port)
	if err != nil {
		t.Fatal(err)
	}
	return &station{t: t, conn: conn, Reader: ams.NewReader(conn, ams.OverTCP, 0), address: address}
}

// raw is whoever speaks on a connection, without a port.
func raw(t testing.TB, conn net.Conn, address ams.Address) *station {
	t.Helper()
	t.Cleanup(func() { _ = conn.Close() })
	return &station{t: t, conn: conn, Reader: ams.NewReader(conn, ams.OverTCP, 0), address: address}
}

// request returns a Read, whose data is what the caller says.
func (s *station) request(to ams.Address, id uint32, data string) *ams.Frame {
	return &ams.Frame{
		Header: ams.Header{Target: to, Source: s.address, Command: ams.Read, StateFlags: ams.RequestFlags, InvokeID: id},
		Data:   []byte(data),
	}
}

func (s *station) send(f *ams.Frame) {
	s.t.Helper()
	if _, err := s.conn.Write(f.Append(nil, s.framing)); err != nil {
		s.t.Fatal(err)
	}
}

// receive returns the next frame, with data of its own.
func (s *station) receive() (*ams.Frame, error) {
	for {
		packet, err := s.Next()
		if err != nil {
			return nil, err
		}
		if packet.Command != ams.TCPFrame {
			continue
		}
		f := packet.Frame
		f.Data = slices.Clone(f.Data)
		return &f, nil
	}
}

// expect receives a frame.
func (s *station) expect() *ams.Frame {
	s.t.Helper()
	_ = s.conn.SetReadDeadline(time.Now().Add(10 * time.Second)) // the read tells
	f, err := s.receive()
	if err != nil {
		s.t.Fatalf("nothing came: %v", err)
	}
	return f
}

// ask sends a request and returns the answer, or the AMS error.
func (s *station) ask(to ams.Address, id uint32, data string) (string, ams.ReturnCode) {
	s.t.Helper()
	s.send(s.request(to, id, data))
	f := s.expect()
	if !f.IsResponse() || f.InvokeID != id || f.Source != to || f.Target != s.address {
		s.t.Fatalf("the answer to %d is %+v", id, f.Header)
	}
	return string(f.Data), f.Error
}

// echo answers each request with its data, until the connection ends. It says
// who it is first.
func (s *station) echo(name string) error {
	for {
		f, err := s.receive()
		if err != nil {
			return err
		}
		if f.IsResponse() || f.Command == ams.DeviceNotification {
			continue
		}
		answer := ams.Frame{Header: f.Answer(0, ams.NoError), Data: []byte(name + ":" + string(f.Data))}
		if _, err := s.conn.Write(answer.Append(nil, s.framing)); err != nil {
			return err
		}
	}
}

// serveEcho serves a port of a router.
func serveEcho(t testing.TB, r *router.Router, port ams.Port, name string) *station {
	t.Helper()
	s := dialed(t, r, port)
	var done sync.WaitGroup
	done.Go(func() { _ = s.echo(name) })
	t.Cleanup(func() {
		_ = s.conn.Close()
		done.Wait()
	})
	return s
}

// plc is a machine in the network that accepts connections, and answers with
// its name.
func plc(t testing.TB, n *rig.Network, address, name string) (connections func() int) {
	t.Helper()
	listener, err := n.Listen(address)
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	var all []net.Conn
	var done sync.WaitGroup
	done.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			mu.Lock()
			all = append(all, conn)
			mu.Unlock()
			done.Go(func() {
				s := &station{t: t, conn: conn, Reader: ams.NewReader(conn, ams.OverTCP, 0)}
				_ = s.echo(name)
				_ = conn.Close()
			})
		}
	})
	t.Cleanup(func() {
		_ = listener.Close()
		mu.Lock()
		for _, conn := range all {
			_ = conn.Close()
		}
		mu.Unlock()
		done.Wait()
	})
	return func() int {
		mu.Lock()
		defer mu.Unlock()
		return len(all)
	}
}

// listening serves a router at an address of the network.
func listening(t testing.TB, r *router.Router, n *rig.Network, address string) {
	t.Helper()
	listener, err := n.Listen(address)
	if err != nil {
		t.Fatal(err)
	}
	serving(t, r, listener)
}

// serving serves a router until the end of the test.
func serving(t testing.TB, r *router.Router, listener net.Listener) {
	t.Helper()
	var done sync.WaitGroup
	done.Go(func() {
		if err := r.Serve(listener); !errors.Is(err, router.ErrClosed) {
			t.Error(err)
		}
	})
	t.Cleanup(func() {
		_ = r.Close()
		done.Wait()
	})
}

// gone waits until the other side hangs up.
func (s *station) gone() error {
	_ = s.conn.SetReadDeadline(time.Now().Add(10 * time.Second)) // the read tells
	for {
		if _, err := s.Next(); err != nil {
			if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
				return nil
			}
			return err
		}
	}
}

func port(p ams.Port) []byte { return binary.LittleEndian.AppendUint16(nil, uint16(p)) }

func containsAll(s string, words []string) bool {
	for _, w := range words {
		if !strings.Contains(s, w) {
			return false
		}
	}
	return true
}
