package iec104test

import (
	"context"
	"errors"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"stellwerk/iec104"
	"stellwerk/iec104/asdu"
	"stellwerk/iec104/station"
)

// BuiltinOptions are the settings of the built-in station. Nil options, and
// fields that are zero, have the values named beside them.
type BuiltinOptions struct {
	// Extended serves the types that belong to IEC 60870-5-101 alone too.
	Extended bool
	// Cycles sends some points cyclically and in background scans, and freezes
	// some counters by itself. Without it the station is quiet until it is asked.
	Cycles bool
	// Moving lets values change a little every second. Zero is not at all.
	Moving bool
	// Listener is what the station serves, and owns. Nil serves what
	// [Builtin.Connect] and [Builtin.ServeConn] bring.
	Listener net.Listener
	// Faults returns what spoils a new connection. Nil is nothing.
	Faults func() Faults
	// Station are the options of the model. Clock and some of the server's are
	// the built-in station's own where they are zero: times are invalid until
	// the first clock synchronisation, and commands older than a minute are
	// refused.
	Station station.Options
}

// events is how many ASDUs the built-in station keeps waiting on a connection:
// more than any case asks for.
const events = 1 << 17

// builtinCommandAge is how old a command may be.
const builtinCommandAge = time.Minute

// Builtin is a station with everything that IEC 60870-5-104 knows, see
// [BuiltinSector]. It is a [Subject] that can do all that cases ask for. All
// methods are safe for concurrent use.
type Builtin struct {
	options  BuiltinOptions
	sector   station.Sector
	offset   atomic.Int64  // of the clock
	accepted chan struct{} // one for each connection that was accepted
	closing  chan struct{}
	working  sync.WaitGroup

	mu      sync.Mutex
	present *station.Station // guarded by mu
	closed  bool             // guarded by mu
	toggle  bool             // guarded by mu; the last value of Event
}

var (
	_ Subject       = (*Builtin)(nil)
	_ EventSource   = (*Builtin)(nil)
	_ ClockStepper  = (*Builtin)(nil)
	_ Inventoried   = (*Builtin)(nil)
	_ Changer       = (*Builtin)(nil)
	_ LocalOperator = (*Builtin)(nil)
	_ Restarter     = (*Builtin)(nil)
)

// NewBuiltin starts a built-in station. Close must be called in the end.
func NewBuiltin(options *BuiltinOptions) (*Builtin, error) {
	b := &Builtin{accepted: make(chan struct{}, 1024), closing: make(chan struct{})}
	if options != nil {
		b.options = *options
	}
	b.sector = BuiltinSector(b.options.Extended, b.options.Cycles)
	o := &b.options.Station
	if o.Clock == nil {
		o.Clock = func() time.Time { return time.Now().Add(time.Duration(b.offset.Load())) }
	}
	if o.CommandAge == 0 {
		o.CommandAge = builtinCommandAge
	}
	if o.Server.Events == 0 {
		o.Server.Events = events
	}
	o.Server.Extended = b.options.Extended
	o.Server.Parameters = o.Server.Parameters.WithDefaults()
	o.Unsynchronised = true
	var err error
	if b.present, err = station.New(o, b.sector); err != nil {
		return nil, err
	}
	if b.options.Listener != nil {
		b.working.Go(b.accept)
	}
	if b.options.Moving {
		b.working.Go(b.move)
	}
	return b, nil
}

// accept serves the listener until the station is closed.
func (b *Builtin) accept() {
	for {
		conn, err := b.options.Listener.Accept()
		if err == nil {
			_, _ = b.ServeConn(conn) // one connection too many
			select {
			case b.accepted <- struct{}{}:
			default: // nobody waits
			}
			continue
		}
		select {
		case <-b.closing:
			return
		case <-time.After(100 * time.Millisecond): // too many open files
		}
	}
}

// Station returns the station itself; after [Builtin.Restart] it is another one.
func (b *Builtin) Station() *station.Station {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.present
}

// Sector returns what the station has; [List] lists it.
func (b *Builtin) Sector() station.Sector { return b.sector }

// ServeConn serves a connection.
func (b *Builtin) ServeConn(conn net.Conn) (*iec104.Session, error) {
	if b.options.Faults != nil {
		conn = Faulty(conn, b.options.Faults())
	}
	return b.Station().ServeConn(conn)
}

// Connect is part of [Subject].
func (b *Builtin) Connect(ctx context.Context) (net.Conn, error) {
	if b.options.Listener == nil {
		near, far := net.Pipe()
		if _, err := b.ServeConn(far); err != nil {
			return nil, errors.Join(err, near.Close())
		}
		return near, nil
	}
	address := b.options.Listener.Addr()
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, address.Network(), address.String())
	if err != nil {
		return nil, err
	}
	select { // events that arise from now on are for this connection too
	case <-b.accepted:
		return conn, nil
	case <-ctx.Done():
		return nil, errors.Join(ctx.Err(), conn.Close())
	}
}

// Parameters is part of [Subject].
func (b *Builtin) Parameters() iec104.Parameters { return b.options.Station.Server.Parameters }

// Event is part of [EventSource]: the first single point with time tag goes on
// and off.
func (b *Builtin) Event(n int) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	for range n {
		b.toggle = !b.toggle
		if err := b.present.Set(builtinAddress, builtinObject(asdu.M_SP_TB_1, 1), b.toggle); err != nil {
			return err
		}
	}
	return nil
}

// StepClock is part of [ClockStepper].
func (b *Builtin) StepClock(d time.Duration) error {
	b.offset.Add(int64(d))
	return nil
}

// Change is part of [Changer].
func (b *Builtin) Change(ca asdu.CommonAddress, address asdu.ObjectAddress, value float64) error {
	s := b.Station()
	if o, _ := s.Get(ca, address); o != nil {
		if _, counts := o.(asdu.IntegratedTotal); counts {
			return s.Count(ca, address, int64(value))
		}
	}
	return s.Set(ca, address, value)
}

// Operate is part of [LocalOperator].
func (b *Builtin) Operate(ca asdu.CommonAddress, command asdu.Object) error {
	return b.Station().Operate(ca, command)
}

// Restart is part of [Restarter].
func (b *Builtin) Restart(context.Context) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return iec104.ErrClosed
	}
	next, err := station.New(&b.options.Station, b.sector)
	if err != nil {
		return err
	}
	err = b.present.Close()
	b.present, b.toggle = next, false
	return err
}

// Close ends the station.
func (b *Builtin) Close() error {
	b.mu.Lock()
	if b.closed {
		b.mu.Unlock()
		return nil
	}
	b.closed = true
	close(b.closing)
	present := b.present
	b.mu.Unlock()
	var err error
	if b.options.Listener != nil {
		err = b.options.Listener.Close()
	}
	b.working.Wait()
	return errors.Join(err, present.Close())
}
