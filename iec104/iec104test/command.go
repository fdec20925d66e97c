package iec104test

import (
	"fmt"
	"math"
	"slices"
	"time"

	"stellwerk/iec104/asdu"
)

// commandTypes are the types of commands.
var commandTypes = []asdu.TypeID{
	asdu.C_SC_NA_1, asdu.C_DC_NA_1, asdu.C_RC_NA_1, asdu.C_SE_NA_1, asdu.C_SE_NB_1, asdu.C_SE_NC_1, asdu.C_BO_NA_1,
	asdu.C_SC_TA_1, asdu.C_DC_TA_1, asdu.C_RC_TA_1, asdu.C_SE_TA_1, asdu.C_SE_TB_1, asdu.C_SE_TC_1, asdu.C_BO_TA_1,
}

// plain returns the command type without time tag.
func plain(t asdu.TypeID) asdu.TypeID {
	if t >= asdu.C_SC_TA_1 && t <= asdu.C_BO_TA_1 {
		return t - asdu.C_SC_TA_1 + asdu.C_SC_NA_1
	}
	return t
}

// commanded is how a command varies. The zero value executes the first of two
// values.
type commanded struct {
	sel   bool // select
	other bool // the second value
	pulse asdu.PulseQualifier
	ql    byte      // of set-points
	at    asdu.Time // of types with time tag; zero is now
	cause asdu.Cause
}

// command lays a command to a control.
func (b *bench) command(c Control, t asdu.TypeID, how commanded) []byte {
	qualifier := byte(how.pulse) << 2
	state := 1 - bit(how.other) // off is 0, on 1
	if plain(t) != asdu.C_SC_NA_1 {
		state++ // off is 1, on 2; lower is 1, higher 2
	}
	value := c.Value
	if how.other {
		value /= 2
		if c.Value == 0 {
			value = 0.25
		}
	}
	se := byte(0)
	if how.sel {
		se = 0x80
	}
	var element []byte
	switch plain(t) {
	case asdu.C_SC_NA_1, asdu.C_DC_NA_1, asdu.C_RC_NA_1:
		element = []byte{state | qualifier | se}
	case asdu.C_SE_NA_1:
		n := int16(value * 32768)
		element = []byte{byte(n), byte(n >> 8), how.ql | se}
	case asdu.C_SE_NB_1:
		n := int16(value)
		if how.other && int16(c.Value) == n {
			n++
		}
		element = []byte{byte(n), byte(n >> 8), how.ql | se}
	case asdu.C_SE_NC_1:
		n := math.Float32bits(float32(value))
		element = []byte{byte(n), byte(n >> 8), byte(n >> 16), byte(n >> 24), how.ql | se}
	default:
		element = []byte{0x5a, 0x01, 0x80, 0xf0 + bit(how.other)}
	}
	body := object(c.Address, element...)
	if t != plain(t) {
		at := how.at
		if at.IsZero() {
			at = b.now()
		}
		body = timed(body, at)
	}
	cause := how.cause
	if cause == 0 {
		cause = asdu.Activation
	}
	return telegram(t, cause, c.CommonAddress, body)
}

func bit(set bool) byte {
	if set {
		return 1
	}
	return 0
}

// takes reports whether any control takes commands of the type.
func (i *Inventory) takes(t asdu.TypeID) bool {
	return slices.ContainsFunc(i.Controls, func(c Control) bool { return slices.Contains(c.Types, t) })
}

// controls returns the controls that suit, each with one type of those that
// suit; skips where there is none.
func (b *bench) controls(need string, suits func(Control, asdu.TypeID) bool) []Control {
	var found []Control
	for _, c := range b.know().Controls {
		for _, t := range c.Types {
			if suits(c, t) {
				one := c
				one.Types = []asdu.TypeID{t}
				found = append(found, one)
			}
		}
	}
	if len(found) == 0 {
		b.skip("no object is known that may be operated and " + need)
	}
	return found
}

// duration is how long a command may take.
func (c Control) duration() time.Duration {
	if c.Duration > 0 {
		return c.Duration
	}
	return 10 * time.Second
}

// carriedOut wants a command, which was sent, confirmed, reported by return
// information where the control has it, and terminated.
func (b *bench) carriedOut(c Control, command []byte) {
	if b.over() {
		return
	}
	b.data = nil
	b.expectAnswer(mirror(command, asdu.ActivationCon, positive))
	terminated := false
	// The termination is the last of it, apart from return information that a
	// station may send afterwards.
	end := time.Now().Add(c.duration() + b.patience())
	element := command[9:]
	if c.Types[0] != plain(c.Types[0]) {
		element = element[:len(element)-asdu.TimeCP56.Octets()]
	}
	moves := b.moved(c, string(element))
	for !b.over() {
		reported := c.Feedback == 0 || !moves || b.returned(c)
		if reported && (terminated || c.NoTermination) {
			b.quietAnswers(b.settleTime(), "the command is over") // further return information may come
			return
		}
		r, ok := b.nextASDU(time.Until(end))
		switch {
		case b.over():
		case !ok && !reported:
			b.fail(fmt.Sprintf("return information with cause 11 from object %d", c.Feedback), b.seenInstead(c.duration()))
		case !ok:
			b.fail(describe(mirror(command, asdu.ActivationTermination, positive)), b.seenInstead(c.duration()))
		case r.data():
			b.data = append(b.data, r)
		case string(r.octets) == string(mirror(command, asdu.ActivationTermination, positive)) && !terminated:
			terminated = true
		default:
			b.fail(describe(mirror(command, asdu.ActivationTermination, positive)), r.String())
		}
	}
}

// moved remembers what a control was told, and reports whether it moves by it:
// what it is told first may be what it has.
func (b *bench) moved(c Control, element string) bool {
	if b.told == nil {
		b.told = map[controlled]string{}
	}
	key := controlled{c.CommonAddress, c.Address}
	before, known := b.told[key]
	b.told[key] = element
	return known && before != element || plain(c.Types[0]) == asdu.C_RC_NA_1
}

// controlled is where a control is.
type controlled struct {
	station asdu.CommonAddress
	address asdu.ObjectAddress
}

// returned reports whether return information of the control has come.
func (b *bench) returned(c Control) bool {
	for _, r := range b.data {
		// Not every type has the cause 11.
		if cause := r.a.Cause; r.a.CommonAddress != c.CommonAddress ||
			cause != asdu.ReturnRemote && (cause != asdu.Spontaneous || r.a.Type.Allows(asdu.ReturnRemote)) {
			continue
		}
		for o := range r.a.Objects() {
			if o.IOA() == c.Feedback {
				b.sound(r)
				return true
			}
		}
	}
	return false
}

// notOperated wants no return information of the control, and no answer.
func (b *bench) notOperated(c Control, why string) {
	b.quietAnswers(b.prompt, why)
	if b.returned(c) {
		b.fail("the object not operated: "+why, "return information with cause 11")
	}
}

// operate carries out a command in the way that the control takes. A step
// command is followed by one back.
func (b *bench) operate(c Control, how commanded) {
	b.operateOnce(c, how)
	if plain(c.Types[0]) == asdu.C_RC_NA_1 {
		how.other = !how.other
		b.operateOnce(c, how)
	}
}

func (b *bench) operateOnce(c Control, how commanded) {
	if b.over() {
		return
	}
	t := c.Types[0]
	if !c.Direct {
		how.sel = true
		b.request(b.command(c, t, how), asdu.ActivationCon)
		how.sel = false
	}
	execute := b.command(c, t, how)
	b.data = nil
	b.sendASDU(execute)
	b.carriedOut(c, execute)
}

// parameter lays a parameter of a measured value.
func parameter(p Parameter, kind asdu.ParameterKind, value float64) []byte {
	var element []byte
	switch p.Type {
	case asdu.P_ME_NA_1:
		n := int16(value * 32768)
		element = []byte{byte(n), byte(n >> 8)}
	case asdu.P_ME_NB_1:
		n := int16(value)
		element = []byte{byte(n), byte(n >> 8)}
	default:
		n := math.Float32bits(float32(value))
		element = []byte{byte(n), byte(n >> 8), byte(n >> 16), byte(n >> 24)}
	}
	return telegram(p.Type, asdu.Activation, p.CommonAddress, object(p.Address, append(element, byte(kind))...))
}
