package asdu

import (
	"strings"

	"stellwerk/wire"
)

// Quality holds the flags of the quality descriptors, at the bits where QDS
// has them (IEC 60870-5-101, 7.2.6.3). SIQ and DIQ use them without
// [Overflow], QDP with [ElapsedInvalid] in place of it; a flag that the
// descriptor of a type lacks is not sent. 0 is good.
type Quality uint8

// The flags of the quality descriptors.
const (
	Overflow       Quality = 1 << 0 // OV: beyond the range of the value
	ElapsedInvalid Quality = 1 << 3 // EI: the elapsed time is not valid
	Blocked        Quality = 1 << 4 // BL: blocked for transmission
	Substituted    Quality = 1 << 5 // SB: entered by an operator or another source
	NotTopical     Quality = 1 << 6 // NT: the last update did not succeed
	Invalid        Quality = 1 << 7 // IV: not to be used
)

// The flags that each descriptor has.
const (
	flagsSIQ = Blocked | Substituted | NotTopical | Invalid
	flagsQDS = flagsSIQ | Overflow
	flagsQDP = flagsSIQ | ElapsedInvalid
)

// qualityTable names the flags in ascending order of their bits.
var qualityTable = [8]struct {
	abbreviation, name string
	set, clear         wire.Text
}{
	0: {"OV", "overflow", wire.Text{EN: "overflow", DE: "Überlauf"}, wire.Text{EN: "no overflow", DE: "kein Überlauf"}},
	3: {"EI", "elapsed-time-invalid", wire.Text{EN: "elapsed time invalid", DE: "Ablaufzeit ungültig"}, wire.Text{EN: "elapsed time valid", DE: "Ablaufzeit gültig"}},
	4: {"BL", "blocked", wire.Text{EN: "blocked", DE: "blockiert"}, wire.Text{EN: "not blocked", DE: "nicht blockiert"}},
	5: {"SB", "substituted", wire.Text{EN: "substituted", DE: "ersetzt"}, wire.Text{EN: "not substituted", DE: "nicht ersetzt"}},
	6: {"NT", "not-topical", wire.Text{EN: "not topical", DE: "nicht aktuell"}, wire.Text{EN: "topical", DE: "aktuell"}},
	7: {"IV", "invalid", wire.Text{EN: "invalid", DE: "ungültig"}, wire.Text{EN: "valid", DE: "gültig"}},
}

// qualityField describes the flag of one bit within a quality descriptor.
func qualityField(bit int) wire.Field {
	row := qualityTable[bit]
	return wire.Field{Name: row.abbreviation, Bit: bit, Width: 1, Text: wire.Flag(row.clear, row.set)}
}

// Names yields the names of the flags that are set, such as "not-topical", in
// ascending order of their bits.
func (q Quality) Names(yield func(string) bool) {
	for bit := range qualityTable {
		if name := qualityTable[bit].name; name != "" && q>>bit&1 == 1 && !yield(name) {
			return
		}
	}
}

// ParseQuality returns the flag of a name as [Quality.Names] gives it.
func ParseQuality(name string) (Quality, bool) {
	for bit := range qualityTable {
		if name != "" && qualityTable[bit].name == name {
			return 1 << bit, true
		}
	}
	return 0, false
}

// String returns the abbreviations of the flags that are set, such as "NT IV",
// or "good".
func (q Quality) String() string {
	var set []string
	for bit := range qualityTable {
		if abbreviation := qualityTable[bit].abbreviation; abbreviation != "" && q>>bit&1 == 1 {
			set = append(set, abbreviation)
		}
	}
	if set == nil {
		return "good"
	}
	return strings.Join(set, " ")
}

const reservedName = "RES"

// reserved describes bits that the standard sends as 0.
func reserved(bit, width int) wire.Field {
	return wire.Field{Name: reservedName, Bit: bit, Width: width, Text: reservedText}
}

func reservedText(value uint64) wire.Text {
	if value == 0 {
		return wire.Text{}
	}
	return wire.Text{EN: "reserved, must be 0", DE: "reserviert, muss 0 sein"}
}

// Elements that hold quality alone (7.2.6.3 and 7.2.6.4).
var (
	elementQDS = wire.Element{Name: "QDS", Octets: 1, Fields: []wire.Field{
		qualityField(0), reserved(1, 3),
		qualityField(4), qualityField(5), qualityField(6), qualityField(7),
	}}
	elementQDP = wire.Element{Name: "QDP", Octets: 1, Fields: []wire.Field{
		reserved(0, 3), qualityField(3),
		qualityField(4), qualityField(5), qualityField(6), qualityField(7),
	}}
)
