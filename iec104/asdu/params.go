package asdu

import "fmt"

// Params are the system parameters that say how long the fields of an ASDU
// are, and which private types are known (IEC 60870-5-104, 9.4). A nil *Params
// stands for the values of IEC 60870-5-104, which are also those of fields
// that are zero: cause of transmission 2 octets, common address 2, information
// object address 3. Params must pass [Params.Check], and must not be changed
// once they are in use.
type Params struct {
	// CauseOctets is 1 (without originator address) or 2.
	CauseOctets int
	// CommonAddressOctets is 1 or 2.
	CommonAddressOctets int
	// ObjectAddressOctets is 1, 2 or 3.
	ObjectAddressOctets int

	private map[TypeID]*typeInfo
}

// MaxOctets is the greatest length of an ASDU in an APDU of IEC 60870-5-104.
const MaxOctets = 249

// Check reports lengths that the standard does not know.
func (p *Params) Check() error {
	cause, common, object := p.octets()
	switch {
	case cause < 1 || cause > 2:
		return fmt.Errorf("cause of transmission of %d octets: must be 1 or 2", cause)
	case common < 1 || common > 2:
		return fmt.Errorf("common address of %d octets: must be 1 or 2", common)
	case object < 1 || object > 3:
		return fmt.Errorf("information object address of %d octets: must be 1, 2 or 3", object)
	}
	return nil
}

// octets returns the lengths of cause, common address and object address.
func (p *Params) octets() (cause, common, object int) {
	if p == nil {
		return 2, 2, 3
	}
	return p.given()
}

func (p *Params) given() (cause, common, object int) {
	cause, common, object = 2, 2, 3
	if p.CauseOctets != 0 {
		cause = p.CauseOctets
	}
	if p.CommonAddressOctets != 0 {
		common = p.CommonAddressOctets
	}
	if p.ObjectAddressOctets != 0 {
		object = p.ObjectAddressOctets
	}
	return cause, common, object
}

// HeaderOctets returns the length of the data unit identifier: type, variable
// structure qualifier, cause and common address.
func (p *Params) HeaderOctets() int {
	cause, common, _ := p.octets()
	return 2 + cause + common
}

// Broadcast returns the common address that means all stations: 65535, or 255
// where common addresses have one octet.
func (p *Params) Broadcast() CommonAddress {
	if _, common, _ := p.octets(); common == 1 {
		return 0xff
	}
	return 0xffff
}

// MaxObjectAddress returns the highest information object address.
func (p *Params) MaxObjectAddress() ObjectAddress {
	_, _, object := p.octets()
	return 1<<(8*object) - 1
}

// Capacity returns how many information objects of a type fit into one ASDU of
// at most limit octets ([MaxOctets] in IEC 60870-5-104); with sequence, how
// many elements behind a single address. It is 0 for types of unknown layout
// and for types that must not be sent in sequence. Types of variable length
// have one object, which is counted without what is variable.
func (p *Params) Capacity(t TypeID, sequence bool, limit int) int {
	info := p.info(t)
	if info == nil || sequence && !info.sequence {
		return 0
	}
	_, _, address := p.octets()
	room := limit - p.HeaderOctets()
	size := info.size
	if sequence {
		room -= address
	} else {
		size += address
	}
	most := maxCount
	if info.variable {
		most = 1
	}
	return max(0, min(most, room/size))
}

// info returns what is known of a type, nil for reserved and undeclared
// private types.
func (p *Params) info(t TypeID) *typeInfo {
	info := types[t]
	if info == nil && p != nil {
		info = p.private[t]
	}
	return info
}
