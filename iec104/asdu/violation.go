package asdu

import (
	"fmt"

	"stellwerk/wire"
)

// Violation is something in an ASDU that can be decoded, but that the standard
// does not allow.
type Violation struct {
	// Code names the rule and stays the same between versions.
	Code string
	// Octet counts from 1, the type identification.
	Octet int
	Text  wire.Text
	// Clause is that of IEC 60870-5-101, unless it says otherwise.
	Clause string
}

// Violations returns what the standard does not allow in the ASDU, nil where
// nothing is wrong. Private types are measured by what is known of them. An
// ASDU that [Params.Decode] found wrong gives the violations of its header and
// of the objects that are whole, and none where the header is not.
func (a ASDU) Violations() []Violation {
	if a.cut {
		return nil
	}
	var found []Violation
	add := func(code string, octet int, clause, en, de string) {
		found = append(found, Violation{Code: code, Octet: octet, Clause: clause, Text: wire.Text{EN: en, DE: de}})
	}
	causeOctets, _, address := a.params.octets()
	info := a.params.info(a.Type)
	name := a.typeName()

	switch {
	case a.Type == 0:
		add("type-zero", 1, "7.2.1", "type identification 0 is not used", "Typidentifikation 0 wird nicht verwendet")
	case info == nil && !a.Type.Private():
		add("type-reserved", 1, "7.2.1", fmt.Sprintf("type %d is reserved by the standard", a.Type), fmt.Sprintf("Typ %d ist vom Standard reserviert", a.Type))
	}
	if a.count == 0 {
		add("count-zero", 2, "7.2.2", name+" without an information object", name+" ohne Informationsobjekt")
	}
	if info != nil {
		if a.Sequence && !info.sequence && !a.Type.Private() {
			add("sequence-not-allowed", 2, "7.2.2", name+" must not be sent with SQ=1", name+" darf nicht mit SQ=1 gesendet werden")
		}
		if a.count > 1 && single(a.Type) {
			add("count-not-allowed", 2, "7.2.2",
				fmt.Sprintf("%s with %d objects: it has exactly one", name, a.count),
				fmt.Sprintf("%s mit %d Objekten: es hat genau eines", name, a.count))
		}
	}
	switch {
	case !a.Cause.Defined() && a.Cause < 48:
		add("cause-reserved", 3, "7.2.3", fmt.Sprintf("cause of transmission %d is not used or reserved", a.Cause),
			fmt.Sprintf("Übertragungsursache %d ist nicht verwendet oder reserviert", a.Cause))
	case a.Cause < 48 && !a.Type.Private() && info != nil && !allows(a.Type, a.Cause):
		add("cause-not-allowed", 3, "7.3", fmt.Sprintf("%s with cause %d (%s)", name, a.Cause, a.Cause.Text().EN),
			fmt.Sprintf("%s mit Ursache %d (%s)", name, a.Cause, a.Cause.Text().DE))
	}
	switch {
	case a.Cause.Unknown() && !a.Negative:
		add("refusal-not-negative", 3, "7.2.3", fmt.Sprintf("%s refused with cause %d, but with P/N=0", name, a.Cause),
			fmt.Sprintf("%s mit Ursache %d abgelehnt, aber mit P/N=0", name, a.Cause))
	case a.Negative && !a.Cause.mayBeNegative():
		add("negative-not-allowed", 3, "7.2.3", fmt.Sprintf("%s with P/N=1, which means nothing with cause %d", name, a.Cause),
			fmt.Sprintf("%s mit P/N=1, das bei Ursache %d bedeutungslos ist", name, a.Cause))
	}
	switch {
	case a.CommonAddress == 0:
		add("common-address-zero", 3+causeOctets, "7.2.4", "common address 0 is not used", "gemeinsame Adresse 0 wird nicht verwendet")
	case a.CommonAddress == a.params.Broadcast() && info != nil && !a.Type.Broadcasts():
		add("broadcast-not-allowed", 3+causeOctets, "7.2.4",
			fmt.Sprintf("%s to all stations (common address %d)", name, a.CommonAddress),
			fmt.Sprintf("%s an alle Stationen (gemeinsame Adresse %d)", name, a.CommonAddress))
	}
	if info == nil {
		return found
	}
	header := a.params.HeaderOctets()
	for objects := a.scan(info); objects.next(); {
		data := objects.data()
		if objects.address != 0 && !a.Type.Private() && addressless(a.Type) {
			add("object-address-not-zero", header+objects.from-address+1, "7.2.5",
				fmt.Sprintf("%s with information object address %d: it must be 0", name, objects.address),
				fmt.Sprintf("%s mit Informationsobjektadresse %d: sie muss 0 sein", name, objects.address))
		}
		for i, mask := range info.reserved {
			if data[i]&mask != 0 {
				add("reserved-bits", header+objects.from+i+1, "7.2.6",
					fmt.Sprintf("reserved bits of object %d are not 0", objects.address),
					fmt.Sprintf("reservierte Bits von Objekt %d sind nicht 0", objects.address))
				break
			}
		}
		if permits := info.family.permits; permits != nil && !permits(data) {
			add("value-not-permitted", header+objects.from+1, "7.2.6",
				fmt.Sprintf("value of object %d is not permitted", objects.address),
				fmt.Sprintf("Wert von Objekt %d ist nicht zulässig", objects.address))
		}
		for _, time := range info.times {
			if at, text, ok := decodeTime(data[time.offset:], time.kind).impossible(); ok {
				add("time-impossible", header+objects.from+time.offset+at+1, time.kind.clause(),
					fmt.Sprintf("time of object %d: %s", objects.address, text.EN),
					fmt.Sprintf("Zeit von Objekt %d: %s", objects.address, text.DE))
			}
		}
	}
	return found
}
