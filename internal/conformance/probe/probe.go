package probe

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"stellwerk/iec104"
	"stellwerk/iec104/apci"
	"stellwerk/iec104/asdu"
	"stellwerk/internal/finding"
)

// Options say how a station is probed. Zero values are explained with the fields.
type Options struct {
	// Parameters are those of the link procedure that were agreed on; zero fields
	// have the standard's values.
	Parameters iec104.Parameters
	// ASDU says how long the fields of ASDUs are; nil is the standard.
	ASDU *asdu.Params
	// Originator is the originator address of requests; 0 means that none is used.
	Originator uint8
	// CommonAddress is the station to look at; 0 finds out which there are.
	CommonAddress asdu.CommonAddress
	// Answer is how long the station may be silent about a request. Zero is 10 s.
	Answer time.Duration
	// Zone is that of the station's clock; nil is UTC.
	Zone *time.Location
	// Quick leaves out what takes long: groups, waiting for events, and the window.
	Quick bool
	// Events is how long to wait for an event with a date, where nothing else has
	// told the clock's error. Zero is 3 s.
	Events time.Duration
	// Trace sees every frame, as that of the library's stations does.
	Trace func(iec104.Frame)
	// Doing is told in a phrase what is being done; nil is not.
	Doing func(string)
}

// prober is a probe that is under way.
type prober struct {
	options Options
	p       iec104.Parameters
	peer    *peer
	report  *Report
	clock   *Clock
	asked   *asked // the request under way; nil between requests
	points  points
	rtt     time.Duration // of a test frame
	latency time.Duration // of a confirmation
	counter uint16        // TSC of test commands
}

// Run probes the station on conn, which is newly established and which it closes.
// The report, which the caller has begun, holds what could be seen even where an
// error ends the probe: that of ctx, [ErrClosed], [ErrSilent], or what the station
// did wrong.
func Run(ctx context.Context, conn net.Conn, options Options, report *Report) (*List, error) {
	if options.Answer == 0 {
		options.Answer = 10 * time.Second
	}
	if options.Events == 0 {
		options.Events = 3 * time.Second
	}
	if options.Zone == nil {
		options.Zone = time.UTC
	}
	if options.Doing == nil {
		options.Doing = func(string) {}
	}
	r := &prober{options: options, p: options.Parameters.WithDefaults(), report: report}
	r.points.init(report)
	r.peer = newPeer(conn, options.ASDU, r.p, options.Trace)
	r.peer.take = r.take
	err := r.run(ctx)
	r.peer.close()
	r.finish()
	return r.points.list(), err
}

// run takes the steps one after the other.
func (r *prober) run(ctx context.Context) error {
	if err := r.start(ctx); err != nil {
		return err
	}
	for _, step := range []func(context.Context) error{r.test, r.stations, r.counters, r.groups, r.events, r.window, r.stop} {
		if err := step(ctx); err != nil {
			if ctx.Err() == nil {
				r.report.Found(finding.New(finding.BrokenOff, err), 0)
			}
			return err
		}
	}
	return nil
}

// start starts data transfer.
func (r *prober) start(ctx context.Context) error {
	r.options.Doing("waiting for data transfer to be started")
	took, err := r.u(ctx, apci.StartDTAct)
	r.report.Start = took
	r.clock = NewClock(r.options.Zone)
	return err
}

// u sends a U frame and returns how long its confirmation took, in milliseconds.
func (r *prober) u(ctx context.Context, f apci.Function) (*float64, error) {
	begin := time.Now()
	if err := r.peer.function(f); err != nil {
		return nil, err
	}
	confirmed, err := r.peer.until(ctx, begin.Add(r.p.T1), func() bool { return !r.peer.functions[f<<1].IsZero() })
	if err != nil {
		return nil, err
	}
	if !confirmed {
		return nil, fmt.Errorf("%w: %s is not confirmed within t1 (%s)", ErrSilent, f, r.p.T1)
	}
	return ms(r.peer.functions[f<<1].Sub(begin)), nil
}

// testFrames is how many test frames are sent.
const testFrames = 3

// test measures how long a test frame takes.
func (r *prober) test(ctx context.Context) error {
	r.options.Doing("measuring test frames")
	spread := &Spread{}
	for range testFrames {
		took, err := r.u(ctx, apci.TestFRAct)
		if err != nil {
			return err
		}
		spread.add(*took)
	}
	r.report.Test = spread
	r.rtt = time.Duration(spread.Mean * float64(time.Millisecond))
	return nil
}

func (s *Spread) add(value float64) {
	if s.Count == 0 {
		s.Min = value
	}
	s.Min, s.Max = min(s.Min, value), max(s.Max, value)
	s.Mean = (s.Mean*float64(s.Count) + value) / float64(s.Count+1)
	s.Count++
}

// events waits for an event that tells the clock's error, where nothing else did.
func (r *prober) events(ctx context.Context) error {
	if r.options.Quick {
		return nil
	}
	r.options.Doing("waiting for events with a date")
	_, err := r.peer.until(ctx, time.Now().Add(r.options.Events), func() bool {
		_, _, known := r.clock.Error()
		return known
	})
	return err
}

// stop stops data transfer.
func (r *prober) stop(ctx context.Context) error {
	r.options.Doing("stopping data transfer")
	if r.peer.unconfirmed() > 0 {
		if err := r.peer.acknowledge(); err != nil {
			return err
		}
	}
	took, err := r.u(ctx, apci.StopDTAct)
	if errors.Is(err, ErrSilent) {
		r.report.Found(finding.New(finding.T1Exceeded, apci.StopDTAct, r.p.T1, r.p.T1), 0)
		return nil
	}
	r.report.Stop = took
	return err
}

// finish completes the report.
func (r *prober) finish() {
	for _, s := range r.report.Stations {
		s.finish()
	}
	r.points.judge()
	if r.clock == nil {
		return
	}
	ahead, source, known := r.clock.Error()
	r.report.Clock = ClockError{Known: known, Source: source}
	if known {
		r.report.Clock.Error = ms(ahead)
		if ahead.Abs() > clockTolerance {
			r.report.Found(finding.New(finding.ClockOff, ClockWords(ahead)), 0)
		}
	}
	if n := r.clock.Invalid(); n > 0 {
		r.report.Found(finding.New(finding.TimeInvalid, n), 0)
	}
}

// clockTolerance is how far a clock may be off: what the network takes, and what
// stations without a better source have.
const clockTolerance = time.Second

// ms gives a duration in milliseconds with three decimals.
func ms(d time.Duration) *float64 {
	return new(float64(d.Round(time.Microsecond)) / float64(time.Millisecond))
}
