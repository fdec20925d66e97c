package ads

import (
	"errors"
	"fmt"
	"net"
	"os"
	"sync"
	"time"

	"stellwerk/ads/ams"
)

// serverChunk is how much is written at a time, for which the peer has the write
// time-out.
const serverChunk = 64 << 10

// serverOutput is what a connection has to send. Frames wait in one buffer; who
// puts more in waits while it is over the limit, so that a peer that does not
// read costs the limit and one frame. A goroutine writes; on TCP the reader tries
// to write without waiting before.
type serverOutput struct {
	conn    net.Conn
	framing ams.Framing
	limit   int
	timeout time.Duration
	direct  *connDirect // nil where the connection has none

	mu      sync.Mutex
	room    sync.Cond     // of mu: the buffer has become shorter, or err is there
	buffer  []byte        // guarded by mu
	spare   []byte        // guarded by mu
	writing bool          // guarded by mu; somebody writes without mu
	err     error         // guarded by mu; nothing is sent any more
	octets  uint64        // guarded by mu; sent
	wake    chan struct{} // of the writer, with room for one
}

func newServerOutput(conn net.Conn, framing ams.Framing, limit int, timeout time.Duration) *serverOutput {
	o := &serverOutput{
		conn: conn, framing: framing, limit: limit, timeout: timeout,
		direct: newConnDirect(conn), wake: make(chan struct{}, 1),
	}
	o.room.L = &o.mu
	return o
}

// put queues a frame, when there is room. It is for goroutines that may wait.
func (o *serverOutput) put(h *ams.Header, body []byte) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if err := o.await(); err != nil {
		return err
	}
	o.append(h, body)
	return nil
}

// await returns when there is room. The caller holds mu, which is released
// meanwhile.
func (o *serverOutput) await() error {
	for len(o.buffer) >= o.limit && o.err == nil {
		o.rouse()
		o.room.Wait()
	}
	return o.err
}

// offer queues a frame where there is room now.
func (o *serverOutput) offer(h *ams.Header, body []byte) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.err != nil || len(o.buffer) >= o.limit {
		return false
	}
	o.append(h, body)
	return true
}

func (o *serverOutput) append(h *ams.Header, body []byte) {
	if o.buffer == nil {
		o.buffer, o.spare = o.spare, nil
	}
	h.Length = uint32(len(body))
	if o.framing == ams.OverTCP {
		o.buffer = ams.TCPHeader{Command: ams.TCPFrame, Length: ams.HeaderLength + h.Length}.Append(o.buffer)
	}
	o.buffer = append(h.Append(o.buffer), body...)
}

// putPacket queues what is no AMS frame, when there is room.
func (o *serverOutput) putPacket(command ams.TCPCommand, body []byte) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if err := o.await(); err != nil {
		return err
	}
	o.buffer = ams.TCPHeader{Command: command, Length: uint32(len(body))}.Append(o.buffer)
	o.buffer = append(o.buffer, body...)
	return nil
}

// flush sends what waits, or has it sent. It does not wait.
func (o *serverOutput) flush() {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.buffer) == 0 || o.writing || o.err != nil {
		return
	}
	if o.direct != nil {
		n := o.direct.write(o.buffer)
		o.octets += uint64(n)
		if n == len(o.buffer) {
			o.recycle(o.buffer)
			o.buffer = nil
			return
		}
		o.buffer = o.buffer[n:]
	}
	o.rouse()
}

// rouse wakes the writer.
func (o *serverOutput) rouse() {
	select {
	case o.wake <- struct{}{}:
	default:
	}
}

// recycle keeps a buffer for later unless it is large. The caller holds mu.
func (o *serverOutput) recycle(buffer []byte) {
	if cap(buffer) <= serverChunk && cap(buffer) > cap(o.spare) {
		o.spare = buffer[:0]
	}
}

// write is the writer. It returns when fail was called.
func (o *serverOutput) write() {
	o.mu.Lock()
	defer o.mu.Unlock()
	for {
		for len(o.buffer) > 0 && o.err == nil {
			out := o.buffer
			o.buffer, o.writing = nil, true
			o.mu.Unlock()
			n, err := o.writeAll(out)
			o.mu.Lock()
			o.writing = false
			o.octets += uint64(n)
			o.recycle(out)
			if err != nil {
				o.broken(err)
			}
			o.room.Broadcast()
		}
		if o.err != nil {
			return
		}
		o.mu.Unlock()
		<-o.wake
		o.mu.Lock()
	}
}

func (o *serverOutput) writeAll(out []byte) (n int, err error) {
	for len(out) > 0 {
		if o.timeout > 0 {
			_ = o.conn.SetWriteDeadline(time.Now().Add(o.timeout)) // the write finds it out
		}
		written, err := o.conn.Write(out[:min(len(out), serverChunk)])
		n += written
		if errors.Is(err, os.ErrDeadlineExceeded) {
			return n, fmt.Errorf("the peer has taken nothing for %v: %w", o.timeout, err)
		}
		if err != nil {
			return n, err
		}
		out = out[written:]
	}
	return n, nil
}

// fail ends the output: nothing more is taken, and nobody waits any more.
func (o *serverOutput) fail(err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.broken(err)
	o.rouse()
}

// broken keeps the first error. The caller holds mu.
func (o *serverOutput) broken(err error) {
	if o.err == nil {
		o.err = err
		o.buffer, o.spare = nil, nil
		o.room.Broadcast()
		_ = o.conn.Close() // the reader ends too
	}
}

// wait returns when there is room.
func (o *serverOutput) wait() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.await()
}

// state returns the first error and how many octets were sent.
func (o *serverOutput) state() (octets uint64, err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.octets, o.err
}
