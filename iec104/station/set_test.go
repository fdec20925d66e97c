package station_test

import (
	"testing"
	"testing/synctest"

	"stellwerk/iec104/asdu"
	"stellwerk/iec104/station"
)

// TestWithheldUntilSet: a value without quality is sent again once it is set,
// even where it is the one before.
func TestWithheldUntilSet(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := connect(t, nil, station.Sector{Points: []station.Point{{Address: 1, Type: asdu.M_ME_ND_1, Quality: asdu.NotTopical}}})
		set(t, l, 1, 0)
		set(t, l, 1, 0.5)
		want(t, "events", l.heard(), "M_ME_ND_1 spont 1=0", "M_ME_ND_1 spont 1=0.5")
		if err := l.client.Interrogate(t.Context(), 1, asdu.InterrogateStation); err != nil {
			t.Fatal(err)
		}
		want(t, "interrogation", data(l.heard()), "M_ME_ND_1 inrogen 1=0.5")
	})
}

// TestSmoothingArrives: a scaled value comes as far as it was set, although
// each step on the way is rounded.
func TestSmoothingArrives(t *testing.T) {
	s, err := station.New(nil, station.Sector{Points: []station.Point{{Address: 1, Type: asdu.M_ME_TE_1, Measure: station.Measure{Smoothing: 0.9}}}})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for range 100 {
		if err := s.Set(1, 1, 10); err != nil {
			t.Fatal(err)
		}
	}
	o, _ := s.Get(1, 1)
	if o, ok := o.(asdu.ScaledValue); !ok || o.Value != 10 {
		t.Errorf("%+v, want 10", o)
	}
}

// TestImpossibleWhileBlocked: what the wire cannot carry is refused while a
// point is blocked too, and is not what comes when it is let go.
func TestImpossibleWhileBlocked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := connect(t, nil, station.Sector{Points: []station.Point{{Address: 1, Type: asdu.M_ST_TB_1, Initial: 5}}})
		if err := l.Block(1, 1, true); err != nil {
			t.Fatal(err)
		}
		set(t, l, 1, 6)
		if err := l.Update(1, asdu.StepPosition{Address: 1, Value: 64}); err == nil {
			t.Error("a step position of 64 is taken")
		}
		l.heard()
		if err := l.Block(1, 1, false); err != nil {
			t.Error(err)
		}
		want(t, "let go", l.heard(), "M_ST_TB_1 spont 1=6")
	})
}

// TestEventsAreNotBlocked: blocking makes up no event of protection equipment.
func TestEventsAreNotBlocked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := connect(t, nil, station.Sector{Points: []station.Point{{Address: 1, Type: asdu.M_EP_TD_1}}})
		if err := l.Block(1, 1, true); err == nil {
			t.Error("blocked")
		}
		want(t, "events", l.heard())
	})
}
