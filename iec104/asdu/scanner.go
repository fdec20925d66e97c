package asdu

// scanner goes through the objects of a body whose layout is known.
type scanner struct {
	address ObjectAddress // of the object
	data    []byte        // its elements and time
	at      int           // where data begins in the body

	rest     []byte // behind data
	left     int    // objects still to come
	octets   int    // of an address
	size     int    // of elements and time
	sequence bool
	variable bool
	follows  bool // an address has been read
}

func (a *ASDU) scan(info *typeInfo) scanner {
	_, _, octets := a.params.octets()
	return scanner{
		rest: a.body, left: a.count, octets: octets, size: info.size,
		sequence: a.Sequence, variable: info.variable,
	}
}

// next goes to the next object. It returns false behind the last one, and
// where the body ends too early; rest is then what could not be read.
func (s *scanner) next() bool {
	if s.left == 0 {
		return false
	}
	need := s.size
	addressed := !s.sequence || !s.follows
	if addressed {
		need += s.octets
	}
	if len(s.rest) < need {
		return false
	}
	s.left--
	s.at += len(s.data)
	if addressed {
		s.address = decodeAddress(s.rest, s.octets)
		s.rest = s.rest[s.octets:]
		s.at += s.octets
		s.follows = true
	} else {
		s.address++
	}
	size := s.size
	if s.variable {
		size = len(s.rest)
	}
	s.data, s.rest = s.rest[:size], s.rest[size:]
	return true
}
