package point

import (
	"encoding/json"
	"strings"

	"stellwerk/wire"
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
	abbreviation string
	text         wire.Text
}{
	{Overflow, "overflow", "OV", wire.Text{EN: "beyond the range of its place", DE: "Überlauf"}},
	{Blocked, "blocked", "BL", wire.Text{EN: "transmission blocked", DE: "blockiert"}},
	{Substituted, "substituted", "SB", wire.Text{EN: "substituted by hand or program", DE: "ersetzt"}},
	{NotTopical, "not-topical", "NT", wire.Text{EN: "not topical: the last refresh failed", DE: "nicht aktuell"}},
	{Invalid, "invalid", "IV", wire.Text{EN: "must not be used", DE: "ungültig"}},
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

// Text says what the flags mean, joined by commas.
func (q Quality) Text() wire.Text {
	if q == Good {
		return wire.Text{EN: "good", DE: "gut"}
	}
	var en, de []string
	for _, row := range qualityTable {
		if q.Has(row.flag) {
			en, de = append(en, row.text.EN), append(de, row.text.DE)
		}
	}
	return wire.Text{EN: strings.Join(en, ", "), DE: strings.Join(de, ", ")}
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
