package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"time"

	"stellwerk/ads/ams"
	"stellwerk/ads/command"
)

// The octets of the plain pair are those of a read of 4 octets and its answer.
var (
	plainRequest  = plainFrame(ams.RequestFlags, command.ReadRequest{Index: command.Index{Group: command.GroupMemory}, Length: 4}.Append(nil))
	plainResponse = plainFrame(ams.ResponseFlags, command.ReadResponse{Data: []byte{1, 2, 3, 4}}.Append(nil))
)

// invokeID is where the number of a request stands in a frame.
const invokeID = ams.TCPHeaderLength + 28

func plainFrame(flags ams.StateFlags, data []byte) []byte {
	frame := ams.Frame{Header: ams.Header{
		Target:  ams.Address{NetID: ams.LocalNetID, Port: ams.PortTC3PLC1},
		Source:  ams.Address{NetID: ams.NetID{127, 0, 0, 1, 1, 2}, Port: ams.PortFirstDynamic},
		Command: ams.Read, StateFlags: flags,
	}, Data: data}
	if frame.IsResponse() {
		frame.Target, frame.Source = frame.Source, frame.Target
	}
	return frame.Append(nil, ams.OverTCP)
}

// servePlain answers each request with the same octets and its number.
func servePlain(ctx context.Context, listener net.Listener) error {
	stop := context.AfterFunc(ctx, func() { _ = listener.Close() })
	defer stop()
	var all sync.WaitGroup
	defer all.Wait()
	for {
		conn, err := listener.Accept()
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil:
			return errors.Join(err, listener.Close())
		}
		all.Go(func() {
			ended := context.AfterFunc(ctx, func() { _ = conn.Close() })
			defer ended()
			defer func() { _ = conn.Close() }()
			_ = answerPlain(conn) // the client is gone
		})
	}
}

func answerPlain(conn net.Conn) error {
	in := make([]byte, 64<<10)
	var out []byte
	have := 0
	for {
		n, err := conn.Read(in[have:])
		if err != nil {
			return err
		}
		have += n
		used := 0
		out = out[:0]
		for ; have-used >= len(plainRequest); used += len(plainRequest) {
			out = append(out, plainResponse...)
			copy(out[len(out)-len(plainResponse)+invokeID:], in[used+invokeID:used+invokeID+4])
		}
		have = copy(in, in[used:have])
		if _, err := conn.Write(out); err != nil {
			return err
		}
	}
}

// readPlain keeps so many requests under way. What has come is answered by as many
// new requests in one write.
func readPlain(conn net.Conn, length time.Duration, window int) (reads int, err error) {
	var out []byte
	next := uint32(0)
	add := func() {
		out = append(out, plainRequest...)
		binary.LittleEndian.PutUint32(out[len(out)-len(plainRequest)+invokeID:], next)
		next++
	}
	for range window {
		add()
	}
	in := make([]byte, 64<<10)
	have := 0
	end := time.Now().Add(length)
	open := window
	for open > 0 {
		if len(out) > 0 {
			if _, err := conn.Write(out); err != nil {
				return reads, err
			}
			out = out[:0]
		}
		n, err := conn.Read(in[have:])
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		if err != nil {
			return reads, err
		}
		have += n
		used, going := 0, time.Now().Before(end)
		for ; have-used >= len(plainResponse); used += len(plainResponse) {
			frame := in[used : used+len(plainResponse)]
			if got := binary.LittleEndian.Uint32(frame[invokeID:]); got != uint32(reads) || !bytes.Equal(frame[len(frame)-4:], plainResponse[len(plainResponse)-4:]) {
				return reads, fmt.Errorf("%w: answer %d has the number %d", errWrong, reads, got)
			}
			reads++
			open--
			if going {
				open++
				add()
			}
		}
		have = copy(in, in[used:have])
	}
	return reads, nil
}
