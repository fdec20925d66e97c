package tap_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"stellwerk/internal/point"
	"stellwerk/internal/tap"
	"stellwerk/wire"
)

// read gives what waits in a subscription.
func read(t *testing.T, s *tap.Subscription) (events []tap.Event, lost uint64) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	buffer := make([]tap.Event, 3)
	for {
		n, more, err := s.Next(ctx, buffer)
		if err != nil {
			return events, lost
		}
		events = append(events, buffer[:n]...)
		lost += more
	}
}

func shown(events []tap.Event) string {
	var text []string
	for _, e := range events {
		text = append(text, fmt.Sprintf("%v %v", e.Trace, e.Stage))
	}
	return strings.Join(text, ", ")
}

func TestNobodyListens(t *testing.T) {
	var none *tap.Tap
	none.Emit(tap.Event{})
	if none.Listening() {
		t.Error("a nil tap listens")
	}
	var quiet tap.Tap
	if quiet.Listening() {
		t.Error("a tap without subscriptions listens")
	}
	e := tap.Event{Raw: []byte{0x68, 4, 7, 0, 0, 0}, Link: "substation", Trace: 1}
	if n := testing.AllocsPerRun(100, func() { quiet.Emit(e) }); n != 0 {
		t.Errorf("Emit without subscriptions allocates %v times", n)
	}
}

func TestEveryoneGetsACopy(t *testing.T) {
	var observed tap.Tap
	first, second := observed.Subscribe(tap.Options{}), observed.Subscribe(tap.Options{
		Want: func(e *tap.Event) bool { return e.Stage == tap.Sent },
	})
	raw, related := []byte{0x68, 4, 7, 0, 0, 0}, []point.Trace{1, 2}
	observed.Emit(tap.Event{Stage: tap.Received, Trace: 1, Raw: raw})
	observed.Emit(tap.Event{Stage: tap.Sent, Trace: 3, Related: related, Raw: raw})
	raw[0], related[0] = 0, 0

	events, lost := read(t, first)
	if shown(events) != "#1 received, #3 sent" || lost != 0 {
		t.Errorf("first: %s, %d lost", shown(events), lost)
	}
	if events[1].Raw[0] != 0x68 || events[1].Related[0] != 1 || events[1].Time.IsZero() {
		t.Errorf("the event is not a copy: %+v", events[1])
	}
	if events, _ := read(t, second); shown(events) != "#3 sent" {
		t.Errorf("second: %s", shown(events))
	}

	first.Close()
	second.Close()
	if observed.Listening() {
		t.Error("still listening")
	}
	observed.Emit(tap.Event{Trace: 4})
	if events, _ := read(t, first); events != nil {
		t.Errorf("after Close: %s", shown(events))
	}
}

func TestFullRingLosesTheOldest(t *testing.T) {
	var observed tap.Tap
	byNumber := observed.Subscribe(tap.Options{Events: 3})
	byOctets := observed.Subscribe(tap.Options{Octets: 250})
	for trace := range point.Trace(5) {
		observed.Emit(tap.Event{Trace: trace + 1, Raw: make([]byte, 100)})
	}
	if events, lost := read(t, byNumber); shown(events) != "#3 received, #4 received, #5 received" || lost != 2 {
		t.Errorf("by number: %s, %d lost", shown(events), lost)
	}
	if events, lost := read(t, byOctets); shown(events) != "#4 received, #5 received" || lost != 3 {
		t.Errorf("by octets: %s, %d lost", shown(events), lost)
	}
	// One that is larger than everything allowed is kept alone.
	observed.Emit(tap.Event{Trace: 6, Raw: make([]byte, tap.MaxRaw+1)})
	observed.Emit(tap.Event{Trace: 7})
	events, _ := read(t, byOctets)
	if shown(events) != "#7 received" {
		t.Errorf("by octets: %s", shown(events))
	}
	events, _ = read(t, byNumber)
	if len(events[0].Raw) != tap.MaxRaw || events[0].Length != tap.MaxRaw+1 {
		t.Errorf("%d octets of %d", len(events[0].Raw), events[0].Length)
	}
}

func TestRingKeepsOrderWhileItGrows(t *testing.T) {
	var observed tap.Tap
	s := observed.Subscribe(tap.Options{Events: 1000})
	buffer := make([]tap.Event, 37)
	var next, read point.Trace
	for read < 5000 {
		for range 53 {
			next++
			observed.Emit(tap.Event{Trace: next})
		}
		n, lost, err := s.Next(t.Context(), buffer)
		if err != nil {
			t.Fatal(err)
		}
		read += point.Trace(lost)
		for _, e := range buffer[:n] {
			read++
			if e.Trace != read {
				t.Fatalf("event %v, want %v", e.Trace, read)
			}
		}
	}
}

func TestNextWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var observed tap.Tap
		s := observed.Subscribe(tap.Options{})
		buffer := make([]tap.Event, 1)
		go func() {
			time.Sleep(time.Minute)
			observed.Emit(tap.Event{Trace: 9})
		}()
		begin := time.Now()
		if n, _, err := s.Next(t.Context(), buffer); n != 1 || err != nil || buffer[0].Trace != 9 || time.Since(begin) != time.Minute {
			t.Errorf("%d, %v, %v after %v", n, err, buffer[0].Trace, time.Since(begin))
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, _, err := s.Next(ctx, buffer); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Next without events: %v", err)
		}
	})
}

func TestManyReportAtOnce(t *testing.T) {
	var observed tap.Tap
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for trace := range point.Trace(500) {
				observed.Emit(tap.Event{Trace: trace, Raw: []byte{1}})
			}
		})
		wg.Go(func() {
			for range 50 {
				s := observed.Subscribe(tap.Options{Events: 10})
				read(t, s)
				s.Close()
			}
		})
	}
	wg.Wait()
	if observed.Listening() {
		t.Error("still listening")
	}
}

// A telegram 1 brings points; 2 brings more; 10 is made of both, 11 of 2 alone.
// 20 is made of 10 at a second house of the chain.
func TestRecorderTellsTheStory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var observed tap.Tap
		recorder := tap.NewRecorder(&observed, 0)
		ctx, cancel := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		wg.Go(func() { recorder.Run(ctx) })

		for _, e := range []tap.Event{
			{Stage: tap.Received, Trace: 1},
			{Stage: tap.Received, Trace: 2},
			{Stage: tap.Routed, Trace: 1},
			{Stage: tap.Dropped, Trace: 3},
			{Stage: tap.Sent, Trace: 10, Related: []point.Trace{1, 2, 1}},
			{Stage: tap.Sent, Trace: 11, Related: []point.Trace{2}},
			{Stage: tap.Sent, Trace: 20, Related: []point.Trace{10}},
			{Stage: tap.Confirmed, Trace: 10},
		} {
			observed.Emit(e)
		}
		synctest.Wait()
		for trace, want := range map[point.Trace]string{
			1:  "#1 received, #1 routed, #10 sent, #20 sent, #10 confirmed",
			2:  "#2 received, #10 sent, #11 sent, #20 sent, #10 confirmed",
			3:  "#3 dropped",
			10: "#1 received, #2 received, #1 routed, #10 sent, #20 sent, #10 confirmed",
			11: "#2 received, #11 sent",
			99: "",
		} {
			if got := shown(recorder.Lookup(trace)); got != want {
				t.Errorf("story of %v:\n got %s\nwant %s", trace, got, want)
			}
		}
		cancel()
		wg.Wait()
		if observed.Listening() {
			t.Error("the recorder still observes")
		}
	})
}

func TestRecorderForgetsAndIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var observed tap.Tap
		recorder := tap.NewRecorder(&observed, 100)
		var wg sync.WaitGroup
		ctx, cancel := context.WithCancel(t.Context())
		wg.Go(func() { recorder.Run(ctx) })
		for trace := range point.Trace(250) {
			observed.Emit(tap.Event{Trace: trace + 1, Related: []point.Trace{1000}})
		}
		synctest.Wait()
		if got := recorder.Lookup(150); got != nil {
			t.Errorf("not forgotten: %s", shown(got))
		}
		if got := shown(recorder.Lookup(151)); got != "#151 received" {
			t.Errorf("got %q", got)
		}
		if got := len(recorder.Lookup(1000)); got != 100 {
			t.Errorf("%d events, want 100", got)
		}
		if lost := recorder.Lost(); lost != 0 {
			t.Errorf("%d lost", lost)
		}
		cancel()
		wg.Wait()
	})
}

func TestNames(t *testing.T) {
	for stage := tap.Received; stage <= tap.Refused; stage++ {
		if incomplete(stage.Text()) {
			t.Errorf("stage %d lacks a name", uint8(stage))
		}
	}
	for reason := tap.NoRoute; reason <= tap.CommandRefused; reason++ {
		if reason.String() == "" || incomplete(reason.Text()) {
			t.Errorf("reason %d lacks a name", uint8(reason))
		}
	}
	if tap.Stage(99).String() != "stage 99" || tap.Direction(99).String() != "direction 99" || tap.Reason(99).String() != "reason 99" || tap.Out.String() != "out" {
		t.Error("unknown codes do not print as numbers")
	}
}

func BenchmarkEmit(b *testing.B) {
	e := tap.Event{Stage: tap.Received, Link: "substation", Trace: 1, Raw: make([]byte, 20)}
	b.Run("nobody", func(b *testing.B) {
		var quiet tap.Tap
		b.ReportAllocs()
		for b.Loop() {
			quiet.Emit(e)
		}
	})
	b.Run("one", func(b *testing.B) {
		var observed tap.Tap
		observed.Subscribe(tap.Options{})
		b.ReportAllocs()
		for b.Loop() {
			observed.Emit(e)
		}
	})
}

func incomplete(text wire.Text) bool { return text.EN == "" || text.DE == "" }
