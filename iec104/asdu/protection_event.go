package asdu

import (
	"encoding/binary"

	"stellwerk/wire"
)

// ProtectionEvent is an event of protection equipment: M_EP_TA_1 and M_EP_TD_1
// (IEC 60870-5-101, 7.3.1.17 and 7.3.1.30).
type ProtectionEvent struct {
	Address ObjectAddress
	Value   DoublePointState // ES: 0 and 3 both mean indeterminate
	Quality Quality          // EI, BL, SB, NT, IV
	Elapsed ElapsedTime      // duration or operating time of the protection
	Time    Time
}

// IOA returns the information object address.
func (o ProtectionEvent) IOA() ObjectAddress { return o.Address }

// Timestamp returns the time tag.
func (o ProtectionEvent) Timestamp() Time { return o.Time }

func (o ProtectionEvent) encode(dst []byte, l layout) ([]byte, bool) {
	dst = appendAddress(dst, o.Address, l.octets)
	dst = append(dst, byte(o.Quality&flagsQDP)|byte(o.Value&3))
	dst = binary.LittleEndian.AppendUint16(dst, uint16(o.Elapsed))
	return o.Time.append(dst, l.kind), l.fits(o.Address, o.Time.Kind()) && o.check() == nil
}

func (o ProtectionEvent) check() error {
	return within("state of protection event", int(o.Value), 0, 3)
}

func (ProtectionEvent) family() *family { return &protectionEventFamily }

func (ProtectionEvent) decode(address ObjectAddress, data []byte, kind TimeKind) ProtectionEvent {
	return ProtectionEvent{
		Address: address,
		Value:   DoublePointState(data[0] & 3),
		Quality: Quality(data[0]) & flagsQDP,
		Elapsed: ElapsedTime(binary.LittleEndian.Uint16(data[1:])),
		Time:    decodeTime(data[3:], kind),
	}
}

var protectionEventFamily = family{
	elements: []wire.Element{elementSEP, elementCP16},
	decode:   boxed[ProtectionEvent],
}

// elementSEP is a single event of protection equipment (7.2.6.10).
var elementSEP = wire.Element{Name: "SEP", Octets: 1, Fields: []wire.Field{
	{Name: "ES", Bit: 0, Width: 2, Text: func(value uint64) wire.Text {
		if value == 0 { // unlike DPI, ES knows no intermediate state
			value = uint64(Indeterminate)
		}
		return DoublePointState(value).Text()
	}},
	reserved(2, 1),
	qualityField(3), qualityField(4), qualityField(5), qualityField(6), qualityField(7),
}}
