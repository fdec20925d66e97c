package config

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"stellwerk/internal/point"
)

// Pattern names one point, or many of them, as an end of a route.
//
//	substation/1/4001        one point
//	substation/1/*           every address of common address 1
//	substation/*/*           every address with two parts
//	substation/1/4001-4099   a range, ends included
//	plc/MAIN.*               every symbol that begins with "MAIN."
//
// A star stands for one or more characters other than a slash, and a range for a
// whole part of the address between slashes. In the other end of the route stars
// and ranges take, from left to right, what they met here: a star the same text, a
// range the number at the same distance from its beginning. So
//
//	from: substation/1/4001-4099    to: control/7/1-99
//
// makes control/7/3 of substation/1/4003. A star can also stand opposite a range
// and then takes the same number. Either end can so be told from the other, for
// data in one direction and commands in the other.
type Pattern struct {
	// Link is the name of the link; it has no stars.
	Link string
	text string // the address as written
	// literals stand before, between and behind the places.
	literals []string
	places   []place
}

// place is a star or a range.
type place struct {
	star      bool
	low, high uint64
}

// ParsePattern reads LINK/ADDRESS with stars and ranges.
func ParsePattern(text string) (Pattern, error) {
	id, err := point.ParseID(text)
	if err != nil {
		return Pattern{}, err
	}
	p := Pattern{Link: id.Link, text: id.Address}
	literal := ""
	for i, part := range strings.Split(id.Address, "/") {
		if i > 0 {
			literal += "/"
		}
		low, high, isRange, err := parseRange(part)
		if err != nil {
			return Pattern{}, fmt.Errorf("%q: %w", text, err)
		}
		if isRange {
			p.literals, literal = append(p.literals, literal), ""
			p.places = append(p.places, place{low: low, high: high})
			continue
		}
		before, after, star := strings.Cut(part, "*")
		if strings.Contains(after, "*") {
			return Pattern{}, fmt.Errorf("%q has two stars between slashes: one is enough", text)
		}
		literal += before
		if star {
			p.literals, literal = append(p.literals, literal), after
			p.places = append(p.places, place{star: true})
		}
	}
	p.literals = append(p.literals, literal)
	return p, nil
}

// parseRange reads "4001-4099". Other texts with a hyphen are no range.
func parseRange(part string) (low, high uint64, isRange bool, err error) {
	first, last, found := strings.Cut(part, "-")
	if !found || !digits(first) || !digits(last) {
		return 0, 0, false, nil
	}
	low, errLow := strconv.ParseUint(first, 10, 63)
	high, errHigh := strconv.ParseUint(last, 10, 63)
	switch {
	case errLow != nil || errHigh != nil:
		return 0, 0, false, fmt.Errorf("the range %s goes beyond all addresses", part)
	case len(first) > 1 && first[0] == '0' || len(last) > 1 && last[0] == '0':
		return 0, 0, false, fmt.Errorf("write the range %s without leading zeros", part)
	case low > high:
		return 0, 0, false, fmt.Errorf("the range %s ends before it begins", part)
	}
	return low, high, true, nil
}

func digits(text string) bool {
	return text != "" && strings.Trim(text, "0123456789") == ""
}

// String gives the pattern as it was written, and "" for the zero Pattern.
func (p Pattern) String() string {
	if p.Link == "" {
		return ""
	}
	return p.Link + "/" + p.text
}

// MarshalText gives the pattern as it was written.
func (p Pattern) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// UnmarshalText reads LINK/ADDRESS with stars and ranges.
func (p *Pattern) UnmarshalText(text []byte) error {
	parsed, err := ParsePattern(string(text))
	if err != nil {
		return err
	}
	*p = parsed
	return nil
}

// Single says whether the pattern names exactly one point.
func (p Pattern) Single() bool { return len(p.places) == 0 }

// ID gives the point of a pattern that names exactly one.
func (p Pattern) ID() point.ID { return point.ID{Link: p.Link, Address: p.text} }

// Map gives the address in the other end of a route that an address of this end
// stands for, and false where the address is not of this end. [Pair] says whether
// two patterns can be the ends of a route.
func (p Pattern) Map(address string, other Pattern) (string, bool) {
	if p.Single() {
		return other.text, address == p.text
	}
	// Stars hold no slash, so the only freedom is within a part, where literals
	// on both sides of a single star leave none.
	rest, ok := strings.CutPrefix(address, p.literals[0])
	if !ok {
		return "", false
	}
	var mapped strings.Builder
	mapped.WriteString(other.literals[0])
	for i, from := range p.places {
		behind := p.literals[i+1]
		end := len(rest)
		if slash := strings.IndexByte(rest, '/'); slash >= 0 {
			end = slash
		}
		within, _, _ := strings.Cut(behind, "/")
		met, ok := strings.CutSuffix(rest[:end], within)
		if !ok || met == "" {
			return "", false
		}
		text, ok := from.take(met, other.places[i])
		if !ok {
			return "", false
		}
		mapped.WriteString(text)
		if rest, ok = strings.CutPrefix(rest[len(met):], behind); !ok {
			return "", false
		}
		mapped.WriteString(other.literals[i+1])
	}
	return mapped.String(), rest == ""
}

// take gives what a place of the other end makes of the text that this one met.
func (from place) take(met string, to place) (string, bool) {
	if from.star && to.star {
		return met, true
	}
	if !digits(met) || len(met) > 1 && met[0] == '0' {
		return "", false
	}
	number, err := strconv.ParseUint(met, 10, 63)
	if err != nil {
		return "", false
	}
	// A star takes the number as it is, whichever end it stands in.
	switch {
	case to.star:
		return met, number >= from.low && number <= from.high
	case from.star:
		return met, number >= to.low && number <= to.high
	case number < from.low || number > from.high:
		return "", false
	}
	return strconv.FormatUint(number-from.low+to.low, 10), true
}

// ends gives the first and the last address of the pattern, and false where a
// star leaves that open.
func (p Pattern) ends() (first, last string, ok bool) {
	var a, b strings.Builder
	for i, place := range p.places {
		if place.star {
			return "", "", false
		}
		a.WriteString(p.literals[i] + strconv.FormatUint(place.low, 10))
		b.WriteString(p.literals[i] + strconv.FormatUint(place.high, 10))
	}
	tail := p.literals[len(p.literals)-1]
	return a.String() + tail, b.String() + tail, true
}

// Pair says why two patterns cannot be the ends of a route.
func Pair(from, to Pattern) error {
	if len(from.places) != len(to.places) {
		return fmt.Errorf("%s has %s, %s has %s: both ends need as many, so that each address has one counterpart",
			from, count(from), to, count(to))
	}
	for i, a := range from.places {
		b := to.places[i]
		if !a.star && !b.star && a.high-a.low != b.high-b.low {
			return fmt.Errorf("the range %d-%d has %d addresses, %d-%d has %d",
				a.low, a.high, a.high-a.low+1, b.low, b.high, b.high-b.low+1)
		}
	}
	if from.Link == to.Link {
		return errors.New("the route begins and ends at the same link")
	}
	return nil
}

func count(p Pattern) string {
	switch len(p.places) {
	case 0:
		return "no stars or ranges"
	case 1:
		return "one star or range"
	}
	return strconv.Itoa(len(p.places)) + " stars or ranges"
}
