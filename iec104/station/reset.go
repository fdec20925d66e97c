package station

import (
	"context"
	"fmt"
	"net"

	"stellwerk/iec104"
	"stellwerk/iec104/asdu"
)

// Reset initialises a sector again: operations are broken off, selections taken
// back, and every
// controlling station is told of the end of initialisation, with the given
// cause, at once or when it starts data transfer. The values of points stay.
func (s *Station) Reset(station asdu.CommonAddress, cause asdu.InitializationCause) error {
	one := s.sectors[station]
	if one == nil {
		return fmt.Errorf("station: there is no sector %d", station)
	}
	s.reset(one, cause)
	s.server.AnnounceInitialization()
	return nil
}

func (s *Station) reset(one *sector, cause asdu.InitializationCause) {
	sessions := s.server.Sessions()
	s.mu.Lock()
	one.epoch++
	one.initialization = asdu.EndOfInitialization{Cause: cause, ParametersChanged: one.parametersChanged}
	one.parametersChanged = false
	clear(one.told)
	for _, session := range sessions {
		one.owed[session] = struct{}{}
	}
	s.mu.Unlock()
	s.server.TakeBackSelections(one.address)
	s.breakOff(one)
	for _, session := range sessions {
		if session.Err() != nil {
			// It has ended, perhaps before it was owed anything: then nobody
			// else would forget it.
			s.mu.Lock()
			delete(one.owed, session)
			s.mu.Unlock()
		}
	}
}

// breakOff breaks off the operations of a sector.
func (s *Station) breakOff(one *sector) {
	var broken []*Operation
	s.mu.Lock()
	for _, c := range one.controls {
		if c.running != nil {
			broken = append(broken, c.running)
			c.running = nil
		}
	}
	s.mu.Unlock()
	if s.options.Done != nil {
		for _, op := range broken {
			s.options.Done(op, context.Canceled)
		}
	}
}

// maxTold is how many controlling stations are remembered that have heard of an
// initialisation. When there are more, some hear of it twice.
const maxTold = 1024

// endOfInitialization returns what to tell a controlling station. It is known by
// its network address without the port, so that it hears nothing twice when it
// connects again, and by its connection where there was one at the time of the
// reset.
func (s *Station) endOfInitialization(one *sector, session *iec104.Session) (asdu.EndOfInitialization, bool) {
	if s.options.WithoutEndOfInitialization {
		return asdu.EndOfInitialization{}, false
	}
	who := session.RemoteAddr().String()
	if host, _, err := net.SplitHostPort(who); err == nil {
		who = host
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	_, told := one.told[who]
	_, owed := one.owed[session]
	if told && !owed {
		return asdu.EndOfInitialization{}, false
	}
	if len(one.told) >= maxTold {
		clear(one.told)
	}
	one.told[who] = struct{}{}
	delete(one.owed, session)
	return one.initialization, true
}
