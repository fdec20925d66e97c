package rig

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

const telegram = "0123456789abcdef"

// overBoth runs a test with a proxy in memory, in virtual time, and with one
// over TCP on loopback. The test gets the proxy and both ends.
func overBoth(t *testing.T, test func(t *testing.T, p *Proxy, client, server net.Conn)) {
	t.Run("memory", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			n := NewNetwork(nil)
			station := listen(t, n, "10.0.0.1:2404")
			defer station.Close()
			p := NewProxy(t, listen(t, n, "10.0.0.2:2404"), func(ctx context.Context) (net.Conn, error) {
				return n.DialContext(ctx, "tcp", "10.0.0.1:2404")
			})
			client := dial(t, n, p.Addr())
			defer client.Close()
			server, err := station.Accept()
			if err != nil {
				t.Fatal(err)
			}
			defer server.Close()
			test(t, p, client, server)
		})
	})
	t.Run("tcp", func(t *testing.T) {
		station, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer station.Close()
		p := NewTCPProxy(t, station.Addr().String())
		client, err := new(net.Dialer).DialContext(t.Context(), "tcp", p.Addr())
		if err != nil {
			t.Fatal(err)
		}
		defer client.Close()
		server, err := station.Accept()
		if err != nil {
			t.Fatal(err)
		}
		defer server.Close()
		test(t, p, client, server)
	})
}

// readAll returns what comes until the end, and how the connection ended.
func readAll(c net.Conn) (string, error) {
	b, err := io.ReadAll(c)
	return string(b), err
}

func TestProxyPassesAll(t *testing.T) {
	overBoth(t, func(t *testing.T, p *Proxy, client, server net.Conn) {
		big := bytes.Repeat([]byte(telegram), 20_000)
		go func() {
			_, _ = client.Write(big)
			closeWrite(client)
		}()
		if got, err := readAll(server); err != nil || got != string(big) {
			t.Fatalf("%d octets came, %v", len(got), err)
		}
		write(t, server, telegram)
		_ = server.Close()
		if got, err := readAll(client); err != nil || got != telegram {
			t.Fatalf("the way back gave %q, %v", got, err)
		}
		if got := p.ToServer.Passed(); got != int64(len(big)) {
			t.Errorf("%d octets passed", got)
		}
	})
}

func TestEdits(t *testing.T) {
	for _, test := range []struct {
		name string
		set  func(*Faults)
		want string
		cut  bool
	}{
		{"drop", func(f *Faults) { f.Drop(2, 3) }, "0156789abcdef", false},
		{"drop all", func(f *Faults) { f.Drop(0, 16) }, "", false},
		{"corrupt", func(f *Faults) { f.Corrupt(0, 0x01); f.Corrupt(15, 0x20) }, "1123456789abcdeF", false},
		{"cut", func(f *Faults) { f.CutAfter(5) }, "01234", true},
		{"cut behind the last octet", func(f *Faults) { f.CutAfter(16) }, telegram, true},
		{"cut before the first octet", func(f *Faults) { f.CutAfter(0) }, "", true},
		{"end", func(f *Faults) { f.EndAfter(7) }, "0123456", false},
		{"split and drop", func(f *Faults) { f.Split(0, 1, 4); f.Drop(3, 1) }, "012456789abcdef", false},
	} {
		t.Run(test.name, func(t *testing.T) {
			overBoth(t, func(t *testing.T, p *Proxy, client, server net.Conn) {
				test.set(&p.ToServer)
				write(t, client, telegram)
				closeWrite(client)
				got, err := readAll(server)
				if got != test.want {
					t.Errorf("%q came; want %q", got, test.want)
				}
				if test.cut != errors.Is(err, syscall.ECONNRESET) {
					t.Errorf("the connection ended with %v", err)
				}
				if test.cut {
					if _, err := readAll(client); !errors.Is(err, syscall.ECONNRESET) {
						t.Errorf("at the client it ended with %v", err)
					}
				}
			})
		})
	}
}

func TestEditsCountFromTheCall(t *testing.T) {
	overBoth(t, func(t *testing.T, p *Proxy, client, server net.Conn) {
		p.ToServer.Drop(0, 1)
		write(t, client, "ab")
		read(t, server, "b")
		p.ToServer.Drop(1, 1)
		write(t, client, "cde")
		_ = client.Close()
		if got, _ := readAll(server); got != "ce" {
			t.Errorf("%q came", got)
		}
	})
}

func TestSplitAtEverySize(t *testing.T) {
	for size := 1; size <= len(telegram); size++ {
		t.Run(fmt.Sprint(size), func(t *testing.T) {
			overBoth(t, func(t *testing.T, p *Proxy, client, server net.Conn) {
				p.ToServer.Split(time.Millisecond, size)
				write(t, client, telegram)
				_ = client.Close()
				_, memory := server.(*Conn)
				var got strings.Builder
				for chunk := make([]byte, 100); ; {
					n, err := server.Read(chunk)
					got.Write(chunk[:n])
					if err != nil {
						break
					}
					if last := got.Len() == len(telegram); memory && n != size && !last {
						t.Errorf("a piece has %d octets", n)
					}
				}
				if got.String() != telegram {
					t.Errorf("%q came", got.String())
				}
			})
		})
	}
}

func TestSplitSizesTakeTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := Pipe(nil)
		var out Faults
		out.Split(0, 1, 5, 2)
		user := Wrap(t, a, &out, nil)
		write(t, user, telegram)
		synctest.Wait() // all pieces lie ready, and still they are not joined
		for _, want := range []string{"0", "12345", "67", "8", "9abcd", "ef"} {
			read(t, b, want)
		}
	})
}

func TestStallOneDirection(t *testing.T) {
	overBoth(t, func(t *testing.T, p *Proxy, client, server net.Conn) {
		p.ToServer.Stall()
		write(t, client, "held")
		_ = client.(interface{ CloseWrite() error }).CloseWrite()
		write(t, server, "passes")
		read(t, client, "passes")
		_ = server.SetReadDeadline(time.Now().Add(50 * time.Millisecond))
		if n, err := server.Read(make([]byte, 1)); err == nil || err == io.EOF { //nolint:errorlint // the bare io.EOF
			t.Errorf("a stalled direction let pass %d octets, %v", n, err)
		}
		_ = server.SetReadDeadline(time.Time{})
		p.ToServer.Resume()
		if got, err := readAll(server); got != "held" || err != nil {
			t.Errorf("after Resume came %q, %v", got, err)
		}
	})
}

func TestStallBlocksTheSenderInTheEnd(t *testing.T) {
	overBoth(t, func(t *testing.T, p *Proxy, client, _ net.Conn) {
		p.ToServer.Stall()
		_ = client.SetWriteDeadline(time.Now().Add(200 * time.Millisecond))
		var err error
		for total := 0; err == nil && total < 64<<20; {
			var n int
			n, err = client.Write(make([]byte, 64<<10))
			total += n
		}
		if err == nil {
			t.Error("64 MiB went into a stalled connection")
		}
	})
}

func TestDelayKeepsDistances(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := Pipe(nil)
		var in Faults
		in.Delay(time.Second)
		user := Wrap(t, b, nil, &in)
		start := time.Now()
		write(t, a, "first")
		time.Sleep(300 * time.Millisecond)
		write(t, a, "second")
		_ = a.CloseWrite()
		read(t, user, "first")
		if d := time.Since(start); d != time.Second {
			t.Errorf("first after %v", d)
		}
		read(t, user, "second")
		readFails(t, user, io.EOF)
		if d := time.Since(start); d != 1300*time.Millisecond {
			t.Errorf("second after %v", d)
		}
		write(t, user, "back")
		read(t, a, "back")
		if d := time.Since(start); d != 1300*time.Millisecond {
			t.Errorf("the other direction was delayed too: %v", d)
		}
	})
}

func TestWrapKeepsAddressesAndEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := Pipe(nil)
		user := Wrap(t, a, nil, nil)
		if user.LocalAddr() != a.LocalAddr() || user.RemoteAddr() != a.RemoteAddr() {
			t.Errorf("addresses are %s>%s", user.LocalAddr(), user.RemoteAddr())
		}
		_ = user.Close()
		readFails(t, b, io.EOF)
		_ = b.Close()
	})
}

// A test may forget a stalled connection: Wrap ends it with the test.
func TestWrapEndsWithTheTest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, _ := Pipe(nil)
		var out Faults
		out.Stall()
		write(t, Wrap(t, a, &out, nil), telegram)
	})
}

func TestFarEndGone(t *testing.T) {
	overBoth(t, func(t *testing.T, _ *Proxy, client, server net.Conn) {
		write(t, server, "last")
		_ = server.Close()
		if got, err := readAll(client); got != "last" || err != nil {
			t.Fatalf("came %q, %v", got, err)
		}
		_ = client.SetWriteDeadline(time.Now().Add(5 * time.Second))
		var err error
		for err == nil {
			_, err = client.Write([]byte(telegram))
			time.Sleep(time.Millisecond)
		}
		if !errors.Is(err, syscall.EPIPE) && !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("writes to nobody end with %v", err)
		}
	})
}

func TestProxyCutsAndRefuses(t *testing.T) {
	overBoth(t, func(t *testing.T, p *Proxy, client, server net.Conn) {
		write(t, client, "x")
		read(t, server, "x")
		if got := p.Connections(); got != 1 {
			t.Errorf("%d connections", got)
		}
		p.Cut()
		if _, err := readAll(server); !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("the server sees %v", err)
		}
		if _, err := readAll(client); !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("the client sees %v", err)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		n := NewNetwork(nil)
		p := NewProxy(t, listen(t, n, "10.0.0.2:2404"), func(ctx context.Context) (net.Conn, error) {
			return n.DialContext(ctx, "tcp", "10.0.0.1:2404")
		})
		c := dial(t, n, p.Addr())
		readFails(t, c, syscall.ECONNRESET) // there is no server
		station := listen(t, n, "10.0.0.1:2404")
		defer station.Close()
		p.Refuse(true)
		c = dial(t, n, p.Addr())
		readFails(t, c, syscall.ECONNRESET)
		if got := p.Refused(); got != 1 {
			t.Errorf("%d refused", got)
		}
		p.Refuse(false)
		c = dial(t, n, p.Addr())
		if _, err := station.Accept(); err != nil {
			t.Error(err)
		}
		p.Close()
		readFails(t, c, syscall.ECONNRESET)
		if _, err := n.DialContext(t.Context(), "tcp", p.Addr()); !errors.Is(err, syscall.ECONNREFUSED) {
			t.Errorf("after Close: %v", err)
		}
	})
}
