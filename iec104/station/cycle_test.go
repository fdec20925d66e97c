package station_test

import (
	"math"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"stellwerk/iec104"
	"stellwerk/iec104/asdu"
	"stellwerk/iec104/station"
)

// TestCycles: cyclic transmission and background scan at their periods, packed,
// and with the values of the moment.
func TestCycles(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := connect(t, nil, station.Sector{Points: []station.Point{
			{Address: 1, Type: asdu.M_ME_TF_1, Cyclic: 2 * time.Second, Quiet: true},
			{Address: 2, Type: asdu.M_ME_NC_1, Cyclic: 2 * time.Second},
			{Address: 3, Type: asdu.M_ME_NB_1, Cyclic: 5 * time.Second, CyclicOff: true},
			{Address: 4, Type: asdu.M_SP_TB_1, Background: 5 * time.Second},
		}})
		time.Sleep(2*time.Second - time.Millisecond)
		want(t, "before the first", l.heard())
		set(t, l, 1, 7)
		time.Sleep(time.Millisecond)
		want(t, "first", l.heard(), "M_ME_NC_1 per/cyc sequence 1=7 2=0")
		time.Sleep(3 * time.Second)
		want(t, "second, and background", l.heard(), "M_ME_NC_1 per/cyc sequence 1=7 2=0", "M_SP_NA_1 back 4=false")

		activate := asdu.ParameterActivation{Address: 3, Qualifier: asdu.ActivateCyclic}
		want(t, "on", request(l, t, asdu.P_AC_NA_1, asdu.Activation, 1, activate), "P_AC_NA_1 actcon 3=…")
		time.Sleep(5 * time.Second)
		heard := l.heard()
		slices.Sort(heard) // three cycles fall together
		want(t, "the third point too", heard,
			"M_ME_NB_1 per/cyc 3=0", "M_ME_NC_1 per/cyc sequence 1=7 2=0", "M_ME_NC_1 per/cyc sequence 1=7 2=0",
			"M_ME_NC_1 per/cyc sequence 1=7 2=0", "M_SP_NA_1 back 4=false")
		want(t, "off", request(l, t, asdu.P_AC_NA_1, asdu.Deactivation, 1, activate), "P_AC_NA_1 deactcon 3=…")
		activate.Address = 4
		want(t, "a point without cycle", request(l, t, asdu.P_AC_NA_1, asdu.Activation, 1, activate), "P_AC_NA_1 actcon negative 4=…")
		activate.Address = 5
		want(t, "no point", request(l, t, asdu.P_AC_NA_1, asdu.Activation, 1, activate), "P_AC_NA_1 unknown object address negative 5=…")
	})
}

// TestCyclesAreNotKept: what was due while data transfer was stopped is not sent
// afterwards.
func TestCyclesAreNotKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := connect(t, nil, station.Sector{Points: []station.Point{{Address: 1, Type: asdu.M_ME_NC_1, Cyclic: time.Second}}})
		if err := l.client.Stop(t.Context()); err != nil {
			t.Fatal(err)
		}
		l.heard()
		time.Sleep(10*time.Second + 500*time.Millisecond)
		if err := l.client.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		want(t, "after the start", l.heard())
		time.Sleep(500 * time.Millisecond)
		want(t, "at the next period", l.heard(), "M_ME_NC_1 per/cyc 1=0")
	})
}

// TestMeasures: which changes of a measured value are events.
func TestMeasures(t *testing.T) {
	low, high := 0.0, 100.0
	for _, c := range []struct {
		name    string
		measure station.Measure
		values  []float64
		want    []string
	}{
		{"every change", station.Measure{}, []float64{1, 1, 1.5}, []string{"1=1", "1=1.5"}},
		{"threshold", station.Measure{Threshold: 2}, []float64{1, 1.9, 2, 3.5, 4, 0}, []string{"1=2", "1=4", "1=0"}},
		{"limits", station.Measure{Threshold: 1000, Low: &low, High: &high}, []float64{50, 100, 101, 150, 99, -1, 0}, []string{"1=101", "1=99", "1=-1", "1=0"}},
		{"smoothing", station.Measure{Smoothing: 0.5}, []float64{8, 8, 8}, []string{"1=4", "1=6", "1=7"}},
		{"no number", station.Measure{Threshold: 1000}, []float64{nan(), nan(), 1, math.Inf(1), math.Inf(1)}, []string{"1=NaN", "1=1", "1=+Inf"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := connect(t, nil, station.Sector{Points: []station.Point{{Address: 1, Type: asdu.M_ME_TF_1, Measure: c.measure}}})
				for _, value := range c.values {
					set(t, l, 1, value)
				}
				for i := range c.want {
					c.want[i] = "M_ME_TF_1 spont " + c.want[i]
				}
				want(t, "events", l.heard(), c.want...)
			})
		})
	}
}

// TestParameters loads every kind of parameter of every type, at the point's own
// address and at others, and sees it take effect.
func TestParameters(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := connect(t, nil, station.Sector{Points: []station.Point{
			{Address: 1, Type: asdu.M_ME_TF_1},
			{Address: 2, Type: asdu.M_ME_TE_1, Measure: station.Measure{Threshold: 5}, Parameters: []station.Parameter{
				{Address: 21, Kind: asdu.ParameterThreshold}, {Address: 22, Kind: asdu.ParameterSmoothing},
			}},
			{Address: 3, Type: asdu.M_ME_ND_1},
			{Address: 4, Type: asdu.M_SP_TB_1},
		}})
		measure := func(address asdu.ObjectAddress) station.Measure {
			t.Helper()
			m, err := l.Measure(1, address)
			if err != nil {
				t.Fatal(err)
			}
			return m
		}
		float := func(address asdu.ObjectAddress, value float32, q asdu.ParameterQualifier) []string {
			t.Helper()
			return request(l, t, asdu.P_ME_NC_1, asdu.Activation, 1, asdu.FloatParameter{Address: address, Value: value, Qualifier: q})
		}
		threshold := asdu.ParameterQualifier{Kind: asdu.ParameterThreshold}
		want(t, "threshold", float(1, 2.5, threshold), "P_ME_NC_1 actcon 1=…")
		set(t, l, 1, 2)
		want(t, "below", l.heard())
		set(t, l, 1, 2.5)
		want(t, "at the threshold", l.heard(), "M_ME_TF_1 spont 1=2.5")
		want(t, "low limit", float(1, -1, asdu.ParameterQualifier{Kind: asdu.ParameterLowLimit}), "P_ME_NC_1 actcon 1=…")
		want(t, "high limit", float(1, 3, asdu.ParameterQualifier{Kind: asdu.ParameterHighLimit}), "P_ME_NC_1 actcon 1=…")
		set(t, l, 1, 3.1)
		want(t, "beyond the limit", l.heard(), "M_ME_TF_1 spont 1=3.1")

		// Loaded, and in force when it is activated.
		want(t, "smoothing", float(1, 0.75, asdu.ParameterQualifier{Kind: asdu.ParameterSmoothing, NotInOperation: true}), "P_ME_NC_1 actcon 1=…")
		if m := measure(1); m.Smoothing != 0 {
			t.Errorf("in force before its activation: %+v", m)
		}
		activate := asdu.ParameterActivation{Qualifier: asdu.ActivateLoaded}
		want(t, "activation", request(l, t, asdu.P_AC_NA_1, asdu.Activation, 1, activate), "P_AC_NA_1 actcon 0=…")
		if m := measure(1); m.Smoothing != 0.75 || m.Threshold != 2.5 || *m.Low != -1 || *m.High != 3 {
			t.Errorf("after the activation: %+v", m)
		}
		activate = asdu.ParameterActivation{Address: 1, Qualifier: asdu.ActivateParameter}
		want(t, "deactivation", request(l, t, asdu.P_AC_NA_1, asdu.Deactivation, 1, activate), "P_AC_NA_1 deactcon 1=…")
		if m := measure(1); m != (station.Measure{}) {
			t.Errorf("after the deactivation: %+v", m)
		}

		// At addresses of their own.
		scaled := func(address asdu.ObjectAddress, value int16, kind asdu.ParameterKind) []string {
			t.Helper()
			return request(l, t, asdu.P_ME_NB_1, asdu.Activation, 1, asdu.ScaledParameter{Address: address, Value: value, Qualifier: asdu.ParameterQualifier{Kind: kind}})
		}
		want(t, "threshold", scaled(21, 50, asdu.ParameterThreshold), "P_ME_NB_1 actcon 21=…")
		want(t, "smoothing in hundredths", scaled(22, 20, asdu.ParameterSmoothing), "P_ME_NB_1 actcon 22=…")
		if m := measure(2); m != (station.Measure{Threshold: 50, Smoothing: 0.2}) {
			t.Errorf("parameters of the scaled value: %+v", m)
		}
		activate.Address = 21
		want(t, "deactivation of one", request(l, t, asdu.P_AC_NA_1, asdu.Deactivation, 1, activate), "P_AC_NA_1 deactcon 21=…")
		if m := measure(2); m != (station.Measure{Threshold: 5, Smoothing: 0.2}) {
			t.Errorf("after the deactivation of one: %+v", m)
		}
		want(t, "another kind", scaled(21, 50, asdu.ParameterSmoothing), "P_ME_NB_1 actcon negative 21=…")
		want(t, "the point's own address", scaled(2, 50, asdu.ParameterThreshold), "P_ME_NB_1 unknown object address negative 2=…")

		want(t, "normalized", request(l, t, asdu.P_ME_NA_1, asdu.Activation, 1, asdu.NormalizedParameter{Address: 3, Value: 1 << 13, Qualifier: threshold}), "P_ME_NA_1 actcon 3=…")
		if m := measure(3); m.Threshold != 0.25 {
			t.Errorf("parameters of the normalized value: %+v", m)
		}

		want(t, "not a number", float(1, float32(nan()), threshold), "P_ME_NC_1 actcon negative 1=…")
		want(t, "below 0", float(1, -1, threshold), "P_ME_NC_1 actcon negative 1=…")
		want(t, "a reserved kind", float(1, 1, asdu.ParameterQualifier{Kind: 5}), "P_ME_NC_1 actcon negative 1=…")
		want(t, "another type", float(2, 1, threshold), "P_ME_NC_1 unknown object address negative 2=…")
		want(t, "no measured value", float(4, 1, threshold), "P_ME_NC_1 unknown object address negative 4=…")
		want(t, "no point", float(9, 1, threshold), "P_ME_NC_1 unknown object address negative 9=…")
		want(t, "a qualifier that is not used", request(l, t, asdu.P_AC_NA_1, asdu.Activation, 1, asdu.ParameterActivation{Address: 1}), "P_AC_NA_1 actcon negative 1=…")
	})
}

// TestEndOfInitialization is told once, before everything else, with what has
// changed.
func TestEndOfInitialization(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, err := station.New(&station.Options{Initialization: asdu.LocalManualReset}, station.Sector{Points: []station.Point{{Address: 1, Type: asdu.M_ME_TF_1}}}, station.Sector{Address: 5})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		first := func(received chan asdu.ASDU) (all []string) {
			synctest.Wait()
			for len(received) > 0 {
				a := <-received
				o, err := asdu.First[asdu.EndOfInitialization](a)
				if err != nil {
					all = append(all, text(a))
					continue
				}
				line := o.Cause.Text().EN
				if o.ParametersChanged {
					line += ", parameters changed"
				}
				all = append(all, line)
			}
			return all
		}
		_, received := call(t, s)
		if err := s.Set(1, 1, 7); err != nil {
			t.Fatal(err)
		}
		want(t, "the first connection", first(received), "local manual reset", "local manual reset", "M_ME_TF_1 spont 1=7")
		client, again := call(t, s)
		want(t, "the second connection", first(again))
		l := &line{Station: s, client: client, received: again}
		request(l, t, asdu.P_ME_NC_1, asdu.Activation, 1, asdu.FloatParameter{Address: 1, Value: 1, Qualifier: asdu.ParameterQualifier{Kind: 1}})
		if err := s.Reset(1, asdu.LocalPowerOn); err != nil {
			t.Fatal(err)
		}
		// Every connection hears of it, and once.
		heard := append(first(received), first(again)...)
		slices.Sort(heard)
		want(t, "after a reset", heard, "local power switch on, parameters changed", "local power switch on, parameters changed")
		call(t, s)
		want(t, "and no more", append(first(received), first(again)...))
	})
}

// TestRepeatedCycleWithSlowPeer: cycles do not pile up where nobody takes them.
func TestRepeatedCycleWithSlowPeer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		block := make(chan struct{})
		s, err := station.New(nil, station.Sector{Points: []station.Point{{Address: 1, Type: asdu.M_ME_NC_1, Cyclic: 10 * time.Millisecond}}})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		near, far := pipe()
		session, err := s.ServeConn(far)
		if err != nil {
			t.Fatal(err)
		}
		count := 0
		client, err := iec104.NewClient(near, &iec104.ClientOptions{Handler: func(a asdu.ASDU) error {
			if a.Cause == asdu.Cyclic {
				count++
			}
			<-block
			return nil
		}})
		if err != nil {
			t.Fatal(err)
		}
		defer client.Close()
		if err := client.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		time.Sleep(10 * time.Second)
		close(block)
		synctest.Wait()
		if count > 12+8+1 { // the window, what was supplied, and the handler's own
			t.Errorf("%d cycles came after a pause", count)
		}
		if session.Err() != nil {
			t.Errorf("the connection ended: %v", session.Err())
		}
	})
}
