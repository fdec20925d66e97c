package websockettest_test

import (
	"context"
	"net"
	"net/url"
	"sync"
	"testing"
	"time"

	"stellwerk/internal/rig"
	"stellwerk/websocket"
	"stellwerk/websocket/websockettest"
)

// TestCases runs every case against both roles of package websocket: as octets
// come, and with reads that return as little as possible.
func TestCases(t *testing.T) {
	count := map[string]int{}
	seen := map[string]bool{}
	for c := range websockettest.Cases() {
		if seen[c.String()] || c.Clause == "" {
			t.Errorf("%s is not unique, or has no clause", &c)
		}
		seen[c.String()] = true
		count[c.Table]++
		t.Run(c.String(), func(t *testing.T) {
			for _, role := range []websockettest.Role{websockettest.ServerRole, websockettest.ClientRole} {
				for _, little := range []bool{false, true} {
					if little && c.Table == "compression" {
						continue // frames are no others than elsewhere
					}
					if err := run(t, &c, role, little); err != nil {
						t.Errorf("%s, little at once %v: %v", role, little, err)
					}
				}
			}
		})
	}
	t.Logf("%v", count)
}

// TestCasesNotice has a subject that is no more than an echo: it passes what
// needs no more, and nothing that it must refuse.
func TestCasesNotice(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for c := range websockettest.Cases() {
		if c.Table != "reserved bits" && c.Table != "opcodes" && c.Table != "fragmentation" {
			continue
		}
		near, far := rig.Pipe(nil)
		var wg sync.WaitGroup
		wg.Go(func() { _ = new(websockettest.Server).ServeConn(ctx, near) })
		err := c.Run(ctx, far, websockettest.ServerRole)
		wg.Wait()
		if refused := c.Code() != 0; refused != (err != nil) {
			t.Errorf("%s: %v", &c, err)
		}
	}
}

// run runs a case against a subject.
func run(t *testing.T, c *websockettest.Case, role websockettest.Role, little bool) error {
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	near, far := rig.Pipe(nil)
	var subject net.Conn = near
	if little {
		subject = &sip{Conn: near}
	}
	var wg sync.WaitGroup
	defer wg.Wait()
	wg.Go(func() { echo(ctx, subject, c, role) })
	return c.Run(ctx, far, role)
}

// echo is the subject.
func echo(ctx context.Context, conn net.Conn, c *websockettest.Case, role websockettest.Role) {
	common := websocket.Common{Limits: c.Limits, Compression: c.Compression}
	var w *websocket.Conn
	var err error
	if role == websockettest.ServerRole {
		w, err = websocket.Server(ctx, conn, &websocket.ServerOptions{Common: common})
	} else {
		w, err = websocket.Client(ctx, conn, &url.URL{Scheme: "ws", Host: "server.example", Path: "/"}, &websocket.ClientOptions{Common: common})
	}
	if err == nil {
		_ = websockettest.Echo(ctx, w) // the peer sees why it ends
		_ = w.Abort()
	}
}

// sip reads octet by octet, and much at once now and then, because long
// messages would take too long otherwise.
type sip struct {
	net.Conn
	reads int // by one goroutine at a time
}

func (s *sip) Read(data []byte) (int, error) {
	if s.reads++; s.reads%50 != 0 {
		data = data[:min(len(data), 1)]
	}
	return s.Conn.Read(data)
}
