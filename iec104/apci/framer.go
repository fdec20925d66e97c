package apci

// Length returns the number of octets of the APDU that begins data, from its
// first two octets, and 0 where they are not both there yet. Errors, of type
// *[Error], tell of octets that begin no APDU.
func Length(data []byte) (int, error) {
	if len(data) > 0 && data[0] != StartOctet {
		return 0, fault(1, "start octet", "start octet is 0x%02x, not 0x68", "Startoktett ist 0x%02x, nicht 0x68", data[0])
	}
	if len(data) < 2 {
		return 0, nil
	}
	switch length := int(data[1]); {
	case length < MinLength:
		return 0, fault(2, "length", "APDU length %d is below %d", "APDU-Länge %d liegt unter %d", length, MinLength)
	case length > MaxLength:
		return 0, fault(2, "length", "APDU length %d is above %d", "APDU-Länge %d liegt über %d", length, MaxLength)
	default:
		return length + 2, nil
	}
}

// Framer cuts a byte stream into APDUs. It copies only those that lie across
// two segments. Its zero value is ready at the beginning of a stream. It is
// not safe for concurrent use.
//
// After an error the framer stays where it is until [Framer.Resynchronise],
// for those who want to read on; a station closes the connection instead.
type Framer struct {
	data     []byte // fed, and not yet consumed
	carry    [MaxAPDU]byte
	have     int // octets in carry: the beginning of an APDU
	consumed int64
	offset   int64
	lost     bool // searching for the next APDU
}

// Feed hands in the next octets of the stream. They must not change until
// [Framer.Next] has returned nil, and frames that were returned alias them.
// Octets that were fed before and that Next has not reached are dropped.
func (f *Framer) Feed(segment []byte) {
	f.consumed += int64(len(f.data))
	f.data = segment
}

// Next returns the next APDU with all its octets, or nil when more octets are
// needed. The frame is valid until the next call of Next or Feed, and as long
// as the segment does not change. Only the start octet and the length have
// been checked. Errors are of type *[Error] and come again until the framer is
// told to resynchronise.
func (f *Framer) Next() ([]byte, error) {
	// As a rule an APDU is there in one piece.
	if f.have == 0 && !f.lost && len(f.data) > 1 && f.data[0] == StartOctet {
		if length := int(f.data[1]) + 2; length >= Octets && length <= MaxAPDU && length <= len(f.data) {
			return f.cut(length), nil
		}
	}
	waiting := f.lost && !f.search()
	f.offset = f.consumed - int64(f.have)
	if waiting {
		return nil, nil
	}
	if f.have > 0 {
		return f.complete()
	}
	length, err := Length(f.data)
	switch {
	case err != nil:
		return nil, err
	case length == 0 || len(f.data) < length:
		f.take(len(f.data))
		return nil, nil
	}
	return f.cut(length), nil
}

// cut takes the APDU that begins data.
func (f *Framer) cut(length int) []byte {
	frame := f.data[:length:length]
	f.data = f.data[length:]
	f.offset = f.consumed
	f.consumed += int64(length)
	return frame
}

// complete adds to the APDU in carry.
func (f *Framer) complete() ([]byte, error) {
	if f.have < 2 {
		f.take(min(2-f.have, len(f.data)))
	}
	length, err := Length(f.carry[:f.have])
	if err != nil {
		return nil, err
	}
	if length > 0 {
		f.take(min(length-f.have, len(f.data)))
	}
	if length == 0 || f.have < length {
		return nil, nil
	}
	f.have = 0
	return f.carry[:length:length], nil
}

// take moves octets from data to carry.
func (f *Framer) take(octets int) {
	copy(f.carry[f.have:], f.data[:octets])
	f.have += octets
	f.data = f.data[octets:]
	f.consumed += int64(octets)
}

// Offset returns where in the stream the APDU begins that Next returned last,
// that it is waiting for, or that it found to be none. The first octet of the
// stream is 0.
func (f *Framer) Offset() int64 { return f.offset }

// Partial returns what there is of an APDU whose end has not come yet. It is
// valid until the next call of Feed or Next.
func (f *Framer) Partial() []byte { return f.carry[:f.have] }

// Lose tells the framer that octets of the stream are missing, as a capture
// may have it: the beginning of an APDU that it holds is dropped, and the next
// one is searched for. What was fed before must have been consumed.
func (f *Framer) Lose(octets int64) {
	f.have = 0
	f.consumed += octets
	f.offset = f.consumed
	f.lost = true
}

// Resynchronise lets the framer search for the next octet at which an APDU may
// begin, behind the one at which Next has found none. It continues with the
// octets that are fed next where there is none so far. It is for errors of
// Next alone: after an error of [Decode], Next goes on without it.
func (f *Framer) Resynchronise() {
	f.lost = true
	switch {
	case f.have > 2: // an APDU without fault so far
		f.have = 0
	case f.have > 0:
		f.shift(1)
	case len(f.data) > 0:
		f.data = f.data[1:]
		f.consumed++
	}
}

// shift drops octets from the front of carry.
func (f *Framer) shift(octets int) {
	f.have = copy(f.carry[:], f.carry[octets:f.have])
}

// search consumes octets until an APDU may begin. It reports false when all
// are consumed and more are needed to tell.
func (f *Framer) search() bool {
	for f.have > 0 {
		// What began in an earlier segment: decide it by its control field.
		f.take(min(max(Octets-f.have, 0), len(f.data)))
		at := Find(f.carry[:f.have])
		f.shift(at)
		if at == 0 && f.have < Octets {
			return false
		}
		if at == 0 {
			f.lost = false
			return true
		}
	}
	at := Find(f.data)
	f.data = f.data[at:]
	f.consumed += int64(at)
	if len(f.data) < Octets {
		f.take(len(f.data))
		return false
	}
	f.lost = false
	return true
}

// Find returns the first index at which data holds what may be the beginning
// of an APDU: a start octet, a length that suits the control field's format,
// exactly one function in U format, reserved bits that are 0, an ASDU with a
// type and a cause, and behind it another start octet, as far as data reaches.
// Beginnings that are cut off are accepted as long as nothing speaks against
// them. The index is len(data) where there is none. Octets of an ASDU can look
// the same; what Find returns is plausible, not certain.
func Find(data []byte) int {
	for i := range data {
		if data[i] == StartOctet && plausible(data[i:]) {
			return i
		}
	}
	return len(data)
}

func plausible(data []byte) bool {
	length, err := Length(data)
	if err != nil {
		return false
	}
	if len(data) < Octets {
		return true
	}
	if length < len(data) && data[length] != StartOctet {
		return false
	}
	c1, c2, c3, c4 := data[2], data[3], data[4], data[5]
	switch {
	case c1&1 == 0:
		// Type identification 0 and cause 0 are not used.
		return length > Octets && c3&1 == 0 && (len(data) < 9 || data[6] != 0 && data[8]&0x3f != 0)
	case c1&2 == 0:
		return length == Octets && c1 == 1 && c2 == 0 && c3&1 == 0
	default:
		return length == Octets && Function(c1&^3).Valid() && c2|c3|c4 == 0
	}
}
