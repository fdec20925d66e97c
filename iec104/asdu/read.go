package asdu

// Read is a read command, which asks for one object: C_RD_NA_1
// (IEC 60870-5-101, 7.3.4.3).
type Read struct {
	Address ObjectAddress
}

// IOA returns the information object address.
func (o Read) IOA() ObjectAddress { return o.Address }

// Timestamp returns no time: the family has none.
func (Read) Timestamp() Time { return 0 }

func (o Read) encode(dst []byte, l layout) ([]byte, bool) {
	dst = appendAddress(dst, o.Address, l.octets)
	return dst, l.fits(o.Address, TimeNone)
}

func (Read) family() *family { return &readFamily }

func (Read) decode(address ObjectAddress, _ []byte, _ TimeKind) Read {
	return Read{Address: address}
}

var readFamily = family{
	decode: boxed[Read],
}
