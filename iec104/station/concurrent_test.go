package station_test

import (
	"net"
	"sync"
	"testing"
	"time"

	"stellwerk/iec104"
	"stellwerk/iec104/asdu"
	"stellwerk/iec104/station"
)

// TestEverythingAtOnce uses a station from many sides, for the race detector:
// points, commands, modes, interrogations, a reset, and its end.
func TestEverythingAtOnce(t *testing.T) {
	s, err := station.New(nil, everything())
	if err != nil {
		t.Fatal(err)
	}
	var clients, work sync.WaitGroup
	stop := make(chan struct{})
	again := func(wg *sync.WaitGroup, f func(i int)) {
		wg.Go(func() {
			for i := 0; ; i++ {
				select {
				case <-stop:
					return
				default:
					f(i)
				}
			}
		})
	}
	ctx := t.Context()
	for range 3 {
		near, far := net.Pipe()
		if _, err := s.ServeConn(far); err != nil {
			t.Fatal(err)
		}
		client, err := iec104.NewClient(near, nil)
		if err != nil {
			t.Fatal(err)
		}
		defer client.Close()
		if err := client.Start(ctx); err != nil {
			t.Fatal(err)
		}
		// Errors are of no interest: modes and resets come in between.
		again(&clients, func(int) { _ = client.Interrogate(ctx, 1, asdu.InterrogateStation) })
		again(&clients, func(i int) {
			o, err := client.Operate(ctx, 1, asdu.DoubleCommand{Address: 46, Value: asdu.DoubleCommandState(1 + i%2)}, iec104.CommandMode(i%2))
			if err == nil {
				_, _ = o.Confirmed(ctx)
			}
		})
	}
	again(&work, func(i int) { _ = s.Set(1, asdu.ObjectAddress(asdu.M_SP_TB_1), i%2) })
	again(&work, func(i int) { _ = s.Set(1, asdu.ObjectAddress(asdu.M_ME_TF_1), i) })
	again(&work, func(i int) { _ = s.Block(1, asdu.ObjectAddress(asdu.M_SP_TB_1), i%3 == 0) })
	again(&work, func(i int) { _ = s.SetMode(1, station.Mode(i%4)) })
	again(&work, func(int) { _ = s.Operate(1, asdu.SingleCommand{Address: 45, Value: true}) })
	again(&work, func(int) { _ = s.Reset(1, asdu.LocalManualReset); time.Sleep(time.Millisecond) })
	time.Sleep(300 * time.Millisecond)
	close(stop)
	work.Wait()
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	clients.Wait()
}
