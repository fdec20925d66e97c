package ads

import (
	"io"
	"net"
	"testing"

	"stellwerk/ads/ams"
	"stellwerk/ads/command"
	"stellwerk/ads/symbol"
)

// benchDevice serves 500 values, and returns a connection and their address.
func benchDevice(b *testing.B) (*rawPeer, command.Index) {
	b.Helper()
	decl := symbol.NewDeclaration(symbol.TwinCAT3)
	decl.Symbol("MAIN.a", "ARRAY [0..499] OF DINT")
	table, err := decl.Table()
	check(b, err)
	d, err := NewDevice(table, nil)
	check(b, err)
	v, err := d.Find("MAIN.a")
	check(b, err)
	return newRawPeer(b, newTestServer(b, nil, d)), command.Index{Group: command.IndexGroup(v.IndexGroup), Offset: v.IndexOffset}
}

// asked sends what is in out, and takes that many answers.
func asked(b *testing.B, p *rawPeer, out []byte, answers int) {
	b.Helper()
	if _, err := p.conn.Write(out); err != nil {
		b.Fatal(err)
	}
	for range answers {
		if _, err := p.reader.Next(); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDeviceRead(b *testing.B) {
	for name, window := range map[string]int{"sequential": 1, "window 64": 64} {
		b.Run(name, func(b *testing.B) {
			p, index := benchDevice(b)
			f := p.frame(1, ams.Read, command.ReadRequest{Index: index, Length: 4}.Append(nil))
			var out []byte
			for range window {
				out = f.Append(out, ams.OverTCP)
			}
			b.ReportAllocs()
			for b.Loop() {
				asked(b, p, out, window)
			}
			b.ReportMetric(float64(b.N)*float64(window)/b.Elapsed().Seconds(), "reads/s")
		})
	}
}

// BenchmarkFixedAnswer is the least that a pair of programs can do: the same
// octets, answered without looking at them.
func BenchmarkFixedAnswer(b *testing.B) {
	for name, window := range map[string]int{"sequential": 1, "window 64": 64} {
		b.Run(name, func(b *testing.B) {
			listener, err := net.Listen("tcp", "127.0.0.1:0")
			check(b, err)
			defer listener.Close()
			go func() {
				conn, err := listener.Accept()
				if err != nil {
					return
				}
				defer conn.Close()
				const request, answer = 6 + 32 + 12, 6 + 32 + 12
				in := make([]byte, window*request)
				for {
					n, err := io.ReadAtLeast(conn, in, request)
					if err != nil {
						return
					}
					if rest := n % request; rest != 0 {
						if _, err := io.ReadFull(conn, in[n:n+request-rest]); err != nil {
							return
						}
						n += request - rest
					}
					if _, err := conn.Write(in[:n/request*answer]); err != nil {
						return
					}
				}
			}()
			conn, err := net.Dial("tcp", listener.Addr().String())
			check(b, err)
			defer conn.Close()
			octets := make([]byte, window*50)
			for b.Loop() {
				if _, err := conn.Write(octets); err != nil {
					b.Fatal(err)
				}
				if _, err := io.ReadFull(conn, octets); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.N)*float64(window)/b.Elapsed().Seconds(), "reads/s")
		})
	}
}

func BenchmarkDeviceSumRead(b *testing.B) {
	p, index := benchDevice(b)
	const n = 500
	var items []command.ReadRequest
	for i := range uint32(n) {
		items = append(items, command.ReadRequest{Index: command.Index{Group: index.Group, Offset: index.Offset + 4*i}, Length: 4})
	}
	q := command.ReadWriteRequest{Index: command.Index{Group: command.GroupSumRead, Offset: n}, ReadLength: 8 * n, Data: command.AppendSumReads(nil, items)}
	f := p.frame(1, ams.ReadWrite, q.Append(nil))
	out := f.Append(nil, ams.OverTCP)
	b.ReportAllocs()
	for b.Loop() {
		asked(b, p, out, 1)
	}
	b.ReportMetric(float64(b.N)*n/b.Elapsed().Seconds(), "values/s")
}

func BenchmarkDeviceSetAndGet(b *testing.B) {
	d := newTestDevice(b, nil)
	var n uint32
	for b.Loop() {
		check(b, d.Set("MAIN.n", n))
		check(b, d.GetInto("MAIN.n", &n))
		n++
	}
}
