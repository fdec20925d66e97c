package station_test

import (
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"stellwerk/iec104"
	"stellwerk/iec104/asdu"
	"stellwerk/iec104/station"
	"stellwerk/internal/rig"
)

// TestOverflowPoint: the point is on from the first event that is lost until
// the buffer has been empty, and the control centre hears of both.
func TestOverflowPoint(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, err := station.New(&station.Options{Server: iec104.ServerOptions{Events: 4}}, station.Sector{
			Overflow: 3,
			Points:   []station.Point{{Address: 1, Type: asdu.M_SP_NA_1}, {Address: 3, Type: asdu.M_SP_NA_1}},
		})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		near, far := net.Pipe()
		if _, err := s.ServeConn(far); err != nil {
			t.Fatal(err)
		}
		l := &line{Station: s, received: make(chan asdu.ASDU, 100)}
		l.client, err = iec104.NewClient(near, &iec104.ClientOptions{Handler: func(a asdu.ASDU) error {
			l.received <- a.Clone()
			return nil
		}})
		if err != nil {
			t.Fatal(err)
		}
		defer l.client.Close()
		marked := func() bool {
			synctest.Wait()
			o, _ := s.Get(1, 3)
			point, _ := o.(asdu.SinglePoint)
			return point.Value
		}
		for i := range 4 {
			set(t, l, 1, i%2 == 0)
		}
		if marked() {
			t.Error("marked while nothing is lost")
		}
		set(t, l, 1, true)
		if !marked() {
			t.Error("not marked when an event was lost")
		}
		if err := l.client.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute) // the last are let go when they are acknowledged
		want(t, "events", l.heard(), "M_SP_NA_1 spont 1=true", "M_SP_NA_1 spont 1=false", "M_SP_NA_1 spont 1=true",
			"M_SP_NA_1 spont 3=true", "M_SP_NA_1 spont 3=false")
		if marked() {
			t.Error("still marked when the buffer has been empty")
		}
	})
}

// TestOverflowPointOfSmallBuffers: the point's own events do not keep it going,
// however small the buffer is and whenever it is told of, and the last that the
// control centre hears of it is its state.
func TestOverflowPointOfSmallBuffers(t *testing.T) {
	for events := 1; events <= 3; events++ {
		for latency := range 4 {
			t.Run(fmt.Sprintf("%d events, latency %d", events, latency), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					network := rig.NewNetwork(&rig.Options{Latency: time.Duration(latency) * time.Millisecond})
					listener, err := network.Listen("10.0.0.1:2404")
					if err != nil {
						t.Fatal(err)
					}
					s, err := station.New(&station.Options{Server: iec104.ServerOptions{Events: events, Parameters: iec104.Parameters{K: 1, W: 1}}}, station.Sector{
						Overflow: 3,
						Points:   []station.Point{{Address: 1, Type: asdu.M_SP_NA_1}, {Address: 3, Type: asdu.M_SP_NA_1}},
					})
					if err != nil {
						t.Fatal(err)
					}
					defer s.Close()
					go func() { _ = s.Serve(listener) }()
					conn, err := network.DialContext(t.Context(), "tcp", "10.0.0.1:2404")
					if err != nil {
						t.Fatal(err)
					}
					l := &line{Station: s, received: make(chan asdu.ASDU, 1000)}
					l.client, err = iec104.NewClient(conn, &iec104.ClientOptions{Parameters: iec104.Parameters{K: 1, W: 1}, Handler: func(a asdu.ASDU) error {
						l.received <- a.Clone()
						return nil
					}})
					if err != nil {
						t.Fatal(err)
					}
					defer l.client.Close()
					if err := l.client.Start(t.Context()); err != nil {
						t.Fatal(err)
					}
					for i := range 20 {
						// Where all events are on their way the buffer refuses another.
						if err := l.Set(1, 1, i%2 == 0); err != nil && !errors.Is(err, iec104.ErrBusy) {
							t.Fatal(err)
						}
					}
					time.Sleep(time.Minute)
					heard := l.heard()
					if len(heard) == 0 || len(heard) > 30 {
						t.Errorf("%d heard, the last: %v", len(heard), heard[max(0, len(heard)-6):])
					}
					// Without latency all may have had room. An event that came when
					// the buffer was empty again is heard after the point.
					last := "M_SP_NA_1 spont 3=false"
					for _, one := range heard {
						if strings.Contains(one, " 3=") {
							last = one
						}
					}
					if last != "M_SP_NA_1 spont 3=false" || latency > 0 && !slices.Contains(heard, last) {
						t.Errorf("%d heard, the last: %v", len(heard), heard[max(0, len(heard)-6):])
					}
					time.Sleep(time.Hour)
					want(t, "afterwards", l.heard())
				})
			})
		}
	}
}
