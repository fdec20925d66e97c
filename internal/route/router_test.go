package route_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"stellwerk/internal/point"
	"stellwerk/internal/route"
	"stellwerk/internal/tap"
)

// events gives what the tap told since the last call, as text.
func events(t *testing.T, s *tap.Subscription) string {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	buffer := make([]tap.Event, 100)
	n, _, _ := s.Next(ctx, buffer)
	var text []string
	for _, e := range buffer[:n] {
		line := fmt.Sprintf("%v %v", e.ID, e.Stage)
		if e.Target != (point.ID{}) {
			line += " " + e.Target.String()
		}
		if e.Reason != tap.NoReason {
			line += " " + e.Reason.String()
		}
		text = append(text, line)
	}
	return strings.Join(text, ", ")
}

func TestWays(t *testing.T) {
	h := newHouse(t, `routes:
  - {from: station/1/1, to: control/9/1}
  - {from: station/1/1, to: control/9/11}
  - {from: station/1/*, to: control/1/*}
  - {from: station/1/2-4, to: control/2/12-14}
  - {from: station/1/*, to: second/1/*}
  - {from: other/5/5, to: control/1/6}
  - {from: station/1, to: control/7}
`)
	for source, want := range map[string]string{
		"station/1/1": "control/9/1 control/9/11 second/1/1", // named routes go before patterns to the same link
		"station/1/2": "control/1/2 second/1/2",              // the first pattern that fits
		"station/1/6": "second/1/6",                          // a pattern steps back from a target that is named
		"station/2/1": "",
		"other/5/5":   "control/1/6",
	} {
		h.put(t, update(source, point.SingleValue(true)))
		var reached []string
		for _, u := range slices.Concat(h.control.taken, h.second.taken) {
			reached = append(reached, u.ID.String())
			origin, known := h.router.Origin(u.ID)
			if !known || origin.String() != source {
				t.Errorf("%s comes from %s, %v, not %s", u.ID, origin, known, source)
			}
		}
		h.control.take()
		h.second.take()
		if got := strings.Join(reached, " "); got != want {
			t.Errorf("%s goes to %q, not %q", source, got, want)
		}
	}
	// These would be the other end of a pattern that is not taken.
	for _, target := range []string{"control/2/12", "control/1/1", "control/3/1"} {
		if origin, known := h.router.Origin(id(target)); known {
			t.Errorf("%s comes from %s", target, origin)
		}
	}
	telegram := point.Update{ID: id("station/1"), Value: point.RawValue(), Telegram: &point.Telegram{Protocol: "test"}}
	h.put(t, telegram)
	if got := h.control.taken; len(got) != 1 || got[0].ID != id("control/7") || got[0].Telegram != telegram.Telegram {
		t.Errorf("telegram: %+v", got)
	}
}

// A batch keeps its order for each destination, and what is not configured to
// change does not change.
func TestOrderAndContents(t *testing.T) {
	h := newHouse(t, "routes: [{from: station/1/*, to: control/2/*}]")
	sent := point.Update{
		ID: id("station/1/1"), Value: number(5), Time: point.SourceTime(time.Unix(9, 0), point.TimeSummer), Received: 7,
		Trace: 3, Type: "scaled", Quality: point.Blocked, Cause: point.CauseBackground,
	}
	batch := []point.Update{sent, update("station/1/2", number(1)), update("station/1/1", number(6))}
	h.put(t, batch...)
	want := sent
	want.ID = id("control/2/1")
	if h.control.taken[0] != want {
		t.Errorf("%+v\nwant %+v", h.control.taken[0], want)
	}
	if got := h.control.take(); got != "control/2/1=5 BL, control/2/2=1 good, control/2/1=6 good" {
		t.Error(got)
	}
	if batch[0] != sent {
		t.Error("the caller's batch was changed")
	}
}

// Types of the signal list count for patterns too.
func TestTypesOfThePointsOfAPattern(t *testing.T) {
	h := newHouse(t, `points:
  - {id: station/1/2, type: double}
  - {id: control/1/1, type: scaled}
routes:
  - {from: station/1/1-9, to: control/1/1-9, commands: true}
`)
	h.put(t, update("station/1/1", number(1e9)))
	if got := h.control.taken[0]; got.Value != number(32767) || got.Type != "scaled" || got.Quality != point.Overflow {
		t.Errorf("%+v", got)
	}
	h.station.answer = []point.Result{{Outcome: point.Confirmed}}
	h.command(t, point.Command{ID: id("control/1/2"), Value: point.SingleValue(true)})
	if got := h.station.carriedOut[0]; got.Value != point.DoubleValue(point.On) || got.Type != "double" {
		t.Errorf("%+v", got)
	}
}

func TestTimes(t *testing.T) {
	h := newHouse(t, `routes:
  - {from: station/1/1, to: control/1/1}
  - {from: station/1/1, to: control/1/2, time: reception}
  - {from: station/1/1, to: control/1/3, time: none}
`)
	u := update("station/1/1", number(1))
	u.Received = 5
	h.put(t, u)
	u.Time = point.SourceTime(time.Unix(0, 9), 0)
	h.put(t, u)
	var times []string
	for _, u := range h.control.taken {
		times = append(times, u.Time.String())
	}
	const source, reception = "1970-01-01T00:00:00.000000009Z", "1970-01-01T00:00:00.000000005Z reception invalid"
	if got := strings.Join(times, ", "); got != "no time, "+reception+", no time, "+source+", "+source+", no time" {
		t.Error(got)
	}
}

func TestDeadband(t *testing.T) {
	h := newHouse(t, `routes: [{from: station/1/1, to: control/1/1, scale: 10, deadband: 5}]`)
	put := func(n float64, q point.Quality) string {
		u := update("station/1/1", number(n))
		u.Quality = q
		h.put(t, u)
		return h.control.take()
	}
	for _, step := range []struct {
		number  float64
		quality point.Quality
		want    string
	}{
		{1, 0, "control/1/1=10 good"},
		{1.5, 0, ""},
		{1.6, 0, "control/1/1=16 good"},
		{1.6, point.NotTopical, "control/1/1=16 NT"},
		{1.7, point.NotTopical, ""},
		{1.7, 0, "control/1/1=17 good"},
		{nan, 0, "control/1/1=NaN good"},
		{1, 0, "control/1/1=10 good"},
	} {
		if got := put(step.number, step.quality); got != step.want {
			t.Errorf("%v %v: %q, want %q", step.number, step.quality, got, step.want)
		}
	}
	// What did not arrive must not hold back what comes after it.
	h.control.refuses = errors.New("no room")
	if err := h.router.Put(t.Context(), []point.Update{update("station/1/1", number(2))}); !errors.Is(err, h.control.refuses) {
		t.Fatal(err)
	}
	h.control.refuses = nil
	if got := put(2, 0); got != "control/1/1=20 good" {
		t.Errorf("the repeated number: %q", got)
	}
	// Who asks gets the value itself.
	h.image[id("station/1/1")] = update("station/1/1", number(2.1))
	if u, _ := h.router.Lookup(id("control/1/1")); u.Value != number(21) {
		t.Errorf("Lookup: %v", u.Value)
	}
}

// One destination that has no room does not keep the others from theirs.
func TestOneDestinationFails(t *testing.T) {
	h := newHouse(t, `routes:
  - {from: station/1/1, to: control/1/1}
  - {from: station/1/1, to: second/1/1}
`)
	h.control.refuses = errors.New("no room")
	err := h.router.Put(t.Context(), []point.Update{update("station/1/1", number(2))})
	if !errors.Is(err, h.control.refuses) || !strings.Contains(err.Error(), "link control") {
		t.Error(err)
	}
	if got := h.second.take(); got != "second/1/1=2 good" {
		t.Errorf("second: %q", got)
	}
}

func TestTapTellsWhatPassesAndWhatDoesNot(t *testing.T) {
	h := newHouse(t, `routes:
  - {from: station/1/1, to: control/1/1}
  - {from: station/1/2, to: control/1/2, type: step}
  - {from: station/1/3, to: control/1/3, deadband: 9}
  - {from: station/1/4, to: control/1/4, test: true}
`)
	s := h.tap.Subscribe(tap.Options{})
	defer s.Close()
	test := update("station/1/1", number(1))
	test.Test = true
	let := test
	let.ID = id("station/1/4")
	h.put(t, test, let, update("station/1/1", number(1)), update("station/1/2", point.SingleValue(true)),
		update("station/1/3", number(1)), update("station/1/3", number(2)), update("station/1/5", number(1)))
	want := strings.Join([]string{
		"station/1/1 dropped control/1/1 test",
		"station/1/4 routed control/1/4",
		"station/1/1 routed control/1/1",
		"station/1/2 dropped control/1/2 no-conversion",
		"station/1/3 routed control/1/3",
		"station/1/3 dropped control/1/3 deadband",
		"station/1/5 dropped no-route",
	}, ", ")
	if got := events(t, s); got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
	h.router.Connect(route.Options{Source: h.image, Tap: &h.tap})
	h.put(t, update("station/1/1", number(1)))
	if got := events(t, s); got != "station/1/1 dropped control/1/1 no-destination" {
		t.Errorf("without a destination: %s", got)
	}
}

func TestSource(t *testing.T) {
	h := newHouse(t, `routes:
  - {from: station/1/*, to: control/2/*, scale: 2}
  - {from: other/1/1, to: control/3/3, invert: true}
  - {from: station/1/9, to: second/1/9}
`)
	never := point.Update{ID: id("station/1/3"), Quality: point.Invalid | point.NotTopical}
	for _, u := range []point.Update{
		update("station/1/1", number(5)), update("station/2/1", number(5)), never,
		update("station/1/9", number(9)), update("other/1/1", point.SingleValue(true)),
	} {
		h.image[u.ID] = u
	}
	got := shown(slices.Collect(h.router.Snapshot("control")))
	if got != "control/2/1=10 good, control/2/3=none NT IV, control/2/9=18 good, control/3/3=off good" {
		t.Error(got)
	}
	for range h.router.Snapshot("control") {
		break
	}
	if u, known := h.router.Lookup(id("control/2/1")); !known || shown([]point.Update{u}) != "control/2/1=10 good" {
		t.Errorf("%+v", u)
	}
	for _, unknown := range []string{"control/2/2", "control/4/1", "station/1/1"} {
		if u, known := h.router.Lookup(id(unknown)); known {
			t.Errorf("%s is known: %+v", unknown, u)
		}
	}
}

func TestManyAtOnce(t *testing.T) {
	h := newHouse(t, "routes: [{from: station/1/*, to: control/1/*, deadband: 1}, {from: other/1/*, to: second/1/*}]")
	for n := range 50 {
		u := update(fmt.Sprint("station/1/", n), number(0))
		h.image[u.ID] = u
	}
	var wg sync.WaitGroup
	for _, link := range []string{"station", "other"} {
		for range 2 {
			wg.Go(func() {
				for n := range 500 {
					h.put(t, update(fmt.Sprint(link, "/1/", n%50), number(float64(n))))
				}
			})
		}
		wg.Go(func() {
			for range 20 {
				for range h.router.Snapshot("control") {
				}
			}
		})
	}
	wg.Wait()
	if got := len(h.second.taken); got != 1000 {
		t.Errorf("%d updates arrived", got)
	}
}

// discard is a queue that takes everything over.
type discard struct{}

func (discard) Put(context.Context, []point.Update) error { return nil }

// Points a second on one core: a plain route, and one that converts.
func BenchmarkPut(b *testing.B) {
	for name, routes := range map[string]string{
		"plain":   "routes: [{from: station/1/*, to: control/1/*}]",
		"scaled":  "routes: [{from: station/1/*, to: control/1/*, scale: 0.1, type: scaled}]",
		"two":     "routes: [{from: station/1/*, to: control/1/*}, {from: station/1/*, to: second/1/*}]",
		"nowhere": "routes: [{from: station/2/*, to: control/1/*}]",
	} {
		b.Run(name, func(b *testing.B) {
			h := newHouse(b, routes)
			h.router.Connect(route.Options{Tap: &h.tap, Queues: map[string]point.Sink{"control": discard{}, "second": discard{}}})
			batch := make([]point.Update, 1000)
			for i := range batch {
				batch[i] = update(fmt.Sprint("station/1/", 4001+i), number(float64(i)))
			}
			b.ReportAllocs()
			for b.Loop() {
				if err := h.router.Put(b.Context(), batch); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.N)*float64(len(batch))/b.Elapsed().Seconds(), "points/s")
		})
	}
}
