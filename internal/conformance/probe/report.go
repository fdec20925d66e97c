package probe

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"stellwerk/iec104/asdu"
	"stellwerk/internal/finding"
)

// Report is what a probe has seen. Durations are in milliseconds; nil ones are
// not known.
type Report struct {
	Address        string          `json:"station"`
	TCP            *float64        `json:"tcp_ms,omitempty"`
	TLS            *float64        `json:"tls_ms,omitempty"`
	TLSVersion     string          `json:"tls_version,omitempty"`
	Start          *float64        `json:"startdt_ms,omitempty"`
	Test           *Spread         `json:"testfr_ms,omitempty"`
	Stop           *float64        `json:"stopdt_ms,omitempty"`
	Initialisation *Initialisation `json:"initialisation,omitempty"`
	// Broadcast tells that the stations were found by asking all of them.
	Broadcast bool       `json:"broadcast"`
	Stations  []*Station `json:"stations"`
	Clock     ClockError `json:"clock"`
	Window    *Window    `json:"window,omitempty"`
	Findings  []Finding  `json:"findings"`
}

// Spread is the least, the mean and the greatest of several measurements.
type Spread struct {
	Count int     `json:"count"`
	Min   float64 `json:"min"`
	Mean  float64 `json:"mean"`
	Max   float64 `json:"max"`
}

// Initialisation is the end of initialisation that a station has announced.
type Initialisation struct {
	CommonAddress asdu.CommonAddress       `json:"common_address"`
	Cause         asdu.InitializationCause `json:"cause"`
	Text          string                   `json:"text"`
}

// Station is what a common address has.
type Station struct {
	CommonAddress asdu.CommonAddress `json:"common_address"`
	// Answered tells how an interrogation ended: "terminated", "confirmed"
	// without an end, "refused", "silent", or "not finished".
	Answered string `json:"interrogation"`
	// Objects and ASDUs are those of the answer.
	Objects   int      `json:"objects"`
	ASDUs     int      `json:"asdus"`
	Confirmed *float64 `json:"confirmed_ms,omitempty"`
	Duration  *float64 `json:"duration_ms,omitempty"`
	Types     []*Type  `json:"types"`
	Groups    []Group  `json:"groups,omitempty"`
	// GroupsAsked tells that the groups were asked for.
	GroupsAsked bool `json:"groups_asked"`
	// Counters is how many integrated totals a general request has given, nil
	// where it was not answered.
	Counters *int `json:"counters,omitempty"`

	types map[asdu.TypeID]*Type
}

// Type is what of a station has a type.
type Type struct {
	ID        asdu.TypeID `json:"type_id"`
	Name      string      `json:"type"`
	Objects   int         `json:"objects"`
	Addresses string      `json:"addresses"`
	Causes    []string    `json:"causes"`

	addresses map[asdu.ObjectAddress]struct{}
	causes    map[asdu.Cause]struct{}
}

// Group is what an interrogation of a group has given.
type Group struct {
	Group   int `json:"group"`
	Objects int `json:"objects"`
}

// ClockError is by how much a station's clock is ahead.
type ClockError struct {
	Known  bool     `json:"known"`
	Error  *float64 `json:"error_ms,omitempty"`
	Source string   `json:"source,omitempty"`
}

// Window is how a station minds k, w and t2.
type Window struct {
	// K is after how many unacknowledged I frames it has stopped; with More it
	// has not, up to there.
	K    int  `json:"k"`
	More bool `json:"more,omitempty"`
	// W is after how many of ours it has acknowledged; 0 is not known.
	W int `json:"w,omitempty"`
	// T2 is after which time it has acknowledged a single one.
	T2 *float64 `json:"t2_ms,omitempty"`
	// Resumed tells that it went on after the acknowledgement.
	Resumed bool `json:"resumed"`
	// Text says why something is not known.
	Text string `json:"text,omitempty"`
}

// Finding is something that is wrong, and how often it was seen.
type Finding struct {
	Severity finding.Severity `json:"severity"`
	Code     finding.Code     `json:"code"`
	Text     string           `json:"text"`
	Clause   string           `json:"clause"`
	Count    int              `json:"count"`
	// Frame is the packet of the conversation that shows it first; 0 where it
	// is no single one.
	Frame int64 `json:"frame,omitempty"`
}

// Found adds a finding. Of the same code only the first stands in the report, with
// a count.
func (r *Report) Found(f finding.Finding, frame int64) {
	for i := range r.Findings {
		if r.Findings[i].Code == f.Code && (f.Code != finding.Malformed || r.Findings[i].Text == f.Text.EN) {
			r.Findings[i].Count++
			return
		}
	}
	r.Findings = append(r.Findings, Finding{Severity: f.Severity, Code: f.Code, Text: f.Text.EN, Clause: f.Clause, Count: 1, Frame: frame})
	slices.SortStableFunc(r.Findings, func(a, b Finding) int { return cmp.Compare(b.Severity, a.Severity) })
}

// Wrong reports whether there is a finding above a note.
func (r *Report) Wrong() bool {
	return slices.ContainsFunc(r.Findings, func(f Finding) bool { return f.Severity > finding.Note })
}

// finish brings what was collected into the form in which it is shown.
func (s *Station) finish() {
	s.Types = make([]*Type, 0, len(s.types))
	for _, id := range slices.Sorted(maps.Keys(s.types)) {
		t := s.types[id]
		t.Objects, t.Addresses = len(t.addresses), ranges(slices.Sorted(maps.Keys(t.addresses)))
		t.Causes = t.Causes[:0]
		for _, cause := range slices.Sorted(maps.Keys(t.causes)) {
			t.Causes = append(t.Causes, cause.String())
		}
		s.Types = append(s.Types, t)
	}
}

// maxRanges is how many ranges of addresses are written out.
const maxRanges = 8

// ranges writes sorted addresses: "100-102, 110".
func ranges(addresses []asdu.ObjectAddress) string {
	var parts []string
	for i := 0; i < len(addresses); {
		if len(parts) == maxRanges {
			parts = append(parts, fmt.Sprintf("… to %d", addresses[len(addresses)-1]))
			break
		}
		j := i
		for j+1 < len(addresses) && addresses[j+1] == addresses[j]+1 {
			j++
		}
		if j == i {
			parts = append(parts, fmt.Sprint(addresses[i]))
		} else {
			parts = append(parts, fmt.Sprintf("%d-%d", addresses[i], addresses[j]))
		}
		i = j + 1
	}
	return strings.Join(parts, ", ")
}
