package iec104_test

import (
	"testing"
	"testing/synctest"

	"stellwerk/iec104"
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
