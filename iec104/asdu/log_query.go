package asdu

import (
	"encoding/binary"
	"errors"

	"stellwerk/wire"
)

// LogQuery asks for the part of an archive file between two times: F_SC_NB_1
// (IEC 60870-5-104, 8.9).
type LogQuery struct {
	Address ObjectAddress
	File    FileName
	From    Time // CP56Time2a
	To      Time // CP56Time2a
}

// IOA returns the information object address.
func (o LogQuery) IOA() ObjectAddress { return o.Address }

// Timestamp returns no time: the family has none.
func (LogQuery) Timestamp() Time { return 0 }

func (o LogQuery) encode(dst []byte, l layout) ([]byte, bool) {
	dst = appendAddress(dst, o.Address, l.octets)
	dst = binary.LittleEndian.AppendUint16(dst, uint16(o.File))
	dst = o.From.append(dst, TimeCP56)
	dst = o.To.append(dst, TimeCP56)
	return dst, l.fits(o.Address, TimeNone) && o.check() == nil
}

func (o LogQuery) check() error {
	if o.From.Kind() != TimeCP56 || o.To.Kind() != TimeCP56 {
		return errors.New("both ends of the range must be CP56Time2a")
	}
	return nil
}

func (LogQuery) family() *family { return &logQueryFamily }

func (LogQuery) decode(address ObjectAddress, data []byte, _ TimeKind) LogQuery {
	return LogQuery{
		Address: address,
		File:    FileName(binary.LittleEndian.Uint16(data)),
		From:    decodeTime(data[2:], TimeCP56),
		To:      decodeTime(data[9:], TimeCP56),
	}
}

var logQueryFamily = family{
	elements: []wire.Element{elementNOF, rangeElement("from"), rangeElement("to")},
	decode:   boxed[LogQuery],
}

// rangeElement is a CP56Time2a under a name of its own.
func rangeElement(name string) wire.Element {
	element := elementCP56
	element.Name = name
	return element
}
