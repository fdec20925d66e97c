package tf6770_test

import (
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"stellwerk/ads/ams"
	"stellwerk/ads/command"
	"stellwerk/ads/tf6770"
	"stellwerk/websocket"
	ws "stellwerk/websocket/tf6770"
)

func replaceOnce(t *testing.T, s, before, after string) string {
	t.Helper()
	if strings.Count(s, before) != 1 {
		t.Fatalf("%q is there %d times", before, strings.Count(s, before))
	}
	return strings.Replace(s, before, after, 1)
}

// The block speaks with a server through the service, both ways.
func TestBlockConversation(t *testing.T) {
	for _, wide := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			p := newSTPLC(t, &stOptions{wide: wide}, server(t, nil, echo))
			if p.send("too early", true) {
				t.Error("sent without a connection")
			}
			p.connected()
			if s := p.service.Status(); len(s) != 1 || s[0].Name != "MAIN.fbTest" {
				t.Errorf("%+v", s)
			}
			long := strings.Repeat("0123456789", 400)
			want := []string{"one", "", "three", long, "five"}
			for _, content := range want {
				p.until("room for a message", func() bool { return p.send(content, true) })
			}
			p.until("room for a message", func() bool { return p.send("\x00\xff", false) })
			p.until("six answers", func() bool { return len(p.messages) == 6 })
			if diff := cmp.Diff(append(want, "\x00\xff"), p.messages); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff([]int64{1, 1, 1, 1, 1, 2}, p.kinds); diff != "" {
				t.Error(diff)
			}
			p.call("Disconnect")
			if p.state() != ws.FinalizeDisconnect || p.send("too late", true) {
				t.Errorf("while disconnecting: %s", p.outputs())
			}
			p.until("disconnected", func() bool { return p.call("Disconnect") })
			if p.state() != ws.SocketNoConnection || p.block.get("nCloseReason") != 1000 || len(p.closes) != 0 || p.block.get("bError") != 0 {
				t.Errorf("afterwards: %s, told of %v", p.outputs(), p.closes)
			}
			n := p.requests
			for range 100 {
				p.cycle()
			}
			if p.requests != n {
				t.Errorf("%d requests without a connection", p.requests-n)
			}
		})
	}
}

// Long messages come in pieces, into whatever room there is.
func TestBlockWithSmallBuffers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		long := strings.Repeat("0123456789", 2000)
		p := newSTPLC(t, &stOptions{constants: map[string]int64{
			"cSizeOfWebSocketReceiveBuffer": 512, "cSizeOfWebSocketSendBuffer": 64, "cSizeOfWebSocketMessage": 20000,
		}}, server(t, nil, func(w *websocket.Conn) {
			_ = w.Write(endless, websocket.Text, []byte(long), nil)
			_ = w.Write(endless, websocket.Binary, []byte("x"), nil)
			echo(w)
		}))
		p.block.set("nMaxRecvMsgSize", 0)
		p.connected()
		p.until("two messages", func() bool { return len(p.messages) == 2 })
		if p.messages[0] != long || p.messages[1] != "x" {
			t.Errorf("%d octets and %q", len(p.messages[0]), p.messages[1])
		}
		if p.send(strings.Repeat("y", 45), true) || p.block.get("bError") != 1 || uint32(p.block.get("hrErrorCode")) != uint32(ams.InvalidSize.HRESULT()) {
			t.Errorf("a message that never fits: %s", p.outputs())
		}
		if !p.send(strings.Repeat("y", 24), true) || p.send("z", true) || p.block.get("nQueue") != 44 {
			t.Errorf("the queue: %s", p.outputs())
		}
		p.until("the echo", func() bool { return len(p.messages) == 3 })
	})
}

func TestBlockGetsMessagesAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newSTPLC(t, nil, server(t, nil, func(w *websocket.Conn) {
			for _, text := range []string{"a", "b", "c"} {
				_ = w.Write(endless, websocket.Text, []byte(text), nil)
			}
			echo(w)
		}))
		p.answers = []ams.HRESULT{ams.False, ams.False, ams.OK, ams.False}
		p.connected()
		p.until("six calls", func() bool { return len(p.messages) == 6 })
		for range 10 {
			p.cycle()
		}
		if got := strings.Join(p.messages, ""); got != "aaabbc" || p.block.get("nMessages") != 6 {
			t.Errorf("the messages came as %q", got)
		}
	})
}

func TestBlockCheckProtocol(t *testing.T) {
	for _, accept := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			name := "plant." + strings.Repeat("p", 200) // longer than a STRING has by default
			p := newSTPLC(t, nil, func(conn net.Conn) {
				w, err := websocket.Server(endless, conn, &websocket.ServerOptions{Subprotocols: []string{name}})
				if err == nil {
					echo(w)
				}
			})
			asked := 0
			p.verdict = func(protocol string) bool {
				if asked++; protocol != name || p.block.get("bConnected") != 0 {
					t.Errorf("asked for %q", protocol)
				}
				return accept
			}
			p.block.setText("sProtocol", name)
			p.call("Connect", 0)
			p.until("a verdict", func() bool { return p.block.get("bConnected") != 0 || p.block.get("bError") != 0 })
			for range 10 {
				p.cycle()
			}
			if asked != 1 || (p.block.get("bConnected") != 0) != accept {
				t.Errorf("asked %d times; %s", asked, p.outputs())
			}
			if !accept && p.state() != ws.ResponseReject {
				t.Error(p.state())
			}
		})
	}
}

// Disconnect gives up, wherever Connect is.
func TestBlockDisconnectsWhileConnecting(t *testing.T) {
	for after := range 12 {
		synctest.Test(t, func(t *testing.T) {
			p := newSTPLC(t, nil, server(t, nil, echo))
			p.fate = func(command.IndexGroup) fate { return fate{cycles: 2} }
			p.call("Connect", 0)
			for range after {
				p.cycle()
			}
			p.until("disconnected", func() bool { return p.call("Disconnect") })
			for range 20 {
				p.cycle()
			}
			if p.state() != ws.SocketNoConnection || p.block.get("bConnected") != 0 || p.block.get("bError") != 0 {
				t.Errorf("after %d cycles: %s", after, p.outputs())
			}
			for _, s := range p.service.Status() {
				if s.State != ws.SocketNoConnection {
					t.Errorf("after %d cycles the service is in %v", after, s.State)
				}
			}
			p.connected()
			p.send("x", true)
			p.until("the echo", func() bool { return len(p.messages) == 1 })
		})
	}
}

func TestBlockHearsOfClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newSTPLC(t, nil, server(t, nil, func(w *websocket.Conn) {
			_ = w.Write(endless, websocket.Text, []byte("last"), nil)
			_ = w.Close(4001, "enough")
		}))
		p.answers = []ams.HRESULT{ams.False, ams.False, ams.OK}
		p.onClose = func() {
			if len(p.messages) != 3 {
				t.Errorf("told after %q", p.messages)
			}
		}
		p.call("Connect", 0)
		p.until("the close", func() bool { return len(p.closes) > 0 })
		p.until("quiet", func() bool { return p.block.get("bActive") == 0 })
		for range 10 {
			p.cycle()
		}
		if len(p.closes) != 1 || p.closes[0] != 4001 || p.reasons[0] != "enough" || p.block.get("nCloseReason") != 4001 {
			t.Errorf("told of %v %q; %s", p.closes, p.reasons, p.outputs())
		}
	})
}

func TestBlockFailsMessage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ended := make(chan error, 1)
		p := newSTPLC(t, nil, server(t, nil, func(w *websocket.Conn) {
			for _, text := range []string{"bad", "never", "seen"} {
				_ = w.Write(endless, websocket.Text, []byte(text), nil)
			}
			_, err := w.Read(endless)
			ended <- err
		}))
		p.answers = []ams.HRESULT{ams.InvalidData.HRESULT()}
		p.call("Connect", 0)
		p.until("the end", p.on("bError"))
		p.until("quiet", func() bool { return p.block.get("bActive") == 0 })
		if p.state() != ws.InternalError || len(p.messages) != 1 {
			t.Errorf("%q, %s", p.messages, p.outputs())
		}
		if err := <-ended; !strings.Contains(fmt.Sprint(err), "1011") {
			t.Errorf("the server was told %v", err)
		}
	})
}

// Callbacks may send, connect and disconnect.
func TestBlockInCallbacks(t *testing.T) {
	t.Run("send", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			const n = 200
			got := make(chan string, n)
			p := newSTPLC(t, &stOptions{echo: true, constants: map[string]int64{"cSizeOfWebSocketSendBuffer": 120}}, server(t, nil, func(w *websocket.Conn) {
				for i := range n {
					_ = w.Write(endless, websocket.Text, fmt.Append(nil, i), nil)
				}
				for range n {
					m, err := w.Read(endless)
					if err != nil {
						return
					}
					got <- string(m.Data)
				}
			}))
			p.connected()
			p.until("all came back", func() bool { return len(got) == n })
			for i := range n {
				if text := <-got; text != fmt.Sprint(i) {
					t.Errorf("%d. %s", i, text)
				}
			}
		})
	})
	t.Run("disconnect and connect", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			p := newSTPLC(t, nil, server(t, nil, func(w *websocket.Conn) {
				for _, text := range []string{"a", "b", "c"} {
					_ = w.Write(endless, websocket.Text, []byte(text), nil)
				}
				echo(w)
			}))
			p.onMessage = func(string) { p.call("Disconnect") }
			p.onClose = func() { t.Error("the close was the PLC's own") }
			for range 3 {
				p.connected()
				p.until("disconnected", func() bool { return p.call("Disconnect") })
			}
			if got := strings.Join(p.messages, ""); got != "aaa" {
				t.Errorf("%q", got)
			}
		})
	})
	t.Run("connect when closed", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			p := newSTPLC(t, nil, server(t, nil, func(w *websocket.Conn) {
				_ = w.Write(endless, websocket.Text, []byte("a"), nil)
				_ = w.Close(1001, "")
			}))
			p.onClose = func() { p.call("Connect", 0) }
			p.call("Connect", 0)
			p.until("five connections", func() bool { return len(p.closes) == 5 })
			if len(p.messages) != 5 {
				t.Errorf("%q", p.messages)
			}
		})
	})
}

// bReconfig alone reads the inputs anew.
func TestBlockReconfig(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		paths := make(chan string, 3)
		options := &websocket.ServerOptions{CheckRequest: func(r *http.Request) error { paths <- r.URL.Path; return nil }}
		p := newSTPLC(t, nil, server(t, options, func(w *websocket.Conn) { _ = w.Close(1000, "") }))
		for i, step := range []struct {
			uri      string
			reconfig int64
			want     string
		}{{"/a", 0, "/a"}, {"/b", 0, "/a"}, {"/c", 1, "/c"}} {
			p.block.setText("sUri", step.uri)
			p.call("Connect", step.reconfig)
			p.until("the close", func() bool { return len(p.closes) == i+1 })
			p.until("quiet", func() bool { return p.block.get("bActive") == 0 })
			if got := <-paths; got != step.want {
				t.Errorf("Connect(%d) with %s has asked for %s", step.reconfig, step.uri, got)
			}
		}
	})
}

// All inputs arrive as they are set.
func TestBlockParameters(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var got tf6770.Parameters
		o := &tf6770.Options{Permit: func(_ ams.Address, in *tf6770.Parameters) error { got = *in; return fmt.Errorf("no") }}
		p := newSTPLC(t, &stOptions{options: o, constants: map[string]int64{"cSizeOfWebSocketSendBuffer": 64}}, nil)
		full := strings.Repeat("h", 255)
		for _, name := range []string{"sHostName", "sUri", "sProtocol", "sOrigin"} {
			p.block.setText(name, full)
		}
		for name, value := range map[string]int64{
			"nHostPort": 8443, "bPerMessageDeflate": 1, "bKeepAlive": 0, "nKeepAliveInterval": 7, "nKeepAliveCloseTimeout": 8,
			"nConnectResponseTimeout": 9, "nMaxRecvFrameSize": 1000, "nMaxRecvMsgSize": 2000, "nMaxSendFrameSize": 3000,
		} {
			p.block.set(name, value)
		}
		tls := p.block.block.field("stTLS")
		for _, f := range tls.typ.fields {
			if at := p.block.at[tls.index] + int64(f.offset); f.typ.kind == stString && f.name != "SVERSION" {
				if f.name == "SCIPHERS" || f.name == "SKEYPWD" || f.name == "SPSKIDENTITY" {
					p.machine.storeText(0, at, f.typ, f.name)
				} else {
					p.machine.storeText(0, at, f.typ, "-----BEGIN "+f.name+full)
				}
			} else if f.name == "NPSKKEYLEN" || f.name == "BNOSERVERCERTCHECK" {
				p.machine.store(0, at, f.typ, 1)
			}
		}
		p.call("Connect", 1)
		p.until("refused", p.on("bError"))
		if uint32(p.block.get("hrErrorCode")) != uint32(ams.DeviceAccessDenied.HRESULT()) || p.state() != ws.InternalError {
			t.Error(p.outputs())
		}
		want := ws.NewClient().Inputs
		want.HostName, want.URI, want.Protocol, want.Origin = full, full, full, full
		want.HostPort, want.PerMessageDeflate, want.KeepAlive = 8443, true, false
		want.KeepAliveInterval, want.KeepAliveCloseTimeout, want.ConnectResponseTimeout = 7*time.Second, 8*time.Second, 9*time.Second
		want.MaxReceiveFrame, want.MaxReceiveMessage, want.MaxSendFrame = 1000, 2000, 3000
		pem := func(name string) string { return ("-----BEGIN " + name + full)[:255] }
		want.TLS.CA, want.TLS.Certificate, want.TLS.Key, want.TLS.CRL = pem("SCA"), pem("SCERT"), pem("SKEYFILE"), pem("SCRL")
		want.TLS.Ciphers, want.TLS.KeyPassword, want.TLS.PSKIdentity = "SCIPHERS", "SKEYPWD", "SPSKIDENTITY"
		want.TLS.NoServerCertCheck, want.TLS.PSKKey = true, []byte{0}
		if diff := cmp.Diff(fmt.Sprintf("%+v", want), fmt.Sprintf("%+v", got)); diff != "" {
			t.Error(diff)
		}
	})
}
