package iec104

import (
	"time"

	"stellwerk/iec104/asdu"
	"stellwerk/internal/point"
)

// pointTime returns the instant of a time tag. CP24Time2a has minutes and
// seconds alone: the hour is that which lies nearest to the reception, and the
// time is marked as substituted. A time that no clock shows is no instant and
// stays invalid.
func pointTime(t asdu.Time, location *time.Location, received time.Time) point.Time {
	var flags point.TimeFlags
	if t.Invalid() {
		flags |= point.TimeInvalid
	}
	if t.Substituted() {
		flags |= point.TimeSubstituted
	}
	switch t.Kind() {
	case asdu.TimeCP56:
		if t.Summer() {
			flags |= point.TimeSummer
		}
		instant, err := t.Instant(location)
		if err != nil {
			return point.SourceTime(time.Time{}, flags|point.TimeInvalid)
		}
		return point.SourceTime(instant, flags)
	case asdu.TimeCP24:
		if t.Minute() > 59 || t.Milliseconds() > 59999 {
			return point.SourceTime(time.Time{}, flags|point.TimeInvalid)
		}
		local := received.In(location)
		hour := local.Add(-time.Duration(local.Minute())*time.Minute - time.Duration(local.Second())*time.Second - time.Duration(local.Nanosecond()))
		within := time.Duration(t.Minute())*time.Minute + time.Duration(t.Milliseconds())*time.Millisecond
		instant := hour.Add(within)
		switch distance := instant.Sub(received); {
		case distance > 30*time.Minute:
			instant = instant.Add(-time.Hour)
		case distance < -30*time.Minute:
			instant = instant.Add(time.Hour)
		}
		return point.SourceTime(instant, flags|point.TimeSubstituted)
	default:
		return point.Time{}
	}
}

// asduTime returns the time tag of a kind for a time. One without an instant
// has the reading of 2000-01-01 00:00 and is invalid.
func asduTime(t point.Time, kind asdu.TimeKind, location *time.Location) asdu.Time {
	var tag asdu.Time
	instant := t.At.Time()
	if t.At == 0 {
		instant = time.Date(2000, 1, 1, 0, 0, 0, 0, location)
	}
	switch kind {
	case asdu.TimeCP24:
		tag = asdu.CP24(instant.In(location))
	case asdu.TimeCP56:
		tag = asdu.CP56(instant.In(location))
		if t.Has(point.TimeSummer) && !tag.Summer() {
			// The zone here knows no summer time, but the source's clock did.
			tag = asdu.CP56(instant.In(location).Add(time.Hour)).WithSummer(true)
		}
	default:
		return 0
	}
	return tag.WithInvalid(t.At == 0 || t.Has(point.TimeInvalid)).WithSubstituted(t.Has(point.TimeSubstituted))
}
