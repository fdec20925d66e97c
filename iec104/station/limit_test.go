package station_test

import (
	"math"
	"testing"
	"testing/synctest"

	"stellwerk/iec104"
	"stellwerk/iec104/asdu"
	"stellwerk/iec104/station"
)

// TestLimitsDoNotCross: a low limit above the high one is not put in force,
// neither by loading nor by activating one of them.
func TestLimitsDoNotCross(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := connect(t, nil, station.Sector{Points: []station.Point{{
			Address: 1, Type: asdu.M_ME_NC_1, Measure: station.Measure{Low: new(0.0), High: new(10.0)},
			Parameters: []station.Parameter{{Address: 11, Kind: asdu.ParameterLowLimit}, {Address: 12, Kind: asdu.ParameterHighLimit}},
		}}})
		load := func(address asdu.ObjectAddress, kind asdu.ParameterKind, value float32, waits bool) []string {
			return request(l, t, asdu.P_ME_NC_1, asdu.Activation, 1, asdu.FloatParameter{
				Address: address, Value: value, Qualifier: asdu.ParameterQualifier{Kind: kind, NotInOperation: waits},
			})
		}
		activate := func(cause asdu.Cause, address asdu.ObjectAddress, q asdu.ParameterActivationQualifier) []string {
			return request(l, t, asdu.P_AC_NA_1, cause, 1, asdu.ParameterActivation{Address: address, Qualifier: q})
		}
		limits := func(what string, low, high float64) {
			t.Helper()
			if m, err := l.Measure(1, 1); err != nil || *m.Low != low || *m.High != high {
				t.Errorf("%s: %v to %v, want %v to %v; %v", what, *m.Low, *m.High, low, high, err)
			}
		}
		want(t, "high, waiting", load(12, asdu.ParameterHighLimit, 100, true), "P_ME_NC_1 actcon 12=…")
		want(t, "low above what is in force", load(11, asdu.ParameterLowLimit, 50, false), "P_ME_NC_1 actcon negative 11=…")
		limits("refused", 0, 10)
		want(t, "low, waiting", load(11, asdu.ParameterLowLimit, 50, true), "P_ME_NC_1 actcon 11=…")
		want(t, "low activated", activate(asdu.Activation, 11, asdu.ActivateParameter), "P_AC_NA_1 actcon negative 11=…")
		want(t, "high activated", activate(asdu.Activation, 12, asdu.ActivateParameter), "P_AC_NA_1 actcon 12=…")
		want(t, "low activated then", activate(asdu.Activation, 11, asdu.ActivateParameter), "P_AC_NA_1 actcon 11=…")
		limits("both", 50, 100)
		want(t, "high taken out", activate(asdu.Deactivation, 12, asdu.ActivateParameter), "P_AC_NA_1 deactcon negative 12=…")
		limits("still both", 50, 100)
	})
}

// TestActivationChangesParameters: the next end of initialisation says so.
func TestActivationChangesParameters(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := connect(t, nil, station.Sector{Points: []station.Point{{Address: 1, Type: asdu.M_ME_NC_1, Cyclic: 1e12}}})
		for _, q := range []asdu.ParameterActivationQualifier{asdu.ActivateParameter, asdu.ActivateCyclic, asdu.ActivateLoaded} {
			address := asdu.ObjectAddress(1)
			if q == asdu.ActivateLoaded {
				address = 0
			}
			request(l, t, asdu.P_AC_NA_1, asdu.Activation, 1, asdu.ParameterActivation{Address: address, Qualifier: q})
			for _, changed := range []bool{true, false} {
				l.heard()
				if err := l.Reset(1, asdu.LocalManualReset); err != nil {
					t.Fatal(err)
				}
				o, err := asdu.First[asdu.EndOfInitialization](<-l.received)
				if err != nil || o.ParametersChanged != changed {
					t.Errorf("qualifier %d: %+v, want %t; %v", q, o, changed, err)
				}
			}
		}
	})
}

// TestFloatRange: a number that no short floating point number can show is
// limited, with the quality overflow; an infinity is one.
func TestFloatRange(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := connect(t, nil, station.Sector{Points: []station.Point{{Address: 1, Type: asdu.M_ME_NC_1}}})
		for _, c := range []struct {
			number float64
			want   string
		}{
			{1e300, "3.4028235e+38 OV"},
			{-1e300, "-3.4028235e+38 OV"},
			{math.MaxFloat32, "3.4028235e+38"},
			{math.Inf(1), "+Inf"},
			{1.5, "1.5"},
			{math.NaN(), "NaN"},
		} {
			set(t, l, 1, c.number)
			want(t, "event", l.heard(), "M_ME_NC_1 spont 1="+c.want)
		}
	})
}

// TestHiddenValues: of a value without quality that is blocked or not good nothing
// is sent, but that a read is answered with the type that has a quality.
func TestHiddenValues(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := connect(t, nil, station.Sector{Points: []station.Point{{Address: 1, Type: asdu.M_ME_ND_1, Initial: 0.5, Cyclic: 1e10}}})
		interrogated := func() []string {
			return data(request(l, t, asdu.C_IC_NA_1, asdu.Activation, 1, asdu.Interrogation{Qualifier: asdu.InterrogateStation}))
		}
		read := func() []string { return request(l, t, asdu.C_RD_NA_1, asdu.Request, 1, asdu.Read{Address: 1}) }
		want(t, "good", interrogated(), "M_ME_ND_1 inrogen 1=0.5")
		want(t, "good", read(), "M_ME_ND_1 req 1=0.5")
		if err := l.Block(1, 1, true); err != nil {
			t.Fatal(err)
		}
		l.heard()
		want(t, "blocked", interrogated())
		want(t, "blocked", read(), "M_ME_NA_1 req 1=0.5 BL")
		if err := l.Block(1, 1, false); err != nil {
			t.Fatal(err)
		}
		want(t, "let go", interrogated(), "M_ME_ND_1 inrogen 1=0.5")
		if err := l.SetQuality(1, 1, asdu.Invalid|asdu.NotTopical); err != nil {
			t.Fatal(err)
		}
		want(t, "withheld", interrogated())
		want(t, "withheld", read(), "M_ME_NA_1 req 1=0.5 NT IV")
	})
}

// TestTestModeOfServer: what the server sends by itself has the test bit too.
func TestTestModeOfServer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		files := iec104.NewFileMemory(nil)
		if err := files.Put(iec104.FileRef{Address: 5, Name: 1}, []byte("x"), asdu.RawTime(asdu.TimeCP56, 0)); err != nil {
			t.Fatal(err)
		}
		s, err := station.New(nil, station.Sector{Files: files})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		if err := s.SetMode(1, station.Test); err != nil {
			t.Fatal(err)
		}
		client, received := call(t, s)
		if err := s.Server().AnnounceFiles(1); err != nil {
			t.Fatal(err)
		}
		if _, err := client.ReadFile(t.Context(), 1, iec104.FileRef{Address: 5, Name: 1}, new(discard), nil); err != nil {
			t.Error(err)
		}
		if _, err := client.Directory(t.Context(), 1, iec104.FileRef{}); err != nil {
			t.Error(err)
		}
		if err := client.DeleteFile(t.Context(), 1, iec104.FileRef{Address: 5, Name: 1}); err != nil {
			t.Error(err)
		}
		synctest.Wait()
		if len(received) < 8 {
			t.Errorf("%d ASDUs", len(received))
		}
		for len(received) > 0 {
			if a := <-received; !a.Test {
				t.Error(text(a))
			}
		}
	})
}

type discard struct{}

func (*discard) Write(p []byte) (int, error) { return len(p), nil }
