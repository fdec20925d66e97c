package compare

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"net"
	"runtime"
	"slices"
	"testing"
	"time"
)

// library is one of those that are compared.
type library struct {
	name string
	// open returns a connection to an echo.
	open func(tb testing.TB, deflate bool) exchange
}

// exchange sends a message n times, each when the last one has come back, and
// returns the last one.
type exchange func(n int, message []byte) ([]byte, error)

var libraries = []library{
	{"stellwerk", openStellwerk},
	{"gws", openGWS},
	{"gorilla", openGorilla},
	{"coder", openCoder},
	{"gobwas", openGobwas},
}

var sizes = []int{125, 4 << 10, 64 << 10}

// blocking is a client that waits for each message.
type blocking struct {
	send    func([]byte) error
	receive func() ([]byte, error)
}

func (b blocking) exchange(n int, message []byte) (last []byte, err error) {
	for range n {
		if err := b.send(message); err != nil {
			return nil, err
		}
		if last, err = b.receive(); err != nil {
			return nil, err
		}
	}
	return last, nil
}

// TestEcho lets every library echo every message.
func TestEcho(t *testing.T) {
	for _, l := range libraries {
		for _, deflate := range []bool{false, true} {
			run := l.open(t, deflate)
			for _, size := range sizes {
				message := telemetry(size)
				if last, err := run(3, message); err != nil || !bytes.Equal(last, message) {
					t.Errorf("%s, deflate %v: %d octets became %d, %v", l.name, deflate, size, len(last), err)
				}
			}
		}
	}
}

const (
	turns    = 301
	turnTime = 8 * time.Millisecond
)

// BenchmarkEcho reports the median of each library in microseconds, and what
// share of the best of the others ours reaches.
func BenchmarkEcho(b *testing.B) {
	for _, deflate := range []bool{false, true} {
		for _, size := range sizes {
			b.Run(fmt.Sprintf("octets=%d/deflate=%v", size, deflate), func(b *testing.B) {
				for b.Loop() {
					compare(b, deflate, telemetry(size))
				}
			})
		}
	}
}

func compare(b *testing.B, deflate bool, message []byte) {
	runs := make([]exchange, len(libraries))
	counts := make([]int, len(libraries))
	for i, l := range libraries {
		runs[i] = l.open(b, deflate)
		counts[i] = 10
		took := time.Duration(1)
		for took < turnTime { // it warms up, and shows how many a turn has
			counts[i] *= 2
			took = timed(b, runs[i], counts[i], message)
		}
		counts[i] = max(1, int(float64(counts[i])*float64(turnTime)/float64(took)))
	}
	times := map[string][]float64{}
	for range turns {
		for _, i := range rand.Perm(len(libraries)) { // nobody always comes behind the same one
			took := timed(b, runs[i], counts[i], message)
			name := libraries[i].name
			times[name] = append(times[name], took.Seconds()*1e6/float64(counts[i]))
		}
	}
	medians := map[string]float64{}
	for name, all := range times {
		slices.Sort(all)
		medians[name] = all[len(all)/2]
		b.ReportMetric(medians[name], name+"-µs")
	}
	own := medians["stellwerk"]
	delete(medians, "stellwerk")
	best := slices.MinFunc(slices.Collect(maps.Values(medians)), cmp.Compare[float64])
	b.ReportMetric(best/own, "share")
	b.ReportMetric(0, "ns/op") // says nothing here
}

func timed(tb testing.TB, run exchange, n int, message []byte) time.Duration {
	tb.Helper()
	runtime.GC() // no library pays for the garbage of another
	if _, err := run(max(1, n/8), message); err != nil {
		tb.Fatal(err)
	}
	begin := time.Now()
	if _, err := run(n, message); err != nil {
		tb.Fatal(err)
	}
	return time.Since(begin)
}

// listen serves the connections of a listener on the loopback, each in a
// goroutine, and returns its address.
func listen(tb testing.TB, serve func(net.Conn)) string {
	tb.Helper()
	var config net.ListenConfig
	listener, err := config.Listen(context.WithoutCancel(tb.Context()), "tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go serve(conn)
		}
	}()
	return listener.Addr().String()
}

// telemetry returns text of a length, as a gateway may send it.
func telemetry(octets int) []byte {
	var b bytes.Buffer
	for i := 0; b.Len() < octets; i++ {
		fmt.Fprintf(&b, `{"point":"feeder%d.power","value":%d.%d,"quality":"good","time":"2026-01-31T12:%02d:%02d.%03dZ"},`,
			i%17, i*7919%1000, i%10, i/60%60, i%60, i*37%1000)
	}
	return b.Bytes()[:octets]
}
