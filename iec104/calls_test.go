package iec104_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"stellwerk/iec104"
	"stellwerk/iec104/asdu"
)

// calls are the typed calls with what they send, and what a station answers
// that carries them out.
var calls = []struct {
	name, request string
	answers       []string
	call          func(context.Context, *iec104.Client) error
}{
	{
		"interrogation of a group", "64 01 06 00 0100 000000 15",
		[]string{"64 01 07 00 0100 000000 15", "64 01 0a 00 0100 000000 15"},
		func(ctx context.Context, c *iec104.Client) error {
			return c.Interrogate(ctx, 1, asdu.InterrogateGroup(1))
		},
	},
	{
		"counters", "65 01 06 00 0100 000000 05",
		[]string{"65 01 07 00 0100 000000 05", "65 01 0a 00 0100 000000 05"},
		func(ctx context.Context, c *iec104.Client) error {
			return c.ReadCounters(ctx, 1, asdu.RequestAllCounters, asdu.FreezeRead)
		},
	},
	{
		"freeze with reset", "65 01 06 00 0100 000000 82",
		[]string{"65 01 07 00 0100 000000 82", "65 01 0a 00 0100 000000 82"},
		func(ctx context.Context, c *iec104.Client) error {
			return c.ReadCounters(ctx, 1, asdu.RequestCounterGroup(2), asdu.FreezeWithReset)
		},
	},
	{
		"read", "66 01 05 00 0100 010000",
		[]string{"01 01 03 00 0100 010000 00", "01 01 05 00 0100 020000 00", "01 01 05 00 0100 010000 01"},
		func(ctx context.Context, c *iec104.Client) error {
			a, err := c.Read(ctx, 1, 1)
			if err == nil {
				if p, _ := asdu.First[asdu.SinglePoint](a); !p.Value || a.Cause != asdu.Request {
					return errors.New("not the data that were read")
				}
			}
			return err
		},
	},
	{
		"reset", "69 01 06 00 0100 000000 02",
		[]string{"69 01 07 00 0100 000000 02"},
		func(ctx context.Context, c *iec104.Client) error {
			return c.ResetProcess(ctx, 1, asdu.ResetEventBuffer)
		},
	},
	{
		"test pattern", "68 01 06 00 0100 000000 aa55",
		[]string{"68 01 07 00 0100 000000 aa55"},
		func(ctx context.Context, c *iec104.Client) error { return c.TestPattern(ctx, 1) },
	},
	{
		"parameter", "6f 01 06 00 0100 010000 0500 00",
		[]string{"6f 01 07 00 0100 010000 0500 00"},
		func(ctx context.Context, c *iec104.Client) error {
			return c.SetParameter(ctx, 1, asdu.ScaledParameter{Address: 1, Value: 5})
		},
	},
	{
		"cyclic transmission off", "71 01 08 00 0100 010000 03",
		[]string{"71 01 09 00 0100 010000 03"},
		func(ctx context.Context, c *iec104.Client) error {
			return c.ActivateParameter(ctx, 1, asdu.ParameterActivation{Address: 1, Qualifier: asdu.ActivateCyclic}, false)
		},
	},
}

func TestCalls(t *testing.T) {
	for _, test := range calls {
		run := func(name string, answers []string, want error, cause asdu.Cause) {
			t.Run(test.name+"/"+name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					client, r := rawStation(t, nil)
					done := make(chan error, 1)
					go func() { done <- test.call(t.Context(), client) }()
					r.want(test.request)
					for _, answer := range answers {
						r.request(answer)
					}
					go func() {
						for r.next() != "closed" {
						}
					}()
					go keepAlive(t.Context(), r)
					if name == "connection lost" {
						_ = r.conn.Close()
					}
					err := <-done
					if want == nil && err != nil || want != nil && !errors.Is(err, want) {
						t.Error(err)
					}
					if fault, ok := errors.AsType[*iec104.Error](err); cause != 0 && (!ok || fault.Cause != cause || !fault.Negative) {
						t.Errorf("%#v", err)
					}
					_ = r.conn.Close()
					time.Sleep(5 * time.Second) // until keepAlive sees it
				})
			})
		}
		run("carried out", test.answers, nil, 0)
		run("silence", nil, iec104.ErrTimeout, 0)
		for cause, octet := range map[asdu.Cause]string{44: "6c", 45: "6d", 46: "6e", 47: "6f"} {
			run("refused "+octet, []string{test.request[:6] + octet + test.request[8:]}, iec104.ErrRefused, cause)
		}
	}
}

func TestReturnInformation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, r := rawStation(t, &iec104.ClientOptions{CommandTime: iec104.CommandTimeNone})
		done := make(chan error, 1)
		go func() {
			command := asdu.DoubleCommand{Address: 1, Value: asdu.CommandOn, Time: asdu.CP56(time.Now())}
			a, err := client.OperateAndWait(t.Context(), 1, command, &iec104.OperateOptions{Feedback: 2})
			if p, _ := asdu.First[asdu.DoublePoint](a); err == nil && p.Value != asdu.On {
				err = errors.New("not the end position")
			}
			done <- err
		}()
		r.want("2e 01 06 00 0100 010000 02") // without time tag
		r.request("2e 01 07 00 0100 010000 02")
		r.request("03 01 0b 00 0100 020000 00") // on its way
		r.request("03 01 03 00 0100 020000 01") // another cause
		r.request("2e 01 0a 00 0100 010000 02")
		synctest.Wait()
		select {
		case err := <-done:
			t.Fatal("over before the return information:", err)
		default:
		}
		r.request("03 01 0b 00 0100 020000 02")
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

func TestUnexpected(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var seen int
		client, r := rawStation(t, &iec104.ClientOptions{
			Stations:   []asdu.CommonAddress{1},
			Unexpected: func(asdu.ASDU, error) { seen++ },
		})
		for _, telegram := range []string{
			"2d 01 07 00 0100 010000 01",                // confirmation of nothing
			"2d 01 06 00 0100 010000 01",                // a command
			"01 01 03 00 0200 010000 01",                // another station
			"1e 01 14 00 0100 010000 01 00000000010119", // a cause without time tags
			"01 01 03 00 0100 010000 01",                // nothing wrong
		} {
			r.request(telegram)
		}
		synctest.Wait()
		if findings := client.Status().Counters.Findings; seen != 4 || findings != 4 {
			t.Errorf("%d told, %d counted, want 4: %v", seen, findings, client.Status().Finding)
		}
	})
}

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

// TestChangesOfClock goes through both changes of the clock, with and without
// SU bit.
func TestChangesOfClock(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	for _, begin := range []time.Time{time.Date(2026, 3, 28, 22, 0, 0, 0, time.UTC), time.Date(2026, 10, 24, 22, 0, 0, 0, time.UTC)} {
		for minutes := range 6 * 60 {
			at := begin.Add(time.Duration(minutes) * time.Minute)
			for _, unmarked := range []bool{false, true} {
				zone := iec104.TimeZone{Location: berlin, SummerUnmarked: unmarked}
				tag := zone.CP56(at)
				if tag.Summer() != (at.In(berlin).IsDST() && !unmarked) {
					t.Fatalf("%v: SU is %v", at, tag.Summer())
				}
				got, err := zone.Instant(tag, at.Add(time.Second))
				if err != nil || !got.Equal(at) {
					t.Errorf("%v, unmarked %v: %v, %v", at, unmarked, got, err)
				}
			}
		}
	}
}
