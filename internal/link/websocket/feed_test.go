package websocket_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"stellwerk/internal/link/websocket"
	"stellwerk/internal/point"
	proto "stellwerk/websocket"
	"stellwerk/websocket/frame"
)

// said is a message as far as the tests look at it.
type said struct {
	Kind     string
	Sequence uint64
	Points   []struct {
		Address string
		Value   struct{ Count int }
	}
}

// next reads a message.
func next(c *proto.Conn, t *testing.T) (m said, err error) {
	t.Helper()
	message, err := c.Read(t.Context())
	if err != nil {
		return m, err
	}
	return m, json.Unmarshal(message.Data, &m)
}

// However often a peer leaves in the middle: each event is confirmed by somebody,
// and none is left out.
func TestNoEventIsLost(t *testing.T) {
	const events = 2000
	p := newPlant(point.QueueOptions{Limit: 500})
	l, _ := run(t, p, func(o *websocket.Options) {
		server(o)
		o.Batch, o.Peers = 7, 3
	})
	go func() {
		for i := range events {
			u := point.Update{ID: point.ID{Link: "cloud", Address: "n"}, Value: point.CounterValue(point.CounterReading{Count: int32(i)}), Cause: point.CauseSpontaneous}
			if p.queue.Put(t.Context(), []point.Update{u}) != nil {
				return
			}
		}
	}()
	have := make([]bool, events)
	missing := events
	for session := 0; missing > 0; session++ {
		c := dial(t, l, nil)
		say(t, c, confirmed)
		last := -1
		for read := rand.IntN(60); read > 0 && missing > 0; read-- {
			m, err := next(c, t)
			if err != nil {
				t.Fatal(err)
			}
			if m.Kind != "change" {
				continue
			}
			for _, point := range m.Points {
				// What another has left comes again, and then all behind it.
				if last >= 0 && point.Value.Count > last+1 {
					t.Fatalf("session %d: %d behind %d", session, point.Value.Count, last)
				}
				last = point.Value.Count
			}
			if rand.IntN(10) == 0 {
				break // without confirming it
			}
			for _, point := range m.Points {
				if !have[point.Value.Count] {
					have[point.Value.Count] = true
					missing--
				}
			}
			say(t, c, fmt.Sprintf(`{"kind":"confirmation","sequence":%d}`, m.Sequence))
		}
		_ = c.Abort()
	}
	await(t, func() string {
		if state := p.queue.State(); state.Dropped > 0 {
			return fmt.Sprintf("%+v", state)
		}
		return ""
	})
}

// A peer that only listens and does not read holds nobody up, and one that is to
// confirm and does not is let go.
func TestSlowPeers(t *testing.T) {
	p := newPlant(point.QueueOptions{})
	l, _ := run(t, p, func(o *websocket.Options) {
		server(o)
		o.Ping, o.Answer = 4*time.Second, 2*time.Second
	})
	deaf := dial(t, l, nil)
	say(t, deaf, `{"kind":"hello","version":1}`)
	lazy := dial(t, l, nil)
	say(t, lazy, confirmed)
	good := dial(t, l, nil)
	say(t, good, confirmed)
	for heard := false; !heard; { // good is ready
		m, err := next(good, t)
		if err != nil {
			t.Fatal(err)
		}
		heard = m.Kind == "snapshot"
	}
	go func() {
		for i := range 4000 {
			u := point.Update{ID: point.ID{Link: "cloud", Address: fmt.Sprintf("%0900d", i)}, Value: point.CounterValue(point.CounterReading{Count: int32(i)}), Cause: point.CauseSpontaneous}
			if p.queue.Put(t.Context(), []point.Update{u}) != nil {
				return
			}
		}
	}()
	ended := make(chan error, 1)
	go func() {
		for {
			if _, err := lazy.Read(t.Context()); err != nil {
				ended <- err
				return
			}
		}
	}()
	count := 0
	for count < 4000 {
		m, err := next(good, t)
		if err != nil {
			t.Fatal(err)
		}
		count += len(m.Points)
		if m.Kind == "change" {
			say(t, good, fmt.Sprintf(`{"kind":"confirmation","sequence":%d}`, m.Sequence))
		}
	}
	if err := <-ended; !closedWith(err, frame.PolicyViolation) {
		t.Errorf("the one that does not confirm: %v", err)
	}
	await(t, func() string {
		if peers := l.Status().Peers; len(peers) != 1 {
			return fmt.Sprintf("peers %q", peers)
		}
		return ""
	})
}
