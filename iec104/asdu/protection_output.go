package asdu

import (
	"encoding/binary"

	"stellwerk/wire"
)

// OutputCircuits is OCI, the output circuits of protection equipment
// (IEC 60870-5-101, 7.2.6.12).
type OutputCircuits uint8

// The output circuits.
const (
	OutputGeneral OutputCircuits = 1 << 0 // GC: general command to output circuit
	OutputL1      OutputCircuits = 1 << 1 // CL1: command to output circuit phase L1
	OutputL2      OutputCircuits = 1 << 2 // CL2: command to output circuit phase L2
	OutputL3      OutputCircuits = 1 << 3 // CL3: command to output circuit phase L3
)

var outputCircuitsTable = [...]struct {
	abbreviation, name string
	set                wire.Text
}{
	{"GC", "general", wire.Text{EN: "general command to output circuit", DE: "Generalauslösung"}},
	{"CL1", "l1", wire.Text{EN: "command to output circuit phase L1", DE: "Auslösung L1"}},
	{"CL2", "l2", wire.Text{EN: "command to output circuit phase L2", DE: "Auslösung L2"}},
	{"CL3", "l3", wire.Text{EN: "command to output circuit phase L3", DE: "Auslösung L3"}},
}

// All yields the name of every flag, such as "general", and whether it
// is set.
func (f OutputCircuits) All(yield func(string, bool) bool) {
	for bit := range outputCircuitsTable {
		if !yield(outputCircuitsTable[bit].name, f>>bit&1 == 1) {
			return
		}
	}
}

// ProtectionOutput is packed output circuit information of protection
// equipment: M_EP_TC_1 and M_EP_TF_1 (7.3.1.19 and 7.3.1.32).
type ProtectionOutput struct {
	Address   ObjectAddress
	Value     OutputCircuits
	Quality   Quality     // EI, BL, SB, NT, IV
	Operating ElapsedTime // relay operating time
	Time      Time
}

// IOA returns the information object address.
func (o ProtectionOutput) IOA() ObjectAddress { return o.Address }

// Timestamp returns the time tag.
func (o ProtectionOutput) Timestamp() Time { return o.Time }

func (o ProtectionOutput) encode(dst []byte, l layout) ([]byte, bool) {
	dst = appendAddress(dst, o.Address, l.octets)
	dst = append(dst, byte(o.Value&0xf), byte(o.Quality&flagsQDP))
	dst = binary.LittleEndian.AppendUint16(dst, uint16(o.Operating))
	return o.Time.append(dst, l.kind), l.fits(o.Address, o.Time.Kind()) && o.check() == nil
}

func (o ProtectionOutput) check() error {
	return within("output circuits", int(o.Value), 0, 0xf)
}

func (ProtectionOutput) family() *family { return &protectionOutputFamily }

func (ProtectionOutput) decode(address ObjectAddress, data []byte, kind TimeKind) ProtectionOutput {
	return ProtectionOutput{
		Address:   address,
		Value:     OutputCircuits(data[0] & 0xf),
		Quality:   Quality(data[1]) & flagsQDP,
		Operating: ElapsedTime(binary.LittleEndian.Uint16(data[2:])),
		Time:      decodeTime(data[4:], kind),
	}
}

var protectionOutputFamily = family{
	elements: []wire.Element{elementOCI, elementQDP, elementCP16},
	decode:   boxed[ProtectionOutput],
}

var elementOCI = wire.Element{Name: "OCI", Octets: 1, Fields: []wire.Field{
	outputCircuitField(0), outputCircuitField(1), outputCircuitField(2), outputCircuitField(3),
	reserved(4, 4),
}}

func outputCircuitField(bit int) wire.Field {
	row := outputCircuitsTable[bit]
	return wire.Field{Name: row.abbreviation, Bit: bit, Width: 1, Text: wire.Flag(wire.Text{}, row.set)}
}
