package websocket

import (
	"context"
	"crypto/rand"
	"fmt"
	"net"

	"stellwerk/websocket/frame"
)

// writer is the state of sending.
type writer struct {
	watches  watches
	deflater *frame.Deflater
	packed   int // length of the last compressed message
	keys     keys
	closing  bool // a close frame was sent: nothing may follow

	small    [frame.MaxHeader + smallPayload]byte
	vectored bool // header and payload can be written at once from two places
	head     [frame.MaxHeader]byte
	parts    [2][]byte
	vector   net.Buffers
}

// WriteOptions are the settings of one message. Nil options have the values
// named beside the fields.
type WriteOptions struct {
	// Compress compresses the message, where the peer has agreed to that.
	// False does not.
	Compress bool
}

// Write sends a message, whole or in fragments as [Limits.SendFrame] says. It
// waits until all of it is handed to the connection.
func (c *Conn) Write(ctx context.Context, kind Opcode, data []byte, options *WriteOptions) error {
	if kind != Text && kind != Binary {
		return fmt.Errorf("websocket: a message is text or binary, not %s", kind)
	}
	watched := c.out.watches.begin(ctx) // also while others write
	defer c.out.watches.finish(watched)
	if !c.writing.take(c.ended) {
		return c.err
	}
	defer c.leave()
	if err := c.writable(); err != nil {
		return err
	}
	if options == nil || !options.Compress || !c.deflate.on {
		return c.writeMessage(frame.Header{Opcode: kind}, data, false)
	}
	return c.writeCompressed(frame.Header{Opcode: kind, RSV1: true}, data)
}

// writeCompressed writes a message compressed. The caller holds writing.
func (c *Conn) writeCompressed(h frame.Header, data []byte) error {
	b := takeBuffer(frame.MaxHeader + c.out.packed)
	defer giveBuffer(b)
	var err error
	if *b, err = c.out.deflater.Append((*b)[:frame.MaxHeader], data); err != nil {
		return c.end(err)
	}
	c.out.packed = min(len(*b), piece)
	return c.writeMessage(h, *b, true)
}

// writeMessage writes a message. Where it is in a buffer of this side's own, it
// begins behind room for a header. The caller holds writing.
func (c *Conn) writeMessage(h frame.Header, data []byte, own bool) error {
	at := 0
	if own {
		at = frame.MaxHeader
	}
	for {
		n := len(data) - at
		if most := c.limits.SendFrame; most > 0 {
			n = min(n, most)
		}
		h.Length, h.Fin = int64(n), at+n == len(data)
		var err error
		if own {
			err = c.writeOwn(h, data, at)
		} else {
			err = c.writeFrame(h, data[at:at+n])
		}
		if err != nil {
			return c.end(err)
		}
		if h.Fin {
			return nil
		}
		at += n
		h.Opcode, h.RSV1 = frame.Continuation, false
		c.writePong() // control frames may go between fragments
	}
}

// Ping sends a ping; whether the pong has come, [Conn.LastReceived] tells.
func (c *Conn) Ping(ctx context.Context, body []byte) error {
	if len(body) > frame.MaxControl {
		return fmt.Errorf("websocket: a ping of %d octets, at most %d are allowed", len(body), frame.MaxControl)
	}
	watched := c.out.watches.begin(ctx) // also while others write
	defer c.out.watches.finish(watched)
	if !c.writing.take(c.ended) {
		return c.err
	}
	defer c.leave()
	if err := c.writable(); err != nil {
		return err
	}
	if err := c.writeFrame(frame.Header{Fin: true, Opcode: frame.Ping, Length: int64(len(body))}, body); err != nil {
		return c.end(err)
	}
	return nil
}

// writable says why nothing can be written.
func (c *Conn) writable() error {
	if err := c.Err(); err != nil {
		return err
	}
	if c.out.closing {
		return ErrClosed
	}
	return nil
}

const (
	// smallPayload is up to which payload the connection has a buffer of its own.
	smallPayload = 128
	// vectorFrom is from which payload on two places are better than a copy.
	vectorFrom = 4 << 10
	// sendPiece is how much is copied and written at once.
	sendPiece = 128<<10 - frame.MaxHeader
)

// vectored reports whether the connection writes from several places at once;
// others would make several writes of it.
func vectored(conn net.Conn) bool {
	switch conn.(type) {
	case *net.TCPConn, *net.UnixConn:
		return true
	default:
		return false
	}
}

// writeFrame writes one frame, whose payload is the caller's and stays as it is.
// The caller holds writing.
func (c *Conn) writeFrame(h frame.Header, data []byte) error {
	c.mask(&h)
	c.note(true, h, data)
	if !h.Masked && c.out.vectored && len(data) >= vectorFrom {
		o := &c.out
		o.parts = [2][]byte{h.Append(o.head[:0]), data}
		o.vector = o.parts[:]
		_, err := o.vector.WriteTo(c.conn)
		o.parts = [2][]byte{} // the payload is not kept
		return err
	}
	if len(data) <= smallPayload {
		o := &c.out
		buffer := h.Append(o.small[:0])
		at := len(buffer)
		buffer = buffer[:at+len(data)]
		frame.MaskTo(buffer[at:], data, h.Key, 0) // without a mask the key is 0
		_, err := c.conn.Write(buffer)
		return err
	}
	b := takeBuffer(frame.MaxHeader + min(len(data), sendPiece))
	defer giveBuffer(b)
	buffer := h.Append((*b)[:0])
	for position := 0; ; {
		at, part := len(buffer), data[position:min(len(data), position+sendPiece)]
		buffer = buffer[:at+len(part)]
		if h.Masked {
			frame.MaskTo(buffer[at:], part, h.Key, int64(position))
		} else {
			copy(buffer[at:], part)
		}
		if _, err := c.conn.Write(buffer); err != nil {
			return err
		}
		if position += len(part); position == len(data) {
			return nil
		}
		buffer = buffer[:0]
	}
}

// writeOwn writes one frame, whose payload begins at a place in a buffer of this
// side's own. What is before is overwritten, the payload masked in place. The
// caller holds writing.
func (c *Conn) writeOwn(h frame.Header, buffer []byte, at int) error {
	c.mask(&h)
	payload := buffer[at : at+int(h.Length)]
	c.note(true, h, payload)
	if h.Masked {
		frame.Mask(payload, h.Key, 0)
	}
	head := h.Append(c.out.head[:0])
	begin := at - len(head)
	copy(buffer[begin:], head)
	_, err := c.conn.Write(buffer[begin : at+len(payload)])
	return err
}

// mask chooses the key of a frame, where this side masks.
func (c *Conn) mask(h *frame.Header) {
	if !c.server {
		h.Masked, h.Key = true, c.out.keys.next()
	}
}

// keys are random octets for masks.
type keys struct {
	octets [64]byte
	left   int
}

// next returns a fresh key that nobody can foresee (RFC 6455, 5.3).
func (k *keys) next() [4]byte {
	if k.left == 0 {
		_, _ = rand.Read(k.octets[:]) // never fails
		k.left = len(k.octets)
	}
	k.left -= 4
	return [4]byte(k.octets[k.left:])
}

// answerPing answers a ping. Where somebody is writing, he does it: a peer that
// does not read must not keep this side from reading. Of several pings the last
// one is answered (5.5.3).
func (c *Conn) answerPing(body []byte) {
	c.waiting.Lock()
	c.pong = append(c.pong[:0], body...)
	c.pongDue.Store(true)
	c.waiting.Unlock()
	if c.writing.try() {
		c.leave()
	}
}

// leave gives writing back, and sends the pong that is due. It looks again
// afterwards: a ping may have come in between.
func (c *Conn) leave() {
	for {
		c.writePong()
		c.writing.release()
		if !c.pongDue.Load() || !c.writing.try() {
			return
		}
	}
}

// writePong sends the pong that is due. The caller holds writing.
func (c *Conn) writePong() {
	if !c.pongDue.Load() {
		return
	}
	var body [frame.MaxControl]byte
	c.waiting.Lock()
	n := copy(body[:], c.pong)
	c.pongDue.Store(false)
	c.waiting.Unlock()
	if c.writable() != nil {
		return
	}
	if err := c.writeFrame(frame.Header{Fin: true, Opcode: frame.Pong, Length: int64(n)}, body[:n]); err != nil {
		_ = c.end(err)
	}
}
