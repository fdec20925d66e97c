package conformance_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"stellwerk/iec104"
	"stellwerk/iec104/asdu"
	"stellwerk/iec104/iec104test"
	"stellwerk/internal/conformance"
)

// driver is a function that drives.
type driver func(conformance.Action) error

func (d driver) Drive(_ context.Context, a conformance.Action) error { return d(a) }

// TestActions names requests to a driver in words for programs and for persons.
// What would change something in a station is asked for only when armed.
func TestActions(t *testing.T) {
	request := func(id asdu.TypeID, o asdu.Object) iec104test.Request {
		return iec104test.Request{Type: id, CommonAddress: 7, Object: o}
	}
	selected := request(asdu.C_RC_NA_1, asdu.StepCommand{Address: 6, Value: asdu.NextHigher})
	selected.Select = true
	canceled := request(asdu.C_SC_NA_1, asdu.SingleCommand{Address: 6, Value: true, Qualifier: asdu.LongPulse})
	canceled.Cancel = true
	everybody := request(asdu.C_IC_NA_1, asdu.Interrogation{Qualifier: 20})
	everybody.CommonAddress = 0xffff
	for _, test := range []struct {
		request iec104test.Request
		changes bool
		words   string
		text    string
	}{
		{everybody, false, "interrogate type=C_IC_NA_1 station=65535 qualifier=20", "to all stations, common address 65535 (C_IC_NA_1)"},
		{request(asdu.C_CI_NA_1, asdu.CounterInterrogation{Request: 5}), false, "counters type=C_CI_NA_1 station=7 request=5 freeze=0", "counter interrogation"},
		{request(asdu.C_CI_NA_1, asdu.CounterInterrogation{Request: 5, Freeze: 2}), true, "counters type=C_CI_NA_1 station=7 request=5 freeze=2", "freeze 2"},
		{request(asdu.C_RD_NA_1, asdu.Read{Address: 9}), false, "read type=C_RD_NA_1 station=7 address=9", "send a read command for object 9 to station 7 (C_RD_NA_1)"},
		{request(asdu.C_TS_TA_1, asdu.TimedTestCommand{}), false, "test type=C_TS_TA_1 station=7", "send a test command to station 7 (C_TS_TA_1)"},
		{request(asdu.C_CD_NA_1, asdu.DelayAcquisition{}), false, "delay type=C_CD_NA_1 station=7", "delay"},
		{request(asdu.C_CS_NA_1, asdu.ClockSynchronization{}), true, "clock type=C_CS_NA_1 station=7", "clock"},
		{request(asdu.C_RP_NA_1, asdu.ResetProcess{Qualifier: 1}), true, "reset type=C_RP_NA_1 station=7 qualifier=1", "reset"},
		{request(asdu.P_ME_NA_1, asdu.NormalizedParameter{Address: 4, Value: 0x2000, Qualifier: asdu.ParameterQualifier{Kind: 1}}), true, "parameter type=P_ME_NA_1 station=7 address=4 kind=1 value=0.25", "the parameter 0.25 of kind 1 for object 4"},
		{request(asdu.P_AC_NA_1, asdu.ParameterActivation{Address: 4, Qualifier: 3}), true, "activate type=P_AC_NA_1 station=7 address=4 qualifier=3", "activation"},
		{selected, true, "command type=C_RC_NA_1 station=7 address=6 value=higher qualifier=0 select=true", "with select, value higher"},
		{canceled, true, "cancel-command type=C_SC_NA_1 station=7 address=6 value=on qualifier=2 select=false", "break off, with cause 8: send a command"},
		{request(asdu.C_BO_TA_1, asdu.BitStringCommand{Address: 6, Value: 0xf0018055}), true, "command type=C_BO_TA_1 station=7 address=6 value=4026630229 qualifier=0 select=false", "value 4026630229"},
		{request(asdu.F_SC_NA_1, asdu.FileCall{}), false, "directory type=F_SC_NA_1 station=7", "call the directory of files of station 7 (F_SC_NA_1)"},
		{request(asdu.F_SC_NA_1, asdu.FileCall{Address: 7, File: 1, Action: asdu.RequestFile}), false, "read-file type=F_SC_NA_1 station=7 address=7 file=1", "read file 1 of object 7 of station 7 (F_SC_NA_1)"},
		{request(asdu.F_SC_NA_1, asdu.FileCall{Address: 7, File: 1, Action: asdu.DeleteFile}), true, "delete-file type=F_SC_NA_1 station=7 address=7 file=1", "delete file 1"},
		{request(asdu.F_FR_NA_1, asdu.FileReady{Address: 7, File: 2, Length: 500}), true, "write-file type=F_FR_NA_1 station=7 address=7 file=2 length=500", "write a file of 500 octets"},
	} {
		t.Run(test.words, func(t *testing.T) {
			var done []conformance.Action
			d := &conformance.Driven{Centre: &conformance.Centre{}, Driver: driver(func(a conformance.Action) error {
				done = append(done, a)
				return nil
			})}
			err := d.Do(t.Context(), test.request)
			if refused := errors.Is(err, errors.ErrUnsupported) && strings.Contains(err.Error(), "--arm"); refused != test.changes || refused != (len(done) == 0) {
				t.Errorf("without --arm: %v, done %v", err, done)
			}
			done, d.Armed = nil, true
			if err := d.Do(t.Context(), test.request); err != nil || len(done) != 1 {
				t.Fatal(err, done)
			}
			if words := strings.Join(append([]string{done[0].Name}, done[0].Arguments...), " "); words != test.words {
				t.Errorf("words\n%s, want\n%s", words, test.words)
			}
			if !strings.Contains(done[0].Text, test.text) {
				t.Errorf("text %q, want %q", done[0].Text, test.text)
			}
		})
	}
}

// TestToldActions names what is no request. The clock of a control centre is put
// forward and back only when armed.
func TestToldActions(t *testing.T) {
	var done []conformance.Action
	d := &conformance.Driven{Centre: &conformance.Centre{Link: brisk}, Driver: driver(func(a conformance.Action) error {
		done = append(done, a)
		return nil
	})}
	if err := d.StepClock(time.Hour); !errors.Is(err, errors.ErrUnsupported) || !strings.Contains(err.Error(), "--arm") || len(done) > 0 {
		t.Error(err, done)
	}
	d.Armed = true
	for _, err := range []error{d.Start(), d.Stop(), d.Switch(), d.Event(3), d.StepClock(2 * time.Hour), d.StepClock(-4 * time.Hour), d.DialSilent(t.Context())} {
		if err != nil {
			t.Error(err)
		}
	}
	words := make([]string, 0, len(done))
	for _, a := range done {
		words = append(words, strings.Join(append([]string{a.Name}, a.Arguments...), " "))
		if a.Text == "" || a.Told != slices.Contains([]string{"start", "stop", "switch", "step-clock"}, a.Name) || a.Timed != (a.Name == "call-silent") {
			t.Errorf("%+v", a)
		}
	}
	want := []string{"start", "stop", "switch", "events count=3", "step-clock seconds=7200", "step-clock seconds=-14400", "call-silent"}
	if !slices.Equal(words, want) {
		t.Errorf("%q, want %q", words, want)
	}
	if d.Waits = true; d.StartsItself() {
		t.Error("it starts by itself, although it waits for being told")
	}
}

// TestEveryRequestHasAName has a driver that can do nothing: cases that need it
// are skipped with its reason, and every request that there is has a name.
func TestEveryRequestHasAName(t *testing.T) {
	centre := &conformance.Centre{Link: brisk, Patience: 20 * time.Second}
	supervised(t, listening(t, centre, 1)...)
	names := map[string]bool{}
	d := &conformance.Driven{Centre: centre, Armed: true, Driver: driver(func(a conformance.Action) error {
		if a.Case == "" || a.Text == "" {
			t.Errorf("%+v", a)
		}
		names[a.Name] = true
		return conformance.Unable("nobody is there")
	})}
	var r conformance.Report
	all := slices.DeleteFunc(cases(t, iec104.Controlling, "A1", "A10", "B15.address", "C2.deactivation", "C6.deactivation", "C11.directory", "C11.read", "C11.write", "C11.delete", "A15", "A19", "A26"),
		func(c iec104test.Case) bool { return c.ID == "A11" })
	conformance.Run(t.Context(), all, d, &conformance.Options{Armed: true, Prompt: 100 * time.Millisecond}, &r)
	for _, o := range r.Outcomes {
		want := iec104test.Skipped
		if o.Case.ID == "A10" {
			want = iec104test.Passed // as far as it goes without
		}
		if o.Status != want || want == iec104test.Skipped && !strings.Contains(o.Seen, "nobody is there") {
			t.Errorf("%s %s: %s; %s", o.Case.ID, o.Status, o.Expected, o.Seen)
		}
	}
	for _, name := range []string{
		"events", "interrogate", "counters", "read", "clock", "test", "reset", "delay", "parameter", "activate", "command",
		"stop", "step-clock", "call-silent",
		"cancel-interrogate", "cancel-command", "directory", "read-file", "write-file", "delete-file",
	} {
		if !names[name] {
			t.Errorf("nothing asks for %s", name)
		}
	}
	if t.Failed() {
		t.Log(fmt.Sprint(names))
	}
}
