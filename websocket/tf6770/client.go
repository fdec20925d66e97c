package tf6770

import (
	"context"
	"net"
	"net/http"
	"slices"
	"time"

	"stellwerk/ads/ams"
	"stellwerk/tlsconf"
	"stellwerk/websocket"
)

// ContentType is ETcIotWebSocketContentType (a DINT), the kind of a message.
type ContentType int32

// The content types. Messages are handed over whole, so that none is a
// continuation.
const (
	Continuation ContentType = 0 // WS_CONTENT_CONTINUATION
	Text         ContentType = 1 // WS_CONTENT_TEXT
	Binary       ContentType = 2 // WS_CONTENT_BINARY
)

// Inputs are what is to be set before connecting; later changes count from the
// next Connect(true) on. Fields that are zero have the values named beside them.
type Inputs struct {
	// HostName (sHostName) is a name or an IP address, with or without a port.
	// Empty is localhost. It may also be a whole address, ws://… or wss://….
	HostName string
	// HostPort (nHostPort) is the port. Zero is the port in HostName or URI
	// where there is one, otherwise 443 where one of them says wss, and 80.
	HostPort uint16
	// URI (sUri) is path and query, or a whole address, whose host counts where
	// HostName is empty. Empty is "/".
	URI string
	// Protocol (sProtocol) is the subprotocol offered, or several with commas in
	// between. Empty offers none.
	Protocol string
	// Origin (sOrigin) is the header Origin. Empty sends none.
	Origin string
	// TLS (stTLS) are the settings of TLS, which is on when one of them is made,
	// other than the version, or when HostName or URI says wss.
	TLS tlsconf.Settings
	// PerMessageDeflate (bPerMessageDeflate) offers the compression of messages.
	PerMessageDeflate bool
	// KeepAlive (bKeepAlive) sends pings. [NewClient] switches it on.
	KeepAlive bool
	// KeepAliveInterval (nKeepAliveInterval) is how long after the last message
	// from the server a ping is sent. Zero is 30 s.
	KeepAliveInterval time.Duration
	// KeepAliveCloseTimeout (nKeepAliveCloseTimeout) is how long the answer to a
	// ping may take, and that to a close frame. Zero is 10 s.
	KeepAliveCloseTimeout time.Duration
	// ConnectResponseTimeout (nConnectResponseTimeout) is how long each step of
	// connecting may take: name and TCP, TLS, the server's response. Zero is 10 s.
	ConnectResponseTimeout time.Duration
	// MaxReceiveFrame (nMaxRecvFrameSize) is the longest frame that is taken, in
	// octets. Zero is 0x10000.
	MaxReceiveFrame uint32
	// MaxReceiveMessage (nMaxRecvMsgSize) is the longest message that is taken, in
	// octets. Zero is 0x100000.
	MaxReceiveMessage uint32
	// MaxSendFrame (nMaxSendFrameSize) is the longest frame that is sent, in
	// octets: longer messages are fragmented. Zero is 0x4000.
	MaxSendFrame uint32

	// What follows is not in the manual.

	// MaxReceiveQueue and MaxSendQueue bound the messages that wait for Execute
	// and for the network, in octets; each message counts 64 more than it has.
	// One message always fits into the first, and none that is longer than the
	// second is sent. Zero is 4 MiB.
	MaxReceiveQueue, MaxSendQueue uint32
	// Header has further headers, such as Authorization.
	Header http.Header
	// Engines are asked for TLS that crypto/tls lacks; see package tlsconf/libssl.
	Engines []tlsconf.Engine
	// Dial opens the connection: through a tunnel, or from a certain address as
	// net.Dialer does. It must end when ctx does. Nil dials TCP. A status of its
	// own choice is an [*Error].
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
}

// Outputs are what methods of [Client] tell, and change in no other way.
type Outputs struct {
	// Error (bError) tells that something is wrong: that the connection could not
	// be made or has failed, until the next Connect, or that a message was
	// refused, until the next one is sent.
	Error bool
	// ErrorCode (hrErrorCode) is an ADS return code, and OK without an error.
	ErrorCode ams.HRESULT
	// ConnectionState (eConnectionState): Busy while connecting, Success while
	// connected, FinalizeDisconnect while disconnecting, SocketNoConnection
	// before and after, and otherwise why the connection failed.
	ConnectionState Status
	// Connected (bConnected) tells that messages can be sent and received.
	Connected bool
	// CloseReason (nCloseReason) is how the connection has ended: the code of the
	// server's close frame, or of the own one where the server was at fault or has
	// only answered, and 1006 where it ended without one. It is 0 before that.
	CloseReason websocket.CloseCode
	// Err is what Error and ErrorCode stand for. It is not in the manual.
	Err error
}

// Client is FB_IotWebSocketClient: a client for one connection at a time. Like
// an instance of the function block it belongs to one task: its fields and
// methods are for one goroutine at a time, and its callbacks are called by
// Execute, by no one else. Make it with [NewClient].
type Client struct {
	Inputs
	Outputs

	// OnWebSocketMessage is called for each message. The content is valid until
	// it returns. [ams.OK] takes the message; with [ams.False] the next Execute
	// hands it over again, and no later one before it; what reports a failure
	// closes the connection with [InternalError]. Nil takes and drops all.
	OnWebSocketMessage func(content []byte, kind ContentType) ams.HRESULT
	// OnWebSocketClose is called when the server has sent a close frame, behind
	// its last message. What it returns does not matter.
	OnWebSocketClose func(code websocket.CloseCode, content []byte) ams.HRESULT
	// CheckProtocol judges the subprotocol that the server has chosen, empty for
	// none; false gives the connection up. Nil takes what was offered. It must be
	// set before Connect, and Execute be called while connecting.
	CheckProtocol func(protocol string) bool

	read      *Inputs  // what the last Connect has read
	session   *session // of the last Connect
	executing bool
	refused   error // why the last message was not sent
}

// NewClient returns a client whose inputs have the values that the manual gives
// them.
func NewClient() *Client {
	return &Client{
		Inputs: Inputs{
			KeepAlive: true, TLS: tlsconf.Settings{Version: "tlsv1.2"},
			KeepAliveInterval: DefaultKeepAliveInterval, KeepAliveCloseTimeout: DefaultKeepAliveCloseTimeout,
			ConnectResponseTimeout: DefaultConnectResponseTimeout,
			MaxReceiveFrame:        DefaultMaxReceiveFrame, MaxReceiveMessage: DefaultMaxReceiveMessage, MaxSendFrame: DefaultMaxSendFrame,
			MaxReceiveQueue: DefaultMaxQueue, MaxSendQueue: DefaultMaxQueue,
		},
		Outputs: Outputs{ConnectionState: SocketNoConnection},
	}
}

// copied returns inputs that later changes do not touch, without zeros.
func (in Inputs) copied() *Inputs {
	in.KeepAliveInterval = orDefault(in.KeepAliveInterval, DefaultKeepAliveInterval)
	in.KeepAliveCloseTimeout = orDefault(in.KeepAliveCloseTimeout, DefaultKeepAliveCloseTimeout)
	in.ConnectResponseTimeout = orDefault(in.ConnectResponseTimeout, DefaultConnectResponseTimeout)
	in.MaxReceiveFrame = orDefault(in.MaxReceiveFrame, DefaultMaxReceiveFrame)
	in.MaxReceiveMessage = orDefault(in.MaxReceiveMessage, DefaultMaxReceiveMessage)
	in.MaxSendFrame = orDefault(in.MaxSendFrame, DefaultMaxSendFrame)
	in.MaxReceiveQueue = orDefault(in.MaxReceiveQueue, DefaultMaxQueue)
	in.MaxSendQueue = orDefault(in.MaxSendQueue, DefaultMaxQueue)
	in.TLS.PSKKey = slices.Clone(in.TLS.PSKKey)
	in.Header = in.Header.Clone()
	in.Engines = slices.Clone(in.Engines)
	if in.Dial == nil {
		in.Dial = new(net.Dialer).DialContext
	}
	return &in
}

// orDefault also takes what is below zero for not set.
func orDefault[T ~int64 | ~uint32](value, fallback T) T {
	if value <= 0 {
		return fallback
	}
	return value
}

// Connect connects with what the inputs were at the first Connect, or, with
// reconfig (bReconfig), with what they are now. It begins, and returns false;
// true means that the connection stands. Call it again, or Execute, until
// [Outputs] tell how it went. A call while a connection exists changes nothing;
// one after it has ended begins anew, and drops messages that were not taken.
func (c *Client) Connect(reconfig bool) bool {
	if c.session == nil || c.session.over() {
		if c.read == nil || reconfig {
			c.read = c.copied()
		}
		c.refused = nil
		c.session = startSession(c.read, c.CheckProtocol != nil)
	}
	c.update()
	return c.Connected
}

// Disconnect sends what SendMessage has taken, and closes the connection, or
// gives up making it. Received messages that were not taken are dropped. It
// returns true when that is done and nothing is left in the background, and
// otherwise is to be called again; after KeepAliveCloseTimeout it is done without
// an answer.
func (c *Client) Disconnect() bool {
	if c.session == nil {
		return true
	}
	c.refused = nil
	c.session.disconnect()
	c.update()
	return c.session.over()
}

// Fail ends a connection as OnWebSocketMessage does when it returns the result,
// which must report a failure. It is for programs that judge a message after
// they have taken it; the manual does not have it.
func (c *Client) Fail(result ams.HRESULT) {
	if c.session != nil && result.Failed() {
		c.session.fail(result)
		c.update()
	}
}

// Close disconnects and waits until that is done. The manual does not have it:
// it is for the end of a program, not for a cycle. The error is always nil.
func (c *Client) Close() error {
	if !c.Disconnect() {
		<-c.session.done
		c.update()
	}
	return nil
}

// SendMessage (pContent and nContentSize, bTextContent, bCompress) takes a
// message over for sending, and returns false where that is not possible: without
// a connection, with a full queue, or with text that is not UTF-8. [Outputs] say
// which. The content may be used again at once. Messages are compressed only
// where both sides have agreed on that.
func (c *Client) SendMessage(content []byte, text, compress bool) bool {
	c.refused = c.session.send(content, text, compress)
	c.update()
	return c.refused == nil
}

// Execute is to be called in each cycle. It asks CheckProtocol, hands over the
// messages that are there, in their order, tells of the server's close frame, and
// updates the outputs. It never waits. A call by a callback does nothing.
func (c *Client) Execute() {
	if c.session == nil || c.executing {
		return
	}
	c.executing = true
	defer func() { c.executing = false }()
	s := c.session
	if q := s.question(); q != nil {
		q.answer <- c.CheckProtocol == nil || c.CheckProtocol(q.protocol)
	}
	c.update() // so that callbacks see how things are
	for range s.waiting() {
		m, ok := s.next()
		if !ok {
			break
		}
		result := ams.OK
		if c.OnWebSocketMessage != nil {
			result = c.OnWebSocketMessage(m.data, m.kind)
		}
		if c.session != s {
			return // the callback has begun another connection
		}
		if result == ams.False {
			break
		}
		s.taken()
		if result.Failed() {
			s.fail(result)
			break
		}
	}
	if code, content, ok := s.peerClosed(); ok && c.OnWebSocketClose != nil {
		c.OnWebSocketClose(code, content)
	}
	c.update()
}

// update sets the outputs.
func (c *Client) update() {
	if c.session == nil {
		c.Outputs = Outputs{ConnectionState: SocketNoConnection}
	} else {
		c.Outputs = c.session.outputs()
	}
	if c.Err == nil && c.refused != nil {
		c.Error, c.Err, c.ErrorCode = true, c.refused, HRESULTOf(c.refused)
	}
}
