package main

import (
	"encoding/binary"
	"errors"
	"net"
	"net/netip"
	"os"
	"sync"
	"time"

	"stellwerk/ads"
	"stellwerk/ads/ams"
	"stellwerk/internal/capture/fabricate"
)

// adsTape writes the frames of connections to the file of -w. All methods are
// safe for concurrent use, and do nothing without a file.
type adsTape struct {
	name string

	mu       sync.Mutex
	file     *os.File // nil without -w; guarded by mu
	recorder *fabricate.Recorder
	talk     *fabricate.Conversation // of the present connection; guarded by mu
	framing  ams.Framing             // of it; guarded by mu
	failed   error                   // of the file; guarded by mu
}

// newADSTape creates the file, where one is named.
func newADSTape(name string) (*adsTape, error) {
	t := &adsTape{name: name}
	if name == "" {
		return t, nil
	}
	file, err := os.Create(name) //nolint:gosec // the user names the file
	if err != nil {
		return nil, unwritable(name, err)
	}
	t.file, t.recorder = file, fabricate.NewRecorder(file, "stellwerk "+programVersion(), "ads")
	return t, nil
}

// connected begins a connection that we have made, and ends the one before.
func (t *adsTape) connected(conn net.Conn, framing ams.Framing) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.end()
	if t.file == nil {
		return
	}
	server := endpoint(conn.RemoteAddr())
	if framing == ams.Bare {
		// What TLS carries is written as what it would be without.
		server = netip.AddrPortFrom(server.Addr(), ams.TCPPort)
	}
	t.framing = framing
	t.talk = t.recorder.Conversation(endpoint(conn.LocalAddr()), server)
	t.keep(t.talk.Open(time.Now()))
}

// frame takes a frame of the present connection.
func (t *adsTape) frame(f ads.ClientFrame) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.talk == nil {
		return
	}
	side := fabricate.Client
	if !f.Sent {
		side = fabricate.Server
	}
	octets := f.Octets
	if t.framing == ams.Bare {
		octets = binary.LittleEndian.AppendUint32(make([]byte, 2, 6+len(f.Octets)), uint32(len(f.Octets)))
		octets = append(octets, f.Octets...)
	}
	t.keep(t.talk.Send(f.Time, side, octets))
}

// end ends the present connection. It needs the lock.
func (t *adsTape) end() {
	if t.talk == nil {
		return
	}
	now := time.Now()
	t.keep(errors.Join(t.talk.Close(now, fabricate.Client), t.talk.Close(now, fabricate.Server)))
	t.talk = nil
}

// keep remembers the first error of the file. It needs the lock.
func (t *adsTape) keep(err error) {
	if t.failed == nil {
		t.failed = err
	}
}

// close ends the file. The error is the first one about it.
func (t *adsTape) close() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.file == nil {
		return nil
	}
	t.end()
	t.keep(t.recorder.Flush())
	t.keep(t.file.Close())
	t.file = nil
	if t.failed != nil {
		return unwritable(t.name, t.failed)
	}
	return nil
}
