package asdu

import (
	"encoding/binary"

	"stellwerk/wire"
)

// StartEvents is SPE, the start events of protection equipment
// (IEC 60870-5-101, 7.2.6.11).
type StartEvents uint8

// The start events.
const (
	StartGeneral      StartEvents = 1 << 0 // GS: general start of operation
	StartL1           StartEvents = 1 << 1 // SL1: start of operation phase L1
	StartL2           StartEvents = 1 << 2 // SL2: start of operation phase L2
	StartL3           StartEvents = 1 << 3 // SL3: start of operation phase L3
	StartEarthCurrent StartEvents = 1 << 4 // SIE: start of operation IE (earth current)
	StartReverse      StartEvents = 1 << 5 // SRD: start of operation in reverse direction
)

var startEventsTable = [...]struct {
	abbreviation, name string
	set                wire.Text
}{
	{"GS", "general", wire.Text{EN: "general start of operation", DE: "Generalanregung"}},
	{"SL1", "l1", wire.Text{EN: "start of operation phase L1", DE: "Anregung L1"}},
	{"SL2", "l2", wire.Text{EN: "start of operation phase L2", DE: "Anregung L2"}},
	{"SL3", "l3", wire.Text{EN: "start of operation phase L3", DE: "Anregung L3"}},
	{"SIE", "earth-current", wire.Text{EN: "start of operation IE (earth current)", DE: "Anregung Erdstrom IE"}},
	{"SRD", "reverse", wire.Text{EN: "start of operation in reverse direction", DE: "Anregung in Rückwärtsrichtung"}},
}

// All yields the name of every flag, such as "general", and whether it
// is set.
func (f StartEvents) All(yield func(string, bool) bool) {
	for bit := range startEventsTable {
		if !yield(startEventsTable[bit].name, f>>bit&1 == 1) {
			return
		}
	}
}

// ProtectionStart is packed start events of protection equipment: M_EP_TB_1
// and M_EP_TE_1 (7.3.1.18 and 7.3.1.31).
type ProtectionStart struct {
	Address  ObjectAddress
	Value    StartEvents
	Quality  Quality     // EI, BL, SB, NT, IV
	Duration ElapsedTime // relay duration time
	Time     Time
}

// IOA returns the information object address.
func (o ProtectionStart) IOA() ObjectAddress { return o.Address }

// Timestamp returns the time tag.
func (o ProtectionStart) Timestamp() Time { return o.Time }

func (o ProtectionStart) encode(dst []byte, l layout) ([]byte, bool) {
	dst = appendAddress(dst, o.Address, l.octets)
	dst = append(dst, byte(o.Value&0x3f), byte(o.Quality&flagsQDP))
	dst = binary.LittleEndian.AppendUint16(dst, uint16(o.Duration))
	return o.Time.append(dst, l.kind), l.fits(o.Address, o.Time.Kind()) && o.check() == nil
}

func (o ProtectionStart) check() error {
	return within("start events", int(o.Value), 0, 0x3f)
}

func (ProtectionStart) family() *family { return &protectionStartFamily }

func (ProtectionStart) decode(address ObjectAddress, data []byte, kind TimeKind) ProtectionStart {
	return ProtectionStart{
		Address:  address,
		Value:    StartEvents(data[0] & 0x3f),
		Quality:  Quality(data[1]) & flagsQDP,
		Duration: ElapsedTime(binary.LittleEndian.Uint16(data[2:])),
		Time:     decodeTime(data[4:], kind),
	}
}

var protectionStartFamily = family{
	elements: []wire.Element{elementSPE, elementQDP, elementCP16},
	decode:   boxed[ProtectionStart],
}

var elementSPE = wire.Element{Name: "SPE", Octets: 1, Fields: []wire.Field{
	startEventField(0), startEventField(1), startEventField(2),
	startEventField(3), startEventField(4), startEventField(5),
	reserved(6, 2),
}}

func startEventField(bit int) wire.Field {
	row := startEventsTable[bit]
	return wire.Field{Name: row.abbreviation, Bit: bit, Width: 1, Text: wire.Flag(wire.Text{}, row.set)}
}
