package iec104

import (
	"strconv"

	"stellwerk/iec104/asdu"
)

// appendHead appends the JSON of an ASDU up to its objects.
func appendHead(dst []byte, a *asdu.ASDU) []byte {
	dst = append(dst, `{"type_id":`...)
	dst = appendUint(dst, uint64(a.Type))
	dst = append(dst, `,"type":"`...)
	dst = append(dst, a.TypeName()...)
	dst = append(dst, `","cause":`...)
	dst = appendUint(dst, uint64(a.Cause))
	dst = append(dst, `,"negative":`...)
	dst = strconv.AppendBool(dst, a.Negative)
	dst = append(dst, `,"test":`...)
	dst = strconv.AppendBool(dst, a.Test)
	dst = append(dst, `,"originator":`...)
	dst = appendUint(dst, uint64(a.Originator))
	dst = append(dst, `,"common_address":`...)
	dst = appendUint(dst, uint64(a.CommonAddress))
	dst = append(dst, `,"sequence":`...)
	dst = strconv.AppendBool(dst, a.Sequence)
	return append(dst, `,"objects":[`...)
}

// heads keeps what appendHead gave for the latest headers of a connection: most
// of its ASDUs have one of a few.
type heads [16]struct {
	header asdu.Header
	text   []byte
}

// append appends what appendHead does.
func (h *heads) append(dst []byte, a *asdu.ASDU) []byte {
	slot := &h[(uint(a.Type)^uint(a.Cause)<<2)%uint(len(h))]
	if slot.text == nil || slot.header != a.Header {
		slot.header, slot.text = a.Header, appendHead(slot.text[:0], a)
	}
	return append(dst, slot.text...)
}

// appendUint appends a decimal number. It is quicker than strconv with the short
// numbers that telegrams have.
func appendUint(dst []byte, n uint64) []byte {
	var digits [20]byte
	at := len(digits)
	for {
		at--
		digits[at] = byte('0' + n%10)
		if n /= 10; n == 0 {
			return append(dst, digits[at:]...)
		}
	}
}
