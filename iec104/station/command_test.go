package station_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"stellwerk/iec104"
	"stellwerk/iec104/asdu"
	"stellwerk/iec104/station"
)

// commands lists, for every type, a control with its feedback, a command to it,
// and the feedback's telegrams: on the way, at the end.
var commands = []struct {
	typ     asdu.TypeID
	moves   asdu.TypeID
	command func(selecting bool, now asdu.Time) asdu.Object
	way     string
	end     string
}{
	{asdu.C_SC_NA_1, asdu.M_SP_TB_1, single, "", "M_SP_TB_1 retrem 1=true"},
	{asdu.C_DC_NA_1, asdu.M_DP_TB_1, double, "M_DP_TB_1 retrem 1=intermediate", "M_DP_TB_1 retrem 1=on"},
	{asdu.C_RC_NA_1, asdu.M_ST_TB_1, step, "M_ST_TB_1 retrem 1=0~", "M_ST_TB_1 retrem 1=1"},
	{asdu.C_SE_NA_1, asdu.M_ME_TD_1, normalized, "", "M_ME_TD_1 spont 1=0.5"},
	{asdu.C_SE_NB_1, asdu.M_ME_TE_1, scaled, "", "M_ME_TE_1 spont 1=-7"},
	{asdu.C_SE_NC_1, asdu.M_ME_TF_1, float, "", "M_ME_TF_1 spont 1=1.5"},
	{asdu.C_BO_NA_1, asdu.M_BO_TB_1, bits, "", "M_BO_TB_1 spont 1=0xff"},
	{asdu.C_SC_TA_1, asdu.M_DP_NA_1, single, "M_DP_NA_1 retrem 1=intermediate", "M_DP_NA_1 retrem 1=on"},
	{asdu.C_DC_TA_1, asdu.M_SP_NA_1, double, "", "M_SP_NA_1 retrem 1=true"},
	{asdu.C_RC_TA_1, asdu.M_ST_NA_1, step, "M_ST_NA_1 retrem 1=0~", "M_ST_NA_1 retrem 1=1"},
	{asdu.C_SE_TA_1, asdu.M_ME_ND_1, normalized, "", "M_ME_ND_1 spont 1=0.5"},
	{asdu.C_SE_TB_1, asdu.M_ME_NC_1, scaled, "", "M_ME_NC_1 spont 1=-7"},
	{asdu.C_SE_TC_1, asdu.M_ME_NB_1, float, "", "M_ME_NB_1 spont 1=2"},
	{asdu.C_BO_TA_1, asdu.M_BO_NA_1, bits, "", "M_BO_NA_1 spont 1=0xff"},
}

func single(s bool, now asdu.Time) asdu.Object {
	return asdu.SingleCommand{Address: 2, Value: true, Select: s, Time: now}
}

func double(s bool, now asdu.Time) asdu.Object {
	return asdu.DoubleCommand{Address: 2, Value: asdu.CommandOn, Select: s, Time: now}
}

func step(s bool, now asdu.Time) asdu.Object {
	return asdu.StepCommand{Address: 2, Value: asdu.NextHigher, Select: s, Time: now}
}

func normalized(s bool, now asdu.Time) asdu.Object {
	return asdu.NormalizedSetpoint{Address: 2, Value: 1 << 14, Select: s, Time: now}
}

func scaled(s bool, now asdu.Time) asdu.Object {
	return asdu.ScaledSetpoint{Address: 2, Value: -7, Select: s, Time: now}
}

func float(s bool, now asdu.Time) asdu.Object {
	return asdu.FloatSetpoint{Address: 2, Value: 1.5, Select: s, Time: now}
}

func bits(_ bool, now asdu.Time) asdu.Object {
	return asdu.BitStringCommand{Address: 2, Value: 0xff, Time: now}
}

// send sends a command of any family and returns what comes of it at once.
func (l *line) send(t *testing.T, typ asdu.TypeID, cause asdu.Cause, o asdu.Object) []string {
	t.Helper()
	switch o := o.(type) {
	case asdu.SingleCommand:
		return request(l, t, typ, cause, 1, o)
	case asdu.DoubleCommand:
		return request(l, t, typ, cause, 1, o)
	case asdu.StepCommand:
		return request(l, t, typ, cause, 1, o)
	case asdu.NormalizedSetpoint:
		return request(l, t, typ, cause, 1, o)
	case asdu.ScaledSetpoint:
		return request(l, t, typ, cause, 1, o)
	case asdu.FloatSetpoint:
		return request(l, t, typ, cause, 1, o)
	case asdu.BitStringCommand:
		return request(l, t, typ, cause, 1, o)
	default:
		t.Fatalf("%T is no command", o)
		return nil
	}
}

// stamp is the time tag for a command of the type.
func stamp(typ asdu.TypeID) asdu.Time {
	if typ >= asdu.C_SC_TA_1 {
		return asdu.CP56(time.Now().UTC())
	}
	return 0
}

// TestEveryCommand carries out a command of every type: confirmed, on its way,
// there after the running time, terminated. With select and without.
func TestEveryCommand(t *testing.T) {
	for _, c := range commands {
		for _, mode := range []station.SelectMode{station.SelectAllowed, station.SelectRequired, station.SelectNever} {
			bitString := c.typ == asdu.C_BO_NA_1 || c.typ == asdu.C_BO_TA_1
			if bitString && mode == station.SelectRequired {
				continue
			}
			t.Run(fmt.Sprintf("%s/select %s", c.typ, mode), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					l := connect(t, nil, station.Sector{
						Points:   []station.Point{{Address: 1, Type: c.moves}},
						Controls: []station.Control{{Address: 2, Type: c.typ, Feedback: 1, Select: mode, Running: time.Second}},
					})
					direct := l.send(t, c.typ, asdu.Activation, c.command(false, stamp(c.typ)))
					confirmation := fmt.Sprintf("%s actcon 2=…", c.typ)
					refusal := fmt.Sprintf("%s actcon negative 2=…", c.typ)
					moving := []string{confirmation}
					if c.way != "" {
						moving = append(moving, c.way)
					}
					if mode == station.SelectRequired {
						want(t, "without select", direct, refusal)
						want(t, "select", l.send(t, c.typ, asdu.Activation, c.command(true, stamp(c.typ))), confirmation)
						direct = l.send(t, c.typ, asdu.Activation, c.command(false, stamp(c.typ)))
					}
					want(t, "execute", direct, moving...)
					want(t, "again while it runs", l.send(t, c.typ, asdu.Activation, c.command(false, stamp(c.typ))), refusal)
					time.Sleep(time.Second - time.Millisecond)
					want(t, "before the end", l.heard())
					time.Sleep(time.Millisecond)
					want(t, "at the end", l.heard(), c.end, fmt.Sprintf("%s actterm 2=…", c.typ))
					if mode == station.SelectNever && !bitString {
						want(t, "select", l.send(t, c.typ, asdu.Activation, c.command(true, stamp(c.typ))), refusal)
					}
				})
			})
		}
	}
}

// TestSelection covers what can become of a selection.
func TestSelection(t *testing.T) {
	sector := station.Sector{
		Points:   []station.Point{{Address: 1, Type: asdu.M_DP_TB_1}},
		Controls: []station.Control{{Address: 2, Type: asdu.C_DC_NA_1, Feedback: 1, Select: station.SelectRequired}},
	}
	const yes, no = "C_DC_NA_1 actcon 2=…", "C_DC_NA_1 actcon negative 2=…"
	on := asdu.DoubleCommand{Address: 2, Value: asdu.CommandOn}
	selectOn := on
	selectOn.Select = true
	options := &station.Options{Server: iec104.ServerOptions{SelectTimeout: 5 * time.Second}}
	try := func(name string, f func(*testing.T, *line)) {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { f(t, connect(t, options, sector)) })
		})
	}
	try("used up", func(t *testing.T, l *line) {
		want(t, "select", l.send(t, asdu.C_DC_NA_1, asdu.Activation, selectOn), yes)
		want(t, "execute", l.send(t, asdu.C_DC_NA_1, asdu.Activation, on), yes, "M_DP_TB_1 retrem 1=on", "C_DC_NA_1 actterm 2=…")
		want(t, "execute again", l.send(t, asdu.C_DC_NA_1, asdu.Activation, on), no)
	})
	try("run out", func(t *testing.T, l *line) {
		want(t, "select", l.send(t, asdu.C_DC_NA_1, asdu.Activation, selectOn), yes)
		time.Sleep(5 * time.Second)
		want(t, "execute", l.send(t, asdu.C_DC_NA_1, asdu.Activation, on), no)
	})
	try("just in time", func(t *testing.T, l *line) {
		want(t, "select", l.send(t, asdu.C_DC_NA_1, asdu.Activation, selectOn), yes)
		time.Sleep(5*time.Second - time.Millisecond)
		want(t, "execute", l.send(t, asdu.C_DC_NA_1, asdu.Activation, on)[:1], yes)
	})
	try("another value", func(t *testing.T, l *line) {
		want(t, "select", l.send(t, asdu.C_DC_NA_1, asdu.Activation, selectOn), yes)
		off := on
		off.Value = asdu.CommandOff
		want(t, "execute", l.send(t, asdu.C_DC_NA_1, asdu.Activation, off), no)
	})
	try("another qualifier", func(t *testing.T, l *line) {
		want(t, "select", l.send(t, asdu.C_DC_NA_1, asdu.Activation, selectOn), yes)
		pulse := on
		pulse.Qualifier = asdu.ShortPulse
		want(t, "execute", l.send(t, asdu.C_DC_NA_1, asdu.Activation, pulse), no)
	})
	try("taken back", func(t *testing.T, l *line) {
		want(t, "select", l.send(t, asdu.C_DC_NA_1, asdu.Activation, selectOn), yes)
		want(t, "deactivate", l.send(t, asdu.C_DC_NA_1, asdu.Deactivation, selectOn), "C_DC_NA_1 deactcon 2=…")
		want(t, "execute", l.send(t, asdu.C_DC_NA_1, asdu.Activation, on), no)
		want(t, "deactivate again", l.send(t, asdu.C_DC_NA_1, asdu.Deactivation, selectOn), "C_DC_NA_1 deactcon negative 2=…")
	})
	try("of another connection", func(t *testing.T, l *line) {
		other := &line{Station: l.Station}
		other.client, other.received = call(t, l.Station)
		want(t, "select", l.send(t, asdu.C_DC_NA_1, asdu.Activation, selectOn), yes)
		want(t, "select of the other", other.send(t, asdu.C_DC_NA_1, asdu.Activation, selectOn), no)
		want(t, "execute of the other", other.send(t, asdu.C_DC_NA_1, asdu.Activation, on), no)
		want(t, "execute", l.send(t, asdu.C_DC_NA_1, asdu.Activation, on)[:1], yes)
	})
	try("lost by a reset", func(t *testing.T, l *line) {
		want(t, "select", l.send(t, asdu.C_DC_NA_1, asdu.Activation, selectOn), yes)
		want(t, "reset", request(l, t, asdu.C_RP_NA_1, asdu.Activation, 1, asdu.ResetProcess{Qualifier: asdu.ResetProcessGeneral}), "C_RP_NA_1 actcon 0=…")
		want(t, "execute", l.send(t, asdu.C_DC_NA_1, asdu.Activation, on), no)
	})
}

// TestPulses: an output goes back when its pulse ends, switchgear stays.
func TestPulses(t *testing.T) {
	for _, c := range []struct {
		qualifier asdu.PulseQualifier
		momentary bool
		after     time.Duration
		then      []string
	}{
		{asdu.NoPulse, true, 0, []string{"C_SC_NA_1 actterm 2=…"}},
		{asdu.ShortPulse, true, 300 * time.Millisecond, []string{"M_SP_TB_1 retrem 1=false", "C_SC_NA_1 actterm 2=…"}},
		{asdu.LongPulse, true, 2 * time.Second, []string{"M_SP_TB_1 retrem 1=false", "C_SC_NA_1 actterm 2=…"}},
		{asdu.PersistentPulse, true, 0, []string{"C_SC_NA_1 actterm 2=…"}},
		{asdu.ShortPulse, false, 300 * time.Millisecond, []string{"C_SC_NA_1 actterm 2=…"}},
	} {
		t.Run(fmt.Sprintf("%s/momentary %t", c.qualifier.Text().EN, c.momentary), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := connect(t, nil, station.Sector{
					Points:   []station.Point{{Address: 1, Type: asdu.M_SP_TB_1}},
					Controls: []station.Control{{Address: 2, Type: asdu.C_SC_NA_1, Feedback: 1, Momentary: c.momentary, ShortPulse: 300 * time.Millisecond}},
				})
				begun := l.send(t, asdu.C_SC_NA_1, asdu.Activation, asdu.SingleCommand{Address: 2, Value: true, Qualifier: c.qualifier})
				want(t, "begin", begun[:2], "C_SC_NA_1 actcon 2=…", "M_SP_TB_1 retrem 1=true")
				rest := begun[2:]
				if c.after > 0 {
					want(t, "during the pulse", rest)
					time.Sleep(c.after - time.Millisecond)
					want(t, "shortly before the end", l.heard())
					time.Sleep(time.Millisecond)
					rest = l.heard()
				}
				want(t, "end", rest, c.then...)
			})
		})
	}
}

// TestRefusals lists why the model refuses, and that the application is told.
func TestRefusals(t *testing.T) {
	base := time.Date(2026, 11, 21, 10, 0, 0, 0, time.UTC)
	timed := func(d time.Duration) asdu.Time { return asdu.CP56(base.Add(d)) }
	sector := station.Sector{
		Points: []station.Point{
			{Address: 1, Type: asdu.M_SP_TB_1}, {Address: 3, Type: asdu.M_ST_TB_1, Initial: 5}, {Address: 5, Type: asdu.M_ME_TF_1},
		},
		Controls: []station.Control{
			{Address: 2, Type: asdu.C_SC_NA_1, Feedback: 1},
			{Address: 4, Type: asdu.C_RC_NA_1, Feedback: 3, Low: 1, High: 5},
			{Address: 6, Type: asdu.C_SE_NC_1, Feedback: 5, Low: -10, High: 10},
			{Address: 7, Type: asdu.C_SC_TA_1, MaxAge: -1},
			{Address: 8, Type: asdu.C_SC_NA_1, Blocked: true},
			{Address: 9, Type: asdu.C_DC_NA_1, Qualifiers: []uint8{17}},
		},
	}
	for _, c := range []struct {
		name    string
		mode    station.Mode
		typ     asdu.TypeID
		command asdu.Object
		why     error // nil where it is carried out
	}{
		{"a minute old", 0, asdu.C_SC_TA_1, asdu.SingleCommand{Address: 2, Time: timed(-time.Minute)}, nil},
		{"older", 0, asdu.C_SC_TA_1, asdu.SingleCommand{Address: 2, Time: timed(-time.Minute - time.Millisecond)}, station.ErrTime},
		{"a minute ahead", 0, asdu.C_SC_TA_1, asdu.SingleCommand{Address: 2, Time: timed(time.Minute)}, nil},
		{"further ahead", 0, asdu.C_SC_TA_1, asdu.SingleCommand{Address: 2, Time: timed(time.Minute + time.Millisecond)}, station.ErrTime},
		{"an invalid time", 0, asdu.C_SC_TA_1, asdu.SingleCommand{Address: 2, Time: timed(0).WithInvalid(true)}, station.ErrTime},
		{"an impossible time", 0, asdu.C_SC_TA_1, asdu.SingleCommand{Address: 2, Time: asdu.RawTime(asdu.TimeCP56, 0)}, station.ErrTime},
		{"a time that is not needed", 0, asdu.C_SC_NA_1, asdu.SingleCommand{Address: 2}, nil},
		{"no time where one is needed", 0, asdu.C_SC_NA_1, asdu.SingleCommand{Address: 7}, station.ErrTime},
		{"any age", 0, asdu.C_SC_TA_1, asdu.SingleCommand{Address: 7, Time: timed(-time.Hour)}, nil},
		{"the end of a range", 0, asdu.C_RC_NA_1, asdu.StepCommand{Address: 4, Value: asdu.NextHigher}, station.ErrEnd},
		{"away from the end", 0, asdu.C_RC_NA_1, asdu.StepCommand{Address: 4, Value: asdu.NextLower}, nil},
		{"no direction", 0, asdu.C_RC_NA_1, asdu.StepCommand{Address: 4}, station.ErrRange},
		{"a set-point in range", 0, asdu.C_SE_NC_1, asdu.FloatSetpoint{Address: 6, Value: -10}, nil},
		{"a set-point out of range", 0, asdu.C_SE_NC_1, asdu.FloatSetpoint{Address: 6, Value: 10.5}, station.ErrRange},
		{"not a number", 0, asdu.C_SE_NC_1, asdu.FloatSetpoint{Address: 6, Value: float32(nan())}, station.ErrRange},
		{"a reserved qualifier", 0, asdu.C_SC_NA_1, asdu.SingleCommand{Address: 2, Qualifier: 4}, station.ErrRange},
		{"a reserved qualifier of a set-point", 0, asdu.C_SE_NC_1, asdu.FloatSetpoint{Address: 6, Qualifier: 1}, station.ErrRange},
		{"a private qualifier that is known", 0, asdu.C_DC_NA_1, asdu.DoubleCommand{Address: 9, Value: asdu.CommandOn, Qualifier: 17}, nil},
		{"another one", 0, asdu.C_DC_NA_1, asdu.DoubleCommand{Address: 9, Value: asdu.CommandOn}, station.ErrRange},
		{"a state that is not permitted", 0, asdu.C_DC_NA_1, asdu.DoubleCommand{Address: 9, Value: 3, Qualifier: 17}, station.ErrRange},
		{"a blocked control", 0, asdu.C_SC_NA_1, asdu.SingleCommand{Address: 8}, station.ErrBlocked},
		{"local operation", station.Local, asdu.C_SC_NA_1, asdu.SingleCommand{Address: 2}, station.ErrLocal},
		{"a blocked sector", station.Blocked, asdu.C_SC_NA_1, asdu.SingleCommand{Address: 2}, station.ErrBlocked},
		{"test mode", station.Test, asdu.C_SC_NA_1, asdu.SingleCommand{Address: 2}, station.ErrTest},
		{"declined", 0, asdu.C_SC_NA_1, asdu.SingleCommand{Address: 2, Value: true}, station.ErrDeclined},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var why error
				l := connect(t, &station.Options{
					Clock: func() time.Time { return base }, CommandAge: time.Minute,
					Refused: func(_ *station.Operation, err error) { why = err },
					Decide: func(o *station.Operation) station.Decision {
						if o.Command == (asdu.SingleCommand{Address: 2, Value: true}) {
							return station.Refuse
						}
						return station.CarryOut
					},
				}, sector)
				if err := l.SetMode(1, c.mode); err != nil {
					t.Fatal(err)
				}
				heard := l.send(t, c.typ, asdu.Activation, c.command)
				answer := fmt.Sprintf("%s actcon %d=…", c.typ, c.command.IOA())
				if c.why != nil {
					answer = fmt.Sprintf("%s actcon negative %d=…", c.typ, c.command.IOA())
				}
				want(t, "answer", heard[:1], answer)
				if !errors.Is(why, c.why) {
					t.Errorf("the application was told %v, want %v", why, c.why)
				}
			})
		})
	}
}

// TestUnknownControls are answered with cause 47, those of another type too.
func TestUnknownControls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := connect(t, nil, station.Sector{Controls: []station.Control{{Address: 2, Type: asdu.C_SC_NA_1}}})
		const unknown = "C_DC_NA_1 unknown object address negative"
		want(t, "another type", l.send(t, asdu.C_DC_NA_1, asdu.Activation, asdu.DoubleCommand{Address: 2, Value: asdu.CommandOn}), unknown+" 2=…")
		want(t, "another address", l.send(t, asdu.C_DC_NA_1, asdu.Activation, asdu.DoubleCommand{Address: 3, Value: asdu.CommandOn}), unknown+" 3=…")
	})
}

// TestApplicationTakesOver leaves a command to the application.
func TestApplicationTakesOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s *station.Station
		taken := make(chan *station.Operation, 1)
		l := connect(t, &station.Options{Decide: func(o *station.Operation) station.Decision {
			taken <- o
			return station.TakeOver
		}}, station.Sector{
			Points:   []station.Point{{Address: 1, Type: asdu.M_SP_TB_1}},
			Controls: []station.Control{{Address: 2, Type: asdu.C_SC_NA_1, Name: "lamp", Feedback: 1}},
		})
		s = l.Station
		want(t, "at first", l.send(t, asdu.C_SC_NA_1, asdu.Activation, asdu.SingleCommand{Address: 2, Value: true}))
		o := <-taken
		if o.Control.Name != "lamp" || o.Local() || o.Station != 1 {
			t.Errorf("the operation is %+v", o)
		}
		err := errors.Join(o.Request.Confirm(), s.Set(1, 1, true), o.Request.Terminate())
		if err != nil {
			t.Fatal(err)
		}
		want(t, "then", l.heard(), "C_SC_NA_1 actcon 2=…", "M_SP_TB_1 spont 1=true", "C_SC_NA_1 actterm 2=…")
	})
}

// TestLocalOperation has return information with cause 12, and no answers.
func TestLocalOperation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var done []error
		l := connect(t, &station.Options{Done: func(_ *station.Operation, err error) { done = append(done, err) }}, station.Sector{
			Points: []station.Point{{Address: 1, Type: asdu.M_DP_TB_1}},
			Controls: []station.Control{
				{Address: 2, Type: asdu.C_DC_NA_1, Feedback: 1, Select: station.SelectRequired, Running: time.Second},
			},
		})
		if err := l.SetMode(1, station.Local); err != nil {
			t.Fatal(err)
		}
		if err := l.Operate(1, asdu.DoubleCommand{Address: 2, Value: asdu.CommandOn}); err != nil {
			t.Fatal(err)
		}
		want(t, "begin", l.heard(), "M_DP_TB_1 retloc 1=intermediate")
		if err := l.Operate(1, asdu.DoubleCommand{Address: 2, Value: asdu.CommandOff}); !errors.Is(err, station.ErrRunning) {
			t.Errorf("operated while it runs: %v", err)
		}
		time.Sleep(time.Second)
		want(t, "end", l.heard(), "M_DP_TB_1 retloc 1=on")
		if !slices.Equal(done, []error{nil}) {
			t.Errorf("done: %v", done)
		}
		for _, wrong := range []asdu.Object{asdu.DoubleCommand{Address: 3}, asdu.SingleCommand{Address: 2}, asdu.SinglePoint{Address: 2}} {
			if err := l.Operate(1, wrong); err == nil {
				t.Errorf("Operate(%v) succeeds", wrong)
			}
		}
		if err := errors.Join(l.SetMode(1, station.Remote), l.BlockControl(1, 2, true)); err != nil {
			t.Fatal(err)
		}
		if err := l.Operate(1, asdu.DoubleCommand{Address: 2, Value: asdu.CommandOff}); !errors.Is(err, station.ErrBlocked) {
			t.Errorf("a blocked control: %v", err)
		}
	})
}

// TestReset breaks off what is being carried out.
func TestReset(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var done []error
		l := connect(t, &station.Options{Done: func(_ *station.Operation, err error) { done = append(done, err) }}, station.Sector{
			Points:   []station.Point{{Address: 1, Type: asdu.M_DP_TB_1}},
			Controls: []station.Control{{Address: 2, Type: asdu.C_DC_NA_1, Feedback: 1, Running: time.Minute}},
		})
		l.send(t, asdu.C_DC_NA_1, asdu.Activation, asdu.DoubleCommand{Address: 2, Value: asdu.CommandOn})
		if err := l.client.Send(t.Context(), reset(t, asdu.ResetProcessGeneral)); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if !slices.Equal(done, []error{context.Canceled}) {
			t.Errorf("done: %v", done)
		}
		var causes []asdu.InitializationCause
		for len(l.received) > 0 {
			if o, err := asdu.First[asdu.EndOfInitialization](<-l.received); err == nil {
				causes = append(causes, o.Cause)
			}
		}
		if !slices.Equal(causes, []asdu.InitializationCause{asdu.RemoteReset}) {
			t.Errorf("end of initialisation: %v", causes)
		}
		time.Sleep(2 * time.Minute)
		want(t, "after a reset", l.heard())
		want(t, "another command", l.send(t, asdu.C_DC_NA_1, asdu.Activation, asdu.DoubleCommand{Address: 2, Value: asdu.CommandOn})[:1], "C_DC_NA_1 actcon 2=…")
	})
}

func reset(t *testing.T, q asdu.ResetQualifier) asdu.ASDU {
	t.Helper()
	a, err := asdu.New(nil, asdu.Header{Type: asdu.C_RP_NA_1, Cause: asdu.Activation, CommonAddress: 1}, asdu.ResetProcess{Qualifier: q})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// TestTestMode sends everything with the test bit.
func TestTestMode(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := connect(t, nil, station.Sector{Points: []station.Point{{Address: 1, Type: asdu.M_SP_TB_1}}})
		if err := l.SetMode(1, station.Test); err != nil {
			t.Fatal(err)
		}
		set(t, l, 1, true)
		want(t, "event", l.heard(), "M_SP_TB_1 spont test 1=true")
		if err := l.client.Interrogate(t.Context(), 1, asdu.InterrogateStation); err != nil {
			t.Fatal(err)
		}
		want(t, "interrogation", data(l.heard()), "M_SP_NA_1 inrogen test 1=true")
	})
}

// A selection that is confirmed when its connection has gone belongs to nobody.
func TestSelectionEndsWithConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var ops []*station.Operation
		l := connect(t, &station.Options{Decide: func(o *station.Operation) station.Decision {
			if ops = append(ops, o); len(ops) == 1 {
				return station.TakeOver
			}
			return station.CarryOut
		}}, station.Sector{Controls: []station.Control{{Address: 9, Type: asdu.C_SC_NA_1, Select: station.SelectRequired}}})
		second, received := call(t, l.Station)
		a, err := asdu.New(nil, asdu.Header{Type: asdu.C_SC_NA_1, Cause: asdu.Activation, CommonAddress: 1}, asdu.SingleCommand{Address: 9, Value: true, Select: true})
		if err != nil {
			t.Fatal(err)
		}
		if err := l.client.Send(t.Context(), a); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		_ = l.client.Close()
		synctest.Wait()
		if err := ops[0].Request.Confirm(); err == nil {
			t.Error("confirmed to nobody")
		}
		other := &line{Station: l.Station, client: second, received: received}
		other.heard()
		got := other.send(t, asdu.C_SC_NA_1, asdu.Activation, asdu.SingleCommand{Address: 9, Value: true, Select: true})
		if len(ops) < 2 {
			t.Errorf("a connection that is gone has the object selected: %v", got)
		}
	})
}
