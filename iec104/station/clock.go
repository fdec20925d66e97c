package station

import (
	"fmt"
	"time"

	"stellwerk/iec104/asdu"
)

// clock is the clock of a sector: how far it is off the one that the station
// has.
type clock struct {
	offset       time.Duration
	synchronised bool
	delay        time.Duration // of transmission, as the controlling station acquired it
}

// Now returns the time of a sector's clock as it stands in telegrams.
func (s *Station) Now(station asdu.CommonAddress) (asdu.Time, error) {
	one := s.sectors[station]
	if one == nil {
		return 0, fmt.Errorf("station: there is no sector %d", station)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now(one), nil
}

// now returns the time of a sector. The caller holds mu.
func (s *Station) now(one *sector) asdu.Time {
	return s.zone.CP56(s.instant(one)).WithInvalid(s.options.Unsynchronised && !one.clock.synchronised)
}

// instant returns what the clock of a sector shows. The caller holds mu.
func (s *Station) instant(one *sector) time.Time {
	return s.options.Clock().Add(one.clock.offset)
}

// setClock sets the clock of a sector and returns what it showed before.
func (s *Station) setClock(one *sector, t asdu.Time) (asdu.Time, error) {
	if t.Invalid() {
		return 0, fmt.Errorf("station: the time %s is marked invalid", t)
	}
	s.mu.Lock()
	before, delay := s.now(one), one.clock.delay
	instant, err := s.zone.Instant(t, s.instant(one))
	s.mu.Unlock()
	if err != nil {
		return 0, err
	}
	instant = instant.Add(delay)
	if ask := s.options.SetClock; ask != nil {
		if err := ask(one.address, instant); err != nil {
			return 0, err
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	one.clock.offset = instant.Sub(s.options.Clock())
	one.clock.synchronised = true
	return before, nil
}
