package iec104

import (
	"strconv"

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
}

// AppendJSON appends the object under the key "iec104".
func (t *Telegram) AppendJSON(dst []byte) []byte {
	dst = append(dst, `{"format":"`...)
	dst = append(dst, t.APDU.Format.String()...)
	switch t.APDU.Format {
	case apci.FormatI:
		dst = append(dst, `","send":`...)
		dst = strconv.AppendUint(dst, uint64(t.APDU.Send), 10)
		dst = append(dst, `,"receive":`...)
		dst = strconv.AppendUint(dst, uint64(t.APDU.Receive), 10)
		dst = append(dst, `,"asdu":`...)
		dst = appendASDU(dst, t.ASDU)
	case apci.FormatS:
		dst = append(dst, `","receive":`...)
		dst = strconv.AppendUint(dst, uint64(t.APDU.Receive), 10)
	case apci.FormatU:
		dst = append(dst, `","function":"`...)
		dst = append(append(dst, t.APDU.Function.String()...), '"')
	}
	return append(dst, '}')
}

func appendASDU(dst []byte, a asdu.ASDU) []byte {
	dst = append(dst, `{"type_id":`...)
	dst = strconv.AppendUint(dst, uint64(a.Type), 10)
	dst = append(dst, `,"type":"`...)
	dst = append(dst, a.TypeName()...)
	dst = append(dst, `","cause":`...)
	dst = strconv.AppendUint(dst, uint64(a.Cause), 10)
	dst = append(dst, `,"negative":`...)
	dst = strconv.AppendBool(dst, a.Negative)
	dst = append(dst, `,"test":`...)
	dst = strconv.AppendBool(dst, a.Test)
	dst = append(dst, `,"originator":`...)
	dst = strconv.AppendUint(dst, uint64(a.Originator), 10)
	dst = append(dst, `,"common_address":`...)
	dst = strconv.AppendUint(dst, uint64(a.CommonAddress), 10)
	dst = append(dst, `,"sequence":`...)
	dst = strconv.AppendBool(dst, a.Sequence)
	dst = append(dst, `,"objects":[`...)
	first := true
	for object := range a.Objects() {
		if !first {
			dst = append(dst, ',')
		}
		first = false
		dst = appendObject(dst, object)
	}
	return append(dst, "]}"...)
}

// AppendSummary appends one line, such as "I 12 3  M_SP_TB_1 spont  CA 1
// 4001=on".
func (t *Telegram) AppendSummary(dst []byte, lang string) []byte {
	switch t.APDU.Format {
	case apci.FormatS:
		return strconv.AppendUint(append(dst, "S N(R)="...), uint64(t.APDU.Receive), 10)
	case apci.FormatU:
		return append(append(dst, "U "...), t.APDU.Function.String()...)
	}
	dst = strconv.AppendUint(append(dst, "I N(S)="...), uint64(t.APDU.Send), 10)
	dst = strconv.AppendUint(append(dst, " N(R)="...), uint64(t.APDU.Receive), 10)
	return AppendSummary(append(dst, "  "...), t.ASDU, lang)
}

// maxSummaryObjects bounds how many objects a summary names.
const maxSummaryObjects = 4

// AppendSummary appends what an ASDU says, in one line: type, cause, common
// address, and its first objects.
func AppendSummary(dst []byte, a asdu.ASDU, lang string) []byte {
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
		dst = AppendText(dst, object, lang)
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

// Kind returns the type of an ASDU, or the format or function of an APDU
// without one.
func (t *Telegram) Kind() (string, wire.Text) {
	switch t.APDU.Format {
	case apci.FormatS:
		return "S", wire.Text{EN: "acknowledgement", DE: "Quittung"}
	case apci.FormatU:
		return t.APDU.Function.String(), wire.Text{EN: "control function", DE: "Steuerfunktion"}
	default:
		return t.ASDU.TypeName(), t.ASDU.Type.Text()
	}
}
