package ads

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"stellwerk/ads/ams"
	"stellwerk/ads/command"
	"stellwerk/ads/symbol"
)

// SubscribeRequest says what to subscribe to, and how.
type SubscribeRequest struct {
	// Name is that of a variable. Where it is empty, Index and Length say where
	// the value is and how many octets it has.
	Name   string
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
	for _, d := range []struct {
		name string
		time.Duration
	}{{"MaxDelay", r.MaxDelay}, {"CycleTime", r.CycleTime}} {
		if d.Duration < 0 || d.Duration > command.MaxNotificationTime {
			return fmt.Errorf("%s is %v: must be from 0 to %v", d.name, d.Duration, command.MaxNotificationTime)
		}
	}
	return nil
}

// Subscription brings samples of a value into a [NotificationQueue]. All methods
// are safe for concurrent use.
type Subscription struct {
	request SubscribeRequest
	queue   *NotificationQueue
	keeper  *Supervisor                  // subscribes again; nil where nobody does
	watch   func(sample *command.Sample) // takes samples instead of the queue

	dropped uint64 // guarded by queue.mu
	gap     *Gap   // guarded by queue.mu; of one that was thrown away

	mu     sync.Mutex
	client *Client // guarded by mu, as are all below; nil while no samples can come
	handle uint32
	symbol *named // of a name
	epoch  uint64 // of subscriptions, when it began
	began  bool   // samples have come, or could
	lost   error  // why none come
	since  time.Time
	retry  time.Time // not before
	ended  error
}

// Request returns what was subscribed to.
func (s *Subscription) Request() SubscribeRequest { return s.request }

// Variable returns the variable that the name leads to at present; it is zero
// before, and without a name.
func (s *Subscription) Variable() symbol.Variable {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.symbol == nil {
		return symbol.Variable{}
	}
	return s.symbol.Variable
}

// Err returns why no samples come at present: why the subscription has ended, or
// why it is lost until the [Supervisor] has subscribed again.
func (s *Subscription) Err() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended != nil {
		return s.ended
	}
	return s.lost
}

// fail makes an error of the subscription.
func (s *Subscription) fail(c *Client, err error) error {
	if err = c.fail("subscribe", s.request.Index, err); err != nil && s.request.Name != "" {
		return about(err, s.request.Name)
	}
	return err
}

// end tells the end once.
func (s *Subscription) end(err error) {
	s.mu.Lock()
	first := s.ended == nil
	if first {
		s.ended, s.client = err, nil
	}
	s.mu.Unlock()
	if first && s.queue != nil {
		s.queue.push(Notification{Subscription: s, Event: Ended, Time: time.Now(), Err: err})
	}
}

// concerns reports whether an error is of the subscription, and not of the
// connection or the device as a whole.
func (s *Subscription) concerns(err error) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && (e.Name != "" || s.request.Name == "" && e.Index == s.request.Index && e.Index != command.Index{})
}

// stop is for a subscription that the device no longer has, or cannot have. Good
// is when samples could come for the last time. That it is lost is told again
// where the reason becomes one of the subscription.
func (s *Subscription) stop(err error, good time.Time) {
	if s.keeper == nil {
		s.end(err)
		return
	}
	s.mu.Lock()
	told := s.ended != nil || s.lost != nil && (s.concerns(s.lost) || !s.concerns(err))
	if s.ended == nil {
		if s.lost == nil {
			s.since = good
		}
		s.lost, s.client = err, nil
	}
	s.mu.Unlock()
	if !told && s.queue != nil {
		s.queue.push(Notification{Subscription: s, Event: Lost, Time: time.Now(), Err: err})
	}
}

// Unsubscribe ends the subscription. What is in the queue stays there; nothing
// comes behind the event Ended.
func (s *Subscription) Unsubscribe(ctx context.Context) error {
	s.mu.Lock()
	c, handle := s.client, s.handle
	s.mu.Unlock()
	s.end(&Error{Op: "unsubscribe", Index: s.request.Index, Name: s.request.Name, Err: ErrUnsubscribed})
	if s.keeper != nil {
		s.keeper.forget(s)
	}
	if c == nil {
		return nil
	}
	err := c.deleteNotifications(ctx, []uint32{handle})
	c.subscriptions.remove(s, handle)
	return err
}

// UnsubscribeMany ends many subscriptions of this client with sum commands
// (0xF086), or one by one where the target knows none.
func (c *Client) UnsubscribeMany(ctx context.Context, list []*Subscription) error {
	mine := slices.DeleteFunc(slices.Clone(list), func(s *Subscription) bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		return s.client != c
	})
	for _, s := range mine {
		if s.keeper != nil {
			s.keeper.forget(s)
		}
	}
	handles := make([]uint32, len(mine))
	for i, s := range mine {
		handles[i] = s.handle
		s.end(&Error{Op: "unsubscribe", Target: c.target, Index: s.request.Index, Name: s.request.Name, Err: ErrUnsubscribed})
	}
	err := c.deleteNotifications(ctx, handles)
	for i, s := range mine {
		c.subscriptions.remove(s, handles[i])
	}
	return err
}

// Subscribe has samples of a value put into a queue. The first one comes at once
// in the modes on change, and after a cycle in the others.
func (c *Client) Subscribe(ctx context.Context, queue *NotificationQueue, request SubscribeRequest) (*Subscription, error) {
	all, errs := c.SubscribeMany(ctx, queue, []SubscribeRequest{request})
	return all[0], errs[0]
}

// SubscribeMany subscribes to many values with sum commands (0xF085), or one by
// one where the target knows none. It returns a subscription or an error for each
// request, in their order.
func (c *Client) SubscribeMany(ctx context.Context, queue *NotificationQueue, requests []SubscribeRequest) ([]*Subscription, []error) {
	all := make([]*Subscription, len(requests))
	errs := make([]error, len(requests))
	var list []*Subscription
	var places []int
	for i := range requests {
		s, err := newSubscription(queue, requests[i])
		if err != nil {
			errs[i] = c.fail("subscribe", requests[i].Index, err)
			continue
		}
		list, places = append(list, s), append(places, i)
	}
	for j, err := range c.attach(ctx, list) {
		if errs[places[j]] = err; err == nil {
			all[places[j]] = list[j]
		}
	}
	return all, errs
}

func newSubscription(queue *NotificationQueue, r SubscribeRequest) (*Subscription, error) {
	if queue == nil {
		return nil, errors.New("there is no queue: NewNotificationQueue makes one")
	}
	if err := r.check(); err != nil {
		return nil, err
	}
	if r.Mode == command.NoTransmission {
		r.Mode = command.ServerOnChange
	}
	return &Subscription{request: r, queue: queue}, nil
}

// body is what the device is told.
func (s *Subscription) body(n *named) command.AddNotificationRequest {
	b := command.AddNotificationRequest{
		Index: s.request.Index, Length: s.request.Length,
		Mode: s.request.Mode, MaxDelay: s.request.MaxDelay, CycleTime: s.request.CycleTime,
	}
	if n != nil {
		b.Index, b.Length = n.index(), n.Size
	}
	return b
}

// subscriptions are those of a client that the device has.
type subscriptions struct {
	// epoch counts how often the device has told of another symbol version. What
	// a supervisor has subscribed to by name before is at a stale address.
	epoch atomic.Uint64

	mu       sync.Mutex
	byHandle map[uint32]*Subscription // guarded by mu
	stray    map[uint32]bool          // guarded by mu; handles that nobody knows
}

// add takes a subscription in. One that has the same handle has been forgotten
// by the device.
func (a *subscriptions) add(s *Subscription, handle uint32) {
	a.mu.Lock()
	old := a.byHandle[handle]
	if a.byHandle == nil {
		a.byHandle = make(map[uint32]*Subscription)
	}
	a.byHandle[handle] = s
	delete(a.stray, handle)
	a.mu.Unlock()
	if old != nil && old != s {
		old.stop(fmt.Errorf("%w: the device has given its handle away", ErrUnsubscribed), time.Now())
	}
}

func (a *subscriptions) remove(s *Subscription, handle uint32) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.byHandle[handle] == s {
		delete(a.byHandle, handle)
	}
}

func (a *subscriptions) find(handle uint32) *Subscription {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.byHandle[handle]
}

// all returns them with their handles.
func (a *subscriptions) all() (handles []uint32, list []*Subscription) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for handle := range a.byHandle {
		handles = append(handles, handle)
	}
	slices.Sort(handles)
	for _, handle := range handles {
		list = append(list, a.byHandle[handle])
	}
	return handles, list
}

// stop stops all for the same reason. A sample that comes all the same is a stray
// one then.
func (a *subscriptions) stop(err error, good time.Time) {
	_, list := a.all()
	a.mu.Lock()
	clear(a.byHandle)
	a.mu.Unlock()
	for _, s := range list {
		s.stop(err, good)
	}
}

// giveBack ends all at the device.
func (a *subscriptions) giveBack(ctx context.Context, c *Client) {
	handles, _ := a.all()
	_ = c.deleteNotifications(ctx, handles) // the device forgets them with the connection
	a.stop(&Error{Op: "connection", Err: ErrClosed}, time.Now())
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
	conclude: func(c *Client, k *call, _ *uint32) (ams.ReturnCode, error) { return sumWrite.conclude(c, k, nil) },
}

// deleteNotifications ends notifications at the device. One that it does not
// know is none any more.
func (c *Client) deleteNotifications(ctx context.Context, handles []uint32) error {
	if len(handles) == 0 {
		return nil
	}
	codes, err := sumDelete.do(ctx, c, handles)
	for _, code := range codes {
		if code != ams.NoError && code != ams.NotificationHandleInvalid && err == nil {
			err = c.fail("unsubscribe", command.Index{}, code)
		}
	}
	return err
}
