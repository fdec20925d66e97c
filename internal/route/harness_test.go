package route_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"maps"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"

	"stellwerk/internal/config"
	"stellwerk/internal/point"
	"stellwerk/internal/rig"
	"stellwerk/internal/route"
	"stellwerk/internal/tap"
)

func TestMain(m *testing.M) { rig.Main(m) }

// options are those of a protocol whose types are named after kinds.
type options struct {
	Gives bool `yaml:"gives" help:"the link gives values"`
}

func (o *options) Check(func(key, text string))   {}
func (o *options) Direction() (gives, takes bool) { return o.Gives, !o.Gives }
func (o *options) CheckAddress(address string) error {
	if !strings.Contains(address, "/") {
		return errors.New("it has no slash")
	}
	return nil
}
func (o *options) CheckTelegram(string) error { return nil }
func (o *options) Shape(typ string) (point.Shape, error) {
	shape, known := shapes[typ]
	if !known {
		return shape, fmt.Errorf("there is no type %q", typ)
	}
	return shape, nil
}

var shapes = map[string]point.Shape{
	"single": {Kind: point.Single}, "double": {Kind: point.Double}, "step": {Kind: point.Step},
	"bits": {Kind: point.Bits}, "counter": {Kind: point.Counter}, "number": {Kind: point.Number},
	"scaled":     {Kind: point.Number, Min: -32768, Max: 32767, Step: 1},
	"normalized": {Kind: point.Number, Min: -1, Max: 32767. / 32768, Step: 1. / 32768},
}

// source stands in for the process image.
type source map[point.ID]point.Update

func (s source) Lookup(id point.ID) (point.Update, bool) {
	update, known := s[id]
	return update, known
}

func (s source) Snapshot(link string) iter.Seq[point.Update] {
	return func(yield func(point.Update) bool) {
		for _, id := range slices.SortedFunc(maps.Keys(s), func(a, b point.ID) int { return strings.Compare(a.String(), b.String()) }) {
			if id.Link == link && !yield(s[id]) {
				return
			}
		}
	}
}

// queue writes down what it takes over.
type queue struct {
	mu      sync.Mutex
	taken   []point.Update
	refuses error
}

func (q *queue) Put(_ context.Context, batch []point.Update) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.refuses == nil {
		q.taken = append(q.taken, batch...)
	}
	return q.refuses
}

// take gives what was taken over since the last call, as text.
func (q *queue) take() string {
	q.mu.Lock()
	defer q.mu.Unlock()
	defer func() { q.taken = nil }()
	return shown(q.taken)
}

func shown(updates []point.Update) string {
	var text []string
	for _, u := range updates {
		text = append(text, fmt.Sprintf("%s=%v %v", u.ID, u.Value, u.Quality))
	}
	return strings.Join(text, ", ")
}

// process carries commands out and writes them down.
type process struct {
	carriedOut []point.Command
	answer     []point.Result
}

func (p *process) Command(_ context.Context, c point.Command, report func(point.Result)) {
	p.carriedOut = append(p.carriedOut, c)
	for _, result := range p.answer {
		report(result)
	}
}

// house is a router between the links station and other, which give, and
// control and second, which take.
type house struct {
	router          *route.Router
	image           source
	control, second *queue
	station, other  *process
	tap             tap.Tap
}

const head = `links:
  station: {test: {gives: true}}
  other: {test: {gives: true}}
  control: {test: {gives: false}}
  second: {test: {gives: false}}
`

func newHouse(t testing.TB, routes string) *house {
	t.Helper()
	registry := config.NewRegistry(config.Protocol{Name: "test", New: func() config.Options { return &options{} }})
	c, err := registry.Parse("test.yaml", []byte(head+routes), func(string) ([]byte, error) { return nil, fs.ErrNotExist })
	if err != nil {
		t.Fatal(err)
	}
	h := &house{
		router: route.New(c), image: source{}, control: &queue{}, second: &queue{},
		station: &process{}, other: &process{},
	}
	h.router.Connect(route.Options{
		Source: h.image, Tap: &h.tap,
		Queues:     map[string]point.Sink{"control": h.control, "second": h.second},
		Commanders: map[string]point.Commander{"station": h.station, "other": h.other},
	})
	return h
}

func id(text string) point.ID {
	parsed, err := point.ParseID(text)
	if err != nil {
		panic(err)
	}
	return parsed
}

func update(name string, value point.Value) point.Update {
	return point.Update{ID: id(name), Value: value, Cause: point.CauseSpontaneous}
}

func (h *house) put(t testing.TB, updates ...point.Update) {
	t.Helper()
	if err := h.router.Put(t.Context(), updates); err != nil {
		t.Fatal(err)
	}
}

// command gives a command and returns the results as text.
func (h *house) command(t testing.TB, c point.Command) string {
	t.Helper()
	var results []string
	h.router.Command(t.Context(), c, func(r point.Result) { results = append(results, r.String()) })
	return strings.Join(results, ", ")
}

func number(n float64) point.Value { return point.NumberValue(n) }

var nan = math.NaN()
