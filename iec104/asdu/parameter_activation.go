package asdu

import "stellwerk/wire"

// ParameterActivationQualifier is QPA, what a parameter activation does
// (IEC 60870-5-101, 7.2.6.25): 4 to 127 are reserved by the standard, 128 to
// 255 are for private use.
type ParameterActivationQualifier uint8

// The qualifiers that the standard defines.
const (
	ActivateNothing   ParameterActivationQualifier = 0 // not used
	ActivateLoaded    ParameterActivationQualifier = 1 // act/deact of the loaded parameters (object address 0)
	ActivateParameter ParameterActivationQualifier = 2 // act/deact of the parameter of the addressed object
	ActivateCyclic    ParameterActivationQualifier = 3 // act/deact of cyclic transmission of the addressed object
)

// Text says what the qualifier means.
func (q ParameterActivationQualifier) Text() wire.Text {
	switch {
	case q == ActivateNothing:
		return wire.Text{EN: "not used", DE: "nicht verwendet"}
	case q == ActivateLoaded:
		return wire.Text{EN: "act/deact of the loaded parameters (object address 0)", DE: "Aktivieren/Abbrechen der geladenen Parameter (Objektadresse 0)"}
	case q == ActivateParameter:
		return wire.Text{EN: "act/deact of the parameter of the addressed object", DE: "Aktivieren/Abbrechen des Parameters des adressierten Objekts"}
	case q == ActivateCyclic:
		return wire.Text{EN: "act/deact of cyclic transmission of the addressed object", DE: "Aktivieren/Abbrechen der zyklischen Übertragung des adressierten Objekts"}
	case q < 128:
		return wire.Text{EN: "reserved by the standard", DE: "vom Standard reserviert"}
	default:
		return wire.Text{EN: "private qualifier", DE: "private Kennung"}
	}
}

// ParameterActivation is a parameter activation: P_AC_NA_1 (7.3.5.4).
type ParameterActivation struct {
	Address   ObjectAddress
	Qualifier ParameterActivationQualifier
}

// IOA returns the information object address.
func (o ParameterActivation) IOA() ObjectAddress { return o.Address }

// Timestamp returns no time: the family has none.
func (ParameterActivation) Timestamp() Time { return 0 }

func (o ParameterActivation) encode(dst []byte, l layout) ([]byte, bool) {
	dst = appendAddress(dst, o.Address, l.octets)
	dst = append(dst, byte(o.Qualifier))
	return dst, l.fits(o.Address, TimeNone)
}

func (ParameterActivation) family() *family { return &parameterActivationFamily }

func (ParameterActivation) decode(address ObjectAddress, data []byte, _ TimeKind) ParameterActivation {
	return ParameterActivation{Address: address, Qualifier: ParameterActivationQualifier(data[0])}
}

var parameterActivationFamily = family{
	elements: []wire.Element{elementQPA},
	decode:   boxed[ParameterActivation],
}

var elementQPA = wire.Element{Name: "QPA", Octets: 1, Fields: []wire.Field{
	{Name: "QPA", Width: 8, Text: func(value uint64) wire.Text { return ParameterActivationQualifier(value).Text() }},
}}
