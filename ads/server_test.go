package ads

import (
	"bytes"
	"context"
	"errors"
	"net"
	"sync"
	"testing"
	"time"

	"stellwerk/ads/ams"
	"stellwerk/ads/command"
)

var testClient = ams.Address{NetID: ams.NetID{10, 0, 0, 9, 1, 1}, Port: 32905}

// echo answers a Read with the index offset, and a ReadWrite with what was
// written.
func echo(_ context.Context, r *Request, dst []byte) ([]byte, ams.ReturnCode) {
	switch r.Header.Command {
	case ams.Read:
		q, _ := command.DecodeReadRequest(r.Data)
		return command.ReadResponse{Data: []byte{byte(q.Offset), byte(q.Offset >> 8)}}.Append(dst), 0
	case ams.ReadWrite:
		q, _ := command.DecodeReadWriteRequest(r.Data)
		return command.ReadResponse{Data: q.Data}.Append(dst), 0
	default:
		return command.AppendResult(dst, ams.ServiceNotSupported), 0
	}
}

// newTestServer has a handler at port 851, and is closed with the test.
func newTestServer(t testing.TB, options *ServerOptions, h Handler) *Server {
	t.Helper()
	s, err := NewServer(options)
	if err != nil {
		t.Fatal(err)
	}
	s.Handle(ams.PortTC3PLC1, h)
	t.Cleanup(func() { s.Close() })
	return s
}

// rawPeer speaks frames with a server.
type rawPeer struct {
	t       testing.TB
	conn    net.Conn
	reader  *ams.Reader
	framing ams.Framing
}

func newRawPeer(t testing.TB, s *Server) *rawPeer {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = s.Serve(listener) }() // until the server is closed
	conn, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return &rawPeer{t: t, conn: conn, reader: ams.NewReader(conn, s.options.Framing, 0), framing: s.options.Framing}
}

// frame is a request to port 851.
func (p *rawPeer) frame(id uint32, c ams.Command, body []byte) ams.Frame {
	return ams.Frame{Header: ams.Header{
		Target: ams.Address{NetID: ams.LocalNetID, Port: ams.PortTC3PLC1}, Source: testClient,
		Command: c, StateFlags: ams.RequestFlags, InvokeID: id,
	}, Data: body}
}

func (p *rawPeer) send(frames ...ams.Frame) {
	p.t.Helper()
	var out []byte
	for _, f := range frames {
		out = f.Append(out, p.framing)
	}
	if _, err := p.conn.Write(out); err != nil {
		p.t.Fatal(err)
	}
}

func (p *rawPeer) next() ams.Frame {
	p.t.Helper()
	p.conn.SetReadDeadline(time.Now().Add(10 * time.Second))
	packet, err := p.reader.Next()
	if err != nil {
		p.t.Fatal(err)
	}
	f := packet.Frame
	f.Data = bytes.Clone(f.Data)
	return f
}

func (p *rawPeer) ask(f ams.Frame) ams.Frame {
	p.t.Helper()
	p.send(f)
	return p.next()
}

func TestServerErrorsOfTheHeader(t *testing.T) {
	s := newTestServer(t, &ServerOptions{NetID: ams.NetID{1, 2, 3, 4, 1, 1}}, HandlerFunc(echo))
	p := newRawPeer(t, s)
	read := command.ReadRequest{Index: command.Index{Group: 1, Offset: 0x0201}, Length: 2}.Append(nil)
	for _, c := range []struct {
		name   string
		change func(*ams.Header)
		want   ams.ReturnCode
	}{
		{"another machine", func(h *ams.Header) { h.Target.NetID[0] = 9 }, ams.TargetMachineNotFound},
		{"the local NetId from elsewhere", func(h *ams.Header) { h.Target.NetID = ams.LocalNetID }, ams.TargetMachineNotFound},
		{"another port", func(h *ams.Header) { h.Target.Port = 852 }, ams.TargetPortNotFound},
		{"command 0", func(h *ams.Header) { h.Command = 0 }, ams.UnknownCommand},
		{"command 10", func(h *ams.Header) { h.Command = 10 }, ams.UnknownCommand},
		{"no ADS command", func(h *ams.Header) { h.StateFlags = 0 }, ams.UnknownAMSCommand},
		{"nothing wrong", func(*ams.Header) {}, ams.NoError},
		{"undefined flags", func(h *ams.Header) { h.StateFlags = 0xFFBE }, ams.NoError},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := p.frame(77, ams.Read, read)
			f.Target.NetID = s.NetID()
			c.change(&f.Header)
			got := p.ask(f)
			want := ams.Header{
				Target: testClient, Source: f.Target, Command: f.Command, StateFlags: ams.ResponseFlags,
				Error: c.want, InvokeID: 77, Length: uint32(len(got.Data)),
			}
			if got.Header != want {
				t.Errorf("header\n got %+v\nwant %+v", got.Header, want)
			}
			if c.want != 0 && len(got.Data) != 0 {
				t.Errorf("data %x behind an AMS error", got.Data)
			}
			if c.want == 0 && !bytes.Equal(got.Data, []byte{0, 0, 0, 0, 2, 0, 0, 0, 1, 2}) {
				t.Errorf("data %x", got.Data)
			}
		})
	}
}

func TestServerKeepsTheOrderOfWrites(t *testing.T) {
	var mu sync.Mutex
	var order []uint32
	release := make(chan struct{})
	s := newTestServer(t, nil, HandlerFunc(func(_ context.Context, r *Request, dst []byte) ([]byte, ams.ReturnCode) {
		if r.Header.Command == ams.Read {
			<-release
		}
		mu.Lock()
		order = append(order, r.Header.InvokeID)
		mu.Unlock()
		return command.AppendResult(dst, 0), 0
	}))
	p := newRawPeer(t, s)
	var frames []ams.Frame
	for id := range uint32(40) {
		c := ams.Write
		if id < 2 {
			c = ams.Read
		}
		frames = append(frames, p.frame(id, c, nil))
	}
	// Another client on the same connection does not wait.
	other := p.frame(99, ams.Write, nil)
	other.Source.Port++
	p.send(append(frames, other)...)
	if got := p.next(); got.InvokeID != 99 {
		t.Fatalf("answer %d, want that of the other client", got.InvokeID)
	}
	close(release)
	for range frames {
		p.next()
	}
	for i, id := range order[1:] {
		if i >= 2 && id != uint32(i) {
			t.Fatalf("order %v", order)
		}
	}
}

func TestServerRefusesWhatIsTooMuch(t *testing.T) {
	release := make(chan struct{})
	s := newTestServer(t, &ServerOptions{Open: 4, Parallel: 2}, HandlerFunc(func(ctx context.Context, _ *Request, dst []byte) ([]byte, ams.ReturnCode) {
		select {
		case <-release:
		case <-ctx.Done():
		}
		return command.AppendResult(dst, 0), 0
	}))
	p := newRawPeer(t, s)
	var frames []ams.Frame
	for id := range uint32(10) {
		frames = append(frames, p.frame(id, ams.Read, nil))
	}
	p.send(frames...)
	for id := range uint32(6) {
		if got := p.next(); got.Error != ams.MailboxFull || got.InvokeID != id+4 {
			t.Fatalf("answer %d with %v", got.InvokeID, got.Error)
		}
	}
	close(release)
	for range 4 {
		if got := p.next(); got.Error != 0 {
			t.Fatalf("answer %d with %v", got.InvokeID, got.Error)
		}
	}
	if status := s.Status(); status.Requests != 10 || status.MailboxFull != 6 || status.Errors != 6 {
		t.Errorf("%+v", status)
	}
}

func TestServerLimitsConnections(t *testing.T) {
	var told []error
	s := newTestServer(t, &ServerOptions{MaxConnections: 1, Refused: func(_ net.Addr, err error) { told = append(told, err) }}, HandlerFunc(echo))
	p := newRawPeer(t, s)
	p.ask(p.frame(1, ams.Read, command.ReadRequest{}.Append(nil)))
	ours, theirs := net.Pipe()
	defer ours.Close()
	if _, err := s.ServeConn(theirs); !errors.Is(err, ErrServerRefused) || len(told) != 1 {
		t.Fatalf("error %v, told %v", err, told)
	}
	p.conn.Close()
	for s.Status().Connections > 0 {
		time.Sleep(time.Millisecond)
	}
	ours, theirs = net.Pipe()
	defer ours.Close()
	if _, err := s.ServeConn(theirs); err != nil {
		t.Fatal(err)
	}
}

func TestServerBareFraming(t *testing.T) {
	s := newTestServer(t, &ServerOptions{Framing: ams.Bare}, HandlerFunc(echo))
	p := newRawPeer(t, s)
	if got := p.ask(p.frame(5, ams.Read, command.ReadRequest{}.Append(nil))); got.InvokeID != 5 || got.Error != 0 {
		t.Fatalf("%+v", got)
	}
}

func BenchmarkServerPipelined(b *testing.B) {
	s := newTestServer(b, nil, quickEcho{})
	p := newRawPeer(b, s)
	f := p.frame(1, ams.Read, command.ReadRequest{}.Append(nil))
	var out []byte
	for range 64 {
		out = f.Append(out, ams.OverTCP)
	}
	for b.Loop() {
		if _, err := p.conn.Write(out); err != nil {
			b.Fatal(err)
		}
		for range 64 {
			if _, err := p.reader.Next(); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.ReportMetric(float64(b.N)*64/b.Elapsed().Seconds(), "reads/s")
}

type quickEcho struct{}

func (quickEcho) ServeADS(ctx context.Context, r *Request, dst []byte) ([]byte, ams.ReturnCode) {
	return echo(ctx, r, dst)
}

func (quickEcho) ScheduleADS(*Request) RequestOrder { return RequestQuickParallel }
