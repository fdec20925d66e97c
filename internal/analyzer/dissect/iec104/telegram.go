package iec104

import (
	"math/bits"
	"strconv"
	"strings"

	"stellwerk/iec104/apci"
	"stellwerk/iec104/asdu"
	"stellwerk/wire"
)

// Telegram is an APDU with its ASDU. It implements dissect.Telegram.
type Telegram struct {
	// Octets are all of the APDU.
	Octets []byte
	APDU   apci.APDU
	// ASDU is that of an APDU in I format. Where Err is set it holds what
	// could be read.
	ASDU asdu.ASDU
	// Err says what is wrong with the ASDU.
	Err error

	options *Options
	heads   *heads // may be nil
}

// IsASDU reports whether the telegram has an ASDU of which at least the header
// could be read.
func (t *Telegram) IsASDU() bool {
	return t.APDU.Format == apci.FormatI && len(t.APDU.ASDU) >= t.ASDU.Params().HeaderOctets()
}

// Command returns the value of the first object, and whether it selects.
func (t *Telegram) Command(lang string) (value string, selects bool) {
	for object := range t.ASDU.Objects() {
		return strings.TrimSpace(string(appendText(nil, object, lang, t.options.Zone))), Selects(object)
	}
	return "", false
}

// First returns address and elements of the first information object of an
// ASDU without fault, the time left out; with SQ=0 and several objects the
// elements of all, and the addresses between them.
func (t *Telegram) First() (asdu.ObjectAddress, []byte) {
	body := t.ASDU.Body()
	octets := addressOctets(t.ASDU.Params())
	if len(body) < octets {
		return 0, nil
	}
	var address asdu.ObjectAddress
	for i := range octets {
		address |= asdu.ObjectAddress(body[i]) << (8 * i)
	}
	return address, body[octets:max(octets, len(body)-t.ASDU.TimeKind().Octets())]
}

// addressOctets returns the length of object addresses.
func addressOctets(p *asdu.Params) int { return bits.Len32(uint32(p.MaxObjectAddress())) / 8 }

// AppendJSON appends the object under the key "iec104".
func (t *Telegram) AppendJSON(dst []byte) []byte {
	dst = append(dst, `{"format":"`...)
	dst = append(dst, t.APDU.Format.String()...)
	switch t.APDU.Format {
	case apci.FormatI:
		dst = append(dst, `","send":`...)
		dst = appendUint(dst, uint64(t.APDU.Send))
		dst = append(dst, `,"receive":`...)
		dst = appendUint(dst, uint64(t.APDU.Receive))
		dst = append(dst, `,"asdu":`...)
		dst = t.appendASDU(dst)
	case apci.FormatS:
		dst = append(dst, `","receive":`...)
		dst = strconv.AppendUint(dst, uint64(t.APDU.Receive), 10)
	case apci.FormatU:
		dst = append(dst, `","function":"`...)
		dst = append(append(dst, t.APDU.Function.String()...), '"')
	}
	return append(dst, '}')
}

// appendASDU appends the object under the key "asdu".
func (t *Telegram) appendASDU(dst []byte) []byte {
	if t.heads != nil {
		dst = t.heads.append(dst, &t.ASDU)
	} else {
		dst = appendHead(dst, &t.ASDU)
	}
	return append(t.appendObjects(dst), "]}"...)
}

// AppendSummary appends one line, such as "I 12 3  M_SP_TB_1 spont  CA 1
// 4001=on".
func (t *Telegram) AppendSummary(dst []byte, lang string) []byte {
	switch t.APDU.Format {
	case apci.FormatS:
		return strconv.AppendUint(append(dst, "S N(R)="...), uint64(t.APDU.Receive), 10)
	case apci.FormatU:
		return append(append(dst, "U "...), t.APDU.Function.String()...)
	case apci.FormatI:
	}
	dst = strconv.AppendUint(append(dst, "I N(S)="...), uint64(t.APDU.Send), 10)
	dst = strconv.AppendUint(append(dst, " N(R)="...), uint64(t.APDU.Receive), 10)
	return t.appendSummary(append(dst, "  "...), lang)
}

// maxSummaryObjects bounds how many objects a summary names.
const maxSummaryObjects = 4

// appendSummary appends what an ASDU says, in one line: type, cause, common
// address, and its first objects.
func (t *Telegram) appendSummary(dst []byte, lang string) []byte {
	a := &t.ASDU
	dst = append(dst, a.TypeName()...)
	dst = append(append(dst, ' '), a.Cause.String()...)
	if a.Negative {
		dst = append(dst, " P/N=1"...)
	}
	if a.Test {
		dst = append(dst, " T=1"...)
	}
	dst = strconv.AppendUint(append(dst, "  CA "...), uint64(a.CommonAddress), 10)
	if a.Originator != 0 {
		dst = strconv.AppendUint(append(dst, " OA "...), uint64(a.Originator), 10)
	}
	shown := 0
	for object := range a.Objects() {
		if shown == maxSummaryObjects {
			break
		}
		shown++
		dst = append(dst, "  "...)
		if _, raw := object.(asdu.Raw); !raw {
			dst = append(strconv.AppendUint(dst, uint64(object.IOA()), 10), '=')
		}
		dst = appendText(dst, object, lang, t.options.Zone)
	}
	if more := a.Count() - shown; more > 0 && shown == maxSummaryObjects {
		dst = strconv.AppendInt(append(dst, "  +"...), int64(more), 10)
	}
	return dst
}

// Walk dissects APCI and ASDU.
func (t *Telegram) Walk(w *wire.Walker) {
	apci.Walk(w, t.Octets)
	if t.APDU.Format == apci.FormatI {
		t.ASDU.Params().Walk(w)
	}
}
