package iec104test

import (
	"context"
	"errors"
	"iter"
	"net"
	"sync/atomic"
	"time"

	"stellwerk/iec104"
	"stellwerk/iec104/asdu"
)

// events is how many ASDUs the subjects of this package can have waiting: more
// than any case asks for.
const events = 1 << 17

// Station is our own controlled station as a subject. It is in memory, unless
// it is given a listener.
type Station struct {
	server     *iec104.Server
	parameters iec104.Parameters
	address    net.Addr      // nil in memory
	accepted   chan struct{} // one for each connection that was accepted
	offset     atomic.Int64
}

var (
	_ Subject      = (*Station)(nil)
	_ EventSource  = (*Station)(nil)
	_ ClockStepper = (*Station)(nil)
)

// NewStation starts a station, whose fields that are zero in p have their
// defaults. It serves the listener, which it owns, or with nil connections in
// memory. Close must be called in the end.
func NewStation(p iec104.Parameters, listener net.Listener) (*Station, error) {
	s := &Station{parameters: p.WithDefaults(), accepted: make(chan struct{}, 1024)}
	var err error
	s.server, err = iec104.NewServer(stationApplication{s}, &iec104.ServerOptions{Parameters: s.parameters, Events: events})
	if err != nil {
		return nil, err
	}
	if listener != nil {
		s.address = listener.Addr()
		go s.server.Serve(listener) //nolint:errcheck // ends when the server is closed, which waits for it
	}
	return s, nil
}

// Connect is part of [Subject].
func (s *Station) Connect(ctx context.Context) (net.Conn, error) {
	if s.address != nil {
		return s.dial(ctx)
	}
	near, far := net.Pipe()
	if _, err := s.server.ServeConn(far); err != nil {
		return nil, errors.Join(err, near.Close())
	}
	return near, nil
}

// dial connects over the network and waits until the station knows of it: events
// that arise from then on are for the new connection too.
func (s *Station) dial(ctx context.Context) (net.Conn, error) {
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, s.address.Network(), s.address.String())
	if err != nil {
		return nil, err
	}
	select {
	case <-s.accepted:
		return conn, nil
	case <-ctx.Done():
		return nil, errors.Join(ctx.Err(), conn.Close())
	}
}

// Parameters is part of [Subject].
func (s *Station) Parameters() iec104.Parameters { return s.parameters }

// Event is part of [EventSource]: it sends spontaneous single points.
func (s *Station) Event(n int) error {
	for i := range n {
		a, err := asdu.New(nil, asdu.Header{
			Type: asdu.M_SP_TB_1, Cause: asdu.Spontaneous, CommonAddress: 1,
		}, asdu.SinglePoint{Address: 1, Value: i%2 == 0, Time: asdu.CP56(s.now())})
		if err != nil {
			return err
		}
		if err := s.server.Send(a); err != nil {
			return err
		}
	}
	return nil
}

// StepClock is part of [ClockStepper].
func (s *Station) StepClock(d time.Duration) { s.offset.Add(int64(d)) }

func (s *Station) now() time.Time { return time.Now().Add(time.Duration(s.offset.Load())).UTC() }

// Close ends the station.
func (s *Station) Close() error { return s.server.Close() }

// stationApplication is what a [Station] does apart from the link: it has one
// point and one object that can be operated, with the addresses 1 and 2.
type stationApplication struct{ s *Station }

func (stationApplication) Interrogate(_ *iec104.Session, _ asdu.CommonAddress, q asdu.InterrogationQualifier) iter.Seq[asdu.ASDU] {
	return func(yield func(asdu.ASDU) bool) {
		if q != asdu.InterrogateStation {
			return
		}
		a, err := asdu.New(nil, asdu.Header{Type: asdu.M_SP_NA_1, CommonAddress: 1}, asdu.SinglePoint{Address: 1})
		if err == nil {
			yield(a)
		}
	}
}

func (a stationApplication) Connected(*iec104.Session) {
	select {
	case a.s.accepted <- struct{}{}:
	default: // in memory nobody waits
	}
}

func (stationApplication) StateChanged(*iec104.Session, iec104.State) {}

func (stationApplication) Disconnected(*iec104.Session, error) {}

func (stationApplication) Command(c *iec104.Command) {
	if c.Object.IOA() != 2 {
		_ = c.Disown() // errors here tell of a connection that is gone
		return
	}
	_ = c.Confirm()
	if !c.Select {
		_ = c.Terminate()
	}
}

func (a stationApplication) SetClock(_ *iec104.Session, _ asdu.CommonAddress, t asdu.Time) (asdu.Time, error) {
	before := a.s.now()
	instant, err := t.Instant(time.UTC)
	if err != nil {
		return 0, err
	}
	a.s.StepClock(instant.Sub(before))
	return asdu.CP56(before), nil
}
