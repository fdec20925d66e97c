package web_test

import (
	"slices"
	"sync"

	"stellwerk/internal/web"
)

// table is a point source in memory. It keeps the points in the order of their
// last changes, in a log that is cleaned when it is mostly void.
type table struct {
	mu     sync.Mutex
	epoch  uint64
	count  uint64
	points map[string]*entry
	log    []logged // in the order of number
}

type entry struct {
	point  web.Point
	number uint64 // of the last change
}

type logged struct {
	number uint64
	id     string
}

func newTable() *table { return &table{points: map[string]*entry{}} }

func (t *table) put(points ...web.Point) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, point := range points {
		t.count++
		t.points[point.ID] = &entry{point, t.count}
		t.log = append(t.log, logged{t.count, point.ID})
	}
	if len(t.log) > 2*len(t.points)+1000 {
		t.log = slices.DeleteFunc(t.log, func(l logged) bool { return t.points[l.id].number != l.number })
	}
}

// clear makes the table another one.
func (t *table) clear() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.epoch++
	t.points, t.log = map[string]*entry{}, nil
}

func (t *table) Changes(after uint64, limit int) web.Changes {
	t.mu.Lock()
	defer t.mu.Unlock()
	changes := web.Changes{Epoch: t.epoch, Cursor: t.count}
	at, _ := slices.BinarySearchFunc(t.log, after+1, func(l logged, n uint64) int { return int(l.number) - int(n) })
	for _, l := range t.log[at:] {
		e := t.points[l.id]
		if e.number != l.number {
			continue // has changed again later
		}
		if len(changes.Points) == limit {
			changes.More = true
			return changes
		}
		point := e.point
		point.Quality = slices.Clone(point.Quality)
		changes.Points = append(changes.Points, point)
		changes.Cursor = l.number
	}
	changes.Cursor = t.count
	return changes
}

// telegramLog is a telegram source in memory.
type telegramLog struct {
	mu    sync.Mutex
	links map[string][]web.Dissection
	last  map[string]uint64
}

const keptTelegrams = 1000

func newTelegramLog(links ...string) *telegramLog {
	l := &telegramLog{links: map[string][]web.Dissection{}, last: map[string]uint64{}}
	for _, link := range links {
		l.links[link] = nil
	}
	return l
}

// add keeps a telegram and returns its number.
func (l *telegramLog) add(link string, d web.Dissection) uint64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.last[link]++
	d.Number = l.last[link]
	kept := l.links[link]
	kept = append(kept, d)
	if len(kept) > 2*keptTelegrams {
		kept = slices.Clone(kept[keptTelegrams:])
	}
	l.links[link] = kept
	return d.Number
}

func (l *telegramLog) Telegrams(link string, after uint64, limit int) ([]web.Telegram, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	kept, ok := l.links[link]
	var telegrams []web.Telegram
	for _, d := range kept[max(0, len(kept)-limit):] {
		if d.Number > after {
			telegrams = append(telegrams, d.Telegram)
		}
	}
	return telegrams, ok
}

func (l *telegramLog) Telegram(link string, number uint64) (web.Dissection, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, d := range l.links[link] {
		if d.Number == number {
			return d, true
		}
	}
	return web.Dissection{}, false
}

// fixed is a topology that does not change.
type fixed web.Topology

func (f fixed) Topology() web.Topology { return web.Topology(f) }
