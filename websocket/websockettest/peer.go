package websockettest

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"time"

	"stellwerk/websocket"
	"stellwerk/websocket/frame"
)

// Role is a part in a connection.
type Role uint8

// The roles.
const (
	ClientRole Role = iota + 1
	ServerRole
)

// String returns "client" or "server".
func (r Role) String() string {
	if r == ServerRole {
		return "server"
	}
	return "client"
}

// Other returns the role of the peer.
func (r Role) Other() Role {
	if r == ServerRole {
		return ClientRole
	}
	return ServerRole
}

// Frame is a frame whose every bit is free.
type Frame struct {
	// Header's Masked and Key are set by [Peer.Send], and its Length is that of
	// the payload, where Part is not set.
	Header  frame.Header
	Payload []byte // without mask
	// Part keeps the length of Header, whatever the payload has: what is sent
	// is a part of a frame.
	Part bool
	// LengthOctets is how many octets the extended length has: 2 or 8, though a
	// shorter form would do. Zero is the shortest form.
	LengthOctets int
	// WrongMask masks where the role must not, and does not where it must (5.1).
	WrongMask bool
}

// maxPayload is the longest payload that a Peer takes.
const maxPayload = 64 << 20

// Peer is an end of a connection that sends what it is told to and is strict
// about what it gets. One goroutine receives at a time, any number may send. It
// does nothing by itself: no pong, no close frame.
type Peer struct {
	// Trace, where it is set before the first frame, sees every frame, both
	// ways, possibly at the same time.
	Trace func(websocket.Frame)

	conn net.Conn
	role Role
	in   *bufio.Reader

	continued  bool // a message is on its way here
	compressed bool // compression was agreed on

	mu   sync.Mutex // guards keys and the order of frames
	keys uint32
}

// NewPeer returns the end of a connection that has a role, before or after the
// handshake. It does no I/O. Deadlines are those of the connection.
func NewPeer(conn net.Conn, role Role) *Peer {
	return &Peer{conn: conn, role: role, in: bufio.NewReader(conn)}
}

// Conn returns the connection.
func (p *Peer) Conn() net.Conn { return p.conn }

// Send sends frames, all with one write.
func (p *Peer) Send(frames ...Frame) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	var octets []byte
	for _, f := range frames {
		octets = p.lay(octets, f)
	}
	_, err := p.conn.Write(octets)
	return err
}

// SendRaw sends octets as they are.
func (p *Peer) SendRaw(octets []byte) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	_, err := p.conn.Write(octets)
	return err
}

// Lay returns the octets that Send would send.
func (p *Peer) Lay(frames ...Frame) []byte {
	p.mu.Lock()
	defer p.mu.Unlock()
	var octets []byte
	for _, f := range frames {
		octets = p.lay(octets, f)
	}
	return octets
}

// lay appends a frame. The caller holds mu.
func (p *Peer) lay(dst []byte, f Frame) []byte {
	h := f.Header
	if !f.Part {
		h.Length = int64(len(f.Payload))
	}
	h.Masked, h.Key = (p.role == ClientRole) != f.WrongMask, [4]byte{}
	if h.Masked {
		p.keys += 0x9e3779b9 // another key for every frame, the same ones in every run
		h.Key = [4]byte{byte(p.keys >> 24), byte(p.keys >> 16), byte(p.keys >> 8), byte(p.keys)}
	}
	if p.Trace != nil {
		p.Trace(websocket.Frame{Time: time.Now(), Sent: true, Header: h, Payload: f.Payload})
	}
	begin := len(dst)
	dst = h.Append(dst)
	if f.LengthOctets != 0 {
		dst = lengthen(dst, begin, h, f.LengthOctets)
	}
	at := len(dst)
	dst = append(dst, f.Payload...)
	if h.Masked {
		frame.Mask(dst[at:], h.Key, 0)
	}
	return dst
}

// lengthen writes the length of the header at begin in a longer form.
func lengthen(dst []byte, begin int, h frame.Header, octets int) []byte {
	length := binary.BigEndian.AppendUint64(nil, uint64(h.Length))[8-octets:]
	form := byte(126)
	if octets == 8 {
		form = 127
	}
	if h.Masked {
		form |= 0x80
	}
	dst = append(dst[:begin+1], form)
	dst = append(dst, length...)
	if h.Masked {
		dst = append(dst, h.Key[:]...)
	}
	return dst
}

// Receive returns the next frame, without mask. Anything about it that breaks
// the standard is an error that wraps [frame.ErrProtocol] or [frame.ErrPayload];
// the end of the connection is [io.EOF] between frames and
// [io.ErrUnexpectedEOF] within one.
func (p *Peer) Receive() (Frame, error) {
	h, err := p.header()
	if err != nil {
		return Frame{Header: h}, err
	}
	if err := h.Check(frame.Rules{Masked: p.role == ServerRole, Compressed: p.compressed, Continued: p.continued}); err != nil {
		return Frame{Header: h}, err
	}
	if h.Length > maxPayload {
		return Frame{Header: h}, fmt.Errorf("a frame of %d octets, at most %d are taken", h.Length, maxPayload)
	}
	if !h.Opcode.Control() {
		p.continued = !h.Fin
	}
	f := Frame{Header: h, Payload: make([]byte, h.Length)}
	if _, err := io.ReadFull(p.in, f.Payload); err != nil {
		return f, truncated(err)
	}
	if h.Masked {
		frame.Mask(f.Payload, h.Key, 0)
	}
	if p.Trace != nil {
		p.Trace(websocket.Frame{Time: time.Now(), Header: h, Payload: f.Payload})
	}
	if h.Opcode == frame.Close {
		if _, _, err := frame.DecodeClose(f.Payload); err != nil {
			return f, err
		}
	}
	return f, nil
}

// header reads a header.
func (p *Peer) header() (frame.Header, error) {
	for want := 1; ; want++ {
		octets, err := p.in.Peek(want)
		if err != nil {
			if len(octets) > 0 {
				err = truncated(err)
			}
			return frame.Header{}, err
		}
		h, n, err := frame.Decode(octets)
		if err != nil {
			return h, err
		}
		if n > 0 {
			_, err = p.in.Discard(n)
			return h, err
		}
	}
}

// truncated is the error of a read that has ended too early.
func truncated(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// CloseWrite ends this direction, where the connection can do that, and the
// whole connection otherwise.
func (p *Peer) CloseWrite() error {
	if half, ok := p.conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return p.conn.Close()
}

// Reset ends the connection with a reset, where it is TCP, with or without TLS,
// or can be aborted.
func (p *Peer) Reset() error {
	conn := p.conn
	for {
		secure, ok := conn.(interface{ NetConn() net.Conn })
		if !ok {
			break
		}
		conn = secure.NetConn()
	}
	switch conn := conn.(type) {
	case interface{ Abort() error }:
		return conn.Abort()
	case interface{ SetLinger(seconds int) error }:
		_ = conn.SetLinger(0) // a connection that is closed already
	}
	return conn.Close()
}
