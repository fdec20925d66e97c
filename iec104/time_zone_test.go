package iec104_test

import (
	"testing"
	"time"

	"stellwerk/iec104"
)

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
