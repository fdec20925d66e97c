package journal_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"stellwerk/internal/journal"
	"stellwerk/internal/point"
)

// What was taken over and not confirmed comes again after the program was killed,
// in order and before what is new; what was confirmed does not.
func TestRestart(t *testing.T) {
	path := file(t)
	j := open(t, path)
	q := queue(t, j, journal.QueueOptions{})
	put(t, q, event("a", true), measured("P", 1), event("b", true), timed(measured("I", 1)), event("c", true))
	last := expect(t, q, "a=on P=1 b=on I=1 c=on")
	q.Done(last - 3)
	until(t, "what is confirmed is gone from the file", func() bool { return j.Rows(t) == 3 })
	put(t, q, event("d", true), measured("P", 2))

	left := open(t, j.Copy(t))
	again := queue(t, left, journal.QueueOptions{})
	if state := again.State(); state != (point.QueueState{Held: 5}) {
		t.Errorf("%+v", state)
	}
	if again.Status().Octets != q.Status().Octets {
		t.Errorf("%d octets, not %d", again.Status().Octets, q.Status().Octets)
	}
	put(t, again, measured("P", 3), event("e", true)) // the P before it may have been sent
	again.Done(expect(t, again, "b=on I=1 c=on d=on P=2 P=3 e=on"))
	if err := left.Close(); err != nil {
		t.Fatal(err)
	}
	empty := open(t, left.Path())
	expect(t, queue(t, empty, journal.QueueOptions{}), "") // Close has written what was confirmed
}

// The program is killed at any moment, while many put and one takes: what is left
// has everything that was taken over and was not confirmed by then, and no more.
func TestKilledAtAnyMoment(t *testing.T) {
	const producers, batches = 4, 30
	path := file(t)
	j := open(t, path)
	q := queue(t, j, journal.QueueOptions{Limit: 200})
	var (
		mu   sync.Mutex
		seen [producers]int // taken over, by producer; guarded by mu
		done [producers]int // confirmed; guarded by mu
		work sync.WaitGroup
	)
	for p := range producers {
		work.Go(func() {
			for n := range batches {
				size := 1 + rand.IntN(20)
				batch := make([]point.Update, size)
				for i := range batch {
					batch[i] = event(fmt.Sprint(p), true)
				}
				mu.Lock()
				first := seen[p] + 1
				mu.Unlock()
				for i := range batch {
					batch[i].Trace = point.Trace(first + i)
				}
				if err := q.Put(t.Context(), batch); err != nil {
					t.Error(n, err)
					return
				}
				mu.Lock()
				seen[p] += size
				mu.Unlock()
			}
		})
	}
	finished := make(chan struct{})
	go func() { work.Wait(); close(finished) }()
	buffer := make([]point.Update, 50)
	for round := 0; ; round++ {
		n, last, err := q.Next(t.Context(), buffer)
		if err != nil {
			t.Fatal(err)
		}
		switch rand.IntN(5) {
		case 0:
			q.Rewind()
		default:
			mu.Lock()
			for _, u := range buffer[:n] {
				p := int(u.ID.Address[0] - '0')
				if int(u.Trace) != done[p]+1 {
					t.Fatalf("producer %d: %v behind %d", p, u.Trace, done[p])
				}
				done[p] = int(u.Trace)
			}
			mu.Unlock()
			q.Done(last)
		}
		if round%10 == 0 {
			mu.Lock()
			taken, confirmed := seen, done
			mu.Unlock()
			leftBehind(t, j.Copy(t), taken[:], confirmed[:])
		}
		mu.Lock()
		all := slices.Equal(seen[:], done[:])
		mu.Unlock()
		select {
		case <-finished:
			if all {
				return
			}
		default:
		}
	}
}

// leftBehind checks what a copy of the files holds that was made after so much was
// taken over, and before more was confirmed.
func leftBehind(t *testing.T, path string, taken, confirmed []int) {
	t.Helper()
	j, err := journal.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	text := ""
	buffer := make([]point.Update, 10000)
	q := queue(t, j, journal.QueueOptions{})
	n := 0
	if q.State().Held > 0 {
		if n, _, err = q.Next(t.Context(), buffer); err != nil {
			t.Fatal(err)
		}
	}
	next := make([]int, len(taken))
	for _, u := range buffer[:n] {
		p := int(u.ID.Address[0] - '0')
		if next[p] != 0 && int(u.Trace) != next[p] || next[p] == 0 && int(u.Trace) > confirmed[p]+1 {
			t.Fatalf("producer %d: %v, with %d confirmed; before it %s", p, u.Trace, confirmed[p], text)
		}
		next[p] = int(u.Trace) + 1
		text += " " + strings.TrimPrefix(u.ID.Address+u.Trace.String(), " ")
	}
	for p := range taken {
		if taken[p] > confirmed[p] && next[p]-1 < taken[p] {
			t.Fatalf("producer %d: %d were taken over, the last that is left is %d", p, taken[p], next[p]-1)
		}
	}
}

// How long the oldest entry waits is known at once after a restart, and goes on with
// what is confirmed.
func TestOldest(t *testing.T) {
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	received := func(u point.Update, second int) point.Update {
		u.Received = point.InstantOf(at.Add(time.Duration(second) * time.Second))
		return u
	}
	j := open(t, file(t))
	q := queue(t, j, journal.QueueOptions{})
	if oldest := q.Status().Oldest; !oldest.IsZero() {
		t.Error(oldest)
	}
	put(t, q, received(measured("P", 1), 1), received(event("a", true), 2), received(event("b", true), 3))
	again := queue(t, open(t, j.Copy(t)), journal.QueueOptions{})
	for _, q := range []*journal.Queue{q, again} {
		for second, name := range []string{"P=1", "a=on", "b=on"} {
			until(t, name+" is the oldest", func() bool { return q.Status().Oldest.Equal(at.Add(time.Duration(second+1) * time.Second)) })
			_, last, err := q.Next(t.Context(), make([]point.Update, 1))
			if err != nil {
				t.Fatal(err)
			}
			q.Done(last)
		}
		until(t, "nothing waits", func() bool { return q.Status().Oldest.IsZero() })
	}
}

func TestTracesGoOn(t *testing.T) {
	path := file(t)
	j := open(t, path)
	u := event("a", true)
	u.Trace = 4711
	put(t, queue(t, j, journal.QueueOptions{}), u, event("b", true))
	if last, err := open(t, j.Copy(t)).LastTrace(); last != 4711 || err != nil {
		t.Errorf("%v, %v", last, err)
	}
}
