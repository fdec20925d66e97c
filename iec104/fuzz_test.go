package iec104_test

import (
	"bytes"
	"context"
	"io"
	"net"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"stellwerk/iec104"
	"stellwerk/iec104/apci"
	"stellwerk/iec104/asdu"
	"stellwerk/iec104/iec104test"
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
			done := make(chan struct{})
			go func() {
				defer close(done)
				work(t.Context(), client)
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

// work keeps a control centre busy until its connection ends.
func work(ctx context.Context, client *iec104.Client) {
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
}

// FuzzBuiltin has a peer that talks to a station with everything there is:
// groups, counters, parameters, files, commands of all types.
func FuzzBuiltin(f *testing.F) {
	for _, seed := range fuzzSeeds {
		f.Add(seed)
	}
	for _, request := range [][]byte{
		{byte(asdu.C_CI_NA_1), 1, 6, 0, 1, 0, 0, 0, 0, 5},
		{byte(asdu.C_RD_NA_1), 1, 5, 0, 1, 0, 1, 0, 0},
		{byte(asdu.C_RP_NA_1), 1, 6, 0, 1, 0, 0, 0, 0, 1},
		{byte(asdu.C_TS_TA_1), 1, 6, 0, 1, 0, 0, 0, 0, 1, 0, 1, 2, 3, 4, 5, 6, 7},
		{byte(asdu.P_ME_NC_1), 1, 6, 0, 1, 0, 1, 0, 0, 1, 2, 3, 4, 1},
		{byte(asdu.F_SC_NA_1), 1, 5, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0},
		{byte(asdu.F_FR_NA_1), 1, 13, 0, 1, 0, 0, 0, 0, 1, 0, 9, 0, 0, 0},
	} {
		f.Add(slices.Concat([]byte{0, 6, byte(len(request) - 6)}, request, []byte{11, 50, 9, 1, 6, byte(len(request) - 6)}, request))
	}
	f.Fuzz(func(t *testing.T, input []byte) {
		synctest.Test(t, func(t *testing.T) {
			station, err := iec104test.NewBuiltin(nil)
			if err != nil {
				t.Fatal(err)
			}
			near, far := net.Pipe()
			session, err := station.ServeConn(far)
			if err != nil {
				t.Fatal(err)
			}
			peer(near, input)
			<-session.Done()
			if s := session.Status(); s.Unacknowledged > 12 || s.Err == nil {
				t.Errorf("%+v", s)
			}
			_ = near.Close()
			if err := station.Close(); err != nil {
				t.Error(err)
			}
		})
	})
}

// spoil passes octets on from one connection to the other, as a fuzzer has it.
func spoil(to, from net.Conn, input []byte) {
	defer to.Close()
	defer from.Close()
	next := func() byte {
		if len(input) == 0 {
			return 0
		}
		b := input[0]
		input = input[1:]
		return b
	}
	buffer := make([]byte, 4096)
	for {
		n, err := from.Read(buffer)
		if err != nil {
			return
		}
		octets := bytes.Clone(buffer[:n])
		switch op := next(); op % 10 {
		case 1: // gone
			octets = nil
		case 2: // one bit
			octets[int(next())%n] ^= 1 << (next() % 8)
		case 3: // twice
			octets = append(octets, octets...)
		case 4: // late
			time.Sleep(time.Duration(next()) * 200 * time.Millisecond)
		case 5: // in two parts
			at := int(next()) % n
			if _, err := to.Write(octets[:at]); err != nil {
				return
			}
			time.Sleep(time.Duration(next()) * 10 * time.Millisecond)
			octets = octets[at:]
		case 6: // a frame that nobody has sent
			octets = append(apci.AppendS(nil, apci.Sequence(next())), octets...)
		case 7:
			octets = append(apci.AppendU(nil, apci.Function(4)<<(next()%6)), octets...)
		case 8:
			octets = append(octets, apci.AppendI(nil, apci.Sequence(next()), apci.Sequence(next()), []byte{next(), 1, next(), 0, 1, 0, 1, 0, 0, next()})...)
		case 9: // cut short
			octets = octets[:int(next())%n]
		}
		if len(octets) > 0 {
			if _, err := to.Write(octets); err != nil {
				return
			}
		}
	}
}

// FuzzPair has a station and a control centre at work, and somebody between them
// who changes what they send. Whatever he does, neither has more than k frames
// unacknowledged, and both come to an end.
func FuzzPair(f *testing.F) {
	f.Add([]byte{}, []byte{})
	f.Add([]byte{0, 0, 1}, []byte{0, 4, 100, 4, 100})
	f.Add([]byte{0, 5, 1, 5, 2, 200, 5, 3}, []byte{5, 4, 9, 5, 1, 0, 6, 1, 6, 0})
	f.Add([]byte{0, 0, 0, 8, 0, 0, 45, 6, 1}, []byte{0, 0, 7, 3, 7, 4, 2, 1, 1})
	f.Fuzz(func(t *testing.T, up, down []byte) {
		if len(up)+len(down) > 1000 {
			return
		}
		synctest.Test(t, func(t *testing.T) {
			server := newServer(t, &plant{points: 30}, nil)
			centre, a := net.Pipe()
			b, far := net.Pipe()
			session, err := server.ServeConn(far)
			if err != nil {
				t.Fatal(err)
			}
			client, err := iec104.NewClient(centre, nil)
			if err != nil {
				t.Fatal(err)
			}
			var between, busy sync.WaitGroup
			between.Go(func() { spoil(b, a, up) })
			between.Go(func() { spoil(a, b, down) })
			busy.Go(func() { work(t.Context(), client) })
			busy.Go(func() {
				for session.Err() == nil {
					_ = server.Send(single(1, asdu.Spontaneous))
					time.Sleep(time.Second)
				}
			})
			for range 120 {
				time.Sleep(time.Second)
				if c, s := client.Status(), session.Status(); c.Unacknowledged > 12 || s.Unacknowledged > 12 {
					t.Fatalf("%+v\n%+v", c, s)
				}
			}
			_ = a.Close() // not all that is spoilt ends a connection
			<-client.Done()
			<-session.Done()
			between.Wait()
			busy.Wait()
			if client.Err() == nil || session.Err() == nil {
				t.Error(client.Err(), session.Err())
			}
		})
	})
}
