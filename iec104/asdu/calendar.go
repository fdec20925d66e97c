package asdu

import (
	"sync/atomic"
	"time"
)

// Days are counted from 1970-01-01, day 0, a Thursday.
const (
	secondsPerHour = 60 * 60
	daysPer400     = 400*365 + 97 // years: the Gregorian calendar repeats itself, days of the week included
	// dayOfMarch is how many days lie between 0000-03-01 and 1970-01-01.
	dayOfMarch = 719468
)

// floorDiv divides, rounding down.
func floorDiv(a, b int64) int64 {
	q := a / b
	if a < q*b {
		q--
	}
	return q
}

// hourCache remembers one pair of numbers: telegrams carry times of the same
// hour again and again. It is safe for concurrent use.
type hourCache struct {
	pair atomic.Uint64 // 0 where there is none
}

func (c *hourCache) get(key uint32) (uint32, bool) {
	pair := c.pair.Load()
	return uint32(pair), uint32(pair>>32) == key && pair != 0
}

func (c *hourCache) put(key, value uint32) { c.pair.Store(uint64(key)<<32 | uint64(value)) }

var (
	lastMade hourCache // hours since 1970, and the octets for them
	lastRead hourCache // the other way round
)

// dateAndHour returns the last four octets of CP56Time2a, those from the hour
// to the year, for an hour counted from 1970.
func dateAndHour(hours int64) Time {
	key := uint32(hours)
	cacheable := int64(key) == hours
	if octets, ok := lastMade.get(key); ok && cacheable {
		return Time(octets)
	}
	days := floorDiv(hours, 24)
	year, month, day, weekday := civil(days)
	octets := uint32(hours-24*days) | day<<(timeDay-timeHour) | weekday<<(timeWeekday-timeHour) |
		month<<(timeMonth-timeHour) | year<<(timeYear-timeHour)
	if cacheable {
		lastMade.put(key, octets)
	}
	return Time(octets)
}

// civil returns the date of a day, with the year within its century and 1 for
// Monday to 7 for Sunday. It counts years from March, so that the leap day is
// the last of its year, and divides by multiplication (C. Neri, L. Schneider:
// Euclidean affine functions and their application to calendar algorithms,
// 2022).
func civil(days int64) (year, month, day, weekday uint32) {
	days %= daysPer400 // other years, the same last two digits
	n := uint32(days + daysPer400 + dayOfMarch)
	weekday = (n+2)%7 + 1

	n = 4*n + 3
	product := uint64(n%daysPer400|3) * 2939745
	year = uint32(product >> 32)
	dayOfYear := uint32(product) / 2939745 / 4
	rest := 2141*dayOfYear + 197913
	month, day = rest>>16, rest&0xffff/2141+1
	if dayOfYear >= 306 {
		year, month = year+1, month-12
	}
	if year == 100 {
		year = 0
	}
	return year, month, day, weekday
}

// daysBefore is the number of days before each month of a common year.
var daysBefore = [...]int{1: 0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365}

// daysIn returns the number of days in a month of the years 2000 to 2099, of
// which every fourth is a leap year.
func daysIn(year, month int) int {
	if month == 2 && year%4 == 0 {
		return 29
	}
	return daysBefore[month+1] - daysBefore[month]
}

// dayNumber returns the number of a day in the years 2000 to 2099, of which the
// last two digits are given.
func dayNumber(year, month, day int) int64 {
	days := 365*year + (year+3)/4 + daysBefore[month] + day - 1
	if month > 2 && year%4 == 0 {
		days++
	}
	return int64(days) + 10957 // 2000-01-01
}

// offsets returns how many seconds the clocks of t's location are ahead of UTC
// at t, and in the standard time and the summer time around t. Where there is
// no summer time, it is an hour ahead. Which of two periods is summer time the
// offsets say, not the word of the law that [time.Time.IsDST] keeps: Ireland
// calls its summer time standard, and winter the exception.
func offsets(t time.Time) (here, standard, summer int) {
	if t.Location() == time.UTC {
		return 0, 0, 3600
	}
	_, here = t.Zone()
	start, end := t.ZoneBounds()
	for _, other := range [...]time.Time{start.Add(-1), end} {
		if other.Year() < 1900 || other.IsDST() == t.IsDST() {
			continue // there is no such period, or it is of the same kind
		}
		if _, there := other.Zone(); there != here {
			return here, min(here, there), max(here, there)
		}
	}
	return here, here, here + 3600
}
