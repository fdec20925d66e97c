package iec104

import "time"

// run is a number of I frames that were sent one after the other, in one write
// and from one kind of source, and are not acknowledged.
type run struct {
	at     time.Duration // when they were written, never before that
	frames int
	event  bool // taken from the event queue
}

// ring is the queue of unacknowledged I frames as runs, the oldest first. It
// grows to what is in use at once, which the machine bounds by k.
type ring struct {
	runs   []run // its length is 0 or a power of two
	first  int
	count  int // runs
	frames int // in all runs
	unsent int // of these, not written yet; they are the last
}

// len returns how many frames there are.
func (r *ring) len() int { return r.frames }

// written returns how many of them have left.
func (r *ring) written() int { return r.frames - r.unsent }

// oldest returns when the oldest frame was written; there must be one.
func (r *ring) oldest() time.Duration { return r.runs[r.first].at }

// events returns how many frames were taken from the event queue.
func (r *ring) events() (n int) {
	for i := range r.count {
		if run := r.at(i); run.event {
			n += run.frames
		}
	}
	return n
}

// renew has the t1 of all written frames begin again.
func (r *ring) renew(now time.Duration) {
	for i := range r.count {
		if run := r.at(i); run.at != never {
			run.at = now
		}
	}
}

func (r *ring) at(i int) *run { return &r.runs[(r.first+i)&(len(r.runs)-1)] }

// push adds a frame that is not written yet.
func (r *ring) push(event bool) {
	r.frames++
	r.unsent++
	if r.count > 0 {
		if last := r.at(r.count - 1); last.at == never && last.event == event {
			last.frames++
			return
		}
	}
	if r.count == len(r.runs) {
		runs := make([]run, max(4, 2*len(r.runs)))
		n := copy(runs, r.runs[r.first:])
		copy(runs[n:], r.runs[:r.first])
		r.runs, r.first = runs, 0
	}
	r.count++
	*r.at(r.count - 1) = run{at: never, frames: 1, event: event}
}

// write notes that all frames are written now.
func (r *ring) write(now time.Duration) {
	r.unsent = 0
	for i := r.count - 1; i >= 0 && r.at(i).at == never; i-- {
		r.at(i).at = now
	}
}

// pop removes the oldest frames, at most those written, and returns how many
// of them were events.
func (r *ring) pop(frames int) (events int) {
	r.frames -= frames
	for frames > 0 {
		oldest := &r.runs[r.first]
		n := min(frames, oldest.frames)
		if oldest.event {
			events += n
		}
		frames -= n
		if oldest.frames -= n; oldest.frames == 0 {
			r.first = (r.first + 1) & (len(r.runs) - 1)
			r.count--
		}
	}
	return events
}
