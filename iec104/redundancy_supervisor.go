package iec104

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"
)

// LineStatus is the state of the connection to one address of a [Supervisor]
// with standby addresses.
type LineStatus struct {
	Address string
	// Client is the connection while it is up, whether active or on standby; nil
	// otherwise.
	Client *Client
	// Active tells that data transfer is, or is being, started here.
	Active bool
	// Err is what the last failure was, of the call too; nil where there was
	// none. It stays when the connection is up again.
	Err error
	// Failures counts them.
	Failures uint64
	// Pause is how long the supervisor waits, or has waited, between the last
	// failure and the next call; 0 while the connection is up.
	Pause time.Duration
}

// lines are the connections of a supervisor with standby addresses.
type lines struct {
	mu        sync.Mutex
	all       []line // guarded by mu; by address
	wanted    int    // guarded by mu; the address to be active if it can
	preferred bool   // guarded by mu; a switch was asked for and is not done
	changed   chan struct{}
}

// line is the connection to one address.
type line struct {
	LineStatus
	since time.Time // when it came up
	ready bool      // it was active
	setup error     // why it could not be active
}

// usable reports whether there is a connection that lives.
func (l *line) usable() bool { return l.Client != nil && l.Client.Err() == nil }

// choose returns the connection to be active next, nil where there is none.
func (l *lines) choose() *Client {
	l.mu.Lock()
	defer l.mu.Unlock()
	var chosen *Client
	for i := range l.all {
		one := &l.all[(l.wanted+i)%len(l.all)]
		one.Active = chosen == nil && one.usable()
		if one.Active {
			chosen = one.Client
		}
	}
	return chosen
}

// of gives the line of a client to a function.
func (l *lines) of(c *Client, f func(*line)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i := range l.all {
		if l.all[i].Client == c {
			f(&l.all[i])
		}
	}
}

// status returns the states of all lines.
func (l *lines) status() []LineStatus {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.all) < 2 {
		return nil
	}
	all := make([]LineStatus, len(l.all))
	for i, one := range l.all {
		all[i] = one.LineStatus
	}
	return all
}

// moves reports whether the active connection is to give way to the wanted
// one, or else in which time it may be; 0 is not by itself.
func (l *lines) moves(client *Client, returnAfter time.Duration) (bool, time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	other := &l.all[l.wanted]
	if other.Client == client {
		l.preferred = false
	}
	if other.Client == client || !other.usable() {
		return false, 0
	}
	if l.preferred {
		l.preferred = false
		return true, 0
	}
	if returnAfter <= 0 {
		return false, 0
	}
	left := returnAfter - time.Since(other.since)
	return left <= 0, left
}

// Switch makes the connection to an address, one of those of the supervisor,
// the active one: data transfer is stopped on the present one, with which all
// that it has brought is confirmed, and started there. So nothing is lost and
// nothing comes twice. It returns before that is done. Where there is no
// connection to the address the next one in order takes its place. From then on
// the address is the preferred one, see [SupervisorOptions.ReturnAfter].
func (s *Supervisor) Switch(address string) error {
	i := slices.Index(s.addresses(), address)
	if i < 0 {
		return fail("switch", fmt.Errorf("%s is none of the addresses", address))
	}
	s.lines.mu.Lock()
	s.lines.wanted, s.lines.preferred = i, true
	s.lines.mu.Unlock()
	signal(s.lines.changed)
	return nil
}

func (s *Supervisor) addresses() []string {
	return append([]string{s.address}, s.options.Standby...)
}

// runLines keeps a connection to every address, and one of them active.
func (s *Supervisor) runLines(ctx context.Context) error {
	defer s.set(SupervisorStatus{State: Idle})
	ctx, cancel := context.WithCancel(ctx)
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel()
	for i, address := range s.addresses() {
		wg.Go(func() { s.keepLine(ctx, i, address) })
	}
	var last SupervisorStatus
	for ctx.Err() == nil {
		client := s.lines.choose()
		last.State, last.Client = Connecting, nil
		s.set(last)
		if client == nil {
			select {
			case <-s.lines.changed:
			case <-ctx.Done():
			}
			continue
		}
		err := s.options.Setup(ctx, client)
		if err == nil {
			s.lines.of(client, func(l *line) { l.ready = true })
			last.State, last.Client = Connected, client
			s.set(last)
			err = s.useLine(ctx, client, last)
			last.Switches++
		}
		if err != nil {
			if ended := client.Err(); ended != nil {
				err = ended // the reason why the setup failed
			}
			s.lines.of(client, func(l *line) { l.setup = err })
			_ = client.Close() // it returns none
			last.Err = err
			last.Unconfirmed += uint64(client.Status().Unconfirmed)
		}
	}
	return context.Cause(ctx)
}

// useLine returns when the active connection is not to be it any more: nil where
// data transfer was stopped, so that it is on standby.
func (s *Supervisor) useLine(ctx context.Context, client *Client, status SupervisorStatus) error {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		move, in := s.lines.moves(client, s.options.ReturnAfter)
		if move {
			return client.Stop(ctx)
		}
		timer.Stop()
		if in > 0 {
			timer.Reset(in)
		}
		select {
		case <-client.Done():
			return client.Err()
		case <-ctx.Done():
			return ctx.Err()
		case <-timer.C:
		case <-s.lines.changed:
			s.set(status)
		}
	}
}

// keepLine keeps the connection to one address up, and closes it in the end.
func (s *Supervisor) keepLine(ctx context.Context, i int, address string) {
	pauses := newBackoff(s.options.MinBackoff, s.options.MaxBackoff)
	parameters := s.options.Client.Parameters.WithDefaults()
	set := func(f func(*line)) {
		s.lines.mu.Lock()
		f(&s.lines.all[i])
		s.lines.mu.Unlock()
		signal(s.lines.changed)
	}
	for ctx.Err() == nil {
		dialing, cancel := context.WithTimeout(ctx, parameters.T0)
		conn, err := s.options.Dial(dialing, address)
		cancel()
		err = fail("dial", err)
		up := false
		if err == nil {
			client, failure := NewClient(conn, s.options.Client)
			if failure != nil {
				_ = errors.Join(failure, conn.Close()) // the options were checked
				return
			}
			begin := time.Now()
			set(func(l *line) { l.Client, l.since, l.ready, l.setup, l.Pause = client, begin, false, nil, 0 })
			select {
			case <-client.Done():
			case <-ctx.Done():
			}
			_ = client.Close() // it returns none
			set(func(l *line) {
				up = l.ready || time.Since(begin) >= parameters.T1
				if err = client.Err(); l.setup != nil {
					err = l.setup
				}
				l.Client, l.Active = nil, false
			})
		}
		pause := pauses.next(up)
		if ctx.Err() == nil {
			set(func(l *line) { l.Err, l.Pause, l.Failures = err, pause, l.Failures+1 })
		}
		timer := time.NewTimer(pause)
		select {
		case <-timer.C:
		case <-ctx.Done():
		}
		timer.Stop()
	}
}
