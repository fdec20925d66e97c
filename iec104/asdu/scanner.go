package asdu

// scanner goes through the objects of a body whose layout is known.
type scanner struct {
	address  ObjectAddress // of the object
	from, to int           // where its elements and time lie in the body

	body     []byte
	info     *typeInfo
	left     int // objects still to come
	octets   int // of the next address, 0 for an element in sequence
	sequence bool
}

func (a *ASDU) scan(info *typeInfo) scanner {
	_, _, octets := a.params.octets()
	return scanner{body: a.body, info: info, left: a.count, octets: octets, sequence: a.Sequence}
}

// data returns the elements and the time of the object.
func (s *scanner) data() []byte { return s.body[s.from:s.to] }

// rest returns what follows the object: behind the last one, what could not be
// read.
func (s *scanner) rest() []byte { return s.body[s.to:] }

// bulk reads objects of a frequent family into dst, as many as there are and
// there is room for, and leaves the rest to next. It returns how many.
func bulk[T any](s *scanner, dst []T) int {
	if s.octets != 3 || s.sequence || s.info.variable {
		return 0
	}
	n := decodeBulk(dst[:min(len(dst), s.left)], s.body[s.to:], s.info.time)
	s.to += n * (s.octets + s.info.size)
	s.left -= n
	return n
}

// next goes to the next object. It returns false behind the last one, and
// where the body ends too early.
func (s *scanner) next() bool {
	start := s.to
	from := start + s.octets
	to := from + s.info.size
	if s.left == 0 || to > len(s.body) {
		return false
	}
	if s.info.variable {
		if to += s.info.run(s.body[from:]); to > len(s.body) {
			return false
		}
	}
	if s.octets > 0 {
		s.address = decodeAddress(s.body[start:], s.octets)
	} else {
		s.address++
	}
	s.from, s.to = from, to
	s.left--
	if s.sequence {
		s.octets = 0
	}
	return true
}
