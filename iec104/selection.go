package iec104

import (
	"sync"
	"time"

	"stellwerk/iec104/asdu"
)

// maxSelections is how many objects a connection may have selected at once;
// further selections are refused.
const maxSelections = 1024

// point is an information object of a station.
type point struct {
	station asdu.CommonAddress
	address asdu.ObjectAddress
}

// selection is an object that is selected. It belongs to the connection that
// selected it.
type selection struct {
	session *Session
	typeID  asdu.TypeID
	command asdu.Object // without S/E bit and time
	until   time.Duration
}

// selections are those of a server. Selections that have run out stay until
// somebody asks for them, so that an execution that comes too late is told from
// one without selection.
type selections struct {
	mu   sync.Mutex
	all  map[point]selection // guarded by mu
	each map[*Session]int    // of both, guarded by mu
	// late are selections that have run out, and of which another session's has
	// taken the place; guarded by mu.
	late map[late]struct{}
}

// late is a selection that a session may not know to have run out.
type late struct {
	session *Session
	point   point
}

// add selects an object for a session. It fails where another session has it,
// or this one has too many.
func (s *selections) add(p point, chosen selection, now time.Duration) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	other, taken := s.all[p]
	switch {
	case taken && other.session != chosen.session && now < other.until:
		return false
	case taken:
		s.remove(p, other)
		if other.session != chosen.session {
			s.late[late{other.session, p}] = struct{}{}
			s.each[other.session]++
		}
	}
	s.removeLate(late{chosen.session, p})
	if s.each[chosen.session] >= maxSelections {
		return false
	}
	if s.all == nil {
		s.all, s.each, s.late = make(map[point]selection), make(map[*Session]int), make(map[late]struct{})
	}
	s.all[p] = chosen
	s.each[chosen.session]++
	return true
}

// free reports whether a session may select, or directly operate, an object:
// no other session has it selected.
func (s *selections) free(p point, session *Session, now time.Duration) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	other, taken := s.all[p]
	return !taken || other.session == session || now >= other.until
}

// execute takes back the session's selection of an object. Valid says that
// there was one, of the same command, that has not run out; wrong that there
// was one of which this does not hold.
func (s *selections) execute(p point, session *Session, t asdu.TypeID, command asdu.Object, now time.Duration) (valid, wrong bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	chosen, taken := s.all[p]
	if !taken || chosen.session != session {
		return false, s.removeLate(late{session, p})
	}
	s.remove(p, chosen)
	valid = now < chosen.until && chosen.typeID == t && chosen.command == command
	return valid, !valid
}

// cancel takes back the session's selection of an object, and reports false where
// there was none, one that has run out, or one of another command, which stays.
func (s *selections) cancel(p point, session *Session, t asdu.TypeID, command asdu.Object, now time.Duration) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	chosen, taken := s.all[p]
	if !taken || chosen.session != session {
		s.removeLate(late{session, p})
		return false
	}
	if now < chosen.until && (chosen.typeID != t || chosen.command != command) {
		return false
	}
	s.remove(p, chosen)
	return now < chosen.until
}

// remove takes a selection back. The caller holds mu.
func (s *selections) remove(p point, chosen selection) {
	delete(s.all, p)
	s.less(chosen.session)
}

// removeLate forgets that a selection has run out, and reports false where none
// has. The caller holds mu.
func (s *selections) removeLate(l late) bool {
	_, found := s.late[l]
	if found {
		delete(s.late, l)
		s.less(l.session)
	}
	return found
}

// less counts one less of a session. The caller holds mu.
func (s *selections) less(session *Session) {
	s.each[session]--
	if s.each[session] == 0 {
		delete(s.each, session)
	}
}

// reset takes back all selections of a station.
func (s *selections) reset(station asdu.CommonAddress) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for p, chosen := range s.all {
		if p.station == station {
			s.remove(p, chosen)
		}
	}
	for l := range s.late {
		if l.point.station == station {
			s.removeLate(l)
		}
	}
}

// forget takes back all selections of a session.
func (s *selections) forget(session *Session) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.each[session] == 0 {
		return
	}
	for p, chosen := range s.all {
		if chosen.session == session {
			s.remove(p, chosen)
		}
	}
	for l := range s.late {
		if l.session == session {
			s.removeLate(l)
		}
	}
}
