package point

import "time"

// Instant is a moment in nanoseconds since 1970-01-01 00:00 UTC, from the year
// 1678 to 2262; 0 means that none is known.
type Instant int64

// InstantOf converts a time; the zero time gives 0.
func InstantOf(t time.Time) Instant {
	if t.IsZero() {
		return 0
	}
	return Instant(t.UnixNano())
}

// Time converts to a time in UTC; 0 gives the zero time.
func (i Instant) Time() time.Time {
	if i == 0 {
		return time.Time{}
	}
	return time.Unix(0, int64(i)).UTC()
}

// TimeFlags say where a time comes from and what its source said of it.
type TimeFlags uint8

// Flags of a time. At most one of TimeSource and TimeReception is set; neither
// means that there is no time.
const (
	// TimeSource: the device that saw the change put the time on it.
	TimeSource TimeFlags = 1 << iota
	// TimeReception: the time at which the telegram arrived here, because a
	// route asked for it. Such a time is always invalid as well.
	TimeReception
	// TimeInvalid: the source marked the time as not to be trusted (IV of
	// CP56Time2a, IEC 60870-5-101, 7.2.6.18).
	TimeInvalid
	// TimeSubstituted: some station on the way put the time in (RES1/GEN bit of
	// CP56Time2a).
	TimeSubstituted
	// TimeSummer: the source said that its clock showed summer time. The instant
	// takes that into account already.
	TimeSummer
)

// Time says when a value arose. A time is never invented: the zero Time says
// that there is none.
type Time struct {
	// At is the instant. It is 0 with TimeSource and TimeInvalid where the source
	// sent a time that is no instant, such as the 31st of February.
	At Instant
	// Flags say whose time it is.
	Flags TimeFlags
}

// SourceTime makes a time that the source gave.
func SourceTime(t time.Time, flags TimeFlags) Time {
	return Time{At: InstantOf(t), Flags: flags&^TimeReception | TimeSource}
}

// ReceptionTime makes the time of reception, marked as invalid: it says when
// this house heard of the change, not when it happened.
func ReceptionTime(received Instant) Time {
	return Time{At: received, Flags: TimeReception | TimeInvalid}
}

// Known says whether there is a time at all.
func (t Time) Known() bool { return t.Flags&(TimeSource|TimeReception) != 0 }

// Has says whether all of the given flags are set.
func (t Time) Has(flags TimeFlags) bool { return t.Flags&flags == flags }

// String gives the instant in UTC to the nanosecond with the flags behind it,
// and "no time" where there is none.
func (t Time) String() string {
	if !t.Known() {
		return "no time"
	}
	text := "impossible"
	if t.At != 0 {
		text = t.At.Time().Format(time.RFC3339Nano)
	}
	for _, row := range [...]struct {
		flag TimeFlags
		name string
	}{
		{TimeReception, "reception"},
		{TimeInvalid, "invalid"},
		{TimeSubstituted, "substituted"},
		{TimeSummer, "summer"},
	} {
		if t.Has(row.flag) {
			text += " " + row.name
		}
	}
	return text
}
