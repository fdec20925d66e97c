package station_test

import (
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"stellwerk/iec104"
	"stellwerk/iec104/asdu"
	"stellwerk/iec104/station"
	"stellwerk/internal/rig"
)

func TestMain(m *testing.M) { rig.Main(m) }

// line is a station with a control centre, in virtual time.
type line struct {
	*station.Station
	client   *iec104.Client
	received chan asdu.ASDU
}

// connect makes a station and connects a control centre that has started.
func connect(t *testing.T, options *station.Options, sectors ...station.Sector) *line {
	t.Helper()
	s, err := station.New(options, sectors...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	l := &line{Station: s}
	l.client, l.received = call(t, s)
	return l
}

// call connects one more control centre.
func call(t *testing.T, s *station.Station) (*iec104.Client, chan asdu.ASDU) {
	t.Helper()
	near, far := net.Pipe()
	if _, err := s.ServeConn(far); err != nil {
		t.Fatal(err)
	}
	received := make(chan asdu.ASDU, 4096)
	client, err := iec104.NewClient(near, &iec104.ClientOptions{Handler: func(a asdu.ASDU) error {
		received <- a.Clone()
		return nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	if err := client.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	return client, received
}

// heard returns what has come since the last call, as text, M_EI_NA_1 aside.
func (l *line) heard() []string {
	synctest.Wait()
	var all []string
	for len(l.received) > 0 {
		if a := <-l.received; a.Type != asdu.M_EI_NA_1 {
			all = append(all, text(a))
		}
	}
	return all
}

// text writes an ASDU as its type, cause, and objects.
func text(a asdu.ASDU) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s", a.Type, a.Cause)
	if a.Negative {
		b.WriteString(" negative")
	}
	if a.Test {
		b.WriteString(" test")
	}
	if a.CommonAddress != 1 {
		fmt.Fprintf(&b, " of %d", a.CommonAddress)
	}
	if a.Sequence {
		b.WriteString(" sequence")
	}
	for o := range a.Objects() {
		fmt.Fprintf(&b, " %d=", o.IOA())
		switch o := o.(type) {
		case asdu.SinglePoint:
			fmt.Fprintf(&b, "%t%s", o.Value, quality(o.Quality))
		case asdu.DoublePoint:
			fmt.Fprintf(&b, "%s%s", o.Value, quality(o.Quality))
		case asdu.StepPosition:
			fmt.Fprintf(&b, "%d", o.Value)
			if o.Transient {
				b.WriteString("~")
			}
		case asdu.BitString:
			fmt.Fprintf(&b, "%#x", o.Value)
		case asdu.NormalizedValue:
			fmt.Fprintf(&b, "%v%s", o.Value.Float64(), quality(o.Quality))
		case asdu.PlainNormalizedValue:
			fmt.Fprintf(&b, "%v", o.Value.Float64())
		case asdu.ScaledValue:
			fmt.Fprintf(&b, "%d%s", o.Value, quality(o.Quality))
		case asdu.ShortFloat:
			fmt.Fprintf(&b, "%v%s", o.Value, quality(o.Quality))
		case asdu.PackedSinglePoints:
			fmt.Fprintf(&b, "%#x/%#x", o.Status, o.Changed)
		case asdu.IntegratedTotal:
			fmt.Fprintf(&b, "%d#%d", o.Value.Count, o.Value.Sequence)
			for flag, set := range map[string]bool{"CY": o.Value.Carry} {
				if set {
					b.WriteString(flag)
				}
			}
			if o.Value.Adjusted {
				b.WriteString("CA")
			}
			if o.Value.Invalid {
				b.WriteString("IV")
			}
		case asdu.ProtectionEvent:
			fmt.Fprintf(&b, "%s %v", o.Value, o.Elapsed.Duration())
		default:
			b.WriteString("…")
		}
	}
	return b.String()
}

func quality(q asdu.Quality) string {
	if q == 0 {
		return ""
	}
	return " " + q.String()
}

// data leaves out answers to requests.
func data(heard []string) []string {
	return slices.DeleteFunc(heard, func(s string) bool { return strings.HasPrefix(s, "C_") || strings.HasPrefix(s, "P_") })
}

func want(t *testing.T, what string, got []string, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" && len(want)+len(got) > 0 {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// ask sends a request and waits for what comes of it.
func (l *line) ask(t *testing.T, a asdu.ASDU, err error) []string {
	t.Helper()
	if err == nil {
		err = l.client.Send(t.Context(), a)
	}
	if err != nil {
		t.Fatal(err)
	}
	return l.heard()
}

func request[T asdu.Information[T]](l *line, t *testing.T, typ asdu.TypeID, cause asdu.Cause, ca asdu.CommonAddress, object T) []string {
	t.Helper()
	a, err := asdu.New(nil, asdu.Header{Type: typ, Cause: cause, CommonAddress: ca}, object)
	return l.ask(t, a, err)
}

func set(t *testing.T, l *line, address asdu.ObjectAddress, value any) {
	t.Helper()
	if err := l.Set(1, address, value); err != nil {
		t.Fatal(err)
	}
}

// TestEveryType sets a point of every type: it is sent as its own type, and
// interrogated as the type without time tag.
func TestEveryType(t *testing.T) {
	for _, c := range []struct {
		typ         asdu.TypeID
		value       any
		spontaneous string // behind type and cause
		plain       asdu.TypeID
	}{
		{asdu.M_SP_NA_1, true, "true", asdu.M_SP_NA_1},
		{asdu.M_SP_TA_1, 1, "true", asdu.M_SP_NA_1},
		{asdu.M_DP_NA_1, true, "on", asdu.M_DP_NA_1},
		{asdu.M_DP_TA_1, asdu.Indeterminate, "indeterminate", asdu.M_DP_NA_1},
		{asdu.M_ST_NA_1, -64, "-64", asdu.M_ST_NA_1},
		{asdu.M_ST_TA_1, 63, "63", asdu.M_ST_NA_1},
		{asdu.M_BO_NA_1, uint32(0xdeadbeef), "0xdeadbeef", asdu.M_BO_NA_1},
		{asdu.M_BO_TA_1, 0x10, "0x10", asdu.M_BO_NA_1},
		{asdu.M_ME_NA_1, 0.5, "0.5", asdu.M_ME_NA_1},
		{asdu.M_ME_TA_1, asdu.Normalized(-1 << 15), "-1", asdu.M_ME_NA_1},
		{asdu.M_ME_NB_1, 1234.6, "1235", asdu.M_ME_NB_1},
		{asdu.M_ME_TB_1, 40000, "32767 OV", asdu.M_ME_NB_1},
		{asdu.M_ME_NC_1, 1.25, "1.25", asdu.M_ME_NC_1},
		{asdu.M_ME_TC_1, float32(-2.5), "-2.5", asdu.M_ME_NC_1},
		{asdu.M_PS_NA_1, 0x8001, "0x8001/0x8001", asdu.M_PS_NA_1},
		{asdu.M_ME_ND_1, -0.25, "-0.25", asdu.M_ME_ND_1},
		{asdu.M_SP_TB_1, true, "true", asdu.M_SP_NA_1},
		{asdu.M_DP_TB_1, 2, "on", asdu.M_DP_NA_1},
		{asdu.M_ST_TB_1, 7, "7", asdu.M_ST_NA_1},
		{asdu.M_BO_TB_1, 7, "0x7", asdu.M_BO_NA_1},
		{asdu.M_ME_TD_1, 1.5, "0.999969482421875 OV", asdu.M_ME_NA_1},
		{asdu.M_ME_TE_1, -3, "-3", asdu.M_ME_NB_1},
		{asdu.M_ME_TF_1, 110.5, "110.5", asdu.M_ME_NC_1},
		{asdu.M_EP_TA_1, asdu.On, "on 0s", 0},
		{asdu.M_EP_TB_1, asdu.StartL1, "…", 0},
		{asdu.M_EP_TC_1, asdu.OutputL2, "…", 0},
		{asdu.M_EP_TD_1, asdu.Off, "off 0s", 0},
		{asdu.M_EP_TE_1, 0x3f, "…", 0},
		{asdu.M_EP_TF_1, 0xf, "…", 0},
	} {
		t.Run(c.typ.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := connect(t, nil, station.Sector{Points: []station.Point{{Address: 7, Type: c.typ}}})
				set(t, l, 7, c.value)
				want(t, "event", l.heard(), fmt.Sprintf("%s spont 7=%s", c.typ, c.spontaneous))
				set(t, l, 7, c.value)
				if heard := l.heard(); (len(heard) == 0) != (c.plain != 0) {
					t.Errorf("the same value again: %v", heard) // only protection events repeat
				}
				if err := l.client.Interrogate(t.Context(), 1, asdu.InterrogateStation); err != nil {
					t.Fatal(err)
				}
				read := request(l, t, asdu.C_RD_NA_1, asdu.Request, 1, asdu.Read{Address: 7})
				if c.plain == 0 {
					want(t, "interrogation and read", read, "C_IC_NA_1 actcon 0=…", "C_IC_NA_1 actterm 0=…", "C_RD_NA_1 unknown object address negative 7=…")
					return
				}
				state := "7=" + strings.Replace(c.spontaneous, "/0x8001", "/0x0", 1) // no change since the event
				want(t, "interrogation and read", read,
					"C_IC_NA_1 actcon 0=…", fmt.Sprintf("%s inrogen %s", c.plain, state), "C_IC_NA_1 actterm 0=…",
					fmt.Sprintf("%s req %s", c.plain, state))
			})
		})
	}
}

// TestValuesThatPointsCannotHave names the point and what is wrong.
func TestValuesThatPointsCannotHave(t *testing.T) {
	s, err := station.New(nil, station.Sector{Points: []station.Point{
		{Address: 1, Type: asdu.M_SP_NA_1},
		{Address: 2, Type: asdu.M_DP_NA_1},
		{Address: 3, Type: asdu.M_ST_NA_1},
		{Address: 4, Type: asdu.M_ME_NB_1},
		{Address: 5, Type: asdu.M_IT_NA_1},
	}})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for _, c := range []struct {
		address asdu.ObjectAddress
		value   any
		want    string
	}{
		{1, 2, "must be a whole number from 0 to 1"},
		{1, "on", "string is no value of a point"},
		{1, nil, "is no value of a point"},
		{2, 4, "must be a whole number from 0 to 3"},
		{3, 64, "must be a whole number from -64 to 63"},
		{3, 0.5, "must be a whole number from -64 to 63"},
		{4, nan(), "not a number"},
		{5, 1 << 40, "must be a whole number"},
		{6, 1, "has no point 6"},
	} {
		err := s.Set(1, c.address, c.value)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("Set(%d, %v): %v, want %q", c.address, c.value, err, c.want)
		}
	}
	if err := s.Set(2, 1, true); !errors.Is(err, iec104.ErrNoObject) {
		t.Errorf("Set in a sector that is not there: %v", err)
	}
	if err := s.Update(1, asdu.DoublePoint{Address: 1}); err == nil || !strings.Contains(err.Error(), "cannot be a asdu.DoublePoint") {
		t.Errorf("Update with another family: %v", err)
	}
	if err := s.Update(1, asdu.StepPosition{Address: 3, Value: 100}); err == nil {
		t.Error("Update with a value that the wire cannot carry succeeds")
	}
	if o, _ := s.Get(1, 3); o != (asdu.StepPosition{Address: 3}) {
		t.Errorf("a value that was refused is kept: %v", o)
	}
	if err := s.Update(1, asdu.SinglePoint{Address: 1, Time: asdu.CP24(time.Now())}); err == nil {
		t.Error("Update with a time without date succeeds")
	}
}

func nan() float64 { zero := 0.0; return zero / zero }

// TestUpdate gives quality and time.
func TestUpdate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := connect(t, nil, station.Sector{Points: []station.Point{{Address: 7, Type: asdu.M_ME_TF_1}}})
		at := asdu.CP56(time.Date(2024, 2, 29, 12, 0, 0, 0, time.UTC)).WithSubstituted(true)
		if err := l.Update(1, asdu.ShortFloat{Address: 7, Value: 3, Quality: asdu.Substituted | asdu.NotTopical, Time: at}); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		var last asdu.Object
		for len(l.received) > 0 {
			a := <-l.received
			for last = range a.Objects() {
			}
		}
		if got := (asdu.ShortFloat{Address: 7, Value: 3, Quality: asdu.Substituted | asdu.NotTopical, Time: at}); last != got {
			t.Errorf("sent %v, want %v", last, got)
		}
		// The same number with another quality is an event.
		if err := l.SetQuality(1, 7, asdu.Invalid); err != nil {
			t.Fatal(err)
		}
		want(t, "another quality", l.heard(), "M_ME_TF_1 spont 7=3 IV")
	})
}

// TestWithheld: a value without quality is not sent while it is not good.
func TestWithheld(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := connect(t, nil, station.Sector{Points: []station.Point{
			{Address: 1, Type: asdu.M_ME_ND_1, Initial: 0.5}, {Address: 2, Type: asdu.M_ME_ND_1, Initial: 0.25}, {Address: 3, Type: asdu.M_ME_ND_1},
		}})
		if err := l.SetQuality(1, 2, asdu.NotTopical); err != nil {
			t.Fatal(err)
		}
		if err := l.client.Interrogate(t.Context(), 1, asdu.InterrogateStation); err != nil {
			t.Fatal(err)
		}
		want(t, "interrogation", data(l.heard()), "M_ME_ND_1 inrogen 1=0.5 3=0")
	})
}

// TestBlock: a blocked point keeps its value and says so.
func TestBlock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := connect(t, nil, station.Sector{Points: []station.Point{{Address: 1, Type: asdu.M_SP_TB_1}}})
		block := func(blocked bool) {
			t.Helper()
			if err := l.Block(1, 1, blocked); err != nil {
				t.Fatal(err)
			}
		}
		block(true)
		set(t, l, 1, true)
		want(t, "blocked", l.heard(), "M_SP_TB_1 spont 1=false BL")
		block(false)
		want(t, "let go", l.heard(), "M_SP_TB_1 spont 1=true")
		block(false)
		want(t, "let go again", l.heard())
	})
}

// TestWrongStations lists what cannot be a station, and how that is said.
func TestWrongStations(t *testing.T) {
	point := func(p station.Point) []station.Sector { return []station.Sector{{Points: []station.Point{p}}} }
	control := func(c station.Control, points ...station.Point) []station.Sector {
		return []station.Sector{{Points: points, Controls: []station.Control{c}}}
	}
	low, high := 2.0, 1.0
	for _, c := range []struct {
		sectors []station.Sector
		want    string
	}{
		{nil, "there is no sector"},
		{[]station.Sector{{}, {Address: 1}}, "two sectors have the common address 1"},
		{[]station.Sector{{Address: 65535}}, "that of all stations"},
		{point(station.Point{Type: asdu.M_SP_NA_1}), "address 0: must be 1 to 16777215"},
		{point(station.Point{Address: 1, Type: asdu.C_SC_NA_1}), "point 1: type C_SC_NA_1 is no process information"},
		{point(station.Point{Address: 1, Type: asdu.M_SP_NA_1, Groups: []int{17}}), "group 17: must be 1 to 16"},
		{point(station.Point{Address: 1, Type: asdu.M_IT_NA_1, Groups: []int{5}}), "group 5: must be 1 to 4"},
		{point(station.Point{Address: 1, Type: asdu.M_EP_TD_1, Groups: []int{1}}), "is an event"},
		{point(station.Point{Address: 1, Type: asdu.M_SP_NA_1, Cyclic: time.Second}), "must not be sent cyclically"},
		{point(station.Point{Address: 1, Type: asdu.M_IT_NA_1, Background: time.Second}), "is not part of background scans"},
		{point(station.Point{Address: 1, Type: asdu.M_ME_NA_1, Cyclic: time.Millisecond}), "must be at least 10ms"},
		{point(station.Point{Address: 1, Type: asdu.M_SP_NA_1, Initial: 7}), "initial value"},
		{point(station.Point{Address: 1, Type: asdu.M_SP_NA_1, Measure: station.Measure{Threshold: 1}}), "is no measured value"},
		{point(station.Point{Address: 1, Type: asdu.M_ME_NA_1, Measure: station.Measure{Threshold: -1}}), "threshold -1"},
		{point(station.Point{Address: 1, Type: asdu.M_ME_NA_1, Measure: station.Measure{Smoothing: 1}}), "smoothing 1"},
		{point(station.Point{Address: 1, Type: asdu.M_ME_NA_1, Measure: station.Measure{Low: &low, High: &high}}), "low limit 2 is above"},
		{point(station.Point{Address: 1, Type: asdu.M_ME_NA_1, Parameters: []station.Parameter{{Address: 1, Kind: 1}}}), "address 1 is used twice"},
		{point(station.Point{Address: 1, Type: asdu.M_ME_NA_1, Parameters: []station.Parameter{{Address: 2, Kind: 9}}}), "no such kind: 9"},
		{[]station.Sector{{Points: []station.Point{{Address: 1, Type: asdu.M_SP_NA_1}, {Address: 1, Type: asdu.M_SP_NA_1}}}}, "address 1 is used twice"},
		{control(station.Control{Address: 1, Type: asdu.M_SP_NA_1}), "control 1: type M_SP_NA_1 is no command"},
		{control(station.Control{Address: 1, Type: asdu.C_SC_NA_1, Feedback: 9}), "feedback 9: there is no such point"},
		{control(station.Control{Address: 1, Type: asdu.C_SC_NA_1, Feedback: 9}, station.Point{Address: 9, Type: asdu.M_ST_NA_1}), "does not move a point of type M_ST_NA_1"},
		{control(station.Control{Address: 1, Type: asdu.C_RC_NA_1}), "needs a step position"},
		{control(station.Control{Address: 1, Type: asdu.C_BO_NA_1, Select: station.SelectRequired}), "cannot be selected"},
		{control(station.Control{Address: 1, Type: asdu.C_SE_NA_1, Low: 1}), "low limit 1 is above"},
		{control(station.Control{Address: 1, Type: asdu.C_SC_NA_1, Running: -1}), "below 0"},
		{control(station.Control{Address: 1, Type: asdu.C_SC_NA_1, Select: 3}), "no such select mode: 3"},
	} {
		s, err := station.New(nil, c.sectors...)
		if err == nil {
			_ = s.Close()
		}
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.HasPrefix(err.Error(), "station: ") {
			t.Errorf("New: %v, want %q", err, c.want)
		}
	}
	options := station.Options{Server: iec104.ServerOptions{CommonAddresses: []asdu.CommonAddress{1}}}
	if _, err := station.New(&options, station.Sector{}); err == nil {
		t.Error("New with the server's own common addresses succeeds")
	}
}
