package iec62351_test

import (
	"errors"
	"io"
	"net"
	"testing"
	"time"

	"stellwerk/iec104"
	"stellwerk/iec104/iec62351"
)

// Peers that are slow with their handshake hold up nobody, are bounded in number
// and time, and are counted.
func TestServeDoesNotWaitForHandshakes(t *testing.T) {
	ca := newAuthority(t, "CA")
	ca.issue("station", nil, nil)
	ca.issue("centre", nil, nil)
	var events eventLog
	refusals := make(chan iec104.Refusal, 100)
	server, err := iec104.NewServer(breaker{}, &iec104.ServerOptions{MaxConnections: 4, Limits: iec104.Limits{
		HandshakeTimeout: 300 * time.Millisecond,
		Observe:          func(r iec104.Refusal) { refusals <- r },
	}})
	if err != nil {
		t.Fatal(err)
	}
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	serving := make(chan error, 1)
	go func() { serving <- server.Serve(profile(t, ca.config("station", &events)).Listen(listener)) }()
	defer func() {
		_ = server.Close()
		if err := <-serving; !errors.Is(err, iec104.ErrClosed) {
			t.Error(err)
		}
	}()

	var silent []net.Conn
	for range 3 {
		conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		silent = append(silent, conn)
	}
	centre := profile(t, ca.config("centre", &events))
	begin := time.Now()
	conn, err := centre.Dial(t.Context(), listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	client, err := iec104.NewClient(conn, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	if err := client.Start(t.Context()); err != nil || time.Since(begin) > 250*time.Millisecond {
		t.Errorf("%v after %v", err, time.Since(begin))
	}
	// There are four, with those that are still shaking hands.
	fifth, err := new(net.Dialer).DialContext(t.Context(), "tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range append(silent, fifth) {
		_ = c.SetReadDeadline(time.Now().Add(10 * time.Second))
		if _, err := io.ReadAll(c); errors.Is(err, net.ErrClosed) {
			t.Error(err)
		}
		_ = c.Close()
	}
	reasons := map[iec104.RefusalReason]int{}
	for range 4 {
		r := <-refusals
		reasons[r.Reason]++
		if r.Reason == iec104.HandshakeFailed && kind(r.Err) != iec62351.HandshakeTimeout.String() {
			t.Error(r.Err)
		}
	}
	if reasons[iec104.HandshakeFailed] != 3 || reasons[iec104.TooMany] != 1 {
		t.Error(reasons)
	}
	if err := client.Err(); err != nil {
		t.Error(err)
	}
}
