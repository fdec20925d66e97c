package ads

import (
	"context"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"stellwerk/ads/ams"
)

// directOctets is the most that a caller writes itself when nothing else is
// under way: it surely fits into a send buffer that is empty.
const directOctets = 4 << 10

// batch is how many octets of started requests are gathered at the most: the
// other end begins with them while the others are being made. It is half a window
// of reads.
const batch = 1600

// clientConn is the connection that the clients of several targets share. It has
// two goroutines: one reads, one writes. A request that is alone is written by
// its caller, and callers that wait may read, see clientReader.
type clientConn struct {
	conn    net.Conn
	options ClientOptions
	begin   time.Time
	direct  bool        // small writes do not wait
	prompt  *connDirect // writes of any size that do not wait, nil where there are none
	reader  clientReader

	wake   chan struct{}
	failed chan struct{} // closed with err
	gone   chan struct{} // closed when the goroutines have ended
	run    sync.WaitGroup

	received   atomic.Uint64 // frames
	unexpected atomic.Uint64
	heard      atomic.Int64 // when something came for the last time
	tracing    sync.Mutex   // one frame at a time
	pool       sync.Pool    // of *call

	mu       sync.Mutex
	err      error                   // guarded by mu, as are all below
	source   ams.Address             // own
	ready    chan struct{}           // closed when source is known
	known    bool                    // ready is closed
	calls    callTable               //
	clients  map[ams.Address]*Client // by target
	asked    []chan ams.NetID        // who waits for the local NetId
	out      []byte                  // to be written
	spare    []byte
	writing  bool
	stalled  bool          // an answer is overdue, so that octets may still wait to be sent
	deadline time.Duration // of writes, as it is set
	timer    *time.Timer
	armed    time.Duration // when the timer rings, 0 where it does not run
	alarm    bool          // the timer's function is to run, or does
	sent     uint64        // frames
	retried  uint64
	timeouts uint64
}

// now is the time since the connection was taken over, and never 0.
func (cc *clientConn) now() time.Duration { return time.Since(cc.begin) + 1 }

func newClientConn(conn net.Conn, options ClientOptions, first uint32) *clientConn {
	cc := &clientConn{
		conn: conn, options: options, begin: time.Now(),
		wake: make(chan struct{}, 1), failed: make(chan struct{}), gone: make(chan struct{}), ready: make(chan struct{}),
		calls: newCallTable(first), clients: make(map[ams.Address]*Client),
		source: options.Source, prompt: newConnDirect(conn),
	}
	cc.reader.init(conn, &options)
	switch conn.(type) {
	case *net.TCPConn, *tls.Conn:
		cc.direct = true
	}
	return cc
}

// start starts the goroutines.
func (cc *clientConn) start() {
	cc.run.Go(cc.read)
	cc.run.Go(cc.write)
	go func() {
		cc.run.Wait()
		cc.mu.Lock()
		for cc.alarm { // the timer's function has mu only for a moment
			cc.mu.Unlock()
			runtime.Gosched()
			cc.mu.Lock()
		}
		cc.mu.Unlock()
		close(cc.gone)
	}()
}

// submit queues a call or sends it.
func (cc *clientConn) submit(k *call) error {
	cc.mu.Lock()
	defer cc.mu.Unlock()
	if cc.err != nil {
		return cc.err
	}
	w := &k.client.window
	now := cc.now()
	if !cc.known || !w.waiting.empty() || !w.free(now) {
		k.state = callQueued
		w.waiting.push(k)
		return nil
	}
	cc.admit(k, now)
	switch {
	case !cc.reader.lent || cc.prompt == nil:
		cc.flush(now)
	case len(cc.out) >= batch && !cc.writing:
		cc.writeNow(now)
	default: // who waits sends it, or the reader's next look
	}
	return nil
}

// wait waits for the answer of a call that was submitted. It may read it itself.
func (cc *clientConn) wait(ctx context.Context, k *call) error {
	if k.there.Load() {
		return k.err
	}
	cc.mu.Lock()
	if cc.reader.free() && k.state != callOver {
		cc.reader.take()
		cc.mu.Unlock()
		if cc.readFor(k) {
			return k.err
		}
		cc.mu.Lock()
	}
	parked := cc.park(k)
	if len(cc.out) > 0 && !cc.writing {
		cc.flush(cc.now())
	}
	cc.mu.Unlock()
	if !parked {
		for !k.there.Load() { // it is being taken over
			runtime.Gosched()
		}
		return k.err
	}
	if ctx.Done() == nil {
		<-k.done
		return k.err
	}
	select {
	case <-k.done:
		return k.err
	case <-ctx.Done():
	}
	cc.mu.Lock()
	w := &k.client.window
	switch k.state {
	case callQueued:
		w.waiting.remove(k)
	case callOpen:
		if k.undo != nil {
			k.detached = true
			cc.mu.Unlock()
			return context.Cause(ctx)
		}
		cc.calls.remove(k, fateAbandoned)
		w.open--
		cc.advance(w, cc.now())
	default: // the answer has just come
		cc.mu.Unlock()
		<-k.done
		return k.err
	}
	cc.over(k)
	cc.mu.Unlock()
	return context.Cause(ctx)
}

// park notes that a caller does nothing but wait for its answer, unless that has
// come. The caller holds mu.
func (cc *clientConn) park(k *call) bool {
	if k.state != callOver {
		k.parked = true
		cc.reader.parked++
	}
	return k.parked
}

// over notes that a call has its answer, and reports whether its caller was parked.
// The caller holds mu.
func (cc *clientConn) over(k *call) bool {
	k.state = callOver
	parked := k.parked
	if parked {
		k.parked = false
		cc.reader.parked--
	}
	return parked
}

// admit sends a call. The caller holds mu.
func (cc *clientConn) admit(k *call, now time.Duration) {
	w := &k.client.window
	w.open++
	cc.calls.add(k)
	k.state, k.sent, k.epoch = callOpen, now, w.epoch
	if k.first == 0 {
		k.first = now
	}
	h := ams.Header{
		Target: k.client.target, Source: cc.source, Command: k.command, StateFlags: ams.RequestFlags,
		Length: uint32(k.headLen + len(k.data)), InvokeID: k.id,
	}
	start := len(cc.out)
	if cc.options.Framing == ams.OverTCP {
		cc.out = ams.TCPHeader{Command: ams.TCPFrame, Length: ams.HeaderLength + h.Length}.Append(cc.out)
	}
	cc.out = h.Append(cc.out)
	cc.out = append(cc.out, k.head[:k.headLen]...)
	cc.out = append(cc.out, k.data...)
	cc.sent++
	cc.trace(true, cc.out[start:])
	cc.arm(now + cc.options.Timeout)
}

// advance sends what waits as far as the window allows. The caller holds mu.
func (cc *clientConn) advance(w *callWindow, now time.Duration) {
	if !cc.known || cc.err != nil {
		return
	}
	for !w.waiting.empty() && w.free(now) {
		k := w.waiting.head
		w.waiting.remove(k)
		cc.admit(k, now)
	}
	if !w.waiting.empty() && w.resume > now {
		cc.arm(w.resume)
	}
	if len(cc.out) > 0 {
		cc.kick()
	}
}

// most is how many octets are written at once by who does not wait for room.
func (cc *clientConn) most() int {
	if cc.prompt != nil {
		return maxKept
	}
	return directOctets
}

// flush has cc.out written. The caller holds mu, and is not the reader.
func (cc *clientConn) flush(now time.Duration) {
	if !cc.direct || cc.writing || cc.stalled || cc.calls.open > 1 || len(cc.out) > cc.most() {
		cc.kick()
		return
	}
	cc.writeNow(now)
}

// writeNow writes cc.out as far as that needs no waiting, and has the rest
// written. The caller holds mu; it is released meanwhile.
func (cc *clientConn) writeNow(now time.Duration) {
	switch {
	case cc.prompt != nil:
		cc.writing = true
		out := cc.out
		cc.out, cc.spare = cc.spare[:0], nil
		cc.mu.Unlock()
		n := cc.prompt.write(out)
		cc.mu.Lock()
		cc.writing = false
		if n < len(out) {
			cc.out = append(out[n:], cc.out...)
		} else if cap(out) <= 4*maxKept {
			cc.spare = out[:0]
		}
	case cc.calls.open <= 1 && !cc.stalled:
		cc.writeOut(now)
	}
	if len(cc.out) > 0 {
		cc.kick()
	}
}

// writeOut writes cc.out. The caller holds mu; it is released meanwhile.
func (cc *clientConn) writeOut(now time.Duration) {
	cc.writing = true
	out := cc.out
	cc.out, cc.spare = cc.spare[:0], nil
	var renew time.Duration
	if cc.deadline < now+cc.options.Timeout {
		cc.deadline = now + 2*cc.options.Timeout
		renew = cc.deadline
	}
	cc.mu.Unlock()
	var err error
	if renew != 0 {
		err = cc.conn.SetWriteDeadline(cc.begin.Add(renew))
	}
	if err == nil {
		_, err = cc.conn.Write(out)
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		err = fmt.Errorf("%w: the other end takes no octets", ErrTimeout)
	}
	cc.mu.Lock()
	cc.writing = false
	if cap(out) <= 4*maxKept {
		cc.spare = out[:0]
	}
	if err != nil {
		cc.fail(err)
	}
}

func (cc *clientConn) kick() {
	select {
	case cc.wake <- struct{}{}:
	default:
	}
}

// write is the writer.
func (cc *clientConn) write() {
	for {
		select {
		case <-cc.wake:
		case <-cc.failed:
			return
		}
		runtime.Gosched() // callers that were woken together write together
		cc.mu.Lock()
		for !cc.writing && len(cc.out) > 0 && cc.err == nil {
			cc.writeOut(cc.now())
		}
		cc.mu.Unlock()
	}
}

// arm has the timer ring at a time. The caller holds mu.
func (cc *clientConn) arm(at time.Duration) {
	if cc.armed != 0 && cc.armed <= at || cc.err != nil {
		return
	}
	cc.armed = at
	wait := max(0, at-cc.now())
	if cc.timer == nil {
		cc.timer = time.AfterFunc(wait, cc.ring)
	} else {
		cc.timer.Reset(wait)
	}
	cc.alarm = true
}

// ring ends calls that have no answer in time, and goes on after pauses.
func (cc *clientConn) ring() {
	cc.mu.Lock()
	defer cc.mu.Unlock()
	cc.alarm, cc.armed = false, 0
	if cc.err != nil {
		return
	}
	now := cc.now()
	next := time.Duration(0)
	for i := range cc.calls.slots {
		k := cc.calls.slots[i].call
		if k == nil {
			continue
		}
		if at := k.sent + cc.options.Timeout; at <= now {
			cc.calls.remove(k, fateAbandoned)
			k.client.window.open--
			cc.timeouts++
			cc.stalled = true
			cc.finish(k, fmt.Errorf("%w: %v", ErrTimeout, cc.options.Timeout))
		} else if next == 0 || at < next {
			next = at
		}
	}
	for _, c := range cc.clients {
		cc.advance(&c.window, now)
	}
	if next != 0 {
		cc.arm(next)
	}
}

// finish gives a call its word. The caller holds mu.
func (cc *clientConn) finish(k *call, err error) {
	parked := cc.over(k)
	k.err = err
	k.conclude(parked)
}

// fail ends the connection for the first reason that is given. The caller holds
// mu.
func (cc *clientConn) fail(err error) {
	if cc.err != nil {
		return
	}
	cc.err = &Error{Op: "connection", Err: err}
	close(cc.failed)
	_ = cc.conn.Close() // it is given up
	if cc.timer != nil && cc.timer.Stop() {
		cc.alarm = false
	}
	for i := range cc.calls.slots {
		if k := cc.calls.slots[i].call; k != nil {
			cc.calls.remove(k, fateAbandoned)
			cc.finish(k, cc.err)
		}
	}
	for _, c := range cc.clients {
		for w := &c.window; !w.waiting.empty(); {
			k := w.waiting.head
			w.waiting.remove(k)
			cc.finish(k, cc.err)
		}
		c.subscriptions.stop(cc.err, cc.begin.Add(time.Duration(cc.heard.Load())))
	}
}

// end is fail without mu.
func (cc *clientConn) end(err error) {
	cc.mu.Lock()
	defer cc.mu.Unlock()
	cc.fail(err)
}

// take takes a frame.
func (cc *clientConn) take(f *ams.Frame, now time.Duration) {
	switch {
	case f.Command == ams.DeviceNotification: // which some servers mark as an answer
		cc.notified(f)
	case !f.IsResponse():
		cc.odd(f, "a request, and this end is no device")
	default:
		cc.answered(f, now)
	}
}

// answered takes an answer.
func (cc *clientConn) answered(f *ams.Frame, now time.Duration) {
	cc.mu.Lock()
	k, fate := cc.calls.find(f.InvokeID)
	if wrong := cc.judge(f, k, fate); wrong != "" {
		cc.mu.Unlock()
		cc.odd(f, wrong)
		return
	}
	w := &k.client.window
	cc.calls.remove(k, fateAnswered)
	w.open--
	cc.stalled = false
	if full := answeredFull(f); full != ams.NoError {
		w.refused(k, now)
		if now-k.first < cc.options.Timeout && !k.detached {
			cc.retried++
			k.state = callQueued
			w.waiting.pushFront(k)
			cc.advance(w, now)
			cc.mu.Unlock()
			return
		}
		f.Error = full
	} else {
		w.answered()
	}
	parked := cc.over(k)
	cc.reader.answered(now - k.sent)
	detached := k.detached
	if !w.waiting.empty() {
		cc.advance(w, now)
	}
	cc.mu.Unlock()
	k.code, k.err = f.Error, nil
	k.body = append(k.body[:0], f.Data...)
	if k.taken != nil && k.code == ams.NoError {
		k.taken(k.body, detached)
	}
	if detached {
		if k.code == ams.NoError {
			cc.run.Go(k.undo)
		}
		return
	}
	k.conclude(parked)
}

// answeredFull returns the return code of a full mailbox, which stands in the
// header, or in the body where a router has put it there.
func answeredFull(f *ams.Frame) ams.ReturnCode {
	if mailboxFull(f.Error) {
		return f.Error
	}
	if f.Error == ams.NoError && len(f.Data) >= 4 {
		if code := ams.ReturnCode(binary.LittleEndian.Uint32(f.Data)); mailboxFull(code) {
			return code
		}
	}
	return ams.NoError
}

// judge says what is wrong with an answer, "" where nothing is. The caller holds
// mu.
func (cc *clientConn) judge(f *ams.Frame, k *call, fate callFate) string {
	switch {
	case fate == fateAnswered:
		return "an answer that had come before"
	case fate == fateAbandoned:
		return "an answer that comes too late: nobody waits for it any more"
	case k == nil:
		return "an answer that nobody has asked for"
	case f.Command != k.command:
		return fmt.Sprintf("an answer to %v, and the request with this invoke ID is %v", f.Command, k.command)
	case f.Target != cc.source:
		return fmt.Sprintf("an answer for %v, and this end is %v", f.Target, cc.source)
	case f.Source != k.client.target && !cc.stands(f, k.client.target):
		return fmt.Sprintf("an answer from %v, and %v was asked", f.Source, k.client.target)
	}
	return ""
}

// stands reports whether an answer may come from elsewhere than the target: from
// a router that cannot reach it, or from the local machine, which has a NetId of
// its own.
func (cc *clientConn) stands(f *ams.Frame, target ams.Address) bool {
	router := f.Error != ams.NoError && len(f.Data) == 0
	local := target.NetID == ams.LocalNetID && f.Source.Port == target.Port
	return router || local
}

// odd counts and tells a frame that nobody has asked for.
func (cc *clientConn) odd(f *ams.Frame, what string) {
	cc.unexpected.Add(1)
	if cc.options.Unexpected != nil {
		cc.options.Unexpected(f.Header, fmt.Errorf("%w: %s (%v, invoke ID %d)", ErrUnexpected, what, f.Command, f.InvokeID))
	}
}
