package tf6770_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"stellwerk/ads/ams"
	"stellwerk/websocket"
	"stellwerk/websocket/tf6770"
)

func TestNewClientHasTheDefaultsOfTheManual(t *testing.T) {
	c := tf6770.NewClient()
	if !c.KeepAlive || c.TLS.Version != "tlsv1.2" || c.TLS.NoServerCertCheck || c.TLS.Enabled() {
		t.Errorf("keep-alive %t, TLS %+v", c.KeepAlive, c.TLS)
	}
	if c.MaxReceiveFrame != 0x10000 || c.MaxReceiveMessage != 0x100000 || c.MaxSendFrame != 0x4000 {
		t.Errorf("sizes: %#x %#x %#x", c.MaxReceiveFrame, c.MaxReceiveMessage, c.MaxSendFrame)
	}
	if c.KeepAliveInterval != 30*time.Second || c.KeepAliveCloseTimeout != 10*time.Second || c.ConnectResponseTimeout != 10*time.Second {
		t.Errorf("times: %v %v %v", c.KeepAliveInterval, c.KeepAliveCloseTimeout, c.ConnectResponseTimeout)
	}
	if want := (tf6770.Outputs{ConnectionState: tf6770.SocketNoConnection}); c.Outputs != want {
		t.Errorf("outputs %+v", c.Outputs)
	}
}

func TestConversation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPLC(t, server(t, nil, echo))
		p.connected()
		for i := range 3 {
			if !p.SendMessage(fmt.Appendf(nil, "message %d", i), i%2 == 0, false) {
				t.Fatalf("not sent: %v", p.Err)
			}
		}
		p.until(time.Second, "three answers", func() bool { return len(p.messages) == 3 })
		if diff := cmp.Diff([]string{"1 message 0", "2 message 1", "1 message 2"}, p.messages); diff != "" {
			t.Error(diff)
		}
		if p.CloseReason != 0 {
			t.Errorf("the reason is %d before the end", p.CloseReason)
		}
		p.disconnect()
		if p.Connected || p.Error || p.ErrorCode != ams.OK || p.ConnectionState != tf6770.SocketNoConnection || p.CloseReason != 1000 {
			t.Errorf("after Disconnect: %+v", p.Outputs)
		}
		if len(p.closes) != 0 {
			t.Errorf("OnWebSocketClose was called for the own end: %q", p.closes)
		}
	})
}

// What SendMessage has taken leaves before the close frame.
func TestDisconnectSendsWhatWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var got []string
		p := newPLC(t, server(t, nil, func(w *websocket.Conn) {
			for {
				m, err := w.Read(endless)
				if err != nil {
					got = append(got, err.Error())
					return
				}
				got = append(got, string(m.Data))
				time.Sleep(time.Second)
			}
		}))
		p.connected()
		for i := range 4 {
			p.SendMessage(fmt.Append(nil, i), true, false)
		}
		p.quick("Disconnect", func() { p.Disconnect() })
		if p.ConnectionState != tf6770.FinalizeDisconnect || p.Connected {
			t.Errorf("while disconnecting: %+v", p.Outputs)
		}
		if p.SendMessage([]byte("late"), true, false) {
			t.Error("a message was taken while disconnecting")
		}
		p.disconnect()
		p.servers.Wait()
		if diff := cmp.Diff([]string{"0", "1", "2", "3", "websocket: closed by the peer: 1000 normal closure"}, got); diff != "" {
			t.Error(diff)
		}
	})
}

// A server that does not answer a close frame is left behind after the limit; one
// that reads nothing, too.
func TestDisconnectIsLimited(t *testing.T) {
	for name, talk := range map[string]func(net.Conn, *websocket.Conn){
		"close frame not answered": func(conn net.Conn, _ *websocket.Conn) { _, _ = io.Copy(io.Discard, conn) },
		"nothing read":             func(_ net.Conn, _ *websocket.Conn) { time.Sleep(time.Hour) },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := newPLC(t, func(conn net.Conn) {
					w, err := websocket.Server(endless, conn, nil)
					if err != nil {
						t.Error(err)
						return
					}
					talk(conn, w)
				})
				p.KeepAliveCloseTimeout = 3 * time.Second
				p.connected()
				p.SendMessage([]byte("hello"), true, false)
				begin := time.Now()
				p.disconnect()
				if took := time.Since(begin); took < 3*time.Second || took > 3100*time.Millisecond {
					t.Errorf("it took %v", took)
				}
				if p.Error || p.ConnectionState != tf6770.SocketNoConnection || p.CloseReason != 1006 {
					t.Errorf("%+v", p.Outputs)
				}
			})
		})
	}
}

func TestMessagesComeAgainUntilTheyAreTaken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPLC(t, server(t, nil, func(w *websocket.Conn) {
			for _, text := range []string{"a", "b", "c"} {
				_ = w.Write(endless, websocket.Text, []byte(text), nil)
			}
			_ = w.Close(4000, "enough")
		}))
		p.answers = []ams.HRESULT{ams.OK, ams.False, ams.False, ams.Pending}
		p.Connect(false)
		p.until(time.Second, "closed", func() bool { return len(p.closes) > 0 })
		if diff := cmp.Diff([]string{"1 a", "1 b", "1 b", "1 b", "1 c"}, p.messages); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff([]string{"4000 enough"}, p.closes); diff != "" {
			t.Error(diff)
		}
		if p.CloseReason != 4000 || p.ConnectionState != tf6770.SocketConnectionLost || !p.Error {
			t.Errorf("%+v", p.Outputs)
		}
		p.disconnect()
	})
}

// A message that is not taken holds those behind it up, and is handed over once
// in each cycle; the close frame waits, the outputs do not.
func TestOneRedeliveryInEachCycle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPLC(t, server(t, nil, func(w *websocket.Conn) {
			_ = w.Write(endless, websocket.Text, []byte("a"), nil)
			_ = w.Close(websocket.NormalClosure, "")
		}))
		p.answers = []ams.HRESULT{ams.False, ams.False, ams.False, ams.False}
		p.connect()
		p.until(time.Second, "told of the end", func() bool { return !p.Connected && p.ConnectionState == tf6770.SocketNoConnection })
		told := len(p.messages)
		for i := range 2 {
			p.cycle()
			if len(p.messages) != told+i+1 || len(p.closes) != 0 {
				t.Errorf("cycle %d: messages %q, closes %q", i, p.messages, p.closes)
			}
		}
		p.until(time.Second, "the close frame", func() bool { return len(p.closes) == 1 })
		if p.Error || p.CloseReason != 1000 {
			t.Errorf("%+v", p.Outputs)
		}
	})
}

func TestInputsAreReadWhenConnecting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var addresses []string
		p := newPLC(t, nil)
		p.Dial = func(_ context.Context, _, address string) (net.Conn, error) {
			addresses = append(addresses, address)
			here, there := net.Pipe()
			go server(t, nil, echo)(there)
			return here, nil
		}
		p.HostName = "first.example"
		for _, step := range []struct {
			host     string
			reconfig bool
		}{{"first.example", false}, {"second.example", false}, {"second.example", true}, {"third.example", false}} {
			p.HostName = step.host
			p.Connect(step.reconfig)
			p.until(time.Second, "connected", func() bool { return p.Connected })
			p.HostName = "elsewhere.example"
			p.disconnect()
		}
		want := []string{"first.example:80", "first.example:80", "second.example:80", "second.example:80"}
		if diff := cmp.Diff(want, addresses); diff != "" {
			t.Error(diff)
		}
	})
}

func TestConnectWhileConnectedChangesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dialled := 0
		p := newPLC(t, server(t, nil, echo))
		dial := p.Dial
		p.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
			dialled++
			return dial(ctx, network, address)
		}
		if p.Connect(false) {
			t.Error("Connect returns true before there is a connection")
		}
		p.until(time.Second, "connected", func() bool { return p.Connect(true) })
		for range 3 {
			if !p.Connect(true) {
				t.Error("Connect returns false with a connection")
			}
			p.cycle()
		}
		if dialled != 1 {
			t.Errorf("dialled %d times", dialled)
		}
		p.disconnect()
	})
}

func TestDisconnectGivesAnAttemptUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPLC(t, func(conn net.Conn) { _, _ = io.Copy(io.Discard, conn) }) // no answer
		p.Connect(false)
		p.cycle()
		begin := time.Now()
		p.disconnect()
		if took := time.Since(begin); took > 50*time.Millisecond {
			t.Errorf("it took %v", took)
		}
		if p.Error || p.ConnectionState != tf6770.SocketNoConnection || p.CloseReason != 0 {
			t.Errorf("%+v", p.Outputs)
		}
	})
}

func TestCheckProtocol(t *testing.T) {
	for _, test := range []struct {
		offer string
		takes string
		asked []string
		state tf6770.Status
	}{
		{"power.v1, power.v2", "power.v2", []string{"power.v2"}, tf6770.Success},
		{"power.v2", "power.v1", []string{"power.v2"}, tf6770.ResponseReject},
		{"", "power.v1", []string{""}, tf6770.ResponseReject},
	} {
		synctest.Test(t, func(t *testing.T) {
			options := &websocket.ServerOptions{Subprotocols: []string{"power.v2"}}
			p := newPLC(t, server(t, options, echo))
			p.Protocol = test.offer
			var asked []string
			p.CheckProtocol = func(protocol string) bool {
				asked = append(asked, protocol)
				return protocol == test.takes
			}
			p.connect()
			if diff := cmp.Diff(test.asked, asked); diff != "" {
				t.Error(diff)
			}
			if p.ConnectionState != test.state || p.Connected != (test.state == tf6770.Success) {
				t.Errorf("offering %q: %+v", test.offer, p.Outputs)
			}
			p.disconnect()
		})
	}
}

// A task that stands still while CheckProtocol is to be asked does not keep the
// attempt going for ever.
func TestCheckProtocolIsNotAskedWithoutExecute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPLC(t, server(t, nil, echo))
		p.CheckProtocol = func(string) bool { t.Error("asked too late"); return true }
		p.Connect(false)
		time.Sleep(time.Hour)
		synctest.Wait()
		p.CheckProtocol = nil
		p.cycle()
		if p.ConnectionState != tf6770.ResponseTimeout {
			t.Errorf("%+v", p.Outputs)
		}
	})
}

func TestKeepAlive(t *testing.T) {
	for _, test := range []struct {
		name   string
		talk   func(net.Conn, *websocket.Conn)
		change func(*tf6770.Client)
		state  tf6770.Status
		within [2]time.Duration
	}{
		{"pings are answered", func(_ net.Conn, w *websocket.Conn) { echo(w) }, nil, tf6770.Success, [2]time.Duration{}},
		{
			"nothing is answered", func(conn net.Conn, _ *websocket.Conn) { _, _ = io.Copy(io.Discard, conn) }, nil,
			tf6770.KeepAliveTimeout,
			[2]time.Duration{40 * time.Second, 40*time.Second + 20*time.Millisecond},
		},
		{
			"nothing is even read", func(net.Conn, *websocket.Conn) { time.Sleep(time.Hour) }, nil,
			tf6770.KeepAliveTimeout,
			[2]time.Duration{40 * time.Second, 40*time.Second + 20*time.Millisecond},
		},
		{
			"other times", func(conn net.Conn, _ *websocket.Conn) { _, _ = io.Copy(io.Discard, conn) },
			func(c *tf6770.Client) { c.KeepAliveInterval, c.KeepAliveCloseTimeout = 5*time.Second, 2*time.Second },
			tf6770.KeepAliveTimeout,
			[2]time.Duration{7 * time.Second, 7*time.Second + 20*time.Millisecond},
		},
		{
			"counted from the last message", func(conn net.Conn, w *websocket.Conn) {
				for range 5 {
					time.Sleep(20 * time.Second)
					_ = w.Write(endless, websocket.Text, []byte("still here"), nil)
				}
				_, _ = io.Copy(io.Discard, conn)
			}, nil,
			tf6770.KeepAliveTimeout,
			[2]time.Duration{140 * time.Second, 140*time.Second + 20*time.Millisecond},
		},
		{
			"switched off", func(conn net.Conn, _ *websocket.Conn) { _, _ = io.Copy(io.Discard, conn) },
			func(c *tf6770.Client) { c.KeepAlive = false }, tf6770.Success,
			[2]time.Duration{},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := newPLC(t, func(conn net.Conn) {
					w, err := websocket.Server(endless, conn, nil)
					if err != nil {
						t.Error(err)
						return
					}
					test.talk(conn, w)
				})
				if test.change != nil {
					test.change(p.Client)
				}
				begin := time.Now()
				p.connected()
				for p.Connected && time.Since(begin) < 3*time.Minute {
					p.cycle()
				}
				took := time.Since(begin)
				if p.ConnectionState != test.state {
					t.Fatalf("after %v: %+v", took, p.Outputs)
				}
				if test.state != tf6770.Success && (took < test.within[0] || took > test.within[1]) {
					t.Errorf("it took %v, want %v", took, test.within)
				}
				if test.state == tf6770.KeepAliveTimeout && (p.CloseReason != 1006 || p.ErrorCode != ams.ConnectionTimedOut.HRESULT()) {
					t.Errorf("%+v", p.Outputs)
				}
				p.disconnect()
			})
		})
	}
}

// Each step of connecting has its limit.
func TestConnectResponseTimeout(t *testing.T) {
	for _, test := range []struct {
		name   string
		change func(*plc)
		state  tf6770.Status
	}{
		{"TCP", func(p *plc) {
			p.Dial = func(ctx context.Context, _, _ string) (net.Conn, error) {
				<-ctx.Done()
				return nil, ctx.Err()
			}
		}, tf6770.SocketConnectionTimeout},
		{"TLS", func(p *plc) { p.TLS.NoServerCertCheck = true }, tf6770.TLSHandshakeFail},
		{"response", func(*plc) {}, tf6770.ResponseTimeout},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := newPLC(t, func(conn net.Conn) { _, _ = io.Copy(io.Discard, conn) })
				test.change(p)
				p.ConnectResponseTimeout = 4 * time.Second
				begin := time.Now()
				p.connect()
				if took := time.Since(begin); took < 4*time.Second || took > 4*time.Second+20*time.Millisecond {
					t.Errorf("it took %v", took)
				}
				if p.ConnectionState != test.state || !p.Error || p.Connected {
					t.Errorf("%+v", p.Outputs)
				}
			})
		})
	}
}

// The queue of received messages is bounded; what is in it is still handed over
// when it is full, and memory does not grow.
func TestReceiveQueueIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var end error
		p := newPLC(t, server(t, nil, func(w *websocket.Conn) {
			for w.Write(endless, websocket.Binary, make([]byte, 936), nil) == nil {
				time.Sleep(time.Millisecond)
			}
			_, end = w.Read(endless)
		}))
		p.MaxReceiveQueue = 20_000
		p.Connect(false)
		time.Sleep(time.Minute) // the task stands still
		p.cycle()
		if p.ConnectionState != tf6770.ReceiveQueueFull || p.Connected || p.CloseReason != 1013 || p.ErrorCode != ams.MailboxFull.HRESULT() {
			t.Errorf("%+v", p.Outputs)
		}
		if len(p.messages) != 20 {
			t.Errorf("%d messages of 1000 octets were in a queue of 20000", len(p.messages))
		}
		p.disconnect()
		p.servers.Wait()
		if got := tf6770.StatusOf(end); got != tf6770.SocketConnectionLost {
			t.Errorf("the server was told %v", end)
		}
	})
}

func TestSendQueueIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPLC(t, server(t, nil, func(w *websocket.Conn) {
			time.Sleep(time.Minute)
			echo(w)
		}))
		p.KeepAlive = false
		p.MaxSendQueue = 10_000
		p.connected()
		taken := 0
		for ; taken < 100; taken++ {
			var ok bool
			p.quick("SendMessage", func() { ok = p.SendMessage(make([]byte, 936), false, false) })
			if !ok {
				break
			}
		}
		if taken != 10 || tf6770.StatusOf(p.Err) != tf6770.NoMemory || !p.Error || p.ErrorCode != ams.DeviceNoMemory.HRESULT() {
			t.Errorf("%d taken: %+v", taken, p.Outputs)
		}
		if !p.Connected || p.ConnectionState != tf6770.Success {
			t.Errorf("the connection has suffered: %+v", p.Outputs)
		}
		if p.SendMessage(make([]byte, 10_001), false, false) || tf6770.StatusOf(p.Err) != tf6770.InvalidMessageSize {
			t.Errorf("too long a message: %+v", p.Outputs)
		}
		p.until(2*time.Minute, "the answers", func() bool { return len(p.messages) == 10 })
		if !p.SendMessage([]byte("again"), true, false) || p.Error {
			t.Errorf("after room was made: %+v", p.Outputs)
		}
		p.disconnect()
	})
}

func TestSendMessageRefuses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPLC(t, server(t, nil, echo))
		if p.SendMessage([]byte("too early"), true, false) || tf6770.StatusOf(p.Err) != tf6770.SocketNoConnection ||
			!p.Error || p.ErrorCode != ams.PortNotConnected.HRESULT() {
			t.Errorf("without a connection: %+v", p.Outputs)
		}
		p.connected()
		if p.SendMessage([]byte{0xC3}, true, false) || tf6770.StatusOf(p.Err) != tf6770.ProtocolError {
			t.Errorf("text that is not UTF-8: %+v", p.Outputs)
		}
		if !p.SendMessage([]byte{0xC3}, false, false) || p.Error {
			t.Errorf("the same as binary: %+v", p.Outputs)
		}
		p.disconnect()
	})
}

// Frames have the length that nMaxSendFrameSize says, and compression is chosen
// for each message.
func TestFragmentsAndCompression(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var frames []string
		options := &websocket.ServerOptions{Common: websocket.Common{Compression: &websocket.Deflate{}, Trace: func(f websocket.Frame) {
			if !f.Sent {
				frames = append(frames, fmt.Sprintf("%s %t %t %d", f.Header.Opcode, f.Header.Fin, f.Header.RSV1, f.Header.Length))
			}
		}}}
		p := newPLC(t, server(t, options, echo))
		p.PerMessageDeflate = true
		p.MaxSendFrame = 10
		p.connected()
		p.SendMessage([]byte(strings.Repeat("a", 25)), true, false)
		p.SendMessage([]byte(strings.Repeat("b", 2500)), false, true)
		p.until(time.Second, "both", func() bool { return len(p.messages) == 2 })
		want := []string{"text false false 10", "continuation false false 10", "continuation true false 5", "binary false true 10"}
		if diff := cmp.Diff(want, frames[:min(4, len(frames))]); diff != "" {
			t.Error(diff)
		}
		if len(frames) > 10 {
			t.Errorf("%d frames: the second message was not compressed", len(frames))
		}
		p.disconnect()
	})
}

// A failure of OnWebSocketMessage ends the connection, and hrErrorCode has it.
func TestMessageThatCannotBeProcessed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var end error
		p := newPLC(t, server(t, nil, func(w *websocket.Conn) {
			_ = w.Write(endless, websocket.Text, []byte("a"), nil)
			_, end = w.Read(endless)
		}))
		p.answers = []ams.HRESULT{ams.InvalidData.HRESULT()}
		p.Connect(false)
		p.until(time.Second, "an error", func() bool { return p.Error })
		if p.ConnectionState != tf6770.InternalError || p.ErrorCode != ams.InvalidData.HRESULT() || p.CloseReason != 1011 || p.Connected {
			t.Errorf("%+v", p.Outputs)
		}
		p.disconnect()
		p.servers.Wait()
		if end == nil || !strings.Contains(end.Error(), "1011") {
			t.Errorf("the server was told %v", end)
		}
	})
}

// Callbacks may call the client.
// A message may be judged after it was taken.
func TestFail(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPLC(t, server(t, nil, echo))
		p.Fail(ams.InvalidData.HRESULT()) // without a connection
		p.connected()
		p.Fail(ams.OK)
		if !p.Connected {
			t.Error("a result without an error ends the connection")
		}
		p.Fail(ams.InvalidData.HRESULT())
		p.until(time.Second, "an error", func() bool { return p.Error })
		if p.ConnectionState != tf6770.InternalError || p.ErrorCode != ams.InvalidData.HRESULT() || p.CloseReason != 1011 || p.Connected {
			t.Errorf("%+v", p.Outputs)
		}
	})
}

func TestCallbacksMayCallTheClient(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPLC(t, server(t, nil, func(w *websocket.Conn) {
			for range 3 {
				_ = w.Write(endless, websocket.Text, []byte("a"), nil)
			}
			echo(w)
		}))
		calls := 0
		p.OnWebSocketMessage = func([]byte, tf6770.ContentType) ams.HRESULT {
			calls++
			p.Execute() // does nothing
			p.SendMessage([]byte("answer"), true, false)
			p.Disconnect()
			p.Connect(false) // not yet: the old one is closing
			return ams.OK
		}
		p.connect()
		p.until(time.Second, "a call", func() bool { return calls > 0 })
		p.disconnect()
		if calls != 1 {
			t.Errorf("%d calls, although the first one has disconnected", calls)
		}
	})
}

func TestConnectAgainAfterFailures(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		attempts := 0
		p := newPLC(t, func(conn net.Conn) {
			if attempts++; attempts < 4 {
				return // hangs up
			}
			server(t, nil, echo)(conn)
		})
		for range 3 {
			p.connect()
			if !p.Error || p.Connected {
				t.Fatalf("%+v", p.Outputs)
			}
			p.Execute()
			if !p.Error {
				t.Error("the error is gone before the next Connect")
			}
		}
		p.connected()
		p.disconnect()
	})
}

// A client that is never connected, or has ended, can be called as one likes.
func TestCallsWithoutAConnection(t *testing.T) {
	c := tf6770.NewClient()
	c.Execute()
	if !c.Disconnect() || c.Close() != nil || c.Error || c.ConnectionState != tf6770.SocketNoConnection {
		t.Errorf("%+v", c.Outputs)
	}
}

func TestCloseWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPLC(t, server(t, nil, func(w *websocket.Conn) {
			time.Sleep(time.Second)
			echo(w)
		}))
		p.connected()
		if err := p.Close(); err != nil || p.ConnectionState != tf6770.SocketNoConnection || p.CloseReason != 1000 {
			t.Errorf("%v, %+v", err, p.Outputs)
		}
	})
}
