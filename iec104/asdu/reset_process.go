package asdu

import "stellwerk/wire"

// ResetQualifier is QRP, what a reset process command asks for
// (IEC 60870-5-101, 7.2.6.27): 3 to 127 are reserved by the standard, 128 to
// 255 are for private use.
type ResetQualifier uint8

// The qualifiers that the standard defines.
const (
	ResetNothing        ResetQualifier = 0 // not used
	ResetProcessGeneral ResetQualifier = 1 // general reset of process
	ResetEventBuffer    ResetQualifier = 2 // reset of pending time-tagged information in the event buffer
)

// Text says what the qualifier means.
func (q ResetQualifier) Text() wire.Text {
	switch {
	case q == ResetNothing:
		return wire.Text{EN: "not used", DE: "nicht verwendet"}
	case q == ResetProcessGeneral:
		return wire.Text{EN: "general reset of process", DE: "allgemeines Rücksetzen des Prozesses"}
	case q == ResetEventBuffer:
		return wire.Text{EN: "reset of pending time-tagged information in the event buffer", DE: "Rücksetzen der anstehenden Informationen mit Zeitmarke im Ereignispuffer"}
	case q < 128:
		return wire.Text{EN: "reserved by the standard", DE: "vom Standard reserviert"}
	default:
		return wire.Text{EN: "private qualifier", DE: "private Kennung"}
	}
}

// ResetProcess is a reset process command: C_RP_NA_1 (7.3.4.6).
type ResetProcess struct {
	Address   ObjectAddress // 0
	Qualifier ResetQualifier
}

// IOA returns the information object address.
func (o ResetProcess) IOA() ObjectAddress { return o.Address }

// Timestamp returns no time: the family has none.
func (ResetProcess) Timestamp() Time { return 0 }

func (o ResetProcess) encode(dst []byte, l layout) ([]byte, bool) {
	dst = appendAddress(dst, o.Address, l.octets)
	dst = append(dst, byte(o.Qualifier))
	return dst, l.fits(o.Address, TimeNone)
}

func (ResetProcess) family() *family { return &resetProcessFamily }

func (ResetProcess) decode(address ObjectAddress, data []byte, _ TimeKind) ResetProcess {
	return ResetProcess{Address: address, Qualifier: ResetQualifier(data[0])}
}

var resetProcessFamily = family{
	elements: []wire.Element{elementQRP},
	decode:   boxed[ResetProcess],
}

var elementQRP = wire.Element{Name: "QRP", Octets: 1, Fields: []wire.Field{
	{Name: "QRP", Width: 8, Text: func(value uint64) wire.Text { return ResetQualifier(value).Text() }},
}}
