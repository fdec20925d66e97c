package ads

import (
	"context"
	"encoding/binary"
	"fmt"
	"slices"
	"time"

	"stellwerk/ads/ams"
)

// register asks the router of this machine for a port. The caller holds mu, or
// has the connection alone.
func (cc *clientConn) register() {
	start := len(cc.out)
	cc.out = ams.TCPHeader{Command: ams.TCPPortConnect, Length: 2}.Append(cc.out)
	cc.out = binary.LittleEndian.AppendUint16(cc.out, uint16(cc.options.Source.Port))
	cc.trace(true, cc.out[start:])
	cc.kick()
}

// fromRouter takes what the router of this machine says.
func (cc *clientConn) fromRouter(p *ams.Packet) {
	switch p.Command {
	case ams.TCPPortConnect:
		cc.registered(p.Body)
		return
	case ams.TCPRouterNote:
		if len(p.Body) < 4 {
			break
		}
		if state := ams.RouterState(binary.LittleEndian.Uint32(p.Body)); state == ams.RouterRemoved {
			cc.end(fmt.Errorf("the router is gone (router note %v)", state))
		} else if cc.options.RouterNote != nil {
			cc.options.RouterNote(state)
		}
		return
	case ams.TCPLocalNetID:
		if len(p.Body) < 6 {
			break
		}
		cc.mu.Lock()
		asked := cc.asked
		cc.asked = nil
		cc.mu.Unlock()
		if len(asked) == 0 {
			break
		}
		for _, answer := range asked {
			answer <- ams.NetID(p.Body[:6])
		}
		return
	default:
	}
	cc.oddPacket(p)
}

func (cc *clientConn) oddPacket(p *ams.Packet) {
	cc.unexpected.Add(1)
	if cc.options.Unexpected != nil {
		cc.options.Unexpected(ams.Header{}, fmt.Errorf("%w: AMS/TCP command %v with %d octets", ErrUnexpected, p.Command, len(p.Body)))
	}
}

// registered takes the address that the router has given.
func (cc *clientConn) registered(body []byte) {
	cc.mu.Lock()
	known := cc.known || !cc.options.Register
	cc.mu.Unlock()
	switch {
	case known:
		cc.oddPacket(&ams.Packet{Command: ams.TCPPortConnect, Body: body})
	case len(body) < 8:
		cc.end(fmt.Errorf("%w: the router has answered the registration with %d octets, it has 8", ErrAnswer, len(body)))
	case binary.LittleEndian.Uint16(body[6:]) == 0:
		cc.end(fmt.Errorf("registration: %w", ams.PortInUse))
	default:
		source := ams.Address{NetID: ams.NetID(body[:6]), Port: ams.Port(binary.LittleEndian.Uint16(body[6:]))}
		cc.mu.Lock()
		defer cc.mu.Unlock()
		cc.source, cc.known = source, true
		close(cc.ready)
		for _, c := range cc.clients {
			cc.advance(&c.window, cc.now())
		}
	}
}

// unregister gives the port back.
func (cc *clientConn) unregister() {
	cc.mu.Lock()
	defer cc.mu.Unlock()
	if !cc.options.Register || !cc.known || cc.err != nil || cc.writing {
		return
	}
	start := len(cc.out)
	cc.out = ams.TCPHeader{Command: ams.TCPPortClose, Length: 2}.Append(cc.out)
	cc.out = binary.LittleEndian.AppendUint16(cc.out, uint16(cc.source.Port))
	cc.trace(true, cc.out[start:])
	cc.deadline = 0
	cc.writeOut(cc.now())
}

// awaitRegistration waits until the router has given an address, for as long as
// an answer may take.
func (cc *clientConn) awaitRegistration(ctx context.Context) error {
	timer := time.NewTimer(cc.options.Timeout)
	defer timer.Stop()
	select {
	case <-cc.ready:
		return nil
	case <-cc.failed:
		return cc.reason()
	case <-ctx.Done():
		return &Error{Op: "register", Err: context.Cause(ctx)}
	case <-timer.C:
		return &Error{Op: "register", Err: fmt.Errorf("%w: %v", ErrTimeout, cc.options.Timeout)}
	}
}

// LocalNetID asks the router of this machine for the machine's NetId. Only a
// router answers, and only over the framing of AMS/TCP.
func (c *Client) LocalNetID(ctx context.Context) (ams.NetID, error) {
	cc := c.conn
	answer := make(chan ams.NetID, 1)
	cc.mu.Lock()
	if cc.err != nil {
		cc.mu.Unlock()
		return ams.NetID{}, cc.err
	}
	if len(cc.asked) == 0 {
		start := len(cc.out)
		cc.out = append(ams.TCPHeader{Command: ams.TCPLocalNetID, Length: 4}.Append(cc.out), 0, 0, 0, 0)
		cc.trace(true, cc.out[start:])
		cc.kick()
	}
	cc.asked = append(cc.asked, answer)
	cc.mu.Unlock()
	timer := time.NewTimer(cc.options.Timeout)
	defer timer.Stop()
	var err error
	select {
	case id := <-answer:
		return id, nil
	case <-cc.failed:
		return ams.NetID{}, cc.reason()
	case <-ctx.Done():
		err = context.Cause(ctx)
	case <-timer.C:
		err = fmt.Errorf("%w: %v", ErrTimeout, cc.options.Timeout)
	}
	cc.mu.Lock()
	defer cc.mu.Unlock()
	cc.asked = slices.DeleteFunc(cc.asked, func(other chan ams.NetID) bool { return other == answer })
	return ams.NetID{}, &Error{Op: "local NetId", Err: err}
}
