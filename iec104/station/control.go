package station

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"time"

	"stellwerk/iec104"
	"stellwerk/iec104/asdu"
)

// SelectMode says whether a control must be selected before it is operated
// (IEC 60870-5-5, 6.8).
type SelectMode uint8

// The modes.
const (
	// SelectAllowed takes direct commands, and select and execute.
	SelectAllowed SelectMode = iota
	// SelectRequired takes no direct commands.
	SelectRequired
	// SelectNever takes direct commands alone.
	SelectNever
)

// String returns "allowed", "required" or "never".
func (m SelectMode) String() string {
	names := [...]string{"allowed", "required", "never"}
	if int(m) < len(names) {
		return names[m]
	}
	return fmt.Sprintf("select mode %d", uint8(m))
}

// Control is an object that takes commands.
type Control struct {
	Address asdu.ObjectAddress
	// Type is that of the command, 45 to 51 or 58 to 64. With one of 45 to 51
	// the type with time tag is taken too; with one of 58 to 64 a command must
	// have a time tag.
	Type asdu.TypeID
	// Name is for people.
	Name string
	// Feedback is the point of the same sector that follows the command: its
	// return information. Zero is none; a step command needs one. A single or
	// double command moves a single or double point, a step command a step
	// position, a set-point any measured value, a bit string a bit string.
	Feedback asdu.ObjectAddress
	// Select says whether it must be selected. Bit strings cannot be.
	Select SelectMode
	// Running is how long the process takes to arrive. Meanwhile a double point
	// is intermediate, a step position transient, and further commands to the
	// control are refused. Zero arrives at once.
	Running time.Duration
	// Momentary lets single and double points go back when the pulse of the
	// command ends: the feedback is the output itself. Without it the feedback
	// is switchgear that stays where the pulse has put it.
	Momentary bool
	// ShortPulse and LongPulse are the durations of the pulses that commands
	// ask for. Zero is 500 ms, and 2 s. Commands without pulse and those with
	// persistent output hold.
	ShortPulse, LongPulse time.Duration
	// Qualifiers are the qualifiers of command that are taken. Nil is all that
	// the standard defines: 0 to 3, and 0 for set-points.
	Qualifiers []uint8
	// Low and High limit set-points and step positions; beyond them commands
	// are refused. Both zero are the limits of the type.
	Low, High float64
	// Blocked refuses all commands from the beginning, see
	// [Station.BlockControl].
	Blocked bool
	// MaxAge is how old the time tag of a command may be, or how far in the
	// future. Zero is that of the station's options, below zero any age.
	MaxAge time.Duration
}

// commandType returns the type of a command without time tag, and whether t
// has one.
func commandType(t asdu.TypeID) (plain asdu.TypeID, timed, ok bool) {
	switch {
	case t >= asdu.C_SC_NA_1 && t <= asdu.C_BO_NA_1:
		return t, false, true
	case t >= asdu.C_SC_TA_1 && t <= asdu.C_BO_TA_1:
		return t - asdu.C_SC_TA_1 + asdu.C_SC_NA_1, true, true
	default:
		return 0, false, false
	}
}

// fits reports whether a command can move a point.
func fits(command asdu.TypeID, f family) bool {
	switch command {
	case asdu.C_SC_NA_1, asdu.C_DC_NA_1:
		return f == singlePoint || f == doublePoint
	case asdu.C_RC_NA_1:
		return f == stepPosition
	case asdu.C_BO_NA_1:
		return f == bitString
	default:
		return f.measured()
	}
}

// Operation is a command to a control.
type Operation struct {
	// Station is the common address.
	Station asdu.CommonAddress
	// Control is the object that is to be operated.
	Control Control
	// Command is the command itself, such as an [asdu.SingleCommand].
	Command asdu.Object
	// Select says that it is only to be selected.
	Select bool
	// Request is where the command came from, nil for a local operation.
	Request *iec104.Command
}

// Local reports whether the operation was made at the station itself.
func (o *Operation) Local() bool { return o.Request == nil }

// Decision is what an application says to a command that the station would
// carry out.
type Decision uint8

// The decisions.
const (
	// CarryOut lets the station carry it out.
	CarryOut Decision = iota
	// Refuse answers negatively.
	Refuse
	// TakeOver leaves everything to the application: it confirms or refuses,
	// sets points and terminates, by the methods of [Operation.Request]. Local
	// operations are not answered.
	TakeOver
)

// Why a command was refused, for [Options.Refused].
var (
	ErrNotSelected   = errors.New("the object must be selected first")
	ErrNotSelectable = errors.New("the object cannot be selected")
	ErrTime          = errors.New("the time of the command is too far from the station's, or no time")
	ErrRange         = errors.New("the value or qualifier is not permitted")
	ErrEnd           = errors.New("the step position is at its end")
	ErrRunning       = errors.New("a command is being carried out")
	ErrLocal         = errors.New("the station is operated locally")
	ErrBlocked       = errors.New("the object is blocked")
	ErrTest          = errors.New("the station is in test mode, and the command is not a test")
	ErrDeclined      = errors.New("the application has declined")
)

// control is a control of a running station. Its fields are guarded by
// Station.mu, apart from those that never change.
type control struct {
	Control
	plain    asdu.TypeID
	timed    bool
	sector   *sector
	feedback *point // nil where there is none

	blocked bool
	running *Operation // being carried out
}

// newControl returns a control; the points of the sector must be there.
func newControl(s *sector, c Control) (*control, error) {
	plain, timed, ok := commandType(c.Type)
	switch {
	case !ok:
		return nil, fmt.Errorf("type %s is no command to the process", c.Type)
	case c.Select > SelectNever:
		return nil, fmt.Errorf("no such select mode: %d", c.Select)
	case plain == asdu.C_BO_NA_1 && c.Select == SelectRequired:
		return nil, fmt.Errorf("%s cannot be selected", c.Type)
	case c.Feedback == 0 && plain == asdu.C_RC_NA_1:
		return nil, fmt.Errorf("%s needs a step position as feedback", c.Type)
	case c.Low > c.High:
		return nil, fmt.Errorf("low limit %v is above the high limit %v", c.Low, c.High)
	case c.Running < 0 || c.ShortPulse < 0 || c.LongPulse < 0:
		return nil, errors.New("a duration is below 0")
	}
	control := &control{Control: c, plain: plain, timed: timed, sector: s, blocked: c.Blocked}
	control.ShortPulse = cmp.Or(c.ShortPulse, 500*time.Millisecond)
	control.LongPulse = cmp.Or(c.LongPulse, 2*time.Second)
	if plain == asdu.C_BO_NA_1 {
		control.Select = SelectNever
	}
	if c.Feedback != 0 {
		control.feedback = s.points[c.Feedback]
		switch {
		case control.feedback == nil:
			return nil, fmt.Errorf("feedback %d: there is no such point", c.Feedback)
		case !fits(plain, control.feedback.family):
			return nil, fmt.Errorf("feedback %d: %s does not move a point of type %s", c.Feedback, c.Type, control.feedback.Type)
		}
	}
	return control, nil
}

// command is what the commands have in common.
type command struct {
	plain     asdu.TypeID
	on        bool // single and double commands
	step      int  // step commands: -1 or 1
	number    float64
	qualifier uint8
	permitted bool
	selecting bool
	time      asdu.Time
}

// read takes a command object apart; false where it is none.
func read(o asdu.Object) (command, bool) {
	switch o := o.(type) {
	case asdu.SingleCommand:
		return command{plain: asdu.C_SC_NA_1, on: o.Value, qualifier: uint8(o.Qualifier), permitted: true, selecting: o.Select, time: o.Time}, true
	case asdu.DoubleCommand:
		return command{plain: asdu.C_DC_NA_1, on: o.Value == asdu.CommandOn, qualifier: uint8(o.Qualifier), permitted: o.Value.Permitted(), selecting: o.Select, time: o.Time}, true
	case asdu.StepCommand:
		step := 1
		if o.Value == asdu.NextLower {
			step = -1
		}
		return command{plain: asdu.C_RC_NA_1, step: step, qualifier: uint8(o.Qualifier), permitted: o.Value.Permitted(), selecting: o.Select, time: o.Time}, true
	case asdu.NormalizedSetpoint:
		return command{plain: asdu.C_SE_NA_1, number: o.Value.Float64(), qualifier: uint8(o.Qualifier), permitted: true, selecting: o.Select, time: o.Time}, true
	case asdu.ScaledSetpoint:
		return command{plain: asdu.C_SE_NB_1, number: float64(o.Value), qualifier: uint8(o.Qualifier), permitted: true, selecting: o.Select, time: o.Time}, true
	case asdu.FloatSetpoint:
		// Neither NaN nor an infinity is something to set a process to.
		number := float64(o.Value)
		return command{plain: asdu.C_SE_NC_1, number: number, qualifier: uint8(o.Qualifier), permitted: number-number == 0, selecting: o.Select, time: o.Time}, true
	case asdu.BitStringCommand:
		return command{plain: asdu.C_BO_NA_1, number: float64(o.Value), permitted: true, time: o.Time}, true
	default:
		return command{}, false
	}
}

// takes reports whether the control takes value and qualifier.
func (c *control) takes(k command) bool {
	if !k.permitted {
		return false
	}
	switch k.plain {
	case asdu.C_SC_NA_1, asdu.C_DC_NA_1, asdu.C_RC_NA_1:
		if c.Qualifiers == nil {
			return k.qualifier <= uint8(asdu.PersistentPulse)
		}
	case asdu.C_BO_NA_1:
		return true
	default:
		if (c.Low != 0 || c.High != 0) && (k.number < c.Low || k.number > c.High) {
			return false
		}
		if c.Qualifiers == nil {
			return k.qualifier == 0
		}
	}
	return slices.Contains(c.Qualifiers, k.qualifier)
}

// pulse returns how long the output is held, false where it stays. The
// qualifiers of set-points are others, and ask for no pulse.
func (c *control) pulse(k command) (time.Duration, bool) {
	if k.plain > asdu.C_RC_NA_1 {
		return 0, false
	}
	switch asdu.PulseQualifier(k.qualifier) {
	case asdu.ShortPulse:
		return c.ShortPulse, true
	case asdu.LongPulse:
		return c.LongPulse, true
	default:
		return 0, false
	}
}
