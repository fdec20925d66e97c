package point

import (
	"encoding/json"
	"strings"
)

// Quality is a set of flags; the empty set means that the value is good. The
// flags are those of QDS in IEC 60870-5-101, 7.2.6.3. A protocol that knows
// fewer maps what it cannot say to Invalid.
type Quality uint8

// Flags of Quality.
const (
	// Overflow (OV): the value is beyond what its place can hold.
	Overflow Quality = 1 << iota
	// Blocked (BL): transmission is blocked, the value is the one before.
	Blocked
	// Substituted (SB): entered by a person or a program, not measured.
	Substituted
	// NotTopical (NT): the last refresh failed; the value is the last one known.
	NotTopical
	// Invalid (IV): the value must not be used.
	Invalid

	// Good is the empty set.
	Good Quality = 0
)

var qualityTable = [...]struct {
	flag         Quality
	name         string
	english      string
	german       string
	abbreviation string
}{
	{Overflow, "overflow", "beyond the range of its place", "Überlauf", "OV"},
	{Blocked, "blocked", "transmission blocked", "blockiert", "BL"},
	{Substituted, "substituted", "substituted by hand or program", "ersetzt", "SB"},
	{NotTopical, "not-topical", "not topical: the last refresh failed", "nicht aktuell", "NT"},
	{Invalid, "invalid", "must not be used", "ungültig", "IV"},
}

// Has says whether all of the given flags are set.
func (q Quality) Has(flags Quality) bool { return q&flags == flags }

// Names gives the names of the flags that are set, in the order of the
// constants; nil where none is.
func (q Quality) Names() []string {
	var names []string
	for _, row := range qualityTable {
		if q.Has(row.flag) {
			names = append(names, row.name)
		}
	}
	return names
}

// String gives "good", or the standard's abbreviations such as "NT IV".
func (q Quality) String() string {
	if q == Good {
		return "good"
	}
	var set []string
	for _, row := range qualityTable {
		if q.Has(row.flag) {
			set = append(set, row.abbreviation)
		}
	}
	return strings.Join(set, " ")
}

// English says what the flags mean, joined by commas.
func (q Quality) English() string { return q.meaning("good", false) }

// German says what the flags mean, joined by commas.
func (q Quality) German() string { return q.meaning("gut", true) }

func (q Quality) meaning(good string, german bool) string {
	if q == Good {
		return good
	}
	var set []string
	for _, row := range qualityTable {
		switch {
		case !q.Has(row.flag):
		case german:
			set = append(set, row.german)
		default:
			set = append(set, row.english)
		}
	}
	return strings.Join(set, ", ")
}

// MarshalJSON writes the names of the flags as a list, which is empty for a good
// value.
func (q Quality) MarshalJSON() ([]byte, error) {
	names := q.Names()
	if names == nil {
		return []byte("[]"), nil
	}
	return json.Marshal(names)
}
