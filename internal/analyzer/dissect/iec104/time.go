package iec104

import (
	"strconv"
	"time"

	"stellwerk/iec104/asdu"
)

// appendTime appends the JSON of a time tag: its octets in the order of the
// wire, and what it shows. Only CP56Time2a has a date and summer time.
func appendTime(dst []byte, t asdu.Time, zone *time.Location) []byte {
	dst = append(dst, `{"kind":"`...)
	dst = append(dst, t.Kind().String()...)
	dst = append(dst, `","raw":"`...)
	for i := range t.Kind().Octets() {
		dst = appendHex(dst, byte(t.Octets()>>(8*i)))
	}
	dst = append(dst, `","text":"`...)
	dst = appendClock(dst, t, zone)
	dst = append(dst, `","invalid":`...)
	dst = strconv.AppendBool(dst, t.Invalid())
	dst = append(dst, `,"substituted":`...)
	dst = strconv.AppendBool(dst, t.Substituted())
	if t.Kind() == asdu.TimeCP56 {
		dst = append(dst, `,"summer":`...)
		dst = strconv.AppendBool(dst, t.Summer())
	}
	return append(dst, '}')
}

// appendClock appends what a time tag shows, and behind a date the offset from
// UTC that clocks of the zone have then, with summer time as the tag says. There
// is no offset without a zone, and none behind a reading that no clock shows.
func appendClock(dst []byte, t asdu.Time, zone *time.Location) []byte {
	dst = t.AppendText(dst)
	if zone == nil || t.Kind() != asdu.TimeCP56 {
		return dst
	}
	reading, err := t.WithSummer(false).Instant(time.UTC)
	if err != nil {
		return dst
	}
	instant, err := t.Instant(zone)
	if err != nil {
		return dst
	}
	offset := int(reading.Sub(instant) / time.Minute)
	if offset == 0 {
		return append(dst, 'Z')
	}
	sign := byte('+')
	if offset < 0 {
		sign, offset = '-', -offset
	}
	dst = append(dst, sign)
	dst = append(dst, byte('0'+offset/600), byte('0'+offset/60%10), ':')
	return append(dst, byte('0'+offset%60/10), byte('0'+offset%10))
}
