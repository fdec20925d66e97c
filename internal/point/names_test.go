package point_test

import (
	"encoding/json"
	"fmt"
	"sync"
	"testing"
	"time"

	"stellwerk/internal/point"
	"stellwerk/wire"
)

func TestQuality(t *testing.T) {
	for _, row := range []struct {
		quality                     point.Quality
		text, json, english, german string
	}{
		{point.Good, "good", "[]", "good", "gut"},
		{point.NotTopical | point.Invalid, "NT IV", `["not-topical","invalid"]`, "not topical: the last refresh failed, must not be used", "nicht aktuell, ungültig"},
		{point.Overflow | point.Blocked | point.Substituted, "OV BL SB", `["overflow","blocked","substituted"]`, "beyond the range of its place, transmission blocked, substituted by hand or program", "Überlauf, blockiert, ersetzt"},
	} {
		written, err := json.Marshal(row.quality)
		if err != nil || string(written) != row.json {
			t.Errorf("JSON is %s, %v; want %s", written, err, row.json)
		}
		if row.quality.String() != row.text || row.quality.Text() != (wire.Text{EN: row.english, DE: row.german}) {
			t.Errorf("%q %q", row.quality, row.quality.Text())
		}
	}
	if !point.Invalid.Has(point.Invalid) || point.Invalid.Has(point.Invalid|point.Blocked) {
		t.Error("Has does not ask for all flags")
	}
}

func TestTime(t *testing.T) {
	moment := time.Date(2009, 8, 13, 12, 34, 1, 5e6, time.FixedZone("", 7200))
	for _, row := range []struct {
		time  point.Time
		known bool
		text  string
	}{
		{point.Time{}, false, "no time"},
		{point.SourceTime(moment, point.TimeSummer), true, "2009-08-13T10:34:01.005Z summer"},
		{point.SourceTime(time.Time{}, point.TimeInvalid), true, "impossible invalid"},
		{point.ReceptionTime(point.InstantOf(moment)), true, "2009-08-13T10:34:01.005Z reception invalid"},
		{point.SourceTime(moment, point.TimeReception|point.TimeSubstituted), true, "2009-08-13T10:34:01.005Z substituted"},
	} {
		if row.time.Known() != row.known || row.time.String() != row.text {
			t.Errorf("%v is %q, want %q", row.time, row.time, row.text)
		}
	}
	if !point.Instant(0).Time().IsZero() || !point.InstantOf(moment).Time().Equal(moment) {
		t.Error("instants do not come back")
	}
}

func TestCauses(t *testing.T) {
	for cause, want := range map[point.Cause]string{
		point.CauseSpontaneous:      "spontaneous",
		point.CauseReturnRemote:     "return information, remote command",
		point.InterrogatedGroup(16): "interrogated group 16",
		point.InterrogatedGroup(17): "interrogated",
		point.CounterGroup(4):       "interrogated counter group 4",
		point.CounterGroup(0):       "interrogated counters",
		point.Cause(44):             "cause 44",
	} {
		if got := cause.String(); got != want {
			t.Errorf("cause %d is %q, want %q", uint8(cause), got, want)
		}
	}
	for cause := range point.Cause(64) {
		repeats := cause == 1 || cause == 2 || cause == 5 || cause >= 20 && cause <= 41
		if cause.Repeats() != repeats {
			t.Errorf("Repeats of cause %d is %v", uint8(cause), cause.Repeats())
		}
	}
}

// Unknown numbers print as numbers; all known ones have both languages.
func TestEveryCodeHasItsNames(t *testing.T) {
	for _, kind := range point.Kinds() {
		if kind.String() == "" || incomplete(kind.Text()) {
			t.Errorf("kind %d lacks a name", uint8(kind))
		}
	}
	for reason := point.ReasonUnknownPoint; reason <= point.ReasonNotSupported; reason++ {
		if reason.String() == "" || incomplete(reason.Text()) {
			t.Errorf("reason %d lacks a name", uint8(reason))
		}
	}
	for outcome := point.Confirmed; outcome <= point.Cancelled; outcome++ {
		if incomplete(outcome.Text()) {
			t.Errorf("outcome %d lacks a name", uint8(outcome))
		}
	}
	for _, unknown := range []fmt.Stringer{point.Kind(200), point.Reason(200), point.Outcome(200), point.Action(200), point.DoubleState(200)} {
		var number int
		var word string
		if _, err := fmt.Sscan(unknown.String(), &word, &number); err != nil || number != 200 {
			t.Errorf("an unknown code prints as %q", unknown)
		}
	}
}

func TestResultInASentence(t *testing.T) {
	for want, result := range map[string]point.Result{
		"confirmed": {Outcome: point.Confirmed},
		"refused: no route allows commands on this point":  point.Refusal(point.ReasonNotAllowed, ""),
		"refused: the far end refused it: ADS error 0x70B": point.Refusal(point.ReasonFarEnd, "ADS error 0x70B"),
	} {
		if result.String() != want {
			t.Errorf("%q, want %q", result, want)
		}
	}
}

func TestTracesAreGivenOnce(t *testing.T) {
	var traces point.Traces
	traces.After(100)
	traces.After(50)
	var (
		mu   sync.Mutex
		seen = map[point.Trace]bool{}
		wg   sync.WaitGroup
	)
	for range 8 {
		wg.Go(func() {
			for range 200 {
				trace := traces.Next()
				mu.Lock()
				if seen[trace] || trace <= 100 {
					t.Errorf("trace %v twice or too low", trace)
				}
				seen[trace] = true
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	if got := traces.Next(); got != 1701 {
		t.Errorf("the next trace is %v, want #1701", got)
	}
}

func incomplete(text wire.Text) bool { return text.EN == "" || text.DE == "" }
