package iec104_test

import (
	"fmt"
	"net"
	"testing"
	"time"

	"stellwerk/iec104"
	"stellwerk/iec104/apci"
	"stellwerk/iec104/asdu"
)

// ten is M_ME_TF_1 with ten objects.
func ten(tb testing.TB) asdu.ASDU {
	tb.Helper()
	objects := make([]asdu.ShortFloat, 10)
	for i := range objects {
		objects[i] = asdu.ShortFloat{Address: asdu.ObjectAddress(i + 1), Value: float32(i), Time: asdu.CP56(time.Unix(0, 0))}
	}
	a, err := asdu.New(nil, asdu.Header{Type: asdu.M_ME_TF_1, Cause: asdu.Spontaneous, CommonAddress: 1}, objects...)
	if err != nil {
		tb.Fatal(err)
	}
	return a
}

// loopback returns both ends of a TCP connection.
func loopback(tb testing.TB) (near, far net.Conn) {
	tb.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	defer listener.Close()
	accepted := make(chan net.Conn, 1)
	go func() {
		conn, _ := listener.Accept()
		accepted <- conn
	}()
	near, err = net.Dial("tcp", listener.Addr().String())
	if err != nil {
		tb.Fatal(err)
	}
	return near, <-accepted
}

var windows = []struct{ k, w int }{{12, 8}, {32767, 21000}}

// BenchmarkSpontaneous sends M_ME_TF_1 with ten objects from a station to a
// control centre over loopback TCP; one operation is one I frame.
func BenchmarkSpontaneous(b *testing.B) {
	for _, window := range windows {
		b.Run(fmt.Sprintf("k=%d", window.k), func(b *testing.B) {
			p := iec104.Parameters{K: window.k, W: window.w}
			server, err := iec104.NewServer(&plant{}, &iec104.ServerOptions{Parameters: p})
			if err != nil {
				b.Fatal(err)
			}
			defer server.Close()
			near, far := loopback(b)
			session, err := server.ServeConn(far)
			if err != nil {
				b.Fatal(err)
			}
			done := make(chan struct{})
			received := 0
			client, err := iec104.NewClient(near, &iec104.ClientOptions{Parameters: p, Handler: func(asdu.ASDU) error {
				if received++; received == b.N {
					close(done)
				}
				return nil
			}})
			if err != nil {
				b.Fatal(err)
			}
			defer client.Close()
			ctx := b.Context()
			if err := client.Start(ctx); err != nil {
				b.Fatal(err)
			}
			a := ten(b)
			b.ReportAllocs()
			b.ResetTimer()
			for range b.N {
				if err := session.Send(ctx, a); err != nil {
					b.Fatal(err)
				}
			}
			<-done
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "frames/s")
		})
	}
}

// BenchmarkRawPair is the measure for BenchmarkSpontaneous: the same octets and
// the same windows between two loops that do nothing else.
func BenchmarkRawPair(b *testing.B) {
	for _, window := range windows {
		b.Run(fmt.Sprintf("k=%d", window.k), func(b *testing.B) {
			near, far := loopback(b)
			defer near.Close()
			defer far.Close()
			body := ten(b).Append(nil)
			b.ResetTimer()
			go rawSender(far, body, b.N, window.k)
			rawReceiver(b, near, b.N, window.w)
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "frames/s")
		})
	}
}

func rawSender(conn net.Conn, body []byte, frames, k int) {
	sent, acked := 0, 0
	var out []byte
	in := make([]byte, 4096)
	var framer apci.Framer
	for acked < frames {
		out = out[:0]
		for sent < frames && sent-acked < k && len(out) < 32<<10 {
			out = apci.AppendI(out, apci.Sequence(0).Add(sent), 0, body)
			sent++
		}
		if len(out) > 0 {
			if _, err := conn.Write(out); err != nil {
				return
			}
			if sent < frames && sent-acked < k {
				continue
			}
		}
		n, err := conn.Read(in)
		if err != nil {
			return
		}
		framer.Feed(in[:n])
		for {
			frame, err := framer.Next()
			if err != nil || frame == nil {
				break
			}
			apdu, _ := apci.Decode(frame)
			acked += apdu.Receive.Since(apci.Sequence(0).Add(acked))
		}
	}
}

func rawReceiver(b *testing.B, conn net.Conn, frames, w int) {
	in := make([]byte, 64<<10)
	var framer apci.Framer
	received, confirmed := 0, 0
	for received < frames {
		n, err := conn.Read(in)
		if err != nil {
			b.Fatal(err)
		}
		framer.Feed(in[:n])
		for {
			frame, err := framer.Next()
			if err != nil {
				b.Fatal(err)
			}
			if frame == nil {
				break
			}
			if _, err := apci.Decode(frame); err != nil {
				b.Fatal(err)
			}
			received++
			if received-confirmed >= w || received == frames {
				confirmed = received
				if _, err := conn.Write(apci.AppendS(nil, apci.Sequence(0).Add(received))); err != nil {
					b.Fatal(err)
				}
			}
		}
	}
}
