package ads

import (
	"bytes"
	"slices"
	"time"

	"stellwerk/ads/ams"
	"stellwerk/internal/analyzer/dissect"
)

// maxWait is how long an answer may take: what clients of TwinCAT wait where
// nothing else is set.
const maxWait = 5 * time.Second

// pending are the requests of a connection, in their order.
type pending struct {
	waiting  []*Request
	answered []answer // the latest, oldest first
	orphans  []orphan // answers whose requests have not been seen yet
	// forgotten tells that requests had no room.
	forgotten bool
}

// answer names a request that was answered.
type answer struct {
	client, device ams.Address
	command        ams.Command
	invokeID       uint32
}

// orphan is an answer without a request: nobody has asked, or the request waits for
// octets before it that come late.
type orphan struct {
	answer
	place dissect.Place
}

// ask notes a request.
func (p *pending) ask(shared *Shared, place *dissect.Place, t *Telegram) {
	if len(p.waiting) >= maxPending {
		p.drop(shared, 0)
		p.forgotten = true
	}
	r := &Request{
		Frame: place.Frame, Time: place.Time, Client: t.Header.Source, Device: t.Header.Target,
		Command: t.Header.Command, InvokeID: t.Header.InvokeID,
	}
	if keep := t.Data[:min(len(t.Data), maxRequest)]; shared.take(len(keep)) {
		r.Body = bytes.Clone(keep)
	}
	p.waiting = append(p.waiting, r)
}

// drop forgets a request.
func (p *pending) drop(shared *Shared, at int) {
	shared.give(len(p.waiting[at].Body))
	p.waiting = slices.Delete(p.waiting, at, at+1)
}

// answer finds the request that an answer belongs to, and takes it out. Twice
// tells that it was answered before.
func (p *pending) answer(shared *Shared, h *ams.Header) (r *Request, twice bool) {
	of := answer{client: h.Target, device: h.Source, command: h.Command, invokeID: h.InvokeID}
	for i, each := range p.waiting {
		if each.InvokeID == of.invokeID && each.Command == of.command && each.Client == of.client && of.matches(each) {
			p.drop(shared, i)
			if len(p.answered) >= maxAnswered {
				p.answered = slices.Delete(p.answered, 0, maxAnswered/2)
			}
			p.answered = append(p.answered, of)
			return each, false
		}
	}
	return nil, slices.Contains(p.answered, of)
}

// matches reports whether an answer comes from who was asked. A router answers
// for ports and machines that it cannot reach, and a device has a NetId of its
// own beside the one it can be called by on its machine.
func (a *answer) matches(r *Request) bool {
	return a.device == r.Device || a.device.Port == r.Device.Port || a.device.Port == ams.PortRouter
}

// forget gives all back.
func (p *pending) forget(shared *Shared) {
	for _, r := range p.waiting {
		shared.give(len(r.Body))
	}
	*p = pending{}
}

func since(place *dissect.Place, r *Request) time.Duration { return time.Duration(place.Time - r.Time) }

// pair notes a request, or finds the request of an answer; and tells of requests
// that have waited for too long.
func (c *Conversation) pair(place *dissect.Place, t *Telegram) {
	if t.IsFrame() {
		switch {
		case t.Response():
			if t.Request, t.Twice = c.pending.answer(c.shared, &t.Header); t.Request != nil {
				t.Latency = since(place, t.Request)
			}
			if t.Request == nil && !t.Twice && c.certain() && len(c.pending.orphans) < maxOrphans {
				of := answer{client: t.Header.Target, device: t.Header.Source, command: t.Header.Command, invokeID: t.Header.InvokeID}
				c.pending.orphans = append(c.pending.orphans, orphan{of, *place})
			}
		case t.Header.Command != ams.DeviceNotification && t.Header.StateFlags&ams.NoReturn == 0 && !c.late(place, &t.Header):
			c.pending.ask(c.shared, place, t)
		}
	}
	c.unasked(func(o *orphan) bool { return place.Direction != o.place.Direction && place.Frame > o.place.Frame })
	for _, r := range c.pending.waiting {
		if since(place, r) <= maxWait {
			break
		}
		if !r.Overdue && !c.holes {
			r.Overdue = true
			c.unanswered(place, r)
		}
	}
}

// late reports whether a request comes behind its answer, since octets before it
// were missing for a while.
func (c *Conversation) late(place *dissect.Place, h *ams.Header) bool {
	for i := range c.pending.orphans {
		o := &c.pending.orphans[i]
		if o.invokeID == h.InvokeID && o.command == h.Command && o.client == h.Source && o.place.Frame >= place.Frame {
			c.pending.orphans = slices.Delete(c.pending.orphans, i, i+1)
			c.loose = true
			return true
		}
	}
	return false
}

// unasked tells of answers that nobody has asked for, as far as it is sure of them.
func (c *Conversation) unasked(sure func(*orphan) bool) {
	c.pending.orphans = slices.DeleteFunc(c.pending.orphans, func(o orphan) bool {
		is := sure(&o)
		if is && c.judge != nil {
			c.judge.Unasked(&o.place, o.command, o.invokeID)
		}
		return is
	})
}

// unanswered tells of a request without answer. The line at hand stays.
func (c *Conversation) unanswered(place *dissect.Place, r *Request) {
	if c.judge != nil {
		c.judge.Unanswered(place, r)
	}
}

// certain reports whether everything that belongs to an answer or a notification
// must have been seen: the capture shows the connection from its beginning, and
// lacks nothing.
func (c *Conversation) certain() bool { return c.whole && !c.holes && !c.pending.forgotten }
