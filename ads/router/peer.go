package router

import (
	"errors"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"stellwerk/ads/ams"
)

// peerKind is what a connection leads to.
type peerKind uint8

const (
	stranger peerKind = iota // nothing has come yet
	program                  // of this machine
	machine                  // has connected to us
	target                   // we have connected to it, or are about to
)

// farewell is how long a connection may take what it is told in the end.
const farewell = time.Second

// chunk is how much is sent at once, within [Limits.Write].
const chunk = 64 << 10

// spare is how much memory a connection keeps for what is to be sent.
const spare = 256 << 10

// peer is a connection.
type peer struct {
	router  *Router
	name    string
	framing ams.Framing
	out     outbox
	pending pending
	counted counters
	since   time.Time
	proven  ams.NetID // by TLS, zero without
	home    *link     // of a target
	calm    bool      // it may be silent at first

	kind atomic.Uint32 // a peerKind, set once

	// Guarded by router.mu.
	ports     map[ams.Port]struct{}    // of a program
	netIDs    map[ams.NetID]struct{}   // of a machine
	addresses map[ams.Address]struct{} // of a machine, those that are learned

	orphans map[orphan]time.Time // of the goroutine that reads

	mu       sync.Mutex
	conn     net.Conn // of a target, nil until it is there; guarded by mu then
	reason   error    // why it has ended; guarded by mu
	deadline time.Time
}

func (r *Router) newPeer(conn net.Conn, framing ams.Framing) *peer {
	p := &peer{
		router: r, conn: conn, framing: framing, since: time.Now(),
		out: newOutbox(framing, &r.options.Limits, &r.memory), pending: newPending(&r.options.Limits, &r.memory),
	}
	if conn != nil {
		p.name = peerName(conn)
	}
	return p
}

// peerName is the address of the other end.
func peerName(conn net.Conn) string {
	if addr := conn.RemoteAddr(); addr != nil {
		return addr.String()
	}
	return "memory"
}

func (p *peer) is(kind peerKind) bool { return peerKind(p.kind.Load()) == kind }
func (p *peer) program() bool         { return p.is(program) }

// become decides what the connection leads to, once.
func (p *peer) become(kind peerKind) bool {
	return p.kind.CompareAndSwap(uint32(stranger), uint32(kind)) || p.is(kind)
}

// read handles what comes until it ends, and returns why.
func (p *peer) read() error {
	r := p.router
	reader := ams.NewReader(p.conn, p.framing, r.options.Limits.Data)
	first := !p.calm
	if first {
		_ = p.conn.SetReadDeadline(time.Now().Add(r.options.Limits.FirstPacket)) // the first read tells
	}
	var packet ams.Packet // one for all, as it is handed on
	for {
		var err error
		if packet, err = reader.Next(); err != nil {
			if first && timedOut(err) {
				err = fmt.Errorf("nothing came within %v", r.options.Limits.FirstPacket)
			}
			return err
		}
		if first {
			first = false
			_ = p.conn.SetReadDeadline(time.Time{}) // the next read tells
		}
		p.counted.received.Add(1)
		if packet.Command == ams.TCPFrame {
			err = r.handle(p, &packet.Frame)
		} else {
			err = r.talk(p, packet)
		}
		if err != nil {
			return err
		}
	}
}

func timedOut(err error) bool {
	t, ok := errors.AsType[net.Error](err)
	return ok && t.Timeout()
}

// write sends what waits until nothing will come any more.
func (p *peer) write() {
	var empty []byte
	for range p.out.wake {
		data, more := p.out.take(empty)
		err := p.send(data)
		p.out.written(data)
		if err != nil {
			p.abort(err)
			return
		}
		if !more {
			_ = p.conn.Close() // nothing was left to say
			return
		}
		if empty = data[:0]; cap(empty) > spare {
			empty = nil
		}
	}
}

func (p *peer) send(data []byte) error {
	for len(data) > 0 {
		part := data[:min(len(data), chunk)]
		until := time.Now().Add(p.router.options.Limits.Write)
		p.mu.Lock()
		if !p.deadline.IsZero() && p.deadline.Before(until) {
			until = p.deadline
		}
		_ = p.conn.SetWriteDeadline(until) // the write tells
		p.mu.Unlock()
		if _, err := p.conn.Write(part); err != nil {
			if timedOut(err) {
				err = fmt.Errorf("it takes nothing: %w", err)
			}
			return err
		}
		data = data[len(part):]
	}
	return nil
}

// attach gives a target its connection, unless it has been given up meanwhile.
func (p *peer) attach(conn net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.reason != nil {
		_ = conn.Close()
		return false
	}
	p.conn = conn
	return true
}

// abort ends the connection. The first reason counts.
func (p *peer) abort(reason error) {
	p.mu.Lock()
	if p.reason == nil {
		p.reason = reason
	}
	conn := p.conn
	p.mu.Unlock()
	p.out.discard()
	if conn != nil {
		_ = conn.Close() // the reason is known
	}
}

// drain ends the connection when what waits has been sent, within a second.
func (p *peer) drain(reason error) {
	p.mu.Lock()
	if p.reason == nil {
		p.reason = reason
	}
	p.deadline = time.Now().Add(farewell)
	if p.conn != nil {
		_ = p.conn.SetWriteDeadline(p.deadline) // of what is being sent now
	}
	p.mu.Unlock()
	p.out.close()
}

func (p *peer) why() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.reason
}

// leave takes a program or a machine out of all tables, and answers those who
// wait for it.
func (r *Router) leave(p *peer) {
	r.mu.Lock()
	delete(r.peers, p)
	for port := range p.ports {
		delete(r.ports, port)
	}
	for address := range p.addresses {
		if r.learned[address] == p {
			delete(r.learned, address)
		}
	}
	r.memory.release(len(p.addresses) * noteOctets)
	p.addresses = nil
	for id := range p.netIDs {
		r.disconnectMachine(id, p)
	}
	released := p.ports
	p.ports = nil
	r.mu.Unlock()

	code := ams.TargetMachineNotFound
	if p.program() {
		code = ams.TargetPortNotFound
	}
	r.abandon(p, code)
	for port := range released {
		r.trace(Event{Kind: PortReleased, Peer: p.name, Port: port})
	}
	kind := ConnectionClosed
	if p.is(stranger) {
		kind = ConnectionRefused
	}
	r.trace(Event{Kind: kind, Peer: p.name, Err: p.why()})
}

// abandon answers those who wait for a connection that has ended.
func (r *Router) abandon(p *peer, code ams.ReturnCode) {
	for _, a := range p.pending.close() {
		for range a.times {
			if a.origin != nil {
				r.refuse(a.origin, &ams.Frame{Header: a.header}, code)
			}
		}
	}
}
