package tf6770

import (
	"sync"
	"time"

	"stellwerk/ads/ams"
	"stellwerk/websocket"
	ws "stellwerk/websocket/tf6770"
)

const (
	// cycle is how often a client that has a connection is executed.
	cycle = 5 * time.Millisecond
	// ahead is how many octets of messages a client takes before the PLC asks
	// for them. One message of any length is always taken.
	ahead = 256 << 10
	// maxAnswer bounds an answer, whatever the PLC has room for.
	maxAnswer = 1 << 20
	// maxProtocol bounds the protocol in an answer; a server may send a long one.
	maxProtocol = 255
)

// received is a message that the PLC has not acknowledged.
type received struct {
	sequence uint32
	kind     ws.ContentType
	data     []byte
}

// client is a WebSocket client of a PLC. One goroutine runs it and is the only
// one to touch its fields but jobs, gone and done: what others want of it are
// jobs, which it does at once, since nothing it does waits.
type client struct {
	owner  ams.Address // the PLC; zero for clients that everybody may use
	handle uint32
	name   string

	jobs chan func()
	gone chan struct{} // closed by release
	done chan struct{} // closed when the goroutine has ended
	once sync.Once

	block     *ws.Client
	lease     time.Duration
	expires   *time.Timer
	configure bool       // Connect was called before
	given     Parameters // with which it was, before they were permitted

	waiting  []received // in order
	octets   int        // of waiting
	sequence uint32     // of the last received message

	judge    bool // CheckProtocol waits for a verdict
	protocol string
	verdict  uint32 // ProtocolAccepted, ProtocolRejected, or 0
	leaving  bool   // Disconnect was called and is not over

	closed       bool // OnWebSocketClose is to be told
	closeCode    websocket.CloseCode
	closeContent []byte

	sending sending
}

// newClient starts a client.
func newClient(owner ams.Address, handle uint32, name string, lease time.Duration) *client {
	c := &client{
		owner: owner, handle: handle, name: name, lease: lease,
		jobs: make(chan func()), gone: make(chan struct{}), done: make(chan struct{}),
		block: ws.NewClient(),
	}
	c.block.OnWebSocketMessage = c.onMessage
	c.block.OnWebSocketClose = c.onClose
	go c.run()
	return c
}

// release ends a client, whose goroutine ends soon after.
func (c *client) release() { c.once.Do(func() { close(c.gone) }) }

// do has the client's goroutine do something, and reports whether it did.
func (c *client) do(job func()) bool {
	finished := make(chan struct{})
	select {
	case c.jobs <- func() { job(); close(finished) }:
		<-finished
		return true
	case <-c.done:
		return false
	}
}

// renew is a job: the PLC has said something.
func (c *client) renew() {
	if c.expires != nil {
		c.expires.Reset(c.lease)
	}
}

// run is the client's goroutine.
func (c *client) run() {
	defer close(c.done)
	defer func() { _ = c.block.Close() }() // never fails
	if c.lease > 0 {
		c.expires = time.NewTimer(c.lease)
		defer c.expires.Stop()
	}
	tick := time.NewTicker(cycle)
	defer tick.Stop()
	ticks := tick.C
	for c.serve(ticks) {
		c.step()
		if c.idle() {
			ticks = nil
		} else {
			ticks = tick.C
		}
	}
}

// serve waits for something to do, does it, and reports whether the client goes
// on.
func (c *client) serve(ticks <-chan time.Time) bool {
	var expired <-chan time.Time
	if c.expires != nil {
		expired = c.expires.C
	}
	select {
	case job := <-c.jobs:
		job()
	case <-ticks:
	case <-expired:
		c.release()
		return false
	case <-c.gone:
		return false
	}
	return true
}

// idle reports whether nothing happens before the next job.
func (c *client) idle() bool {
	return !c.active() && !c.leaving
}

// active reports whether there is a connection, or one in the making or ending.
func (c *client) active() bool {
	return c.block.Connected || c.block.ConnectionState == ws.Busy || c.block.ConnectionState == ws.FinalizeDisconnect
}

// step is one cycle.
func (c *client) step() {
	if c.leaving && c.block.Disconnect() {
		c.leaving = false
	}
	c.block.Execute()
	c.sending.try(c.block)
}

// checkProtocol asks the PLC, and meanwhile goes on with its jobs.
func (c *client) checkProtocol(protocol string) bool {
	c.judge, c.verdict = true, 0
	c.protocol = protocol[:min(len(protocol), maxProtocol)]
	defer func() { c.judge = false }()
	for c.verdict == 0 {
		if !c.serve(nil) {
			return false
		}
	}
	return c.verdict == ProtocolAccepted
}

func (c *client) onMessage(content []byte, kind ws.ContentType) ams.HRESULT {
	if len(c.waiting) > 0 && c.octets+len(content) > ahead {
		return ams.False
	}
	c.sequence++
	c.octets += len(content)
	c.waiting = append(c.waiting, received{c.sequence, kind, append([]byte(nil), content...)})
	return ams.OK
}

func (c *client) onClose(code websocket.CloseCode, content []byte) ams.HRESULT {
	c.closed, c.closeCode, c.closeContent = true, code, append([]byte(nil), content...)
	return ams.OK
}

// counting is a job. It returns the inputs that count for a Connect: those given
// now, or those of before.
func (c *client) counting(in Parameters, flags uint32) Parameters {
	if c.configure && flags&ConnectReconfig == 0 {
		return c.given
	}
	return in
}

// connect is a job: Connect. Permitted inputs count where the method reads them.
func (c *client) connect(given, in *Parameters, flags uint32) {
	if c.active() || c.leaving {
		return
	}
	c.waiting, c.octets = nil, 0
	c.closed, c.closeContent = false, nil
	c.sending.reset()
	reconfig := !c.configure || flags&ConnectReconfig != 0
	if reconfig {
		c.given, c.block.Inputs = *given, *in
	}
	c.block.CheckProtocol = nil
	if flags&ConnectJudge != 0 {
		c.block.CheckProtocol = c.checkProtocol
	}
	c.configure = true
	c.block.Connect(reconfig)
}

// disconnect is a job: Disconnect.
func (c *client) disconnect() {
	c.waiting, c.octets = nil, 0
	c.leaving = true
	c.verdict = ProtocolRejected // an end of asking, too
}

// exchange is a job. It answers with at most so many octets.
func (c *client) exchange(request *ExchangeRequest, octets uint32) ([]byte, ams.ReturnCode) {
	c.acknowledge(request.Acknowledged)
	if c.judge && request.Flags&(ProtocolAccepted|ProtocolRejected) != 0 {
		c.verdict = request.Flags & (ProtocolAccepted | ProtocolRejected)
	}
	if request.Flags&MessageFailed != 0 {
		c.block.Fail(ams.DeviceError.HRESULT())
		c.waiting, c.octets = nil, 0 // what is behind the message is not delivered
	}
	if request.Flags&CloseTold != 0 && len(c.waiting) == 0 {
		c.closed = false
	}
	if code := c.sending.take(request.Pieces, c.block); code != ams.NoError {
		return nil, code
	}
	if c.block.ConnectionState != ws.Busy {
		// So that the answer is of now. While connecting this might ask for a
		// verdict, which comes with another exchange only.
		c.step()
	}
	return c.answer(request, octets)
}

// acknowledge lets go of messages up to one.
func (c *client) acknowledge(sequence uint32) {
	n := 0
	for n < len(c.waiting) && !later(c.waiting[n].sequence, sequence) {
		c.octets -= len(c.waiting[n].data)
		n++
	}
	c.waiting = c.waiting[n:]
}

// later reports whether a number comes behind another; numbers start again from
// 0 after 2^32.
func later(a, b uint32) bool { return int32(a-b) > 0 }

// answer puts an answer together.
func (c *client) answer(request *ExchangeRequest, octets uint32) ([]byte, ams.ReturnCode) {
	r := ExchangeResponse{
		ConnectionState: c.block.ConnectionState, ErrorCode: c.block.ErrorCode, CloseReason: c.block.CloseReason,
		Error: c.block.Error, Connected: c.block.Connected,
		Sent: c.sending.sent, Waiting: uint32(len(c.waiting)),
	}
	switch {
	case c.sending.complete && c.block.Connected:
		r.Error, r.ErrorCode = false, ams.OK // a message waits for room, which is no error of the PLC's
	case c.sending.refused != ams.NoError && (c.block.Connected || !r.Error):
		r.Error, r.ErrorCode = true, c.sending.refused.HRESULT()
	}
	if c.judge && c.verdict == 0 {
		r.Flags |= JudgeProtocol
		r.Protocol = c.protocol
	}
	if c.closed && len(c.waiting) == 0 {
		r.Flags |= TellClose
		r.CloseCode, r.CloseContent = c.closeCode, c.closeContent
	}
	if c.sending.later {
		r.Flags |= SendLater
	}
	dst := r.head(nil)
	if uint64(len(dst)) > uint64(octets) {
		return nil, ams.InvalidSize
	}
	if request.Flags&HoldMessages != 0 {
		return dst, ams.NoError
	}
	return c.pieces(dst, int(min(octets, maxAnswer))-len(dst), request.Held), ams.NoError
}

// pieces appends messages, and of the last one as much as there is room for. Held
// octets of the first one the PLC has already.
func (c *client) pieces(dst []byte, room int, held uint32) []byte {
	for i := range c.waiting {
		m, at := &c.waiting[i], 0
		if i == 0 {
			at = int(min(uint64(held), uint64(len(m.data))))
		}
		if at > 0 && at == len(m.data) {
			continue
		}
		n := min(len(m.data)-at, room-pieceHead)
		if n < 0 || n == 0 && at < len(m.data) {
			break
		}
		p := Piece{Sequence: m.sequence, Total: uint32(len(m.data)), Offset: uint32(at), Kind: m.kind, Data: m.data[at : at+n]}
		dst = p.append(dst)
		room -= pieceHead + n
		if at+n < len(m.data) {
			break
		}
	}
	return dst
}
