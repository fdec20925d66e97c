package conformance

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"stellwerk/iec104"
	"stellwerk/iec104/iec104test"
)

// Report is what came of a run.
type Report struct {
	// Role is that of the station under test, and Target its address, or the one
	// at which it was waited for.
	Role   iec104.Role
	Target string
	// Program is who ran the cases, with its version.
	Program string
	// Command is the command line that did, and Options what else was chosen.
	Command string
	// Parameters are what the device is set to, as the user said.
	Parameters iec104.Parameters
	// Inventory is what a controlled station has; nil where that is not known.
	Inventory *iec104test.Inventory

	Began, Ended time.Time
	Outcomes     []Outcome
	// Interrupted tells that somebody has ended the run, Vanished why the device
	// could not be connected with any more.
	Interrupted bool
	Vanished    error
	// LastCase is the case that was run last.
	LastCase string
}

// Count returns how many cases had a status.
func (r *Report) Count(status iec104test.Status) int {
	n := 0
	for _, o := range r.Outcomes {
		if o.Status == status {
			n++
		}
	}
	return n
}

// Verdict says in a sentence how the run has ended.
func (r *Report) Verdict() string {
	failed, passed := r.Count(iec104test.Failed), r.Count(iec104test.Passed)
	switch {
	case r.Vanished != nil:
		return fmt.Sprintf("The other side cannot be connected with any more since %s: %v.", r.LastCase, r.Vanished)
	case r.Interrupted:
		return fmt.Sprintf("Interrupted at %s.", r.LastCase)
	case failed > 0:
		return Counted(failed) + " failed."
	case passed == 0:
		return "No case was run to its end."
	case r.Count(iec104test.Skipped) > 0:
		return "Every case that was run has passed."
	default:
		return "Every case has passed."
	}
}

// Counted writes a number of cases, such as "1 case" or "26 cases".
func Counted(cases int) string {
	if cases == 1 {
		return "1 case"
	}
	return fmt.Sprintf("%d cases", cases)
}

// Summary counts the cases, such as "26 cases: 24 passed, 1 failed, 1 skipped".
func (r *Report) Summary() string {
	return fmt.Sprintf("%s: %d passed, %d failed, %d skipped", Counted(len(r.Outcomes)),
		r.Count(iec104test.Passed), r.Count(iec104test.Failed), r.Count(iec104test.Skipped))
}

// skip is a reason and who has it.
type skip struct {
	reason string
	cases  []string
}

// Skips returns the reasons why cases were skipped, in the order in which they
// first came.
func (r *Report) skips() []skip {
	var all []skip
	at := map[string]int{}
	for _, o := range r.Outcomes {
		if o.Status != iec104test.Skipped {
			continue
		}
		i, known := at[o.Seen]
		if !known {
			i = len(all)
			at[o.Seen] = i
			all = append(all, skip{reason: o.Seen})
		}
		all[i].cases = append(all[i].cases, o.Case.ID)
	}
	return all
}

// expected returns what should have happened: of cases that have not failed the
// whole of it.
func (o *Outcome) expected() string { return cmp.Or(o.Expected, o.Case.Title) }

// seen returns what happened, or why nothing did.
func (o *Outcome) seen() string { return cmp.Or(o.Seen, "as expected") }

// settings are the parameters in a line.
func (r *Report) settings() string {
	p := r.Parameters
	return fmt.Sprintf("k=%d w=%d t0=%v t1=%v t2=%v t3=%v", p.K, p.W, p.T0, p.T1, p.T2, p.T3)
}

// found says in a line what is known of a controlled station.
func (r *Report) found() string {
	i := r.Inventory
	if i == nil {
		return ""
	}
	var addresses []string
	for _, a := range i.CommonAddresses {
		addresses = append(addresses, fmt.Sprint(a))
	}
	if len(addresses) == 0 {
		addresses = []string{"unknown"}
	}
	return fmt.Sprintf("common address %s; %d points, %d counters, %d objects that may be operated, %d parameters, %d files",
		strings.Join(addresses, ", "), len(i.Points), len(i.Counters), len(i.Controls), len(i.Parameters), len(i.Files))
}

// seconds writes a duration with tenths of a second.
func seconds(d time.Duration) string { return fmt.Sprintf("%.1f s", d.Seconds()) }
