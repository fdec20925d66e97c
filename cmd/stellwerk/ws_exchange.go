package main

import (
	"context"
	"errors"
	"io"
	"time"

	"stellwerk/websocket"
	"stellwerk/websocket/frame"
)

// exchange sends the messages of an input, and hands on those that come, until
// the input ends, the other side closes, or ctx ends. It closes the connection
// and returns nil after a clean end. An input that is nil never ends.
func (f *wsFlags) exchange(ctx context.Context, conn *websocket.Conn, input io.Reader, take func(websocket.Message) error) error {
	steady := context.WithoutCancel(ctx) // one that ends would break off within a frame
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	received := make(chan error, 1)
	go func() {
		for {
			m, err := conn.Read(steady)
			if err == nil {
				err = take(m)
			}
			if err != nil {
				received <- err
				return
			}
		}
	}()
	var messages chan wsMessage
	read := make(chan error, 1)
	if input != nil {
		messages = make(chan wsMessage)
		go func() { read <- f.readMessages(ctx, input, messages) }()
	}
	var late <-chan time.Time
	var wrong error // with the input
	for {
		select {
		case m, more := <-messages:
			if !more {
				messages, wrong = nil, <-read
				late = time.After(f.linger)
				continue
			}
			err := conn.Write(steady, m.kind, m.data, &websocket.WriteOptions{Compress: f.compress})
			if err != nil && conn.Err() == nil {
				return errors.Join(err, conn.Close(websocket.GoingAway, ""))
			}
		case err := <-received:
			return errors.Join(farewell(conn, err), inputError(wrong))
		case <-late:
			return errors.Join(conn.Close(websocket.NormalClosure, ""), inputError(wrong))
		case <-ctx.Done():
			return conn.Close(websocket.NormalClosure, "")
		}
	}
}

// inputError is what is wrong with what was to be sent.
func inputError(err error) error {
	if err == nil {
		return nil
	}
	return &settingsError{err}
}

// farewell ends a connection that cannot be read from any more. That the other
// side has closed because it is done, or goes away, is a clean end.
func farewell(conn *websocket.Conn, err error) error {
	closed, ok := errors.AsType[*websocket.CloseError](err)
	switch {
	case !ok && conn.Err() == nil: // what came could not be printed
		return errors.Join(err, conn.Close(websocket.GoingAway, ""))
	case !ok:
		return err
	}
	_ = conn.Close(websocket.NormalClosure, "") // the other side has said all that counts
	switch closed.Code {
	case frame.NormalClosure, frame.GoingAway, frame.NoStatus:
		return nil
	default:
		return err
	}
}
