package tap

import (
	"context"
	"slices"
	"sync"

	"stellwerk/internal/point"
)

// Bounds of a recorder.
const (
	// DefaultRecorded is the number of events that a [Recorder] keeps where
	// nothing else is said.
	DefaultRecorded = 16384
	recordedOctets  = 16 << 20
	// maxStory bounds the answer to one lookup: an interrogation can have led to
	// as many telegrams as there are points times control centres.
	maxStory = 1024
)

// Recorder keeps the latest events of a tap and answers by trace number. It may
// be used by several goroutines at the same time.
type Recorder struct {
	subscription *Subscription

	mu      sync.Mutex // guards all below
	kept    ring
	gone    uint64                   // events that came and are not kept any more
	byTrace map[point.Trace][]uint64 // for each trace the numbers of its events, rising; events count from 0
	lost    uint64
}

// NewRecorder begins to observe. It keeps the given number of events, or
// DefaultRecorded if that is 0, and fewer when their telegrams are long. The
// events come in while [Recorder.Run] runs.
func NewRecorder(t *Tap, events int) *Recorder {
	if events <= 0 {
		events = DefaultRecorded
	}
	return &Recorder{
		subscription: t.Subscribe(Options{}),
		kept:         ring{limit: events, octetLimit: recordedOctets},
		byTrace:      make(map[point.Trace][]uint64),
	}
}

// Run takes events in until ctx ends, and ends the observation. What was
// recorded can still be looked up afterwards.
func (r *Recorder) Run(ctx context.Context) {
	defer r.subscription.Close()
	buffer := make([]Event, 256)
	for {
		n, lost, err := r.subscription.Next(ctx, buffer)
		if err != nil {
			return
		}
		r.record(buffer[:n], lost)
		clear(buffer[:n])
	}
}

func (r *Recorder) record(events []Event, lost uint64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.lost += lost
	for i := range events {
		e := &events[i]
		for r.kept.full(e) {
			r.forget()
		}
		number := r.gone + uint64(r.kept.events)
		r.kept.push(e)
		for _, trace := range traces(e) {
			r.byTrace[trace] = append(r.byTrace[trace], number)
		}
	}
}

func (r *Recorder) forget() {
	e := r.kept.pop()
	for _, trace := range traces(&e) {
		if numbers := r.byTrace[trace]; len(numbers) > 1 {
			r.byTrace[trace] = numbers[1:]
		} else {
			delete(r.byTrace, trace)
		}
	}
	r.gone++
}

// traces gives the traces that an event concerns, each once.
func traces(e *Event) []point.Trace {
	all := make([]point.Trace, 0, 1+len(e.Related))
	if e.Trace != 0 {
		all = append(all, e.Trace)
	}
	for _, trace := range e.Related {
		if trace != 0 && !slices.Contains(all, trace) {
			all = append(all, trace)
		}
	}
	return all
}

// Lost counts the events that came too fast to be recorded.
func (r *Recorder) Lost() uint64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.lost
}

// Lookup tells the story of a telegram, oldest event first: what happened to it,
// where it came from (the telegrams that it was made of, and theirs), and where
// it went (the telegrams that were made of it, and theirs). The story has at most
// 1024 events; it is nil where none is kept.
func (r *Recorder) Lookup(trace point.Trace) []Event {
	r.mu.Lock()
	defer r.mu.Unlock()
	numbers := map[uint64]bool{}
	r.follow(numbers, trace, func(e *Event) []point.Trace { return e.Related })
	r.follow(numbers, trace, func(e *Event) []point.Trace { return []point.Trace{e.Trace} })
	var story []Event
	for _, number := range sorted(numbers) {
		story = append(story, *r.kept.at(int(number - r.gone)))
	}
	return story
}

// follow gathers the events of a trace and of all traces that step leads to from
// there: upwards by what a telegram was made of, downwards by what was made of it.
func (r *Recorder) follow(numbers map[uint64]bool, start point.Trace, step func(*Event) []point.Trace) {
	reached := map[point.Trace]bool{start: true}
	for queue := []point.Trace{start}; len(queue) > 0; queue = queue[1:] {
		for _, number := range r.byTrace[queue[0]] {
			e := r.kept.at(int(number - r.gone))
			onward := step(e)
			// An event of another telegram belongs to the story only if that
			// telegram lies on the way.
			if e.Trace != queue[0] && !slices.Contains(onward, e.Trace) {
				continue
			}
			if len(numbers) == maxStory {
				return
			}
			numbers[number] = true
			for _, next := range onward {
				if next != 0 && !reached[next] {
					reached[next] = true
					queue = append(queue, next)
				}
			}
		}
	}
}

func sorted(numbers map[uint64]bool) []uint64 {
	all := make([]uint64, 0, len(numbers))
	for number := range numbers {
		all = append(all, number)
	}
	slices.Sort(all)
	return all
}
