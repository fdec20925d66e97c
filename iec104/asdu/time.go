package asdu

import (
	"encoding/binary"
	"fmt"
	"time"

	"stellwerk/wire"
)

// TimeKind says how much of a time a telegram carries.
type TimeKind uint8

// The kinds of time tags.
const (
	TimeNone TimeKind = iota // no time
	TimeCP24                 // CP24Time2a: minute and milliseconds
	TimeCP56                 // CP56Time2a: date and time of day
)

// Octets returns the length on the wire: 0, 3 or 7.
func (k TimeKind) Octets() int {
	switch k {
	case TimeCP24:
		return 3
	case TimeCP56:
		return 7
	default:
		return 0
	}
}

// String returns "none", "cp24" or "cp56".
func (k TimeKind) String() string {
	switch k {
	case TimeCP24:
		return "cp24"
	case TimeCP56:
		return "cp56"
	default:
		return "none"
	}
}

// Time is a time tag as the telegram has it, bit for bit (IEC 60870-5-101,
// 7.2.6.18 and 7.2.6.19): CP24Time2a, CP56Time2a, or none, which is the zero
// value. Times that no clock shows, such as minute 60, keep their bits;
// [Time.Instant] refuses them. Reserved bits are kept too, but not sent. Times
// can be compared with ==.
type Time uint64

// Where the parts of a time lie. The kind is above the octets of the wire.
const (
	timeMilliseconds = 0  // 16 bits, seconds included
	timeMinute       = 16 // 6 bits
	timeSubstituted  = 22 // RES1, GEN
	timeInvalid      = 23 // IV
	timeHour         = 24 // 5 bits
	timeSummer       = 31 // SU
	timeDay          = 32 // 5 bits
	timeWeekday      = 37 // 3 bits
	timeMonth        = 40 // 4 bits
	timeYear         = 48 // 7 bits
	timeKind         = 56
)

// timeReserved are the bits RES2, RES3 and RES4, which are sent as 0.
const timeReserved Time = 3<<29 | 0xf<<44 | 1<<55

// timePart is a number within a time, with its range.
type timePart struct {
	name       wire.Text
	bit, width int
	low, high  int
}

// timeParts are in ascending order of their bits.
var timeParts = [...]timePart{
	{wire.Text{EN: "milliseconds", DE: "Millisekunden"}, timeMilliseconds, 16, 0, 59999},
	{wire.Text{EN: "minute", DE: "Minute"}, timeMinute, 6, 0, 59},
	{wire.Text{EN: "hour", DE: "Stunde"}, timeHour, 5, 0, 23},
	{wire.Text{EN: "day of month", DE: "Tag"}, timeDay, 5, 1, 31},
	{wire.Text{EN: "month", DE: "Monat"}, timeMonth, 4, 1, 12},
	{wire.Text{EN: "year", DE: "Jahr"}, timeYear, 7, 0, 99},
}

var (
	elementCP24 = wire.Element{Name: "CP24Time2a", Octets: 3, Fields: timeFields[:4]}
	elementCP56 = wire.Element{Name: "CP56Time2a", Octets: 7, Fields: timeFields}
	timeFields  = []wire.Field{
		timeParts[0].field(millisecondsText),
		timeParts[1].field(timeParts[1].text),
		{Name: "GEN", Bit: timeSubstituted, Width: 1, Text: wire.Flag(wire.Text{EN: "genuine time", DE: "echte Zeit"}, wire.Text{EN: "substituted time", DE: "ersetzte Zeit"})},
		{Name: "IV", Bit: timeInvalid, Width: 1, Text: wire.Flag(wire.Text{EN: "time valid", DE: "Zeit gültig"}, wire.Text{EN: "time invalid", DE: "Zeit ungültig"})},
		timeParts[2].field(timeParts[2].text),
		reserved(29, 2),
		{Name: "SU", Bit: timeSummer, Width: 1, Text: wire.Flag(wire.Text{EN: "standard time", DE: "Normalzeit"}, wire.Text{EN: "summer time", DE: "Sommerzeit"})},
		timeParts[3].field(timeParts[3].text),
		{Name: "day of week", Bit: timeWeekday, Width: 3, Text: weekdayText},
		timeParts[4].field(timeParts[4].text),
		reserved(44, 4),
		timeParts[5].field(timeParts[5].text),
		reserved(55, 1),
	}
)

func millisecondsText(value uint64) wire.Text {
	if value > 59999 {
		return wire.Text{EN: "beyond 59999", DE: "über 59999"}
	}
	return wire.Same(fmt.Sprintf("%d.%03d s", value/1000, value%1000))
}

func (p timePart) field(text func(uint64) wire.Text) wire.Field {
	return wire.Field{Name: p.name.EN, Bit: p.bit, Width: p.width, Text: text}
}

// text marks numbers out of range.
func (p timePart) text(value uint64) wire.Text {
	if int(value) >= p.low && int(value) <= p.high {
		return wire.Text{}
	}
	return wire.Text{
		EN: fmt.Sprintf("not within %d to %d", p.low, p.high),
		DE: fmt.Sprintf("nicht zwischen %d und %d", p.low, p.high),
	}
}

func weekdayText(value uint64) wire.Text {
	return [8]wire.Text{
		{EN: "not used", DE: "nicht verwendet"},
		{EN: "Monday", DE: "Montag"},
		{EN: "Tuesday", DE: "Dienstag"},
		{EN: "Wednesday", DE: "Mittwoch"},
		{EN: "Thursday", DE: "Donnerstag"},
		{EN: "Friday", DE: "Freitag"},
		{EN: "Saturday", DE: "Samstag"},
		{EN: "Sunday", DE: "Sonntag"},
	}[value&7]
}

// CP56 returns the clock reading of t in its own location as CP56Time2a,
// milliseconds cut off, with day of week, and with the SU bit where clocks of
// the location show summer time at t. The year is taken modulo 100.
func CP56(t time.Time) Time {
	reading := t.Unix()
	var summer Time
	if t.Location() != time.UTC {
		offset, standard, _ := offsets(t)
		reading += int64(offset)
		if offset > standard {
			summer = 1 << timeSummer
		}
	}
	hour := floorDiv(reading, secondsPerHour)
	second := uint32(reading - hour*secondsPerHour)
	minute := second / 60
	return summer | Time(TimeCP56)<<timeKind | dateAndHour(hour)<<timeHour |
		Time(minute)<<timeMinute |
		Time((second-60*minute)*1000+uint32(t.Nanosecond())/1e6)<<timeMilliseconds
}

// CP24 returns minute and milliseconds of t as CP24Time2a.
func CP24(t time.Time) Time {
	return Time(uint64(TimeCP24)<<timeKind |
		uint64(t.Second()*1000+t.Nanosecond()/1e6)<<timeMilliseconds |
		uint64(t.Minute())<<timeMinute)
}

// RawTime makes a time of octets as they are on the wire, least significant
// first; bits beyond the kind's length are dropped.
func RawTime(kind TimeKind, octets uint64) Time {
	return Time(uint64(kind)<<timeKind | octets&(1<<(8*kind.Octets())-1))
}

// Kind says which parts the time has.
func (t Time) Kind() TimeKind { return TimeKind(t >> timeKind) }

// IsZero reports whether there is no time.
func (t Time) IsZero() bool { return t.Kind() == TimeNone }

// Octets returns the octets of the wire, least significant first.
func (t Time) Octets() uint64 { return uint64(t) & (1<<timeKind - 1) }

func (t Time) part(bit, width int) int { return int(t>>bit) & (1<<width - 1) }

// Milliseconds returns seconds and milliseconds within the minute, 0 to 59999;
// the wire can carry up to 65535.
func (t Time) Milliseconds() int { return t.part(timeMilliseconds, 16) }

// Minute returns 0 to 59; the wire can carry up to 63.
func (t Time) Minute() int { return t.part(timeMinute, 6) }

// Hour returns 0 to 23; the wire can carry up to 31.
func (t Time) Hour() int { return t.part(timeHour, 5) }

// Day returns the day of the month, 1 to 31; the wire can carry 0.
func (t Time) Day() int { return t.part(timeDay, 5) }

// Weekday returns 1 for Monday to 7 for Sunday, and 0 where it is not used.
func (t Time) Weekday() int { return t.part(timeWeekday, 3) }

// Month returns 1 to 12; the wire can carry 0 to 15.
func (t Time) Month() int { return t.part(timeMonth, 4) }

// Year returns the year within the century, 0 to 99; the wire can carry up to
// 127.
func (t Time) Year() int { return t.part(timeYear, 7) }

// Invalid returns the IV bit: the time is not valid.
func (t Time) Invalid() bool { return t>>timeInvalid&1 == 1 }

// Substituted returns the bit RES1 (GEN): somebody else than the source set
// the time.
func (t Time) Substituted() bool { return t>>timeSubstituted&1 == 1 }

// Summer returns the SU bit: the clock shows summer time.
func (t Time) Summer() bool { return t>>timeSummer&1 == 1 }

func (t Time) with(bit int, value bool) Time {
	if value {
		return t | 1<<bit
	}
	return t &^ (1 << bit)
}

// WithInvalid returns the time with the IV bit set or cleared.
func (t Time) WithInvalid(invalid bool) Time { return t.with(timeInvalid, invalid) }

// WithSubstituted returns the time with the bit RES1 (GEN) set or cleared.
func (t Time) WithSubstituted(substituted bool) Time { return t.with(timeSubstituted, substituted) }

// WithSummer returns the time with the SU bit set or cleared.
func (t Time) WithSummer(summer bool) Time { return t.with(timeSummer, summer) }

// Instant returns the instant at which a clock in the given location shows the
// time, reading years as 2000 to 2099. With the SU bit the clock shows summer
// time, without it standard time, whatever the season (7.2.6.18): a station
// whose clock follows the summer time without saying so is an hour off then.
// Summer time is an hour ahead where the location has none. The IV bit does not
// count. Times other than CP56Time2a and readings that no clock shows are
// errors.
func (t Time) Instant(location *time.Location) (time.Time, error) {
	hour, ok := t.hours()
	if !ok {
		return time.Time{}, t.noInstant()
	}
	millis := t.Milliseconds()
	reading := hour*secondsPerHour + int64(t.Minute()*60+millis/1000)
	nanos := int64(millis % 1000 * 1e6)
	if location == time.UTC {
		if t.Summer() {
			reading -= secondsPerHour
		}
		return time.Unix(reading, nanos).UTC(), nil
	}
	// The offset is that of the instant, which is only known with it: what the
	// reading would be in UTC is near, and a second look is exact.
	instant := time.Unix(reading, nanos).In(location)
	for range 2 {
		_, offset, summer := offsets(instant)
		if t.Summer() {
			offset = summer
		}
		instant = time.Unix(reading-int64(offset), nanos).In(location)
	}
	return instant, nil
}

// hours returns how many hours lie between 1970 and the hour of the reading,
// and false for what is not the reading of a clock with a date.
func (t Time) hours() (int64, bool) {
	if hour, ok := lastRead.get(uint32(t >> timeHour)); ok && t.Kind() == TimeCP56 && t.Minute() < 60 && t.Milliseconds() < 60000 {
		return int64(hour), true
	}
	if t.Kind() != TimeCP56 {
		return 0, false
	}
	if _, _, found := t.impossible(); found {
		return 0, false
	}
	hour := dayNumber(t.Year(), t.Month(), t.Day())*24 + int64(t.Hour())
	lastRead.put(uint32(t>>timeHour), uint32(hour))
	return hour, true
}

// noInstant says why the time is none.
func (t Time) noInstant() error {
	if t.Kind() != TimeCP56 {
		return fmt.Errorf("time of kind %s is not an instant: only CP56Time2a has a date", t.Kind())
	}
	_, wrong, _ := t.impossible()
	return fmt.Errorf("no clock shows %s: %s", t, wrong.EN)
}

// String returns what the time shows: "2009-08-13T12:34:01.000" for
// CP56Time2a, "34:01.000" for CP24Time2a, "" for none. Flags are not part
// of it.
func (t Time) String() string { return string(t.AppendText(nil)) }

// AppendText appends what String returns.
func (t Time) AppendText(dst []byte) []byte {
	switch t.Kind() {
	case TimeCP56:
		dst = append(dst, "20"...)
		dst = append(appendDecimal(dst, t.Year(), 2), '-')
		dst = append(appendDecimal(dst, t.Month(), 2), '-')
		dst = append(appendDecimal(dst, t.Day(), 2), 'T')
		dst = append(appendDecimal(dst, t.Hour(), 2), ':')
	case TimeCP24:
	default:
		return dst
	}
	dst = append(appendDecimal(dst, t.Minute(), 2), ':')
	dst = append(appendDecimal(dst, t.Milliseconds()/1000, 2), '.')
	return appendDecimal(dst, t.Milliseconds()%1000, 3)
}

// appendDecimal appends a number below 1000 with at least the given digits.
func appendDecimal(dst []byte, value, digits int) []byte {
	if digits > 2 || value > 99 {
		dst = append(dst, byte('0'+value/100))
	}
	return append(dst, byte('0'+value/10%10), byte('0'+value%10))
}

// append appends the octets of the wire: those that kind has, whatever the
// time's own kind. Reserved bits become 0.
func (t Time) append(dst []byte, kind TimeKind) []byte {
	switch kind {
	case TimeCP24:
		return append(dst, byte(t), byte(t>>8), byte(t>>16))
	case TimeCP56:
		t &^= timeReserved
		dst = binary.LittleEndian.AppendUint32(dst, uint32(t))
		return append(dst, byte(t>>32), byte(t>>40), byte(t>>48))
	default:
		return dst
	}
}

// decodeTime reads a time of which data holds all octets.
func decodeTime(data []byte, kind TimeKind) Time {
	switch kind {
	case TimeCP24:
		return Time(TimeCP24)<<timeKind | Time(binary.LittleEndian.Uint16(data)) | Time(data[2])<<16
	case TimeCP56: // the two numbers have an octet in common
		return Time(TimeCP56)<<timeKind | Time(binary.LittleEndian.Uint32(data)) | Time(binary.LittleEndian.Uint32(data[3:]))<<24
	default:
		return 0
	}
}

// impossible finds the first part that no clock shows: its octet, counted from
// 0, and what is wrong with it.
func (t Time) impossible() (octet int, text wire.Text, found bool) {
	parts := timeParts[:]
	if t.Kind() == TimeCP24 {
		parts = parts[:2]
	}
	for i := range parts {
		p := &parts[i]
		if value := t.part(p.bit, p.width); value < p.low || value > p.high {
			outside := p.text(uint64(value))
			return p.bit / 8, wire.Text{
				EN: fmt.Sprintf("%s %d, %s", p.name.EN, value, outside.EN),
				DE: fmt.Sprintf("%s %d, %s", p.name.DE, value, outside.DE),
			}, true
		}
	}
	if t.Kind() == TimeCP56 && t.Day() > daysIn(t.Year(), t.Month()) {
		return timeDay / 8, wire.Text{
			EN: fmt.Sprintf("month %d has no day %d", t.Month(), t.Day()),
			DE: fmt.Sprintf("Monat %d hat keinen Tag %d", t.Month(), t.Day()),
		}, true
	}
	return 0, wire.Text{}, false
}

// clause returns where IEC 60870-5-101 defines the kind.
func (k TimeKind) clause() string {
	if k == TimeCP24 {
		return "7.2.6.19"
	}
	return "7.2.6.18"
}

// elements returns the description of a time on the wire.
func (k TimeKind) elements() []wire.Element {
	switch k {
	case TimeCP24:
		return []wire.Element{elementCP24}
	case TimeCP56:
		return []wire.Element{elementCP56}
	default:
		return nil
	}
}

// timeKindOf returns the kind of time that an element is.
func timeKindOf(element wire.Element) (TimeKind, bool) {
	for _, kind := range [...]TimeKind{TimeCP24, TimeCP56} {
		if element.Octets == kind.Octets() && element.Fields[0].Name == timeFields[0].Name {
			return kind, true
		}
	}
	return TimeNone, false
}

// ElapsedTime is CP16Time2a, milliseconds from 0 to 59999 (7.2.6.20); the wire
// can carry up to 65535.
type ElapsedTime uint16

// Duration returns the time as a duration.
func (e ElapsedTime) Duration() time.Duration { return time.Duration(e) * time.Millisecond }

var elementCP16 = wire.Element{Name: "CP16Time2a", Octets: 2, Fields: []wire.Field{
	{Name: "CP16Time2a", Width: 16, Text: millisecondsText},
}}
