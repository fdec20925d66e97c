package asdu

import (
	"encoding/binary"

	"stellwerk/wire"
)

// DelayAcquisition is a delay acquisition command of IEC 60870-5-101:
// C_CD_NA_1 (7.3.4.7).
type DelayAcquisition struct {
	Address ObjectAddress // 0
	Delay   ElapsedTime
}

// IOA returns the information object address.
func (o DelayAcquisition) IOA() ObjectAddress { return o.Address }

// Timestamp returns no time: the family has none.
func (DelayAcquisition) Timestamp() Time { return 0 }

func (o DelayAcquisition) encode(dst []byte, l layout) ([]byte, bool) {
	dst = appendAddress(dst, o.Address, l.octets)
	dst = binary.LittleEndian.AppendUint16(dst, uint16(o.Delay))
	return dst, l.fits(o.Address, TimeNone)
}

func (DelayAcquisition) family() *family { return &delayAcquisitionFamily }

func (DelayAcquisition) decode(address ObjectAddress, data []byte, _ TimeKind) DelayAcquisition {
	return DelayAcquisition{Address: address, Delay: ElapsedTime(binary.LittleEndian.Uint16(data))}
}

var delayAcquisitionFamily = family{
	elements: []wire.Element{elementCP16},
	decode:   boxed[DelayAcquisition],
}
