package asdu

import (
	"fmt"

	"stellwerk/wire"
)

// InterrogationQualifier is QOI, what an interrogation asks for
// (IEC 60870-5-101, 7.2.6.22): 20 is the station, 21 to 36 are groups 1 to 16;
// 1 to 19 and 37 to 63 are reserved by the standard, 64 to 255 are for private
// use.
type InterrogationQualifier uint8

// InterrogateStation asks for all points of a station.
const InterrogateStation InterrogationQualifier = 20

// InterrogateGroup returns the qualifier of a group, 1 to 16.
func InterrogateGroup(group int) InterrogationQualifier {
	return InterrogateStation + InterrogationQualifier(group)
}

// Text says what the qualifier means.
func (q InterrogationQualifier) Text() wire.Text {
	switch {
	case q == 0:
		return wire.Text{EN: "not used", DE: "nicht verwendet"}
	case q == InterrogateStation:
		return wire.Text{EN: "station interrogation", DE: "Generalabfrage"}
	case q > InterrogateStation && q <= InterrogateStation+16:
		return wire.Text{
			EN: fmt.Sprintf("interrogation of group %d", q-InterrogateStation),
			DE: fmt.Sprintf("Abfrage der Gruppe %d", q-InterrogateStation),
		}
	case q < 64:
		return wire.Text{EN: "reserved by the standard", DE: "vom Standard reserviert"}
	default:
		return wire.Text{EN: "private qualifier", DE: "private Kennung"}
	}
}

// Interrogation is an interrogation command: C_IC_NA_1 (7.3.4.1).
type Interrogation struct {
	Address   ObjectAddress // 0
	Qualifier InterrogationQualifier
}

// IOA returns the information object address.
func (o Interrogation) IOA() ObjectAddress { return o.Address }

// Timestamp returns no time: the family has none.
func (Interrogation) Timestamp() Time { return 0 }

func (o Interrogation) encode(dst []byte, l layout) ([]byte, bool) {
	dst = appendAddress(dst, o.Address, l.octets)
	dst = append(dst, byte(o.Qualifier))
	return dst, l.fits(o.Address, TimeNone)
}

func (Interrogation) family() *family { return &interrogationFamily }

func (Interrogation) decode(address ObjectAddress, data []byte, _ TimeKind) Interrogation {
	return Interrogation{Address: address, Qualifier: InterrogationQualifier(data[0])}
}

var interrogationFamily = family{
	elements: []wire.Element{elementQOI},
	decode:   boxed[Interrogation],
}

var elementQOI = wire.Element{Name: "QOI", Octets: 1, Fields: []wire.Field{
	{Name: "QOI", Width: 8, Text: func(value uint64) wire.Text { return InterrogationQualifier(value).Text() }},
}}
