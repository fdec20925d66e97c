package interop

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	peer "github.com/thinkgos/go-iecp5/asdu"
	"github.com/thinkgos/go-iecp5/cs104"

	"stellwerk/iec104"
	"stellwerk/iec104/apci"
	"stellwerk/iec104/asdu"
	"stellwerk/internal/capture/fabricate"
)

// Who is Stellwerk on a line.
var (
	ourCentre  = []fabricate.Side{fabricate.Client}
	ourStation = []fabricate.Side{fabricate.Server}
	bothOurs   = []fabricate.Side{fabricate.Client, fabricate.Server}
)

// inbox keeps what a client of ours receives.
type inbox struct {
	mu       sync.Mutex
	all      []asdu.ASDU    // guarded by mu
	findings []error        // guarded by mu
	frames   map[string]int // kinds of frames, guarded by mu
}

func (i *inbox) handle(a asdu.ASDU) error {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.all = append(i.all, a.Clone())
	return nil
}

// trace counts U frames and keeps what our library has to complain of.
func (i *inbox) trace(f iec104.Frame) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if f.Finding != nil {
		i.findings = append(i.findings, f.Finding)
	}
	direction := "received "
	if f.Sent {
		direction = "sent "
	}
	if i.frames == nil {
		i.frames = map[string]int{}
	}
	if apdu, err := apci.Decode(f.Octets); err == nil && apdu.Format == apci.FormatU {
		i.frames[direction+apdu.Function.String()]++
	}
}

func (i *inbox) received() []asdu.ASDU {
	i.mu.Lock()
	defer i.mu.Unlock()
	return slices.Clone(i.all)
}

func (i *inbox) count(kind string) int {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.frames[kind]
}

func (i *inbox) complaints() []error {
	i.mu.Lock()
	defer i.mu.Unlock()
	return slices.Clone(i.findings)
}

// find waits for an ASDU behind the first n and returns it.
func (i *inbox) find(t *testing.T, what string, n int, wanted func(asdu.ASDU) bool) (found asdu.ASDU) {
	t.Helper()
	until(t, "our client receives "+what, func() bool {
		all := i.received()
		at := slices.IndexFunc(all[n:], wanted)
		if at >= 0 {
			found = all[n+at]
		}
		return at >= 0
	})
	return found
}

// interrogated is what an interrogation of the peer's station must bring.
var interrogated = map[asdu.TypeID][]asdu.Object{
	asdu.M_SP_NA_1: {
		asdu.SinglePoint{Address: peerSingle, Value: true},
		asdu.SinglePoint{Address: peerSingle + 1000, Quality: asdu.Blocked | asdu.Substituted},
	},
	asdu.M_DP_NA_1: {
		asdu.DoublePoint{Address: peerDouble, Value: asdu.On},
		asdu.DoublePoint{Address: peerDouble + 1, Value: asdu.Off, Quality: asdu.Invalid},
	},
	asdu.M_ST_NA_1: {asdu.StepPosition{Address: peerStep, Value: -7, Transient: true}},
	asdu.M_BO_NA_1: {asdu.BitString{Address: peerBits, Value: 0xdeadbeef}},
	asdu.M_ME_NA_1: {asdu.NormalizedValue{Address: peerNormalized, Value: -32768}},
	asdu.M_ME_NB_1: {asdu.ScaledValue{Address: peerScaled, Value: -1234, Quality: asdu.Overflow}},
	asdu.M_ME_NC_1: {asdu.ShortFloat{Address: peerFloat, Value: 230.5, Quality: asdu.NotTopical}},
}

// data returns the objects of all ASDUs with a cause, by type.
func data(all []asdu.ASDU, cause asdu.Cause) map[asdu.TypeID][]asdu.Object {
	objects := map[asdu.TypeID][]asdu.Object{}
	for _, a := range all {
		if a.Cause == cause && !a.Type.Control() {
			objects[a.Type] = slices.AppendSeq(objects[a.Type], a.Objects())
		}
	}
	return objects
}

// quick are the parameters where test frames are to be seen: t3 at its lowest.
var quick = iec104.Parameters{T1: 5 * time.Second, T2: time.Second, T3: time.Second}

// TestStationConversation runs everything that our client and a station of the
// peer have to say to each other.
func TestStationConversation(t *testing.T) {
	t.Parallel()
	config := cs104.DefaultConfig()
	config.IdleTimeout3 = 2 * time.Second
	station := newPeerStation(t, config)
	l := newLine(t, station.address, "go-iecp5-station.pcapng", ourCentre,
		"refusal-not-negative", // the peer refuses an unknown object without the P/N bit
		"type-of-101")          // and is made to send types with CP24Time2a
	in := new(inbox)
	client, err := iec104.Dial(within(t), l.Addr(), &iec104.ClientOptions{Handler: in.handle, Trace: in.trace, Parameters: quick})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	ctx := within(t)
	if err := client.Start(ctx); err != nil {
		t.Fatalf("STARTDT: %v", err)
	}

	t.Run("interrogation", func(t *testing.T) {
		if err := client.Interrogate(ctx, peerCommon, asdu.InterrogateStation); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(interrogated, data(in.received(), asdu.InterrogatedByStation)); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})

	t.Run("clock", func(t *testing.T) {
		before, err := client.SynchroniseClock(ctx, peerCommon)
		if err != nil {
			t.Fatal(err)
		}
		station.mu.Lock()
		set := station.clock
		station.mu.Unlock()
		if age := time.Since(set); age < 0 || age > patience {
			t.Errorf("the station's clock was set to %v", set)
		}
		if at, err := before.Instant(time.UTC); err != nil || !at.Equal(set) {
			t.Errorf("time in the confirmation is %v (%v), sent was %v", at, err, set)
		}
	})

	for _, s := range sendings {
		t.Run(s.typ.String(), func(t *testing.T) {
			n := len(in.received())
			if err := s.send(station.server); err != nil {
				t.Fatalf("the peer cannot send it: %v", err)
			}
			got := in.find(t, s.typ.String(), n, func(a asdu.ASDU) bool { return a.Type == s.typ })
			if diff := cmp.Diff(s.want, slices.Collect(got.Objects())); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if v := got.Violations(); len(v) > 0 {
				t.Errorf("violations: %v", v)
			}
		})
	}

	t.Run("single command", func(t *testing.T) {
		command := asdu.SingleCommand{Address: peerBreaker, Value: true, Qualifier: asdu.ShortPulse}
		carryOut(ctx, t, client, command, iec104.DirectExecute)
		carryOut(ctx, t, client, command, iec104.SelectAndExecute)
		selected := command
		selected.Select = true
		wantCommands(t, station, asdu.C_SC_NA_1, command, selected, command)
		in.find(t, "return information", 0, func(a asdu.ASDU) bool { return a.Type == asdu.M_SP_NA_1 && a.Cause == asdu.ReturnRemote })
	})

	t.Run("double command", func(t *testing.T) {
		command := asdu.DoubleCommand{Address: peerSwitch, Value: asdu.CommandOff, Qualifier: asdu.PersistentPulse}
		carryOut(ctx, t, client, command, iec104.SelectAndExecute)
		carryOut(ctx, t, client, command, iec104.DirectExecute)
		selected := command
		selected.Select = true
		wantCommands(t, station, asdu.C_DC_NA_1, selected, command, command)
		got := in.find(t, "return information", 0, func(a asdu.ASDU) bool { return a.Type == asdu.M_DP_TB_1 && a.Cause == asdu.ReturnRemote })
		want := asdu.DoublePoint{Address: peerDouble, Value: asdu.Off, Time: asdu.CP56(sourceTime)}
		if o, err := asdu.First[asdu.DoublePoint](got); err != nil || o != want {
			t.Errorf("return information is %+v (%v), want %+v", o, err, want)
		}
	})

	t.Run("cancelled selection", func(t *testing.T) {
		selecting, err := asdu.New(nil, asdu.Header{Type: asdu.C_DC_NA_1, Cause: asdu.Activation, CommonAddress: peerCommon},
			asdu.DoubleCommand{Address: peerSwitch, Value: asdu.CommandOn, Select: true})
		if err != nil {
			t.Fatal(err)
		}
		a, err := client.Activate(ctx, selecting)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := a.Confirmed(ctx); err != nil {
			t.Fatal(err)
		}
		if err := client.Cancel(ctx, peerCommon, asdu.DoubleCommand{Address: peerSwitch, Value: asdu.CommandOn, Select: true}); err != nil {
			t.Error(err)
		}
	})

	t.Run("refused command", func(t *testing.T) {
		a, err := client.Operate(ctx, peerCommon, asdu.SingleCommand{Address: peerLocked, Value: true}, iec104.DirectExecute)
		if err != nil {
			t.Fatal(err)
		}
		_, err = a.Confirmed(ctx)
		if refused, ok := errors.AsType[*iec104.Error](err); !ok || !errors.Is(err, iec104.ErrRefused) || refused.Cause != asdu.ActivationCon || !refused.Negative {
			t.Errorf("got %v, want a negative confirmation", err)
		}
	})

	t.Run("unknown object", func(t *testing.T) {
		a, err := client.Operate(ctx, peerCommon, asdu.SingleCommand{Address: 4711, Value: true}, iec104.DirectExecute)
		if err != nil {
			t.Fatal(err)
		}
		_, err = a.Confirmed(ctx)
		if refused, ok := errors.AsType[*iec104.Error](err); !ok || !errors.Is(err, iec104.ErrRefused) || refused.Cause != asdu.UnknownObjectAddress {
			t.Errorf("got %v, want cause 47", err)
		}
	})

	t.Run("read", func(t *testing.T) {
		n := len(in.received())
		read, err := asdu.New(nil, asdu.Header{Type: asdu.C_RD_NA_1, Cause: asdu.Request, CommonAddress: peerCommon}, asdu.Read{Address: 77})
		if err != nil {
			t.Fatal(err)
		}
		if err := client.Send(ctx, read); err != nil {
			t.Fatal(err)
		}
		in.find(t, "what it reads", n, func(a asdu.ASDU) bool { return a.Type == asdu.M_SP_NA_1 && a.Cause == asdu.Request })
	})

	t.Run("test frames", func(t *testing.T) {
		if err := client.Test(); err != nil {
			t.Error(err)
		}
		// t3 of ours is shorter, so that it is always we who send one.
		until(t, "three test frames are confirmed", func() bool { return in.count("received TESTFR con") >= 3 })
	})

	t.Run("stop and start", func(t *testing.T) {
		if err := client.Stop(ctx); err != nil {
			t.Fatalf("STOPDT: %v", err)
		}
		if err := client.Start(ctx); err != nil {
			t.Fatalf("STARTDT: %v", err)
		}
		if err := client.Interrogate(ctx, peerCommon, asdu.InterrogateStation); err != nil {
			t.Error(err)
		}
		if err := client.Stop(ctx); err != nil {
			t.Errorf("STOPDT: %v", err)
		}
	})
	if all := in.complaints(); len(all) > 0 {
		t.Errorf("our client complained of %v", all)
	}
}

// carryOut sends a command and waits for confirmation and termination.
func carryOut(ctx context.Context, t *testing.T, client *iec104.Client, command asdu.Object, mode iec104.CommandMode) {
	t.Helper()
	a, err := client.Operate(ctx, peerCommon, command, mode)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.Confirmed(ctx); err != nil {
		t.Fatalf("confirmation: %v", err)
	}
	if _, err := a.Terminated(ctx); err != nil {
		t.Fatalf("termination: %v", err)
	}
}

// wantCommands checks the commands of a type that the peer's station has received.
func wantCommands(t *testing.T, station *peerStation, typ asdu.TypeID, want ...asdu.Object) {
	t.Helper()
	var got []asdu.Object
	for _, r := range station.received() {
		if r.Type == typ {
			got = append(got, r.objects...)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("commands at the peer (-want +got):\n%s", diff)
	}
}

// TestStationSendsTestFrames has the peer's t3 run out before ours.
func TestStationSendsTestFrames(t *testing.T) {
	t.Parallel()
	config := cs104.DefaultConfig()
	config.IdleTimeout3 = time.Second
	l := newLine(t, newPeerStation(t, config).address, "", ourCentre)
	in := new(inbox)
	client, err := iec104.Dial(within(t), l.Addr(), &iec104.ClientOptions{Trace: in.trace})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	// They come before STARTDT too.
	until(t, "the peer has sent two test frames", func() bool { return in.count("received TESTFR act") >= 2 })
	if in.count("sent TESTFR con") < 2 || client.Err() != nil {
		t.Errorf("frames: %v; connection: %v", in.frames, client.Err())
	}
}

// TestSupervisorAndStation cuts the connection with a station of the peer, and
// then takes its network away for a while.
func TestSupervisorAndStation(t *testing.T) {
	t.Parallel()
	station := newPeerStation(t, cs104.DefaultConfig())
	l := newLine(t, station.address, "", ourCentre)
	in := new(inbox)
	states := make(chan iec104.SupervisorState, 1000)
	supervisor, err := iec104.NewSupervisor(l.Addr(), &iec104.SupervisorOptions{
		Client: &iec104.ClientOptions{Handler: in.handle},
		Setup: func(ctx context.Context, c *iec104.Client) error {
			if err := c.Start(ctx); err != nil {
				return err
			}
			return c.Interrogate(ctx, peerCommon, asdu.InterrogateStation)
		},
		MinBackoff: 50 * time.Millisecond, MaxBackoff: 200 * time.Millisecond,
		Changed: func(s iec104.SupervisorStatus) { states <- s.State },
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { _ = supervisor.Run(ctx) })
	defer running.Wait()
	defer cancel()

	connected := func(what string) {
		t.Helper()
		for end := time.After(patience); ; {
			select {
			case s := <-states:
				if s == iec104.Connected {
					return
				}
			case <-end:
				t.Fatalf("not connected %s", what)
			}
		}
	}
	connected("at first")
	for range 3 {
		n := len(in.received())
		l.Cut()
		connected("after a cut")
		if diff := cmp.Diff(interrogated, data(in.received()[n:], asdu.InterrogatedByStation)); diff != "" {
			t.Errorf("interrogation after the cut (-want +got):\n%s", diff)
		}
	}
	l.Refuse(true)
	l.Cut()
	until(t, "three attempts have failed", func() bool { return l.Refused() >= 3 })
	l.Refuse(false)
	connected("when the network is back")
	n := len(in.received())
	if err := sendings[2].send(station.server); err != nil {
		t.Fatal(err)
	}
	in.find(t, "an event on the new connection", n, func(a asdu.ASDU) bool { return a.Cause == asdu.Spontaneous })
}

// TestStationBurst has the peer's station send more than the window takes while we
// confirm late: nothing is lost, and the order stays.
func TestStationBurst(t *testing.T) {
	t.Parallel()
	const events = 60
	station := newPeerStation(t, cs104.DefaultConfig())
	// The peer sends k+1 frames when nobody acknowledges. Our w is 40 here, which the
	// analyzer is not told.
	l := newLine(t, station.address, "", ourCentre, "k-exceeded", "ours:w-exceeded")
	in := new(inbox)
	client, err := iec104.Dial(within(t), l.Addr(), &iec104.ClientOptions{
		Handler: in.handle, Trace: in.trace, Parameters: iec104.Parameters{T2: time.Second, W: 40},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	if err := client.Start(within(t)); err != nil {
		t.Fatal(err)
	}
	for i := range events {
		if err := peer.MeasuredValueScaled(station.server, false, spontaneous, peerCommon, peer.MeasuredValueScaledInfo{Ioa: 1, Value: int16(i)}); err != nil {
			t.Fatal(err)
		}
	}
	until(t, "all events are there", func() bool { return len(in.received()) == events })
	for i, a := range in.received() {
		if o, err := asdu.First[asdu.ScaledValue](a); err != nil || int(o.Value) != i {
			t.Fatalf("event %d is %+v (%v)", i, o, err)
		}
	}
}
