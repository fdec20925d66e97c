package point_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"stellwerk/internal/point"
)

func event(address string, on bool) point.Update {
	return point.Update{ID: point.ID{Link: "control", Address: address}, Value: point.SingleValue(on), Cause: point.CauseSpontaneous}
}

func measured(address string, number float64) point.Update {
	return point.Update{ID: point.ID{Link: "control", Address: address}, Value: point.NumberValue(number), Cause: point.CauseSpontaneous}
}

func timed(u point.Update) point.Update {
	u.Time = point.SourceTime(time.Unix(1000, 0), 0)
	return u
}

// take hands everything out that waits and writes it down.
func take(t *testing.T, q point.Queue) (string, point.Position) {
	t.Helper()
	buffer := make([]point.Update, 100)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var text []string
	var position point.Position
	for {
		n, last, err := q.Next(ctx, buffer)
		if err != nil {
			return strings.Join(text, " "), position
		}
		for _, u := range buffer[:n] {
			text = append(text, u.ID.Address+"="+u.Value.String())
		}
		position = last
	}
}

func put(t *testing.T, q point.Sink, updates ...point.Update) {
	t.Helper()
	if err := q.Put(t.Context(), updates); err != nil {
		t.Fatal(err)
	}
}

func TestQueueKeepsEventsAndTheNewestMeasurand(t *testing.T) {
	q := point.NewMemoryQueue(point.QueueOptions{})
	put(t, q, measured("P", 1), event("Q0", true), measured("U", 230))
	put(t, q, event("Q0", false), measured("P", 2), timed(measured("I", 5)), timed(measured("I", 6)))
	put(t, q, event("Q0", true))
	if got, want := firstOf(take(t, q)), "P=2 Q0=on U=230 Q0=off I=5 I=6 Q0=on"; got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
	if state := q.State(); state != (point.QueueState{Held: 7, Sent: 7, Replaced: 1}) {
		t.Errorf("%+v", state)
	}
}

func firstOf(text string, _ point.Position) string { return text }

// A repeated state may be replaced, but never jump over an event of its point.
func TestQueueDoesNotReorderAPoint(t *testing.T) {
	repeated := func(on bool) point.Update {
		u := event("Q0", on)
		u.Cause = point.CauseInterrogated
		return u
	}
	q := point.NewMemoryQueue(point.QueueOptions{})
	put(t, q, repeated(false), repeated(true), event("Q0", false), repeated(true), repeated(false))
	if got, want := firstOf(take(t, q)), "Q0=on Q0=off Q0=off"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	put(t, q, measured("P", 1), timed(measured("P", 2)), measured("P", 3), measured("P", 4))
	if got, want := firstOf(take(t, q)), "P=1 P=2 P=4"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestQueueReplacesTimedMeasurandsWhenTold(t *testing.T) {
	var replaced []float64
	q := point.NewMemoryQueue(point.QueueOptions{
		ReplaceTimed: true,
		Replaced:     func(u point.Update) { replaced = append(replaced, u.Value.Number()) },
	})
	put(t, q, timed(measured("P", 1)), timed(measured("P", 2)), timed(measured("P", 3)))
	if got := firstOf(take(t, q)); got != "P=3" {
		t.Errorf("got %s", got)
	}
	if fmt.Sprint(replaced) != "[1 2]" {
		t.Errorf("told of %v", replaced)
	}
}

func TestQueueLetsGoOnlyWhenDone(t *testing.T) {
	q := point.NewMemoryQueue(point.QueueOptions{})
	put(t, q, event("a", true), measured("b", 1), event("c", true))
	_, last := take(t, q)
	put(t, q, measured("b", 2), event("d", true))
	if got := firstOf(take(t, q)); got != "b=2 d=on" {
		t.Errorf("handed out %s: what is on its way must not be replaced", got)
	}
	q.Done(last - 1)
	q.Done(last - 2)
	q.Rewind()
	got, last := take(t, q)
	if got != "c=on b=2 d=on" {
		t.Errorf("after Rewind: %s", got)
	}
	q.Done(last)
	q.Rewind()
	if got := firstOf(take(t, q)); got != "" {
		t.Errorf("after Done: %s", got)
	}
	if state := q.State(); state.Held != 0 || state.Sent != 0 {
		t.Errorf("%+v", state)
	}
}

// Done must not let go of what was never handed out, whatever position it gets.
func TestQueueDoneAhead(t *testing.T) {
	q := point.NewMemoryQueue(point.QueueOptions{})
	put(t, q, event("a", true))
	q.Done(1000)
	if got := firstOf(take(t, q)); got != "a=on" {
		t.Errorf("got %q", got)
	}
}

func TestFullQueueWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := point.NewMemoryQueue(point.QueueOptions{Limit: 3})
		put(t, q, event("a", true), event("b", true), measured("P", 1))
		put(t, q, measured("P", 2)) // takes a place that exists

		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := q.Put(ctx, []point.Update{event("c", true)}); !errors.Is(err, context.DeadlineExceeded) {
			t.Fatalf("a full queue took more: %v", err)
		}
		order := make(chan string, 2)
		for i, name := range []string{"c", "d"} {
			go func() {
				time.Sleep(time.Duration(i+1) * time.Millisecond)
				// The first batch needs more room than the second; it must not be
				// overtaken all the same.
				batch := []point.Update{event(name, true), event(name, false)}[:2-i]
				if err := q.Put(t.Context(), batch); err != nil {
					t.Error(err)
				}
				order <- name
			}()
		}
		time.Sleep(time.Second)
		_, last := take(t, q)
		q.Done(last - 2)
		synctest.Wait()
		if len(order) != 0 {
			t.Fatal("a batch was taken that does not fit")
		}
		q.Done(last)
		if first, second := <-order, <-order; first != "c" || second != "d" {
			t.Errorf("taken in the order %s, %s", first, second)
		}
		if got := firstOf(take(t, q)); got != "c=on c=off d=on" {
			t.Errorf("got %s", got)
		}
	})
}

func TestQueueTakesALargeBatchWhenEmpty(t *testing.T) {
	q := point.NewMemoryQueue(point.QueueOptions{Limit: 2})
	put(t, q, event("a", true), event("b", true), event("c", true))
	if got := firstOf(take(t, q)); got != "a=on b=on c=on" {
		t.Errorf("got %s", got)
	}
}

func TestFullQueueDropsMeasurandsFirst(t *testing.T) {
	var dropped []string
	q := point.NewMemoryQueue(point.QueueOptions{
		Limit: 3, Full: point.FullDropOldest,
		Dropped: func(u point.Update) { dropped = append(dropped, u.ID.Address) },
	})
	put(t, q, event("a", true), timed(measured("P", 1)), measured("U", 2))
	put(t, q, event("b", true), event("c", true), event("d", true), measured("U", 3))
	if got := firstOf(take(t, q)); got != "c=on d=on U=3" {
		t.Errorf("got %s", got)
	}
	if fmt.Sprint(dropped) != "[P U a b]" {
		t.Errorf("dropped %v", dropped)
	}
	if state := q.State(); state.Dropped != 4 || state.Held != 3 {
		t.Errorf("%+v", state)
	}
}

// Several producers and a consumer that loses its connection now and then: every
// event arrives, in the order of its producer.
func TestQueueUnderLoad(t *testing.T) {
	const producers, events = 4, 2000
	q := point.NewMemoryQueue(point.QueueOptions{Limit: 50})
	for p := range producers {
		go func() {
			for i := range events {
				batch := []point.Update{measured("P", float64(i)), event(fmt.Sprint(p), true)}
				batch[1].Trace = point.Trace(i)
				if err := q.Put(t.Context(), batch); err != nil {
					t.Error(err)
					return
				}
			}
		}()
	}
	var next [producers]point.Trace
	buffer := make([]point.Update, 7)
	for done := 0; done < producers*events; {
		n, last, err := q.Next(t.Context(), buffer)
		if err != nil {
			t.Fatal(err)
		}
		if rand.IntN(10) == 0 {
			q.Rewind()
			continue
		}
		for _, u := range buffer[:n] {
			if u.Value.Kind() != point.Single {
				continue
			}
			p := u.ID.Address[0] - '0'
			if u.Trace != next[p] {
				t.Fatalf("producer %d: event %v, want %v", p, u.Trace, next[p])
			}
			next[p]++
			done++
		}
		q.Done(last)
	}
	if state := q.State(); state.Held > 1 {
		t.Errorf("%+v", state)
	}
}

func BenchmarkMemoryQueue(b *testing.B) {
	q := point.NewMemoryQueue(point.QueueOptions{})
	batch := make([]point.Update, 100)
	for i := range batch {
		batch[i] = event(fmt.Sprint(i), true)
	}
	buffer := make([]point.Update, 100)
	b.ReportAllocs()
	for b.Loop() {
		if err := q.Put(b.Context(), batch); err != nil {
			b.Fatal(err)
		}
		_, last, err := q.Next(b.Context(), buffer)
		if err != nil {
			b.Fatal(err)
		}
		q.Done(last)
	}
	b.ReportMetric(float64(b.N)*100/b.Elapsed().Seconds(), "updates/s")
}
