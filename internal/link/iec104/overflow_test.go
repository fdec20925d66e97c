package iec104

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"stellwerk/iec104/asdu"
	"stellwerk/internal/link"
	"stellwerk/internal/point"
)

// A queue that lets updates go turns the point on before what is sent next, and off
// when everything has been delivered. The point itself cannot be let go.
func TestOverflowIsMarked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		queue := point.NewMemoryQueue(point.QueueOptions{Limit: 300, Full: point.FullDropOldest})
		w := &watcher{setup: &link.Setup{Name: "control", Traces: &point.Traces{}}}
		q := newEvents(w, &encoder{zone: utc}, queue)
		q.mark.id = point.ID{Link: "control", Address: "1/9000"}
		ctx, cancel := context.WithCancel(t.Context())
		var work sync.WaitGroup
		work.Go(func() { q.run(ctx) })
		defer work.Wait()
		defer cancel()
		fill := func(from, to int) {
			for n := from; n < to; n++ {
				if err := queue.Put(t.Context(), []point.Update{bit(n)}); err != nil {
					t.Fatal(err)
				}
				synctest.Wait()
			}
		}
		// deliver sends and acknowledges all there is and tells what the point does.
		deliver := func() string {
			var text []string
			sent := 0
			for {
				synctest.Wait()
				a, more := q.Next()
				if !more {
					return strings.Join(text, " ")
				}
				for object := range a.Objects() {
					if p, ok := object.(asdu.SinglePoint); ok && p.Address == 9000 {
						text = append(text, fmt.Sprintf("%t behind %d with %t", p.Value, sent, !p.Time.IsZero()))
					} else {
						sent++
					}
				}
				q.Done(1)
			}
		}
		state := func() bool { u, known := q.marked(q.mark.id); return known && u.Value.Single() }
		fill(0, 200)
		if text := deliver(); text != "" || state() {
			t.Errorf("before: %s", text)
		}
		fill(200, 1000) // 64 of them are ready for the wire; the first one makes room
		if text := deliver(); text != "true behind 1 with true false behind 364 with true" {
			t.Errorf("overflow: %s", text)
		}
		if state() {
			t.Error("still on")
		}
		fill(1000, 2000)
		q.Next()
		q.Rewind()
		if text := deliver(); strings.Count(text, "true behind") != 1 || strings.Count(text, "false behind") != 1 {
			t.Errorf("a second overflow: %s", text)
		}
	})
}
