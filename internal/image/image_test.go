package image_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"stellwerk/internal/image"
	"stellwerk/internal/point"
	"stellwerk/internal/rig"
	"stellwerk/internal/tap"
)

func TestMain(m *testing.M) { rig.Main(m) }

// next is the sink behind the image. It writes down what it takes over.
type next struct {
	mu      sync.Mutex
	taken   []point.Update
	refuses error
	before  func() // called before it takes over
}

func (n *next) Put(_ context.Context, batch []point.Update) error {
	if n.before != nil {
		n.before()
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.refuses != nil {
		return n.refuses
	}
	n.taken = append(n.taken, batch...)
	return nil
}

// take gives what was taken over since the last call.
func (n *next) take() string {
	n.mu.Lock()
	defer n.mu.Unlock()
	defer func() { n.taken = nil }()
	return shown(n.taken)
}

func shown(updates []point.Update) string {
	var text []string
	for _, u := range updates {
		text = append(text, fmt.Sprintf("%s=%v %v", u.ID.Address, u.Value, u.Quality))
	}
	return strings.Join(text, ", ")
}

func id(address string) point.ID { return point.ID{Link: "substation", Address: address} }

func single(address string, on bool) point.Update {
	return point.Update{
		ID: id(address), Value: point.SingleValue(on), Cause: point.CauseInterrogated, Trace: 7, Received: 5,
		Time: point.SourceTime(time.Unix(1000, 0), 0),
	}
}

func put(t *testing.T, i *image.Image, updates ...point.Update) {
	t.Helper()
	if err := i.Put(t.Context(), updates); err != nil {
		t.Fatal(err)
	}
}

func TestRemembersAndHandsOn(t *testing.T) {
	behind := &next{}
	i := image.New([]point.Update{{ID: id("1/1"), Type: "M_SP_TB_1"}}, image.Options{Next: behind})
	if u, known := i.Lookup(id("1/1")); !known || u.Value.Kind() != point.None || u.Quality != point.Invalid|point.NotTopical || u.Type != "M_SP_TB_1" {
		t.Errorf("before any value: %+v", u)
	}
	if _, known := i.Lookup(id("1/2")); known {
		t.Error("an unknown point is known")
	}
	put(t, i)
	put(t, i, single("1/1", true), single("1/2", false), single("1/1", false))
	if got := behind.take(); got != "1/1=on good, 1/2=off good, 1/1=off good" {
		t.Errorf("handed on: %s", got)
	}
	if got := shown(slices.Collect(i.Snapshot("substation"))); got != "1/1=off good, 1/2=off good" {
		t.Errorf("snapshot: %s", got)
	}
	if i.Count("substation") != 2 || i.Count("control") != 0 {
		t.Errorf("%d and %d points", i.Count("substation"), i.Count("control"))
	}
	for range i.Snapshot("substation") {
		break
	}
}

// Whoever is told of a change finds it in the image already.
func TestRemembersBeforeItHandsOn(t *testing.T) {
	behind := &next{}
	i := image.New(nil, image.Options{Next: behind})
	behind.before = func() {
		if u, known := i.Lookup(id("1/1")); !known || !u.Value.Single() {
			t.Error("the change is not in the image yet")
		}
	}
	put(t, i, single("1/1", true))
}

func TestTestBitAndTelegramsChangeNothing(t *testing.T) {
	behind := &next{}
	i := image.New(nil, image.Options{Next: behind})
	tested := single("1/1", true)
	tested.Test = true
	put(t, i, tested, point.Update{ID: id("1"), Value: point.RawValue(), Telegram: &point.Telegram{}})
	if got := behind.take(); got != "1/1=on good, 1=raw good" {
		t.Errorf("handed on: %s", got)
	}
	if i.Count("substation") != 0 {
		t.Error("the image was changed")
	}
}

func TestLostLink(t *testing.T) {
	behind := &next{}
	i := image.New([]point.Update{{ID: id("1/9")}}, image.Options{Next: behind})
	blocked := single("1/3", true)
	blocked.Quality = point.Blocked
	doubtful := single("1/4", true)
	doubtful.Quality = point.NotTopical
	put(t, i, single("1/1", true), blocked, doubtful)
	other := single("1/1", true)
	other.ID.Link = "other"
	put(t, i, other)
	behind.take()

	if err := i.Lost(t.Context(), "substation", 12); err != nil {
		t.Fatal(err)
	}
	lost, _ := i.Lookup(id("1/1"))
	if lost.Time.Known() || lost.Cause != point.CauseSpontaneous || lost.Trace != 12 || lost.Received == 5 || !lost.Value.Single() {
		t.Errorf("%+v", lost)
	}
	if got := behind.take(); got != "1/1=on NT, 1/3=on BL NT" {
		t.Errorf("handed on: %s", got)
	}
	if u, _ := i.Lookup(other.ID); u.Quality != point.Good {
		t.Error("a point of another link suffers")
	}
	if err := i.Lost(t.Context(), "substation", 13); err != nil || behind.take() != "" {
		t.Errorf("lost twice: %v", err)
	}
	put(t, i, single("1/1", true))
	if u, _ := i.Lookup(id("1/1")); u.Quality != point.Good {
		t.Error("new data do not restore the point")
	}
	if err := i.Lost(t.Context(), "nowhere", 0); err != nil {
		t.Error(err)
	}
}

// A loss that did not arrive is told again, except to points that are good again.
func TestLossThatDidNotArrive(t *testing.T) {
	behind := &next{}
	i := image.New(nil, image.Options{Next: behind})
	put(t, i, single("1/1", true), single("1/2", true))
	behind.take()
	behind.refuses = errors.New("no room")
	if err := i.Lost(t.Context(), "substation", 0); !errors.Is(err, behind.refuses) {
		t.Errorf("Lost: %v", err)
	}
	if u, _ := i.Lookup(id("1/1")); !u.Quality.Has(point.NotTopical) {
		t.Error("the image does not know of the loss")
	}
	behind.refuses = nil
	put(t, i, single("1/2", false))
	if err := i.Lost(t.Context(), "substation", 0); err != nil {
		t.Fatal(err)
	}
	if got := behind.take(); got != "1/2=off good, 1/1=on NT, 1/2=off NT" {
		t.Errorf("handed on: %s", got)
	}
	if err := i.Lost(t.Context(), "substation", 0); err != nil || behind.take() != "" {
		t.Errorf("told a third time: %v", err)
	}
}

func TestRoom(t *testing.T) {
	var observed tap.Tap
	s := observed.Subscribe(tap.Options{})
	behind := &next{}
	i := image.New([]point.Update{{ID: id("1/1")}}, image.Options{Next: behind, Tap: &observed, Limit: 2})
	put(t, i, single("1/2", true), single("1/3", true), single("1/1", true), single("1/4", true))
	if got := behind.take(); got != "1/2=on good, 1/1=on good" {
		t.Errorf("handed on: %s", got)
	}
	put(t, i, single("1/3", true))
	if got := behind.take(); got != "" {
		t.Errorf("handed on: %s", got)
	}
	events := make([]tap.Event, 9)
	n, _, err := s.Next(t.Context(), events)
	if err != nil || n != 3 || events[0].ID != id("1/3") || events[1].Reason != tap.TooManyPoints {
		t.Errorf("%d events: %+v", n, events[:n])
	}
}

func TestChanges(t *testing.T) {
	i := image.New([]point.Update{{ID: id("1/1")}, {ID: id("1/2")}}, image.Options{Next: &next{}})
	all, cursor, more := i.Changes(0, 10)
	if len(all) != 2 || more {
		t.Errorf("%d changes, more %v", len(all), more)
	}
	if none, same, more := i.Changes(cursor, 10); none != nil || same != cursor || more {
		t.Errorf("changes where nothing changed: %v", none)
	}
	put(t, i, single("1/3", true), single("1/1", true), single("1/3", false), single("1/4", true))
	first, middle, more := i.Changes(cursor, 2)
	if got := shown(first); got != "1/1=on good, 1/3=off good" || !more {
		t.Errorf("%s, more %v", got, more)
	}
	// What changes in between moves to the end and is not lost.
	put(t, i, single("1/1", false))
	second, last, more := i.Changes(middle, 2)
	if got := shown(second); got != "1/4=on good, 1/1=off good" || more {
		t.Errorf("%s, more %v", got, more)
	}
	if rest, _, _ := i.Changes(last, 2); rest != nil {
		t.Errorf("and %s", shown(rest))
	}
}

// A batch that waits behind the image keeps others of its link waiting, but not
// longer than they want to, and nobody of another link.
func TestLaneIsHeldNoLongerThanAsked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		var late atomic.Bool
		behind := &next{before: func() {
			if !late.Swap(true) {
				<-release
			}
		}}
		i := image.New(nil, image.Options{Next: behind})
		var wg sync.WaitGroup
		wg.Go(func() { put(t, i, single("1/1", true)) })
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := i.Lost(ctx, "substation", 0); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Lost: %v", err)
		}
		other := single("1/1", true)
		other.ID.Link = "other"
		put(t, i, other)
		close(release)
		wg.Wait()
		if err := i.Lost(t.Context(), "substation", 0); err != nil {
			t.Error(err)
		}
	})
}

func TestManyLinksAtOnce(t *testing.T) {
	i := image.New(nil, image.Options{Next: &next{}})
	var wg sync.WaitGroup
	for l := range 4 {
		link := fmt.Sprint("link", l)
		wg.Go(func() {
			for n := range 300 {
				u := single(fmt.Sprint(n%50), n%2 == 0)
				u.ID.Link = link
				put(t, i, u)
				if n%100 == 99 {
					if err := i.Lost(t.Context(), link, 0); err != nil {
						t.Error(err)
					}
				}
			}
		})
		wg.Go(func() {
			var cursor uint64
			for range 50 {
				_, cursor, _ = i.Changes(cursor, 20)
				for range i.Snapshot(link) {
				}
			}
		})
	}
	wg.Wait()
	if got := i.Count("link3"); got != 50 {
		t.Errorf("%d points", got)
	}
}

func BenchmarkPut(b *testing.B) {
	i := image.New(nil, image.Options{Next: discard{}})
	batch := make([]point.Update, 1000)
	for n := range batch {
		batch[n] = single(fmt.Sprint("1/", n), true)
	}
	b.ReportAllocs()
	for b.Loop() {
		if err := i.Put(b.Context(), batch); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)*1000/b.Elapsed().Seconds(), "points/s")
}

type discard struct{}

func (discard) Put(context.Context, []point.Update) error { return nil }
