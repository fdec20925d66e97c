package ads

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"stellwerk/ads/ams"
)

// MaxDatagram is how many octets an AMS frame in a datagram can have, its header
// included: what UDP over IPv4 carries.
const MaxDatagram = 65507

// Bounds of a listener for datagrams.
const (
	datagramPeers = 1024             // at the same time; others are not heard
	datagramInbox = 256              // datagrams of a peer that wait; others are lost, as UDP may do
	datagramWait  = 16 << 20         // octets of all peers that wait, as sender addresses can be forged
	datagramIdle  = 60 * time.Second // after which a silent peer is forgotten
)

// stateFlagsAt is where the state flags stand in an AMS header.
const stateFlagsAt = 18

// datagrams cuts a stream of AMS frames into datagrams, one for each frame, with
// the flag for UDP set.
type datagrams struct {
	rest []byte
	send func(frame []byte) error
}

// write takes a part of the stream. After an error the stream cannot go on.
func (d *datagrams) write(p []byte) error {
	d.rest = append(d.rest, p...)
	for len(d.rest) >= ams.HeaderLength {
		h, err := ams.DecodeHeader(d.rest)
		if err != nil {
			return err
		}
		length := ams.HeaderLength + uint64(h.Length)
		if length > MaxDatagram {
			return &Error{Op: "write", Err: fmt.Errorf("an AMS frame with %d octets does not go into a datagram, which has %d at most", length, MaxDatagram)}
		}
		if uint64(len(d.rest)) < length {
			return nil
		}
		frame := d.rest[:length]
		flags := ams.StateFlags(binary.LittleEndian.Uint16(frame[stateFlagsAt:])) | ams.UDP
		binary.LittleEndian.PutUint16(frame[stateFlagsAt:], uint16(flags))
		if err := d.send(frame); err != nil {
			return err
		}
		d.rest = d.rest[:copy(d.rest, d.rest[length:])]
	}
	return nil
}

// wholeFrame reports whether a datagram is an AMS frame.
func wholeFrame(datagram []byte) bool {
	_, err := ams.DecodeFrame(datagram)
	return err == nil
}

// datagramConn is a connection whose frames travel in datagrams.
type datagramConn struct {
	net.Conn
	writing sync.Mutex
	out     datagrams // guarded by writing

	buffer []byte // used by Read alone, as is what follows
	left   []byte
}

// NewDatagramConn returns a connection for [NewClient] that has its frames in
// datagrams of a connected socket, such as net.Dial makes for "udp". The client's
// framing is to be [ams.Bare]. Datagrams that are no AMS frame are passed over. A
// datagram may be lost: a request whose answer does not come has [ErrTimeout].
// Frames are up to [MaxDatagram] octets long.
func NewDatagramConn(conn net.Conn) net.Conn {
	c := &datagramConn{Conn: conn, buffer: make([]byte, MaxDatagram+1)}
	c.out.send = func(frame []byte) error {
		_, err := conn.Write(frame)
		return err
	}
	return c
}

// Read reads octets of frames.
func (c *datagramConn) Read(p []byte) (int, error) {
	for len(c.left) == 0 {
		n, err := c.Conn.Read(c.buffer)
		if err != nil {
			return 0, err
		}
		if wholeFrame(c.buffer[:n]) {
			c.left = c.buffer[:n]
		}
	}
	n := copy(p, c.left)
	c.left = c.left[n:]
	return n, nil
}

// Write sends the frames that are complete with these octets.
func (c *datagramConn) Write(p []byte) (int, error) {
	c.writing.Lock()
	defer c.writing.Unlock()
	if err := c.out.write(p); err != nil {
		return 0, err
	}
	return len(p), nil
}

// DatagramListener is a [net.Listener] whose connections are the peers that send
// AMS frames in datagrams. It is for [Server.Serve] of a server with the framing
// [ams.Bare]. A peer that says nothing for a minute is forgotten; at most 1024 are
// known at a time, and what comes faster than it is answered is lost: of a peer
// 256 datagrams wait, and of all together 16 MiB. All methods are safe for
// concurrent use.
type DatagramListener struct {
	socket net.PacketConn
	peers  chan net.Conn
	done   chan struct{}
	ends   sync.WaitGroup
	wait   atomic.Int64 // octets in all inboxes

	mu     sync.Mutex
	known  map[string]*datagramPeer // by address; guarded by mu
	closed bool                     // guarded by mu
}

// datagramPeer is one who sends datagrams.
type datagramPeer struct {
	net.Conn // the server's end of a pipe
	listener *DatagramListener
	remote   net.Addr
	inside   net.Conn // our end of it
	inbox    chan []byte
	once     sync.Once
	gone     chan struct{}
}

// ListenDatagrams begins to listen on a socket, such as net.ListenPacket makes for
// "udp". [DatagramListener.Close] closes it.
func ListenDatagrams(socket net.PacketConn) *DatagramListener {
	l := &DatagramListener{
		socket: socket, peers: make(chan net.Conn, 16), done: make(chan struct{}), known: make(map[string]*datagramPeer),
	}
	l.ends.Go(l.receive)
	return l
}

// receive hands datagrams to their peers.
func (l *DatagramListener) receive() {
	buffer := make([]byte, MaxDatagram+1)
	for {
		n, remote, err := l.socket.ReadFrom(buffer)
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			select {
			case <-l.done:
				return
			case <-time.After(10 * time.Millisecond): // such as one that a peer has caused, or that stays
			}
			continue
		}
		if !wholeFrame(buffer[:n]) {
			continue
		}
		if p := l.peer(remote); p != nil {
			l.deliver(p, buffer[:n])
		}
	}
}

// deliver puts a copy of a datagram into an inbox. Without room it is lost, as
// datagrams may be. Only receive adds to what waits.
func (l *DatagramListener) deliver(p *datagramPeer, datagram []byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.known[p.remote.String()] != p || l.wait.Load()+int64(len(datagram)) > datagramWait {
		return
	}
	l.wait.Add(int64(len(datagram)))
	select {
	case p.inbox <- append([]byte(nil), datagram...):
	default:
		l.wait.Add(-int64(len(datagram)))
	}
}

// peer returns who sends from an address, nil where there are too many.
func (l *DatagramListener) peer(remote net.Addr) *datagramPeer {
	l.mu.Lock()
	defer l.mu.Unlock()
	key := remote.String()
	if p := l.known[key]; p != nil {
		return p
	}
	if l.closed || len(l.known) >= datagramPeers {
		return nil
	}
	outside, inside := net.Pipe()
	p := &datagramPeer{
		Conn: outside, listener: l, remote: remote, inside: inside,
		inbox: make(chan []byte, datagramInbox), gone: make(chan struct{}),
	}
	select {
	case l.peers <- p:
	default: // nobody accepts so fast
		return nil
	}
	l.known[key] = p
	l.ends.Go(p.in)
	l.ends.Go(p.out)
	return p
}

// in hands what has come to the server.
func (p *datagramPeer) in() {
	defer func() { _ = p.Close() }()
	idle := time.NewTimer(datagramIdle)
	defer idle.Stop()
	for {
		select {
		case frame := <-p.inbox:
			p.listener.wait.Add(-int64(len(frame)))
			if _, err := p.inside.Write(frame); err != nil {
				return
			}
			idle.Reset(datagramIdle)
		case <-idle.C:
			return
		case <-p.gone:
			return
		}
	}
}

// out sends what the server answers.
func (p *datagramPeer) out() {
	defer func() { _ = p.Close() }()
	out := datagrams{send: func(frame []byte) error {
		_, err := p.listener.socket.WriteTo(frame, p.remote)
		return err
	}}
	buffer := make([]byte, 16<<10)
	for {
		n, err := p.inside.Read(buffer)
		if err != nil || out.write(buffer[:n]) != nil {
			return
		}
	}
}

// Close forgets the peer.
func (p *datagramPeer) Close() error {
	p.once.Do(func() {
		close(p.gone)
		_ = p.inside.Close() // a pipe has no errors
		_ = p.Conn.Close()
		p.listener.mu.Lock()
		defer p.listener.mu.Unlock()
		delete(p.listener.known, p.remote.String())
		for {
			select {
			case frame := <-p.inbox: // nobody will take it
				p.listener.wait.Add(-int64(len(frame)))
				continue
			default:
			}
			return
		}
	})
	return nil
}

// RemoteAddr is the address that the datagrams come from.
func (p *datagramPeer) RemoteAddr() net.Addr { return p.remote }

// LocalAddr is the address of the socket.
func (p *datagramPeer) LocalAddr() net.Addr { return p.listener.socket.LocalAddr() }

// Accept waits for a peer that is not known yet.
func (l *DatagramListener) Accept() (net.Conn, error) {
	select {
	case p := <-l.peers:
		return p, nil
	case <-l.done:
		return nil, net.ErrClosed
	}
}

// Addr is the address of the socket.
func (l *DatagramListener) Addr() net.Addr { return l.socket.LocalAddr() }

// Close closes the socket, forgets all peers and waits until nothing is left in
// the background.
func (l *DatagramListener) Close() error {
	l.mu.Lock()
	if l.closed {
		l.mu.Unlock()
		return net.ErrClosed
	}
	l.closed = true
	var peers []*datagramPeer
	for _, p := range l.known {
		peers = append(peers, p)
	}
	l.mu.Unlock()
	close(l.done)
	err := l.socket.Close()
	for _, p := range peers {
		_ = p.Close() // always nil
	}
	l.ends.Wait()
	return err
}
