package iec104_test

import (
	"testing"
	"testing/synctest"
	"time"

	"stellwerk/iec104"
	"stellwerk/iec104/asdu"
)

func TestPoints(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, r := rawStation(t, &iec104.ClientOptions{Parameters: iec104.Parameters{W: 1, K: 1}})
		points := client.Points(t.Context())
		got := make(chan iec104.Point)
		end := make(chan error, 1)
		go func() {
			for p, err := range points {
				if err != nil {
					end <- err
					return
				}
				got <- p
			}
		}()
		r.request("01 02 03 00 0100 010000 01 020000 80")
		if p := <-got; p.Address != 1 || !p.Value.Bool() || p.Quality != 0 || p.Station != 1 || p.Cause != asdu.Spontaneous {
			t.Errorf("%+v", p)
		}
		r.want("nothing") // not confirmed while the second point waits
		if p := <-got; p.Address != 2 || p.Value.Bool() || p.Quality != asdu.Invalid {
			t.Errorf("%+v", p)
		}
		r.want("S N(R)=1")
		_ = r.conn.Close()
		if err := <-end; err == nil {
			t.Error("no error at the end")
		}
	})
}

func TestAppendPointsWithoutAllocation(t *testing.T) {
	a, err := asdu.New(nil, asdu.Header{Type: asdu.M_ME_TF_1, Cause: asdu.Spontaneous, CommonAddress: 1},
		asdu.ShortFloat{Address: 1, Value: 1.5, Time: asdu.CP56(time.Now())})
	if err != nil {
		t.Fatal(err)
	}
	dst := make([]iec104.Point, 0, 8)
	if n := testing.AllocsPerRun(100, func() { dst = iec104.AppendPoints(dst[:0], a, iec104.TimeZone{}, time.Time{}) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
	if dst[0].Value.Float64() != 1.5 {
		t.Errorf("%+v", dst[0])
	}
}
