package ads

import (
	"io"
	"net"
	"sync"
	"testing"

	"stellwerk/ads/ams"
	"stellwerk/ads/command"
)

// fixedAnswers answers reads of four octets, and sum reads of 500 of them, with
// as little work as there can be: what it costs is what the client is measured
// against.
func fixedAnswers(b *testing.B) string {
	b.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	var all sync.WaitGroup
	all.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			all.Go(func() { answerFixed(conn) })
		}
	})
	b.Cleanup(func() {
		listener.Close()
		all.Wait()
	})
	return listener.Addr().String()
}

func answerFixed(conn net.Conn) {
	defer conn.Close()
	in := make([]byte, 0, 64<<10)
	var out []byte
	one := value(1, 2, 3, 4)
	sum := command.ReadResponse{Data: make([]byte, 500*(4+4))}.Append(nil)
	for {
		n, err := conn.Read(in[len(in):cap(in)])
		if err != nil {
			return
		}
		in = in[:len(in)+n]
		rest := in
		out = out[:0]
		for len(rest) >= ams.TCPHeaderLength {
			h, _ := ams.DecodeTCPHeader(rest)
			end := ams.TCPHeaderLength + int(h.Length)
			if len(rest) < end {
				break
			}
			f, _ := ams.DecodeFrame(rest[ams.TCPHeaderLength:end])
			answer := ams.Frame{Header: f.Answer(0, 0), Data: one}
			if f.Command == ams.ReadWrite {
				answer.Data = sum
			}
			out = answer.Append(out, ams.OverTCP)
			rest = rest[end:]
		}
		in = in[:copy(in[:cap(in)], rest)]
		if _, err := conn.Write(out); err != nil {
			return
		}
	}
}

// plainReads has a pair without a client: window requests are written at once,
// and their answers read.
func plainReads(b *testing.B, window int) {
	b.Helper()
	conn, err := net.Dial("tcp", fixedAnswers(b))
	if err != nil {
		b.Fatal(err)
	}
	defer conn.Close()
	request := ams.Frame{
		Header: ams.Header{Target: plc, Source: station, Command: ams.Read, StateFlags: ams.RequestFlags},
		Data:   command.ReadRequest{Index: marker, Length: 4}.Append(nil),
	}
	one := request.Append(nil, ams.OverTCP)
	var out []byte
	for range window {
		out = append(out, one...)
	}
	in := make([]byte, window*len(value(1, 2, 3, 4))+window*(ams.TCPHeaderLength+ams.HeaderLength))
	b.ResetTimer()
	for n := 0; n < b.N; n += window {
		if _, err := conn.Write(out); err != nil {
			b.Fatal(err)
		}
		if _, err := io.ReadFull(conn, in); err != nil {
			b.Fatal(err)
		}
	}
}

func benchClient(b *testing.B) *Client {
	b.Helper()
	c, err := Dial(b.Context(), fixedAnswers(b), &ClientOptions{Target: plc})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { c.Close() })
	b.ReportAllocs()
	b.ResetTimer()
	return c
}

func BenchmarkClientSequential(b *testing.B) {
	b.Run("plain", func(b *testing.B) { plainReads(b, 1) })
	b.Run("client", func(b *testing.B) {
		c := benchClient(b)
		dst := make([]byte, 4)
		for b.Loop() {
			if _, err := c.ReadInto(b.Context(), marker, dst); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkClientPipelined(b *testing.B) {
	const window = 64
	b.Run("plain", func(b *testing.B) { plainReads(b, window) })
	b.Run("goroutines", func(b *testing.B) {
		c := benchClient(b)
		var all sync.WaitGroup
		for range window {
			all.Go(func() {
				dst := make([]byte, 4)
				for range b.N / window {
					if _, err := c.ReadInto(b.Context(), marker, dst); err != nil {
						b.Error(err)
						return
					}
				}
			})
		}
		all.Wait()
	})
	b.Run("started", func(b *testing.B) {
		c := benchClient(b)
		var pending [window]PendingRead
		var dst [window][4]byte
		for n := range b.N + window {
			p, place := &pending[n%window], &dst[n%window]
			if n >= window {
				if _, err := p.Wait(b.Context()); err != nil {
					b.Fatal(err)
				}
			}
			var err error
			if *p, err = c.StartRead(b.Context(), marker, place[:]); err != nil {
				b.Fatal(err)
			}
		}
		for i := range pending {
			if _, err := pending[i].Wait(b.Context()); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkClientSumRead(b *testing.B) {
	items := make([]command.ReadRequest, 500)
	for i := range items {
		items[i] = command.ReadRequest{Index: command.Index{Group: command.GroupMemory, Offset: uint32(4 * i)}, Length: 4}
	}
	values := func(b *testing.B) { b.ReportMetric(float64(b.N)*500/b.Elapsed().Seconds(), "values/s") }
	b.Run("made", func(b *testing.B) {
		c := benchClient(b)
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				if _, err := c.ReadMany(b.Context(), items); err != nil {
					b.Error(err)
				}
			}
		})
		values(b)
	})
	b.Run("kept", func(b *testing.B) {
		sum := benchClient(b).NewSumRead(items)
		for b.Loop() {
			if _, err := sum.Wait(b.Context()); err != nil {
				b.Fatal(err)
			}
		}
		values(b)
	})
}
