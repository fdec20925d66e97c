package iec104_test

import (
	"fmt"
	"net"
	"slices"
	"sync/atomic"
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
			b.ReportAllocs()
			elapsed := spontaneous(b, window.k, window.w, b.N, false)
			b.ReportMetric(float64(b.N)/elapsed.Seconds(), "frames/s")
		})
	}
}

// BenchmarkSpontaneousTraced is the same with a trace function on both sides
// that counts frames and octets.
func BenchmarkSpontaneousTraced(b *testing.B) {
	for _, window := range windows {
		b.Run(fmt.Sprintf("k=%d", window.k), func(b *testing.B) {
			b.ReportAllocs()
			elapsed := spontaneous(b, window.k, window.w, b.N, true)
			b.ReportMetric(float64(b.N)/elapsed.Seconds(), "frames/s")
		})
	}
}

// spontaneous sends frames and returns how long that took.
func spontaneous(b *testing.B, k, w, frames int, traced bool) time.Duration {
	b.Helper()
	p := iec104.Parameters{K: k, W: w}
	so := &iec104.ServerOptions{Parameters: p}
	done := make(chan struct{})
	received := 0
	co := &iec104.ClientOptions{Parameters: p, Handler: func(asdu.ASDU) error {
		if received++; received == frames {
			close(done)
		}
		return nil
	}}
	if traced {
		var count, octets atomic.Int64
		see := func(f iec104.Frame) {
			count.Add(1)
			octets.Add(int64(len(f.Octets)))
		}
		so.Trace = func(_ *iec104.Session, f iec104.Frame) { see(f) }
		co.Trace = see
	}
	server, err := iec104.NewServer(&plant{}, so)
	if err != nil {
		b.Fatal(err)
	}
	defer server.Close()
	near, far := loopback(b)
	session, err := server.ServeConn(far)
	if err != nil {
		b.Fatal(err)
	}
	client, err := iec104.NewClient(near, co)
	if err != nil {
		b.Fatal(err)
	}
	defer client.Close()
	ctx := b.Context()
	if err := client.Start(ctx); err != nil {
		b.Fatal(err)
	}
	a := ten(b)
	b.ResetTimer()
	begin := time.Now()
	for range frames {
		if err := session.Send(ctx, a); err != nil {
			b.Fatal(err)
		}
	}
	<-done
	return time.Since(begin)
}

// BenchmarkRawPair is the measure for BenchmarkSpontaneous: two loops over
// loopback TCP that do only what the link procedure cannot do without. The
// sender makes I frames of the same octets, as many as k lets it, in writes of up
// to 32 KiB, and waits for N(R) when the window is closed. The receiver cuts the
// stream into APDUs with the same framer and decoder, counts them, and writes an
// S frame for each w. There are no timers, no locks and no goroutines but the
// two, and nobody looks into an ASDU, checks N(S), or can ask how things stand.
func BenchmarkRawPair(b *testing.B) {
	for _, window := range windows {
		b.Run(fmt.Sprintf("k=%d", window.k), func(b *testing.B) {
			elapsed := rawPair(b, window.k, window.w, b.N)
			b.ReportMetric(float64(b.N)/elapsed.Seconds(), "frames/s")
		})
	}
}

func rawPair(b *testing.B, k, w, frames int) time.Duration {
	b.Helper()
	near, far := loopback(b)
	defer near.Close()
	defer far.Close()
	body := ten(b).Append(nil)
	b.ResetTimer()
	begin := time.Now()
	go rawSender(far, body, frames, k)
	rawReceiver(b, near, frames, w)
	return time.Since(begin)
}

// BenchmarkShare runs both seven times in turn and reports the medians, and the
// share of the raw pair's speed in percent. An operation is all of that: run it
// with -benchtime 1x.
func BenchmarkShare(b *testing.B) {
	for _, window := range windows {
		b.Run(fmt.Sprintf("k=%d", window.k), func(b *testing.B) {
			frames := min(3_000_000, 25_000*window.k)
			for range b.N {
				var ours, raws, shares []float64
				for range 7 {
					our := float64(frames) / spontaneous(b, window.k, window.w, frames, false).Seconds()
					raw := float64(frames) / rawPair(b, window.k, window.w, frames).Seconds()
					ours, raws, shares = append(ours, our), append(raws, raw), append(shares, 100*our/raw)
				}
				b.ReportMetric(median(ours), "frames/s")
				b.ReportMetric(median(raws), "raw-frames/s")
				b.ReportMetric(median(shares), "%/raw")
			}
		})
	}
}

func median(values []float64) float64 {
	slices.Sort(values)
	return values[len(values)/2]
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
