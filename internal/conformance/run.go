package conformance

import (
	"context"
	"time"

	"stellwerk/iec104"
	"stellwerk/iec104/asdu"
	"stellwerk/iec104/iec104test"
)

// Options are how cases are run.
type Options struct {
	// Armed allows cases that operate the process of a controlled station, or
	// change anything else in it.
	Armed bool
	// Prompt and Tolerance are those of [iec104test.RunOptions].
	Prompt, Tolerance time.Duration
	// Inventory is what a controlled station has. Nil has each case ask.
	Inventory *iec104test.Inventory
	// Began, where it is not nil, is called before each case that is run.
	Began func(iec104test.Case)
	// Ended, where it is not nil, is called with each outcome. Only there have
	// outcomes that did not fail their frames.
	Ended func(Outcome)
}

// Outcome is what came of a case.
type Outcome struct {
	iec104test.Result
	// Began is when the case was run, and Took how long it took; both are zero
	// where it was not run.
	Began time.Time
	Took  time.Duration

	ends []endpointPair // of its connections, in order
}

// NotArmed is the reason of cases that are skipped for want of [Options.Armed].
const NotArmed = "it changes something in the device: --arm allows it"

// limit is how long a case may take beyond what its timers need: far more than
// any does, so that a run always ends. With a driver, which may be a person, a
// case takes as long as its questions.
const (
	limit       = 10 * time.Minute
	drivenLimit = 12 * time.Hour
)

// remembering is a subject that knows between whom its connections were, and
// whether there can be another one.
type remembering interface{ remembered() *endpoints }

// beginning is a subject with a driver, which hears of each case.
type beginning interface {
	begin(ctx context.Context, id string)
}

func (d *Device) remembered() *endpoints { return &d.ends }
func (c *Centre) remembered() *endpoints { return &c.ends }

// Run runs cases one after the other and adds their outcomes to the report. When
// ctx ends, and when a [Device] or a [Centre] cannot be connected with any more,
// the cases that are left are skipped with that reason; the report says so.
func Run(ctx context.Context, cases []iec104test.Case, subject iec104test.Subject, options *Options, report *Report) {
	report.Began = time.Now()
	report.Parameters = subject.Parameters()
	report.Inventory = options.Inventory
	for _, c := range cases {
		outcome := Outcome{Result: iec104test.Result{Case: c, Status: iec104test.Skipped}}
		switch {
		case report.Interrupted:
			outcome.Seen = "interrupted"
		case report.Vanished != nil:
			outcome.Seen = "the other side cannot be connected with any more since " + report.LastCase
		case c.Affects != 0 && !options.Armed:
			outcome.Seen = NotArmed
		default:
			outcome = runCase(ctx, c, subject, options, report)
		}
		if options.Ended != nil {
			options.Ended(outcome)
		}
		if outcome.Status != iec104test.Failed {
			outcome.Frames = nil // no report shows them
		}
		report.Outcomes = append(report.Outcomes, outcome)
	}
	report.Ended = time.Now()
}

func runCase(ctx context.Context, c iec104test.Case, subject iec104test.Subject, options *Options, report *Report) Outcome {
	if options.Began != nil {
		options.Began(c)
	}
	p := subject.Parameters()
	longest := limit
	driven, isDriven := subject.(beginning)
	if isDriven {
		longest = drivenLimit
	}
	inCase, cancel := context.WithTimeout(context.WithValue(ctx, runKey{}, ctx), longest+10*(p.T1+p.T2+p.T3))
	defer cancel()
	if isDriven {
		driven.begin(inCase, c.ID)
	}
	began := time.Now()
	result := c.Run(inCase, subject, &iec104test.RunOptions{
		Tolerance: options.Tolerance, Prompt: options.Prompt, Inventory: options.Inventory,
	})
	outcome := Outcome{Result: result, Began: began, Took: time.Since(began)}
	var vanished error
	if r, ok := subject.(remembering); ok {
		outcome.ends, vanished = r.remembered().take()
	}
	report.LastCase = c.ID
	switch {
	case ctx.Err() != nil:
		report.Interrupted = true
		if result.Status == iec104test.Failed { // because of that, as far as anybody knows
			outcome.Status, outcome.Expected, outcome.Seen = iec104test.Skipped, "", "interrupted"
		}
	case vanished != nil:
		report.Vanished = vanished
	}
	return outcome
}

// Discover asks a controlled station what it has: the stations with the common
// addresses that are named, or all.
func Discover(ctx context.Context, device iec104test.Subject, prompt time.Duration, stations ...asdu.CommonAddress) (*iec104test.Inventory, error) {
	found, err := iec104test.Discover(context.WithValue(ctx, runKey{}, ctx), device, &iec104test.RunOptions{
		Prompt: prompt, Inventory: &iec104test.Inventory{CommonAddresses: stations},
	})
	if r, ok := device.(remembering); ok {
		if _, vanished := r.remembered().take(); vanished != nil {
			return nil, vanished
		}
	}
	return found, err
}

// Rest says about how long the cases take that would be run.
func Rest(cases []iec104test.Case, p iec104.Parameters, armed bool) time.Duration {
	var sum time.Duration
	for _, c := range cases {
		if c.Affects == 0 || armed {
			sum += Estimate(c, p)
		}
	}
	return sum
}
