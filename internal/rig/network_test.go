package rig

import (
	"context"
	"errors"
	"net"
	"net/http"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

func listen(t *testing.T, n *Network, address string) net.Listener {
	t.Helper()
	l, err := n.Listen(address)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func dial(t *testing.T, n *Network, address string) *Conn {
	t.Helper()
	c, err := n.DialContext(t.Context(), "tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	return c.(*Conn)
}

func TestNetworkConnects(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := NewNetwork(&Options{Latency: 5 * time.Millisecond})
		l := listen(t, n, "10.0.0.1:2404")
		defer l.Close()
		start := time.Now()
		c, err := n.DialFrom(t.Context(), "10.0.0.9", "10.0.0.1:2404")
		if err != nil {
			t.Fatal(err)
		}
		if d := time.Since(start); d != 10*time.Millisecond {
			t.Errorf("the connection took %v", d)
		}
		s, err := l.Accept()
		if err != nil {
			t.Fatal(err)
		}
		if got := s.LocalAddr().String(); got != "10.0.0.1:2404" {
			t.Errorf("local address of the server: %s", got)
		}
		if got := s.RemoteAddr().(*net.TCPAddr); got.IP.String() != "10.0.0.9" || got.Port < firstEphemeral {
			t.Errorf("remote address of the server: %s", got)
		}
		if c.LocalAddr().String() != s.RemoteAddr().String() || c.RemoteAddr().String() != s.LocalAddr().String() {
			t.Errorf("addresses do not fit: %s>%s and %s>%s", c.LocalAddr(), c.RemoteAddr(), s.LocalAddr(), s.RemoteAddr())
		}
		write(t, c, "hello")
		read(t, s, "hello")
	})
}

func TestNetworkAddresses(t *testing.T) {
	n := NewNetwork(nil)
	wide := listen(t, n, ":2404")
	free := listen(t, n, "127.0.0.1:0")
	other := listen(t, n, "127.0.0.1:0")
	if free.Addr().String() == other.Addr().String() || free.Addr().(*net.TCPAddr).Port == 0 {
		t.Errorf("port 0 picked %s and %s", free.Addr(), other.Addr())
	}
	for _, address := range []string{"localhost:2404", "10.1.1.1:2404", "[::1]:2404", free.Addr().String()} {
		c := dial(t, n, address)
		_ = c.Close()
	}
	if _, err := n.Listen(free.Addr().String()); !errors.Is(err, syscall.EADDRINUSE) {
		t.Errorf("an address twice: %v", err)
	}
	for _, wrong := range []string{"10.0.0.1", "station:2404", "10.0.0.1:iec"} {
		if _, err := n.Listen(wrong); err == nil {
			t.Errorf("Listen(%q) was possible", wrong)
		}
		if _, err := n.DialContext(t.Context(), "tcp", wrong); err == nil {
			t.Errorf("Dial(%q) was possible", wrong)
		}
	}
	if _, err := n.DialContext(t.Context(), "udp", "10.0.0.1:1"); err == nil {
		t.Error("udp was possible")
	}
	for _, l := range []net.Listener{wide, free, other} {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
		if err := l.Close(); !errors.Is(err, net.ErrClosed) {
			t.Errorf("second Close = %v", err)
		}
		if _, err := l.Accept(); !errors.Is(err, net.ErrClosed) {
			t.Errorf("Accept after Close = %v", err)
		}
	}
	again := listen(t, n, free.Addr().String())
	_ = again.Close()
}

func TestNobodyListens(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := NewNetwork(&Options{Latency: time.Second})
		start := time.Now()
		_, err := n.DialContext(t.Context(), "tcp", "10.0.0.1:2404")
		if !errors.Is(err, syscall.ECONNREFUSED) || time.Since(start) != 2*time.Second {
			t.Errorf("after %v: %v", time.Since(start), err)
		}
	})
}

func TestSilence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := NewNetwork(nil)
		l := listen(t, n, "10.0.0.1:2404")
		defer l.Close()
		if err := n.Silence("10.0.0.1:2404", true); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		defer cancel()
		start := time.Now()
		_, err := n.DialContext(ctx, "tcp", "10.0.0.1:2404")
		var timeout net.Error
		if !errors.As(err, &timeout) || !timeout.Timeout() || time.Since(start) != 30*time.Second {
			t.Errorf("after %v: %v", time.Since(start), err)
		}
		if err := n.Silence("10.0.0.1:2404", false); err != nil {
			t.Fatal(err)
		}
		dial(t, n, "10.0.0.1:2404")
	})
}

func TestBacklog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := NewNetwork(nil)
		l := listen(t, n, "10.0.0.1:2404")
		first := dial(t, n, "10.0.0.1:2404")
		for range backlog - 1 {
			dial(t, n, "10.0.0.1:2404")
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := n.DialContext(ctx, "tcp", "10.0.0.1:2404"); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("more than the backlog: %v", err)
		}
		go func() {
			if _, err := n.DialContext(t.Context(), "tcp", "10.0.0.1:2404"); !errors.Is(err, syscall.ECONNREFUSED) {
				t.Errorf("the listener closed while a caller waited: %v", err)
			}
		}()
		synctest.Wait()
		_ = l.Close()
		readFails(t, first, syscall.ECONNRESET)
	})
}

// The HTTP of the standard library is a demanding user of a net.Conn.
func TestHTTPInVirtualTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := NewNetwork(&Options{Latency: 10 * time.Millisecond, Capacity: 100})
		l := listen(t, n, "10.0.0.1:80")
		server := &http.Server{
			ReadHeaderTimeout: time.Second,
			Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				_, _ = w.Write(make([]byte, 10_000))
			}),
		}
		stopped := make(chan error)
		go func() { stopped <- server.Serve(l) }()
		transport := &http.Transport{DialContext: n.DialContext}
		client := &http.Client{Transport: transport}
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://10.0.0.1/", http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		response, err := client.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		var size int64
		p := make([]byte, 4096)
		for err == nil {
			var k int
			k, err = response.Body.Read(p)
			size += int64(k)
		}
		_ = response.Body.Close()
		if size != 10_000 {
			t.Errorf("%d octets came", size)
		}
		transport.CloseIdleConnections()
		if err := server.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
		if err := <-stopped; !errors.Is(err, http.ErrServerClosed) {
			t.Error(err)
		}
	})
}
