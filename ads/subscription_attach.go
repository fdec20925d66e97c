package ads

import (
	"context"
	"time"

	"stellwerk/ads/ams"
	"stellwerk/ads/command"
)

// attaching is a subscription on its way to the device.
type attaching struct {
	*Subscription
	place  int    // in the list of attach
	symbol *named // of a name
	handle uint32
	begun  bool // samples arrive
	code   ams.ReturnCode
}

// attach subscribes at the device, and returns an error or nil for each. Names
// are those of the present symbol version: when it changes meanwhile everything
// is begun again.
func (c *Client) attach(ctx context.Context, list []*Subscription) []error {
	errs := make([]error, len(list))
	todo := make([]*attaching, len(list))
	for i, s := range list {
		todo[i] = &attaching{Subscription: s, place: i}
	}
	again := true
	for range attempts {
		at, byName, err := c.nameAll(ctx, todo, errs)
		if err == nil {
			err = c.attachAll(ctx, todo, errs)
		}
		fresh := true
		if err == nil && byName && !at.none {
			var version uint8
			var none bool
			version, none, err = c.version(ctx)
			fresh = err != nil || version == at.version && !none
		}
		switch {
		case err != nil:
			c.undo(todo)
			for _, a := range todo {
				errs[a.place] = a.fail(c, err)
			}
			return errs
		case !fresh:
			c.undo(todo)
			c.names.forget(at, true)
			continue
		}
		var refused []*attaching
		var names []string
		for _, a := range todo {
			if again && a.request.Name != "" && errs[a.place] != nil && stale(a.code) {
				refused, names = append(refused, a), append(names, a.request.Name)
			}
		}
		if len(refused) == 0 {
			return errs
		}
		c.names.drop(at, names)
		again, todo = false, refused
	}
	for _, a := range todo {
		errs[a.place] = a.fail(c, errChanging)
	}
	return errs
}

// nameAll looks up the names.
func (c *Client) nameAll(ctx context.Context, todo []*attaching, errs []error) (at staleness, byName bool, err error) {
	var names []string
	var places []int
	for i, a := range todo {
		a.symbol, a.begun, a.code, errs[a.place] = nil, false, ams.NoError, nil
		if a.request.Name != "" {
			names, places = append(names, a.request.Name), append(places, i)
		}
	}
	if len(names) == 0 {
		return staleness{}, false, nil
	}
	found, wrong, at, err := c.resolve(ctx, names)
	if err != nil {
		return at, true, err
	}
	for j, i := range places {
		a := todo[i]
		a.symbol, errs[a.place] = found[j], wrong[j]
	}
	return at, true, nil
}

// attachAll subscribes where there is no error yet.
func (c *Client) attachAll(ctx context.Context, todo []*attaching, errs []error) error {
	var good []*attaching
	for _, a := range todo {
		if errs[a.place] == nil {
			good = append(good, a)
		}
	}
	for part := range chunks(good, command.MaxSumItems) {
		lacks := c.sums.of(command.GroupSumAddNotes)
		var err error
		if len(part) > 1 && !lacks.Load() {
			if err = c.attachSum(ctx, part); unsupported(err) {
				lacks.Store(true)
			}
		}
		for i := 0; (len(part) == 1 || lacks.Load()) && i < len(part); i++ {
			if err = c.attachOne(ctx, part[i]); Code(err) != ams.NoError && !gone(Code(err)) {
				part[i].code, err = Code(err), nil
			}
			if err != nil {
				break
			}
		}
		if err != nil {
			return err
		}
		for _, a := range part {
			if a.code != ams.NoError {
				errs[a.place] = a.fail(c, a.code)
			}
		}
	}
	return nil
}

// attachOne subscribes with a command of its own.
func (c *Client) attachOne(ctx context.Context, a *attaching) error {
	const op = "subscribe"
	body := a.body(a.symbol)
	k := newCall(c, ams.AddDeviceNotification, body.Index)
	k.data = body.Append(nil)
	// The reader takes the handle before it reads the first sample.
	var wrong error
	var handle uint32
	k.taken = func(answer []byte, detached bool) {
		r, err := command.DecodeAddNotificationResponse(answer)
		switch {
		case err != nil:
			wrong = c.malformed(op, body.Index, err)
		case r.Result != ams.NoError:
			wrong = c.fail(op, body.Index, r.Result)
		default:
			if handle = r.Handle; !detached {
				c.begin(a, handle)
			}
		}
	}
	k.undo = func() {
		if wrong == nil {
			_ = c.deleteNotifications(context.Background(), []uint32{handle}) // nobody is left to be told
		}
	}
	err := c.do(ctx, op, k)
	if err == nil {
		err = wrong
	}
	return err
}

// attachSum subscribes with one sum command.
func (c *Client) attachSum(ctx context.Context, part []*attaching) error {
	const op = "subscribe"
	bodies := make([]command.AddNotificationRequest, len(part))
	for i, a := range part {
		bodies[i] = a.body(a.symbol)
	}
	index := command.Index{Group: command.GroupSumAddNotes, Offset: uint32(len(part))}
	length := uint32(8 * len(part))
	k := c.newReadWrite(index, length, command.AppendSumAddNotifications(nil, bodies))
	var wrong error
	var answers []command.AddNotificationResponse
	k.taken = func(body []byte, detached bool) {
		data, err := c.readData(op, index, body, length)
		if err != nil {
			wrong = err
			return
		}
		if answers, err = command.DecodeSumAddNotificationAnswers(nil, len(part), data); err != nil {
			answers, wrong = nil, c.malformed(op, index, err)
			return
		}
		for i, r := range answers {
			if r.Result == ams.NoError && !detached {
				c.begin(part[i], r.Handle)
			}
		}
	}
	k.undo = func() {
		var handles []uint32
		for _, r := range answers {
			if r.Result == ams.NoError {
				handles = append(handles, r.Handle)
			}
		}
		_ = c.deleteNotifications(context.Background(), handles) // nobody is left to be told
	}
	if err := c.do(ctx, op, k); err != nil {
		return err
	}
	for i, r := range answers {
		part[i].code = r.Result
	}
	return wrong
}

// begin has samples arrive, from now on. The reader calls it.
func (c *Client) begin(a *attaching, handle uint32) {
	s := a.Subscription
	a.handle, a.begun = handle, true
	s.mu.Lock()
	ended := s.ended != nil
	if !ended {
		s.client, s.handle, s.symbol, s.epoch = c, handle, a.symbol, c.subscriptions.epoch.Load()
	}
	s.mu.Unlock()
	if !ended { // else its first sample is a stray one
		c.subscriptions.add(s, handle)
	}
}

// undo ends again what has begun, where that is not of one symbol version.
func (c *Client) undo(todo []*attaching) {
	var handles []uint32
	for _, a := range todo {
		if !a.begun {
			continue
		}
		a.mu.Lock()
		a.client = nil
		a.mu.Unlock()
		handles = append(handles, a.handle)
		c.subscriptions.remove(a.Subscription, a.handle)
	}
	ctx, cancel := context.WithTimeout(context.Background(), closing)
	defer cancel()
	_ = c.deleteNotifications(ctx, handles) // where it fails, samples are ended as strays
}

// detach ends subscriptions at the device that are to be begun again.
func (c *Client) detach(ctx context.Context, list []*Subscription, reason error, good time.Time) {
	var handles []uint32
	for _, s := range list {
		s.mu.Lock()
		mine, handle := s.client == c, s.handle
		s.mu.Unlock()
		if !mine {
			continue
		}
		s.stop(reason, good)
		c.subscriptions.remove(s, handle)
		handles = append(handles, handle)
	}
	_ = c.deleteNotifications(ctx, handles) // the device may have forgotten them
}
