package ads

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"stellwerk/ads/ams"
	"stellwerk/ads/command"
)

// SubscribeRequest says what to subscribe to, and how.
type SubscribeRequest struct {
	// Index and Length are where the value is and how many octets it has.
	Index  command.Index
	Length uint32
	// Mode is when samples come. Zero is [command.ServerOnChange].
	Mode command.TransmissionMode
	// MaxDelay is how long the device may collect samples before it sends them,
	// and CycleTime how often it looks at the value, both up to
	// [command.MaxNotificationTime]. Zero is at once, and as fast as it can.
	MaxDelay, CycleTime time.Duration
}

func (r *SubscribeRequest) check() error {
	for name, d := range map[string]time.Duration{"MaxDelay": r.MaxDelay, "CycleTime": r.CycleTime} {
		if d < 0 || d > command.MaxNotificationTime {
			return fmt.Errorf("%s is %v: must be from 0 to %v", name, d, command.MaxNotificationTime)
		}
	}
	return nil
}

// Subscription brings samples of a value into a [NotificationQueue]. All methods
// are safe for concurrent use.
type Subscription struct {
	request SubscribeRequest
	queue   *NotificationQueue
	client  *Client
	handle  uint32

	dropped uint64 // guarded by queue.mu
	gap     *Gap   // guarded by queue.mu; of one that was thrown away

	mu    sync.Mutex
	ended error // guarded by mu
}

// Request returns what was subscribed to.
func (s *Subscription) Request() SubscribeRequest { return s.request }

// Handle returns the notification handle.
func (s *Subscription) Handle() uint32 { return s.handle }

// Err returns why the subscription has ended, nil while it lives.
func (s *Subscription) Err() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ended
}

// begin has samples arrive. Those of one whose caller has gone are not told.
func (s *Subscription) begin(detached bool) {
	if detached {
		s.mu.Lock()
		s.ended = ErrUnsubscribed
		s.mu.Unlock()
	}
	s.client.subscriptions.add(s)
}

// end tells the end once.
func (s *Subscription) end(err error) {
	s.mu.Lock()
	first := s.ended == nil
	if first {
		s.ended = err
	}
	s.mu.Unlock()
	if first {
		s.queue.push(Notification{Subscription: s, Event: Ended, Time: time.Now(), Err: err})
	}
}

// Unsubscribe ends the subscription. What is in the queue stays there; nothing
// comes behind the event Ended.
func (s *Subscription) Unsubscribe(ctx context.Context) error {
	if s.Err() != nil {
		return nil //nolint:nilerr // it is over, as it should be
	}
	s.end(&Error{Op: "unsubscribe", Target: s.client.target, Index: s.request.Index, Err: ErrUnsubscribed})
	err := s.client.deleteNotifications(ctx, []uint32{s.handle})
	s.client.subscriptions.remove(s)
	return err
}

// subscriptions are those of a client.
type subscriptions struct {
	mu       sync.Mutex
	byHandle map[uint32]*Subscription // guarded by mu
	stray    map[uint32]bool          // guarded by mu; handles that nobody knows
}

// add takes a subscription in. One that has the same handle has been forgotten
// by the device.
func (a *subscriptions) add(s *Subscription) {
	a.mu.Lock()
	old := a.byHandle[s.handle]
	if a.byHandle == nil {
		a.byHandle = make(map[uint32]*Subscription)
	}
	a.byHandle[s.handle] = s
	delete(a.stray, s.handle)
	a.mu.Unlock()
	if old != nil {
		old.end(fmt.Errorf("%w: the device has given its handle away", ErrUnsubscribed))
	}
}

func (a *subscriptions) remove(s *Subscription) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.byHandle[s.handle] == s {
		delete(a.byHandle, s.handle)
	}
}

func (a *subscriptions) find(handle uint32) *Subscription {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.byHandle[handle]
}

// all returns them in the order of their handles.
func (a *subscriptions) all() []*Subscription {
	a.mu.Lock()
	defer a.mu.Unlock()
	list := make([]*Subscription, 0, len(a.byHandle))
	for _, s := range a.byHandle {
		list = append(list, s)
	}
	slices.SortFunc(list, func(x, y *Subscription) int { return int(int64(x.handle) - int64(y.handle)) })
	return list
}

// end ends all for the same reason.
func (a *subscriptions) end(err error) {
	for _, s := range a.all() {
		s.end(err)
	}
}

// giveBack ends all at the device.
func (a *subscriptions) giveBack(ctx context.Context, c *Client) {
	list := a.all()
	_ = c.unsubscribe(ctx, list) // the device forgets them with the connection
	a.end(&Error{Op: "connection", Err: ErrClosed})
}

// Subscribe has samples of a value put into a queue. The first one comes at once
// in the modes on change, and after a cycle in the others.
func (c *Client) Subscribe(ctx context.Context, queue *NotificationQueue, request SubscribeRequest) (*Subscription, error) {
	const op = "subscribe"
	if err := request.check(); err != nil {
		return nil, c.fail(op, request.Index, err)
	}
	s := c.newSubscription(queue, request)
	body := s.body()
	k := newCall(c, ams.AddDeviceNotification, request.Index)
	k.data = body.Append(nil)
	// The reader takes the handle before it reads the first sample.
	var wrong error
	k.taken = func(answer []byte, detached bool) {
		a, err := command.DecodeAddNotificationResponse(answer)
		switch {
		case err != nil:
			wrong = c.malformed(op, request.Index, err)
		case a.Result != ams.NoError:
			wrong = c.fail(op, request.Index, a.Result)
		default:
			s.handle = a.Handle
			s.begin(detached)
		}
	}
	k.undo = func() {
		if wrong == nil {
			c.undo([]*Subscription{s})
		}
	}
	err := c.do(ctx, op, k)
	if err == nil {
		err = wrong
	}
	k.free()
	if err != nil {
		return nil, err
	}
	return s, nil
}

func (c *Client) newSubscription(queue *NotificationQueue, r SubscribeRequest) *Subscription {
	if r.Mode == command.NoTransmission {
		r.Mode = command.ServerOnChange
	}
	return &Subscription{request: r, queue: queue, client: c}
}

// body is what the device is told.
func (s *Subscription) body() command.AddNotificationRequest {
	return command.AddNotificationRequest{
		Index: s.request.Index, Length: s.request.Length,
		Mode: s.request.Mode, MaxDelay: s.request.MaxDelay, CycleTime: s.request.CycleTime,
	}
}

// SubscribeMany subscribes to many values with sum commands (0xF085), or one by
// one where the target knows none. It returns a subscription or an error for each
// request, in their order.
func (c *Client) SubscribeMany(ctx context.Context, queue *NotificationQueue, requests []SubscribeRequest) ([]*Subscription, []error) {
	all := make([]*Subscription, len(requests))
	errs := make([]error, len(requests))
	items := make([]*Subscription, 0, len(requests))
	places := make([]int, 0, len(requests))
	for i := range requests {
		if err := requests[i].check(); err != nil {
			errs[i] = c.fail("subscribe", requests[i].Index, err)
			continue
		}
		items, places = append(items, c.newSubscription(queue, requests[i])), append(places, i)
	}
	for at := 0; at < len(items); at += command.MaxSumItems {
		part := items[at:min(at+command.MaxSumItems, len(items))]
		answers := c.subscribePart(ctx, part)
		for i, err := range answers {
			place := places[at+i]
			if errs[place] = err; err == nil {
				all[place] = part[i]
			}
		}
	}
	return all, errs
}

// subscribePart subscribes with one sum command.
func (c *Client) subscribePart(ctx context.Context, part []*Subscription) []error {
	errs := make([]error, len(part))
	lacks := c.sums.of(command.GroupSumAddNotes)
	if len(part) > 1 && !lacks.Load() {
		err := c.sumSubscribe(ctx, part, errs)
		if err == nil {
			return errs
		}
		if !unsupported(err) {
			for i := range errs {
				errs[i] = err
			}
			return errs
		}
		lacks.Store(true)
	}
	for i, s := range part {
		one, err := c.Subscribe(ctx, s.queue, s.request)
		if errs[i] = err; err == nil {
			part[i] = one
		}
	}
	return errs
}

func (c *Client) sumSubscribe(ctx context.Context, part []*Subscription, errs []error) error {
	const op = "subscribe"
	bodies := make([]command.AddNotificationRequest, len(part))
	for i, s := range part {
		bodies[i] = s.body()
	}
	index := command.Index{Group: command.GroupSumAddNotes, Offset: uint32(len(part))}
	length := uint32(8 * len(part))
	k := c.newReadWrite(index, length, command.AppendSumAddNotifications(nil, bodies))
	var wrong error
	var taken []*Subscription
	codes := make([]ams.ReturnCode, len(part))
	k.taken = func(body []byte, detached bool) {
		var data []byte
		if data, wrong = c.readData(op, index, body, length); wrong != nil {
			return
		}
		answers, err := command.DecodeSumAddNotificationAnswers(nil, len(part), data)
		if err != nil {
			wrong = c.malformed(op, index, err)
			return
		}
		for i, a := range answers {
			if codes[i] = a.Result; a.Result != ams.NoError {
				continue
			}
			part[i].handle = a.Handle
			part[i].begin(detached)
			taken = append(taken, part[i])
		}
	}
	k.undo = func() { c.undo(taken) }
	err := c.do(ctx, op, k)
	if err == nil {
		err = wrong
	}
	k.free()
	if err != nil {
		return err
	}
	for i, code := range codes {
		if code != ams.NoError {
			errs[i] = c.fail(op, part[i].request.Index, code)
		}
	}
	return nil
}

// undo ends subscriptions whose caller has gone before the answer.
func (c *Client) undo(list []*Subscription) {
	handles := make([]uint32, len(list))
	for i, s := range list {
		handles[i] = s.handle
	}
	_ = c.deleteNotifications(context.Background(), handles) // nobody is left to be told
	for _, s := range list {
		c.subscriptions.remove(s)
	}
}

// UnsubscribeMany ends many subscriptions of this client with sum commands
// (0xF086), or one by one where the target knows none.
func (c *Client) UnsubscribeMany(ctx context.Context, list []*Subscription) error {
	return c.unsubscribe(ctx, slices.DeleteFunc(slices.Clone(list), func(s *Subscription) bool {
		return s.client != c || s.Err() != nil
	}))
}

func (c *Client) unsubscribe(ctx context.Context, list []*Subscription) error {
	ended := &Error{Op: "unsubscribe", Target: c.target, Err: ErrUnsubscribed}
	handles := make([]uint32, len(list))
	for i, s := range list {
		s.end(ended)
		handles[i] = s.handle
	}
	err := c.deleteNotifications(ctx, handles)
	for _, s := range list {
		c.subscriptions.remove(s)
	}
	return err
}

var sumDelete = sum[uint32, ams.ReturnCode]{
	op: "unsubscribe", group: command.GroupSumDeleteNotes, append: command.AppendSumDeleteNotifications,
	octets: func(*uint32) (uint64, uint64) { return 4, 4 },
	decode: func(dst []ams.ReturnCode, items []uint32, data []byte) ([]ams.ReturnCode, error) {
		return command.DecodeSumResults(dst, len(items), data)
	},
	single: func(c *Client, handle *uint32) *call {
		k := newCall(c, ams.DeleteDeviceNotification, command.Index{})
		k.u32(*handle)
		return k
	},
	conclude: func(c *Client, k *call, _ *uint32) (ams.ReturnCode, error) {
		return sumWrite.conclude(c, k, nil)
	},
}

// deleteNotifications ends notifications at the device. One that it does not
// know is none any more.
func (c *Client) deleteNotifications(ctx context.Context, handles []uint32) error {
	codes, err := sumDelete.do(ctx, c, handles)
	for _, code := range codes {
		if code != ams.NoError && code != ams.NotificationHandleInvalid && err == nil {
			err = c.fail("unsubscribe", command.Index{}, code)
		}
	}
	return err
}

// notified takes a DeviceNotification.
func (cc *clientConn) notified(f *ams.Frame) {
	cc.mu.Lock()
	mine := f.Target == cc.source
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
		s.take(&sample)
	}
}

// take takes a sample.
func (s *Subscription) take(sample *command.Sample) {
	if s.Err() != nil {
		return // the device has not heard of the end yet
	}
	if len(sample.Data) == 0 && s.request.Length > 0 {
		s.end(&Error{
			Op: "notification", Target: s.client.target, Index: s.request.Index,
			Err: fmt.Errorf("%w: the device no longer has the value", ErrUnsubscribed),
		})
		return
	}
	s.queue.push(Notification{Subscription: s, Event: Sample, Time: sample.Time.Time(), Data: bytes.Clone(sample.Data)})
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
