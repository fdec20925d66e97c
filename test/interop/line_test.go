package interop

import (
	"context"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"stellwerk/internal/capture/fabricate"
	"stellwerk/internal/rig"
)

// recordedStation is the end of the station in recordings: at the port of
// the standard, so that everybody decodes them without being told.
var recordedStation = netip.MustParseAddrPort("127.0.0.1:2404")

// recordedADS is the end of an ADS device or router in recordings.
var recordedADS = netip.MustParseAddrPort("127.0.0.1:48898")

// line is a connection between a control centre and a station, with a recording
// that is judged when the test is over.
type line struct {
	*rig.Proxy
	recorder *fabricate.Recorder
	path     string
	server   netip.AddrPort // the server's end in the recording

	mu          sync.Mutex
	connections int // guarded by mu
}

// newLine puts a recording line before a station. ours says which sides are
// Stellwerk's; known are the findings that frames of the peer must have, and with
// "ours:" before them those that ours may have. keep is the name of the recording in test/captures, "" where it
// is not kept.
func newLine(t *testing.T, station, keep string, ours []fabricate.Side, known ...string) *line {
	t.Helper()
	return newRecordedLine(t, station, recordedStation, keep, func(t *testing.T, path string) { judge(t, path, ours, known) })
}

// newRecordedLine puts a recording line before a server, which the recording has
// at an address of its own, and has the recording judged.
func newRecordedLine(t *testing.T, address string, server netip.AddrPort, keep string, judge func(*testing.T, string)) *line {
	t.Helper()
	name := keep
	if name == "" {
		name = "line.pcapng"
	}
	l := &line{server: server, path: filepath.Join(t.TempDir(), name)}
	if keep != "" && *record {
		l.path = filepath.Join("..", "captures", keep)
	}
	file, err := os.Create(l.path)
	if err != nil {
		t.Fatal(err)
	}
	l.recorder = fabricate.NewRecorder(file, "stellwerk test/interop", "loopback")
	var config net.ListenConfig
	listener, err := config.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Proxy = rig.NewProxy(t, listener, func(ctx context.Context) (net.Conn, error) {
		var d net.Dialer
		conn, err := d.DialContext(ctx, "tcp", address)
		if err != nil {
			return nil, err
		}
		return l.recorded(conn), nil
	})
	t.Cleanup(func() {
		l.Close()
		if err := l.recorder.Flush(); err != nil {
			t.Error(err)
		}
		if err := file.Close(); err != nil {
			t.Error(err)
		}
		judge(t, l.path)
		if t.Failed() {
			keepRecording(t, l.path, t.Name())
		}
	})
	return l
}

// keepRecording saves the recording of a test that failed under a name.
func keepRecording(t *testing.T, path, name string) {
	octets, err := os.ReadFile(path)
	if err != nil {
		t.Error(err)
		return
	}
	kept := filepath.Join("..", "..", "bin", "interop", strings.ReplaceAll(name, "/", "-")+".pcapng")
	if err := os.WriteFile(kept, octets, 0o600); err != nil {
		t.Error(err)
		return
	}
	t.Logf("the recording is kept as %s", kept)
}

// recorded returns a connection to the station whose octets are recorded.
func (l *line) recorded(conn net.Conn) net.Conn {
	l.mu.Lock()
	defer l.mu.Unlock()
	client := netip.AddrPortFrom(l.server.Addr(), uint16(49152+l.connections))
	l.connections++
	return &recordedConn{TCPConn: conn.(*net.TCPConn), conversation: l.recorder.Conversation(client, l.server)}
}

// recordedConn records what is written to the station and read from it.
type recordedConn struct {
	*net.TCPConn

	mu           sync.Mutex
	conversation *fabricate.Conversation // guarded by mu
	over         bool                    // guarded by mu
}

// record records something unless the connection is over. A broken recording
// shows at Flush.
func (c *recordedConn) record(write func(*fabricate.Conversation)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.over {
		write(c.conversation)
	}
}

func (c *recordedConn) Read(p []byte) (int, error) {
	n, err := c.TCPConn.Read(p)
	if n > 0 {
		c.record(func(r *fabricate.Conversation) { _ = r.Send(time.Now(), fabricate.Server, p[:n]) })
	}
	return n, err
}

func (c *recordedConn) Write(p []byte) (int, error) {
	c.record(func(r *fabricate.Conversation) { _ = r.Send(time.Now(), fabricate.Client, p) })
	return c.TCPConn.Write(p)
}

func (c *recordedConn) CloseWrite() error {
	c.record(func(r *fabricate.Conversation) { _ = r.Close(time.Now(), fabricate.Client) })
	return c.TCPConn.CloseWrite()
}

func (c *recordedConn) Close() error {
	c.record(func(r *fabricate.Conversation) {
		_ = r.Close(time.Now(), fabricate.Client)
		_ = r.Close(time.Now(), fabricate.Server)
		c.over = true
	})
	return c.TCPConn.Close()
}

// Abort makes a cut of the line reset the station's side too.
func (c *recordedConn) Abort() error {
	c.record(func(r *fabricate.Conversation) {
		_ = r.Reset(time.Now(), fabricate.Client)
		c.over = true
	})
	_ = c.SetLinger(0)
	return c.TCPConn.Close()
}
