package iec104_test

import (
	"context"
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
