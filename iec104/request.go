package iec104

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"stellwerk/iec104/asdu"
)

// maxRequests is how many requests may be under way on a connection.
const maxRequests = 1024

// key tells requests apart: answers mirror all of it. The originator may also
// be 0 in answers, from stations that know none. Type 0 stands for the return
// information of an object, which no request asks for by itself.
type key struct {
	typeID  asdu.TypeID
	common  asdu.CommonAddress
	address asdu.ObjectAddress
	// qualifier tells interrogations of different groups apart; 0 for other
	// types.
	qualifier    uint8
	deactivation bool
}

// keyOf returns the key of a request or of its answer, and whether the ASDU has
// all of it.
func keyOf(a asdu.ASDU) (k key, whole bool) {
	k = key{typeID: a.Type, common: a.CommonAddress}
	body, octets := a.Body(), 1
	for a.Params().MaxObjectAddress()>>(8*octets) > 0 {
		octets++
	}
	if len(body) < octets {
		return k, false
	}
	for i := range octets {
		k.address |= asdu.ObjectAddress(body[i]) << (8 * i)
	}
	if a.Type == asdu.C_IC_NA_1 || a.Type == asdu.C_CI_NA_1 {
		if len(body) == octets {
			return k, false
		}
		k.qualifier = body[octets]
	}
	return k, true
}

// Activation is a request on its way: the station confirms it, or refuses, and
// tells when it is carried out.
type Activation struct {
	requests   *requests
	key        key
	originator uint8
	op         string
	timeout    time.Duration
	once       bool // no termination follows the confirmation
	now        func() time.Duration

	progress   atomic.Int64 // when it was last heard of, as a link's time
	confirmed  chan struct{}
	terminated chan struct{}

	// Written before the channel is closed, and read afterwards.
	confirmation asdu.ASDU
	termination  asdu.ASDU

	// guarded by requests.mu
	isConfirmed bool
	over        bool
	confirmedAt time.Duration               // when the confirmation came, as a link's time
	spontaneous bool                        // of return information: cause 3 will do too
	pending     map[asdu.CommonAddress]bool // stations that a broadcast reached and that have not terminated
	err         error                       // set before the channels are closed
}

// Confirmed waits for the confirmation of the request and returns it. A
// negative one, and one that says that type, cause or address is unknown, is an
// [*Error] with cause and P/N bit that wraps [ErrRefused]. It gives up when
// ctx ends, and with [ErrTimeout] when the station is silent for too long;
// nobody waits for the request any more then.
func (a *Activation) Confirmed(ctx context.Context) (asdu.ASDU, error) {
	if err := a.wait(ctx, a.confirmed); err != nil {
		return asdu.ASDU{}, err
	}
	return a.confirmation, nil
}

// Terminated waits until the station tells that what was requested is carried
// out, and returns what it sent. Errors are those of Confirmed. Not every
// station sends a termination for every type.
func (a *Activation) Terminated(ctx context.Context) (asdu.ASDU, error) {
	if err := a.wait(ctx, a.terminated); err != nil {
		return asdu.ASDU{}, err
	}
	return a.termination, nil
}

// wait waits for a channel to be closed.
func (a *Activation) wait(ctx context.Context, done <-chan struct{}) error {
	select {
	case <-done:
		return a.outcome(done)
	default:
	}
	timer := time.NewTimer(a.timeout)
	defer timer.Stop()
	for {
		select {
		case <-done:
			return a.outcome(done)
		case <-ctx.Done():
			a.requests.forget(a, ctx.Err())
			return fail(a.op, ctx.Err())
		case <-timer.C:
			silent := a.now() - time.Duration(a.progress.Load())
			if silent < a.timeout {
				timer.Reset(a.timeout - silent)
				continue
			}
			err := fmt.Errorf("%w: nothing for %v", ErrTimeout, a.timeout)
			a.requests.forget(a, err)
			return fail(a.op, err)
		}
	}
}

// outcome returns the error of a request that is confirmed or terminated.
func (a *Activation) outcome(done <-chan struct{}) error {
	a.requests.mu.Lock()
	defer a.requests.mu.Unlock()
	if done == a.confirmed && a.isConfirmed {
		return nil // whatever came later
	}
	return a.err
}

// Activate sends a request, an ASDU with the cause activation or deactivation,
// and returns what can be waited on. Originator 0 is replaced by that of the
// options. It waits like [Client.Send], so that a request is under way when it
// returns. A second request that answers could not tell from the first one is
// [ErrBusy] until the first is confirmed, and then takes its place. The common
// address 0, and that of all stations with a type that must not go to all, are an
// [ErrASDU]: this holds for all requests of a client, and nothing is sent then.
func (c *Client) Activate(ctx context.Context, a asdu.ASDU) (*Activation, error) {
	op := "activate " + a.TypeName()
	if a.Cause != asdu.Activation && a.Cause != asdu.Deactivation {
		return nil, fail(op, fmt.Errorf("%w: a request has cause 6 or 8, not %d", ErrASDU, a.Cause))
	}
	return c.activate(ctx, op, a, a.Cause == asdu.Deactivation || !terminates(a.Type))
}

func (c *Client) activate(ctx context.Context, op string, a asdu.ASDU, once bool) (*Activation, error) {
	if a.Originator == 0 {
		a.Originator = c.options.Originator
	}
	a, err := fit(a, c.options.ASDU)
	if err == nil {
		err = addressee(a.Type, a.CommonAddress, c.options.ASDU)
	}
	if err != nil {
		return nil, fail(op, err)
	}
	k, _ := keyOf(a)
	request := c.newRequest(op, k, once)
	request.originator = a.Originator
	request.key.deactivation = a.Cause == asdu.Deactivation
	if a.CommonAddress == a.Params().Broadcast() {
		request.pending = make(map[asdu.CommonAddress]bool)
		c.requests.unjudged[a.Type].Store(true) // nobody knows how many answer
	}
	if err := c.requests.add(request); err != nil {
		return nil, fail(op, err)
	}
	if err := c.link.send(ctx, a); err != nil {
		c.requests.forget(request, err)
		return nil, fail(op, err)
	}
	request.progress.Store(int64(c.link.now()))
	return request, nil
}

// newRequest returns a request that nobody knows of yet.
func (c *Client) newRequest(op string, k key, once bool) *Activation {
	request := &Activation{
		requests: &c.requests, key: k, op: op, once: once,
		timeout: c.options.AnswerTimeout, now: c.link.now,
		confirmed: make(chan struct{}), terminated: make(chan struct{}),
	}
	request.progress.Store(int64(c.link.now()))
	return request
}

// requests are those of a connection that are under way.
type requests struct {
	mu      sync.Mutex
	open    map[key]*Activation // guarded by mu
	data    int                 // how many of them wait for data of an object, guarded by mu
	running atomic.Int32        // how many are open: none is the common case

	unjudged [256]atomic.Bool // types of which answers may come that no request waits for
}

// forData reports whether the request is over when data of an object come.
func (k key) forData() bool { return k.typeID == asdu.C_RD_NA_1 || k.typeID == 0 }

// add makes a request known before it is sent.
func (r *requests) add(a *Activation) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if other := r.open[a.key]; other != nil {
		if !other.isConfirmed && a.now()-time.Duration(other.progress.Load()) < a.timeout {
			return fmt.Errorf("%w: %s to the same address is not confirmed yet", ErrBusy, a.key.typeID)
		}
		r.finish(other, ErrSuperseded)
	}
	if len(r.open) >= maxRequests {
		return fmt.Errorf("%w: %d requests are under way", ErrBusy, len(r.open))
	}
	if r.open == nil {
		r.open = make(map[key]*Activation)
	}
	r.open[a.key] = a
	if a.key.forData() {
		r.data++
	}
	r.running.Store(int32(len(r.open)))
	return nil
}

// forget ends a request that nobody waits for. Its answer is not the station's
// fault when it still comes, unless the station has had its time.
func (r *requests) forget(a *Activation, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !a.over && !errors.Is(err, ErrTimeout) {
		r.unjudged[a.key.typeID].Store(true)
	}
	r.finish(a, err)
}

// fail ends all requests. The answers may still come.
func (r *requests) fail(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, a := range r.open {
		r.unjudged[a.key.typeID].Store(true)
		r.finish(a, err)
	}
}

// finish ends a request; with nil, successfully. The caller holds mu.
func (r *requests) finish(a *Activation, err error) {
	if a.over {
		return
	}
	a.over = true
	a.err = fail(a.op, err)
	if !a.isConfirmed {
		close(a.confirmed)
	}
	close(a.terminated)
	if r.open[a.key] == a {
		delete(r.open, a.key)
		if a.key.forData() {
			r.data--
		}
		r.running.Store(int32(len(r.open)))
	}
}

// answered hands an ASDU to the request that it answers, and reports whether
// there is one.
func (r *requests) answered(a asdu.ASDU, now time.Duration) (expected bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case a.Cause.Interrogated(), a.Cause.CounterRequested():
		return r.heard(a, now)
	case a.Cause == asdu.Request && a.Type != asdu.C_RD_NA_1, a.Cause == asdu.ReturnRemote, a.Cause == asdu.Spontaneous:
		return r.data > 0 && r.object(a, now)
	case a.Cause.Unknown(), a.Cause == asdu.ActivationCon, a.Cause == asdu.DeactivationCon,
		a.Cause == asdu.ActivationTermination, a.Cause == asdu.Request && a.Negative:
	default:
		return false
	}
	request := r.find(a)
	if request == nil {
		return false
	}
	request.progress.Store(int64(now))
	switch {
	case a.Cause.Unknown() || a.Negative && a.Cause != asdu.ActivationTermination:
		r.finish(request, &Error{Op: request.op, Cause: a.Cause, Negative: a.Negative, Err: ErrRefused})
	case request.key.forData(): // the data are the answer
	case a.Cause == asdu.ActivationTermination:
		r.terminate(request, a)
	default:
		r.confirm(request, a, now)
	}
	return true
}

// heard notes that data of an interrogation come, and reports whether one is
// under way. The caller holds mu.
func (r *requests) heard(a asdu.ASDU, now time.Duration) (expected bool) {
	for k, request := range r.open {
		if k.typeID != asdu.C_IC_NA_1 && k.typeID != asdu.C_CI_NA_1 {
			continue
		}
		if k.common == a.CommonAddress || request.pending != nil {
			request.progress.Store(int64(now))
			expected = true
		}
	}
	return expected
}

// object hands data to those who wait for an object of it: with cause 5 to a
// read command, else to who waits for return information. The caller holds mu.
func (r *requests) object(a asdu.ASDU, now time.Duration) (expected bool) {
	k := key{common: a.CommonAddress}
	if a.Cause == asdu.Request {
		k.typeID = asdu.C_RD_NA_1
	}
	for object := range a.Objects() {
		k.address = object.IOA()
		request := r.open[k]
		if request == nil {
			continue
		}
		if k.typeID == 0 && (!settled(object) || a.Cause == asdu.Spontaneous && !request.spontaneous) {
			continue
		}
		r.confirm(request, a, now)
		expected = true
	}
	return expected
}

// find returns the request that an ASDU answers. The caller holds mu.
func (r *requests) find(a asdu.ASDU) *Activation {
	k, whole := keyOf(a)
	if !whole {
		return r.only(a)
	}
	common := [...]asdu.CommonAddress{k.common, a.Params().Broadcast()}
	for _, k.common = range common {
		for _, k.deactivation = range [...]bool{true, false} {
			if k.deactivation != (a.Cause == asdu.DeactivationCon) && !a.Cause.Unknown() {
				continue
			}
			if request := r.open[k]; request != nil && (a.Originator == request.originator || a.Originator == 0) {
				return request
			}
		}
	}
	return nil
}

// only returns the one request that an ASDU without its object can answer, and
// nil where there are several. The caller holds mu.
func (r *requests) only(a asdu.ASDU) *Activation {
	var found *Activation
	for k, request := range r.open {
		if k.typeID != a.Type || k.common != a.CommonAddress || k.deactivation != (a.Cause == asdu.DeactivationCon) {
			continue
		}
		if found != nil {
			return nil
		}
		found = request
	}
	return found
}

// confirm takes a positive confirmation. The caller holds mu.
func (r *requests) confirm(request *Activation, a asdu.ASDU, now time.Duration) {
	if request.pending != nil {
		request.pending[a.CommonAddress] = true
	}
	if request.isConfirmed {
		return
	}
	request.isConfirmed, request.confirmedAt = true, now
	request.confirmation = a.Clone()
	close(request.confirmed)
	if request.once {
		request.termination = request.confirmation
		r.finish(request, nil)
	}
}

// terminate takes a termination. The caller holds mu.
func (r *requests) terminate(request *Activation, a asdu.ASDU) {
	if request.pending != nil {
		delete(request.pending, a.CommonAddress)
		if len(request.pending) > 0 {
			return // other stations still answer the broadcast
		}
	}
	if !request.isConfirmed {
		request.isConfirmed = true
		request.confirmation = a.Clone()
		close(request.confirmed)
	}
	request.termination = a.Clone()
	r.finish(request, nil)
}

// terminates reports whether a request of the type is answered with a
// termination after its confirmation (IEC 60870-5-5, 6).
func terminates(t asdu.TypeID) bool {
	switch t {
	case asdu.C_CS_NA_1, asdu.C_TS_NA_1, asdu.C_TS_TA_1, asdu.C_RP_NA_1, asdu.C_CD_NA_1,
		asdu.P_ME_NA_1, asdu.P_ME_NB_1, asdu.P_ME_NC_1, asdu.P_AC_NA_1:
		return false
	default:
		return true
	}
}
