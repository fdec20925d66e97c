package iec104_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"stellwerk/iec104"
	"stellwerk/iec104/asdu"
	"stellwerk/internal/rig"
)

// A station calls its control centre, which is away at first, and again when the
// connection breaks.
func TestReverse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		network := rig.NewNetwork(nil)
		server := newServer(t, &plant{points: 3}, nil)
		var failures []time.Duration
		ctx, cancel := context.WithCancel(t.Context())
		called := make(chan error, 1)
		go func() {
			called <- server.Call(ctx, "192.0.2.1:2404", &iec104.CallOptions{
				Dial: func(ctx context.Context, address string) (net.Conn, error) {
					return network.DialFrom(ctx, "192.0.2.7", address)
				},
				Failed: func(_ error, pause time.Duration) { failures = append(failures, pause) },
			})
		}()
		time.Sleep(10 * time.Second)
		synctest.Wait()
		if len(failures) < 3 || failures[0] > time.Second || failures[2] < 3*time.Second {
			t.Errorf("%v", failures)
		}

		got := make(chan asdu.ASDU, 100)
		acceptor, err := iec104.NewAcceptor(&iec104.AcceptorOptions{
			Client: func(net.Conn) (*iec104.ClientOptions, error) {
				return &iec104.ClientOptions{Handler: func(a asdu.ASDU) error {
					if a.Cause != asdu.ActivationCon && a.Cause != asdu.ActivationTermination {
						got <- a.Clone()
					}
					return nil
				}}, nil
			},
			Use: func(ctx context.Context, c *iec104.Client) {
				if err := errors.Join(c.Start(ctx), c.Interrogate(ctx, 1, asdu.InterrogateStation)); err != nil {
					return
				}
				select {
				case <-c.Done():
				case <-ctx.Done():
				}
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		listener, err := network.Listen("192.0.2.1:2404")
		if err != nil {
			t.Fatal(err)
		}
		serving := make(chan error, 1)
		go func() { serving <- acceptor.Serve(listener) }()
		for range 2 {
			for n := range 3 {
				if a := <-got; a.Cause != asdu.InterrogatedByStation {
					t.Error(n, a.Cause)
				}
			}
			time.Sleep(time.Second)
			clients := acceptor.Clients()
			if len(clients) != 1 || clients[0].Status().State != iec104.Started {
				t.Fatal(clients)
			}
			_ = clients[0].Close()
		}
		for range 3 {
			<-got
		}
		if err := acceptor.Close(); err != nil {
			t.Error(err)
		}
		if err := <-serving; !errors.Is(err, iec104.ErrClosed) {
			t.Error(err)
		}
		cancel()
		if err := <-called; !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	})
}

// The limits of an acceptor, and stations that it does not know.
func TestAcceptorRefuses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		network := rig.NewNetwork(nil)
		var reasons []iec104.RefusalReason
		acceptor, err := iec104.NewAcceptor(&iec104.AcceptorOptions{
			Client: func(conn net.Conn) (*iec104.ClientOptions, error) {
				if host, _, _ := net.SplitHostPort(conn.RemoteAddr().String()); host == "192.0.2.9" {
					return nil, errors.New("an unknown station")
				}
				return nil, nil //nolint:nilnil // the zero options
			},
			Use: func(ctx context.Context, _ *iec104.Client) { <-ctx.Done() },
			Limits: iec104.Limits{
				Allow: []netip.Prefix{netip.MustParsePrefix("192.0.2.0/28")}, PerAddress: 1,
				Observe: func(r iec104.Refusal) { reasons = append(reasons, r.Reason) },
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		listener, err := network.Listen("192.0.2.1:2404")
		if err != nil {
			t.Fatal(err)
		}
		serving := make(chan error, 1)
		go func() { serving <- acceptor.Serve(listener) }()
		var conns []net.Conn
		for _, from := range []string{"192.0.2.7", "192.0.2.7", "192.0.2.9", "192.0.2.17", "192.0.2.8"} {
			conn, err := network.DialFrom(t.Context(), from, "192.0.2.1:2404")
			if err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
			conns = append(conns, conn)
		}
		want := []iec104.RefusalReason{iec104.TooManyOfAddress, iec104.NotAllowed, iec104.NotAllowed}
		if !slices.Equal(reasons, want) || acceptor.Refusals().Total() != 3 || len(acceptor.Clients()) != 2 {
			t.Errorf("%v, %d clients", reasons, len(acceptor.Clients()))
		}
		if err := acceptor.Close(); err != nil || len(acceptor.Clients()) != 0 {
			t.Error(err)
		}
		if err := <-serving; !errors.Is(err, iec104.ErrClosed) {
			t.Error(err)
		}
		for _, conn := range conns {
			_ = conn.Close()
		}
	})
	if _, err := iec104.NewAcceptor(nil); err == nil {
		t.Error("nobody uses the connections")
	}
}

// A station behind a network that nobody can call in from.
func ExampleServer_Call() {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Println(err)
		return
	}
	// The control centre.
	acceptor, err := iec104.NewAcceptor(&iec104.AcceptorOptions{
		Client: func(net.Conn) (*iec104.ClientOptions, error) {
			return &iec104.ClientOptions{Handler: func(a asdu.ASDU) error {
				if a.Cause == asdu.InterrogatedByStation {
					fmt.Println(a.TypeName())
				}
				return nil
			}}, nil
		},
		Use: func(ctx context.Context, c *iec104.Client) {
			if err := errors.Join(c.Start(ctx), c.Interrogate(ctx, 1, asdu.InterrogateStation)); err != nil {
				fmt.Println(err)
			}
			cancel() // enough for an example
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	serving := make(chan error, 1)
	go func() { serving <- acceptor.Serve(listener) }()

	// The station.
	server, err := iec104.NewServer(&breaker{}, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	err = server.Call(ctx, listener.Addr().String(), nil)
	fmt.Println(err)
	_ = server.Close()
	_ = acceptor.Close()
	fmt.Println(errors.Is(<-serving, iec104.ErrClosed))
	// Output:
	// M_SP_NA_1
	// context canceled
	// true
}
