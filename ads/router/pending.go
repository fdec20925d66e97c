package router

import (
	"sync"
	"time"

	"stellwerk/ads/ams"
)

// question identifies a request on the connection that it was sent on.
type question struct {
	source   ams.Address // as it was sent
	port     ams.Port    // of the target
	invokeID uint32
}

// asked is who has to get the answer.
type asked struct {
	origin *peer      // nil for the router itself
	header ams.Header // as it came
	times  int        // the same question is open
}

// pending are the requests that wait for their answers on a connection. Those
// that nobody answers are forgotten: there are two generations of them, and now
// and then the older one is dropped. All methods are safe for concurrent use.
type pending struct {
	most   int
	age    time.Duration
	memory *budget // of the router

	mu     sync.Mutex
	closed bool               // guarded by mu
	young  map[question]asked // guarded by mu
	old    map[question]asked // guarded by mu
	turned time.Time          // guarded by mu
}

func newPending(l *Limits, memory *budget) pending {
	return pending{most: l.Requests, age: l.Answer, memory: memory, young: make(map[question]asked), turned: time.Now()}
}

// add notes a request.
func (p *pending) add(q question, a asked) outcome {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return ended
	}
	if now := time.Now(); now.Sub(p.turned) > p.age {
		p.memory.release(len(p.old) * noteOctets)
		p.young, p.old, p.turned = make(map[question]asked), p.young, now
	}
	if len(p.young)+len(p.old) >= p.most {
		return full
	}
	a.times = 1
	same, again := p.young[q]
	switch {
	case again && same.origin == a.origin:
		a.times += same.times
	case !again && !p.memory.take(noteOctets):
		return full
	}
	p.young[q] = a
	return queued
}

// take returns who has asked, and forgets it.
func (p *pending) take(q question) (asked, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, generation := range []map[question]asked{p.young, p.old} {
		a, ok := generation[q]
		if !ok {
			continue
		}
		if a.times--; a.times > 0 {
			generation[q] = a
		} else {
			delete(generation, q)
			p.memory.release(noteOctets)
		}
		return a, true
	}
	return asked{}, false
}

// len returns how many requests wait.
func (p *pending) len() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.young) + len(p.old)
}

// close returns all that wait, and lets nothing more in.
func (p *pending) close() []asked {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	var all []asked
	for _, generation := range []map[question]asked{p.old, p.young} {
		for _, a := range generation {
			all = append(all, a)
		}
	}
	p.young, p.old = nil, nil
	p.memory.release(len(all) * noteOctets)
	return all
}
