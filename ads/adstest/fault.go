package adstest

import (
	"net"
	"slices"
	"sync"
	"time"

	"stellwerk/ads/ams"
)

// Fault is what happens to a frame on its way. The zero Fault is nothing.
type Fault struct {
	Drop  bool           // it is lost
	Delay time.Duration  // it, and what is behind it, comes later
	Twice bool           // it comes twice
	Error ams.ReturnCode // an answer has this AMS error, and no data
	Close bool           // the connection is closed in its place
}

// SetFaults has f decide about every frame, in both directions; nil lets all of
// them pass. It is called by several goroutines at once, and must keep nothing of
// the frame's data.
func (p *PLC) SetFaults(f func(ams.Frame) Fault) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.faults = f
}

// Once returns a function for [PLC.SetFaults] that does the fault to the first
// count answers to a command, or with command 0 to any answer, and none to all
// others.
func Once(command ams.Command, count int, fault Fault) func(ams.Frame) Fault {
	var mu sync.Mutex
	return func(f ams.Frame) Fault {
		if !f.IsResponse() || command != 0 && f.Command != command {
			return Fault{}
		}
		mu.Lock()
		defer mu.Unlock()
		if count == 0 {
			return Fault{}
		}
		count--
		return fault
	}
}

func (p *PLC) fault(f ams.Frame) Fault {
	p.mu.Lock()
	faults := p.faults
	p.mu.Unlock()
	if faults == nil {
		return Fault{}
	}
	return faults(f)
}

// line is a connection: pumps carry frames between its two pipes.
type line struct {
	plc       *PLC
	near, far net.Conn // to the client, to the server
	done      chan struct{}
	once      sync.Once
}

// connect makes a connection and returns its client's end.
func (p *PLC) connect() (net.Conn, error) {
	client, near := net.Pipe()
	far, server := net.Pipe()
	if _, err := p.Server.ServeConn(server); err != nil {
		_ = client.Close() // pipes close without errors
		_ = near.Close()
		_ = far.Close()
		return nil, err
	}
	l := &line{plc: p, near: near, far: far, done: make(chan struct{})}
	p.mu.Lock()
	p.lines[l] = struct{}{}
	p.mu.Unlock()
	p.work.Go(func() { l.pump(l.near, l.far) })
	p.work.Go(func() { l.pump(l.far, l.near) })
	return client, nil
}

// close ends a connection.
func (l *line) close() {
	l.once.Do(func() {
		close(l.done)
		_ = l.near.Close() // pipes close without errors
		_ = l.far.Close()
		l.plc.mu.Lock()
		delete(l.plc.lines, l)
		l.plc.mu.Unlock()
	})
}

// pump carries what comes until the connection ends.
func (l *line) pump(from, to net.Conn) {
	defer l.close()
	reader := ams.NewReader(from, ams.OverTCP, 0)
	for {
		packet, err := reader.Next()
		if err != nil {
			return
		}
		var out []byte
		copies := 1
		if packet.Command == ams.TCPFrame {
			f := packet.Frame
			fault := l.plc.fault(f)
			if fault.Delay > 0 && !l.wait(fault.Delay) || fault.Close {
				return
			}
			if fault.Error != ams.NoError && f.IsResponse() {
				f.Error, f.Data = fault.Error, nil
			}
			if fault.Drop {
				copies = 0
			} else if fault.Twice {
				copies = 2
			}
			out = f.Append(nil, ams.OverTCP)
		} else {
			out = ams.TCPHeader{Command: packet.Command, Length: uint32(len(packet.Body))}.Append(nil)
			out = append(out, packet.Body...)
		}
		if _, err := to.Write(slices.Repeat(out, copies)); err != nil {
			return
		}
	}
}

// wait waits unless the connection ends.
func (l *line) wait(d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-l.done:
		return false
	}
}
