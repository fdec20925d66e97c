package iec104_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"stellwerk/iec104"
	"stellwerk/iec104/asdu"
	"stellwerk/internal/rig"
)

// TestAcquireDelay has what a station may say about its own part of the time that
// an answer takes.
func TestAcquireDelay(t *testing.T) {
	for _, test := range []struct {
		name   string
		second time.Duration // of the client's clock
		round  time.Duration // until the answer comes
		sent   string        // C_CD_NA_1 act
		answer string
		load   string // C_CD_NA_1 spontaneous; empty where the answer cannot be right
		want   time.Duration
	}{
		{"the station takes no time", time.Second, 100 * time.Millisecond, "e803", "e803", "3200", 50 * time.Millisecond},
		{"the station takes 20 ms", time.Second, 100 * time.Millisecond, "e803", "fc03", "2800", 40 * time.Millisecond},
		{"past the end of the minute", 59990 * time.Millisecond, 100 * time.Millisecond, "56ea", "0a00", "2800", 40 * time.Millisecond},
		{"rounded", time.Second, 5 * time.Millisecond, "e803", "e803", "0300", 3 * time.Millisecond},
		{"milliseconds that are cut off", time.Second, 0, "e803", "ea03", "0000", 0},
		{"more than the round trip", time.Second, 100 * time.Millisecond, "e803", "b004", "", 0},
		{"earlier than it was sent", time.Second, 100 * time.Millisecond, "e803", "e703", "", 0},
		{"no time within a minute", time.Second, 100 * time.Millisecond, "e803", "60ea", "", 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				clock := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC).Add(test.second)
				client, r := rawStation(t, &iec104.ClientOptions{Originator: 5, Clock: func() time.Time { return clock }})
				type outcome struct {
					delay time.Duration
					err   error
				}
				done := make(chan outcome, 1)
				go func() {
					delay, err := client.AcquireDelay(t.Context(), 1)
					done <- outcome{delay, err}
				}()
				r.want("6a 01 06 05 0100 000000" + test.sent)
				time.Sleep(test.round)
				r.request("6a 01 07 05 0100 000000" + test.answer)
				if test.load != "" {
					r.want("6a 01 03 05 0100 000000" + test.load)
				}
				got := <-done
				if got.delay != test.want || (got.err == nil) != (test.load != "") {
					t.Errorf("%v, %v", got.delay, got.err)
				}
				if got.err != nil && !errors.Is(got.err, iec104.ErrAnswer) {
					t.Error(got.err)
				}
				r.want("nothing")
			})
		})
	}
}

// delayed is a station that keeps the delay it is told.
type delayed struct {
	*plant
	told chan asdu.ElapsedTime
}

func (d delayed) SetDelay(_ *iec104.Session, _ asdu.CommonAddress, delay asdu.ElapsedTime) {
	d.told <- delay
}

// TestAcquireDelayOfALine measures a line of 35 ms in each direction.
func TestAcquireDelayOfALine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		station := delayed{&plant{}, make(chan asdu.ElapsedTime, 1)}
		near, far := rig.Pipe(&rig.Options{Latency: 35 * time.Millisecond})
		if _, err := newServer(t, station, &iec104.ServerOptions{Extended: true}).ServeConn(far); err != nil {
			t.Fatal(err)
		}
		client, err := iec104.NewClient(near, nil)
		if err != nil {
			t.Fatal(err)
		}
		defer client.Close()
		if err := client.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		delay, err := client.AcquireDelay(t.Context(), 1)
		if err != nil || delay != 35*time.Millisecond {
			t.Error(delay, err)
		}
		if got := <-station.told; got.Duration() != delay {
			t.Errorf("the station was told %v", got.Duration())
		}
	})
}
