package station_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"stellwerk/iec104"
	"stellwerk/iec104/asdu"
	"stellwerk/iec104/iec104test"
	"stellwerk/iec104/station"
)

const (
	stressCentres = 20
	stressGroups  = 14 // so many of them are redundancy groups with a name
	stressActions = 25 // of each centre
	// stressLimit is far above what any call needs: the station answers at once,
	// and the wire takes milliseconds.
	stressLimit = 5 * time.Minute
)

// stressCounter is a point that no command moves; its values count, so that a
// gap is seen.
const stressCounter asdu.ObjectAddress = 3301

// TestStress has many control centres on one station that do what comes into
// their minds, with connections that break in between. No call may take longer
// than it should or end with an error that has no reason, and each centre gets
// every event in order. That nothing is left running is what synctest sees to.
func TestStress(t *testing.T) {
	for seed := range uint64(4) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { stress(t, seed) })
		})
	}
}

func stress(t *testing.T, seed uint64) {
	options := station.Options{}
	for n := range stressGroups {
		options.Server.Groups = append(options.Server.Groups, iec104.RedundancyGroup{
			Name:   fmt.Sprint("centre ", n),
			Match:  func(conn net.Conn) bool { return conn.(*slowConn).centre == n },
			Events: iec104.EventLimits{Events: 1 << 16, Counters: 1 << 16, Measurands: 1 << 16},
		})
	}
	b, err := iec104test.NewBuiltin(&iec104test.BuiltinOptions{Cycles: true, Station: options})
	if err != nil {
		t.Fatal(err)
	}
	var centres []*stressCentre
	var acting, counting sync.WaitGroup
	for n := range stressCentres {
		c := &stressCentre{t: t, builtin: b, number: n, random: rand.New(rand.NewPCG(seed, uint64(n)))}
		centres = append(centres, c)
		acting.Go(c.act)
	}
	stop := make(chan struct{})
	var last uint32
	counting.Go(func() {
		random := rand.New(rand.NewPCG(seed, stressCentres))
		for {
			for range 1 + random.IntN(20) { // they come in bursts
				if err := b.Station().Set(1, stressCounter, last+1); err != nil {
					t.Error(err)
					return
				}
				last++
			}
			select {
			case <-stop:
				return
			case <-time.After(time.Duration(random.IntN(1000)) * time.Millisecond):
			}
		}
	})
	acting.Wait()
	time.Sleep(10 * time.Second) // a new connection without a group hears of what follows alone
	close(stop)
	counting.Wait()
	time.Sleep(time.Minute) // what is left comes over
	for _, c := range centres {
		c.mu.Lock()
		if c.last != last {
			t.Errorf("%s: the last event that came is %d of %d", c, c.last, last)
		}
		c.mu.Unlock()
		_ = c.client.Close()
	}
	if err := b.Close(); err != nil {
		t.Error(err)
	}
}

// slowConn is one end of a connection on which octets take a while.
type slowConn struct {
	net.Conn
	centre int
	delay  time.Duration
}

func (c *slowConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	time.Sleep(c.delay)
	return n, err
}

// stressCentre is one control centre, which has one connection at a time, or
// two in the course of a switch-over.
type stressCentre struct {
	t       *testing.T
	builtin *iec104test.Builtin
	number  int
	random  *rand.Rand
	client  *iec104.Client
	stops   *atomic.Bool // requests were under way on the client when it was stopped

	mu   sync.Mutex
	last uint32 // the newest event that was taken over; guarded by mu
}

func (c *stressCentre) String() string { return fmt.Sprint("centre ", c.number) }

func (c *stressCentre) named() bool { return c.number < stressGroups }

// connect begins a connection.
func (c *stressCentre) connect() {
	near, far := net.Pipe()
	delay := time.Duration(c.random.IntN(30)) * time.Millisecond
	if _, err := c.builtin.ServeConn(&slowConn{far, c.number, delay}); err != nil {
		c.t.Errorf("%s: %v", c, err)
	}
	stops := new(atomic.Bool)
	var before uint32 // on this connection
	c.mu.Lock()
	last := c.last // on those before
	c.mu.Unlock()
	client, err := iec104.NewClient(&slowConn{near, c.number, delay}, &iec104.ClientOptions{
		Originator: uint8(c.number + 1),
		Handler: func(a asdu.ASDU) error {
			if a.Type != asdu.M_BO_TB_1 || a.Cause != asdu.Spontaneous {
				return nil
			}
			for o := range a.Objects() {
				if o.IOA() == stressCounter {
					c.event(o.(asdu.BitString).Value, &before, last)
				}
			}
			return nil
		},
		Unexpected: func(a asdu.ASDU, err error) {
			if !stops.Load() { // otherwise what STOPDT left may be answered late
				c.t.Errorf("%s: %v: %+v", c, err, a.Header)
			}
		},
	})
	if err != nil {
		c.t.Errorf("%s: %v", c, err)
		return
	}
	c.client = client
	c.stops = stops
	c.call("start", func(ctx context.Context) error { return client.Start(ctx) })
}

// event judges an event: on a connection they follow each other, and a new
// connection begins with what was not acknowledged on the one before, which is
// not more than the window k. Last is the last event when the connection began:
// what is on a slow wire may come when the next connection is further already.
func (c *stressCentre) event(value uint32, before *uint32, last uint32) {
	const k = 12
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case *before != 0 && value != *before+1:
		c.t.Errorf("%s: event %d after %d", c, value, *before)
	case *before == 0 && c.named() && (value > c.last+1 || value+k < last+1):
		c.t.Errorf("%s: a connection begins with event %d, and %d was the last before", c, value, c.last)
	}
	*before = value
	c.last = max(c.last, value)
}

// call carries a call out within its time. Allowed are errors that it may end
// with, beside that of a connection that this side has closed.
func (c *stressCentre) call(name string, f func(context.Context) error, allowed ...error) {
	ctx, cancel := context.WithTimeout(c.t.Context(), stressLimit)
	defer cancel()
	begin := time.Now()
	err := f(ctx)
	took := time.Since(begin)
	switch {
	case took >= stressLimit:
		c.t.Errorf("%s: %s took %v: %v", c, name, took, err)
	case err == nil || errors.Is(err, iec104.ErrClosed):
	case slices.ContainsFunc(allowed, func(may error) bool { return errors.Is(err, may) }):
	default:
		c.t.Errorf("%s: %s after %v: %v", c, name, took, err)
	}
}

// act does one thing after the other, each of which some connections do not
// outlive.
func (c *stressCentre) act() {
	time.Sleep(time.Duration(c.random.IntN(1000)) * time.Millisecond)
	c.connect()
	for range stressActions {
		action := c.choose()
		switch c.random.IntN(8) {
		case 0: // broken off
			var wg sync.WaitGroup
			client, after := c.client, time.Duration(c.random.IntN(300))*time.Millisecond
			wg.Go(func() {
				time.Sleep(after)
				_ = client.Close()
			})
			c.call(action.name, action.run, action.allowed...)
			wg.Wait()
			time.Sleep(time.Duration(c.random.IntN(5000)) * time.Millisecond)
			c.connect()
		case 1: // another connection takes over
			var wg sync.WaitGroup
			client := c.client
			if c.named() {
				c.connect()
			}
			time.Sleep(time.Duration(c.random.IntN(300)) * time.Millisecond)
			wg.Go(func() { _ = client.Close() })
			if !c.named() {
				c.connect()
			}
			c.call(action.name, action.run, action.allowed...)
			wg.Wait()
		case 2: // two at once
			// They may be the same, and the one may stop data transfer for the other.
			var wg sync.WaitGroup
			both := []stressAction{action, c.choose()}
			if both[0].stops || both[1].stops {
				c.stops.Store(true)
			}
			for _, one := range both {
				wg.Go(func() { c.call(one.name, one.run, append(one.allowed, iec104.ErrBusy, iec104.ErrStopped)...) })
			}
			wg.Wait()
		default:
			c.call(action.name, action.run, action.allowed...)
			time.Sleep(time.Duration(c.random.IntN(2000)) * time.Millisecond)
		}
	}
}

// stressAction is something that a centre does.
type stressAction struct {
	name    string
	run     func(context.Context) error
	allowed []error // what it may end with, because of what others do
	stops   bool    // data transfer
}

// choose returns what to do next.
func (c *stressCentre) choose() stressAction {
	random := c.random
	refused := []error{iec104.ErrRefused}
	switch random.IntN(11) {
	case 0:
		q := asdu.InterrogateStation + asdu.InterrogationQualifier(random.IntN(17))
		return stressAction{name: fmt.Sprint("interrogate ", q), run: func(ctx context.Context) error { return c.client.Interrogate(ctx, 1, q) }}
	case 1:
		q, freeze := asdu.RequestCounterGroup(1+random.IntN(4)), asdu.Freeze(random.IntN(4))
		return stressAction{name: fmt.Sprint("counters ", q, freeze), run: func(ctx context.Context) error { return c.client.ReadCounters(ctx, 1, q, freeze) }}
	case 2:
		address := 100*asdu.ObjectAddress([]asdu.TypeID{asdu.M_SP_NA_1, asdu.M_ME_NC_1, asdu.M_DP_TB_1}[random.IntN(3)]) + 1
		return stressAction{name: fmt.Sprint("read ", address), run: func(ctx context.Context) error {
			_, err := c.client.Read(ctx, 1, address)
			return err
		}}
	case 3:
		command, on := c.command(), random.IntN(2)
		return stressAction{name: "operate", run: func(ctx context.Context) error { return c.operate(ctx, command[on], iec104.DirectExecute) }, allowed: refused}
	case 4:
		command := c.command()
		return stressAction{name: "select and execute", run: func(ctx context.Context) error { return c.operate(ctx, command[1], iec104.SelectAndExecute) }, allowed: refused}
	case 5:
		on := random.IntN(2) == 1
		return stressAction{name: "select and cancel", run: func(ctx context.Context) error { return c.cancel(ctx, on) }, allowed: refused}
	case 6:
		store := iec104.FileRef{}
		return stressAction{name: "directory", run: func(ctx context.Context) error {
			entries, err := c.client.Directory(ctx, 1, store)
			if err == nil && len(entries) != 2 {
				err = fmt.Errorf("%d entries", len(entries))
			}
			return err
		}}
	case 7:
		return stressAction{name: "read file", run: func(ctx context.Context) error {
			var data bytes.Buffer
			_, err := c.client.ReadFile(ctx, 1, iec104.FileRef{Address: 12001, Name: 1}, &data, nil)
			if err == nil && data.Len() != 20000 {
				err = fmt.Errorf("%d octets", data.Len())
			}
			return err
		}, allowed: refused}
	case 8:
		data := make([]byte, 100)
		return stressAction{name: "write file", run: func(ctx context.Context) error {
			return c.client.WriteFile(ctx, 1, iec104.FileRef{Address: 12002, Name: 1}, bytes.NewReader(data), int64(len(data)), nil)
		}, allowed: refused}
	case 9:
		return stressAction{name: "clock", run: func(ctx context.Context) error {
			_, err := c.client.SynchroniseClock(ctx, 1)
			return err
		}}
	default:
		return stressAction{name: "stop and start", stops: true, run: func(ctx context.Context) error {
			client := c.client
			return errors.Join(client.Stop(ctx), client.Start(ctx))
		}}
	}
}

// command returns a command that need not be selected, and one that must.
func (c *stressCentre) command() [2]asdu.Object {
	value := c.random.IntN(2)
	switch c.random.IntN(6) {
	case 0:
		return [2]asdu.Object{asdu.SingleCommand{Address: 4501, Value: value == 1}, asdu.SingleCommand{Address: 4502, Value: value == 1}}
	case 1:
		state := asdu.DoubleCommandState(1 + value)
		return [2]asdu.Object{asdu.DoubleCommand{Address: 4601, Value: state}, asdu.DoubleCommand{Address: 4602, Value: state}}
	case 2:
		step := asdu.StepCommandState(1 + value)
		return [2]asdu.Object{asdu.StepCommand{Address: 4701, Value: step}, asdu.StepCommand{Address: 4702, Value: step}}
	case 3:
		return [2]asdu.Object{asdu.NormalizedSetpoint{Address: 4801, Value: 0}, asdu.NormalizedSetpoint{Address: 4802, Value: 0}}
	case 4:
		v := int16(c.random.IntN(100))
		return [2]asdu.Object{asdu.ScaledSetpoint{Address: 4901, Value: v}, asdu.ScaledSetpoint{Address: 4902, Value: v}}
	default:
		v := c.random.Float32()
		return [2]asdu.Object{asdu.FloatSetpoint{Address: 5001, Value: v}, asdu.FloatSetpoint{Address: 5002, Value: v}}
	}
}

func (c *stressCentre) operate(ctx context.Context, command asdu.Object, mode iec104.CommandMode) error {
	activation, err := c.client.Operate(ctx, 1, command, mode)
	if err != nil {
		return err
	}
	if _, err := activation.Confirmed(ctx); err != nil {
		return err
	}
	_, err = activation.Terminated(ctx)
	return err
}

// cancel selects a control and takes that back.
func (c *stressCentre) cancel(ctx context.Context, on bool) error {
	client := c.client
	command := asdu.SingleCommand{Address: 4502, Value: on, Select: true}
	a, err := asdu.New(nil, asdu.Header{Type: asdu.C_SC_NA_1, Cause: asdu.Activation, CommonAddress: 1}, command)
	if err != nil {
		return err
	}
	selection, err := client.Activate(ctx, a)
	if err != nil {
		return err
	}
	if _, err := selection.Confirmed(ctx); err != nil {
		return err
	}
	return client.Cancel(ctx, 1, command)
}
