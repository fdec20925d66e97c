package asdu

import "stellwerk/wire"

// StepPosition is step position information, of a tap changer for example:
// M_ST_NA_1, M_ST_TA_1 and M_ST_TB_1 (IEC 60870-5-101, 7.3.1.5, 7.3.1.6 and
// 7.3.1.24).
type StepPosition struct {
	Address   ObjectAddress
	Value     int8 // -64 to 63
	Transient bool // the equipment is on its way
	Quality   Quality
	Time      Time
}

// IOA returns the information object address.
func (o StepPosition) IOA() ObjectAddress { return o.Address }

// Timestamp returns the time tag.
func (o StepPosition) Timestamp() Time { return o.Time }

func (o StepPosition) encode(dst []byte, l layout) ([]byte, bool) {
	dst = appendAddress(dst, o.Address, l.octets)
	dst = append(dst, byte(o.Value)&0x7f|bit(o.Transient, 7), byte(o.Quality&flagsQDS))
	return o.Time.append(dst, l.kind), l.fits(o.Address, o.Time.Kind()) && o.check() == nil
}

func (o StepPosition) check() error {
	return within("step position", int(o.Value), -64, 63)
}

func (StepPosition) family() *family { return &stepPositionFamily }

func (StepPosition) decode(address ObjectAddress, data []byte, kind TimeKind) StepPosition {
	return StepPosition{
		Address:   address,
		Value:     int8(data[0]<<1) >> 1,
		Transient: data[0]&0x80 != 0,
		Quality:   Quality(data[1]) & flagsQDS,
		Time:      decodeTime(data[2:], kind),
	}
}

var stepPositionFamily = family{
	elements: []wire.Element{elementVTI, elementQDS},
	decode:   boxed[StepPosition],
}

// elementVTI is a value with transient state indication (7.2.6.5).
var elementVTI = wire.Element{Name: "VTI", Octets: 1, Fields: []wire.Field{
	{Name: "value", Bit: 0, Width: 7, Text: wire.Signed(7)},
	{Name: "T", Bit: 7, Width: 1, Text: wire.Flag(wire.Text{EN: "equipment is not in transient state", DE: "Betriebsmittel nicht im Übergangszustand"}, wire.Text{EN: "equipment is in transient state", DE: "Betriebsmittel im Übergangszustand"})},
}}
