package journal_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"stellwerk/internal/journal"
	"stellwerk/internal/point"
)

// Whatever is done, the queue in a file does what the queue in memory does, except
// that it outlasts a restart. That is what rewinding is to a queue in memory whose
// entries were all handed out.
func TestDoesWhatTheQueueInMemoryDoes(t *testing.T) {
	for seed := range uint64(12) {
		r := rand.New(rand.NewPCG(seed, 1))
		options := journal.QueueOptions{
			Limit: 1 + r.IntN(12), Full: point.FullRule(r.IntN(2)), ReplaceTimed: r.IntN(2) == 0,
		}
		compare(t, fmt.Sprintf("seed %d, %+v", seed, options), r, options)
	}
}

func compare(t *testing.T, name string, r *rand.Rand, options journal.QueueOptions) {
	memory := point.NewMemoryQueue(point.QueueOptions{Limit: options.Limit, Full: options.Full, ReplaceTimed: options.ReplaceTimed})
	j := open(t, file(t))
	q := queue(t, j, options)
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	var positions []point.Position
	for step := range 150 {
		here := fmt.Sprintf("%s, step %d", name, step)
		switch what := r.IntN(20); {
		case what < 10:
			batch := make([]point.Update, 1+r.IntN(4))
			for i := range batch {
				batch[i] = anything(r)
			}
			if fits := memory.Put(&hasty{Context: t.Context()}, batch) == nil; fits {
				put(t, q, batch...)
				break
			}
			ctx, cancel := context.WithTimeout(t.Context(), 3*time.Millisecond)
			err := q.Put(ctx, batch)
			cancel()
			if err == nil {
				t.Fatalf("%s: took over what does not fit", here)
			}
		case what < 15:
			size := 1 + r.IntN(6)
			want, got := make([]point.Update, size), make([]point.Update, size)
			n, last, err := memory.Next(ended, want)
			n2, last2, err2 := q.Next(ended, got)
			if n != n2 || last != last2 || (err == nil) != (err2 == nil) {
				t.Fatalf("%s: %d up to %d (%v), not %d up to %d (%v)", here, n2, last2, err2, n, last, err)
			}
			if diff := cmp.Diff(want[:n], got[:n], cmp.AllowUnexported(point.Value{})); diff != "" {
				t.Fatalf("%s: %s", here, diff)
			}
			if n > 0 {
				positions = append(positions, last)
			}
		case what < 18 && len(positions) > 0:
			at := r.IntN(len(positions))
			last := positions[at] - point.Position(r.IntN(2))
			positions = positions[at+1:]
			memory.Done(last)
			q.Done(last)
		case what < 19:
			memory.Rewind()
			q.Rewind()
			positions = nil
		default: // a restart
			if err := j.Close(); err != nil {
				t.Fatal(err)
			}
			memory.Rewind()
			want, _ := take(t, memory)
			expect(t, queue(t, open(t, j.Path()), options), want)
			return // counters begin anew, and positions where there are none
		}
		if want, got := memory.State(), q.State(); want != got {
			t.Fatalf("%s: %+v, not %+v", here, got, want)
		}
	}
}

// hasty is a context that ends when somebody waits for the second time: for room.
type hasty struct {
	context.Context
	asked int
}

func (h *hasty) Done() <-chan struct{} {
	if h.asked++; h.asked == 1 {
		return nil
	}
	closed := make(chan struct{})
	close(closed)
	return closed
}

func (h *hasty) Err() error {
	if h.asked > 1 {
		return context.Canceled
	}
	return nil
}

// anything returns an update of one of a few points.
func anything(r *rand.Rand) point.Update {
	address := fmt.Sprint(r.IntN(4))
	var u point.Update
	switch r.IntN(4) {
	case 0:
		u = event(address, r.IntN(2) == 0)
	case 1:
		u = measured(address, float64(r.IntN(100)))
	case 2:
		u = timed(measured(address, float64(r.IntN(100))))
	default:
		u = event(address, r.IntN(2) == 0)
		u.Cause = point.CauseInterrogated
	}
	u.Trace, u.Test = point.Trace(r.IntN(1000)), r.IntN(10) == 0
	return u
}
