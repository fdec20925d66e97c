package asdu

// scanner goes through the objects of a body whose layout is known.
type scanner struct {
	address ObjectAddress // of the object
	data    []byte        // its elements and time
	at      int           // where data begins in the body

	info     *typeInfo
	rest     []byte // behind data
	left     int    // objects still to come
	octets   int    // of the next address, 0 for an element in sequence
	sequence bool
}

func (a *ASDU) scan(info *typeInfo) scanner {
	_, _, octets := a.params.octets()
	return scanner{info: info, rest: a.body, left: a.count, octets: octets, sequence: a.Sequence}
}

// next goes to the next object. It returns false behind the last one, and
// where the body ends too early; rest is then what could not be read.
func (s *scanner) next() bool {
	start, end := s.octets, s.octets+s.info.size
	if s.left == 0 || end > len(s.rest) {
		return false
	}
	if s.info.variable {
		if end += s.info.run(s.rest[start:]); end > len(s.rest) {
			return false
		}
	}
	s.left--
	s.at += len(s.data) + start
	if start > 0 {
		s.address = decodeAddress(s.rest, start)
	} else {
		s.address++
	}
	s.data, s.rest = s.rest[start:end], s.rest[end:]
	if s.sequence {
		s.octets = 0
	}
	return true
}
