package iec104_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"

	"stellwerk/iec104"
	"stellwerk/iec104/apci"
	"stellwerk/iec104/asdu"
)

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

// TestLateAnswersExpected: answers to requests that Stop or the caller's context
// has ended may come later, and are no finding.
func TestLateAnswersExpected(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, r := rawStation(t, nil)
		stopped, err := client.Operate(t.Context(), 1, asdu.SingleCommand{Address: 1, Value: true}, iec104.DirectExecute)
		if err != nil {
			t.Fatal(err)
		}
		r.want("2d 01 06 00 0100 010000 01")
		r.write(apci.AppendS(nil, r.receive))
		done := make(chan error, 1)
		go func() { done <- client.Stop(t.Context()) }()
		r.want("STOPDT act")
		r.write(apci.AppendU(nil, apci.StopDTCon))
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		if _, err := stopped.Confirmed(t.Context()); !errors.Is(err, iec104.ErrStopped) {
			t.Error(err)
		}
		go func() { done <- client.Start(t.Context()) }()
		r.want("STARTDT act")
		r.write(apci.AppendU(nil, apci.StartDTCon))
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		r.request("2d 01 07 00 0100 010000 01")
		r.request("2d 01 0a 00 0100 010000 01")

		left, err := client.Activate(t.Context(), newReset(t))
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := left.Confirmed(ctx); !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		r.want("69 01 06 00 0100 000000 01")
		r.request("69 01 07 00 0100 000000 01")
		r.request("2e 01 07 00 0100 010000 01") // nobody has ever asked for that
		synctest.Wait()
		if status := client.Status(); status.Counters.Findings != 1 {
			t.Errorf("%d findings, the last is %v", status.Counters.Findings, status.Finding)
		}
	})
}

func newReset(t *testing.T) asdu.ASDU {
	t.Helper()
	a, err := asdu.New(nil, asdu.Header{Type: asdu.C_RP_NA_1, Cause: asdu.Activation, CommonAddress: 1}, asdu.ResetProcess{Qualifier: asdu.ResetProcessGeneral})
	if err != nil {
		t.Fatal(err)
	}
	return a
}
