package tf6770_test

import (
	"context"
	"fmt"
	"net"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"stellwerk/ads/ams"
	"stellwerk/websocket"
	"stellwerk/websocket/tf6770"
)

// endless is for servers, which end with their connections: a test's own context
// belongs to another bubble of synctest where the test has several.
var endless = context.Background()

// plc drives a client as a task does, every 10 ms, and keeps what it is told.
// Within synctest it fails the test where a method waits.
type plc struct {
	t       *testing.T
	virtual bool
	ctx     context.Context //nolint:containedctx // of the servers
	servers sync.WaitGroup
	*tf6770.Client
	messages, closes []string
	answers          []ams.HRESULT // of OnWebSocketMessage, afterwards OK
}

// newPLC returns a client whose connection is a pipe to serve, in virtual time.
func newPLC(t *testing.T, serve func(net.Conn)) *plc {
	t.Helper()
	p := newRealPLC(t)
	p.virtual = true
	p.Dial = func(context.Context, string, string) (net.Conn, error) {
		here, there := net.Pipe()
		p.servers.Go(func() {
			defer func() { _ = there.Close() }()
			serve(there)
		})
		return here, nil
	}
	return p
}

// newRealPLC returns a client that connects where its inputs say, in real time.
func newRealPLC(t *testing.T) *plc {
	ctx, cancel := context.WithCancel(endless)
	p := &plc{t: t, Client: tf6770.NewClient(), ctx: ctx}
	t.Cleanup(p.servers.Wait) // virtual time runs on until they have ended
	t.Cleanup(cancel)
	p.OnWebSocketMessage = func(content []byte, kind tf6770.ContentType) ams.HRESULT {
		p.messages = append(p.messages, fmt.Sprintf("%d %s", kind, content))
		if len(p.answers) == 0 {
			return ams.OK
		}
		answer := p.answers[0]
		p.answers = p.answers[1:]
		return answer
	}
	p.OnWebSocketClose = func(code websocket.CloseCode, content []byte) ams.HRESULT {
		p.closes = append(p.closes, fmt.Sprintf("%d %s", uint16(code), content))
		return ams.OK
	}
	return p
}

// quick runs a method and fails the test where it waits.
func (p *plc) quick(name string, method func()) {
	p.t.Helper()
	before := time.Now()
	method()
	if took := time.Since(before); p.virtual && took != 0 {
		p.t.Errorf("%s has waited for %v", name, took)
	}
}

// cycle is one cycle of the task.
func (p *plc) cycle() {
	p.t.Helper()
	if p.virtual {
		synctest.Wait()
	}
	p.quick("Execute", p.Execute)
	time.Sleep(10 * time.Millisecond)
}

// until runs cycles until something is so, at most for a time.
func (p *plc) until(limit time.Duration, what string, is func() bool) {
	p.t.Helper()
	for end := time.Now().Add(limit); !is(); p.cycle() {
		if time.Now().After(end) {
			p.t.Fatalf("not within %v: %s; %+v", limit, what, p.Outputs)
		}
	}
}

// connect connects and waits until it is known how that went.
func (p *plc) connect() {
	p.t.Helper()
	p.quick("Connect", func() { p.Connect(false) })
	p.until(time.Minute, "connected or failed", func() bool { return p.ConnectionState != tf6770.Busy })
}

// connected connects, which must succeed.
func (p *plc) connected() {
	p.t.Helper()
	p.connect()
	if !p.Connected || p.Error || p.ConnectionState != tf6770.Success || p.ErrorCode != ams.OK || p.Err != nil {
		p.t.Fatalf("not connected: %+v", p.Outputs)
	}
}

// disconnect disconnects in cycles.
func (p *plc) disconnect() {
	p.t.Helper()
	p.until(time.Minute, "disconnected", func() (done bool) {
		p.quick("Disconnect", func() { done = p.Disconnect() })
		return done
	})
}

// server returns what serves with package websocket.
func server(t *testing.T, options *websocket.ServerOptions, talk func(*websocket.Conn)) func(net.Conn) {
	return func(conn net.Conn) {
		w, err := websocket.Server(endless, conn, options)
		if err != nil {
			t.Errorf("the server: %v", err)
			return
		}
		talk(w)
	}
}

// echo answers messages until the connection ends.
func echo(w *websocket.Conn) {
	for {
		m, err := w.Read(endless)
		if err != nil {
			return
		}
		if w.Write(endless, m.Kind, m.Data, &websocket.WriteOptions{Compress: m.Compressed}) != nil {
			return
		}
	}
}
