package websockettest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"stellwerk/websocket"
	"stellwerk/websocket/frame"
)

// talk is one connection of a server.
type talk struct {
	ctx     context.Context //nolint:containedctx // of this one connection
	server  *Server
	wrong   Misbehaviour
	peer    *Peer
	request *http.Request

	inflater *frame.Inflater // where compression was agreed on
	kind     websocket.Opcode
	packed   bool
	message  []byte
	echoed   int
	closed   atomic.Bool // a close frame was sent

	flooding sync.WaitGroup
}

// run is the connection from the response on.
func (t *talk) run() error {
	ctx, cancel := context.WithCancel(t.ctx)
	t.ctx = ctx
	defer t.flooding.Wait()
	defer t.peer.conn.Close() // ends floods
	defer cancel()
	if t.wrong.instead != nil {
		return t.wrong.instead(t)
	}
	if err := t.respond(); err != nil {
		return err
	}
	if t.peer.compressed {
		var err error
		if t.inflater, err = frame.NewInflater(frame.MaxWindowBits, true); err != nil {
			return err
		}
	}
	for t.echoed < t.server.After {
		if done, err := t.frame(quirks{}); done || err != nil {
			return err
		}
	}
	if t.wrong.quirks.deaf {
		<-t.ctx.Done()
		return nil
	}
	if t.wrong.act != nil {
		if err := t.wrong.act(t); err != nil {
			return err
		}
	}
	for {
		if done, err := t.frame(t.wrong.quirks); done || err != nil {
			return err
		}
	}
}

// frame takes one frame and answers it; done says that the connection is over.
func (t *talk) frame(q quirks) (done bool, err error) {
	f, err := t.peer.Receive()
	if err != nil {
		if errors.Is(err, frame.ErrProtocol) || errors.Is(err, frame.ErrPayload) {
			return true, err
		}
		return true, gone(err)
	}
	switch f.Header.Opcode {
	case frame.Ping:
		switch {
		case q.noPong || t.closed.Load():
			return false, nil
		case q.wrongPong:
			f.Payload = []byte("another one")
		}
		t.answer(Frame{Header: frame.Header{Fin: true, Opcode: frame.Pong}, Payload: f.Payload})
		return false, nil
	case frame.Pong:
		return false, nil
	case frame.Close:
		if !q.noClose && !t.closed.Load() {
			t.closed.Store(true)
			t.answer(f)
		}
		return !q.noClose && !q.stays, nil
	default:
		return false, t.data(f, q)
	}
}

// data takes a frame of a message, and echoes the message behind the last one.
func (t *talk) data(f Frame, q quirks) error {
	if f.Header.Opcode != frame.Continuation {
		t.kind, t.packed, t.message = f.Header.Opcode, f.Header.RSV1, t.message[:0]
	}
	if len(t.message)+len(f.Payload) > maxPayload {
		return fmt.Errorf("a message of more than %d octets", maxPayload)
	}
	t.message = append(t.message, f.Payload...)
	if !f.Header.Fin {
		return nil
	}
	message := t.message
	if t.packed {
		var err error
		if message, err = inflate(t.inflater, message); err != nil {
			return err
		}
	}
	if t.closed.Load() || q.mute {
		return nil
	}
	t.echoed++
	t.answer(Frame{Header: frame.Header{Fin: true, Opcode: t.kind}, Payload: message})
	return nil
}

// inflate decompresses a message within the limit.
func inflate(i *frame.Inflater, payload []byte) ([]byte, error) {
	if err := i.Begin(bytes.NewReader(payload)); err != nil {
		return nil, err
	}
	defer i.End()
	message, err := io.ReadAll(io.LimitReader(i, maxPayload+1))
	if err == nil && len(message) > maxPayload {
		err = fmt.Errorf("a message of more than %d octets", maxPayload)
	}
	return message, err
}

func (t *talk) send(frames ...Frame) error { return gone(t.peer.Send(frames...)) }

// answer sends what may be lost: a client that does not read any more may still
// have something to say, which must be read.
func (t *talk) answer(f Frame) { _ = t.peer.Send(f) }

func (t *talk) write(octets string) error { return gone(t.peer.SendRaw([]byte(octets))) }

// drip sends octet by octet.
func (t *talk) drip(octets []byte) error {
	pace := t.server.Pace
	if pace <= 0 {
		pace = time.Second
	}
	ticker := time.NewTicker(pace)
	defer ticker.Stop()
	for i := range octets {
		if err := gone(t.peer.SendRaw(octets[i : i+1])); err != nil {
			return err
		}
		select {
		case <-ticker.C:
		case <-t.ctx.Done():
			return gone(t.ctx.Err())
		}
	}
	return nil
}

// wait reads and drops what comes, until the connection ends.
func (t *talk) wait() error {
	_, err := io.Copy(io.Discard, t.peer.in)
	return gone(err)
}

// cut sends the end of this direction and waits for the client to leave.
func (t *talk) cut() error {
	if err := t.peer.CloseWrite(); err != nil {
		return gone(err)
	}
	return t.wait()
}

// flood repeats frames until the connection ends, while what comes is answered.
func (t *talk) flood(frames ...Frame) error {
	return t.floodRaw(t.peer.Lay(frames...))
}

// floodRaw repeats octets.
func (t *talk) floodRaw(octets []byte) error {
	t.flooding.Go(func() {
		for t.ctx.Err() == nil && !t.closed.Load() && t.peer.SendRaw(octets) == nil {
			continue
		}
	})
	return nil
}
