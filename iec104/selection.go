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
	each map[*Session]int    // guarded by mu
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
	}
	if s.each[chosen.session] >= maxSelections {
		return false
	}
	if s.all == nil {
		s.all, s.each = make(map[point]selection), make(map[*Session]int)
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
		return false, false
	}
	s.remove(p, chosen)
	valid = now < chosen.until && chosen.typeID == t && chosen.command == command
	return valid, !valid
}

// remove takes a selection back. The caller holds mu.
func (s *selections) remove(p point, chosen selection) {
	delete(s.all, p)
	s.each[chosen.session]--
	if s.each[chosen.session] == 0 {
		delete(s.each, chosen.session)
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
}
