package station_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"stellwerk/iec104/asdu"
	"stellwerk/iec104/station"
)

// TestModes: who may operate in which mode, and what becomes of a command with
// the test bit.
func TestModes(t *testing.T) {
	const yes, no = "C_SC_NA_1 actcon 2=…", "C_SC_NA_1 actcon negative 2=…"
	for _, c := range []struct {
		mode          station.Mode
		remote, local error
	}{
		{station.Remote, nil, nil},
		{station.Local, station.ErrLocal, nil},
		{station.Blocked, station.ErrBlocked, station.ErrBlocked},
		{station.Test, station.ErrTest, nil},
	} {
		t.Run(c.mode.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var why error
				l := connect(t, &station.Options{Refused: func(_ *station.Operation, err error) { why = err }}, station.Sector{
					Points:   []station.Point{{Address: 1, Type: asdu.M_SP_TB_1}},
					Controls: []station.Control{{Address: 2, Type: asdu.C_SC_NA_1, Feedback: 1}},
				}, station.Sector{
					Address:  2,
					Controls: []station.Control{{Address: 2, Type: asdu.C_SC_NA_1}},
				})
				if err := l.SetMode(1, c.mode); err != nil {
					t.Fatal(err)
				}
				on := asdu.SingleCommand{Address: 2, Value: true}
				want(t, "another sector", request(l, t, asdu.C_SC_NA_1, asdu.Activation, 2, on),
					"C_SC_NA_1 actcon of 2 2=…", "C_SC_NA_1 actterm of 2 2=…")

				a, err := asdu.New(nil, asdu.Header{Type: asdu.C_SC_NA_1, Cause: asdu.Activation, CommonAddress: 1, Test: true}, on)
				want(t, "with the test bit", l.ask(t, a, err), "C_SC_NA_1 actcon test 2=…")

				selecting := on
				selecting.Select = true
				for _, o := range []asdu.SingleCommand{selecting, on} {
					answer := yes
					if c.remote != nil {
						answer = no
					}
					why = nil
					want(t, "remote", request(l, t, asdu.C_SC_NA_1, asdu.Activation, 1, o)[:1], answer)
					if !errors.Is(why, c.remote) {
						t.Errorf("select %t was refused for %v, want %v", o.Select, why, c.remote)
					}
				}
				if err := l.Operate(1, on); !errors.Is(err, c.local) {
					t.Errorf("operated locally: %v, want %v", err, c.local)
				}
				if err := l.SetMode(1, station.Remote); err != nil {
					t.Fatal(err)
				}
				l.heard()
				want(t, "remote again", request(l, t, asdu.C_SC_NA_1, asdu.Activation, 1, on)[:1], yes)
			})
		})
	}
}

// TestUnknownModes are refused, and what a sector does stays.
func TestUnknownModes(t *testing.T) {
	s, err := station.New(nil, station.Sector{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.SetMode(1, station.Test+1); err == nil {
		t.Error("SetMode takes a mode that there is not")
	}
	if err := s.SetMode(2, station.Remote); err == nil {
		t.Error("SetMode takes a sector that there is not")
	}
}

// TestModeWhileDeciding: a sector that somebody has taken over at the station
// while the application was asked is not operated from afar.
func TestModeWhileDeciding(t *testing.T) {
	for _, selecting := range []bool{true, false} {
		for _, c := range []struct {
			mode station.Mode
			why  error
		}{{station.Local, station.ErrLocal}, {station.Test, station.ErrTest}, {station.Blocked, station.ErrBlocked}} {
			synctest.Test(t, func(t *testing.T) {
				var s *station.Station
				var why error
				l := connect(t, &station.Options{
					Decide: func(*station.Operation) station.Decision {
						if err := s.SetMode(1, c.mode); err != nil {
							t.Error(err)
						}
						return station.CarryOut
					},
					Refused: func(_ *station.Operation, err error) { why = err },
				}, station.Sector{Controls: []station.Control{{Address: 2, Type: asdu.C_SC_NA_1}}})
				s = l.Station
				want(t, c.mode.String(), l.send(t, asdu.C_SC_NA_1, asdu.Activation, asdu.SingleCommand{Address: 2, Value: true, Select: selecting}),
					"C_SC_NA_1 actcon negative 2=…")
				if !errors.Is(why, c.why) {
					t.Errorf("refused for %v, want %v", why, c.why)
				}
			})
		}
	}
}

// TestCloseEndsOperations: the application hears of those that are broken off.
func TestCloseEndsOperations(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var done []error
		s, err := station.New(&station.Options{Done: func(_ *station.Operation, err error) { done = append(done, err) }}, station.Sector{
			Controls: []station.Control{{Address: 2, Type: asdu.C_SC_NA_1, Running: time.Minute}},
		})
		if err != nil {
			t.Fatal(err)
		}
		err = errors.Join(s.Operate(1, asdu.SingleCommand{Address: 2, Value: true}), s.Close(), s.Close())
		if err != nil {
			t.Error(err)
		}
		if !slices.Equal(done, []error{context.Canceled}) {
			t.Errorf("done: %v, want [%v]", done, context.Canceled)
		}
	})
}

// TestQualifierOfSetpointIsNoPulse: a set-point that is there is terminated at
// once, whatever its qualifier.
func TestQualifierOfSetpointIsNoPulse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := connect(t, nil, station.Sector{
			Points:   []station.Point{{Address: 1, Type: asdu.M_ME_TF_1}},
			Controls: []station.Control{{Address: 2, Type: asdu.C_SE_NC_1, Feedback: 1, Qualifiers: []uint8{0, 1, 2}}},
		})
		want(t, "qualifier 2", l.send(t, asdu.C_SE_NC_1, asdu.Activation, asdu.FloatSetpoint{Address: 2, Value: 1.5, Qualifier: 2}),
			"C_SE_NC_1 actcon 2=…", "M_ME_TF_1 spont 1=1.5", "C_SE_NC_1 actterm 2=…")
	})
}
