package journal_test

import (
	"fmt"
	"sync/atomic"
	"testing"

	"stellwerk/internal/journal"
	"stellwerk/internal/point"
)

// Put, Next and Done of batches, one after the other.
func BenchmarkQueue(b *testing.B) {
	for _, size := range []int{1, 10, 100, 1000} {
		b.Run(fmt.Sprintf("batch=%d", size), func(b *testing.B) {
			q := queue(b, open(b, file(b)), journal.QueueOptions{})
			batch, buffer := load(size), make([]point.Update, size)
			for b.Loop() {
				put(b, q, batch...)
				n, last, err := q.Next(b.Context(), buffer)
				if err != nil || n != size {
					b.Fatal(n, err)
				}
				q.Done(last)
			}
			b.ReportMetric(float64(b.N*size)/b.Elapsed().Seconds(), "updates/s")
		})
	}
}

// Only Put, by one goroutine or many: how far a transaction is shared.
func BenchmarkPut(b *testing.B) {
	for _, test := range []struct{ goroutines, size int }{{1, 1}, {1, 100}, {16, 1}, {16, 10}, {256, 1}} {
		b.Run(fmt.Sprintf("goroutines=%d/batch=%d", test.goroutines, test.size), func(b *testing.B) {
			q := queue(b, open(b, file(b)), journal.QueueOptions{Limit: 1 << 30})
			batch := load(test.size)
			var left atomic.Int64
			left.Store(int64(b.N))
			done := make(chan struct{})
			b.ResetTimer()
			for range test.goroutines {
				go func() {
					for left.Add(-1) >= 0 {
						if err := q.Put(b.Context(), batch); err != nil {
							b.Error(err)
						}
					}
					done <- struct{}{}
				}()
			}
			for range test.goroutines {
				<-done
			}
			b.ReportMetric(float64(b.N*test.size)/b.Elapsed().Seconds(), "updates/s")
		})
	}
}

// BenchmarkOpen opens a journal with a million entries.
func BenchmarkOpen(b *testing.B) {
	path := file(b)
	j := open(b, path)
	q := queue(b, j, journal.QueueOptions{Limit: 1 << 30})
	for range 250 {
		put(b, q, load(4000)...)
	}
	if err := j.Close(); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		j := open(b, path)
		if queue(b, j, journal.QueueOptions{}).State().Held != 1000000 {
			b.Fatal("entries are missing")
		}
		if err := j.Close(); err != nil {
			b.Fatal(err)
		}
	}
}

func load(size int) []point.Update {
	batch := make([]point.Update, size)
	for i := range batch {
		batch[i] = timed(measured(fmt.Sprintf("1/%d", i), float64(i)))
		batch[i].Type = "M_ME_TF_1"
	}
	return batch
}
