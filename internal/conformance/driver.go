package conformance

import (
	"context"
	"errors"
	"fmt"
	"time"

	"stellwerk/iec104/asdu"
	"stellwerk/iec104/iec104test"
)

// Driver makes a control centre or a station do something: a person does who
// operates it, or a program.
type Driver interface {
	// Drive returns when the action is done; a control centre has then said what
	// came of it: nil where it takes it for carried out. An error that is
	// [errors.ErrUnsupported] says that it cannot do this; any other that it takes
	// it for failed.
	Drive(ctx context.Context, a Action) error
}

// Driven is a control centre that does what it is told by a driver. It is an
// [iec104test.Requester], an [iec104test.EventSource], an
// [iec104test.SelfStarter], an [iec104test.ClockStepper], an
// [iec104test.SilentDialer] and an [iec104test.LineSwitcher].
type Driven struct {
	*Centre
	Driver Driver
	// Armed allows requests that would change something in a real station:
	// commands, clock, freezing of counters, parameters, reset, writing and
	// deleting of files. It allows steps of the control centre's own clock too.
	Armed bool
	// Waits tells that the control centre does not start data transfer by itself,
	// but when it is told to.
	Waits bool
	// Within is how long the driver may take. Zero is two minutes.
	Within time.Duration

	present present
}

var (
	_ iec104test.Requester    = (*Driven)(nil)
	_ iec104test.EventSource  = (*Driven)(nil)
	_ iec104test.SelfStarter  = (*Driven)(nil)
	_ iec104test.ClockStepper = (*Driven)(nil)
	_ iec104test.SilentDialer = (*Driven)(nil)
	_ iec104test.LineSwitcher = (*Driven)(nil)
	_ iec104test.Deliberate   = (*Driven)(nil)
)

// answeredAfter is what a request takes beyond what the driver does.
const answeredAfter = 5 * time.Second

// Deliberation is part of [iec104test.Deliberate].
func (d *Driven) Deliberation() time.Duration { return driverTime(d.Within) + answeredAfter }

// errNotArmed is for requests that need --arm.
var errNotArmed = &unable{"it would change something in a real station, which --arm allows"}

// unable says why something cannot be done.
type unable struct{ why string }

func (e *unable) Error() string        { return e.why }
func (e *unable) Is(target error) bool { return target == errors.ErrUnsupported }

// Unable returns an error that is [errors.ErrUnsupported], for drivers.
func Unable(why string) error { return &unable{why} }

// Do is part of [iec104test.Requester].
func (d *Driven) Do(ctx context.Context, r iec104test.Request) error {
	a, err := actionOf(r)
	if err == nil && a.changes && !d.Armed {
		err = errNotArmed
	}
	if err != nil {
		return err
	}
	return d.drive(ctx, a)
}

// Event is part of [iec104test.EventSource].
func (d *Driven) Event(n int) error {
	return d.drive(d.present.context(), Action{
		Name: "events", Arguments: []string{fmt.Sprintf("count=%d", n)}, Count: n,
		Text: fmt.Sprintf("send %d requests of any kind, at once", n),
	})
}

// Switch is part of [iec104test.LineSwitcher].
func (d *Driven) Switch() error {
	return d.drive(d.present.context(), Action{Name: "switch", Told: true, Text: "make another of its connections the active one"})
}

// Start is part of [iec104test.Starter].
func (d *Driven) Start() error {
	return d.drive(d.present.context(), Action{Name: "start", Told: true, Text: "start data transfer on its connection (STARTDT act)"})
}

// Stop is part of [iec104test.Starter].
func (d *Driven) Stop() error {
	return d.drive(d.present.context(), Action{Name: "stop", Told: true, Text: "stop data transfer on its connection (STOPDT act)"})
}

// StartsItself is part of [iec104test.SelfStarter].
func (d *Driven) StartsItself() bool { return !d.Waits }

// StepClock is part of [iec104test.ClockStepper].
func (d *Driven) StepClock(by time.Duration) error {
	if !d.Armed {
		return &unable{"it would change the clock of the control centre, which --arm allows"}
	}
	return d.drive(d.present.context(), clockStep(by))
}

// clockStep is a step of the clock of whoever is driven.
func clockStep(by time.Duration) Action {
	text := fmt.Sprintf("put its own clock forward by %v", by)
	if by < 0 {
		text = fmt.Sprintf("put its own clock back by %v", -by)
	}
	return Action{Name: "step-clock", Arguments: []string{fmt.Sprintf("seconds=%d", int(by.Seconds()))}, Told: true, Text: text}
}

// DialSilent is part of [iec104test.SilentDialer].
func (d *Driven) DialSilent(ctx context.Context) error {
	return driveWithin(ctx, d.Driver, driverTime(d.Within)+d.Parameters().T0, d.present.name(Action{
		Name: "call-silent", Timed: true, Text: "call an address where nobody answers, until it gives up",
	}))
}

func (d *Driven) drive(ctx context.Context, a Action) error {
	return driveWithin(ctx, d.Driver, driverTime(d.Within), d.present.name(a))
}

func (d *Driven) begin(ctx context.Context, id string) { d.present.begin(ctx, id) }

// Action is what a control centre or a station is to do.
type Action struct {
	// Case is the ID of the case that wants it.
	Case string
	// Name is one word, and Arguments are all of the form name=value.
	Name      string
	Arguments []string
	// Text says it to a person, such as "send a read command for address 5 to
	// station 1 (C_RD_NA_1)".
	Text string
	// Count is how many I frames are wanted at once, 0 where the action is no
	// such.
	Count int
	// Told tells that it is to be told, and that what comes of it shows by itself.
	Told bool
	// Timed tells that it matters how long it takes, to a fraction of a second.
	Timed bool

	changes bool // something in a real station
}

// actionOf names a request.
func actionOf(r iec104test.Request) (Action, error) {
	a := Action{Arguments: []string{"type=" + r.Type.String(), fmt.Sprintf("station=%d", r.CommonAddress)}}
	where := fmt.Sprintf("to station %d (%s", r.CommonAddress, r.Type)
	if r.CommonAddress == 0xffff {
		where = fmt.Sprintf("to all stations, common address 65535 (%s", r.Type)
	}
	say := func(format string, arguments ...any) {
		a.Text = "send " + fmt.Sprintf(format, arguments...) + " " + where
	}
	argue := func(format string, arguments ...any) {
		a.Arguments = append(a.Arguments, fmt.Sprintf(format, arguments...))
	}
	switch o := r.Object.(type) {
	case asdu.Interrogation:
		a.Name = "interrogate"
		say("an interrogation with qualifier %d, %s,", o.Qualifier, o.Qualifier.Text().EN)
		argue("qualifier=%d", o.Qualifier)
	case asdu.CounterInterrogation:
		a.Name, a.changes = "counters", o.Freeze != 0
		say("a counter interrogation with request %d, %s, and freeze %d,", o.Request, o.Request.Text().EN, o.Freeze)
		argue("request=%d", o.Request)
		argue("freeze=%d", o.Freeze)
	case asdu.Read:
		a.Name = "read"
		say("a read command for object %d", o.Address)
		argue("address=%d", o.Address)
	case asdu.TestCommand, asdu.TimedTestCommand:
		a.Name = "test"
		say("a test command")
	case asdu.DelayAcquisition:
		a.Name = "delay"
		say("a delay acquisition command")
	case asdu.ClockSynchronization:
		a.Name, a.changes = "clock", true
		say("a clock synchronization")
	case asdu.ResetProcess:
		a.Name, a.changes = "reset", true
		say("a reset process command with qualifier %d", o.Qualifier)
		argue("qualifier=%d", o.Qualifier)
	case asdu.NormalizedParameter:
		a.parameter(say, argue, o.Address, o.Qualifier, o.Value.Float64())
	case asdu.ScaledParameter:
		a.parameter(say, argue, o.Address, o.Qualifier, o.Value)
	case asdu.FloatParameter:
		a.parameter(say, argue, o.Address, o.Qualifier, o.Value)
	case asdu.ParameterActivation:
		a.Name, a.changes = "activate", true
		say("a parameter activation for object %d with qualifier %d", o.Address, o.Qualifier)
		argue("address=%d", o.Address)
		argue("qualifier=%d", o.Qualifier)
	case asdu.FileCall:
		a.Name, a.changes = fileActions[o.Action], o.Action == asdu.DeleteFile
		switch a.Name {
		case "directory":
			a.Text = "call the directory of files of station " + where[len("to station "):]
		case "":
			return a, Unable("this call of a file has no name here")
		default:
			a.Text = fmt.Sprintf("%s file %d of object %d of station %s", map[string]string{"read-file": "read", "delete-file": "delete"}[a.Name],
				o.File, o.Address, where[len("to station "):])
			argue("address=%d", o.Address)
			argue("file=%d", o.File)
		}
	case asdu.FileReady:
		a.Name, a.changes = "write-file", true
		a.Text = fmt.Sprintf("write a file of %d octets as file %d of object %d of station %s", o.Length, o.File, o.Address, where[len("to station "):])
		argue("address=%d", o.Address)
		argue("file=%d", o.File)
		argue("length=%d", o.Length)
	default:
		if !a.command(say, argue, r) {
			return a, Unable("this request has no name here")
		}
	}
	a.Text += ")"
	if r.Cancel {
		a.Name = "cancel-" + a.Name
		a.Text = "break off, with cause 8: " + a.Text
	}
	return a, nil
}

var fileActions = map[asdu.FileAction]string{
	asdu.FileDefault: "directory", asdu.RequestFile: "read-file", asdu.DeleteFile: "delete-file",
}

type speaker func(format string, arguments ...any)

func (a *Action) parameter(say, argue speaker, address asdu.ObjectAddress, q asdu.ParameterQualifier, value any) {
	a.Name, a.changes = "parameter", true
	say("the parameter %v of kind %d for object %d", value, q.Kind, address)
	argue("address=%d", address)
	argue("kind=%d", q.Kind)
	argue("value=%v", value)
}

// command names commands to the process, and reports whether it is one.
func (a *Action) command(say, argue speaker, r iec104test.Request) bool {
	var value any
	qualifier := 0
	switch o := r.Object.(type) {
	case asdu.SingleCommand:
		value, qualifier = map[bool]string{false: "off", true: "on"}[o.Value], int(o.Qualifier)
	case asdu.DoubleCommand:
		value, qualifier = map[asdu.DoubleCommandState]string{asdu.CommandOff: "off", asdu.CommandOn: "on"}[o.Value], int(o.Qualifier)
	case asdu.StepCommand:
		value, qualifier = map[asdu.StepCommandState]string{asdu.NextLower: "lower", asdu.NextHigher: "higher"}[o.Value], int(o.Qualifier)
	case asdu.NormalizedSetpoint:
		value = o.Value.Float64()
	case asdu.ScaledSetpoint:
		value = o.Value
	case asdu.FloatSetpoint:
		value = o.Value
	case asdu.BitStringCommand:
		value = o.Value
	default:
		return false
	}
	a.Name, a.changes = "command", true
	how := "without select"
	if r.Select {
		how = "with select"
	}
	say("a command %s, value %v, qualifier %d, for object %d", how, value, qualifier, r.Object.IOA())
	argue("address=%d", r.Object.IOA())
	argue("value=%v", value)
	argue("qualifier=%d", qualifier)
	argue("select=%v", r.Select)
	return true
}
