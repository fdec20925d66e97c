package asdu

import (
	"encoding/binary"

	"stellwerk/wire"
)

// Counter is BCR, a binary counter reading (IEC 60870-5-101, 7.2.6.9).
type Counter struct {
	Count    int32
	Sequence uint8 // SQ: number of the counting period, 0 to 31
	Carry    bool  // CY: the counter ran over in the period
	Adjusted bool  // CA: the counter was set since the last reading
	Invalid  bool  // IV
}

// IntegratedTotal is an integrated total: M_IT_NA_1, M_IT_TA_1 and M_IT_TB_1
// (7.3.1.15, 7.3.1.16 and 7.3.1.29).
type IntegratedTotal struct {
	Address ObjectAddress
	Value   Counter
	Time    Time
}

// IOA returns the information object address.
func (o IntegratedTotal) IOA() ObjectAddress { return o.Address }

// Timestamp returns the time tag.
func (o IntegratedTotal) Timestamp() Time { return o.Time }

func (o IntegratedTotal) encode(dst []byte, l layout) ([]byte, bool) {
	dst = appendAddress(dst, o.Address, l.octets)
	dst = binary.LittleEndian.AppendUint32(dst, uint32(o.Value.Count))
	dst = append(dst, o.Value.Sequence&0x1f|bit(o.Value.Carry, 5)|bit(o.Value.Adjusted, 6)|bit(o.Value.Invalid, 7))
	return o.Time.append(dst, l.kind), l.fits(o.Address, o.Time.Kind()) && o.check() == nil
}

func (o IntegratedTotal) check() error {
	return within("sequence number of counter", int(o.Value.Sequence), 0, 31)
}

func (IntegratedTotal) family() *family { return &integratedTotalFamily }

func (IntegratedTotal) decode(address ObjectAddress, data []byte, kind TimeKind) IntegratedTotal {
	return IntegratedTotal{
		Address: address,
		Value: Counter{
			Count:    int32(binary.LittleEndian.Uint32(data)),
			Sequence: data[4] & 0x1f,
			Carry:    data[4]&0x20 != 0,
			Adjusted: data[4]&0x40 != 0,
			Invalid:  data[4]&0x80 != 0,
		},
		Time: decodeTime(data[5:], kind),
	}
}

var integratedTotalFamily = family{
	elements: []wire.Element{elementBCR},
	decode:   boxed[IntegratedTotal],
}

var elementBCR = wire.Element{Name: "BCR", Octets: 5, Fields: []wire.Field{
	{Name: "counter reading", Width: 32, Text: wire.Signed(32)},
	{Name: "SQ", Bit: 32, Width: 5},
	{Name: "CY", Bit: 37, Width: 1, Text: wire.Flag(wire.Text{EN: "no carry", DE: "kein Überlauf"}, wire.Text{EN: "counter overflow in the period", DE: "Zählerüberlauf in der Periode"})},
	{Name: "CA", Bit: 38, Width: 1, Text: wire.Flag(wire.Text{EN: "counter was not adjusted", DE: "Zähler nicht gesetzt"}, wire.Text{EN: "counter was adjusted", DE: "Zähler wurde gesetzt"})},
	{Name: "IV", Bit: 39, Width: 1, Text: wire.Flag(wire.Text{EN: "valid", DE: "gültig"}, wire.Text{EN: "invalid", DE: "ungültig"})},
}}
