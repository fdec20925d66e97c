package station

import (
	"errors"
	"fmt"
	"maps"
	"net"
	"slices"
	"sync"
	"time"

	"stellwerk/iec104"
	"stellwerk/iec104/asdu"
)

// Options are the settings of a [Station]. Nil options, and fields that are
// zero, have the values named beside them.
type Options struct {
	// Server are those of the server. Its common addresses are left empty: they
	// follow from the sectors.
	Server iec104.ServerOptions
	// Clock is the clock that the station has when it starts. C_CS_NA_1 shifts
	// what the station makes of it. Nil is the computer's.
	Clock func() time.Time
	// Location is the zone of the station's times, of time-tagged commands and
	// of clock synchronisation. Nil is UTC.
	Location *time.Location
	// SummerUnmarked is for a station whose clock follows the summer time of its
	// location without the SU bit; see [iec104.TimeZone].
	SummerUnmarked bool
	// Unsynchronised marks all times invalid until the first clock
	// synchronisation.
	Unsynchronised bool
	// SetClock is asked whether, and told that, the clock of a sector is set.
	// An error refuses. Nil lets all have their way.
	SetClock func(station asdu.CommonAddress, t time.Time) error
	// CommandAge is by how much the time tag of a command may be off the
	// station's clock, in both directions: what is further off is refused. Zero
	// is any.
	CommandAge time.Duration
	// Decide is asked before a command that the station would carry out, or
	// select. Nil carries out.
	Decide func(*Operation) Decision
	// Done is told when an operation is over, with nil where it arrived, and
	// [context.Canceled] where a reset, Close, or the end of the connection
	// before its confirmation broke it off.
	Done func(*Operation, error)
	// Refused is told of commands that the station refuses, and why: one of
	// the errors of this package.
	Refused func(*Operation, error)
	// Reset is asked whether the station may be reset, and does it as far as the
	// application is concerned. An error refuses. Nil agrees.
	Reset func(asdu.CommonAddress, asdu.ResetQualifier) error
	// Before sees every ASDU before the station does, and After when it has
	// been dealt with; see [iec104.ASDUWatcher].
	Before func(*iec104.Session, asdu.ASDU) (taken bool, err error)
	After  func(*iec104.Session, asdu.ASDU)
	// Other takes ASDUs of types that the station does not know; see
	// [iec104.ASDUHandler]. Nil answers them with cause 44.
	Other func(*iec104.Session, asdu.ASDU) (handled bool, err error)
	// Observer is told of connections.
	Observer iec104.SessionObserver
	// Initialization is the cause of initialisation that M_EI_NA_1 tells after
	// the start. WithoutEndOfInitialization sends no M_EI_NA_1.
	Initialization             asdu.InitializationCause
	WithoutEndOfInitialization bool
}

// Station is a controlled station with a model of its process. Make one with
// [New]. All methods are safe for concurrent use; the functions of [Options]
// may call them, except Close.
type Station struct {
	options Options
	server  *iec104.Server
	params  *asdu.Params
	zone    iec104.TimeZone
	sectors map[asdu.CommonAddress]*sector
	order   []*sector // by common address
	timers  timers
	losses  losses

	// sending is held while a change is made and sent, so that events have the
	// order of changes. It is taken before mu.
	sending sync.Mutex
	mu      sync.Mutex
}

// sector is a sector of a running station. Its maps do not change.
type sector struct {
	address    asdu.CommonAddress
	points     map[asdu.ObjectAddress]*point
	controls   map[asdu.ObjectAddress]*control
	parameters map[asdu.ObjectAddress]parameterAt
	files      iec104.FileStore
	overflow   asdu.ObjectAddress // 0 is none

	mode              Mode                         // guarded by Station.mu
	clock             clock                        // guarded by Station.mu
	initialization    asdu.EndOfInitialization     // guarded by Station.mu
	parametersChanged bool                         // since the last initialisation; guarded by Station.mu
	told              map[string]struct{}          // who has heard of the last initialisation; guarded by Station.mu
	owed              map[*iec104.Session]struct{} // connections that have not; guarded by Station.mu
	epoch             int                          // counts resets; guarded by Station.mu
	reports           []*report                    // of freezes that were commanded, the oldest first; guarded by Station.mu
}

// New returns a station with the given sectors, which serves nobody yet; its
// cycles begin at once. Close must be called in the end. An error names the
// sector and the object that is wrong.
func New(options *Options, sectors ...Sector) (*Station, error) {
	s := &Station{sectors: make(map[asdu.CommonAddress]*sector)}
	if options != nil {
		s.options = *options
	}
	if s.options.Clock == nil {
		s.options.Clock = time.Now
	}
	s.zone = iec104.TimeZone{Location: s.options.Location, SummerUnmarked: s.options.SummerUnmarked}
	if len(s.options.Server.CommonAddresses) > 0 {
		return nil, errors.New("station: the common addresses follow from the sectors, the server's options must not have any")
	}
	if len(sectors) == 0 {
		return nil, errors.New("station: there is no sector")
	}
	s.params = s.options.Server.ASDU
	for _, c := range sectors {
		if c.Address == 0 {
			c.Address = 1
		}
		if s.sectors[c.Address] != nil {
			return nil, fmt.Errorf("station: two sectors have the common address %d", c.Address)
		}
		one, err := s.newSector(c)
		if err != nil {
			return nil, fmt.Errorf("station: sector %d: %w", c.Address, err)
		}
		s.sectors[c.Address] = one
	}
	for _, address := range slices.Sorted(maps.Keys(s.sectors)) {
		s.order = append(s.order, s.sectors[address])
	}
	serverOptions := s.options.Server
	s.markOverflow(&serverOptions)
	serverOptions.CommonAddresses = slices.Sorted(maps.Keys(s.sectors))
	server, err := iec104.NewServer(newApplication(s), &serverOptions)
	if err != nil {
		return nil, fmt.Errorf("station: %w", err)
	}
	s.server = server
	for _, one := range s.order {
		s.beginCycles(one)
	}
	return s, nil
}

func (s *Station) newSector(c Sector) (*sector, error) {
	one := &sector{
		address:        c.Address,
		points:         make(map[asdu.ObjectAddress]*point, len(c.Points)),
		controls:       make(map[asdu.ObjectAddress]*control, len(c.Controls)),
		parameters:     make(map[asdu.ObjectAddress]parameterAt),
		files:          c.Files,
		overflow:       c.Overflow,
		initialization: asdu.EndOfInitialization{Cause: s.options.Initialization},
		told:           make(map[string]struct{}),
		owed:           make(map[*iec104.Session]struct{}),
	}
	free := func(address asdu.ObjectAddress) error {
		switch {
		case address == 0 || address > s.params.MaxObjectAddress():
			return fmt.Errorf("address %d: must be 1 to %d", address, s.params.MaxObjectAddress())
		case one.points[address] != nil || one.controls[address] != nil || one.parameters[address].point != nil:
			return fmt.Errorf("address %d is used twice", address)
		default:
			return nil
		}
	}
	for _, config := range c.Points {
		if err := free(config.Address); err != nil {
			return nil, err
		}
		p, err := newPoint(one, config)
		if err != nil {
			return nil, fmt.Errorf("point %d: %w", config.Address, err)
		}
		one.points[config.Address] = p
	}
	if p := one.points[c.Overflow]; c.Overflow != 0 && (p == nil || p.family != singlePoint) {
		return nil, fmt.Errorf("overflow: %d must be a single point of the sector", c.Overflow)
	}
	for _, config := range c.Points {
		for _, parameter := range config.Parameters {
			if err := free(parameter.Address); err != nil {
				return nil, fmt.Errorf("parameter of point %d: %w", config.Address, err)
			}
			one.parameters[parameter.Address] = parameterAt{one.points[config.Address], parameter.Kind}
		}
	}
	for _, config := range c.Controls {
		if err := free(config.Address); err != nil {
			return nil, err
		}
		control, err := newControl(one, config)
		if err != nil {
			return nil, fmt.Errorf("control %d: %w", config.Address, err)
		}
		one.controls[config.Address] = control
	}
	return one, nil
}

// Server returns the server, for what it can do beyond: [iec104.Server.Send]
// sends ASDUs of the application's own.
func (s *Station) Server() *iec104.Server { return s.server }

// Serve accepts connections until the station is closed, and then returns
// [iec104.ErrClosed]; see [iec104.Server.Serve].
func (s *Station) Serve(listener net.Listener) error { return s.server.Serve(listener) }

// ServeConn serves one connection; see [iec104.Server.ServeConn].
func (s *Station) ServeConn(conn net.Conn) (*iec104.Session, error) { return s.server.ServeConn(conn) }

// Close ends cycles, operations and connections and waits for them.
func (s *Station) Close() error {
	s.timers.close()
	err := s.server.Close()
	for _, one := range s.order {
		s.breakOff(one)
	}
	return err
}

// Sectors returns what the station was made of, in the order of common
// addresses, and of object addresses within a sector.
func (s *Station) Sectors() []Sector {
	all := make([]Sector, 0, len(s.order))
	for _, one := range s.order {
		c := Sector{Address: one.address, Files: one.files, Overflow: one.overflow}
		for _, address := range slices.Sorted(maps.Keys(one.points)) {
			c.Points = append(c.Points, one.points[address].Point)
		}
		for _, address := range slices.Sorted(maps.Keys(one.controls)) {
			c.Controls = append(c.Controls, one.controls[address].Control)
		}
		all = append(all, c)
	}
	return all
}

// point returns a point, or an error that names it.
func (s *Station) point(station asdu.CommonAddress, address asdu.ObjectAddress) (*point, error) {
	one := s.sectors[station]
	if one == nil {
		return nil, fmt.Errorf("station: there is no sector %d: %w", station, iec104.ErrNoObject)
	}
	p := one.points[address]
	if p == nil {
		return nil, fmt.Errorf("station: sector %d has no point %d: %w", station, address, iec104.ErrNoObject)
	}
	return p, nil
}
