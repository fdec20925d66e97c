package probe

import (
	"context"
	"errors"
	"time"

	"stellwerk/iec104/asdu"
	"stellwerk/internal/finding"
)

const (
	// windowLimit is how many I frames of the station are left unacknowledged at
	// most; beyond that its k is only known to be larger.
	windowLimit = 40
	// patience is how long acknowledgements are withheld at most: the station
	// closes the connection at its t1, 15 s as a rule.
	patience = 13500 * time.Millisecond
)

// window finds out after how many unacknowledged I frames the station stops (k),
// after how many of ours it acknowledges while it may not send (w), and after
// which time (t2). It withholds acknowledgements for that, for less than the t1 of
// the standard.
//
// Test commands make the station send: each is answered, and none touches the
// process. As long as its window is open its answers acknowledge them; when it has
// closed only S frames can.
func (r *prober) window(ctx context.Context) error {
	if r.options.Quick {
		return nil
	}
	r.options.Doing("withholding acknowledgements to find k, w and t2")
	if r.peer.unconfirmed() > 0 {
		if err := r.peer.acknowledge(); err != nil {
			return err
		}
	}
	w := &Window{}
	r.report.Window = w
	if acknowledges, err := r.settled(ctx); err != nil || !acknowledges {
		w.Text = "it does not acknowledge"
		return err
	}
	r.peer.hold = true
	begun := time.Now()
	err := r.fill(ctx, w)
	if err == nil && w.K > 0 && !w.More {
		err = r.acknowledgements(ctx, w)
	}
	r.peer.hold = false
	if errors.Is(err, ErrClosed) {
		w.Text = "the station closed the connection"
		r.report.Found(finding.New(finding.ClosedEarly, time.Since(begun).Round(100*time.Millisecond)), 0)
		return err
	}
	if err != nil {
		return err
	}
	return r.release(ctx, w)
}

// settled waits until the station has acknowledged all that was asked so far. One
// that does not within t2 is found to be wrong.
func (r *prober) settled(ctx context.Context) (bool, error) {
	acknowledged, err := r.peer.until(ctx, r.peer.oldest.Add(r.p.T2+time.Second), func() bool { return r.peer.unacknowledged() == 0 })
	if err == nil && !acknowledged {
		r.report.Found(finding.New(finding.Unacknowledged, time.Since(r.peer.oldest).Round(time.Millisecond), r.p.T2), 0)
	}
	return acknowledged, err
}

// pace is how long an answer may take: some time more than those before it.
func (r *prober) pace() time.Duration {
	return min(3*time.Second, max(700*time.Millisecond, 4*max(r.rtt, r.latency)))
}

// stimulus makes the request that makes the station send.
func (r *prober) stimulus(common asdu.CommonAddress, byTest bool) (asdu.ASDU, error) {
	if !byTest {
		return r.interrogation(common, 0)
	}
	r.counter++
	return asdu.New(r.options.ASDU, asdu.Header{
		Type: asdu.C_TS_TA_1, Cause: asdu.Activation, Originator: r.options.Originator, CommonAddress: common,
	}, asdu.TimedTestCommand{Counter: r.counter, Time: asdu.CP56(time.Now().In(r.options.Zone))})
}

// someone is the common address that requests without an effect go to.
func (r *prober) someone() asdu.CommonAddress {
	for _, s := range r.report.Stations {
		if s.Confirmed != nil {
			return s.CommonAddress
		}
	}
	if r.options.CommonAddress != 0 {
		return r.options.CommonAddress
	}
	return 1
}

// fill makes the station send until it stops.
func (r *prober) fill(ctx context.Context, w *Window) error {
	byTest := true
	for r.peer.unconfirmed() < windowLimit {
		if r.tooLate() || r.peer.unacknowledged() >= r.p.K {
			w.Text = "it was too slow to fill its window in time"
			w.K, w.More = r.peer.unconfirmed(), true
			return nil
		}
		request, err := r.stimulus(r.someone(), byTest)
		if err != nil {
			return err
		}
		before := r.peer.receive
		if err := r.peer.request(request); err != nil {
			return err
		}
		if _, err := r.peer.until(ctx, time.Now().Add(r.pace()), func() bool { return r.peer.receive != before }); err != nil {
			return err
		}
		switch {
		case r.peer.receive != before:
		case r.peer.unconfirmed() == 0 && byTest:
			byTest = false // it ignores test commands
		case r.peer.unconfirmed() == 0:
			w.Text = "it answers neither test commands nor interrogations"
			return nil
		default:
			w.K = r.peer.unconfirmed()
			if w.K < r.p.K {
				r.report.Found(finding.New(finding.KDiffers, w.K, r.p.K), 0)
			}
			if w.K > r.p.K {
				r.report.Found(finding.New(finding.KExceeded, w.K, r.p.K), 0)
			}
			return nil
		}
	}
	w.K, w.More = r.peer.unconfirmed(), true
	r.report.Found(finding.New(finding.KExceeded, w.K, r.p.K), 0)
	return nil
}

// tooLate reports whether the station may soon give up waiting.
func (r *prober) tooLate() bool {
	return r.peer.unconfirmed() > 0 && time.Since(r.peer.waiting) > patience
}

// acknowledgements measures w and t2 of a station that may not send I frames, and
// to which one request is under way.
func (r *prober) acknowledgements(ctx context.Context, w *Window) error {
	for r.peer.unacknowledged() < r.p.K {
		before, open := r.peer.acked, r.peer.unacknowledged()
		if r.tooLate() {
			return nil
		}
		request, err := r.stimulus(r.someone(), true)
		if err != nil {
			return err
		}
		if err := r.peer.request(request); err != nil {
			return err
		}
		acked, err := r.peer.until(ctx, time.Now().Add(max(30*time.Millisecond, 2*r.rtt)), func() bool { return r.peer.acked != before })
		if err != nil {
			return err
		}
		if acked {
			w.W = open + 1 - r.peer.unacknowledged()
			break
		}
	}
	if w.W == 0 {
		// Not after k of ours, which no control centre goes beyond.
		w.Text = "it acknowledges by t2, not after w frames"
	}
	if w.W > max(1, r.p.K*2/3) {
		r.report.Found(finding.New(finding.WExceeded, w.W, max(1, r.p.K*2/3)), 0)
	}
	return r.lazy(ctx, w)
}

// lazy measures t2 with one more request.
func (r *prober) lazy(ctx context.Context, w *Window) error {
	if r.peer.unacknowledged() == 0 {
		request, err := r.stimulus(r.someone(), true)
		if err != nil {
			return err
		}
		if err := r.peer.request(request); err != nil {
			return err
		}
	}
	begin, before := r.peer.oldest, r.peer.acked
	r.options.Doing("waiting for t2 of the station")
	acked, err := r.peer.until(ctx, r.peer.waiting.Add(patience), func() bool { return r.peer.acked != before })
	if err != nil {
		return err
	}
	waited := time.Since(begin)
	switch {
	case acked:
		w.T2 = ms(waited)
		if waited > r.p.T2+time.Second {
			r.report.Found(finding.New(finding.T2Exceeded, waited.Round(time.Millisecond), r.p.T2), 0)
		}
	case waited > r.p.T2+500*time.Millisecond:
		r.report.Found(finding.New(finding.Unacknowledged, waited.Round(time.Millisecond), r.p.T2), 0)
	}
	return nil
}

// release acknowledges all that came, and waits for what the station has kept
// back.
func (r *prober) release(ctx context.Context, w *Window) error {
	stalled, before := w.K > 0 && !w.More, r.peer.receive
	kept := r.peer.unconfirmed()
	if kept > 0 {
		if err := r.peer.acknowledge(); err != nil {
			return err
		}
	}
	if !stalled {
		w.Resumed = true
		return nil
	}
	r.options.Doing("waiting for what the station has kept back")
	resumed, err := r.peer.until(ctx, time.Now().Add(3*time.Second), func() bool { return r.peer.receive != before })
	if err != nil {
		return err
	}
	w.Resumed = resumed
	if !resumed {
		r.report.Found(finding.New(finding.WindowStuck, kept), 0)
	}
	// The rest of it, so that data transfer ends in order.
	for last := r.peer.receive; ; last = r.peer.receive {
		more, err := r.peer.until(ctx, time.Now().Add(300*time.Millisecond), func() bool { return r.peer.receive != last })
		if err != nil || !more {
			return err
		}
	}
}
