package journal_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"stellwerk/internal/journal"
	"stellwerk/internal/point"
)

func TestKeepsEventsAndTheNewestMeasurand(t *testing.T) {
	var replaced []string
	q := queue(t, open(t, file(t)), journal.QueueOptions{
		Replaced: func(id point.ID, trace point.Trace) { replaced = append(replaced, id.Address+trace.String()) },
	})
	first := measured("P", 1)
	first.Trace = 47
	put(t, q, first, event("Q0", true), measured("U", 230))
	put(t, q, event("Q0", false), measured("P", 2), timed(measured("I", 5)), timed(measured("I", 6)))
	put(t, q, event("Q0", true), measured("W", 1), measured("W", 2))
	expect(t, q, "P=2 Q0=on U=230 Q0=off I=5 I=6 Q0=on W=2")
	if state := q.State(); state != (point.QueueState{Held: 8, Sent: 8, Replaced: 2}) {
		t.Errorf("%+v", state)
	}
	if fmt.Sprint(replaced) != "[P#47 W#0]" {
		t.Errorf("told of %v", replaced)
	}
}

func TestReplacesTimedMeasurandsWhenTold(t *testing.T) {
	q := queue(t, open(t, file(t)), journal.QueueOptions{ReplaceTimed: true})
	put(t, q, timed(measured("P", 1)), timed(measured("P", 2)), timed(measured("P", 3)))
	expect(t, q, "P=3")
}

func TestLetsGoOnlyWhenDone(t *testing.T) {
	q := queue(t, open(t, file(t)), journal.QueueOptions{})
	q.Done(1000) // of what was never handed out
	put(t, q, event("a", true), measured("b", 1), event("c", true))
	q.Done(1000)
	last := expect(t, q, "a=on b=1 c=on")
	put(t, q, measured("b", 2), event("d", true))
	expect(t, q, "b=2 d=on") // what is on its way is not replaced
	q.Done(last - 1)
	q.Done(last - 2)
	q.Rewind()
	last = expect(t, q, "c=on b=2 d=on")
	q.Done(last)
	q.Rewind()
	expect(t, q, "")
	if state := q.State(); state.Held != 0 || state.Sent != 0 {
		t.Errorf("%+v", state)
	}
}

func TestFullQueueWaits(t *testing.T) {
	q := queue(t, open(t, file(t)), journal.QueueOptions{Limit: 3})
	put(t, q, event("a", true), event("b", true), measured("P", 1))
	put(t, q, measured("P", 2)) // takes a place that exists
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := q.Put(ctx, []point.Update{event("c", true)}); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("a full queue took more: %v", err)
	}
	order := make(chan string, 2)
	for i, name := range []string{"c", "d"} {
		go func() {
			// The first batch needs more room than the second; it must not be
			// overtaken all the same.
			if err := q.Put(t.Context(), []point.Update{event(name, true), event(name, false)}[:2-i]); err != nil {
				t.Error(err)
			}
			order <- name
		}()
		until(t, "the batch waits", func() bool { return q.Waiting() == i+1 })
	}
	last := expect(t, q, "a=on b=on P=2")
	q.Done(last - 2)
	time.Sleep(300 * time.Millisecond)
	if len(order) != 0 {
		t.Fatal("a batch was taken that does not fit")
	}
	q.Done(last)
	until(t, "both are taken", func() bool { return len(order) == 2 })
	expect(t, q, "c=on c=off d=on")
}

func TestOctetsAreABoundToo(t *testing.T) {
	q := queue(t, open(t, file(t)), journal.QueueOptions{Octets: 400, Full: point.FullDropOldest})
	raw := func(name string) point.Update {
		u := event(name, true)
		u.Value, u.Telegram = point.RawValue(), &point.Telegram{Protocol: "iec104", Raw: make([]byte, 100)}
		return u
	}
	put(t, q, raw("a"), event("b", true), raw("c"))
	expect(t, q, "b=on c=raw")
	if octets := q.Status().Octets; octets != 64+9+164+9 {
		t.Errorf("%d octets", octets)
	}
	put(t, q, raw("d"), raw("e"))
	q.Rewind()
	expect(t, q, "d=raw e=raw")
	if state := q.State(); state.Dropped != 3 || state.Held != 2 {
		t.Errorf("%+v", state)
	}
}

func TestTakesALargeBatchWhenEmpty(t *testing.T) {
	q := queue(t, open(t, file(t)), journal.QueueOptions{Limit: 2})
	put(t, q, event("a", true), event("b", true), event("c", true))
	expect(t, q, "a=on b=on c=on")
}

func TestFullQueueDropsMeasurandsFirst(t *testing.T) {
	var dropped []string
	path := file(t)
	j := open(t, path)
	q := queue(t, j, journal.QueueOptions{
		Limit: 3, Full: point.FullDropOldest,
		Dropped: func(id point.ID, _ point.Trace) { dropped = append(dropped, id.Address) },
	})
	put(t, q, event("a", true), timed(measured("P", 1)), measured("U", 2))
	put(t, q, event("b", true), event("c", true), event("d", true), measured("U", 3))
	expect(t, q, "c=on d=on U=3")
	if fmt.Sprint(dropped) != "[P U a b]" {
		t.Errorf("dropped %v", dropped)
	}
	if state := q.State(); state.Dropped != 4 || state.Held != 3 {
		t.Errorf("%+v", state)
	}
	again := queue(t, open(t, j.Copy(t)), journal.QueueOptions{})
	if status := again.Status(); status.Dropped != 4 || time.Since(status.LastDropped) > time.Minute || again.State().Dropped != 0 {
		t.Errorf("after a restart: %+v, %+v", status, again.State())
	}
}

// What is dropped while it is on its way may be confirmed later, or not.
func TestDropsWhatIsOnItsWay(t *testing.T) {
	q := queue(t, open(t, file(t)), journal.QueueOptions{Limit: 2, Full: point.FullDropOldest})
	put(t, q, event("a", true), event("b", true))
	last := expect(t, q, "a=on b=on")
	put(t, q, event("c", true))
	if state := q.State(); state != (point.QueueState{Held: 2, Sent: 1, Dropped: 1}) {
		t.Errorf("%+v", state)
	}
	q.Done(last)
	if state := q.State(); state != (point.QueueState{Held: 1, Dropped: 1}) {
		t.Errorf("%+v", state)
	}
	expect(t, q, "c=on")
}

func TestTwoQueuesInOneFile(t *testing.T) {
	path := file(t)
	j := open(t, path)
	a := queue(t, j, journal.QueueOptions{})
	b, err := j.Queue("other", journal.QueueOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := j.Queue("other", journal.QueueOptions{}); err == nil {
		t.Error("a queue twice")
	}
	put(t, a, event("a", true))
	put(t, b, event("b", true), event("c", true))
	b.Done(expect(t, b, "b=on c=on"))
	put(t, b, event("d", true))
	expect(t, a, "a=on")

	left := open(t, j.Copy(t))
	a = queue(t, left, journal.QueueOptions{})
	if orphans, err := left.Orphans(); err != nil || len(orphans) != 1 || orphans["other"] == 0 {
		t.Errorf("%v, %v", orphans, err)
	}
	expect(t, a, "a=on")
}

func TestClosedJournal(t *testing.T) {
	j := open(t, file(t))
	q := queue(t, j, journal.QueueOptions{Limit: 1})
	put(t, q, event("a", true))
	ended := make(chan error, 2)
	go func() { ended <- q.Put(t.Context(), []point.Update{event("b", true)}) }()
	until(t, "the batch waits", func() bool { return q.Waiting() == 1 })
	expect(t, q, "a=on")
	go func() {
		_, _, err := q.Next(t.Context(), make([]point.Update, 1))
		ended <- err
	}()
	if err := j.Close(); err != nil {
		t.Error(err)
	}
	for range 2 {
		if err := <-ended; !errors.Is(err, journal.ErrClosed) {
			t.Errorf("%v", err)
		}
	}
	if err := q.Put(t.Context(), []point.Update{event("b", true)}); !errors.Is(err, journal.ErrClosed) {
		t.Errorf("%v", err)
	}
	if _, err := j.Queue("other", journal.QueueOptions{}); !errors.Is(err, journal.ErrClosed) {
		t.Errorf("%v", err)
	}
	q.Done(1)
	q.Rewind()
}
