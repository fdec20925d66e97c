package websocket_test

import (
	"bytes"
	"errors"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"stellwerk/websocket"
	"stellwerk/websocket/frame"
)

// script is a connection whose peer has said everything in advance.
type script struct {
	in    []byte
	piece int // most octets that a read returns
	out   bytes.Buffer
	// written sees what is written until it returns false.
	written func(*script) bool
}

func (s *script) Read(data []byte) (int, error) {
	if len(s.in) == 0 {
		return 0, io.EOF
	}
	n := copy(data[:min(len(data), s.piece)], s.in)
	s.in = s.in[n:]
	return n, nil
}

func (s *script) Write(data []byte) (int, error) {
	n, err := s.out.Write(data)
	if s.written != nil && !s.written(s) {
		s.written = nil
	}
	return n, err
}

func (*script) Close() error                     { return nil }
func (*script) LocalAddr() net.Addr              { return &net.TCPAddr{} }
func (*script) RemoteAddr() net.Addr             { return &net.TCPAddr{} }
func (*script) SetDeadline(time.Time) error      { return nil }
func (*script) SetReadDeadline(time.Time) error  { return nil }
func (*script) SetWriteDeadline(time.Time) error { return nil }

// newScript is a connection behind the handshake, whose peer then says octets.
func newScript(t *testing.T, octets []byte, server bool, piece int, common websocket.Common) (*websocket.Conn, *script) {
	t.Helper()
	const extension = "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits=15\r\n\r\n"
	if server {
		s := &script{piece: piece, in: append([]byte("GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"+
			"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"+extension), octets...)}
		conn, err := websocket.Server(t.Context(), s, &websocket.ServerOptions{Common: common})
		if err != nil {
			t.Fatal(err)
		}
		s.out.Reset()
		return conn, s
	}
	s := &script{piece: piece, written: func(s *script) bool {
		s.in = append([]byte("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: "+
			accept(s.out.String())+"\r\n"+extension), octets...)
		return false
	}}
	conn, err := websocket.Client(t.Context(), s, target, &websocket.ClientOptions{Common: common})
	if err != nil {
		t.Fatal(err)
	}
	s.out.Reset()
	return conn, s
}

// FuzzRead lets a peer say anything: it ends, what is taken is within the limits
// and text, and what is answered is right.
func FuzzRead(f *testing.F) {
	masked := frame.Header{Fin: true, Opcode: websocket.Text, Masked: true, Key: [4]byte{1, 2, 3, 4}, Length: 5}
	f.Add(append(masked.Append(nil), "Hello"...), true, 3)
	f.Add([]byte("\x81\x05Hello\x89\x01p\x88\x02\x03\xe8"), false, 100)
	f.Add([]byte("\x01\x01a\x89\x00\x00\x01b\x80\x00\x82\x7e\x01\x00"), false, 1)
	f.Add([]byte("\xc1\x07\xf2\x48\xcd\xc9\xc9\x07\x00\x41\x01\xf2\x80\x06\x00\x11\x00\x00"), false, 2)
	f.Add([]byte("\x82\x7f\x00\x00\x00\x00\x00\x01\x00\x00xxx"), false, 4096)
	f.Add([]byte("\x81\x02\xc3\x28"), false, 4096)
	f.Fuzz(func(t *testing.T, octets []byte, server bool, piece int) {
		const most = 100_000
		common := websocket.Common{Compression: &websocket.Deflate{}, Limits: websocket.Limits{ReceiveMessage: most}}
		if piece%2 == 0 {
			common.Trace = func(websocket.Frame) {}
		}
		conn, s := newScript(t, octets, server, 1+abs(piece)%5000, common)
		var err error
		for err == nil {
			var m websocket.Message
			m, err = conn.Read(t.Context())
			if len(m.Data) > most || m.Kind == websocket.Text && !utf8.Valid(m.Data) || err == nil && m.Kind != websocket.Text && m.Kind != websocket.Binary {
				t.Fatalf("%s of %d octets", m.Kind, len(m.Data))
			}
		}
		_, closed := errors.AsType[*websocket.CloseError](err)
		failed, broken := errors.AsType[*websocket.FailError](err)
		if !closed && !broken && !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Fatal(err)
		}
		if err := conn.Close(websocket.NormalClosure, ""); closed != (err == nil) {
			t.Fatalf("Close: %v", err)
		}
		code := judge(t, s.out.Bytes(), !server)
		if broken && code != failed.Code || closed == (code == 0) && !broken {
			t.Fatalf("the peer is told %s, the end is %v", code, err)
		}
	})
}

func abs(n int) int { return max(n, -n, 0) }

// judge reads frames that must be right, pongs and one close frame at the end, and
// returns the code of that.
func judge(t *testing.T, octets []byte, masked bool) (code websocket.CloseCode) {
	t.Helper()
	for len(octets) > 0 {
		h, n, err := frame.Decode(octets)
		if n == 0 || err != nil || h.Check(frame.Rules{Masked: masked}) != nil || int64(len(octets)-n) < h.Length || code != 0 {
			t.Fatalf("% x: %v", octets, err)
		}
		body := octets[n : n+int(h.Length)]
		octets = octets[n+int(h.Length):]
		if h.Masked {
			frame.Mask(body, h.Key, 0)
		}
		switch h.Opcode {
		case frame.Pong:
		case frame.Close:
			if code, _, err = frame.DecodeClose(body); err != nil {
				t.Fatalf("% x: %v", body, err)
			}
		default:
			t.Fatalf("a %s frame", h.Opcode)
		}
	}
	return code
}

// FuzzServer lets a client ask for anything.
func FuzzServer(f *testing.F) {
	const good = "GET /feed?x=1 HTTP/1.1\r\nHost: server.example\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
	f.Add([]byte(good + "\r\n"))
	f.Add([]byte(good + "Sec-WebSocket-Protocol: v3, v2\r\nOrigin: http://server.example\r\n\r\n\x81\x80abcd"))
	f.Add([]byte(good + "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits; server_max_window_bits=\"9\", x\r\n\r\n"))
	f.Add([]byte("POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello"))
	f.Fuzz(func(t *testing.T, request []byte) {
		s := &script{in: request, piece: 1 << 20}
		options := &websocket.ServerOptions{Subprotocols: []string{"v2"}, Common: websocket.Common{Compression: &websocket.Deflate{ServerMaxWindowBits: 10}}}
		conn, err := websocket.Server(t.Context(), s, options)
		response := s.out.String()
		if conn != nil && !strings.HasPrefix(response, "HTTP/1.1 101 ") || conn == nil && strings.HasPrefix(response, "HTTP/1.1 101 ") {
			t.Fatalf("%q, %v", response, err)
		}
		if _, ok := errors.AsType[*websocket.HandshakeError](err); conn == nil && !ok {
			t.Fatal(err)
		}
		if conn != nil {
			_ = conn.Abort()
		}
	})
}

// FuzzClient lets a server answer anything. ACCEPT stands for the right key.
func FuzzClient(f *testing.F) {
	const good = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: keep-alive, Upgrade\r\nSec-WebSocket-Accept: ACCEPT\r\n"
	f.Add([]byte(good + "\r\n"))
	f.Add([]byte(good + "Sec-WebSocket-Protocol: v2\r\nSec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=9\r\n\r\n\x81\x00"))
	f.Add([]byte("HTTP/1.1 404 Not Found\r\nTransfer-Encoding: chunked\r\n\r\n4\r\ngone\r\n0\r\n\r\n"))
	f.Fuzz(func(t *testing.T, response []byte) {
		s := &script{piece: 1 << 20, written: func(s *script) bool {
			s.in = bytes.ReplaceAll(response, []byte("ACCEPT"), []byte(accept(s.out.String())))
			return false
		}}
		options := &websocket.ClientOptions{Subprotocols: []string{"v2"}, Common: websocket.Common{Compression: &websocket.Deflate{}}}
		conn, err := websocket.Client(t.Context(), s, target, options)
		if _, ok := errors.AsType[*websocket.HandshakeError](err); conn == nil && !ok {
			t.Fatal(err)
		}
		if conn != nil {
			if p := conn.Subprotocol(); p != "" && p != "v2" {
				t.Fatalf("%q", p)
			}
			_ = conn.Abort()
		}
	})
}

// FuzzPair lets both ends exchange messages as the octets say.
func FuzzPair(f *testing.F) {
	f.Add([]byte("\x00\x10\x81\x05\xff\x02\x33"), uint16(0), true)
	f.Add([]byte("\x40\x80\xc1\x13\x37\x99\xaa\xbb"), uint16(7), false)
	f.Fuzz(func(t *testing.T, plan []byte, most uint16, takeover bool) {
		plan = plan[:min(len(plan), 40)]
		common := websocket.Common{
			Limits:      websocket.Limits{SendFrame: int(most)},
			Compression: &websocket.Deflate{ServerNoContextTakeover: !takeover, ClientNoContextTakeover: !takeover, ClientMaxWindowBits: 8 + int(most)%8},
		}
		near, far := connected(t, &websocket.ClientOptions{Common: common}, &websocket.ServerOptions{Common: common})
		var wg sync.WaitGroup
		wg.Go(func() {
			for {
				m, err := far.Read(t.Context())
				if err != nil {
					return
				}
				if err := far.Write(t.Context(), m.Kind, m.Data, &websocket.WriteOptions{Compress: !m.Compressed}); err != nil {
					t.Error(err)
				}
			}
		})
		for i, what := range plan {
			message := bytes.Repeat(plan[:i+1], int(what)<<(what%4)/(i+1))
			kind := websocket.Binary
			if what&0x80 != 0 {
				kind, message = websocket.Text, bytes.ToValidUTF8(message, []byte("ä"))
			}
			if what&0x10 != 0 {
				if err := near.Ping(t.Context(), plan[:i]); err != nil {
					t.Fatal(err)
				}
			}
			if err := near.Write(t.Context(), kind, message, &websocket.WriteOptions{Compress: what&0x40 != 0}); err != nil {
				t.Fatal(err)
			}
			if m, err := near.Read(t.Context()); err != nil || m.Kind != kind || !bytes.Equal(m.Data, message) || m.Compressed != (what&0x40 == 0) {
				t.Fatalf("%s of %d octets became %s of %d, %v", kind, len(message), m.Kind, len(m.Data), err)
			}
		}
		if err := near.Close(websocket.NormalClosure, ""); err != nil {
			t.Fatal(err)
		}
		wg.Wait()
	})
}
