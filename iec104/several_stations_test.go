package iec104_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"stellwerk/iec104"
	"stellwerk/iec104/asdu"
	"stellwerk/iec104/station"
)

// TestTwoStations has two stations, A (1) and B (2), behind one connection: the
// same requests to both are under way at the same time, and each answer belongs to
// its own.
func TestTwoStations(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, r := rawStation(t, nil)
		type outcome struct {
			call string
			err  error
		}
		done := make(chan outcome, 10)
		begin := func(call string, f func() error) {
			go func() { done <- outcome{call, f()} }()
			synctest.Wait()
		}
		// ends wants exactly these calls to be over.
		ends := func(want ...outcome) {
			t.Helper()
			synctest.Wait()
			if len(done) != len(want) {
				t.Fatalf("%d calls are over, want %v", len(done), want)
			}
			for _, w := range want {
				if got := <-done; got.call != w.call || !errors.Is(got.err, w.err) {
					t.Errorf("%v, want %v", got, w)
				}
			}
		}
		for name, common := range map[string]asdu.CommonAddress{"A": 1, "B": 2} {
			ctx := t.Context()
			octets := fmt.Sprintf("%02x00", uint8(common))
			begin("interrogate "+name, func() error { return client.Interrogate(ctx, common, asdu.InterrogateStation) })
			r.want("64 01 06 00 " + octets + " 000000 14")
			begin("read "+name, func() error {
				a, err := client.Read(ctx, common, 7)
				if err == nil && a.CommonAddress != common {
					err = fmt.Errorf("station %d has answered", a.CommonAddress)
				}
				return err
			})
			r.want("66 01 05 00 " + octets + " 070000")
			begin("operate "+name, func() error {
				_, err := client.OperateAndWait(ctx, common, asdu.SingleCommand{Address: 5, Value: true}, &iec104.OperateOptions{Feedback: 9})
				return err
			})
			r.want("2d 01 06 00 " + octets + " 050000 01")
			begin("clock "+name, func() error { _, err := client.SynchroniseClock(ctx, common); return err })
			_ = r.next()
		}
		ends()
		r.request("64 01 07 00 0100 000000 14")
		r.request("64 01 07 00 0200 000000 14")
		r.request("2d 01 07 00 0200 050000 01")
		r.request("01 01 14 00 0200 010000 01")
		r.request("64 01 0a 00 0200 000000 14")
		ends(outcome{"interrogate B", nil})
		r.request("01 01 05 00 0200 070000 01")
		ends(outcome{"read B", nil})
		r.request("66 01 6f 00 0100 070000")
		ends(outcome{"read A", iec104.ErrRefused})
		r.request("2d 01 07 00 0100 050000 01")
		r.request("2d 01 0a 00 0100 050000 01")
		r.request("01 01 0b 00 0200 090000 01") // return information of B: its termination is still to come
		r.request("67 01 47 00 0100 000000 00000000000000")
		ends(outcome{"clock A", iec104.ErrRefused})
		r.request("2d 01 0a 00 0200 050000 01")
		ends(outcome{"operate B", nil})
		r.request("67 01 07 00 0200 000000 0000000c8d0809")
		ends(outcome{"clock B", nil})
		r.request("01 01 0b 00 0100 090000 01")
		ends(outcome{"operate A", nil})
		r.request("64 01 47 00 0100 000000 14")
		ends(outcome{"interrogate A", iec104.ErrRefused})
		if s := client.Status(); s.Counters.Findings != 0 {
			t.Error(s.Finding)
		}
	})
}

// TestStationsTogether has many calls to two sectors of a real station at the
// same time, over a window of 3: each finds its own answers.
func TestStationsTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sector := func(address asdu.CommonAddress) station.Sector {
			s := station.Sector{Address: address}
			for n := range asdu.ObjectAddress(50) {
				s.Points = append(s.Points, station.Point{Address: 100 + n, Type: asdu.M_SP_TB_1, Initial: address == 2})
				s.Controls = append(s.Controls, station.Control{Address: 200 + n, Type: asdu.C_SC_NA_1, Feedback: 100 + n})
			}
			return s
		}
		s, err := station.New(&station.Options{Server: iec104.ServerOptions{Parameters: iec104.Parameters{K: 3, W: 2}}}, sector(1), sector(2))
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		var mu sync.Mutex
		points := make(map[asdu.CommonAddress]int) // of interrogations
		near, far := net.Pipe()
		session, err := s.ServeConn(far)
		if err != nil {
			t.Fatal(err)
		}
		client, err := iec104.NewClient(near, &iec104.ClientOptions{
			Parameters: iec104.Parameters{K: 3, W: 2}, Stations: []asdu.CommonAddress{1, 2},
			Handler: func(a asdu.ASDU) error {
				if a.Cause == asdu.InterrogatedByStation {
					mu.Lock()
					points[a.CommonAddress] += a.Count()
					mu.Unlock()
				}
				return nil
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		defer client.Close()
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if err := client.Start(ctx); err != nil {
			t.Fatal(err)
		}

		// operate switches one object, on at station 1 and off at station 2, and
		// reads what it has become.
		operate := func(common asdu.CommonAddress, n asdu.ObjectAddress) error {
			on := common == 1
			shown := func(a asdu.ASDU) error {
				p, err := asdu.First[asdu.SinglePoint](a)
				if err == nil && (a.CommonAddress != common || p.Address != 100+n || p.Value != on) {
					err = fmt.Errorf("station %d, object %d: the answer is %+v of station %d", common, n, p, a.CommonAddress)
				}
				return err
			}
			options := &iec104.OperateOptions{Mode: iec104.CommandMode(n % 2), Feedback: 100 + n}
			feedback, err := client.OperateAndWait(ctx, common, asdu.SingleCommand{Address: 200 + n, Value: on}, options)
			if err != nil {
				return err
			}
			state, err := client.Read(ctx, common, 100+n)
			return errors.Join(err, shown(feedback), shown(state))
		}
		var work sync.WaitGroup
		try := func(f func() error) {
			work.Go(func() {
				if err := f(); err != nil {
					t.Error(err)
				}
			})
		}
		for common := range asdu.CommonAddress(2) {
			try(func() error { return client.Interrogate(ctx, common+1, asdu.InterrogateStation) })
			for n := range asdu.ObjectAddress(50) {
				try(func() error { return operate(common+1, n) })
			}
			try(func() error { return client.TestCommand(ctx, common+1) })
		}
		work.Wait()
		mu.Lock()
		defer mu.Unlock()
		if err := session.Err(); err != nil {
			t.Error(err)
		}
		if points[1] != 50 || points[2] != 50 || client.Status().Counters.Findings != 0 {
			t.Errorf("%v points, %v", points, client.Status().Finding)
		}
	})
}
