package ads

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"stellwerk/ads/ams"
	"stellwerk/ads/command"
)

const (
	// retryAfter is the pause before a subscription is tried again that the
	// target has refused.
	retryAfter = 10 * time.Second
	// silence is after how many of its cycles without a sample the heartbeat is
	// dead, and after how much time at least.
	silence      = 3
	leastSilence = 3 * time.Second
)

// targetWatch looks after the target of a supervisor on one connection. Its
// methods are called by the goroutine of Run.
type targetWatch struct {
	supervisor *Supervisor
	client     *Client
	up         bool
	good       time.Time // when the target answered for the last time, and all was well
	known      bool      // version is known
	version    uint8
	none       bool   // it has no symbol version
	epoch      uint64 // of the client's subscriptions, up to which all were made again

	// The heartbeat is a notification of the symbol version in every cycle: a
	// target that no longer sends it has forgotten all notifications. The alarm is
	// one when the version changes: from then on samples by name are not taken.
	heartbeat *Subscription
	alarm     *Subscription
	refused   bool         // the target gives no such notification
	beat      atomic.Int64 // when it came for the last time, since the connection began
	seen      atomic.Int32 // the version in it
}

// run looks at the target until the connection ends.
func (w *targetWatch) run(ctx context.Context) error {
	ticker := time.NewTicker(w.supervisor.options.Watch)
	defer ticker.Stop()
	for {
		if err := w.check(ctx); err != nil {
			return err
		}
		select {
		case <-ticker.C:
		case <-w.supervisor.wake:
		case <-w.client.Done():
			return w.client.Err()
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// end tells all subscriptions that the connection has ended.
func (w *targetWatch) end(err error) {
	if heard := w.client.conn.begin.Add(time.Duration(w.client.conn.heard.Load())); heard.Before(w.good) {
		w.good = heard
	}
	for _, s := range w.supervisor.subscriptions() {
		s.stop(err, w.good)
	}
}

// check looks at the target once. An error ends the connection.
func (w *targetWatch) check(ctx context.Context) error {
	state, err := w.client.ReadState(ctx)
	version, none := uint8(0), false
	if err == nil {
		version, none, err = w.client.version(ctx)
	}
	if err != nil {
		return w.away(ctx, err)
	}
	w.up = true
	now := time.Now()
	renewed := false
	epoch := w.client.subscriptions.epoch.Load()
	changed := w.known && (version != w.version || none != w.none)
	if changed || !w.known {
		w.seen.Store(int32(version))
	}
	switch {
	case changed:
		renewed = true
		w.renew(ctx, true, fmt.Errorf("the symbol version has changed from %d to %d", w.version, version), w.good)
	case w.known && epoch != w.epoch:
		renewed = true
		w.renew(ctx, true, fmt.Errorf("the target has told of another symbol version than %d", version), w.good)
	}
	w.version, w.none, w.known, w.epoch = version, none, true, epoch
	if w.dead() {
		renewed = true
		w.renew(ctx, false, errors.New("the target sends no notifications any more: it was restarted"),
			w.client.conn.begin.Add(time.Duration(w.beat.Load())))
	}
	w.supervisor.set(func(status *SupervisorStatus) {
		status.State, status.Err, status.Target, status.Version = Connected, nil, state, version
		if renewed {
			status.Renewals++
		}
	})
	if err := w.attach(ctx); err != nil {
		return err
	}
	w.good = now
	return nil
}

// away is for a target that does not answer. Where it is the connection that
// fails, that is an error.
func (w *targetWatch) away(ctx context.Context, err error) error {
	if ctx.Err() != nil || w.client.Err() != nil || Code(err) == ams.NoError {
		return err
	}
	w.client.names.mu.Lock()
	at := w.client.names.at
	w.client.names.mu.Unlock()
	w.client.names.forget(at, false)
	w.client.subscriptions.stop(err, w.good)
	for _, s := range w.supervisor.subscriptions() {
		s.stop(err, w.good)
	}
	w.heartbeat, w.alarm, w.known = nil, nil, false
	w.supervisor.set(func(status *SupervisorStatus) { status.State, status.Err = Unavailable, err })
	return nil
}

// dead reports whether the heartbeat has stopped.
func (w *targetWatch) dead() bool {
	if w.heartbeat == nil {
		return false
	}
	limit := max(silence*w.supervisor.options.Watch, leastSilence)
	return w.client.conn.now()-time.Duration(w.beat.Load()) > limit || w.heartbeat.Err() != nil
}

// renew ends subscriptions that are to be made again: those by name, or all.
func (w *targetWatch) renew(ctx context.Context, byName bool, reason error, good time.Time) {
	var list []*Subscription
	for _, s := range w.supervisor.subscriptions() {
		if !byName || s.request.Name != "" {
			list = append(list, s)
		}
		s.mu.Lock()
		s.retry = time.Time{}
		s.mu.Unlock()
	}
	if !byName {
		list = append(list, w.heartbeat)
		if w.alarm != nil {
			list = append(list, w.alarm)
		}
		w.heartbeat, w.alarm = nil, nil
	}
	reason = &Error{Op: "watch", Target: w.client.target, Err: reason}
	w.client.detach(ctx, list, reason, good)
}

// attach makes subscriptions that the target does not have.
func (w *targetWatch) attach(ctx context.Context) error {
	if err := w.attachHeartbeat(ctx); err != nil {
		return err
	}
	now := time.Now()
	var list []*Subscription
	for _, s := range w.supervisor.subscriptions() {
		s.mu.Lock()
		if s.client == nil && s.ended == nil && !now.Before(s.retry) {
			list = append(list, s)
		}
		s.mu.Unlock()
	}
	if len(list) == 0 {
		return nil
	}
	for i, err := range w.client.attach(ctx, list) {
		s := list[i]
		if ctx.Err() != nil || w.client.Err() != nil {
			return err
		}
		if err != nil {
			s.mu.Lock()
			s.retry = now.Add(retryAfter)
			s.mu.Unlock()
			s.stop(err, w.good)
		}
	}
	return nil
}

// attachHeartbeat has the symbol version sent in every cycle, and when it changes.
func (w *targetWatch) attachHeartbeat(ctx context.Context) error {
	if w.heartbeat != nil || w.none || w.refused {
		return nil
	}
	told := func(sample *command.Sample) {
		if len(sample.Data) != 1 {
			return
		}
		if version := int32(sample.Data[0]); w.seen.Swap(version) != version {
			w.client.subscriptions.epoch.Add(1)
			w.supervisor.kick()
		}
	}
	alarm := &Subscription{request: SubscribeRequest{Index: versionIndex, Length: 1, Mode: command.ServerOnChange}, watch: told}
	heartbeat := &Subscription{request: SubscribeRequest{
		Index: versionIndex, Length: 1, Mode: command.ServerCycle, CycleTime: w.supervisor.options.Watch,
	}}
	heartbeat.watch = func(sample *command.Sample) {
		w.beat.Store(int64(w.client.conn.now()))
		told(sample)
	}
	w.beat.Store(int64(w.client.conn.now()))
	for _, s := range []*Subscription{alarm, heartbeat} {
		if s == alarm && w.alarm != nil {
			continue
		}
		err := w.client.attach(ctx, []*Subscription{s})[0]
		switch {
		case err == nil && s == alarm:
			w.alarm = s
		case err == nil:
			w.heartbeat = s
		case Code(err) == ams.NoError:
			return err
		case !gone(Code(err)) && s == heartbeat:
			w.refused = true
		}
	}
	return nil
}

// pauses are those between attempts to connect: the first is least, each further
// one twice as long up to most, and one after a connection that was up is least
// again.
type pauses struct{ least, most, last time.Duration }

func (p *pauses) next(up bool) time.Duration {
	least, most := p.least, p.most
	if least <= 0 {
		least = time.Second
	}
	if most <= 0 {
		most = time.Minute
	}
	p.last = min(2*p.last, most)
	if up || p.last == 0 {
		p.last = min(least, most)
	}
	return time.Duration(float64(p.last) * (0.8 + 0.2*rand.Float64())) //nolint:gosec // no secret
}
