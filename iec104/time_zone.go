package iec104

import (
	"fmt"
	"time"

	"stellwerk/iec104/asdu"
)

// TimeZone says how the clocks behind a link are read: in which zone, and what
// they make of summer time. The zero value is UTC. A station whose clock stays
// at standard time through the summer has a location of fixed offset,
// [time.FixedZone].
type TimeZone struct {
	// Location is the zone. Nil is UTC.
	Location *time.Location
	// SummerUnmarked is for clocks that follow the summer time of the location
	// without setting the SU bit. Times without SU are then read as what the
	// clocks of the location show, and times are sent without SU. The standard
	// wants the bit (IEC 60870-5-101, 7.2.6.18), and false takes a time without
	// it as standard time in any season.
	SummerUnmarked bool
}

func (z TimeZone) location() *time.Location {
	if z.Location == nil {
		return time.UTC
	}
	return z.Location
}

// CP56 returns what a clock of the zone shows at t.
func (z TimeZone) CP56(t time.Time) asdu.Time {
	tag := asdu.CP56(t.In(z.location()))
	if z.SummerUnmarked {
		return tag.WithSummer(false)
	}
	return tag
}

// Instant returns the instant of a time tag that was received at the given
// moment. It is an error where no clock shows the time; the IV bit does not
// count.
//
// Of the two instants that an unmarked time of the hour has which summer time
// repeats in autumn, it is the one nearer to the reception; a time that summer
// time leaves out in spring is standard time. CP24Time2a has no hour: it is the
// instant nearest to the reception at which minute and milliseconds are those
// of the tag, so that tags are right as long as they are no older than half an
// hour.
func (z TimeZone) Instant(t asdu.Time, received time.Time) (time.Time, error) {
	location := z.location()
	if t.Kind() == asdu.TimeCP24 {
		return nearest(t, location, received)
	}
	standard, err := t.Instant(location)
	if err != nil || !z.SummerUnmarked || t.Summer() {
		return standard, err
	}
	summer, err := t.WithSummer(true).Instant(location)
	if err != nil {
		return time.Time{}, err
	}
	winter, inSummer := !asdu.CP56(standard).Summer(), asdu.CP56(summer).Summer()
	if inSummer && (!winter || received.Sub(summer).Abs() < received.Sub(standard).Abs()) {
		return summer, nil
	}
	return standard, nil
}

// nearest returns the instant nearest to the reception that has minute and
// milliseconds of a CP24Time2a.
func nearest(t asdu.Time, location *time.Location, received time.Time) (time.Time, error) {
	if t.Minute() > 59 || t.Milliseconds() > 59999 {
		return time.Time{}, fmt.Errorf("no clock shows %s: minutes and seconds are 0 to 59", t)
	}
	local := received.In(location)
	into := time.Duration(local.Minute())*time.Minute + time.Duration(local.Second())*time.Second + time.Duration(local.Nanosecond())
	instant := local.Add(time.Duration(t.Minute())*time.Minute + time.Duration(t.Milliseconds())*time.Millisecond - into)
	switch distance := instant.Sub(received); {
	case distance > 30*time.Minute:
		instant = instant.Add(-time.Hour)
	case distance < -30*time.Minute:
		instant = instant.Add(time.Hour)
	}
	return instant, nil
}
