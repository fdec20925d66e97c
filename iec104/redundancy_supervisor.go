package iec104

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"
)

// lines are the connections of a supervisor with standby addresses.
type lines struct {
	mu        sync.Mutex
	clients   []*Client // guarded by mu; by address, nil where there is none
	wanted    int       // guarded by mu; the address to be active if it can
	preferred bool      // guarded by mu; a switch was asked for and is not done
	changed   chan struct{}
}

// choose returns the connection to be active next, nil where there is none.
func (l *lines) choose() *Client {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i := range l.clients {
		if c := l.clients[(l.wanted+i)%len(l.clients)]; c != nil && c.Err() == nil {
			return c
		}
	}
	return nil
}

// Switch makes the connection to an address, one of those of the supervisor,
// the active one: data transfer is stopped on the present one, with which all
// that it has brought is confirmed, and started there. So nothing is lost and
// nothing comes twice. It returns before that is done. Where there is no
// connection to the address the next one in order takes its place.
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
			last.State, last.Client = Connected, client
			s.set(last)
			err = s.useLine(ctx, client)
			last.Switches++
		}
		if err != nil {
			_ = client.Close() // it returns none
			last.Err = err
			last.Unconfirmed += uint64(client.Status().Unconfirmed)
		}
	}
	return context.Cause(ctx)
}

// useLine returns when the active connection is not to be it any more: nil where
// data transfer was stopped, so that it is on standby.
func (s *Supervisor) useLine(ctx context.Context, client *Client) error {
	for {
		select {
		case <-client.Done():
			return client.Err()
		case <-ctx.Done():
			return ctx.Err()
		case <-s.lines.changed:
			s.lines.mu.Lock()
			other := s.lines.clients[s.lines.wanted]
			move := other != nil && other != client && other.Err() == nil && s.lines.preferred
			s.lines.preferred = s.lines.preferred && !move && other != client
			s.lines.mu.Unlock()
			if move {
				return client.Stop(ctx)
			}
		}
	}
}

// keepLine keeps the connection to one address up, and closes it in the end.
func (s *Supervisor) keepLine(ctx context.Context, i int, address string) {
	pauses := newBackoff(s.options.MinBackoff, s.options.MaxBackoff)
	set := func(c *Client) {
		s.lines.mu.Lock()
		s.lines.clients[i] = c
		s.lines.mu.Unlock()
		signal(s.lines.changed)
	}
	for ctx.Err() == nil {
		dialing, cancel := context.WithTimeout(ctx, s.options.Client.Parameters.WithDefaults().T0)
		conn, err := s.options.Dial(dialing, address)
		cancel()
		up := err == nil
		if up {
			client, err := NewClient(conn, s.options.Client)
			if err != nil {
				_ = errors.Join(err, conn.Close()) // the options were checked
				return
			}
			set(client)
			select {
			case <-client.Done():
			case <-ctx.Done():
			}
			_ = client.Close() // it returns none
			set(nil)
		}
		timer := time.NewTimer(pauses.next(up))
		select {
		case <-timer.C:
		case <-ctx.Done():
		}
		timer.Stop()
	}
}
