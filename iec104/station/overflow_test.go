package station_test

import (
	"testing"
	"testing/synctest"
	"time"

	"stellwerk/iec104"
	"stellwerk/iec104/asdu"
	"stellwerk/iec104/station"
)

// Who hears of an overflow may set points: nothing is locked meanwhile.
func TestOverflowIsToldWithoutLocks(t *testing.T) {
	for _, mark := range []asdu.ObjectAddress{0, 3} {
		synctest.Test(t, func(t *testing.T) {
			var s *station.Station
			told := make(chan iec104.EventClass, 10)
			o := &station.Options{}
			o.Server.Events = 1
			o.Server.Overflow = func(class iec104.EventClass) {
				if err := s.Set(1, 2, true); err != nil {
					t.Error(err)
				}
				told <- class
			}
			s, err := station.New(o, station.Sector{Overflow: mark, Points: []station.Point{
				{Address: 1, Type: asdu.M_SP_TB_1}, {Address: 2, Type: asdu.M_SP_TB_1}, {Address: 3, Type: asdu.M_SP_TB_1},
			}})
			if err != nil {
				t.Fatal(err)
			}
			_, far := pipe()
			if _, err := s.ServeConn(far); err != nil {
				t.Fatal(err)
			}
			for i := range 4 {
				if err := s.Set(1, 1, i%2 == 0); err != nil {
					t.Fatal(err)
				}
			}
			select {
			case <-told:
			case <-time.After(time.Second):
				t.Error("nobody was told")
			}
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}
