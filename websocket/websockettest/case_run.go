package websockettest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"stellwerk/websocket"
	"stellwerk/websocket/frame"
)

// Run runs the case against a subject of a role that is at the other end of
// conn and has the options of the case, from the opening handshake on. It
// closes conn. The error says what has come instead of what must; where ctx
// ends, what has not come.
func (c *Case) Run(ctx context.Context, conn net.Conn, role Role) error {
	r := &running{c: c, peer: NewPeer(conn, role.Other()), role: role}
	defer r.sending.Wait()
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	if err := r.open(); err != nil {
		return fmt.Errorf("%s: opening: %w", c, err)
	}
	for i, s := range c.steps {
		if err := r.step(s); err != nil {
			return fmt.Errorf("%s: step %d: %w", c, i+1, err)
		}
	}
	if err := r.close(); err != nil {
		return fmt.Errorf("%s: closing: %w", c, err)
	}
	return nil
}

// running is a case that runs.
type running struct {
	c        *Case
	peer     *Peer
	role     Role // of the subject
	deflater *frame.Deflater
	window   *window
	sending  sync.WaitGroup
}

// open runs the opening handshake.
func (r *running) open() error {
	var lines []string
	if r.c.Extension != "" {
		lines = append(lines, "Sec-WebSocket-Extensions: "+r.c.Extension)
	}
	if r.role == ServerRole {
		response, err := r.peer.Request("/", lines...) //nolint:bodyclose // the connection itself
		if err != nil {
			return err
		}
		if err := r.c.deflate.keptBy(response.Header.Get("Sec-WebSocket-Extensions")); err != nil {
			return err
		}
	} else {
		request, err := r.peer.ReadRequest()
		if err != nil {
			return err
		}
		if err := r.peer.Respond(request, lines...); err != nil {
			return err
		}
	}
	if r.peer.compressed != (r.c.Extension != "") {
		return errors.New("the subject has not agreed to the compression")
	}
	if !r.peer.compressed {
		return nil
	}
	d := r.c.deflate
	own, ownTakeover, other, otherTakeover := d.clientBits, !d.clientNoTakeover, d.serverBits, !d.serverNoTakeover
	if r.role == ClientRole {
		own, ownTakeover, other, otherTakeover = other, otherTakeover, own, ownTakeover
	}
	var err error
	r.deflater, err = frame.NewDeflater(orMost(own), ownTakeover)
	r.window = &window{size: 1 << orMost(other), takeover: otherTakeover}
	return err
}

// keptBy reports whether a server may answer an offer so (7692, 7.1).
func (p parameters) keptBy(answer string) error {
	for text, asked := range map[string]bool{
		"server_no_context_takeover": p.serverNoTakeover, "client_no_context_takeover": p.clientNoTakeover,
		"server_max_window_bits=" + strconv.Itoa(p.serverBits): p.serverBits != 0 && p.serverBits < frame.MaxWindowBits,
	} {
		if asked && !strings.Contains(answer, text) {
			return fmt.Errorf("the answer %q leaves out %s", answer, text)
		}
	}
	return nil
}

func orMost(bits int) int {
	if bits == 0 {
		return frame.MaxWindowBits
	}
	return bits
}

// step sends and receives at the same time: nobody must wait for the other.
func (r *running) step(s step) error {
	for _, m := range s.messages {
		if err := r.exchange(m); err != nil {
			return err
		}
	}
	sent := s.send
	if s.packed != nil {
		payload, err := r.deflater.Append(nil, s.packed)
		if err != nil {
			return err
		}
		sent = append(sent, fragments(frame.Binary, true, 0, payload)...)
	}
	r.send(s.chop, sent...)
	for i := 0; i < len(s.want); i++ {
		got, err := r.peer.Receive()
		for s.pings && err == nil && i < len(s.want)-1 && !same(got, s.want[i]) {
			i++ // it was not answered
		}
		if err != nil {
			return fmt.Errorf("%w instead of %s", err, describe(s.want[i]))
		}
		if !same(got, s.want[i]) {
			return fmt.Errorf("%s instead of %s", describe(got), describe(s.want[i]))
		}
	}
	for _, text := range s.unpacked {
		if err := r.receive(message{kind: frame.Text, data: []byte(text), compress: true}); err != nil {
			return err
		}
	}
	if r.c.code == 0 { // otherwise the subject may leave without reading all of it
		r.sending.Wait()
	}
	return nil
}

// send sends frames in pieces. An error shows in what does not come back.
func (r *running) send(chop int, frames ...Frame) {
	if len(frames) == 0 {
		return
	}
	octets := r.peer.Lay(frames...)
	if chop == 0 {
		chop = len(octets)
	}
	r.sending.Go(func() {
		for part := range slices.Chunk(octets, chop) {
			if r.peer.SendRaw(part) != nil {
				return
			}
		}
	})
}

// exchange sends a message and awaits its echo.
func (r *running) exchange(m message) error {
	payload := m.data
	if m.compress {
		var err error
		if payload, err = r.deflater.Append(nil, payload); err != nil {
			return err
		}
	}
	r.send(0, fragments(m.kind, m.compress, m.fragment, payload)...)
	if err := r.receive(m); err != nil {
		return err
	}
	r.sending.Wait()
	return nil
}

// receive awaits a message, in any fragments.
func (r *running) receive(m message) error {
	var got []byte
	for first, fin := true, false; !fin; first = false {
		f, err := r.peer.Receive()
		want := m.kind
		if !first {
			want = frame.Continuation
		}
		switch {
		case err != nil:
			return fmt.Errorf("%w instead of a message of %d octets", err, len(m.data))
		case f.Header.Opcode != want || first && f.Header.RSV1 != m.compress:
			return fmt.Errorf("%s instead of a message of %d octets, compressed %v", describe(f), len(m.data), m.compress)
		}
		got = append(got, f.Payload...)
		fin = f.Header.Fin
	}
	if m.compress {
		var err error
		if got, err = r.window.inflate(got); err != nil {
			return fmt.Errorf("the compressed message of %d octets: %w", len(m.data), err)
		}
	}
	if !bytes.Equal(got, m.data) {
		return fmt.Errorf("%d octets that differ from the %d sent", len(got), len(m.data))
	}
	return nil
}

// close ends the connection, or sees the subject do that.
func (r *running) close() error {
	code := r.c.code
	if !r.c.over {
		if code == 0 {
			code = frame.NormalClosure
			r.send(0, closeFrame(uint16(code), ""))
		}
		f, err := r.peer.Receive()
		if err != nil {
			return fmt.Errorf("%w instead of a close frame with %s", err, code)
		}
		if got, _, err := frame.DecodeClose(f.Payload); err != nil || f.Header.Opcode != frame.Close || got != code {
			return fmt.Errorf("%s instead of a close frame with %s", describe(f), code)
		}
	}
	if r.role == ClientRole {
		_ = r.peer.CloseWrite() // the client may wait for that (7.1.1)
	}
	f, err := r.peer.Receive()
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, syscall.ECONNRESET):
		return nil
	case err != nil:
		return fmt.Errorf("%w instead of the end", err)
	default:
		return fmt.Errorf("%s instead of the end", describe(f))
	}
}

// same compares what a subject is free in nothing about.
func same(a, b Frame) bool {
	x, y := a.Header, b.Header
	return x.Fin == y.Fin && x.RSV1 == y.RSV1 && x.Opcode == y.Opcode && bytes.Equal(a.Payload, b.Payload)
}

// describe tells a frame.
func describe(f Frame) string {
	payload := f.Payload
	if len(payload) > 40 {
		payload = payload[:40]
	}
	return fmt.Sprintf("%s frame (fin %v, RSV1 %v, %d octets %q)", f.Header.Opcode, f.Header.Fin, f.Header.RSV1, len(f.Payload), payload)
}

// whole is a message of one frame.
func whole(kind websocket.Opcode, payload []byte) Frame {
	return Frame{Header: frame.Header{Fin: true, Opcode: kind}, Payload: payload}
}

// fragments are the frames of a message, with payloads up to a length.
func fragments(kind websocket.Opcode, compressed bool, most int, payload []byte) []Frame {
	if most == 0 || len(payload) <= most {
		f := whole(kind, payload)
		f.Header.RSV1 = compressed
		return []Frame{f}
	}
	var all []Frame
	for part := range slices.Chunk(payload, most) {
		f := Frame{Header: frame.Header{Opcode: kind, RSV1: compressed}, Payload: part}
		all, kind, compressed = append(all, f), frame.Continuation, false
	}
	all[len(all)-1].Header.Fin = true
	return all
}
