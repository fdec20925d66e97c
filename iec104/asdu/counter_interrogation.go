package asdu

import (
	"cmp"
	"fmt"

	"stellwerk/wire"
)

// CounterRequest is RQT, which counters are asked for, 0 to 63 (IEC 60870-5-101,
// 7.2.6.23): 6 to 31 are reserved by the standard, 32 to 63 are for private
// use.
type CounterRequest uint8

// The requests that the standard defines besides groups.
const (
	RequestNoCounters  CounterRequest = 0 // not used
	RequestAllCounters CounterRequest = 5 // general request
)

// RequestCounterGroup returns the request of a group, 1 to 4.
func RequestCounterGroup(group int) CounterRequest { return CounterRequest(group) }

// Text says what the request means.
func (r CounterRequest) Text() wire.Text {
	switch {
	case r == RequestNoCounters:
		return wire.Text{EN: "no counter requested", DE: "kein Zähler abgefragt"}
	case r < RequestAllCounters:
		return wire.Text{
			EN: fmt.Sprintf("request counter group %d", r),
			DE: fmt.Sprintf("Abfrage der Zählergruppe %d", r),
		}
	case r == RequestAllCounters:
		return wire.Text{EN: "general request of counters", DE: "Zähler-Generalabfrage"}
	case r < 32:
		return wire.Text{EN: "reserved by the standard", DE: "vom Standard reserviert"}
	default:
		return wire.Text{EN: "private qualifier", DE: "private Kennung"}
	}
}

// Freeze is FRZ, what happens to the counters.
type Freeze uint8

// The values of FRZ.
const (
	FreezeRead      Freeze = 0 // read, no freeze or reset
	FreezeOnly      Freeze = 1 // freeze without reset
	FreezeWithReset Freeze = 2 // freeze with reset
	FreezeReset     Freeze = 3 // reset
)

// Text says what happens to the counters.
func (f Freeze) Text() wire.Text {
	return [4]wire.Text{
		{EN: "read, no freeze or reset", DE: "lesen, weder umspeichern noch rücksetzen"},
		{EN: "freeze without reset", DE: "umspeichern ohne Rücksetzen"},
		{EN: "freeze with reset", DE: "umspeichern mit Rücksetzen"},
		{EN: "reset", DE: "rücksetzen"},
	}[f&3]
}

// CounterInterrogation is a counter interrogation command: C_CI_NA_1 (7.3.4.2).
type CounterInterrogation struct {
	Address ObjectAddress // 0
	Request CounterRequest
	Freeze  Freeze
}

// IOA returns the information object address.
func (o CounterInterrogation) IOA() ObjectAddress { return o.Address }

// Timestamp returns no time: the family has none.
func (CounterInterrogation) Timestamp() Time { return 0 }

func (o CounterInterrogation) encode(dst []byte, l layout) ([]byte, bool) {
	dst = appendAddress(dst, o.Address, l.octets)
	dst = append(dst, byte(o.Request&0x3f)|byte(o.Freeze&3)<<6)
	return dst, l.fits(o.Address, TimeNone) && o.check() == nil
}

func (o CounterInterrogation) check() error {
	return cmp.Or(
		within("request of counters", int(o.Request), 0, 63),
		within("freeze", int(o.Freeze), 0, 3),
	)
}

func (CounterInterrogation) family() *family { return &counterInterrogationFamily }

func (CounterInterrogation) decode(address ObjectAddress, data []byte, _ TimeKind) CounterInterrogation {
	return CounterInterrogation{
		Address: address,
		Request: CounterRequest(data[0] & 0x3f),
		Freeze:  Freeze(data[0] >> 6),
	}
}

var counterInterrogationFamily = family{
	elements: []wire.Element{elementQCC},
	decode:   boxed[CounterInterrogation],
}

var elementQCC = wire.Element{Name: "QCC", Octets: 1, Fields: []wire.Field{
	{Name: "RQT", Bit: 0, Width: 6, Text: func(value uint64) wire.Text { return CounterRequest(value).Text() }},
	{Name: "FRZ", Bit: 6, Width: 2, Text: func(value uint64) wire.Text { return Freeze(value).Text() }},
}}
