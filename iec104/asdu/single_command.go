package asdu

import "stellwerk/wire"

// SingleCommand is a single command: C_SC_NA_1 and C_SC_TA_1 (IEC 60870-5-101,
// 7.3.2.1; IEC 60870-5-104, 8.1).
type SingleCommand struct {
	Address   ObjectAddress
	Value     bool // SCS: on
	Qualifier PulseQualifier
	Select    bool // S/E: select instead of execute
	Time      Time
}

// IOA returns the information object address.
func (o SingleCommand) IOA() ObjectAddress { return o.Address }

// Timestamp returns the time tag.
func (o SingleCommand) Timestamp() Time { return o.Time }

func (o SingleCommand) encode(dst []byte, l layout) ([]byte, bool) {
	dst = appendAddress(dst, o.Address, l.octets)
	dst = appendCommand(dst, bit(o.Value, 0), o.Qualifier, o.Select)
	return o.Time.append(dst, l.kind), l.fits(o.Address, o.Time.Kind()) && o.check() == nil
}

func (o SingleCommand) check() error {
	return o.Qualifier.check()
}

func (SingleCommand) family() *family { return &singleCommandFamily }

func (SingleCommand) decode(address ObjectAddress, data []byte, kind TimeKind) SingleCommand {
	return SingleCommand{
		Address:   address,
		Value:     data[0]&1 == 1,
		Qualifier: PulseQualifier(data[0] >> 2 & 31),
		Select:    data[0]&0x80 != 0,
		Time:      decodeTime(data[1:], kind),
	}
}

var singleCommandFamily = family{
	elements: []wire.Element{elementSCO},
	decode:   boxed[SingleCommand],
}

// elementSCO is a single command (7.2.6.15).
var elementSCO = wire.Element{Name: "SCO", Octets: 1, Fields: []wire.Field{
	{Name: "SCS", Bit: 0, Width: 1, Text: stateText},
	reserved(1, 1),
	pulseField,
	selectField,
}}
