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

func (Read) append(dst []byte, _ TimeKind) []byte {
	return dst
}

func (Read) check() error    { return nil }
func (Read) family() *family { return &readFamily }

func (Read) decode(address ObjectAddress, _ []byte, _ TimeKind) Read {
	return Read{Address: address}
}

var readFamily = family{
	decode: boxed[Read],
}
