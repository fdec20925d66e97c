package iec104test

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"stellwerk/iec104"
)

// Case is a behaviour that a station must show.
type Case struct {
	// ID names the case, such as "A9" or, where a requirement has several,
	// "C6.direct". Cases of both roles share it.
	ID string
	// Requirement is the row of the list of requirements, such as "A9" or "C6".
	Requirement string
	// Role is that of the station under test.
	Role iec104.Role
	// Title says in a sentence what must be.
	Title string
	// Clause is that of IEC 60870-5-104 with IDs that begin with A, and of IEC
	// 60870-5-101 with others unless it says otherwise.
	Clause string
	// Affects is what the case does to the process of a controlled station, or has
	// a controlling one ask for. Zero says that it asks and looks, and nothing
	// more.
	Affects Effects

	run func(*bench)
}

// Effects are what a case does to the process of a controlled station.
type Effects uint8

// The effects.
const (
	// Operates: commands are carried out, or would be if the station is wrong.
	Operates Effects = 1 << iota
	// FreezesCounters: integrated totals are frozen and reset.
	FreezesCounters
	// SetsParameters: parameters are loaded and activated.
	SetsParameters
	// SetsClock: the clock is set, and set right in the end.
	SetsClock
	// Resets: the process is reset, or the station started afresh.
	Resets
	// WritesFiles: files are written and deleted.
	WritesFiles
)

// String names the effects, such as "operates, sets the clock".
func (e Effects) String() string {
	var names []string
	for i, name := range []string{"operates", "freezes counters", "sets parameters", "sets the clock", "resets", "writes files"} {
		if e&(1<<i) != 0 {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return "nothing"
	}
	return strings.Join(names, ", ")
}

// Status is the outcome of a case.
type Status uint8

// The outcomes.
const (
	Passed Status = iota
	Failed
	// Skipped says that the subject cannot do what the case needs.
	Skipped
)

// String returns "passed", "failed" or "skipped".
func (s Status) String() string {
	switch s {
	case Passed:
		return "passed"
	case Failed:
		return "failed"
	case Skipped:
		return "skipped"
	default:
		return fmt.Sprintf("status %d", uint8(s))
	}
}

// Result is what came of a case.
type Result struct {
	Case   Case
	Status Status
	// Expected and Seen say of a failed case what should have happened and
	// what did; Seen says of a skipped one why, and of a passed one what the
	// subject has chosen where the standard leaves a choice.
	Expected, Seen string
	// Frames is the conversation, all connections of the case together.
	Frames []Frame
}

// Frame is a frame of the conversation.
type Frame struct {
	Time time.Time
	// Connection counts the connections of the case from 1.
	Connection int
	// Sent tells that the tester sent it.
	Sent bool
	// Octets are what was sent or received, whether an APDU or not; nil where
	// the subject closed the connection.
	Octets []byte
}

// RunOptions are how a case is run. Nil options, and fields that are zero, have
// the values named beside them.
type RunOptions struct {
	// Tolerance is by how much a timer may be off. Zero is half a second.
	Tolerance time.Duration
	// Prompt is how long the subject may take for what it is to do at once.
	// Zero is half a second.
	Prompt time.Duration
	// Inventory says what a controlled station has, in place of what the
	// subject says. Where both are nil a case finds out what it can.
	Inventory *Inventory
}

// Run runs the case. It ends early, as failed, when ctx ends. Cases of one
// subject must run one after the other.
func (c Case) Run(ctx context.Context, subject Subject, options *RunOptions) Result {
	b := &bench{wire: &wire{}, ctx: ctx, subject: subject, role: c.Role, p: subject.Parameters(), prompt: 500 * time.Millisecond}
	b.tolerance = b.prompt
	if known, ok := subject.(Inventoried); ok {
		b.inventory = known.Inventory()
	}
	if options != nil && options.Inventory != nil {
		b.inventory = options.Inventory
	}
	if options != nil && options.Tolerance > 0 {
		b.tolerance = options.Tolerance
	}
	if options != nil && options.Prompt > 0 {
		b.prompt = options.Prompt
	}
	c.run(b)
	b.closeAll()
	result := Result{Case: c, Seen: b.choice, Frames: b.log.all()}
	switch {
	case b.failure != nil:
		result.Status, result.Expected, result.Seen = Failed, b.failure.expected, b.failure.seen
	case b.skipped != "":
		result.Status, result.Seen = Skipped, b.skipped
	}
	return result
}

// Cases returns all cases in the order of their requirements, those of the
// controlled station before those of the controlling station with the same ID.
func Cases() []Case {
	var all []Case
	for _, r := range slices.Concat(windowRequirements, timerRequirements, transferRequirements, framingRequirements,
		refusalRequirements, structureRequirements, headerRequirements, causeRequirements, valueRequirements, typeRequirements,
		systemRequirements, interrogationRequirements, counterRequirements, readRequirements, clockRequirements,
		commandRequirements, parameterRequirements, transmissionRequirements, fileRequirements, redundancyRequirements) {
		for _, role := range []iec104.Role{iec104.Controlled, iec104.Controlling} {
			run := r.both
			if role == iec104.Controlled && r.controlled != nil {
				run = r.controlled
			}
			if role == iec104.Controlling && r.controlling != nil {
				run = r.controlling
			}
			if run != nil {
				row, _, _ := strings.Cut(r.id, ".")
				affects := r.affects
				if role == iec104.Controlling && r.told {
					affects = 0
				}
				all = append(all, Case{ID: r.id, Requirement: row, Role: role, Title: r.title, Clause: r.clause, Affects: affects, run: run})
			}
		}
	}
	slices.SortStableFunc(all, func(a, b Case) int {
		return cmp.Or(cmp.Compare(a.ID[0], b.ID[0]), cmp.Compare(a.number(), b.number()))
	})
	return all
}

// number returns the number of the requirement within its letter.
func (c Case) number() int {
	n, _ := strconv.Atoi(c.Requirement[1:])
	return n
}

// requirement is what cases are made of: what both stations must show in the
// same way, or one of them in its own.
type requirement struct {
	id, title, clause string
	affects           Effects
	told              bool // a controlling station is told something and asks for nothing that affects anything

	both, controlled, controlling func(*bench)
}
