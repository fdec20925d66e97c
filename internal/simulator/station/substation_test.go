package station_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"stellwerk/iec104"
	"stellwerk/iec104/asdu"
	"stellwerk/internal/simulator/station"
)

// TestSubstation interrogates the substation, operates a breaker, and sees its
// return information.
func TestSubstation(t *testing.T) {
	substation := station.NewSubstation(1)
	listener := listen(t)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- substation.Run(ctx, listener) }()

	states := make(chan asdu.DoublePointState, 16)
	interrogated := map[asdu.ObjectAddress]bool{}
	client, err := iec104.Dial(t.Context(), listener.Addr().String(), &iec104.ClientOptions{Handler: func(a asdu.ASDU) error {
		for object := range a.Objects() {
			if a.Cause == asdu.InterrogatedByStation {
				interrogated[object.IOA()] = true
			}
			if o, ok := object.(asdu.DoublePoint); ok && a.Cause == asdu.ReturnRemote {
				states <- o.Value
			}
		}
		return nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	if err := client.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := client.Interrogate(t.Context(), station.SubstationAddress, asdu.InterrogateStation); err != nil {
		t.Fatal(err)
	}
	for _, s := range substation.Signals() {
		counter := s.Type == asdu.M_IT_TB_1 // never part of an interrogation
		if want := !s.Type.Control() && !counter; interrogated[s.Address] != want {
			t.Errorf("%s (%d) in the interrogation: %t, want %t", s.Name, s.Address, !want, want)
		}
	}
	open := asdu.DoubleCommand{Address: 1101, Value: asdu.CommandOff}
	if a, err := client.Operate(t.Context(), 1, open, iec104.DirectExecute); err == nil {
		if _, err = a.Confirmed(t.Context()); !errors.Is(err, iec104.ErrRefused) {
			t.Errorf("a breaker moved without being selected: %v", err)
		}
	}
	activation, err := client.Operate(t.Context(), 1, open, iec104.SelectAndExecute)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := activation.Terminated(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, want := range []asdu.DoublePointState{asdu.Intermediate, asdu.Off} {
		select {
		case got := <-states:
			if got != want {
				t.Errorf("the breaker is %s, want %s", got, want)
			}
		case <-time.After(5 * time.Second):
			t.Fatal("no return information")
		}
	}
	if a, err := client.Operate(t.Context(), 1, asdu.DoubleCommand{Address: 9, Value: asdu.CommandOn}, iec104.DirectExecute); err == nil {
		_, err = a.Confirmed(t.Context())
		if e, ok := errors.AsType[*iec104.Error](err); !ok || e.Cause != asdu.UnknownObjectAddress {
			t.Errorf("a command to nowhere: %v, want cause 47", err)
		}
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
