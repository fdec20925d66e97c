package websocket

import (
	"errors"
	"fmt"
	"io"
	"time"

	"stellwerk/websocket/frame"
)

// The end has two parts. First it is known what ended the connection: Err says
// so, Done is closed, and nobody reads or writes any more. Then the TCP connection
// is closed. Behind a close frame that takes a moment (RFC 6455, 7.1.1): if it were
// closed while octets of the peer are on their way, the peer would see a reset and
// might never see the close frame.
const (
	// lingerTime and lingerOctets are what the peer has to close its side.
	lingerTime   = time.Second
	lingerOctets = 4 << 20
)

// conclude sets what ended the connection, once, and reports whether it was the
// first to do so.
func (c *Conn) conclude(err error) (first bool) {
	c.ending.Do(func() {
		first = true
		c.err = err
		close(c.ended)
		c.in.watches.close()
		c.out.watches.close()
		c.in.hurry.close()
	})
	return first
}

// end ends the connection at once and returns what ended it.
func (c *Conn) end(err error) error {
	c.conclude(err)
	c.shut()
	return c.err
}

// shut closes the TCP connection.
func (c *Conn) shut() {
	c.going.Do(func() {
		_ = c.conn.Close() // what ended it is known
		close(c.gone)
	})
}

// endBehindClose ends the connection behind a close frame and returns what ended
// it. The caller holds reading.
func (c *Conn) endBehindClose(err error) error {
	if c.conclude(err) {
		_, both := errors.AsType[*CloseError](err)
		go func() {
			c.linger(c.server || !both)
			c.shut()
		}()
	}
	return c.err
}

// linger waits for the peer to close its side, after this one has where half is
// set: the server is the first to close, a client only where it fails the
// connection.
func (c *Conn) linger(half bool) {
	if c.conn.SetReadDeadline(time.Now().Add(min(lingerTime, c.limits.CloseTimeout))) != nil {
		return
	}
	if half {
		closer, ok := c.conn.(interface{ CloseWrite() error })
		if !ok || closer.CloseWrite() != nil {
			return
		}
	}
	b := takeBuffer(largeRead)
	defer giveBuffer(b)
	for left := lingerOctets; left > 0; {
		n, err := c.conn.Read((*b)[:cap(*b)])
		if err != nil {
			return
		}
		left -= n
	}
}

// fail ends the connection for an error of reading, telling the peer why where
// the standard says so.
func (c *Conn) fail(err error) error {
	if _, ok := errors.AsType[*CloseError](err); ok {
		return c.endBehindClose(err)
	}
	var code CloseCode
	switch {
	case errors.Is(err, frame.ErrProtocol):
		code = frame.ProtocolError
	case errors.Is(err, frame.ErrPayload), errors.Is(err, frame.ErrInflate):
		code = frame.InvalidPayload
	case errors.Is(err, ErrTooBig):
		code = frame.MessageTooBig
	case errors.Is(err, errSlow):
		code = frame.PolicyViolation
	default:
		return c.end(err)
	}
	err = &FailError{Code: code, Err: err}
	c.sendClose(code, err.Error())
	return c.endBehindClose(err)
}

// sendClose sends a close frame, once, where nobody is writing for longer than
// the limit.
func (c *Conn) sendClose(code CloseCode, reason string) {
	if !c.writing.takeWithin(c.ended, c.limits.CloseTimeout) {
		return
	}
	defer c.writing.release()
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

// Close closes the connection with a close frame and waits, at most as long as
// [Limits.CloseTimeout], for that of the peer. Messages that still come are
// dropped. Then it waits, a second at most, until the TCP connection is closed in
// order: by the server first. It returns nil where both have said that they
// close, also where the peer was first, and otherwise what ended the connection.
func (c *Conn) Close(code CloseCode, reason string) error {
	if !code.Sendable() && code != frame.NoStatus {
		return fmt.Errorf("websocket: close code %s must not be sent", code)
	}
	if c.Err() == nil {
		timer := time.AfterFunc(c.limits.CloseTimeout, func() {
			_ = c.end(fmt.Errorf("%w, and the peer has not answered within %v", ErrClosed, c.limits.CloseTimeout))
		})
		defer timer.Stop()
		c.sendClose(code, reason)
		if c.reading.take(c.ended) { // otherwise who reads has seen the end
			c.in.ahead.leave() // somebody may still look at the last message
			for c.Err() == nil {
				if err := c.drop(); err != nil {
					_ = c.fail(err)
				}
			}
			c.reading.release()
		}
	}
	<-c.gone
	return closed(c.err)
}

// drop reads one frame without looking at its payload.
func (c *Conn) drop() error {
	r := &c.in
	for r.left > 0 {
		if len(r.ahead.have()) == 0 {
			c.hurry(r.left)
			if err := c.more(); err != nil {
				return err
			}
		}
		n := min(int64(len(r.ahead.have())), r.left)
		r.ahead.skip(int(n))
		r.left -= n
	}
	if r.header.Fin {
		r.continued = false
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

// Abort closes the connection at once, without a close frame.
func (c *Conn) Abort() error {
	err := c.end(ErrClosed)
	if errors.Is(err, ErrClosed) {
		return nil
	}
	return err
}

// unexpected is the end of the connection without a close frame.
func unexpected(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}
