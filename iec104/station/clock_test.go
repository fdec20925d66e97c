package station_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"stellwerk/iec104"
	"stellwerk/iec104/asdu"
	"stellwerk/iec104/station"
)

var epoch = time.Date(2026, 11, 21, 10, 0, 0, 0, time.UTC)

// at returns a clock that shows t when it is made.
func at(t time.Time) func() time.Time {
	begin := time.Now()
	return func() time.Time { return t.Add(time.Since(begin)) }
}

// TestClock: the confirmation has the time before the correction, and times are
// invalid until then.
func TestClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := connect(t, &station.Options{Clock: at(epoch), Unsynchronised: true},
			station.Sector{Points: []station.Point{{Address: 1, Type: asdu.M_SP_TB_1}}}, station.Sector{Address: 2})
		set(t, l, 1, true)
		if got, want := l.lastTime(), asdu.CP56(epoch).WithInvalid(true); got != want {
			t.Errorf("before: %s invalid %t, want %s invalid", got, got.Invalid(), want)
		}
		time.Sleep(time.Minute)
		right := epoch.Add(time.Hour)
		a, err := asdu.New(nil, asdu.Header{Type: asdu.C_CS_NA_1, Cause: asdu.Activation, CommonAddress: 1}, asdu.ClockSynchronization{Time: asdu.CP56(right)})
		l.ask(t, a, err)
		set(t, l, 1, false)
		if got, want := l.lastTime(), asdu.CP56(right); got != want {
			t.Errorf("after: %s invalid %t, want %s", got, got.Invalid(), want)
		}
		if now, err := l.Now(2); err != nil || now != asdu.CP56(epoch.Add(time.Minute)).WithInvalid(true) {
			t.Errorf("the other sector: %s, %v", now, err)
		}
		before, err := l.client.SynchroniseClock(t.Context(), 1)
		if err != nil || before != asdu.CP56(right) {
			t.Errorf("SynchroniseClock: %s, %v; want the time before, %s", before, err, right)
		}
	})
}

// lastTime returns the time of the last object that came.
func (l *line) lastTime() (last asdu.Time) {
	synctest.Wait()
	for len(l.received) > 0 {
		a := <-l.received
		for o := range a.Objects() {
			last = o.Timestamp()
		}
	}
	return last
}

// TestClockIsNotSet by times that no clock shows, by invalid ones, and where the
// application has a mind of its own.
func TestClockIsNotSet(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var asked time.Time
		refuse := false
		l := connect(t, &station.Options{Clock: at(epoch), SetClock: func(_ asdu.CommonAddress, t time.Time) error {
			asked = t
			if refuse {
				return errors.New("there is a better one")
			}
			return nil
		}}, station.Sector{})
		for _, wrong := range []asdu.Time{
			asdu.CP56(epoch).WithInvalid(true),
			asdu.RawTime(asdu.TimeCP56, asdu.CP56(epoch).Octets()|0x3f<<16), // minute 63
		} {
			want(t, "a wrong time", request(l, t, asdu.C_CS_NA_1, asdu.Activation, 1, asdu.ClockSynchronization{Time: wrong}), "C_CS_NA_1 actcon negative 0=…")
		}
		if !asked.IsZero() {
			t.Errorf("the application was asked for %s", asked)
		}
		refuse = true
		want(t, "refused", request(l, t, asdu.C_CS_NA_1, asdu.Activation, 1, asdu.ClockSynchronization{Time: asdu.CP56(epoch.AddDate(1, 0, 0))}), "C_CS_NA_1 actcon negative 0=…")
		if now, _ := l.Now(1); now != asdu.CP56(epoch) {
			t.Errorf("the clock shows %s", now)
		}
	})
}

// TestDelay: the acquired delay is added to the time that the clock is set to.
func TestDelay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := connect(t, &station.Options{Clock: at(epoch), Server: iec104.ServerOptions{Extended: true}}, station.Sector{})
		want(t, "acquisition", request(l, t, asdu.C_CD_NA_1, asdu.Activation, 1, asdu.DelayAcquisition{Delay: 1234}), "C_CD_NA_1 actcon 0=…")
		want(t, "loading", request(l, t, asdu.C_CD_NA_1, asdu.Spontaneous, 1, asdu.DelayAcquisition{Delay: 250}))
		want(t, "setting", request(l, t, asdu.C_CS_NA_1, asdu.Activation, 1, asdu.ClockSynchronization{Time: asdu.CP56(epoch)}), "C_CS_NA_1 actcon 0=…")
		if now, _ := l.Now(1); now != asdu.CP56(epoch.Add(250*time.Millisecond)) {
			t.Errorf("the clock shows %s", now)
		}
	})
}

// TestSummerTime drives a station across both changes of the clock in Vienna:
// the SU bit follows, and commands are judged by instants.
func TestSummerTime(t *testing.T) {
	vienna, err := time.LoadLocation("Europe/Vienna")
	if err != nil {
		t.Skip(err)
	}
	for _, c := range []struct {
		change time.Time
		before string
		after  string
		su     [2]bool
	}{
		{time.Date(2026, 3, 29, 1, 0, 0, 0, time.UTC), "2026-03-29T01:59:59.000", "2026-03-29T03:00:01.000", [2]bool{false, true}},
		{time.Date(2026, 10, 25, 1, 0, 0, 0, time.UTC), "2026-10-25T02:59:59.000", "2026-10-25T02:00:01.000", [2]bool{true, false}},
	} {
		synctest.Test(t, func(t *testing.T) {
			l := connect(t, &station.Options{Clock: at(c.change.Add(-time.Second)), Location: vienna, CommandAge: 10 * time.Second}, station.Sector{
				Points:   []station.Point{{Address: 1, Type: asdu.M_SP_TB_1}},
				Controls: []station.Control{{Address: 2, Type: asdu.C_SC_TA_1, Feedback: 1}},
			})
			for i, reading := range []string{c.before, c.after} {
				now, err := l.Now(1)
				if err != nil || now.String() != reading || now.Summer() != c.su[i] {
					t.Errorf("the clock shows %s, summer time %t; want %s, %t", now, now.Summer(), reading, c.su[i])
				}
				// What was said two seconds ago, on the other side of the change.
				command := asdu.SingleCommand{Address: 2, Value: i == 0, Time: asdu.CP56(c.change.Add(-time.Second).In(vienna))}
				if heard := request(l, t, asdu.C_SC_TA_1, asdu.Activation, 1, command); heard[0] != "C_SC_TA_1 actcon 2=…" {
					t.Errorf("a command of %s at %s: %v", command.Time, now, heard)
				}
				// The same reading without the SU bit is an hour off.
				wrong := command.Time.WithSummer(!command.Time.Summer())
				command.Time = wrong
				want(t, "an hour off", request(l, t, asdu.C_SC_TA_1, asdu.Activation, 1, command), "C_SC_TA_1 actcon negative 2=…")
				time.Sleep(2 * time.Second)
			}
		})
	}
}

// TestUnmarkedSummerTime: a clock that follows the summer time without saying so
// sends what it shows, and understands the same.
func TestUnmarkedSummerTime(t *testing.T) {
	vienna, err := time.LoadLocation("Europe/Vienna")
	if err != nil {
		t.Skip(err)
	}
	synctest.Test(t, func(t *testing.T) {
		july := time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)
		l := connect(t, &station.Options{Clock: at(july), Location: vienna, SummerUnmarked: true, CommandAge: time.Second}, station.Sector{
			Controls: []station.Control{{Address: 2, Type: asdu.C_SC_TA_1}},
		})
		now, err := l.Now(1)
		if err != nil || now.String() != "2026-07-01T14:00:00.000" || now.Summer() {
			t.Errorf("the clock shows %s, summer time %t; want 14:00, unmarked", now, now.Summer())
		}
		heard := request(l, t, asdu.C_SC_TA_1, asdu.Activation, 1, asdu.SingleCommand{Address: 2, Time: now})
		want(t, "a command of now", heard, "C_SC_TA_1 actcon 2=…", "C_SC_TA_1 actterm 2=…")
		want(t, "setting", request(l, t, asdu.C_CS_NA_1, asdu.Activation, 1, asdu.ClockSynchronization{Time: now}), "C_CS_NA_1 actcon 0=…")
		if again, _ := l.Now(1); again != now {
			t.Errorf("set to what it shows, the clock shows %s", again)
		}
	})
}
