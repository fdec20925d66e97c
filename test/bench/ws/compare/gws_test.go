package compare

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/lxzan/gws"
)

// gwsEcho is the server's side.
type gwsEcho struct{ gws.BuiltinEventHandler }

func (gwsEcho) OnMessage(c *gws.Conn, m *gws.Message) {
	_ = c.WriteMessage(m.Opcode, m.Bytes()) // the client sees it
	_ = m.Close()
}

// gwsClient sends the next message when one has come.
type gwsClient struct {
	gws.BuiltinEventHandler

	message []byte
	left    int
	last    []byte
	done    chan error
}

func (c *gwsClient) OnMessage(conn *gws.Conn, m *gws.Message) {
	defer m.Close()
	if c.left--; c.left == 0 {
		c.last = append(c.last[:0], m.Bytes()...)
		c.done <- nil
		return
	}
	if err := conn.WriteMessage(gws.OpcodeBinary, c.message); err != nil {
		c.done <- err
	}
}

func openGWS(tb testing.TB, deflate bool) exchange {
	compression := gws.PermessageDeflate{Enabled: deflate, Threshold: 1}
	upgrader := gws.NewUpgrader(gwsEcho{}, &gws.ServerOption{PermessageDeflate: compression})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, err := upgrader.Upgrade(w, r)
		if err != nil {
			tb.Error(err)
			return
		}
		go c.ReadLoop()
	}))
	c := &gwsClient{done: make(chan error, 1)}
	conn, response, err := gws.NewClient(c, &gws.ClientOption{Addr: "ws" + strings.TrimPrefix(server.URL, "http"), PermessageDeflate: compression})
	if err != nil {
		tb.Fatal(err)
	}
	_ = response.Body.Close()
	tb.Cleanup(func() {
		_ = conn.NetConn().Close()
		server.Close()
	})
	go conn.ReadLoop()
	return func(n int, message []byte) ([]byte, error) {
		c.message, c.left = message, n
		if err := conn.WriteMessage(gws.OpcodeBinary, message); err != nil {
			return nil, err
		}
		err := <-c.done
		return c.last, err
	}
}
