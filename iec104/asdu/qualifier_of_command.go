package asdu

import "stellwerk/wire"

// PulseQualifier is QU, the qualifier of a command, 0 to 31 (IEC 60870-5-101,
// 7.2.6.26): 4 to 8 are reserved by the standard, 9 to 15 for other functions,
// 16 to 31 for private use.
type PulseQualifier uint8

// The qualifiers that the standard defines.
const (
	NoPulse         PulseQualifier = 0 // no additional definition
	ShortPulse      PulseQualifier = 1 // duration set in the station, for circuit breakers
	LongPulse       PulseQualifier = 2 // duration set in the station
	PersistentPulse PulseQualifier = 3 // persistent output
)

// Text says what the qualifier means.
func (q PulseQualifier) Text() wire.Text {
	switch {
	case q == NoPulse:
		return wire.Text{EN: "no additional definition", DE: "keine weitere Festlegung"}
	case q == ShortPulse:
		return wire.Text{EN: "short pulse duration", DE: "kurze Impulsdauer"}
	case q == LongPulse:
		return wire.Text{EN: "long pulse duration", DE: "lange Impulsdauer"}
	case q == PersistentPulse:
		return wire.Text{EN: "persistent output", DE: "Dauerausgabe"}
	case q < 9:
		return wire.Text{EN: "reserved by the standard", DE: "vom Standard reserviert"}
	case q < 16:
		return wire.Text{EN: "reserved for other predefined functions", DE: "reserviert für andere Funktionen"}
	default:
		return wire.Text{EN: "private qualifier", DE: "private Kennung"}
	}
}

func (q PulseQualifier) check() error {
	return within("qualifier of command", int(q), 0, 31)
}

// pulseField describes QU within a command, selectField the S/E bit behind it.
var (
	pulseField = wire.Field{Name: "QU", Bit: 2, Width: 5, Text: func(value uint64) wire.Text {
		return PulseQualifier(value).Text()
	}}
	selectField = wire.Field{Name: "S/E", Bit: 7, Width: 1, Text: wire.Flag(wire.Text{EN: "execute", DE: "ausführen"}, wire.Text{EN: "select", DE: "anwählen"})}
)

// appendCommand appends SCO, DCO or RCO: a state of two bits, QU and S/E.
func appendCommand(dst []byte, state byte, qualifier PulseQualifier, selects bool) []byte {
	return append(dst, state&3|byte(qualifier&31)<<2|bit(selects, 7))
}
