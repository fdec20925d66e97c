package station_test

import (
	"testing"
	"testing/synctest"
	"time"

	"stellwerk/iec104"
	"stellwerk/iec104/asdu"
	"stellwerk/iec104/station"
)

// selectable is a sector with a control that may be selected.
func selectable(mode station.SelectMode) station.Sector {
	return station.Sector{Controls: []station.Control{{Address: 2, Type: asdu.C_SC_NA_1, Select: mode}, {Address: 3, Type: asdu.C_SC_NA_1}}}
}

// command is a single command.
func (l *line) command(t *testing.T, cause asdu.Cause, address asdu.ObjectAddress, value, selecting, test bool) []string {
	t.Helper()
	a, err := asdu.New(nil, asdu.Header{Type: asdu.C_SC_NA_1, Cause: cause, CommonAddress: 1, Test: test}, asdu.SingleCommand{Address: address, Value: value, Select: selecting})
	return l.ask(t, a, err)
}

// TestResetTakesBackSelections, by command and by the application.
func TestResetTakesBackSelections(t *testing.T) {
	for _, local := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			l := connect(t, nil, selectable(station.SelectRequired))
			want(t, "selected", l.command(t, asdu.Activation, 2, true, true, false), "C_SC_NA_1 actcon 2=…")
			if local {
				if err := l.Reset(1, asdu.LocalManualReset); err != nil {
					t.Fatal(err)
				}
			} else {
				want(t, "reset", request(l, t, asdu.C_RP_NA_1, asdu.Activation, 1, asdu.ResetProcess{Qualifier: asdu.ResetProcessGeneral}), "C_RP_NA_1 actcon 0=…")
			}
			want(t, "executed", l.command(t, asdu.Activation, 2, true, false, false), "C_SC_NA_1 actcon negative 2=…")
		})
	}
}

// TestCancelAnother: a deactivation of another value leaves the selection.
func TestCancelAnother(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := connect(t, nil, selectable(station.SelectRequired))
		l.command(t, asdu.Activation, 2, true, true, false)
		want(t, "another", l.command(t, asdu.Deactivation, 2, false, true, false), "C_SC_NA_1 deactcon negative 2=…")
		want(t, "executed", l.command(t, asdu.Activation, 2, true, false, false), "C_SC_NA_1 actcon 2=…", "C_SC_NA_1 actterm 2=…")
		l.command(t, asdu.Activation, 2, true, true, false)
		want(t, "the same", l.command(t, asdu.Deactivation, 2, true, true, false), "C_SC_NA_1 deactcon 2=…")
		want(t, "executed", l.command(t, asdu.Activation, 2, true, false, false), "C_SC_NA_1 actcon negative 2=…")
		l.command(t, asdu.Activation, 2, true, true, false)
		time.Sleep(31 * time.Second)
		want(t, "late", l.command(t, asdu.Deactivation, 2, true, true, false), "C_SC_NA_1 deactcon negative 2=…")
	})
}

// TestUnknownObjects: nothing about an object that there is not is confirmed.
func TestUnknownObjects(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := connect(t, nil, station.Sector{
			Controls: selectable(0).Controls,
			Points:   []station.Point{{Address: 7, Type: asdu.M_ME_NC_1}, {Address: 8, Type: asdu.M_SP_NA_1}},
		})
		want(t, "command", l.command(t, asdu.Activation, 9, true, false, false), "C_SC_NA_1 unknown object address negative 9=…")
		want(t, "test", l.command(t, asdu.Activation, 9, true, false, true), "C_SC_NA_1 unknown object address negative test 9=…")
		want(t, "deactivation", l.command(t, asdu.Deactivation, 9, true, false, false), "C_SC_NA_1 unknown object address negative 9=…")
		want(t, "test of what there is", l.command(t, asdu.Activation, 3, true, false, true), "C_SC_NA_1 actcon test 3=…")
		parameter := func(address asdu.ObjectAddress) []string {
			a, err := asdu.New(nil, asdu.Header{Type: asdu.P_ME_NC_1, Cause: asdu.Activation, CommonAddress: 1, Test: true},
				asdu.FloatParameter{Address: address, Value: 1, Qualifier: asdu.ParameterQualifier{Kind: 1}})
			return l.ask(t, a, err)
		}
		want(t, "test of a parameter", parameter(7), "P_ME_NC_1 actcon test 7=…")
		want(t, "test of no parameter", parameter(8), "P_ME_NC_1 unknown object address negative test 8=…")
		activation := func(address asdu.ObjectAddress) []string {
			return request(l, t, asdu.P_AC_NA_1, asdu.Deactivation, 1, asdu.ParameterActivation{Address: address, Qualifier: asdu.ActivateParameter})
		}
		want(t, "parameter deactivated", activation(7), "P_AC_NA_1 deactcon 7=…")
		want(t, "no parameter deactivated", activation(9), "P_AC_NA_1 unknown object address negative 9=…")
	})
}

// TestLateExecute: an execution after the selection has run out is none without
// selection, also where somebody else has had the object meanwhile.
func TestLateExecute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := connect(t, &station.Options{Server: iec104.ServerOptions{SelectTimeout: time.Second}}, selectable(station.SelectAllowed))
		l.command(t, asdu.Activation, 2, true, true, false)
		time.Sleep(2 * time.Second)
		client, received := call(t, l.Station)
		other := &line{Station: l.Station, client: client, received: received}
		other.command(t, asdu.Activation, 2, false, true, false)
		want(t, "the other one", other.command(t, asdu.Activation, 2, false, false, false), "C_SC_NA_1 actcon 2=…", "C_SC_NA_1 actterm 2=…")
		want(t, "late", l.command(t, asdu.Activation, 2, true, false, false), "C_SC_NA_1 actcon negative 2=…")
		want(t, "direct", l.command(t, asdu.Activation, 2, true, false, false), "C_SC_NA_1 actcon 2=…", "C_SC_NA_1 actterm 2=…")
	})
}
