package iec104_test

import (
	"io"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"stellwerk/iec104"
	"stellwerk/iec104/apci"
	"stellwerk/iec104/asdu"
)

// peer sends what a fuzzer has thought up, mostly frames that are nearly right,
// and takes in everything that comes. Whoever is at the other end must end its
// connection when the peer falls silent, at the latest.
func peer(conn net.Conn, input []byte) {
	input = input[:min(len(input), 4096)]
	drained := make(chan struct{})
	go func() {
		_, _ = io.Copy(io.Discard, conn)
		close(drained)
	}()
	functions := [...]apci.Function{apci.StartDTAct, apci.StartDTCon, apci.StopDTAct, apci.StopDTCon, apci.TestFRAct, apci.TestFRCon}
	var send, receive apci.Sequence
	take := func(n int) []byte {
		n = min(n, len(input))
		taken := input[:n]
		input = input[n:]
		return taken
	}
	number := func() int {
		if b := take(1); len(b) == 1 {
			return int(b[0])
		}
		return 0
	}
	for len(input) > 0 {
		var octets []byte
		switch op := number(); op % 12 {
		case 0, 1, 2, 3, 4, 5:
			octets = apci.AppendU(nil, functions[op%12])
		case 6, 7, 8:
			octets = apci.AppendI(nil, send, receive, take(6+number()%16))
			send = send.Next()
		case 9:
			receive = receive.Add(number() % 5)
			octets = apci.AppendS(nil, receive)
		case 10:
			octets = take(number() % 32)
		case 11:
			time.Sleep(time.Duration(number()) * 100 * time.Millisecond)
		}
		if len(octets) > 0 {
			if _, err := conn.Write(octets); err != nil {
				break
			}
		}
	}
	<-drained
}

var fuzzSeeds = [][]byte{
	{0, 6, 4, 100, 1, 6, 0, 1, 0, 0, 0, 0, 20, 9, 4, 11, 50, 9, 4},
	{0, 6, 4, 45, 1, 6, 0, 1, 0, 1, 0, 0, 0x81, 6, 4, 45, 1, 6, 0, 1, 0, 1, 0, 0, 1, 9, 2, 2, 0},
	{0, 6, 10, 103, 1, 6, 0, 1, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 10, 3, 0x68, 3, 1},
	{1, 6, 4, 45, 1, 7, 0, 1, 0, 1, 0, 0, 1, 6, 4, 45, 1, 10, 0, 1, 0, 1, 0, 0, 1},
	{1, 6, 4, 1, 1, 3, 0, 1, 0, 1, 0, 0, 1, 4, 11, 250, 5, 3},
}

// FuzzServer has a peer that talks to a station.
func FuzzServer(f *testing.F) {
	for _, seed := range fuzzSeeds {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, input []byte) {
		synctest.Test(t, func(t *testing.T) {
			server := newServer(t, &plant{points: 5}, &iec104.ServerOptions{Trace: func(*iec104.Session, iec104.Frame) {}})
			near, far := net.Pipe()
			session, err := server.ServeConn(far)
			if err != nil {
				t.Fatal(err)
			}
			sent := make(chan struct{})
			go func() {
				defer close(sent)
				for session.Err() == nil {
					_ = server.Send(single(1, asdu.Spontaneous))
					time.Sleep(time.Second)
				}
			}()
			peer(near, input)
			<-session.Done()
			<-sent
			if s := session.Status(); s.Unacknowledged > 12 || s.Err == nil {
				t.Errorf("%+v", s)
			}
			_ = near.Close()
		})
	})
}

// FuzzClient has a peer that talks to a control centre, which has requests
// under way.
func FuzzClient(f *testing.F) {
	for _, seed := range fuzzSeeds {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, input []byte) {
		synctest.Test(t, func(t *testing.T) {
			near, far := net.Pipe()
			client, err := iec104.NewClient(far, nil)
			if err != nil {
				t.Fatal(err)
			}
			ctx := t.Context()
			done := make(chan struct{})
			go func() {
				defer close(done)
				if client.Start(ctx) != nil {
					return
				}
				activation, err := client.Operate(ctx, 1, asdu.SingleCommand{Address: 1, Value: true}, iec104.SelectAndExecute)
				if err == nil {
					_, _ = activation.Terminated(ctx)
				}
				for client.Interrogate(ctx, 1, asdu.InterrogateStation) == nil {
					time.Sleep(time.Second)
				}
				for client.Stop(ctx) == nil && client.Start(ctx) == nil {
					time.Sleep(time.Second)
				}
			}()
			peer(near, input)
			<-client.Done()
			<-done
			if s := client.Status(); s.Unacknowledged > 12 || s.Err == nil {
				t.Errorf("%+v", s)
			}
			_ = near.Close()
		})
	})
}
