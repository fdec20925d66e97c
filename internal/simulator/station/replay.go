package station

import (
	"context"
	"errors"
	"iter"
	"net"
	"sync"
	"time"

	"stellwerk/iec104"
	"stellwerk/iec104/asdu"
)

// Recorded is an ASDU of a capture with the time at which it was captured.
type Recorded struct {
	Time time.Time
	ASDU asdu.ASDU
}

// ReplayOptions say how a capture is replayed. Zero values are explained with
// the fields.
type ReplayOptions struct {
	// ASDU says how long the fields of ASDUs are; nil is the standard.
	ASDU *asdu.Params
	// Speed is how much faster than recorded telegrams are sent. Zero is 1;
	// below zero there are no pauses at all.
	Speed float64
	// Stations are the common addresses that the capture has.
	Stations []asdu.CommonAddress
	// Played is told of each ASDU that has been handed over for sending.
	Played func(asdu.ASDU)
}

// Replay is a controlled station that sends what a station sent in a capture. It
// numbers the frames itself, and answers interrogations with the state that the
// capture has reached. It is played to one control centre at a time. Commands are
// refused: nobody can say what the recorded station would have answered.
type Replay struct {
	options ReplayOptions
	server  *iec104.Server
	process *process
	feed    *feed

	once    sync.Once
	started chan struct{} // closed when data transfer is started for the first time
}

// NewReplay returns a replay that begins when a control centre starts data
// transfer.
func NewReplay(options ReplayOptions) (*Replay, error) {
	r := &Replay{options: options, process: newProcess(), feed: newFeed(), started: make(chan struct{})}
	if r.options.Speed == 0 {
		r.options.Speed = 1
	}
	server, err := iec104.NewServer(r, &iec104.ServerOptions{
		ASDU: options.ASDU, CommonAddresses: options.Stations,
		Queue: func(net.Conn) iec104.EventQueue { return r.feed },
	})
	r.server = server
	return r, err
}

// Run serves a listener and plays the recording until all of it has been
// acknowledged; then it goes on serving until ctx ends. done is called when the
// recording has been played. An error of the recording ends the replay.
func (r *Replay) Run(ctx context.Context, listener net.Listener, recording iter.Seq2[Recorded, error], done func()) error {
	ctx, cancel := context.WithCancel(ctx)
	var serving sync.WaitGroup
	var serveErr error
	serving.Go(func() {
		defer cancel()
		serveErr = r.server.Serve(listener)
	})
	err := r.play(ctx, recording)
	if err == nil {
		done()
		<-ctx.Done()
	}
	_ = r.server.Close() // always nil: what it waits for has ended
	serving.Wait()
	cancel()
	if errors.Is(err, context.Canceled) {
		err = nil
	}
	if err == nil && !errors.Is(serveErr, iec104.ErrClosed) {
		err = serveErr
	}
	return err
}

// play hands the recording over at its pace.
func (r *Replay) play(ctx context.Context, recording iter.Seq2[Recorded, error]) error {
	select {
	case <-r.started:
	case <-ctx.Done():
		return ctx.Err()
	}
	begin := time.Now()
	var first time.Time
	for recorded, err := range recording {
		if err != nil {
			return err
		}
		if first.IsZero() {
			first = recorded.Time
		}
		if err := r.wait(ctx, begin, recorded.Time.Sub(first)); err != nil {
			return err
		}
		a := recorded.ASDU.Clone()
		a.Cause = replayCause(a)
		r.process.keep(a)
		if err := r.feed.push(ctx, a); err != nil {
			return err
		}
		if r.options.Played != nil {
			r.options.Played(a)
		}
	}
	return r.feed.drained(ctx)
}

// wait waits until the moment of the recording has come.
func (r *Replay) wait(ctx context.Context, begin time.Time, offset time.Duration) error {
	if r.options.Speed < 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(time.Until(begin.Add(time.Duration(float64(offset) / r.options.Speed))))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// replayCause returns the cause to send a recorded ASDU with: answers to
// interrogations that nobody makes now become background scans, or spontaneous
// where the type has no such cause.
func replayCause(a asdu.ASDU) asdu.Cause {
	if !a.Cause.Interrogated() && !a.Cause.CounterRequested() && a.Cause != asdu.Request {
		return a.Cause
	}
	if a.Type.Allows(asdu.Background) {
		return asdu.Background
	}
	return asdu.Spontaneous
}

// Replayable reports whether an ASDU is one that a station sends by itself:
// process information, and types that the standard reserves or leaves to private
// use.
func Replayable(a asdu.ASDU) bool {
	return !a.Type.Control() && a.Type != asdu.M_EI_NA_1 && (a.Type < asdu.F_FR_NA_1 || a.Type.Private()) && !a.Cause.Unknown()
}

// Interrogate is part of iec104.Station.
func (r *Replay) Interrogate(_ *iec104.Session, station asdu.CommonAddress, q asdu.InterrogationQualifier) iter.Seq[asdu.ASDU] {
	if q != asdu.InterrogateStation {
		return nil
	}
	return r.process.interrogate(r.options.ASDU, station)
}

// Command is part of iec104.Station.
func (*Replay) Command(c *iec104.Command) {
	_ = c.Refuse() // fails only where the connection is gone
}

// Connected is part of iec104.SessionObserver.
func (*Replay) Connected(*iec104.Session) {}

// StateChanged is part of iec104.SessionObserver.
func (r *Replay) StateChanged(_ *iec104.Session, state iec104.State) {
	if state == iec104.Started {
		r.once.Do(func() { close(r.started) })
	}
}

// Disconnected is part of iec104.SessionObserver.
func (*Replay) Disconnected(*iec104.Session, error) {}
