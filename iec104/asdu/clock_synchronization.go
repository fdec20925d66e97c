package asdu

// ClockSynchronization is a clock synchronization command: C_CS_NA_1
// (IEC 60870-5-101, 7.3.4.4).
type ClockSynchronization struct {
	Address ObjectAddress // 0
	Time    Time          // CP56Time2a
}

// IOA returns the information object address.
func (o ClockSynchronization) IOA() ObjectAddress { return o.Address }

// Timestamp returns the time tag.
func (o ClockSynchronization) Timestamp() Time { return o.Time }

func (o ClockSynchronization) encode(dst []byte, l layout) ([]byte, bool) {
	dst = appendAddress(dst, o.Address, l.octets)
	return o.Time.append(dst, l.kind), l.fits(o.Address, o.Time.Kind())
}

func (ClockSynchronization) family() *family { return &clockSynchronizationFamily }

func (ClockSynchronization) decode(address ObjectAddress, data []byte, kind TimeKind) ClockSynchronization {
	return ClockSynchronization{Address: address, Time: decodeTime(data, kind)}
}

var clockSynchronizationFamily = family{
	decode: boxed[ClockSynchronization],
}
