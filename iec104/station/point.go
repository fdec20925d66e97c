package station

import (
	"errors"
	"fmt"
	"math"
	"time"

	"stellwerk/iec104"
	"stellwerk/iec104/asdu"
)

// Sector is what a station has at one common address.
type Sector struct {
	// Address is the common address. Zero is 1.
	Address asdu.CommonAddress
	// Points are in monitoring direction, Controls take commands.
	Points   []Point
	Controls []Control
	// Files are the files of the sector. Nil answers file transfer as unknown
	// types.
	Files iec104.FileStore
	// Overflow is the address of a single point of the sector that is on while
	// events are being lost: from when an event buffer overflows until it has
	// been empty. Zero is none.
	Overflow asdu.ObjectAddress
}

// Point is a point in monitoring direction. Type and address are needed; zero
// is the usual of everything else.
type Point struct {
	Address asdu.ObjectAddress
	// Type is that of events: one with time tag where events shall have it.
	// Interrogations, cycles and reads are answered with the type without time
	// tag. Integrated totals always have the type itself.
	Type asdu.TypeID
	// Name and Unit are for people.
	Name, Unit string
	// Groups are the groups of interrogation, 1 to 16, that the point belongs
	// to beside the station interrogation; for integrated totals the counter
	// groups, 1 to 4. Events of protection equipment are in none.
	Groups []int
	// NotInterrogated leaves the point out of the station interrogation, and
	// counters out of the general request.
	NotInterrogated bool
	// Initial is the value that the point begins with, under the rules of
	// [Station.Set]. Nil is 0, and off.
	Initial any
	// Quality is what the point begins with, such as [asdu.NotTopical] until the
	// first value is set.
	Quality asdu.Quality
	// Cyclic is the interval of cyclic transmission (cause 1), for measured
	// values. Background is that of the background scan (cause 2). Zero is
	// none, the shortest is 10 ms. Both are sent where data transfer is
	// started, and nowhere kept.
	Cyclic, Background time.Duration
	// CyclicOff begins with cyclic transmission switched off, until P_AC_NA_1
	// or [Station.SetCyclic] switches it on.
	CyclicOff bool
	// Quiet sends no events when the value changes.
	Quiet bool
	// Measure is for measured values: when a change is an event.
	Measure Measure
	// Parameters are the addresses at which parameters of the measured value
	// are loaded, each for one kind. Where there are none, all kinds are loaded
	// at the point's own address.
	Parameters []Parameter
	// Counter is for integrated totals.
	Counter Counting
}

// Measure says how a measured value becomes an event. The numbers are in the
// value's own unit, -1 to 1 for normalized values.
type Measure struct {
	// Threshold is how far the value must be from the one that was sent last.
	// Zero sends every change.
	Threshold float64
	// Smoothing is the part of the value before in the new one, 0 to below 1:
	// a value that is set counts 1-Smoothing. As a parameter of a scaled value
	// it is in hundredths.
	Smoothing float64
	// Low and High are limits: going beyond one, and coming back, is sent
	// whatever the threshold. Nil is none.
	Low, High *float64
}

// Parameter is an address at which a parameter of a measured value is loaded.
type Parameter struct {
	Address asdu.ObjectAddress
	Kind    asdu.ParameterKind
}

// CounterMode is how integrated totals are frozen and transmitted (IEC
// 60870-5-101, 7.4.8).
type CounterMode uint8

// The modes.
const (
	// ModeC is frozen by command, and sent when it is asked for.
	ModeC CounterMode = iota
	// ModeA is frozen by the station, and sent by itself.
	ModeA
	// ModeB is frozen by the station, and sent when it is asked for.
	ModeB
	// ModeD is frozen by command, and sent by itself.
	ModeD
)

// String returns "A" to "D".
func (m CounterMode) String() string {
	names := [...]string{ModeC: "C", ModeA: "A", ModeB: "B", ModeD: "D"}
	if int(m) < len(names) {
		return names[m]
	}
	return fmt.Sprintf("mode %d", uint8(m))
}

// local reports whether the station freezes by itself.
func (m CounterMode) local() bool { return m == ModeA || m == ModeB }

// Counting says how an integrated total is frozen.
type Counting struct {
	Mode CounterMode
	// Period is how often modes A and B freeze. Zero is 15 minutes, the
	// shortest is 10 ms.
	Period time.Duration
	// Reset lets modes A and B begin with 0 again after each freeze.
	Reset bool
}

// shortest is the shortest period: below it nothing else would be done.
const shortest = 10 * time.Millisecond

// check reports what is wrong with a point.
func (c *Point) check() error {
	f := formOf(c.Type)
	switch {
	case f.family == noFamily:
		return fmt.Errorf("type %s is no process information in monitoring direction", c.Type)
	case f.family.event() && (len(c.Groups) > 0 || c.Background != 0):
		return fmt.Errorf("%s is an event: it is not part of interrogations and scans", c.Type)
	case c.Cyclic != 0 && !f.plain.Allows(asdu.Cyclic):
		return fmt.Errorf("%s must not be sent cyclically, only measured values are", c.Type)
	case c.Background != 0 && !f.plain.Allows(asdu.Background):
		return fmt.Errorf("%s is not part of background scans", c.Type)
	case !f.family.measured() && (len(c.Parameters) > 0 || c.Measure != Measure{}):
		return fmt.Errorf("%s is no measured value: it has neither threshold nor parameters", c.Type)
	case c.Counter.Mode > ModeD:
		return fmt.Errorf("no such mode of counters: %d", c.Counter.Mode)
	}
	highest := 16
	if f.family == integratedTotal {
		highest = 4
	}
	for _, group := range c.Groups {
		if group < 1 || group > highest {
			return fmt.Errorf("group %d: must be 1 to %d", group, highest)
		}
	}
	for _, period := range []time.Duration{c.Cyclic, c.Background, c.Counter.Period} {
		if period != 0 && period < shortest {
			return fmt.Errorf("period %v: must be at least %v", period, shortest)
		}
	}
	for _, p := range c.Parameters {
		if p.Kind < asdu.ParameterThreshold || p.Kind > asdu.ParameterHighLimit {
			return fmt.Errorf("parameter %d: no such kind: %d", p.Address, p.Kind)
		}
	}
	return c.Measure.check()
}

func (m *Measure) check() error {
	if !(m.Threshold >= 0) || math.IsInf(m.Threshold, 1) {
		return fmt.Errorf("threshold %v: must be a number, and not below 0", m.Threshold)
	}
	if !(m.Smoothing >= 0 && m.Smoothing < 1) {
		return fmt.Errorf("smoothing %v: must be 0 or more and below 1", m.Smoothing)
	}
	for _, limit := range []*float64{m.Low, m.High} {
		if limit != nil && math.IsNaN(*limit) {
			return errors.New("a limit is not a number")
		}
	}
	if m.Low != nil && m.High != nil && *m.Low > *m.High {
		return fmt.Errorf("low limit %v is above the high limit %v", *m.Low, *m.High)
	}
	return nil
}

// point is a point of a running station. Its fields are guarded by Station.mu,
// apart from those that never change.
type point struct {
	Point
	form
	sector *sector

	object   asdu.Object // what interrogations see
	behind   asdu.Object // acquired while the point is blocked, nil where there is none
	blocked  bool
	sent     float64 // the measured value that was sent last
	exact    float64 // the smoothed value before it was rounded to what the type can show
	active   Measure // in force
	loaded   Measure // as parameters were loaded, perhaps not in force
	cyclic   bool
	counter  counter
	untold   bool         // the next state is sent whether or not it is another one
	withheld bool         // a value without quality that is not good
	bad      asdu.Quality // of what is withheld
}

// newPoint returns a point with its initial value.
func newPoint(s *sector, c Point) (*point, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	p := &point{Point: c, form: formOf(c.Type), sector: s, active: c.Measure, loaded: c.Measure, cyclic: c.Cyclic != 0 && !c.CyclicOff}
	initial := c.Initial
	if initial == nil {
		initial = 0
		if p.family == doublePoint {
			initial = asdu.Off
		}
	}
	object, err := objectOf(p.family, c.Address, initial)
	if err != nil {
		return nil, fmt.Errorf("initial value: %w", err)
	}
	p.object = withQuality(object, qualityOf(object)|c.Quality)
	p.withheld, p.bad = p.family == plainNormalizedValue && c.Quality != 0, c.Quality
	p.sent = numberOf(p.object)
	if total, ok := p.object.(asdu.IntegratedTotal); ok {
		p.counter.running = total.Value.Count
		p.counter.invalid = c.Quality&asdu.Invalid != 0
	}
	if p.Counter.Period == 0 {
		p.Counter.Period = 15 * time.Minute
	}
	return p, nil
}
