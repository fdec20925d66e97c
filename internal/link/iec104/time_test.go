package iec104

import (
	"strings"
	"testing"
	"time"

	proto "stellwerk/iec104"
	"stellwerk/iec104/asdu"
	"stellwerk/internal/link"
	"stellwerk/internal/point"
)

// Clocks that follow summer time without telling so: what they show is read as it
// is meant, through the year and in the hours of both changes, and what is sent to
// them has no SU bit either.
func TestUnmarkedClocks(t *testing.T) {
	unmarked := proto.TimeZone{Location: berlin(t), SummerUnmarked: true}
	marked := proto.TimeZone{Location: berlin(t)}
	for _, test := range []struct {
		shown    string // by the clock
		received string // in UTC
		want     string // in UTC
		summer   bool   // to clocks that set SU
	}{
		{"2026-01-15 12:00:00", "2026-01-15 11:00:01", "2026-01-15 11:00:00", false},
		{"2026-07-15 12:00:00", "2026-07-15 10:00:01", "2026-07-15 10:00:00", true},
		{"2026-03-29 01:59:59", "2026-03-29 01:00:00", "2026-03-29 00:59:59", false},
		{"2026-03-29 03:00:00", "2026-03-29 01:00:01", "2026-03-29 01:00:00", true},
		{"2026-10-25 02:30:00", "2026-10-25 00:30:01", "2026-10-25 00:30:00", true},
		{"2026-10-25 02:30:00", "2026-10-25 01:30:01", "2026-10-25 01:30:00", false},
	} {
		at := func(text string) time.Time {
			moment, err := time.Parse(time.DateTime, text)
			if err != nil {
				t.Fatal(err)
			}
			return moment
		}
		tag := asdu.CP56(at(test.shown)) // as UTC has no summer time
		got := pointTime(tag, unmarked, at(test.received))
		if !got.At.Time().Equal(at(test.want)) || got.Flags != point.TimeSource {
			t.Errorf("%s, received at %s: %v with %v, want %s", test.shown, test.received, got.At.Time(), got.Flags, test.want)
		}
		if back := asduTime(got, asdu.TimeCP56, unmarked); back != tag {
			t.Errorf("%s goes back as %s, SU %v", test.shown, back, back.Summer())
		}
		if other := asduTime(got, asdu.TimeCP56, marked); other != tag.WithSummer(test.summer) {
			t.Errorf("%s goes to clocks with SU as %s, SU %v", test.shown, other, other.Summer())
		}
		// A source that does tell of summer time.
		got.Flags |= point.TimeSummer
		if test.summer && asduTime(got, asdu.TimeCP56, unmarked) != tag {
			t.Errorf("%s goes back as %s", test.shown, asduTime(got, asdu.TimeCP56, unmarked))
		}
	}
}

// The setting reaches both directions of both roles, and is refused where it means
// nothing.
func TestSummerUnmarked(t *testing.T) {
	options := DefaultOptions()
	options.Role, options.Connect = "controlling", "127.0.0.1:2404"
	options.SummerUnmarked = true
	complaints := func() (texts []string) {
		options.Check(func(key, text string) { texts = append(texts, key+": "+text) })
		return texts
	}
	if got := complaints(); len(got) != 1 || !strings.HasPrefix(got[0], "summer_unmarked: there is no summer time in the zone UTC") {
		t.Errorf("%q", got)
	}
	options.Zone = "Mars"
	if got := complaints(); len(got) != 1 || !strings.HasPrefix(got[0], "zone: ") {
		t.Errorf("%q", got)
	}
	options.Zone = "Europe/Berlin"
	if got := complaints(); len(got) != 0 {
		t.Errorf("%q", got)
	}
	controlling, err := NewControlling(options, link.Setup{Name: "substation"})
	if err != nil {
		t.Fatal(err)
	}
	options.Role, options.Connect, options.Listen = "controlled", "", "127.0.0.1:0"
	controlled, err := NewControlled(options, link.Setup{Name: "control"})
	if err != nil {
		t.Fatal(err)
	}
	for what, zone := range map[string]proto.TimeZone{
		"sent":     controlled.encoder.zone,
		"received": controlling.decoder.zone,
		"commands": controlling.encoder().zone,
	} {
		if zone.Location.String() != "Europe/Berlin" || !zone.SummerUnmarked {
			t.Errorf("%s: %+v", what, zone)
		}
	}
}
