package ads

import (
	"sync"
	"sync/atomic"

	"stellwerk/ads/ams"
)

// serverClient is who asks: requests of the same client keep their order.
type serverClient struct {
	source ams.Address
	port   ams.Port // that is asked
}

// serverJob is a request that the reader does not answer itself.
type serverJob struct {
	request Request
	handler Handler
	order   RequestOrder
	client  serverClient
	line    *serverLine
}

// serverLine are the open requests of a client.
type serverLine struct {
	reads   int          // in work, of those that go together
	writing bool         // one is in work that goes alone
	waiting []*serverJob // in the order in which they came
}

// admits reports whether a request may be begun now.
func (l *serverLine) admits(order RequestOrder) bool {
	return !l.writing && (order.parallel() || l.reads == 0)
}

// serverJobs are the requests of a connection that are not answered by its
// reader. Up to most of them are open; workers, of which there are up to
// parallel, come and go with the requests.
type serverJobs struct {
	most     int // requests that are open at once
	octets   int // their data has at most
	parallel int
	work     func(*serverJob)
	workers  sync.WaitGroup

	open atomic.Int64 // read by the reader without mu, changed with it

	mu    sync.Mutex
	held  int                          // guarded by mu; octets of data
	busy  int                          // guarded by mu; workers
	ready []*serverJob                 // guarded by mu; may be worked on
	lines map[serverClient]*serverLine // guarded by mu; of clients with open requests
}

// clear reports whether the reader may answer a request itself. Only the reader
// calls it and submit.
func (j *serverJobs) clear(client serverClient, order RequestOrder) bool {
	if j.open.Load() == 0 {
		return true
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	line := j.lines[client]
	return line == nil || len(line.waiting) == 0 && line.admits(order)
}

// submit takes a request, whose data it copies, or reports that there are too
// many.
func (j *serverJobs) submit(r *Request, h Handler, client serverClient, order RequestOrder) bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	if int(j.open.Load()) >= j.most || j.held+len(r.Data) > j.octets {
		return false
	}
	job := &serverJob{request: *r, handler: h, order: order, client: client}
	job.request.Data = append([]byte(nil), r.Data...)
	j.open.Add(1)
	j.held += len(r.Data)
	if j.lines == nil {
		j.lines = make(map[serverClient]*serverLine)
	}
	job.line = j.lines[client]
	if job.line == nil {
		job.line = &serverLine{}
		j.lines[client] = job.line
	}
	if len(job.line.waiting) > 0 || !job.line.admits(order) {
		job.line.waiting = append(job.line.waiting, job)
	} else {
		j.begin(job)
	}
	return true
}

// begin makes a request ready. The caller holds mu.
func (j *serverJobs) begin(job *serverJob) {
	if job.order.parallel() {
		job.line.reads++
	} else {
		job.line.writing = true
	}
	j.ready = append(j.ready, job)
	if j.busy < j.parallel {
		j.busy++
		j.workers.Go(j.run)
	}
}

// run works until nothing is ready.
func (j *serverJobs) run() {
	j.mu.Lock()
	defer j.mu.Unlock()
	for len(j.ready) > 0 {
		job := j.ready[0]
		j.ready[0] = nil
		if j.ready = j.ready[1:]; len(j.ready) == 0 {
			j.ready = nil
		}
		j.mu.Unlock()
		j.work(job)
		j.mu.Lock()
		j.end(job)
	}
	j.busy--
}

// end lets the requests behind an answered one begin. The caller holds mu.
func (j *serverJobs) end(job *serverJob) {
	j.open.Add(-1)
	j.held -= len(job.request.Data)
	line := job.line
	if job.order.parallel() {
		line.reads--
	} else {
		line.writing = false
	}
	for len(line.waiting) > 0 && line.admits(line.waiting[0].order) {
		next := line.waiting[0]
		line.waiting[0] = nil
		line.waiting = line.waiting[1:]
		j.begin(next)
	}
	if line.reads == 0 && !line.writing && len(line.waiting) == 0 {
		delete(j.lines, job.client)
	}
}
