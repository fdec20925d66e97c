package tf6770

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
	"unicode/utf8"

	"stellwerk/ads/ams"
	"stellwerk/websocket"
	"stellwerk/websocket/frame"
)

// session is one connection, from the attempt to its end. What the client asks of
// it never waits; goroutines of its own do the work, and have ended when done is
// closed.
type session struct {
	inputs *Inputs
	checks bool // CheckProtocol is to be asked
	cancel context.CancelFunc
	done   chan struct{}
	wake   chan struct{} // that there is something to write, or to close

	mu        sync.Mutex // guards what follows; never held while waiting
	asked     *protocolQuestion
	conn      *websocket.Conn // while connected
	connected bool
	closing   bool                // this side is ending the connection
	closeWith websocket.CloseCode // and with what
	limit     *time.Timer         // of closing
	ended     bool                // and reason, err and status say how
	reason    websocket.CloseCode
	err       error
	status    Status
	result    ams.HRESULT
	peer      *websocket.CloseError // that OnWebSocketClose was not told of yet
	in, out   queue
}

// protocolQuestion waits for CheckProtocol.
type protocolQuestion struct {
	protocol string
	answer   chan bool
}

func startSession(inputs *Inputs, checks bool) *session {
	ctx, cancel := context.WithCancel(context.Background())
	s := &session{
		inputs: inputs, checks: checks, cancel: cancel,
		done: make(chan struct{}), wake: make(chan struct{}, 1),
		in: queue{limit: int(inputs.MaxReceiveQueue)}, out: queue{limit: int(inputs.MaxSendQueue)},
	}
	go s.run(ctx)
	return s
}

// over reports whether nothing is left in the background.
func (s *session) over() bool {
	select {
	case <-s.done:
		return true
	default:
		return false
	}
}

// run is the life of the session.
func (s *session) run(ctx context.Context) {
	defer close(s.done)
	defer s.cancel()
	conn, err := s.open(ctx)
	if err != nil {
		s.finish(err)
		return
	}
	s.mu.Lock()
	s.conn, s.connected = conn, true
	s.mu.Unlock()
	var silent error
	var others sync.WaitGroup
	others.Go(func() { s.write(conn) })
	if s.inputs.KeepAlive {
		others.Go(func() {
			silent = KeepAlive(ctx, conn, s.inputs.KeepAliveInterval, s.inputs.KeepAliveCloseTimeout)
		})
	}
	err = s.receive(conn)
	s.cancel()
	others.Wait()
	if silent != nil {
		err = silent // which has ended the connection
	}
	s.finish(err)
}

// receive takes messages until the connection ends, and says why.
func (s *session) receive(conn *websocket.Conn) error {
	for {
		m, err := conn.Read(context.Background()) // who disconnects closes conn
		if err != nil {
			return err
		}
		kind := Binary
		if m.Kind == websocket.Text {
			kind = Text
		}
		data := own(m.Data)
		s.mu.Lock()
		fits := s.closing || s.in.push(data, kind, false)
		s.mu.Unlock()
		if !fits {
			err := fmt.Errorf("more than %d octets of messages wait for Execute", s.inputs.MaxReceiveQueue)
			s.end(frame.TryAgainLater, &Error{ReceiveQueueFull, err})
		}
	}
}

// write sends what is in the queue, and at last the close frame.
func (s *session) write(conn *websocket.Conn) {
	options := [2]websocket.WriteOptions{{}, {Compress: true}}
	for {
		s.mu.Lock()
		m, some := s.out.head()
		closing, code := s.closing, s.closeWith
		s.mu.Unlock()
		switch {
		case some:
			kind, option := websocket.Binary, &options[0]
			if m.kind == Text {
				kind = websocket.Text
			}
			if m.compress {
				option = &options[1]
			}
			if conn.Write(context.Background(), kind, m.data, option) != nil {
				return // who reads knows why
			}
			s.mu.Lock()
			s.out.pop()
			s.mu.Unlock()
		case closing:
			_ = conn.Close(code, "") // who reads sees how it ends
			return
		default:
			select {
			case <-s.wake:
			case <-conn.Done():
				return
			}
		}
	}
}

// end begins to close the connection: for a failure, or with nil because the
// client wants to, which waits until the queue is sent.
func (s *session) end(code websocket.CloseCode, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil && s.err == nil {
		s.err, s.status, s.result = err, StatusOf(err), HRESULTOf(err)
		if !s.ended {
			s.ended, s.reason = true, code
		}
		s.out.clear()
	}
	if s.closing {
		return
	}
	s.closing, s.closeWith = true, code
	if !s.connected {
		s.cancel() // the attempt
	}
	s.limit = time.AfterFunc(s.inputs.KeepAliveCloseTimeout, s.abort)
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// abort ends what cannot be closed in time.
func (s *session) abort() {
	s.mu.Lock()
	conn := s.conn
	s.mu.Unlock()
	if conn != nil {
		_ = conn.Abort() // the reader sees how it ends
	}
}

// disconnect closes the connection because the client wants to.
func (s *session) disconnect() {
	s.mu.Lock()
	s.in.clear()
	s.peer = nil
	over := s.ended
	s.mu.Unlock()
	if !over {
		s.end(frame.NormalClosure, nil)
	}
}

// fail closes the connection because OnWebSocketMessage has failed.
func (s *session) fail(result ams.HRESULT) {
	s.end(frame.InternalError, &Error{InternalError, &callbackError{result}})
}

// finish notes how the session has ended, unless that is known.
func (s *session) finish(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.limit != nil {
		s.limit.Stop()
	}
	s.conn = nil
	if s.ended {
		return
	}
	s.ended = true
	closed, byPeer := errors.AsType[*websocket.CloseError](err)
	failed, ownFault := errors.AsType[*websocket.FailError](err)
	switch {
	case byPeer:
		s.reason = closed.Code
	case ownFault:
		s.reason = failed.Code
	case s.connected:
		s.reason = frame.AbnormalClosure
	}
	if s.closing {
		return // as it was to be
	}
	if byPeer {
		s.peer = closed
	}
	if s.status = StatusOf(err); s.status != Success {
		s.err, s.result = err, HRESULTOf(err)
	}
}

// outputs tells how things are.
func (s *session) outputs() Outputs {
	s.mu.Lock()
	defer s.mu.Unlock()
	o := Outputs{CloseReason: s.reason, Error: s.err != nil, Err: s.err, ErrorCode: s.result}
	switch {
	case s.err != nil:
		o.ConnectionState = s.status
	case s.ended:
		o.ConnectionState = SocketNoConnection
	case s.closing:
		o.ConnectionState = FinalizeDisconnect
	case s.connected:
		o.ConnectionState, o.Connected = Success, true
	default:
		o.ConnectionState = Busy
	}
	return o
}

// send takes a message over. A nil session has no connection.
func (s *session) send(content []byte, text, compress bool) error {
	switch {
	case s == nil:
		return errNoConnection
	case text && !utf8.Valid(content):
		return &Error{ProtocolError, errors.New("the message is to be sent as text, but is not UTF-8")}
	case len(content) > s.out.limit:
		return &Error{InvalidMessageSize, fmt.Errorf("the message has %d octets, the queue takes at most %d", len(content), s.out.limit)}
	}
	kind := Binary
	if text {
		kind = Text
	}
	data := own(content)
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.connected || s.closing || s.ended {
		return errNoConnection
	}
	if !s.out.push(data, kind, compress) {
		return &Error{NoMemory, fmt.Errorf("%d octets of messages wait to be sent, more than %d with this one", s.out.size, s.out.limit)}
	}
	select {
	case s.wake <- struct{}{}:
	default: // it is awake
	}
	return nil
}

var errNoConnection = &Error{SocketNoConnection, errors.New("there is no connection to send on")}

// waiting returns how many messages there are for Execute.
func (s *session) waiting() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.in.count
}

// next returns the first message, which stays until taken.
func (s *session) next() (message, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.in.head()
}

// taken removes the first message.
func (s *session) taken() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.in.pop()
}

// peerClosed returns, once, with what the peer has closed, when no message is
// before that.
func (s *session) peerClosed() (code websocket.CloseCode, content []byte, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.peer == nil || s.in.count > 0 {
		return 0, nil, false
	}
	peer := s.peer
	s.peer = nil
	return peer.Code, []byte(peer.Reason), true
}
