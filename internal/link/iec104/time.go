package iec104

import (
	"time"

	proto "stellwerk/iec104"
	"stellwerk/iec104/asdu"
	"stellwerk/internal/point"
)

// pointTime returns the instant of a time tag, as the zone of the far end reads
// it. CP24Time2a has minutes and seconds alone: the hour is that which lies
// nearest to the reception, and the time is marked as substituted. A time that no
// clock shows is no instant and stays invalid.
func pointTime(t asdu.Time, zone proto.TimeZone, received time.Time) point.Time {
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
	case asdu.TimeCP24:
		flags |= point.TimeSubstituted
	default:
		return point.Time{}
	}
	instant, err := zone.Instant(t, received)
	if err != nil {
		return point.SourceTime(time.Time{}, flags|point.TimeInvalid)
	}
	return point.SourceTime(instant, flags)
}

// asduTime returns the time tag of a kind for a time. One without an instant
// has the reading of 2000-01-01 00:00 and is invalid.
func asduTime(t point.Time, kind asdu.TimeKind, zone proto.TimeZone) asdu.Time {
	instant := t.At.Time()
	if t.At == 0 {
		instant = time.Date(2000, 1, 1, 0, 0, 0, 0, zone.Location)
	}
	var tag asdu.Time
	switch kind {
	case asdu.TimeCP24:
		tag = asdu.CP24(instant.In(zone.Location))
	case asdu.TimeCP56:
		tag = zone.CP56(instant)
		if t.Has(point.TimeSummer) && !tag.Summer() && !zone.SummerUnmarked {
			// The zone here knows no summer time, but the source's clock did.
			tag = zone.CP56(instant.Add(time.Hour)).WithSummer(true)
		}
	default:
		return 0
	}
	return tag.WithInvalid(t.At == 0 || t.Has(point.TimeInvalid)).WithSubstituted(t.Has(point.TimeSubstituted))
}
