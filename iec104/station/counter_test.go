package station_test

import (
	"net"
	"testing"
	"testing/synctest"
	"time"

	"stellwerk/iec104/asdu"
	"stellwerk/iec104/station"
)

func pipe() (near, far net.Conn) { return net.Pipe() }

// TestCounters goes through the modes of acquisition (IEC 60870-5-101, 7.4.8).
func TestCounters(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := connect(t, nil, station.Sector{Points: []station.Point{
			{Address: 1, Type: asdu.M_IT_NA_1, Groups: []int{1}, Initial: 100},                                                                                                                                 // mode C
			{Address: 2, Type: asdu.M_IT_NA_1, Groups: []int{1, 2}, Initial: 200},                                                                                                                              // mode C
			{Address: 3, Type: asdu.M_IT_TB_1, Groups: []int{3}, Initial: 300, Counter: station.Counting{Mode: station.ModeD}},                                                                                 //
			{Address: 4, Type: asdu.M_IT_NA_1, Groups: []int{4}, Initial: 400, Counter: station.Counting{Mode: station.ModeA, Period: time.Minute, Reset: true}},                                               //
			{Address: 5, Type: asdu.M_IT_NA_1, Groups: []int{4}, Initial: 500, NotInterrogated: true, Counter: station.Counting{Mode: station.ModeB, Period: time.Minute}}, {Address: 9, Type: asdu.M_SP_NA_1}, //
		}})
		count := func(address asdu.ObjectAddress, n int64) {
			t.Helper()
			if err := l.Count(1, address, n); err != nil {
				t.Fatal(err)
			}
		}
		ci := func(rqt asdu.CounterRequest, freeze asdu.Freeze) []string {
			t.Helper()
			return request(l, t, asdu.C_CI_NA_1, asdu.Activation, 1, asdu.CounterInterrogation{Request: rqt, Freeze: freeze})
		}
		const con, term, no = "C_CI_NA_1 actcon 0=…", "C_CI_NA_1 actterm 0=…", "C_CI_NA_1 actcon negative 0=…"

		want(t, "all, before a freeze", ci(asdu.RequestAllCounters, asdu.FreezeRead), con,
			"M_IT_NA_1 reqcogen 1=100#0 2=200#0 4=400#0", "M_IT_TB_1 reqcogen 3=300#0", term)
		count(1, 5)
		want(t, "group 1 counts on", ci(1, asdu.FreezeRead), con, "M_IT_NA_1 reqco1 sequence 1=105#0 2=200#0", term)
		want(t, "group 2", ci(2, asdu.FreezeRead), con, "M_IT_NA_1 reqco2 2=200#0", term)

		want(t, "freeze of group 1", ci(1, asdu.FreezeOnly), con, term)
		count(1, 5)
		want(t, "frozen", ci(1, asdu.FreezeRead), con, "M_IT_NA_1 reqco1 sequence 1=105#0 2=200#0", term)
		want(t, "freeze with reset", ci(1, asdu.FreezeWithReset), con, term)
		want(t, "frozen again", ci(1, asdu.FreezeRead), con, "M_IT_NA_1 reqco1 sequence 1=110#1 2=200#1", term)
		count(1, 7)
		want(t, "freeze", ci(1, asdu.FreezeOnly), con, term)
		want(t, "from 0", ci(1, asdu.FreezeRead), con, "M_IT_NA_1 reqco1 sequence 1=7#2 2=0#2", term)
		want(t, "reset", ci(1, asdu.FreezeReset), con, term)
		want(t, "what was frozen stays", ci(1, asdu.FreezeRead), con, "M_IT_NA_1 reqco1 sequence 1=7#2 2=0#2", term)
		want(t, "freeze after the reset", ci(1, asdu.FreezeOnly), con, term)
		want(t, "adjusted", ci(1, asdu.FreezeRead), con, "M_IT_NA_1 reqco1 sequence 1=0#3CA 2=0#3CA", term)

		want(t, "mode D is sent by itself", ci(3, asdu.FreezeOnly), con, "M_IT_TB_1 spont 3=300#0", term)
		want(t, "modes A and B are not frozen by command", ci(4, asdu.FreezeOnly), no)

		time.Sleep(time.Minute)
		want(t, "mode A is sent by itself", l.heard(), "M_IT_NA_1 spont 4=400#0")
		count(4, 3)
		count(5, 3)
		time.Sleep(time.Minute)
		want(t, "mode A again, from 0", l.heard(), "M_IT_NA_1 spont 4=3#1")
		want(t, "modes A and B on request", ci(4, asdu.FreezeRead), con, "M_IT_NA_1 reqco4 sequence 4=3#1 5=503#1", term)

		want(t, "no counter", ci(asdu.RequestNoCounters, asdu.FreezeRead), no)
		want(t, "a reserved request", ci(6, asdu.FreezeRead), no)

		// The interrogation of the station has no counters.
		if err := l.client.Interrogate(t.Context(), 1, asdu.InterrogateStation); err != nil {
			t.Fatal(err)
		}
		want(t, "interrogation", data(l.heard()), "M_SP_NA_1 inrogen 9=false")
		want(t, "read", request(l, t, asdu.C_RD_NA_1, asdu.Request, 1, asdu.Read{Address: 1}), "C_RD_NA_1 unknown object address negative 1=…")
	})
}

// TestCounterFlags: carry, adjusted and invalid, and the sequence number that
// begins again.
func TestCounterFlags(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := connect(t, nil, station.Sector{Points: []station.Point{
			{Address: 1, Type: asdu.M_IT_TB_1, Groups: []int{1}, Initial: 1<<31 - 1, Counter: station.Counting{Mode: station.ModeD}},
		}})
		freeze := func() []string {
			t.Helper()
			return data(request(l, t, asdu.C_CI_NA_1, asdu.Activation, 1, asdu.CounterInterrogation{Request: 1, Freeze: asdu.FreezeOnly}))
		}
		want(t, "at the end", freeze(), "M_IT_TB_1 spont 1=2147483647#0")
		if err := l.Count(1, 1, 1); err != nil {
			t.Fatal(err)
		}
		want(t, "past the end", freeze(), "M_IT_TB_1 spont 1=-2147483648#1CY")
		want(t, "afterwards", freeze(), "M_IT_TB_1 spont 1=-2147483648#2")
		set(t, l, 1, 42)
		want(t, "set", freeze(), "M_IT_TB_1 spont 1=42#3CA")
		if err := l.SetQuality(1, 1, asdu.Invalid); err != nil {
			t.Fatal(err)
		}
		want(t, "invalid", freeze(), "M_IT_TB_1 spont 1=42#4IV")
		for range 27 {
			freeze()
		}
		want(t, "the sequence number begins again", freeze(), "M_IT_TB_1 spont 1=42#0IV")
	})
}

// TestStationWithoutCounters refuses, and only counters count.
func TestStationWithoutCounters(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := connect(t, nil, station.Sector{Points: []station.Point{{Address: 1, Type: asdu.M_SP_NA_1}}})
		for _, freeze := range []asdu.Freeze{asdu.FreezeRead, asdu.FreezeOnly, asdu.FreezeReset} {
			heard := request(l, t, asdu.C_CI_NA_1, asdu.Activation, 1, asdu.CounterInterrogation{Request: asdu.RequestAllCounters, Freeze: freeze})
			want(t, freeze.Text().EN, heard, "C_CI_NA_1 actcon negative 0=…")
		}
		if err := l.Count(1, 1, 1); err == nil {
			t.Error("a single point counts")
		}
	})
}

// Blocking is for points with that quality: a total goes on counting.
func TestTotalsAreNotBlocked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := connect(t, nil, station.Sector{Points: []station.Point{{Address: 1, Type: asdu.M_IT_TB_1, Initial: 5}}})
		if err := l.Count(1, 1, 100); err != nil {
			t.Fatal(err)
		}
		if err := l.Block(1, 1, true); err == nil {
			t.Error("blocked")
		}
		o, _ := l.Get(1, 1)
		if c := o.(asdu.IntegratedTotal).Value; c.Count != 105 {
			t.Errorf("%+v, want 105", c)
		}
	})
}
