package websocket_test

import (
	"bytes"
	"fmt"
	"net"
	"testing"
	"time"

	"stellwerk/websocket"
	"stellwerk/websocket/frame"
)

// loop is a connection on which the same octets come again and again, and what is
// written is forgotten.
type loop struct {
	octets []byte
	next   int
}

func (l *loop) Read(data []byte) (int, error) {
	n := copy(data, l.octets[l.next:])
	l.next = (l.next + n) % len(l.octets)
	return n, nil
}

func (*loop) Write(data []byte) (int, error)   { return len(data), nil }
func (*loop) Close() error                     { return nil }
func (*loop) LocalAddr() net.Addr              { return &net.TCPAddr{} }
func (*loop) RemoteAddr() net.Addr             { return &net.TCPAddr{} }
func (*loop) SetDeadline(time.Time) error      { return nil }
func (*loop) SetReadDeadline(time.Time) error  { return nil }
func (*loop) SetWriteDeadline(time.Time) error { return nil }

// BenchmarkEcho is what an echo costs a server without its network.
func BenchmarkEcho(b *testing.B) {
	for _, size := range []int{125, 4 << 10, 64 << 10} {
		for _, kind := range []websocket.Opcode{websocket.Binary, websocket.Text} {
			b.Run(fmt.Sprintf("%s of %d", kind, size), func(b *testing.B) {
				l := &loop{octets: []byte("GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
					"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n")}
				conn, err := websocket.Server(b.Context(), l, nil)
				if err != nil {
					b.Fatal(err)
				}
				defer func() { _ = conn.Abort() }()
				h := frame.Header{Fin: true, Opcode: kind, Masked: true, Length: int64(size), Key: [4]byte{1, 2, 3, 4}}
				l.octets = h.Append(nil)
				at := len(l.octets)
				l.octets = append(l.octets, bytes.Repeat([]byte("x"), size)...)
				frame.Mask(l.octets[at:], h.Key, 0)
				ctx := b.Context()
				b.SetBytes(int64(size))
				for b.Loop() {
					m, err := conn.Read(ctx)
					if err != nil {
						b.Fatal(err)
					}
					if err := conn.Write(ctx, m.Kind, m.Data, nil); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
