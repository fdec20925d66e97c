package asdu_test

import (
	"testing"
	"time"
	_ "time/tzdata" // so that the tests know the zones everywhere

	"stellwerk/iec104/asdu"
)

func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	location, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return location
}

func TestTimeKind(t *testing.T) {
	for _, row := range []struct {
		kind   asdu.TimeKind
		octets int
		string string
	}{
		{asdu.TimeNone, 0, "none"}, {asdu.TimeCP24, 3, "cp24"}, {asdu.TimeCP56, 7, "cp56"}, {9, 0, "none"},
	} {
		if row.kind.Octets() != row.octets || row.kind.String() != row.string {
			t.Errorf("kind %d: %d octets, %q", row.kind, row.kind.Octets(), row.kind)
		}
	}
}

// TestTimeParts reads every part of a time with all its bits and with none of
// them.
func TestTimeParts(t *testing.T) {
	full := asdu.RawTime(asdu.TimeCP56, 0xffff_ffff_ffff_ffff)
	if full.Kind() != asdu.TimeCP56 || full.Octets() != 0xff_ffff_ffff_ffff || full.IsZero() {
		t.Errorf("kind %s, octets %x", full.Kind(), full.Octets())
	}
	parts := func(x asdu.Time) [8]int {
		return [8]int{x.Milliseconds(), x.Minute(), x.Hour(), x.Day(), x.Weekday(), x.Month(), x.Year(), int(x.Kind())}
	}
	flags := func(x asdu.Time) [3]bool { return [3]bool{x.Invalid(), x.Substituted(), x.Summer()} }
	if got := parts(full); got != [8]int{65535, 63, 31, 31, 7, 15, 127, 2} || flags(full) != [3]bool{true, true, true} {
		t.Errorf("full time has %v, %v", got, flags(full))
	}
	empty := asdu.RawTime(asdu.TimeCP56, 0)
	if got := parts(empty); got != [8]int{7: 2} || flags(empty) != [3]bool{} || empty.IsZero() {
		t.Errorf("empty time has %v, %v", got, flags(empty))
	}
	// 2009-08-13T12:34:01.000, a Thursday, IV, GEN and SU one after the other.
	for _, row := range []struct {
		octets uint64
		flags  [3]bool
	}{
		{0x09_08_8d_0c_22_03e8, [3]bool{}},
		{0x09_08_8d_0c_a2_03e8, [3]bool{true, false, false}},
		{0x09_08_8d_0c_62_03e8, [3]bool{false, true, false}},
		{0x09_08_8d_8c_22_03e8, [3]bool{false, false, true}},
		{0x89_f8_8d_6c_22_03e8, [3]bool{}}, // RES2, RES3, RES4
	} {
		x := asdu.RawTime(asdu.TimeCP56, row.octets)
		if got := parts(x); got != [8]int{1000, 34, 12, 13, 4, 8, 9, 2} || flags(x) != row.flags {
			t.Errorf("%x has %v, %v, want flags %v", row.octets, got, flags(x), row.flags)
		}
	}
	short := asdu.RawTime(asdu.TimeCP24, 0xffff_ffff)
	if short.Octets() != 0xffffff || short.Milliseconds() != 65535 || short.Minute() != 63 || !short.Invalid() || !short.Substituted() || short.Summer() || short.Hour() != 0 {
		t.Errorf("short time has %v, %v", parts(short), flags(short))
	}
	if none := asdu.RawTime(asdu.TimeNone, 5); !none.IsZero() || none != 0 {
		t.Errorf("no time is %x", uint64(none))
	}
}

func TestTimeFlags(t *testing.T) {
	x := asdu.RawTime(asdu.TimeCP56, 0x09_08_8d_0c_22_03e8)
	for name, row := range map[string]struct {
		with func(asdu.Time, bool) asdu.Time
		bit  uint64
	}{
		"IV":  {asdu.Time.WithInvalid, 1 << 23},
		"GEN": {asdu.Time.WithSubstituted, 1 << 22},
		"SU":  {asdu.Time.WithSummer, 1 << 31},
	} {
		set := row.with(x, true)
		if set.Octets() != x.Octets()|row.bit || row.with(set, true) != set || row.with(set, false) != x || row.with(x, false) != x {
			t.Errorf("%s: %x becomes %x", name, x.Octets(), set.Octets())
		}
	}
}

func TestTimeText(t *testing.T) {
	for _, row := range []struct {
		time asdu.Time
		want string
	}{
		{0, ""},
		{asdu.RawTime(asdu.TimeCP56, 0x09_08_8d_0c_22_03e8), "2009-08-13T12:34:01.000"},
		{asdu.RawTime(asdu.TimeCP56, 0x09_08_8d_8c_e2_03e8), "2009-08-13T12:34:01.000"}, // IV, GEN and SU do not show
		{asdu.RawTime(asdu.TimeCP24, 0x22_03e8), "34:01.000"},
		{asdu.RawTime(asdu.TimeCP24, 0x00_0000), "00:00.000"},
		{asdu.RawTime(asdu.TimeCP24, 0xff_ffff), "63:65.535"},
		{asdu.RawTime(asdu.TimeCP24, 0x3b_ea5f), "59:59.999"},
		{asdu.RawTime(asdu.TimeCP24, 0x01_000a), "01:00.010"},
		{asdu.RawTime(asdu.TimeCP56, 0), "2000-00-00T00:00:00.000"},
		{asdu.RawTime(asdu.TimeCP56, 1<<56-1), "20127-15-31T31:63:65.535"},
		{asdu.RawTime(asdu.TimeCP56, 99<<48|12<<40|31<<32|23<<24|59<<16|59999), "2099-12-31T23:59:59.999"},
		{asdu.RawTime(asdu.TimeCP56, 100<<48), "20100-00-00T00:00:00.000"},
	} {
		if got := row.time.String(); got != row.want {
			t.Errorf("%x is shown as %q, want %q", uint64(row.time), got, row.want)
		}
		if got := string(row.time.AppendText([]byte("at "))); got != "at "+row.want {
			t.Errorf("%x is appended as %q", uint64(row.time), got)
		}
	}
}

// TestCP56 converts instants at which something changes. The expectation is the
// time as RFC 3339 would have it, and the flags.
func TestCP56(t *testing.T) {
	berlin, dublin := zone(t, "Europe/Berlin"), zone(t, "Europe/Dublin")
	sydney, howe := zone(t, "Australia/Sydney"), zone(t, "Australia/Lord_Howe")
	for _, row := range []struct {
		at      time.Time
		want    string
		weekday int
		summer  bool
	}{
		{time.Date(2024, 2, 29, 23, 59, 59, 999_999_999, time.UTC), "2024-02-29T23:59:59.999", 4, false},
		{time.Date(2024, 2, 29, 23, 59, 59, 1_000_000_000, time.UTC), "2024-03-01T00:00:00.000", 5, false},
		{time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC), "2000-01-01T00:00:00.000", 6, false},
		{time.Date(2099, 12, 31, 23, 59, 59, 0, time.UTC), "2099-12-31T23:59:59.000", 4, false},
		{time.Date(1999, 12, 31, 23, 59, 59, 0, time.UTC), "2099-12-31T23:59:59.000", 5, false}, // the century is not sent
		{time.Date(1969, 12, 31, 23, 59, 59, 5e6, time.UTC), "2069-12-31T23:59:59.005", 3, false},
		{time.Date(-1, 1, 1, 0, 0, 0, 0, time.UTC), "2099-01-01T00:00:00.000", 5, false},
		{time.Date(2024, 12, 15, 12, 0, 0, 0, time.UTC), "2024-12-15T12:00:00.000", 7, false}, // a Sunday
		{time.Date(2024, 12, 16, 12, 0, 0, 0, time.UTC), "2024-12-16T12:00:00.000", 1, false},
		{time.Date(2024, 7, 1, 12, 0, 0, 0, time.FixedZone("", 2*3600)), "2024-07-01T12:00:00.000", 1, false},
		{time.Date(2024, 7, 1, 12, 0, 0, 0, time.FixedZone("", -30*60)), "2024-07-01T12:00:00.000", 1, false},
		// Berlin: forward at 2024-03-31T01:00Z, back at 2024-10-27T01:00Z.
		{time.Date(2024, 3, 31, 0, 59, 59, 999e6, time.UTC).In(berlin), "2024-03-31T01:59:59.999", 7, false},
		{time.Date(2024, 3, 31, 1, 0, 0, 0, time.UTC).In(berlin), "2024-03-31T03:00:00.000", 7, true},
		{time.Date(2024, 10, 27, 0, 30, 0, 0, time.UTC).In(berlin), "2024-10-27T02:30:00.000", 7, true},
		{time.Date(2024, 10, 27, 1, 30, 0, 0, time.UTC).In(berlin), "2024-10-27T02:30:00.000", 7, false},
		// Dublin's law calls the time of summer standard.
		{time.Date(2024, 7, 1, 12, 0, 0, 0, dublin), "2024-07-01T12:00:00.000", 1, true},
		{time.Date(2024, 1, 1, 12, 0, 0, 0, dublin), "2024-01-01T12:00:00.000", 1, false},
		{time.Date(2024, 7, 1, 12, 0, 0, 0, sydney), "2024-07-01T12:00:00.000", 1, false},
		{time.Date(2024, 1, 1, 12, 0, 0, 0, sydney), "2024-01-01T12:00:00.000", 1, true},
		{time.Date(2024, 1, 1, 12, 0, 0, 0, howe), "2024-01-01T12:00:00.000", 1, true},
		{time.Date(2024, 7, 1, 12, 0, 0, 0, zone(t, "Europe/Istanbul")), "2024-07-01T12:00:00.000", 1, false},
		{time.Date(2024, 7, 1, 12, 0, 0, 0, zone(t, "Asia/Tokyo")), "2024-07-01T12:00:00.000", 1, false},
	} {
		got := asdu.CP56(row.at)
		if got.String() != row.want || got.Weekday() != row.weekday || got.Summer() != row.summer || got.Invalid() || got.Substituted() || got.Kind() != asdu.TimeCP56 {
			t.Errorf("%s is %s, weekday %d, summer %t, want %s, %d, %t", row.at, got, got.Weekday(), got.Summer(), row.want, row.weekday, row.summer)
		}
		if want := asdu.RawTime(asdu.TimeCP24, got.Octets()&0x3f_ffff); asdu.CP24(row.at) != want {
			t.Errorf("%s is %s for short", row.at, asdu.CP24(row.at))
		}
	}
}

// TestCalendar compares every day of four centuries with package time.
func TestCalendar(t *testing.T) {
	for day := time.Date(1800, 1, 1, 13, 14, 15, 0, time.UTC); day.Year() < 2201; day = day.AddDate(0, 0, 1) {
		got := asdu.CP56(day)
		weekday := int(day.Weekday()+6)%7 + 1
		if got.Year() != day.Year()%100 || got.Month() != int(day.Month()) || got.Day() != day.Day() || got.Weekday() != weekday {
			t.Fatalf("%s is %s, weekday %d", day, got, got.Weekday())
		}
		if day.Year() < 2000 || day.Year() > 2099 {
			continue
		}
		if back, err := got.Instant(time.UTC); err != nil || !back.Equal(day) {
			t.Fatalf("%s becomes %s, %v", day, back, err)
		}
	}
}

func TestInstant(t *testing.T) {
	berlin, dublin, howe := zone(t, "Europe/Berlin"), zone(t, "Europe/Dublin"), zone(t, "Australia/Lord_Howe")
	for _, row := range []struct {
		name     string
		reading  time.Time // as if it were UTC
		summer   bool
		location *time.Location
		want     time.Time
	}{
		{"UTC", time.Date(2024, 2, 29, 12, 34, 56, 789e6, time.UTC), false, time.UTC, time.Date(2024, 2, 29, 12, 34, 56, 789e6, time.UTC)},
		{"UTC with SU", time.Date(2024, 7, 1, 12, 0, 0, 0, time.UTC), true, time.UTC, time.Date(2024, 7, 1, 11, 0, 0, 0, time.UTC)},
		{"fixed zone", time.Date(2024, 7, 1, 12, 0, 0, 0, time.UTC), false, time.FixedZone("", 3600), time.Date(2024, 7, 1, 11, 0, 0, 0, time.UTC)},
		{"fixed zone with SU", time.Date(2024, 7, 1, 12, 0, 0, 0, time.UTC), true, time.FixedZone("", 3600), time.Date(2024, 7, 1, 10, 0, 0, 0, time.UTC)},
		{"last second of the century", time.Date(2099, 12, 31, 23, 59, 59, 0, time.UTC), false, time.UTC, time.Date(2099, 12, 31, 23, 59, 59, 0, time.UTC)},

		{"winter", time.Date(2024, 1, 1, 12, 0, 0, 0, time.UTC), false, berlin, time.Date(2024, 1, 1, 11, 0, 0, 0, time.UTC)},
		{"winter with SU", time.Date(2024, 1, 1, 12, 0, 0, 0, time.UTC), true, berlin, time.Date(2024, 1, 1, 10, 0, 0, 0, time.UTC)},
		{"summer with SU", time.Date(2024, 7, 1, 12, 0, 0, 0, time.UTC), true, berlin, time.Date(2024, 7, 1, 10, 0, 0, 0, time.UTC)},
		{"summer without SU", time.Date(2024, 7, 1, 12, 0, 0, 0, time.UTC), false, berlin, time.Date(2024, 7, 1, 11, 0, 0, 0, time.UTC)},

		{"before the clock goes forward", time.Date(2024, 3, 31, 1, 59, 59, 0, time.UTC), false, berlin, time.Date(2024, 3, 31, 0, 59, 59, 0, time.UTC)},
		{"in the hour that is left out", time.Date(2024, 3, 31, 2, 30, 0, 0, time.UTC), false, berlin, time.Date(2024, 3, 31, 1, 30, 0, 0, time.UTC)},
		{"in the hour that is left out, with SU", time.Date(2024, 3, 31, 2, 30, 0, 0, time.UTC), true, berlin, time.Date(2024, 3, 31, 0, 30, 0, 0, time.UTC)},
		{"after the clock went forward", time.Date(2024, 3, 31, 3, 0, 0, 0, time.UTC), true, berlin, time.Date(2024, 3, 31, 1, 0, 0, 0, time.UTC)},
		{"after the clock went forward, without SU", time.Date(2024, 3, 31, 3, 0, 0, 0, time.UTC), false, berlin, time.Date(2024, 3, 31, 2, 0, 0, 0, time.UTC)},
		{"before the hour that comes twice", time.Date(2024, 10, 27, 1, 59, 59, 0, time.UTC), true, berlin, time.Date(2024, 10, 26, 23, 59, 59, 0, time.UTC)},
		{"first of two equal hours", time.Date(2024, 10, 27, 2, 30, 0, 0, time.UTC), true, berlin, time.Date(2024, 10, 27, 0, 30, 0, 0, time.UTC)},
		{"second of two equal hours", time.Date(2024, 10, 27, 2, 30, 0, 0, time.UTC), false, berlin, time.Date(2024, 10, 27, 1, 30, 0, 0, time.UTC)},
		{"after the clock went back", time.Date(2024, 10, 27, 3, 0, 0, 0, time.UTC), false, berlin, time.Date(2024, 10, 27, 2, 0, 0, 0, time.UTC)},
		{"after the clock went back, with SU", time.Date(2024, 10, 27, 3, 0, 0, 0, time.UTC), true, berlin, time.Date(2024, 10, 27, 1, 0, 0, 0, time.UTC)},

		{"Irish summer", time.Date(2024, 7, 1, 12, 0, 0, 0, time.UTC), true, dublin, time.Date(2024, 7, 1, 11, 0, 0, 0, time.UTC)},
		{"Irish winter", time.Date(2024, 1, 1, 12, 0, 0, 0, time.UTC), false, dublin, time.Date(2024, 1, 1, 12, 0, 0, 0, time.UTC)},
		{"summer time of half an hour", time.Date(2024, 1, 1, 12, 0, 0, 0, time.UTC), true, howe, time.Date(2024, 1, 1, 1, 0, 0, 0, time.UTC)},
	} {
		t.Run(row.name, func(t *testing.T) {
			x := asdu.CP56(row.reading).WithSummer(row.summer)
			for _, x := range []asdu.Time{x, x.WithInvalid(true), x.WithSubstituted(true)} {
				got, err := x.Instant(row.location)
				if err != nil || !got.Equal(row.want) || got.Location() != row.location {
					t.Errorf("%s, SU %t, is %s, %v, want %s", x, row.summer, got, err, row.want.In(row.location))
				}
			}
		})
	}
}

func TestInstantRefused(t *testing.T) {
	at := func(year, month, day, hour, minute, millis uint64) asdu.Time {
		return asdu.RawTime(asdu.TimeCP56, year<<48|month<<40|day<<32|hour<<24|minute<<16|millis)
	}
	for _, row := range []struct {
		time asdu.Time
		want string
	}{
		{0, "time of kind none is not an instant: only CP56Time2a has a date"},
		{asdu.CP24(time.Now()), "time of kind cp24 is not an instant: only CP56Time2a has a date"},
		{at(9, 8, 13, 12, 34, 60000), "no clock shows 2009-08-13T12:34:60.000: milliseconds 60000, not within 0 to 59999"},
		{at(9, 8, 13, 12, 60, 0), "no clock shows 2009-08-13T12:60:00.000: minute 60, not within 0 to 59"},
		{at(9, 8, 13, 24, 0, 0), "no clock shows 2009-08-13T24:00:00.000: hour 24, not within 0 to 23"},
		{at(9, 8, 0, 0, 0, 0), "no clock shows 2009-08-00T00:00:00.000: day of month 0, not within 1 to 31"},
		{at(9, 0, 1, 0, 0, 0), "no clock shows 2009-00-01T00:00:00.000: month 0, not within 1 to 12"},
		{at(9, 13, 1, 0, 0, 0), "no clock shows 2009-13-01T00:00:00.000: month 13, not within 1 to 12"},
		{at(100, 1, 1, 0, 0, 0), "no clock shows 20100-01-01T00:00:00.000: year 100, not within 0 to 99"},
		{at(23, 2, 29, 0, 0, 0), "no clock shows 2023-02-29T00:00:00.000: month 2 has no day 29"},
		{at(24, 2, 30, 0, 0, 0), "no clock shows 2024-02-30T00:00:00.000: month 2 has no day 30"},
		{at(24, 4, 31, 0, 0, 0), "no clock shows 2024-04-31T00:00:00.000: month 4 has no day 31"},
		{at(127, 15, 31, 31, 63, 65535), "no clock shows 20127-15-31T31:63:65.535: milliseconds 65535, not within 0 to 59999"},
	} {
		if got, err := row.time.Instant(time.UTC); err == nil || err.Error() != row.want || !got.IsZero() {
			t.Errorf("%s, error %v, want %s", got, err, row.want)
		}
	}
	for _, good := range []asdu.Time{at(0, 2, 29, 0, 0, 0), at(99, 12, 31, 23, 59, 59999), at(24, 2, 29, 0, 0, 0), at(24, 1, 31, 0, 0, 0)} {
		if _, err := good.Instant(time.UTC); err != nil {
			t.Error(err)
		}
	}
}

// TestInstantAroundChanges goes through the hours around every change of the
// clocks of half a century in many zones: what CP56 says, Instant understands.
func TestInstantAroundChanges(t *testing.T) {
	for _, name := range []string{
		"UTC", "Europe/Berlin", "Europe/Dublin", "Europe/London", "Europe/Moscow", "Europe/Istanbul", "America/New_York",
		"America/St_Johns", "America/Caracas", "Asia/Tehran", "Asia/Pyongyang", "Asia/Kathmandu", "Africa/Casablanca",
		"Australia/Lord_Howe", "Pacific/Auckland", "Pacific/Apia", "Antarctica/Troll",
	} {
		t.Run(name, func(t *testing.T) {
			location := zone(t, name)
			last := time.Date(2050, 1, 1, 0, 0, 0, 0, time.UTC)
			for at := time.Date(2000, 1, 2, 0, 0, 0, 0, time.UTC); at.Before(last); {
				_, end := at.In(location).ZoneBounds()
				if end.IsZero() {
					end = last
				} else if !end.After(at) { // package time ends leap years a day early
					end = at.Add(24 * time.Hour)
				}
				for x := end.Add(-26 * time.Hour); x.Before(end.Add(26 * time.Hour)); x = x.Add(29 * time.Minute) {
					reading := asdu.CP56(x.In(location))
					got, err := reading.Instant(location)
					if err != nil || asdu.CP56(got) != reading {
						t.Fatalf("%s becomes %s, %v", x.In(location), got, err)
					}
					// Where standard time itself went back, SU does not tell two
					// equal readings apart.
					if !got.Equal(x) && end.Add(-1).In(location).IsDST() != end.In(location).IsDST() {
						t.Fatalf("%s becomes %s", x.In(location), got)
					}
				}
				at = end
			}
		})
	}
}
