package station_test

import (
	"context"
	"errors"
	"iter"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"stellwerk/iec104"
	"stellwerk/iec104/asdu"
	"stellwerk/internal/rig"
	"stellwerk/internal/simulator/station"
)

func TestMain(m *testing.M) { rig.Main(m) }

func listen(t *testing.T) net.Listener {
	t.Helper()
	var config net.ListenConfig
	listener, err := config.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return listener
}

// telegram is a single point of station 3 with the cause that it was recorded with.
func telegram(t *testing.T, number int, cause asdu.Cause) asdu.ASDU {
	t.Helper()
	a, err := asdu.New(nil, asdu.Header{Type: asdu.M_SP_NA_1, Cause: cause, CommonAddress: 3},
		asdu.SinglePoint{Address: asdu.ObjectAddress(100 + number%50), Value: number%2 == 1})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func recording(telegrams []asdu.ASDU, then error) iter.Seq2[station.Recorded, error] {
	return func(yield func(station.Recorded, error) bool) {
		for i, a := range telegrams {
			if !yield(station.Recorded{Time: time.Unix(int64(i), 0), ASDU: a}, nil) {
				return
			}
		}
		if then != nil {
			yield(station.Recorded{}, then)
		}
	}
}

// centre collects what a control centre receives.
type centre struct {
	mu       sync.Mutex
	received []string
}

func (c *centre) handle(a asdu.ASDU) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !a.Type.Control() {
		c.received = append(c.received, string(a.Append(nil)))
	}
	return nil
}

// TestReplay shows that all telegrams of a recording arrive in their order, more of
// them than any window or buffer holds, and that an interrogation afterwards gives
// the state that the recording has reached.
func TestReplay(t *testing.T) {
	var telegrams []asdu.ASDU
	var want []string
	for i := range 1000 {
		telegrams = append(telegrams, telegram(t, i, asdu.Spontaneous))
		want = append(want, string(telegrams[i].Append(nil)))
	}
	// Answers to an interrogation become a background scan.
	telegrams = append(telegrams, telegram(t, 7, asdu.InterrogatedByStation))
	want = append(want, string(telegram(t, 7, asdu.Background).Append(nil)))

	replay, err := station.NewReplay(station.ReplayOptions{Speed: -1, Stations: []asdu.CommonAddress{3}})
	if err != nil {
		t.Fatal(err)
	}
	listener := listen(t)
	ctx, cancel := context.WithCancel(t.Context())
	played, ended := make(chan struct{}), make(chan error)
	go func() {
		ended <- replay.Run(ctx, listener, recording(telegrams, nil), func() { close(played) })
	}()
	var c centre
	client, err := iec104.Dial(t.Context(), listener.Addr().String(), &iec104.ClientOptions{Handler: c.handle})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	if err := client.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	<-played
	c.mu.Lock()
	if diff := cmp.Diff(want, c.received); diff != "" {
		t.Error(diff)
	}
	c.received = nil
	c.mu.Unlock()
	if err := client.Interrogate(t.Context(), 3, asdu.InterrogateStation); err != nil {
		t.Error(err)
	}
	c.mu.Lock()
	objects := 0
	for _, octets := range c.received {
		a, err := (*asdu.Params)(nil).Decode([]byte(octets))
		if err != nil || a.Cause != asdu.InterrogatedByStation {
			t.Errorf("% x: %v", octets, err)
		}
		objects += a.Count()
	}
	c.mu.Unlock()
	if objects != 50 {
		t.Errorf("the interrogation gave %d points, want 50", objects)
	}
	if _, err := client.Operate(t.Context(), 3, asdu.SingleCommand{Address: 100}, iec104.SelectAndExecute); !errors.Is(err, iec104.ErrRefused) {
		t.Errorf("a command ended with %v, want a refusal", err)
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// TestReplayOfDamagedRecording shows that the error of a recording ends the replay.
func TestReplayOfDamagedRecording(t *testing.T) {
	damaged := errors.New("damaged")
	replay, err := station.NewReplay(station.ReplayOptions{Speed: -1, Stations: []asdu.CommonAddress{3}})
	if err != nil {
		t.Fatal(err)
	}
	listener := listen(t)
	ended := make(chan error)
	go func() {
		ended <- replay.Run(t.Context(), listener, recording([]asdu.ASDU{telegram(t, 1, asdu.Spontaneous)}, damaged), func() {})
	}()
	client, err := iec104.Dial(t.Context(), listener.Addr().String(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	// The replay may have ended, and closed the connection, before the start was
	// confirmed here.
	_ = client.Start(t.Context())
	if err := <-ended; !errors.Is(err, damaged) {
		t.Errorf("the replay ended with %v", err)
	}
}

func TestReplayable(t *testing.T) {
	for typ, want := range map[asdu.TypeID]bool{
		asdu.M_SP_NA_1: true, asdu.M_EP_TD_1: true, 22: true, 150: true,
		asdu.M_EI_NA_1: false, asdu.C_IC_NA_1: false, asdu.F_SG_NA_1: false,
	} {
		a, err := asdu.NewRaw(nil, asdu.Header{Type: typ, Cause: asdu.Spontaneous, CommonAddress: 1}, 0, nil)
		if err != nil || station.Replayable(a) != want {
			t.Errorf("Replayable(%s) = %t, %v", typ, !want, err)
		}
	}
}
