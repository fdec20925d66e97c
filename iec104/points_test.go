package iec104_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
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

// TestPointsLeft leaves iterators in every way: none holds the connection up, and
// the others miss nothing.
func TestPointsLeft(t *testing.T) {
	enough := errors.New("enough")
	for name, leave := range map[string]func(points iter.Seq2[iec104.Point, error], end context.CancelCauseFunc) error{
		"break": func(points iter.Seq2[iec104.Point, error], _ context.CancelCauseFunc) error {
			for p, err := range points {
				if p.Address != 1 {
					return fmt.Errorf("%+v, %w", p, err)
				}
				break
			}
			return nil
		},
		"panic": func(points iter.Seq2[iec104.Point, error], _ context.CancelCauseFunc) (err error) {
			defer func() {
				if recover() == nil {
					err = errors.New("no panic")
				}
			}()
			for range points { //nolint:errcheck // it does not come to one
				panic("in the loop")
			}
			return nil
		},
		"the context ends in the loop": func(points iter.Seq2[iec104.Point, error], end context.CancelCauseFunc) error {
			var got []asdu.ObjectAddress
			var ends []error
			for p, err := range points {
				if err != nil {
					ends = append(ends, err)
					continue
				}
				got = append(got, p.Address)
				end(enough)
			}
			// What was begun is had to its end.
			if !slices.Equal(got, []asdu.ObjectAddress{1, 2, 3}) || len(ends) != 1 || !errors.Is(ends[0], enough) {
				return fmt.Errorf("%v, %v", got, ends)
			}
			return nil
		},
		"never ranged over": func(_ iter.Seq2[iec104.Point, error], end context.CancelCauseFunc) error {
			synctest.Wait()
			end(enough)
			return nil
		},
		"pulled": func(points iter.Seq2[iec104.Point, error], _ context.CancelCauseFunc) error {
			next, stop := iter.Pull2(points)
			p, err, ok := next()
			stop()
			if !ok || p.Address != 1 {
				return fmt.Errorf("%+v, %w", p, err)
			}
			return nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var handled int
				client, r := rawStation(t, &iec104.ClientOptions{
					Parameters: iec104.Parameters{K: 1, W: 1},
					Handler:    func(asdu.ASDU) error { handled++; return nil },
				})
				other := make(chan asdu.ObjectAddress, 10)
				others := client.Points(t.Context())
				go func() {
					for p, err := range others {
						if err != nil {
							close(other)
							return
						}
						other <- p.Address
					}
				}()
				ctx, end := context.WithCancelCause(t.Context())
				defer end(nil)
				points := client.Points(ctx)
				left := make(chan error, 1)
				go func() { left <- leave(points, end) }()
				r.request("01 03 03 00 0100 010000 01 020000 00 030000 00")
				r.want("S N(R)=1")
				if err := <-left; err != nil {
					t.Error(err)
				}
				r.request("01 01 03 00 0100 040000 01")
				r.want("S N(R)=2")
				for p, err := range points { // once more
					if err == nil {
						t.Errorf("%+v", p)
					}
				}
				_ = client.Close()
				for want := range asdu.ObjectAddress(4) {
					if got := <-other; got != want+1 {
						t.Errorf("the other iterator got %d, want %d", got, want+1)
					}
				}
				if _, more := <-other; more || handled != 2 {
					t.Errorf("more points, %d ASDUs handled", handled)
				}
			})
		})
	}
}

// TestPointsHoldTheConnection leaves an iterator lying: the station is slowed
// down by its window until the context ends.
func TestPointsHoldTheConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, r := rawStation(t, &iec104.ClientOptions{Parameters: iec104.Parameters{K: 1, W: 1}})
		ctx, cancel := context.WithCancel(t.Context())
		_ = client.Points(ctx)
		r.request("64 01 07 00 0100 000000 14") // no point
		r.want("S N(R)=1")
		r.request("01 01 03 00 0100 010000 01")
		r.want("nothing", "nothing")
		cancel()
		r.want("S N(R)=2")
		if err := client.Err(); err != nil {
			t.Error(err)
		}
	})
}
