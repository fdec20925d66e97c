package station

import (
	"fmt"

	"stellwerk/iec104"
	"stellwerk/iec104/asdu"
)

// Mode is how a sector is operated.
type Mode uint8

// The modes.
const (
	// Remote is normal operation.
	Remote Mode = iota
	// Local refuses commands of controlling stations: somebody operates at the
	// station itself, see [Station.Operate].
	Local
	// Blocked refuses all commands, those at the station too.
	Blocked
	// Test sends everything with the test bit, and refuses commands without
	// it; those with it are confirmed and not carried out, as always.
	Test
)

// String returns "remote", "local", "blocked" or "test".
func (m Mode) String() string {
	names := [...]string{"remote", "local", "blocked", "test"}
	if int(m) < len(names) {
		return names[m]
	}
	return fmt.Sprintf("mode %d", uint8(m))
}

// SetMode sets the mode of a sector.
func (s *Station) SetMode(station asdu.CommonAddress, mode Mode) error {
	one := s.sectors[station]
	if one == nil {
		return fmt.Errorf("station: there is no sector %d", station)
	}
	if mode > Test {
		return fmt.Errorf("station: no such mode: %d, must be Remote, Local, Blocked or Test", uint8(mode))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	one.mode = mode
	return nil
}

// BlockControl refuses all commands to a control, or lets them through again.
func (s *Station) BlockControl(station asdu.CommonAddress, address asdu.ObjectAddress, blocked bool) error {
	c, err := s.control(station, address)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	c.blocked = blocked
	return nil
}

// control returns a control, or an error that names it.
func (s *Station) control(station asdu.CommonAddress, address asdu.ObjectAddress) (*control, error) {
	one := s.sectors[station]
	if one == nil {
		return nil, fmt.Errorf("station: there is no sector %d: %w", station, iec104.ErrNoObject)
	}
	c := one.controls[address]
	if c == nil {
		return nil, fmt.Errorf("station: sector %d has no control %d: %w", station, address, iec104.ErrNoObject)
	}
	return c, nil
}
