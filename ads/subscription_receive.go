package ads

import (
	"bytes"
	"context"
	"fmt"
	"time"

	"stellwerk/ads/ams"
	"stellwerk/ads/command"
)

// notified takes a DeviceNotification.
func (cc *clientConn) notified(f *ams.Frame) {
	cc.mu.Lock()
	cc.reader.pushed = true
	// Some servers address notifications to their own NetId.
	mine := f.Target == cc.source || f.Target.Port == cc.source.Port && f.Target.NetID == f.Source.NetID
	c := cc.clients[f.Source]
	if c == nil {
		c = cc.clients[ams.Address{NetID: ams.LocalNetID, Port: f.Source.Port}]
	}
	cc.mu.Unlock()
	switch {
	case !mine:
		cc.odd(f, fmt.Sprintf("a notification for %v", f.Target))
		return
	case c == nil:
		cc.odd(f, fmt.Sprintf("a notification from %v, which nothing was asked", f.Source))
		return
	}
	for sample, err := range command.Samples(f.Data) {
		if err != nil {
			cc.odd(f, fmt.Sprintf("a notification that cannot be read to its end: %v", err))
			return
		}
		s := c.subscriptions.find(sample.Handle)
		if s == nil {
			cc.odd(f, fmt.Sprintf("a sample of the notification %d, which nobody has", sample.Handle))
			c.deleteStray(sample.Handle)
			continue
		}
		s.take(c, &sample)
	}
}

// take takes a sample.
func (s *Subscription) take(c *Client, sample *command.Sample) {
	s.mu.Lock()
	if s.client != c || s.handle != sample.Handle {
		s.mu.Unlock()
		return // it has ended, and the device has not heard of that yet
	}
	if s.watch != nil {
		s.mu.Unlock()
		s.watch(sample)
		return
	}
	if s.keeper != nil && s.symbol != nil && s.epoch != c.subscriptions.epoch.Load() {
		s.mu.Unlock()
		return // it is of a stale address, and will be made again
	}
	n := Notification{Subscription: s, Event: Sample, Time: sample.Time.Time(), symbol: s.symbol}
	if len(sample.Data) > 0 {
		if s.lost != nil && s.began {
			n.Gap = &Gap{From: s.since, To: time.Now(), Err: s.lost}
		}
		s.began, s.lost = true, nil
	}
	s.mu.Unlock()
	if len(sample.Data) == 0 {
		c.subscriptions.remove(s, sample.Handle)
		s.stop(&Error{
			Op: "notification", Target: c.target, Index: s.request.Index, Name: s.request.Name,
			Err: fmt.Errorf("%w: the device no longer has the value", ErrUnsubscribed),
		}, time.Now())
		if s.keeper != nil {
			s.keeper.kick()
		}
		return
	}
	n.Data = bytes.Clone(sample.Data)
	s.queue.push(n)
}

// maxStray bounds what is remembered of notifications that nobody has.
const maxStray = 1024

// deleteStray ends a notification at the device that nobody here has: the answer
// to its beginning came too late, or it was begun on an earlier connection. The
// reader calls it.
func (c *Client) deleteStray(handle uint32) {
	a := &c.subscriptions
	a.mu.Lock()
	known := a.stray[handle] || len(a.stray) >= maxStray
	if !known {
		if a.stray == nil {
			a.stray = make(map[uint32]bool)
		}
		a.stray[handle] = true
	}
	a.mu.Unlock()
	if !known {
		c.conn.run.Go(func() {
			_ = c.deleteNotifications(context.Background(), []uint32{handle}) // it has been told that it is there
		})
	}
}
