package interop

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	peer "github.com/thinkgos/go-iecp5/asdu"
	"github.com/thinkgos/go-iecp5/cs104"

	"stellwerk/iec104"
	"stellwerk/iec104/asdu"
)

// The tests of this file hold on to what the peer does wrong and to how we
// take it. One that fails after an update of the peer may mean that it has been
// mended: docs/interoperability.md is to be changed then.

// connect starts data transfer between a client of ours and the peer's station.
func connect(t *testing.T, station *peerStation, options iec104.ClientOptions, known ...string) (*iec104.Client, *inbox) {
	t.Helper()
	l := newLine(t, station.address, "", ourCentre, known...)
	in := new(inbox)
	options.Handler, options.Trace = in.handle, in.trace
	client, err := iec104.Dial(within(t), l.Addr(), &options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Close() })
	if err := client.Start(within(t)); err != nil {
		t.Fatal(err)
	}
	return client, in
}

// TestPeerStepWithTime: the peer's function for M_ST_TB_1 writes the type 30, to
// which the octets do not fit.
func TestPeerStepWithTime(t *testing.T) {
	t.Parallel()
	station := newPeerStation(t, cs104.DefaultConfig())
	client, in := connect(t, station, iec104.ClientOptions{}, "malformed", "tshark-malformed")
	if err := peer.StepCP56Time2a(station.server, spontaneous, peerCommon, peer.StepPositionInfo{Ioa: 32, Value: peer.StepPosition{Val: 5}, Time: sourceTime}); err != nil {
		t.Fatal(err)
	}
	until(t, "our client has complained", func() bool { return len(in.complaints()) > 0 })
	if all := in.complaints(); len(all) != 1 || !errors.Is(all[0], iec104.ErrASDU) {
		t.Errorf("our client complained of %v", all)
	}
	// It is left out, and the connection stays.
	if err := client.Interrogate(within(t), peerCommon, asdu.InterrogateStation); err != nil {
		t.Error(err)
	}
}

// TestPeerMirrors: where a handler of the peer's station answers with the
// library's SendReplyMirror, the answers lack the object address, or all of the
// object.
func TestPeerMirrors(t *testing.T) {
	t.Parallel()
	station := newPeerStation(t, cs104.DefaultConfig())
	station.mirrors = true
	client, in := connect(t, station, iec104.ClientOptions{AnswerTimeout: 2 * time.Second},
		"malformed", "tshark-malformed", "ours:type-of-101", "ours:command-unconfirmed")
	begin := time.Now()
	if err := client.Interrogate(within(t), peerCommon, asdu.InterrogateStation); err != nil {
		t.Errorf("interrogation: %v", err)
	}
	if took := time.Since(begin); took > 1500*time.Millisecond {
		t.Errorf("the interrogation took %v", took)
	}
	if diff := cmp.Diff(interrogated, data(in.received(), asdu.InterrogatedByStation)); diff != "" {
		t.Errorf("interrogation (-want +got):\n%s", diff)
	}
	// A time cannot be guessed.
	if _, err := client.SynchroniseClock(within(t), peerCommon); !errors.Is(err, iec104.ErrTimeout) {
		t.Errorf("clock: got %v, want a timeout", err)
	}
	// The library answers test commands by itself, in the same way.
	test := make1(t, asdu.Header{Type: asdu.C_TS_NA_1, Cause: asdu.Activation, CommonAddress: peerCommon}, asdu.TestCommand{Pattern: asdu.FixedTestPattern})
	if err := client.Send(within(t), test); err != nil {
		t.Fatal(err)
	}
	until(t, "our client has complained of the test command", func() bool { return len(in.complaints()) >= 4 })
	if err := client.Err(); err != nil {
		t.Errorf("the connection ended: %v", err)
	}
}

// TestPeerCommandWithTime: the peer knows no commands with time tag, and says
// nothing.
func TestPeerCommandWithTime(t *testing.T) {
	t.Parallel()
	station := newPeerStation(t, cs104.DefaultConfig())
	client, _ := connect(t, station, iec104.ClientOptions{AnswerTimeout: time.Second}, "ours:command-unconfirmed")
	a, err := client.Operate(within(t), peerCommon, asdu.SingleCommand{Address: peerBreaker, Value: true, Time: asdu.CP56(sourceTime)}, iec104.DirectExecute)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.Confirmed(within(t)); !errors.Is(err, iec104.ErrTimeout) {
		t.Errorf("got %v, want a timeout", err)
	}
	if err := client.Err(); err != nil || len(station.received()) > 0 {
		t.Errorf("connection: %v; commands at the peer: %v", err, station.received())
	}
	carryOut(within(t), t, client, asdu.SingleCommand{Address: peerBreaker, Value: true}, iec104.DirectExecute)
}

// TestPeerSunday: the peer numbers Sunday as 0, which means that no day of week is
// given. The time is none the worse.
func TestPeerSunday(t *testing.T) {
	t.Parallel()
	station := newPeerStation(t, cs104.DefaultConfig())
	_, in := connect(t, station, iec104.ClientOptions{})
	sunday := sourceTime.AddDate(0, 0, -1)
	if err := peer.SingleCP56Time2a(station.server, spontaneous, peerCommon, peer.SinglePointInfo{Ioa: 1, Time: sunday}); err != nil {
		t.Fatal(err)
	}
	got := in.find(t, "the event", 0, func(a asdu.ASDU) bool { return a.Type == asdu.M_SP_TB_1 })
	for o := range got.Objects() {
		if at, err := o.Timestamp().Instant(time.UTC); err != nil || !at.Equal(sunday) || o.Timestamp().Weekday() != 0 {
			t.Errorf("got %v (%v), day of week %d", at, err, o.Timestamp().Weekday())
		}
	}
	if v := got.Violations(); len(v) > 0 {
		t.Errorf("violations: %v", v)
	}
}

// TestPeerDropsProtectionEvent: the peer cannot read M_EP_TD_1, because it counts
// an octet too many. The others behind it arrive.
func TestPeerDropsProtectionEvent(t *testing.T) {
	t.Parallel()
	_, server, address := newOurStation(t, nil)
	l := newLine(t, address, "", ourStation)
	centre := newPeerCentre(t, l.Addr(), cs104.DefaultConfig())
	centre.interrogate(t, 1)
	n := len(centre.received())
	all := events(t)
	for _, typ := range []asdu.TypeID{asdu.M_EP_TD_1, asdu.M_SP_TB_1} {
		at := slices.IndexFunc(all, func(a asdu.ASDU) bool { return a.Type == typ })
		if err := server.Send(all[at]); err != nil {
			t.Fatal(err)
		}
	}
	if at := centre.wait(t, "the second event", n, func(r received) bool { return r.Type == asdu.M_SP_TB_1 }); at != n {
		t.Errorf("the peer reads M_EP_TD_1 now: %+v", centre.received()[n])
	}
}
