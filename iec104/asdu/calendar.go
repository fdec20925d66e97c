package asdu

import "time"

// Days are counted from 1970-01-01, day 0, a Thursday.
const (
	secondsPerDay = 24 * 60 * 60
	daysPer400    = 400*365 + 97 // years: the Gregorian calendar repeats itself
	daysPer100    = 100*365 + 24
	daysPer4      = 4*365 + 1
	// dayOfMarch is how many days lie between 0000-03-01 and 1970-01-01.
	dayOfMarch = 719468
)

// civil returns the date of a day. It counts years from March, so that the leap
// day is the last of its year and months alternate regularly: 153 days in five.
func civil(days int64) (year, month, day int) {
	days += dayOfMarch
	cycle := days / daysPer400
	if days%daysPer400 < 0 {
		cycle--
	}
	rest := int(days - cycle*daysPer400)
	year = (rest - rest/(daysPer4-1) + rest/daysPer100 - rest/(daysPer400-1)) / 365
	rest -= 365*year + year/4 - year/100
	month = (5*rest + 2) / 153
	day = rest - (153*month+2)/5 + 1
	year += int(cycle) * 400
	if month += 3; month > 12 {
		return year + 1, month - 12, day
	}
	return year, month, day
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
