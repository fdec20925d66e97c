package websocket

import (
	"context"
	"net"
	"slices"
	"sync"
	"sync/atomic"

	"stellwerk/internal/link"
	"stellwerk/internal/point"
	"stellwerk/internal/tap"
	"stellwerk/jwt"
	"stellwerk/tlsconf"
	proto "stellwerk/websocket"
	"stellwerk/wire"
)

// maxCommands bounds how many commands are under way at once, each way; further
// ones are refused.
const maxCommands = 64

// Link is a link over WebSocket, as client or server. It implements link.Link.
type Link struct {
	options      *Options
	setup        link.Setup
	gives, takes bool
	condition    link.Condition

	endpoint *tlsconf.Endpoint // nil without settings of TLS
	tokens   *jwt.Source       // of a client, nil without JWT
	verifier *verifier         // of a server, nil without JWT
	allowed  link.AllowList
	listener net.Listener
	feed     *feed // nil where the link takes no values

	received, sent, dropped atomic.Uint64

	ctx      context.Context //nolint:containedctx // that of Run: commands outlive the connection that brought them
	commands sync.WaitGroup
	active   chan struct{} // a place for each command of the peers

	mu    sync.Mutex
	peers []*peer // that are connected; guarded by mu
}

// New returns the link of a configuration that was checked. One whose values come
// in implements point.Commander, too.
func New(options *Options, setup link.Setup) (link.Link, error) {
	l := &Link{options: options, setup: setup, active: make(chan struct{}, maxCommands)}
	l.gives, l.takes = options.Direction()
	var err error
	if options.TLS != nil {
		if l.endpoint, err = options.TLS.endpoint(options.Role); err != nil {
			return nil, err
		}
	}
	if options.JWT != nil && options.Role == roleClient {
		l.tokens, err = options.JWT.source()
	} else if options.JWT != nil {
		l.verifier, err = options.JWT.verifier()
	}
	if err != nil {
		return nil, err
	}
	if l.allowed, err = link.ParseAllowList(options.Allow); err != nil {
		return nil, err
	}
	if l.takes {
		l.feed = newFeed(l)
	}
	if l.gives {
		return &Source{Link: l}, nil
	}
	return l, nil
}

// Open begins to listen, for a server.
func (l *Link) Open() (err error) {
	if l.options.Role == roleServer {
		l.listener, err = link.Listen(l.setup.Name, l.options.Listen)
	}
	return err
}

// Close stops listening.
func (l *Link) Close() {
	if l.listener != nil {
		_ = l.listener.Close() // closed already where the link was run
	}
}

// Address returns what the link connects to, or where it listens.
func (l *Link) Address() string {
	switch {
	case l.options.Role == roleClient:
		return l.options.Connect
	case l.listener == nil:
		return link.ListenAddress(l.options.Listen)
	}
	return l.listener.Addr().String()
}

// Status says how the link is.
func (l *Link) Status() link.Status {
	status := l.condition.Get()
	status.Address = l.Address()
	status.Received, status.Sent, status.Dropped = l.received.Load(), l.sent.Load(), l.dropped.Load()
	return status
}

// Run keeps the link up until ctx ends.
func (l *Link) Run(ctx context.Context) {
	l.ctx = ctx
	var work sync.WaitGroup
	if l.feed != nil {
		work.Go(func() { l.feed.run(ctx) })
	}
	if l.options.Role == roleClient {
		l.connect(ctx)
	} else {
		l.accept(ctx)
	}
	work.Wait()
	l.commands.Wait()
	l.condition.Set(link.Stopped, wire.Text{})
}

// common are the options of connections.
func (l *Link) common() proto.Common {
	c := proto.Common{Limits: proto.Limits{ReceiveMessage: int64(l.options.MaxMessage)}}
	if l.options.Deflate {
		c.Compression = &proto.Deflate{}
	}
	return c
}

// enter adds a peer; false where there are as many as there may be.
func (l *Link) enter(p *peer) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.peers) >= l.options.peers() {
		return false
	}
	l.peers = append(l.peers, p)
	return true
}

// leave takes a peer out.
func (l *Link) leave(p *peer) {
	l.mu.Lock()
	l.peers = slices.DeleteFunc(l.peers, func(each *peer) bool { return each == p })
	l.mu.Unlock()
	if l.feed != nil {
		l.feed.leave(p)
	}
}

// peer returns the one that commands go to, nil where there is none.
func (l *Link) peer() *peer {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, p := range l.peers {
		if p.greeted.Load() {
			return p
		}
	}
	return nil
}

// tell brings the state of a server up to date with its peers.
func (l *Link) tell() {
	l.mu.Lock()
	var names []string
	for _, p := range l.peers {
		names = append(names, p.name)
	}
	l.mu.Unlock()
	slices.Sort(names)
	if len(names) == 0 {
		l.condition.Set(link.Listening, wire.Text{})
		return
	}
	l.condition.Set(link.Connected, wire.Text{}, names...)
}

// drop reports an update that goes no further.
func (l *Link) drop(id point.ID, trace point.Trace, reason tap.Reason, err error) {
	l.dropped.Add(1)
	l.setup.Tap.Emit(tap.Event{
		Stage: tap.Dropped, Link: l.setup.Name, ID: id, Trace: trace, Points: 1, Reason: reason, Detail: err.Error(),
	})
}

// refuse reports a connection that is not taken.
func (l *Link) refuse(peer, detail string) {
	l.dropped.Add(1)
	l.setup.Tap.Emit(tap.Event{Stage: tap.Refused, Direction: tap.In, Link: l.setup.Name, Peer: peer, Detail: detail})
}

// secure puts TLS on a connection of a client.
func (l *Link) secure() func(context.Context, net.Conn, string) (net.Conn, error) {
	if l.endpoint == nil {
		return nil
	}
	return func(ctx context.Context, conn net.Conn, host string) (net.Conn, error) {
		secured, err := l.endpoint.Client(ctx, conn, host)
		if err != nil {
			return nil, err
		}
		return secured, nil
	}
}
