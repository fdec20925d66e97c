package iec104

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"stellwerk/iec104/asdu"
	"stellwerk/internal/link"
	"stellwerk/internal/point"
)

// queued is an events queue before a queue in memory, running until the test ends.
func queued(t *testing.T, limit int) (*events, *point.MemoryQueue) {
	t.Helper()
	queue := point.NewMemoryQueue(point.QueueOptions{Limit: limit})
	w := &watcher{setup: &link.Setup{Name: "control", Traces: &point.Traces{}}}
	q := newEvents(w, &encoder{zone: utc}, queue)
	ctx, cancel := context.WithCancel(t.Context())
	var work sync.WaitGroup
	work.Go(func() { q.run(ctx) })
	t.Cleanup(func() {
		cancel()
		work.Wait()
	})
	return q, queue
}

// bit is the n-th event: its number is told by address and time.
func bit(n int) point.Update {
	return point.Update{
		ID: point.ID{Link: "control", Address: fmt.Sprint("1/", n%50)}, Value: point.SingleValue(n%2 == 0),
		Time: point.SourceTime(time.Unix(1_700_000_000, int64(n)*1e6), 0), Cause: point.CauseSpontaneous, Trace: point.Trace(n),
	}
}

// numbers gives the numbers of the events that an ASDU carries.
func numbers(a asdu.ASDU) []int {
	var list []int
	for object := range a.Objects() {
		instant, _ := object.Timestamp().Instant(time.UTC)
		list = append(list, int(instant.Sub(time.Unix(1_700_000_000, 0)).Milliseconds()))
	}
	return list
}

// Through connections that break at any moment nothing is lost, nothing comes twice
// on one of them, the order is kept, and everything that was not acknowledged comes
// again on the next one.
func TestEventsThroughBreaks(t *testing.T) {
	for seed := range uint64(20) {
		synctest.Test(t, func(t *testing.T) {
			random := rand.New(rand.NewPCG(seed, 9))
			const total = 2000
			q, queue := queued(t, 300)
			var work sync.WaitGroup
			work.Go(func() {
				for n := 0; n < total; {
					var batch []point.Update
					for range 1 + n%7 {
						if n < total {
							u := bit(n)
							if n%13 == 5 {
								// Not sendable, and done nevertheless.
								batch = append(batch, point.Update{ID: point.ID{Address: "nonsense"}, Value: point.SingleValue(true)})
							}
							batch = append(batch, u)
							n++
						}
					}
					if err := queue.Put(t.Context(), batch); err != nil {
						t.Error(err)
						return
					}
				}
			})
			acknowledged := 0 // events
			for acknowledged < total {
				// A connection.
				next, flight := acknowledged, [][]int(nil)
				for step := range 1 + random.IntN(40) {
					synctest.Wait()
					switch {
					case len(flight) > 0 && (len(flight) == 12 || random.IntN(3) == 0):
						n := 1 + random.IntN(len(flight))
						q.Done(n)
						for _, list := range flight[:n] {
							acknowledged += len(list)
						}
						flight = flight[n:]
					default:
						a, ok := q.Next()
						if !ok {
							continue
						}
						list := numbers(a)
						for _, n := range list {
							if n != next {
								t.Fatalf("seed %d, step %d: event %d where %d was due", seed, step, n, next)
							}
							next++
						}
						flight = append(flight, list)
					}
				}
				q.Rewind()
			}
			work.Wait()
			synctest.Wait()
			if held := queue.State().Held; held != 0 {
				t.Errorf("%d updates are still held", held)
			}
		})
	}
}

// Ready receives when there is something again.
func TestEventsReady(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q, queue := queued(t, 0)
		if _, ok := q.Next(); ok {
			t.Error("something in an empty queue")
		}
		for n := range 3 {
			if err := queue.Put(t.Context(), []point.Update{bit(n)}); err != nil {
				t.Fatal(err)
			}
			select {
			case <-q.Ready():
			case <-time.After(time.Second):
				t.Fatal("not ready")
			}
			if _, ok := q.Next(); !ok {
				t.Error("ready for nothing")
			}
		}
		q.Rewind()
		select {
		case <-q.Ready():
		default:
			t.Error("not ready after a break")
		}
	})
}

// What is encoded is bounded: the rest waits in the queue, where newer measurands
// can take the place of older ones.
func TestEventsAreEncodedLate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, queue := queued(t, 10000)
		for n := range 3000 {
			u := bit(n)
			u.Value = point.NumberValue(float64(n))
			u.Time = point.Time{}
			u.ID.Address = fmt.Sprint("1/", n%10)
			if err := queue.Put(t.Context(), []point.Update{u}); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
		}
		if state := queue.State(); state.Held > 300 {
			t.Errorf("%+v", state)
		}
	})
}
