package websocket

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"stellwerk/websocket/frame"
)

// writer is the state of sending.
type writer struct {
	deflater   *frame.Deflater
	compressed []byte // reused
	buffer     []byte // reused; frames that are written at once
	keys       [256]byte
	keysUsed   int
	closing    bool // a close frame was sent: nothing may follow
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
	stop := c.watch(ctx) // also while others write
	defer stop()
	c.writing.Lock()
	defer c.leave()
	if err := c.writable(); err != nil {
		return err
	}
	h := frame.Header{Opcode: kind}
	if options != nil && options.Compress && c.deflate.on {
		var err error
		if c.out.compressed, err = c.out.deflater.Append(c.out.compressed[:0], data); err != nil {
			return c.end(err)
		}
		data, h.RSV1 = c.out.compressed, true
	}
	for {
		part := data
		if most := c.limits.SendFrame; most > 0 && len(part) > most {
			part = part[:most]
		}
		data = data[len(part):]
		h.Fin, h.Length = len(data) == 0, int64(len(part))
		if err := c.writeFrame(h, part); err != nil {
			return c.end(err)
		}
		if h.Fin {
			return nil
		}
		h.Opcode, h.RSV1 = frame.Continuation, false
		c.writePong() // control frames may go between fragments
	}
}

// Ping sends a ping; whether the pong has come, [Conn.LastReceived] tells.
func (c *Conn) Ping(ctx context.Context, body []byte) error {
	if len(body) > frame.MaxControl {
		return fmt.Errorf("websocket: a ping of %d octets, at most %d are allowed", len(body), frame.MaxControl)
	}
	stop := c.watch(ctx) // also while others write
	defer stop()
	c.writing.Lock()
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

// writeFrame writes one frame. The caller holds writing.
func (c *Conn) writeFrame(h frame.Header, data []byte) error {
	if !c.server {
		h.Masked = true
		h.Key = c.out.key()
	}
	c.note(true, h, data)
	buffer := h.Append(c.out.buffer[:0])
	at := len(buffer)
	buffer = append(buffer, data...)
	if h.Masked {
		frame.Mask(buffer[at:], h.Key, 0)
	}
	_, err := c.conn.Write(buffer)
	c.out.buffer = buffer[:0]
	if cap(buffer) > piece {
		c.out.buffer = nil // a long message does not keep its memory
	}
	return err
}

// key returns a fresh key that nobody can foresee (RFC 6455, 5.3).
func (w *writer) key() [4]byte {
	if w.keysUsed%len(w.keys) == 0 {
		_, _ = rand.Read(w.keys[:]) // never fails
		w.keysUsed = 0
	}
	key := [4]byte(w.keys[w.keysUsed:])
	w.keysUsed += 4
	return key
}

// answerPing answers a ping. Where somebody is writing, he does it: a peer that
// does not read must not keep this side from reading. Of several pings the last
// one is answered (5.5.3).
func (c *Conn) answerPing(body []byte) {
	c.waiting.Lock()
	c.pong = append(c.pong[:0], body...)
	c.pongDue = true
	c.waiting.Unlock()
	if c.writing.TryLock() {
		c.leave()
	}
}

// leave gives writing back, and sends the pong that is due. It looks again
// afterwards: a ping may have come in between.
func (c *Conn) leave() {
	for {
		c.writePong()
		c.writing.Unlock()
		c.waiting.Lock()
		due := c.pongDue
		c.waiting.Unlock()
		if !due || !c.writing.TryLock() {
			return
		}
	}
}

// writePong sends the pong that is due. The caller holds writing.
func (c *Conn) writePong() {
	var body [frame.MaxControl]byte
	c.waiting.Lock()
	due, n := c.pongDue, copy(body[:], c.pong)
	c.pongDue = false
	c.waiting.Unlock()
	if !due || c.writable() != nil {
		return
	}
	if err := c.writeFrame(frame.Header{Fin: true, Opcode: frame.Pong, Length: int64(n)}, body[:n]); err != nil {
		_ = c.end(err)
	}
}

// sendClose sends a close frame, once, where nobody is writing for longer than
// the limit.
func (c *Conn) sendClose(code CloseCode, reason string) {
	if !c.lockWriting(c.limits.CloseTimeout) {
		return
	}
	defer c.writing.Unlock()
	if c.writable() != nil {
		return
	}
	c.out.closing = true
	body, err := frame.AppendClose(nil, code, reason)
	if err != nil {
		body = nil // cannot be: a code of the standard, or one that was received
	}
	_ = c.conn.SetWriteDeadline(time.Now().Add(c.limits.CloseTimeout))
	_ = c.writeFrame(frame.Header{Fin: true, Opcode: frame.Close, Length: int64(len(body))}, body) // the end follows anyway
}

// lockWriting takes writing, or gives up.
func (c *Conn) lockWriting(limit time.Duration) bool {
	for end := time.Now().Add(limit); !c.writing.TryLock(); {
		if time.Now().After(end) || c.Err() != nil {
			return false
		}
		time.Sleep(time.Millisecond)
	}
	return true
}

// Close closes the connection with a close frame and waits, at most as long as
// [Limits.CloseTimeout], for that of the peer. Messages that still come are
// dropped. It returns nil where both have said that they close, also where the
// peer was first, and otherwise what ended the connection.
func (c *Conn) Close(code CloseCode, reason string) error {
	if !code.Sendable() && code != frame.NoStatus {
		return fmt.Errorf("websocket: close code %s must not be sent", code)
	}
	if err := c.Err(); err != nil {
		return closed(err)
	}
	timer := time.AfterFunc(c.limits.CloseTimeout, func() {
		_ = c.end(fmt.Errorf("%w, and the peer has not answered within %v", ErrClosed, c.limits.CloseTimeout))
	})
	defer timer.Stop()
	c.sendClose(code, reason)
	if c.lockReading() { // otherwise who reads has seen the end
		defer c.reading.Unlock()
		for c.Err() == nil {
			if err := c.drop(); err != nil {
				_ = c.end(err)
			}
		}
	}
	<-c.ended
	return closed(c.err)
}

// lockReading takes reading, from somebody who may not come back for the answer
// of the peer, or returns false at the end of the connection.
func (c *Conn) lockReading() bool {
	for !c.reading.TryLock() {
		if c.Err() != nil {
			return false
		}
		time.Sleep(time.Millisecond)
	}
	return true
}

// drop reads one frame without looking at its payload.
func (c *Conn) drop() error {
	if c.in.left > 0 {
		n, err := c.in.buffered.Discard(int(min(c.in.left, piece)))
		c.in.left -= int64(n)
		return err
	}
	if c.in.header.Fin {
		c.in.continued = false
	}
	return c.nextFrame()
}

// closed makes nil of an end that both sides wanted.
func closed(err error) error {
	if _, ok := errors.AsType[*CloseError](err); ok || errors.Is(err, ErrClosed) && err == ErrClosed { //nolint:errorlint // wrapped, it says more
		return nil
	}
	return err
}
