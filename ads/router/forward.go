package router

import (
	"errors"
	"fmt"

	"stellwerk/ads/ams"
)

// Why telegrams go to nobody.
var (
	errUnasked   = errors.New("nobody waits for this answer")
	errNotTaken  = errors.New("the queue of its receiver is full")
	errReceiver  = errors.New("its receiver is gone")
	errNobody    = errors.New("no program has this port")
	errNoMachine = errors.New("there is no route or no connection to this machine")
)

// isLocal reports whether a NetId means this machine.
func (r *Router) isLocal(id ams.NetID) bool {
	return id == r.options.NetID || id == ams.LocalNetID || id.IsZero()
}

// handle brings a telegram on its way. An error ends the connection that it came
// on.
func (r *Router) handle(from *peer, f *ams.Frame) error {
	r.counted.received.Add(1)
	if from.is(stranger) && !from.become(machine) {
		return errors.New("it cannot be a machine")
	}
	if f.IsResponse() && f.Command != ams.DeviceNotification { // which some servers mark as an answer
		r.answer(from, f)
		return nil
	}
	switch {
	case from.program() && !r.owns(from, f.Source):
		r.refuse(from, f, ams.PortNotRegistered)
	case from.is(target) && !r.leadsTo(from, f.Source.NetID):
		r.refuse(from, f, ams.AccessDenied)
	case from.is(machine):
		if err := r.hear(from, f.Source); err != nil {
			return err
		}
		r.ask(from, f)
	default:
		r.ask(from, f)
	}
	return nil
}

// leadsTo reports whether a machine may speak on the connection to a target:
// there is a route to it that uses the connection.
func (r *Router) leadsTo(p *peer, id ams.NetID) bool {
	r.mu.RLock()
	defer r.mu.RUnlock()
	e := r.routes[id]
	return e != nil && e.link == p.home
}

// owns reports whether a program has registered the port that it speaks from.
func (r *Router) owns(p *peer, source ams.Address) bool {
	r.mu.RLock()
	defer r.mu.RUnlock()
	_, ok := p.ports[source.Port]
	return ok && r.isLocal(source.NetID)
}

// ask forwards a request, or a notification.
func (r *Router) ask(from *peer, f *ams.Frame) {
	to, code := r.find(from, f.Target)
	if to == nil {
		if code == ams.TargetPortNotFound && r.serveOwn(from, f) {
			return
		}
		r.refuse(from, f, code)
		return
	}
	came := f.Header
	if !to.program() && r.isLocal(f.Source.NetID) {
		// What leaves the machine comes from its NetId, whatever a program calls it.
		f.Source.NetID = r.options.NetID
	}
	q := question{source: f.Source, port: f.Target.Port, invokeID: f.InvokeID}
	result, wanted := queued, answerable(f)
	if wanted {
		result = to.pending.add(q, asked{origin: from, header: came})
	}
	if result == queued {
		if result = to.out.put(f); result == queued {
			r.forwarded(to, f)
			return
		}
		if wanted {
			if _, mine := to.pending.take(q); !mine {
				return // it was answered when the connection ended
			}
		}
	}
	f.Header = came
	if result == full {
		r.refuse(from, f, ams.MailboxFull)
	} else {
		r.refuse(from, f, gone(to))
	}
}

// gone is the code for what was for a connection that has ended.
func gone(to *peer) ams.ReturnCode {
	if to.program() {
		return ams.TargetPortNotFound
	}
	return ams.TargetMachineNotFound
}

// answerable reports whether a telegram that is no answer gets one.
func answerable(f *ams.Frame) bool {
	return f.Command != ams.DeviceNotification && f.StateFlags&ams.NoReturn == 0
}

// find returns the connection for a target, or why there is none.
func (r *Router) find(from *peer, to ams.Address) (*peer, ams.ReturnCode) {
	r.mu.RLock()
	if r.isLocal(to.NetID) {
		p := r.ports[to.Port]
		r.mu.RUnlock()
		if p == nil {
			return nil, ams.TargetPortNotFound
		}
		return p, ams.NoError
	}
	if !from.program() && !r.options.Transit {
		r.mu.RUnlock()
		return nil, ams.TargetMachineNotFound
	}
	p := r.learned[to]
	e := r.routes[to.NetID]
	var l *link
	if p == nil && e != nil && e.link != nil {
		l = e.link
		p = l.peer
	}
	if connected := r.machines[to.NetID]; p == nil && len(connected) > 0 {
		p = connected[len(connected)-1]
	}
	r.mu.RUnlock()
	if p == nil && l != nil {
		p = l.call()
	}
	if p == nil || p == from {
		return nil, ams.TargetMachineNotFound
	}
	return p, ams.NoError
}

// answer forwards an answer to who has asked.
func (r *Router) answer(from *peer, f *ams.Frame) {
	a, ok := from.pending.take(question{source: f.Target, port: f.Source.Port, invokeID: f.InvokeID})
	switch {
	case !ok:
		r.drop(from, f, errUnasked)
		return
	case a.origin == nil:
		return // of the router itself
	}
	// Both addresses as whoever asked has written them.
	f.Target, f.Source = a.header.Source, a.header.Target
	switch a.origin.out.put(f) {
	case queued:
		r.forwarded(a.origin, f)
	case full:
		r.drop(a.origin, f, errNotTaken)
	default:
		r.drop(a.origin, f, errReceiver)
	}
}

// refuse answers a request with an AMS error and no data. Notifications are
// dropped.
func (r *Router) refuse(from *peer, f *ams.Frame, code ams.ReturnCode) {
	if f.Command == ams.DeviceNotification {
		err := map[ams.ReturnCode]error{
			ams.MailboxFull: errNotTaken, ams.TargetPortNotFound: errNobody, ams.TargetMachineNotFound: errNoMachine,
		}[code]
		if err == nil {
			err = code
		}
		r.drop(from, f, err)
		if code == ams.TargetPortNotFound {
			r.unsubscribe(from, f)
		}
		return
	}
	r.counted.refused.Add(1)
	from.counted.refused.Add(1)
	r.trace(Event{Kind: FrameRefused, Peer: from.name, Frame: f, Code: code})
	if f.StateFlags&ams.NoReturn != 0 {
		return
	}
	if from.out.put(&ams.Frame{Header: f.Answer(0, code)}) == full {
		r.drop(from, f, errNotTaken)
	}
}

func (r *Router) forwarded(to *peer, f *ams.Frame) {
	r.counted.sent.Add(1)
	to.counted.sent.Add(1)
	r.trace(Event{Kind: FrameForwarded, Peer: to.name, Frame: f})
}

func (r *Router) drop(p *peer, f *ams.Frame, err error) {
	r.counted.dropped.Add(1)
	p.counted.dropped.Add(1)
	r.trace(Event{Kind: FrameDropped, Peer: p.name, Frame: f, Err: err})
}

// unheard says why the telegrams of a machine are not taken.
func unheard(id ams.NetID, format string, arguments ...any) error {
	return fmt.Errorf("the machine %s is not heard: %w", id, fmt.Errorf(format, arguments...))
}
