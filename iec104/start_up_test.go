package iec104_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"stellwerk/iec104"
	"stellwerk/iec104/asdu"
	"stellwerk/iec104/iec104test"
)

// TestStartUp asks a station that tells of its initialisation: once where that
// comes before the answer, again where it comes later.
func TestStartUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		station, err := iec104test.NewBuiltin(nil)
		if err != nil {
			t.Fatal(err)
		}
		defer station.Close()
		conn, err := station.Connect(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		var initialized, interrogated, counted, set atomic.Int32
		var during atomic.Pointer[func()] // called once in the course of an interrogation
		client, err := iec104.NewClient(conn, &iec104.ClientOptions{Handler: func(a asdu.ASDU) error {
			switch {
			case a.Type == asdu.M_EI_NA_1:
				initialized.Add(1)
			case a.Type == asdu.C_CS_NA_1 && a.Cause == asdu.ActivationCon:
				set.Add(1)
			case a.Type == asdu.C_IC_NA_1 && a.Cause == asdu.ActivationTermination:
				interrogated.Add(1)
			case a.Type == asdu.C_CI_NA_1 && a.Cause == asdu.ActivationTermination:
				counted.Add(1)
			case a.Cause == asdu.InterrogatedByStation:
				if f := during.Swap(nil); f != nil {
					(*f)()
				}
			}
			return nil
		}})
		if err != nil {
			t.Fatal(err)
		}
		defer client.Close()
		start := iec104.StartUp{
			Stations: []asdu.CommonAddress{1}, Clock: true,
			Counters: []asdu.CounterInterrogation{{Request: asdu.RequestAllCounters}},
			Refused:  func(station asdu.CommonAddress, err error) { t.Errorf("station %d: %v", station, err) },
		}
		check := func(what string, rounds int32) {
			t.Helper()
			time.Sleep(time.Second)
			if initialized.Load() == 0 || set.Load() != rounds || interrogated.Load() != rounds || counted.Load() != rounds {
				t.Errorf("%s: %d times initialised, %d times set, %d interrogations, %d of counters; want %d", what,
					initialized.Load(), set.Load(), interrogated.Load(), counted.Load(), rounds)
			}
		}
		if err := start.Setup(t.Context(), client); err != nil {
			t.Fatal(err)
		}
		check("after the start", 1)
		reset := func() {
			if err := client.ResetProcess(context.Background(), 1, asdu.ResetProcessGeneral); err != nil { //nolint:usetesting // it outlives no test
				t.Error(err)
			}
		}
		reset()
		check("after a reset", 2)
		again := func() { go reset() }
		during.Store(&again)
		if err := start.Setup(t.Context(), client); err != nil {
			t.Errorf("the station is initialised while it is being asked: %v", err)
		}
		check("after a reset in the course of it", 4)
	})
}

// TestStartUpDuringInitialisation has a station that tells of the end of its
// initialisation at every moment of the round of requests: what it sent before is
// void, so that it is asked again after the round, unless all of the round came
// after it.
func TestStartUpDuringInitialisation(t *testing.T) {
	const (
		set          = "> 67 01 06 00 0100 000000 e803220c8d0809"
		isSet        = "< 67 01 07 00 0100 000000 e803220c8d0809"
		ask          = "> 64 01 06 00 0100 000000 14"
		confirmed    = "< 64 01 07 00 0100 000000 14"
		data         = "< 01 01 14 00 0100 010000 01"
		terminated   = "< 64 01 0a 00 0100 000000 14"
		count        = "> 65 01 06 00 0100 000000 05"
		counted      = "< 65 01 07 00 0100 000000 05"
		allCounted   = "< 65 01 0a 00 0100 000000 05"
		initialized  = "< 46 01 04 00 0100 000000 00"
		otherStation = "< 46 01 04 00 0300 000000 00"
	)
	withClock := iec104.StartUp{Stations: []asdu.CommonAddress{1}, Clock: true}
	alone := iec104.StartUp{Stations: []asdu.CommonAddress{1}}
	counters := iec104.StartUp{
		Stations: []asdu.CommonAddress{1}, Interrogations: []asdu.InterrogationQualifier{},
		Counters: []asdu.CounterInterrogation{{Request: asdu.RequestAllCounters, Freeze: asdu.FreezeRead}},
	}
	for _, test := range []struct {
		name   string
		what   iec104.StartUp
		script []string // of the round
		again  []string // behind it
	}{
		{"never", alone, []string{ask, confirmed, data, terminated}, nil},
		{"before the confirmation", alone, []string{ask, initialized, confirmed, data, terminated}, nil},
		{"between confirmation and data", alone, []string{ask, confirmed, initialized, data, terminated}, []string{ask, confirmed, data, terminated}},
		{"between data and termination", alone, []string{ask, confirmed, data, initialized, terminated}, []string{ask, confirmed, data, terminated}},
		{"after the round", alone, []string{ask, confirmed, data, terminated, initialized}, []string{ask, confirmed, data, terminated}},
		{"twice", alone, []string{ask, confirmed, initialized, data, initialized, terminated}, []string{ask, confirmed, data, terminated}},
		{"after the round, twice", alone, []string{ask, confirmed, terminated, initialized, initialized}, []string{ask, confirmed, data, terminated}},
		{
			"and again in the next round", alone,
			[]string{ask, confirmed, initialized, terminated},
			[]string{ask, initialized, confirmed, initialized, data, initialized, terminated, ask, confirmed, data, terminated},
		},
		{"another station", alone, []string{ask, confirmed, otherStation, data, terminated}, nil},
		{"before the clock is set", withClock, []string{set, initialized, isSet, ask, confirmed, terminated}, nil},
		{"after the clock is set", withClock, []string{set, isSet, ask, initialized, confirmed, terminated}, []string{set, isSet, ask, confirmed, terminated}},
		{"before counters", counters, []string{count, initialized, counted, allCounted}, nil},
		{"among counters", counters, []string{count, counted, initialized, allCounted}, []string{count, counted, allCounted}},
		{
			"of one of two stations",
			iec104.StartUp{},
			[]string{
				"> 64 01 06 00 ffff 000000 14", confirmed, "< 64 01 07 00 0200 000000 14", data,
				"< 46 01 04 00 0200 000000 00", terminated, "< 64 01 0a 00 0200 000000 14",
			},
			[]string{"> 64 01 06 00 0200 000000 14", "< 64 01 07 00 0200 000000 14", "< 64 01 0a 00 0200 000000 14"},
		},
		{
			"of one that is not yet asked",
			iec104.StartUp{},
			[]string{"> 64 01 06 00 ffff 000000 14", "< 46 01 04 00 0200 000000 00", confirmed, "< 64 01 07 00 0200 000000 14", terminated, "< 64 01 0a 00 0200 000000 14"},
			nil,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				client, r := rawStation(t, &iec104.ClientOptions{Clock: func() time.Time { return callTime }})
				start := test.what
				start.Refused = func(station asdu.CommonAddress, err error) { t.Errorf("station %d: %v", station, err) }
				done := make(chan error, 1)
				go func() { done <- start.Setup(t.Context(), client) }()
				r.play(test.script)
				if err := <-done; err != nil {
					t.Error(err)
				}
				r.play(test.again)
				r.want("nothing")
			})
		})
	}
}

// TestStartUpRefused has a station that refuses some of what it is asked: nothing
// else is hindered, neither in the first round nor after an initialisation.
func TestStartUpRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, r := rawStation(t, &iec104.ClientOptions{Clock: func() time.Time { return callTime }})
		var refused []asdu.Cause
		start := iec104.StartUp{
			Stations: []asdu.CommonAddress{1}, Clock: true,
			Interrogations: []asdu.InterrogationQualifier{asdu.InterrogateGroup(1), asdu.InterrogateGroup(2)},
			Refused: func(station asdu.CommonAddress, err error) {
				fault, ok := errors.AsType[*iec104.Error](err)
				if !ok || station != 1 {
					t.Errorf("station %d: %v", station, err)
					return
				}
				refused = append(refused, fault.Cause)
			},
		}
		round := []string{
			"> 67 01 06 00 0100 000000 e803220c8d0809", "< 67 01 6c 00 0100 000000 e803220c8d0809",
			"> 64 01 06 00 0100 000000 15", "< 64 01 47 00 0100 000000 15",
			"> 64 01 06 00 0100 000000 16", "< 64 01 07 00 0100 000000 16", "< 64 01 0a 00 0100 000000 16",
		}
		done := make(chan error, 1)
		go func() { done <- start.Setup(t.Context(), client) }()
		r.play(round)
		if err := <-done; err != nil {
			t.Error(err)
		}
		r.play([]string{"< 46 01 04 00 0100 000000 00"})
		r.play(round)
		r.want("nothing")
		if want := []asdu.Cause{asdu.UnknownType, asdu.ActivationCon, asdu.UnknownType, asdu.ActivationCon}; !slices.Equal(refused, want) {
			t.Errorf("refused with %v, want %v", refused, want)
		}
	})
}

// TestStartUpConnectionLost ends the connection in each step of the round: Setup
// returns why.
func TestStartUpConnectionLost(t *testing.T) {
	script := []string{
		"> 64 01 06 00 0100 000000 14", "< 64 01 07 00 0100 000000 14", "< 46 01 04 00 0100 000000 00", "< 64 01 0a 00 0100 000000 14",
		"> 64 01 06 00 0100 000000 14", "< 64 01 07 00 0100 000000 14",
	}
	for steps := range len(script) + 1 {
		synctest.Test(t, func(t *testing.T) {
			client, r := rawStation(t, nil)
			told := make(chan error, 1)
			start := iec104.StartUp{
				Stations: []asdu.CommonAddress{1},
				Refused:  func(_ asdu.CommonAddress, err error) { told <- err },
			}
			done := make(chan error, 1)
			go func() { done <- start.Setup(t.Context(), client) }()
			r.play(script[:steps])
			_ = r.conn.Close()
			err := <-done
			if steps >= 4 { // the round is over: it is the one after it that fails
				if err != nil {
					t.Error(err)
				}
				err = <-told
			}
			if !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrClosedPipe) {
				t.Errorf("after %d steps: %v", steps, err)
			}
			if err := client.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestStartUpOfManyStations has more stations initialised at once than are asked
// at the same time: all have their turn.
func TestStartUpOfManyStations(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const stations = 150
		client, r := rawStation(t, &iec104.ClientOptions{Parameters: iec104.Parameters{K: 1000, W: 1}})
		start := iec104.StartUp{Refused: func(station asdu.CommonAddress, err error) { t.Errorf("station %d: %v", station, err) }}
		done := make(chan error, 1)
		go func() { done <- start.Setup(t.Context(), client) }()
		r.play([]string{"> 64 01 06 00 ffff 000000 14", "< 64 01 07 00 0100 000000 14"})
		r.want("S N(R)=1")
		r.request("64 01 0a 00 0100 000000 14")
		r.want("S N(R)=2")
		if err := <-done; err != nil {
			t.Error(err)
		}
		for station := range stations {
			r.request(fmt.Sprintf("46 01 04 00 %02x00 000000 00", station+1))
		}
		asked := make(map[string]bool)
		var begun []string // of those whose round is under way
		most := 0
		for {
			got := r.next()
			switch {
			case strings.HasPrefix(got, "64010600"):
				common := got[8:12]
				if asked[common] {
					t.Errorf("%s is asked twice", common)
				}
				asked[common] = true
				begun = append(begun, common)
				most = max(most, len(begun))
				continue
			case got != "nothing":
				continue // an acknowledgement
			}
			if len(begun) == 0 {
				break
			}
			for _, common := range begun[:1+len(begun)/2] {
				r.request("64 01 07 00 " + common + " 000000 14")
				r.request("64 01 0a 00 " + common + " 000000 14")
			}
			begun = begun[1+len(begun)/2:]
		}
		if len(asked) != stations || most != 64 {
			t.Errorf("%d stations asked, %d at the same time", len(asked), most)
		}
	})
}
