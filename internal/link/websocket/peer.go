package websocket

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"stellwerk/internal/point"
	"stellwerk/internal/tap"
	proto "stellwerk/websocket"
	"stellwerk/websocket/frame"
)

const (
	// maxWaiting is how many octets of changes wait for a peer.
	maxWaiting = 8 << 20
	// writeTime is how long a peer may take for one message.
	writeTime = 30 * time.Second
	// helloTime is how long a peer may take for its hello; without it, it is one
	// that only listens, or where it has to show a token, none of ours.
	helloTime = 2 * time.Second
	tokenTime = 10 * time.Second
)

// outgoing is a message on its way.
type outgoing struct {
	data     []byte
	shown    []byte // what observers see where that is something else
	sequence uint64 // of changes
	traces   []point.Trace
}

// peer is one connection.
type peer struct {
	link    *Link
	conn    *proto.Conn
	name    string
	token   string    // shown in hello, of a client
	expires time.Time // when the token of a client expires, zero without one; used by read alone

	confirms  atomic.Bool
	confirmed atomic.Uint64 // sequence number up to which changes are confirmed
	greeted   atomic.Bool   // it takes part
	gone      atomic.Bool
	gave      bool           // values; used by read alone
	renewed   chan time.Time // when the token in use expires

	mu      sync.Mutex
	waiting []outgoing // guarded by mu
	octets  int        // of changes that wait; guarded by mu
	last    uint64     // sequence number of the last change; guarded by mu
	due     time.Time  // since when a confirmation is, zero where none is; guarded by mu
	wake    chan struct{}

	asked   map[string]chan point.Result // commands to the peer, by their id; guarded by mu
	numbers uint64                       // guarded by mu
}

func newPeer(l *Link, conn *proto.Conn, name string) *peer {
	return &peer{
		link: l, conn: conn, name: name, wake: make(chan struct{}, 1),
		asked: map[string]chan point.Result{}, renewed: make(chan time.Time, 1),
	}
}

// send puts a message behind those that wait. A peer that does not keep up with
// changes is let go.
func (p *peer) send(m outgoing) {
	p.mu.Lock()
	if m.sequence > 0 {
		p.octets += len(m.data)
		p.last = m.sequence
		if p.due.IsZero() {
			p.due = time.Now()
		}
	}
	full := p.octets > maxWaiting
	if !full {
		p.waiting = append(p.waiting, m)
	}
	p.mu.Unlock()
	if full {
		if !p.gone.Swap(true) {
			p.link.refuse(p.name, fmt.Sprintf("connection closed: the peer does not take what it is sent, %d octets wait", maxWaiting))
		}
		_ = p.conn.Abort() // read sees it
		return
	}
	select {
	case p.wake <- struct{}{}:
	default:
	}
}

// run has the connection until it ends, and returns what ended it.
func (p *peer) run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	p.hello()
	var work sync.WaitGroup
	work.Go(func() { p.write(ctx) })
	work.Go(func() { p.watch(ctx) })
	work.Go(func() {
		<-ctx.Done()
		_ = p.conn.Close(frame.GoingAway, "") // read has what ended it
	})
	err := p.read(ctx)
	p.gone.Store(true)
	cancel()
	work.Wait()
	p.end()
	if p.gave {
		p.lost()
	}
	return err
}

// hello begins the conversation.
func (p *peer) hello() {
	m := message{Kind: kindHello, Version: schema, Name: p.link.setup.Name, Confirm: p.link.gives, Token: p.token}
	out := outgoing{data: encode(&m)}
	if m.Token != "" {
		m.Token = "…"
		out.shown = encode(&m)
	}
	p.send(out)
}

// write sends what waits until ctx ends.
func (p *peer) write(ctx context.Context) {
	for {
		p.mu.Lock()
		batch := p.waiting
		p.waiting = nil
		p.mu.Unlock()
		for i := range batch {
			if p.writeOne(ctx, &batch[i]) != nil {
				return // the connection has ended: read sees it
			}
		}
		if len(batch) > 0 {
			continue
		}
		select {
		case <-p.wake:
		case <-ctx.Done():
			return
		}
	}
}

func (p *peer) writeOne(ctx context.Context, m *outgoing) error {
	within, cancel := context.WithTimeout(context.WithoutCancel(ctx), writeTime) // Close ends it in order
	defer cancel()
	if err := p.conn.Write(within, proto.Text, m.data, &proto.WriteOptions{Compress: p.link.options.Deflate}); err != nil {
		return err
	}
	p.observe(tap.Sent, m.data, m.shown, m.traces)
	if m.sequence == 0 {
		return nil
	}
	p.link.sent.Add(1)
	p.mu.Lock()
	p.octets -= len(m.data)
	p.mu.Unlock()
	if !p.confirms.Load() {
		p.confirmed.Store(m.sequence)
	}
	p.link.feed.signal()
	return nil
}

// backlog returns how many octets of changes wait for the peer.
func (p *peer) backlog() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.octets
}

// observe numbers a message and reports it.
func (p *peer) observe(stage tap.Stage, data, shown []byte, traces []point.Trace) point.Trace {
	l := p.link
	trace := l.setup.Traces.Next()
	if !l.setup.Tap.Listening() {
		return trace
	}
	if shown != nil {
		data = shown
	}
	direction := tap.In
	if stage == tap.Sent {
		direction = tap.Out
	}
	l.setup.Tap.Emit(tap.Event{
		Stage: stage, Direction: direction, Link: l.setup.Name, Protocol: Protocol, Peer: p.name,
		Trace: trace, Related: traces, Raw: data,
	})
	return trace
}

// watch asks a silent peer for a sign of life, lets one go whose token expires or
// that says no hello, and shows a new token of our own in time.
func (p *peer) watch(ctx context.Context) {
	l := p.link
	ping := time.NewTicker(l.options.Ping)
	defer ping.Stop()
	patience := helloTime
	if p.needsToken() {
		patience = tokenTime
	}
	greeting := time.After(patience)
	expiring := time.NewTimer(time.Hour)
	defer expiring.Stop()
	if p.expires.IsZero() {
		expiring.Stop()
	} else {
		expiring.Reset(time.Until(p.expires))
	}
	var renewal <-chan time.Time
	if l.tokens != nil {
		renewal = renew(l.tokens.Renewal())
	}
	for {
		select {
		case <-ctx.Done():
			return
		case <-ping.C:
			if p.overdue() {
				p.turnAway("changes are not confirmed")
				return
			}
			silent := time.Since(p.conn.LastReceived())
			if silent > 2*l.options.Ping {
				_ = p.conn.Abort() // read sees it
				return
			}
			if silent > l.options.Ping/2 {
				p.ping(ctx)
			}
		case <-greeting:
			if !p.greeted.Load() && p.needsToken() {
				p.turnAway("no token came")
				return
			}
			p.greet()
		case at := <-p.renewed:
			expiring.Reset(time.Until(at))
		case <-expiring.C:
			p.turnAway("the token has expired")
			return
		case <-renewal:
			renewal = p.renewToken()
		}
	}
}

// ping asks for a sign of life. It may have to wait for a message on its way, but not
// for long: the next round looks again.
func (p *peer) ping(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, p.link.options.Ping)
	defer cancel()
	_ = p.conn.Ping(ctx, nil) // a connection that has ended shows in read
}

// renew returns a channel that tells when a token is to be renewed, nil for never.
func renew(at time.Time) <-chan time.Time {
	if at.IsZero() {
		return nil
	}
	return time.After(max(time.Second, time.Until(at)))
}

// renewToken shows the server a new token.
func (p *peer) renewToken() <-chan time.Time {
	token, err := p.link.tokens.Token()
	if err != nil {
		return nil // the token before it was signed with the same key: cannot be
	}
	p.send(outgoing{
		data:  encode(&message{Kind: kindToken, Token: token}),
		shown: encode(&message{Kind: kindToken, Token: "…"}),
	})
	return renew(p.link.tokens.Renewal())
}

// needsToken reports whether a token must come by message.
func (p *peer) needsToken() bool {
	v := p.link.verifier
	return v != nil && v.settings.Via == viaMessage
}

// turnAway closes the connection because the peer may not have it.
func (p *peer) turnAway(reason string) {
	p.link.refuse(p.name, "connection closed: "+reason)
	_ = p.conn.Close(frame.PolicyViolation, reason) // read has what ended it
}

// greet lets the peer take part, once.
func (p *peer) greet() {
	if !p.greeted.Swap(true) && p.link.feed != nil {
		p.link.feed.join(p)
	}
}

// end ends the commands that wait for the peer.
func (p *peer) end() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for id, results := range p.asked {
		close(results)
		delete(p.asked, id)
	}
}

// lost tells the intake that nobody vouches for the points any more. It repeats
// that until it has reached every destination, or the house stops.
func (p *peer) lost() {
	l := p.link
	for l.setup.Intake.Lost(l.ctx, l.setup.Name, 0) != nil {
		select {
		case <-time.After(time.Second):
		case <-l.ctx.Done():
			return
		}
	}
}

// read takes messages until the connection ends.
func (p *peer) read(ctx context.Context) error {
	for {
		m, err := p.conn.Read(context.WithoutCancel(ctx)) // Close ends it, so that the peer is told
		if err != nil {
			return err
		}
		if err := p.take(ctx, m); err != nil {
			_ = p.conn.Close(frame.PolicyViolation, err.Error()) // what is wrong is known
			return err
		}
	}
}

// take takes a message. What is wrong with one the peer is told; an error ends the
// connection.
func (p *peer) take(ctx context.Context, m proto.Message) error {
	if m.Kind != proto.Text {
		p.complain(0, errors.New("a binary message: messages are texts"))
		return nil
	}
	decoded, err := decode(m.Data)
	if err != nil {
		p.complain(p.observe(tap.Received, m.Data, nil, nil), err)
		return nil
	}
	var shown []byte
	if decoded.Token != "" {
		shown = encode(&message{Kind: decoded.Kind, Name: decoded.Name, Version: decoded.Version, Confirm: decoded.Confirm, Token: "…"})
	}
	trace := p.observe(tap.Received, m.Data, shown, nil)
	p.link.received.Add(1)
	switch decoded.Kind {
	case kindHello:
		return p.takeHello(decoded)
	case kindToken:
		return p.takeToken(decoded.Token)
	case kindError, kindOverflow: // what the tap has shown is all there is to it
		return nil
	}
	if p.needsToken() && !p.greeted.Load() {
		return errors.New("a token is needed first")
	}
	switch decoded.Kind {
	case kindSnapshot, kindChange:
		return p.takePoints(ctx, decoded, trace)
	case kindConfirmation:
		p.takeConfirmation(decoded.Sequence)
	case kindCommand:
		p.takeCommand(decoded, trace)
	case kindResult:
		p.takeResult(decoded, trace)
	default:
		p.complain(trace, fmt.Errorf("there is no kind of message %q", cutText(decoded.Kind)))
	}
	return nil
}

// complain tells the peer, and whoever observes, what is wrong with a message.
func (p *peer) complain(trace point.Trace, err error) {
	p.link.drop(point.ID{Link: p.link.setup.Name}, trace, tap.Undecodable, err)
	p.send(outgoing{data: encode(&message{Kind: kindError, Text: err.Error()})})
}

func (p *peer) takeHello(m *message) error {
	if m.Version != schema {
		return fmt.Errorf("version %d of the schema is not known here, only %d", m.Version, schema)
	}
	if p.needsToken() {
		if err := p.takeToken(m.Token); err != nil {
			return err
		}
	}
	p.confirms.Store(m.Confirm)
	p.greet()
	return nil
}

// takeToken takes a token that comes by message.
func (p *peer) takeToken(token string) error {
	v := p.link.verifier
	if v == nil {
		return nil // nobody has asked for it
	}
	expires, err := v.verify(token)
	if err != nil {
		p.link.refuse(p.name, "connection closed: "+err.Error())
		return fmt.Errorf("the token is refused: %w", err)
	}
	select {
	case <-p.renewed:
	default:
	}
	p.renewed <- expires
	return nil
}

func (p *peer) takeConfirmation(sequence uint64) {
	if p.link.feed == nil || !p.confirms.Load() {
		return
	}
	p.mu.Lock()
	sequence = min(sequence, p.last) // what was not sent cannot be confirmed
	if p.due = time.Now(); sequence == p.last {
		p.due = time.Time{}
	}
	p.mu.Unlock()
	if sequence > p.confirmed.Load() {
		p.confirmed.Store(sequence)
		p.link.feed.signal()
	}
}

// overdue reports whether a peer that confirms has not done so for too long.
func (p *peer) overdue() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.confirms.Load() && !p.due.IsZero() && time.Since(p.due) > p.link.options.Answer
}

// takePoints hands points on, and confirms when the intake has taken them over.
func (p *peer) takePoints(ctx context.Context, m *message, trace point.Trace) error {
	l := p.link
	if !l.gives {
		p.complain(trace, errors.New("this link takes no values"))
		return nil
	}
	cause := point.CauseSpontaneous
	if m.Kind == kindSnapshot {
		cause = point.CauseInterrogated
	}
	now := point.InstantOf(time.Now())
	updates := make([]point.Update, 0, len(m.Points))
	for i := range m.Points {
		w := &m.Points[i]
		if !w.hasValue() {
			continue
		}
		u, err := w.update(l.setup.Name, cause)
		if err != nil {
			p.complain(trace, err)
			continue
		}
		u.Received, u.Trace = now, trace
		updates = append(updates, u)
	}
	if len(updates) > 0 {
		l.setup.Tap.Emit(tap.Event{
			Stage: tap.Decoded, Direction: tap.In, Link: l.setup.Name, Peer: p.name, Trace: trace, ID: updates[0].ID, Points: len(updates),
		})
		p.gave = true
		if err := p.put(ctx, updates); err != nil {
			return err
		}
	}
	if m.Kind == kindChange {
		p.send(outgoing{data: encode(&message{Kind: kindConfirmation, Sequence: m.Sequence})})
	}
	return nil
}

// put repeats until the intake has taken updates over, or ctx ends.
func (p *peer) put(ctx context.Context, updates []point.Update) error {
	for {
		err := p.link.setup.Intake.Put(ctx, updates)
		if err == nil || ctx.Err() != nil {
			return err
		}
		select {
		case <-time.After(time.Second):
		case <-ctx.Done():
		case <-p.conn.Done():
			return err
		}
	}
}
