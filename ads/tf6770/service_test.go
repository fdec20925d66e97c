package tf6770_test

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
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

func TestConversation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPLC(t, nil, server(t, nil, echo))
		p.connected()
		long := strings.Repeat("0123456789", 2000)
		for _, content := range []string{"one", "", "three", long, "five"} {
			p.send(content, true, false)
		}
		p.send("\x00\xff", false, false)
		p.until("six answers", func() bool { return len(p.messages) == 6 })
		if diff := cmp.Diff([]string{"one", "", "three", long, "five", "\x00\xff"}, p.messages); diff != "" {
			t.Error(diff)
		}
		if p.kind != ws.Binary {
			t.Errorf("the last one has the kind %d", p.kind)
		}
		if code := p.write(tf6770.GroupDisconnect, nil); code != ams.NoError {
			t.Fatal(code)
		}
		p.until("not connected", func() bool { return !p.out.Connected })
		p.until("at its end", func() bool { return p.out.ConnectionState == ws.SocketNoConnection })
		if p.out.CloseReason != websocket.NormalClosure || p.out.Error || len(p.closes) != 0 {
			t.Errorf("after Disconnect: %+v, told %v", p.out, p.closes)
		}
		if code := p.write(tf6770.GroupRelease, nil); code != ams.NoError {
			t.Fatal(code)
		}
		synctest.Wait()
		if n := p.service.Clients(); n != 0 {
			t.Errorf("%d clients", n)
		}
	})
}

// S_FALSE keeps a message, and everything behind it, until it is taken.
func TestMessagesComeAgainUntilTheyAreTaken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPLC(t, nil, server(t, nil, func(w *websocket.Conn) {
			for _, text := range []string{"a", "b", "c"} {
				_ = w.Write(endless, websocket.Text, []byte(text), nil)
			}
			echo(w)
		}))
		p.answers = []ams.HRESULT{ams.False, ams.False, ams.OK, ams.False}
		p.connected()
		p.until("all three", func() bool { return p.taken == 3 })
		if got := strings.Join(p.messages, ""); got != "aaabbc" {
			t.Errorf("the messages came as %q", got)
		}
	})
}

// An answer that was lost comes again, and what was sent twice is taken once.
func TestExchangesMayBeRepeated(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPLC(t, nil, server(t, nil, echo))
		p.connected()
		request := tf6770.ExchangeRequest{Pieces: []tf6770.Piece{
			{Sequence: 1, Total: 4, Kind: ws.Text, Data: []byte("ab")},
			{Sequence: 1, Total: 4, Offset: 2, Kind: ws.Text, Data: []byte("cd")},
			{Sequence: 2, Total: 1, Kind: ws.Text, Data: []byte("e")},
		}}
		for range 3 {
			if _, code := p.exchange(&request); code != ams.NoError {
				t.Fatal(code)
			}
		}
		time.Sleep(time.Second)
		first, _ := p.exchange(&tf6770.ExchangeRequest{})
		second, _ := p.exchange(&tf6770.ExchangeRequest{})
		if !bytes.Equal(first, second) {
			t.Error("the answer differs")
		}
		p.next, p.out.Sent = 3, 2
		p.until("two messages", func() bool { return len(p.messages) >= 2 })
		p.execute()
		if diff := cmp.Diff([]string{"abcd", "e"}, p.messages); diff != "" {
			t.Error(diff)
		}
	})
}

func TestCheckProtocol(t *testing.T) {
	for name, accept := range map[string]bool{"accepted": true, "rejected": false} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := newPLC(t, nil, func(conn net.Conn) {
					w, err := websocket.Server(endless, conn, &websocket.ServerOptions{Common: websocket.Common{}, Subprotocols: []string{"plant"}})
					if err == nil {
						echo(w)
					}
				})
				asked := 0
				p.verdict = func(protocol string) bool {
					if asked++; protocol != "plant" {
						t.Errorf("asked for %q", protocol)
					}
					if p.out.Connected {
						t.Error("connected before the verdict")
					}
					return accept
				}
				if code := p.connect(true, func(in *tf6770.Parameters) { in.Protocol = "plant" }); code != ams.NoError {
					t.Fatal(code)
				}
				p.until("a verdict", func() bool { return p.out.Connected || p.out.Error })
				if p.out.Connected != accept || asked != 1 {
					t.Errorf("connected %t, asked %d times", p.out.Connected, asked)
				}
				if !accept && p.out.ConnectionState != ws.ResponseReject {
					t.Errorf("the state is %v", p.out.ConnectionState)
				}
			})
		})
	}
}

// A PLC that leaves while it is asked, or says nothing any more, holds nothing up.
func TestPLCGoesWhileItIsAsked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPLC(t, nil, func(conn net.Conn) { _, _ = websocket.Server(endless, conn, nil) })
		p.verdict = func(string) bool { return true }
		if code := p.connect(true, nil); code != ams.NoError {
			t.Fatal(code)
		}
		p.until("the question", func() bool { return p.out.Flags&tf6770.JudgeProtocol != 0 })
		if code := p.write(tf6770.GroupDisconnect, nil); code != ams.NoError {
			t.Fatal(code)
		}
		p.flags = 0
		p.until("the end", func() bool { return p.out.ConnectionState == ws.SocketNoConnection })
		p.verdict = func(string) bool { return true }
		if code := p.connect(true, nil); code != ams.NoError {
			t.Fatal(code)
		}
		time.Sleep(61 * time.Second)
		if n := p.service.Clients(); n != 0 {
			t.Errorf("%d clients after the lease", n)
		}
		if _, code := p.exchange(&tf6770.ExchangeRequest{}); code != ams.ClientUnknown {
			t.Errorf("a client that is gone: %v", code)
		}
	})
}

func TestServerCloses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPLC(t, nil, server(t, nil, func(w *websocket.Conn) {
			_ = w.Write(endless, websocket.Text, []byte("last"), nil)
			_ = w.Close(4001, "enough")
		}))
		p.answers = []ams.HRESULT{ams.False, ams.False, ams.OK}
		if code := p.connect(true, nil); code != ams.NoError {
			t.Fatal(code)
		}
		p.until("the close", func() bool { return len(p.closes) > 0 })
		for range 3 {
			p.execute()
		}
		if diff := cmp.Diff([]string{"last", "last", "last"}, p.messages); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff([]websocket.CloseCode{4001}, p.closes); diff != "" {
			t.Error(diff)
		}
		if p.out.CloseReason != 4001 || p.out.Connected {
			t.Errorf("%+v", p.out)
		}
	})
}

// A new connection drops what was not taken of the one before, and goes on.
func TestConnectAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		connections := 0
		p := newPLC(t, nil, server(t, nil, func(w *websocket.Conn) {
			connections++
			for i := range 3 {
				_ = w.Write(endless, websocket.Text, fmt.Appendf(nil, "%d.%d", connections, i), nil)
			}
			_ = w.Close(1000, "")
		}))
		for range 3 {
			p.answers = []ams.HRESULT{ams.OK, ams.False, ams.False, ams.False}
			if code := p.connect(false, nil); code != ams.NoError {
				t.Fatal(code)
			}
			p.until("a message that is held", func() bool { return p.hold })
			p.until("the end", func() bool { return !p.out.Connected && p.out.ConnectionState == ws.SocketNoConnection })
		}
		for i, message := range []string{"1.0", "2.0", "3.0"} {
			if !slices.Contains(p.messages, message) || slices.Contains(p.messages, fmt.Sprintf("%d.2", i+1)) && i < 2 {
				t.Errorf("%q came", p.messages)
			}
		}
	})
}

// An error of OnWebSocketMessage ends the connection with 1011.
func TestMessageThatCannotBeProcessed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ended := make(chan error, 1)
		p := newPLC(t, nil, server(t, nil, func(w *websocket.Conn) {
			_ = w.Write(endless, websocket.Text, []byte("bad"), nil)
			_, err := w.Read(endless)
			ended <- err
		}))
		p.answers = []ams.HRESULT{ams.InvalidData.HRESULT()}
		p.connected()
		p.until("the end", func() bool { return p.out.Error })
		if p.out.ConnectionState != ws.InternalError {
			t.Errorf("the state is %v", p.out.ConnectionState)
		}
		closed, ok := errors.AsType[*websocket.CloseError](<-ended)
		if !ok || closed.Code != 1011 {
			t.Errorf("the server was told %+v", closed)
		}
	})
}

func TestSendMessageRefuses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPLC(t, nil, server(t, nil, echo))
		p.send("too early", true, false)
		p.execute()
		if !p.out.Error || p.out.Sent != 1 {
			t.Errorf("without a connection: %+v", p.out)
		}
		p.connected()
		p.send("\xff", true, false)
		p.execute()
		if code, _ := p.out.ErrorCode.ReturnCode(); !p.out.Error || code != ams.InvalidData {
			t.Errorf("text that is none: %+v", p.out)
		}
		p.sendRoom = 1 << 20
		p.send(strings.Repeat("x", ws.DefaultMaxQueue+1), true, false)
		p.until("all pieces", func() bool { return len(p.outbox) == 0 })
		if code, _ := p.out.ErrorCode.ReturnCode(); !p.out.Error || code != ams.InvalidSize {
			t.Errorf("a message that is too long: %+v", p.out)
		}
		p.send("fine", true, false)
		p.until("the echo", func() bool { return len(p.messages) == 1 })
		if p.out.Error || p.messages[0] != "fine" {
			t.Errorf("%+v, %q", p.out, p.messages)
		}
	})
}

// While the server does not read, a PLC that sends is held up, and loses nothing.
func TestFullQueueIsWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		read := make(chan struct{})
		var got atomic.Int32
		p := newPLC(t, nil, server(t, nil, func(w *websocket.Conn) {
			<-read
			for {
				if _, err := w.Read(endless); err != nil {
					return
				}
				got.Add(1)
			}
		}))
		if code := p.connect(true, func(in *tf6770.Parameters) { in.KeepAlive = false }); code != ams.NoError {
			t.Fatal(code)
		}
		p.until("connected", func() bool { return p.out.Connected })
		p.sendRoom = 1 << 20
		for range 10 {
			p.send(strings.Repeat("x", 1<<20), true, false)
		}
		for range 50 {
			p.execute()
			time.Sleep(10 * time.Millisecond)
			if p.out.Error {
				t.Fatalf("waiting is no error: %+v", p.out)
			}
		}
		if p.out.Flags&tf6770.SendLater == 0 || len(p.outbox) == 0 {
			t.Errorf("not held up: %+v, %d pieces left", p.out, len(p.outbox))
		}
		close(read)
		p.until("all sent", func() bool { return p.out.Sent == 10 })
		time.Sleep(time.Second)
		if got.Load() != 10 {
			t.Errorf("%d messages arrived", got.Load())
		}
	})
}

func TestPermissions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var refused []string
		note := func(_ ams.Address, err error) { refused = append(refused, err.Error()) }
		closed := tf6770.NewService(&tf6770.Options{Refused: note})
		defer func() { _ = closed.Close() }()
		p := newPLC(t, &tf6770.Options{Refused: note, Certificates: t.TempDir()}, server(t, nil, echo))
		open := p.service
		p.service = closed
		p.open()
		if code := p.connect(true, nil); code != ams.DeviceAccessDenied {
			t.Errorf("a service that permits nothing: %v", code)
		}
		if code := p.connect(true, func(in *tf6770.Parameters) { in.TLS.CA = "/etc/passwd" }); code != ams.DeviceAccessDenied {
			t.Errorf("a file without a folder: %v", code)
		}
		if len(refused) != 2 || !strings.Contains(refused[0], "no hosts") || !strings.Contains(refused[1], "no folder") {
			t.Errorf("told %q", refused)
		}
		p.service = open
		p.open()
		stranger := ams.Address{NetID: address.NetID, Port: address.Port + 1}
		request := command.WriteRequest{Index: command.Index{Group: tf6770.GroupRelease, Offset: p.handle}}
		if code := p.service.Write(stranger, request); code != ams.DeviceAccessDenied {
			t.Errorf("another program's client: %v", code)
		}
		if code := p.connect(true, func(in *tf6770.Parameters) { in.TLS.CA = `C:\keys\..` }); code != ams.DeviceAccessDenied {
			t.Errorf("a name that leads out: %v", code)
		}
	})
}

// Of the name of a file only its end counts, and what is not there has the
// status for that.
func TestCertificates(t *testing.T) {
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "ca.pem"), []byte("no certificate"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("/etc/hostname", filepath.Join(folder, "link.pem")); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]ws.Status{
		`C:\TwinCAT\3.1\Config\Certificates\ca.pem`: ws.TLSCAInvalid,
		"../../other.pem": ws.TLSCANotFound,
	} {
		synctest.Test(t, func(t *testing.T) {
			p := newPLC(t, &tf6770.Options{Certificates: folder}, server(t, nil, echo))
			if code := p.connect(true, func(in *tf6770.Parameters) { in.TLS.CA = name }); code != ams.NoError {
				t.Fatal(code)
			}
			p.until("a failure", func() bool { return p.out.Error })
			if p.out.ConnectionState != want {
				t.Errorf("%s: %v", name, p.out.ConnectionState)
			}
			if code := p.connect(true, func(in *tf6770.Parameters) { in.TLS.CA = "link.pem" }); code != ams.DeviceAccessDenied {
				t.Errorf("a link out of the folder: %v", code)
			}
		})
	}
}

// Parameters count when they are to be read anew, and never else. Those that count
// are to be permitted.
func TestReconfig(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		paths := make(chan string, 3)
		options := &websocket.ServerOptions{CheckRequest: func(r *http.Request) error { paths <- r.URL.Path; return nil }}
		dial := dialled(t, server(t, options, func(w *websocket.Conn) { _ = w.Close(1000, "") }))
		var asked []string
		p := newPLC(t, &tf6770.Options{Permit: func(plc ams.Address, in *tf6770.Parameters) error {
			asked = append(asked, in.URI)
			return dial.Permit(plc, in)
		}}, nil)
		for _, step := range []struct {
			uri      string
			reconfig bool
			want     string
		}{{"/a", false, "/a"}, {"/b", false, "/a"}, {"/c", true, "/c"}} {
			if code := p.connect(step.reconfig, func(in *tf6770.Parameters) { in.URI = step.uri }); code != ams.NoError {
				t.Fatal(code)
			}
			p.closes = nil
			p.until("the close", func() bool { return len(p.closes) > 0 })
			p.until("the end", func() bool { return !p.out.Connected && p.out.ConnectionState != ws.FinalizeDisconnect })
			if got := <-paths; got != step.want {
				t.Errorf("Connect(%t) with %s has asked for %s", step.reconfig, step.uri, got)
			}
		}
		if want := []string{"/a", "/a", "/c"}; !slices.Equal(asked, want) {
			t.Errorf("to be permitted were %q, want %q", asked, want)
		}
		if status := p.service.Status(); len(status) != 1 || status[0].Name != "MAIN.fbClient" || status[0].PLC != address {
			t.Errorf("status %+v", status)
		}
	})
}

func TestRequestsThatAreWrong(t *testing.T) {
	p := newPLC(t, nil, server(t, nil, echo))
	for name, test := range map[string]struct {
		request command.ReadWriteRequest
		want    ams.ReturnCode
	}{
		"another version":   {command.ReadWriteRequest{Index: command.Index{Group: tf6770.GroupOpen, Offset: 2}, ReadLength: 4}, ams.InvalidOffset},
		"no room":           {command.ReadWriteRequest{Index: command.Index{Group: tf6770.GroupOpen, Offset: 1}, ReadLength: 3}, ams.InvalidSize},
		"a long name":       {command.ReadWriteRequest{Index: command.Index{Group: tf6770.GroupOpen, Offset: 1}, ReadLength: 4, Data: make([]byte, 256)}, ams.InvalidParameter},
		"another group":     {command.ReadWriteRequest{Index: command.Index{Group: tf6770.GroupConnect, Offset: p.handle}}, ams.InvalidGroup},
		"another client":    {command.ReadWriteRequest{Index: command.Index{Group: tf6770.GroupExchange, Offset: 99}, ReadLength: 512, Data: make([]byte, 12)}, ams.ClientUnknown},
		"no request":        {command.ReadWriteRequest{Index: command.Index{Group: tf6770.GroupExchange, Offset: p.handle}, ReadLength: 512}, ams.InvalidData},
		"no room, exchange": {command.ReadWriteRequest{Index: command.Index{Group: tf6770.GroupExchange, Offset: p.handle}, ReadLength: 31, Data: make([]byte, 12)}, ams.InvalidSize},
	} {
		if _, code := p.service.ReadWrite(address, test.request); code != test.want {
			t.Errorf("%s: %v, want %v", name, code, test.want)
		}
	}
	for name, piece := range map[string]tf6770.Piece{
		"a number left out": {Sequence: 3, Total: 1, Kind: ws.Text, Data: []byte("x")},
		"begins later":      {Sequence: 1, Total: 9, Offset: 5, Kind: ws.Text, Data: []byte("x")},
		"longer than it is": {Sequence: 1, Total: 1, Kind: ws.Text, Data: []byte("xx")},
		"of no kind":        {Sequence: 1, Total: 1, Kind: 7, Data: []byte("x")},
	} {
		if _, code := p.exchange(&tf6770.ExchangeRequest{Pieces: []tf6770.Piece{piece}}); code != ams.InvalidData {
			t.Errorf("%s: %v", name, code)
		}
	}
	for name, data := range map[string][]byte{
		"no flags": {1, 2}, "cut off": {0, 0, 0, 0, 1, 0, 9, 0, 'x'}, "unknown": {0, 0, 0, 0, 99, 0, 0, 0},
		"wrong length": {0, 0, 0, 0, 2, 0, 1, 0, 80}, "no text": {0, 0, 0, 0, 1, 0, 1, 0, 0xff},
	} {
		if code := p.write(tf6770.GroupConnect, data); code != ams.InvalidParameter && code != ams.InvalidSize {
			t.Errorf("%s: %v", name, code)
		}
	}
}

func TestClientsAreBounded(t *testing.T) {
	p := newPLC(t, &tf6770.Options{MaxClients: 2}, server(t, nil, echo))
	p.open()
	_, code := p.service.ReadWrite(address, command.ReadWriteRequest{Index: command.Index{Group: tf6770.GroupOpen, Offset: 1}, ReadLength: 4})
	if code != ams.NoMoreHandles {
		t.Errorf("a third of two: %v", code)
	}
}
