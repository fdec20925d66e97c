package iec104test

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"stellwerk/iec104/asdu"
)

// Command transmission (IEC 60870-5-101, 7.4.7).
var commandRequirements = []requirement{
	{
		id: "C6.direct", clause: "7.4.7", title: "a direct command is confirmed, reported with cause 11, and terminated",
		affects: Operates,
		controlled: func(b *bench) {
			controls := b.controls("takes commands without select", func(c Control, _ asdu.TypeID) bool { return c.Direct })
			b.started()
			for _, c := range oneOfEach(controls) {
				b.operate(c, commanded{})
				b.operate(c, commanded{other: true})
			}
		},
		controlling: func(b *bench) {
			b.started()
			b.eachOf(askedCommands(false), b.answered)
		},
	},
	{
		id: "C6.select", clause: "7.4.7", title: "a command is selected, confirmed, executed, confirmed, reported with cause 11, and terminated",
		affects: Operates,
		controlled: func(b *bench) {
			controls := b.controls("takes select", func(c Control, _ asdu.TypeID) bool { return c.Select })
			b.started()
			for _, c := range oneOfEach(controls) {
				c.Direct = false // goes the way by select
				b.operate(c, commanded{})
				b.operate(c, commanded{other: true})
			}
		},
		controlling: func(b *bench) {
			b.started()
			b.eachOf(askedCommands(true), b.selected)
		},
	},
	{
		id: "C6.unselected", clause: "7.4.7", title: "execute without select is refused where select is needed",
		affects: Operates,
		controlled: func(b *bench) {
			controls := b.selectControls()
			b.started()
			for _, c := range controls {
				b.refused(b.command(c, c.Types[0], commanded{}), asdu.ActivationCon)
				b.notOperated(c, "it was not selected")
				// Execute uses the selection up.
				b.operate(c, commanded{})
				b.refused(b.command(c, c.Types[0], commanded{}), asdu.ActivationCon)
			}
		},
	},
	{
		id: "C6.timeout", clause: "7.4.7", title: "a selection runs out",
		affects: Operates,
		controlled: func(b *bench) {
			controls := b.controls("takes select, with a known time limit", func(c Control, t asdu.TypeID) bool {
				return c.Select && !c.Direct && c.SelectTimeout > 0 && c.Types[0] == t
			})
			b.started()
			// All of them at once, so that the case takes as long as one.
			var longest time.Duration
			for _, c := range controls {
				longest = max(longest, c.SelectTimeout)
				b.request(b.command(c, c.Types[0], commanded{sel: true}), asdu.ActivationCon)
			}
			b.awaitQuietly(longest + b.tolerance)
			for _, c := range controls {
				b.refused(b.command(c, c.Types[0], commanded{}), asdu.ActivationCon)
			}
			for _, c := range controls[:min(1, len(controls))] {
				b.request(b.command(c, c.Types[0], commanded{sel: true}), asdu.ActivationCon)
				b.awaitQuietly(c.SelectTimeout * 3 / 4)
				execute := b.command(c, c.Types[0], commanded{})
				b.sendASDU(execute)
				b.carriedOut(c, execute)
			}
		},
	},
	{
		id: "C6.other", clause: "7.4.7", title: "execute with another value or qualifier than was selected is refused",
		affects: Operates,
		controlled: func(b *bench) {
			controls := b.selectControls()
			b.started()
			for _, c := range controls {
				t := c.Types[0]
				b.request(b.command(c, t, commanded{sel: true}), asdu.ActivationCon)
				b.refused(b.command(c, t, commanded{other: true}), asdu.ActivationCon)
				b.notOperated(c, "another value was selected")
				b.cancelled(c, commanded{sel: true})
				wrong := commanded{pulse: asdu.ShortPulse, ql: 1}
				b.request(b.command(c, t, commanded{sel: true}), asdu.ActivationCon)
				b.refused(b.command(c, t, wrong), asdu.ActivationCon)
				b.notOperated(c, "another qualifier was selected")
				b.cancelled(c, commanded{sel: true})
			}
		},
	},
	{
		id: "C6.deactivation", clause: "7.4.7", title: "a selection is taken back with cause 8, which is confirmed with cause 9",
		affects: Operates,
		controlled: func(b *bench) {
			controls := b.selectControls()
			b.started()
			for _, c := range controls {
				t := c.Types[0]
				b.request(b.command(c, t, commanded{sel: true}), asdu.ActivationCon)
				b.request(b.command(c, t, commanded{sel: true, cause: asdu.Deactivation}), asdu.DeactivationCon)
				b.refused(b.command(c, t, commanded{}), asdu.ActivationCon)
				b.notOperated(c, "the selection was taken back")
				b.refused(b.command(c, t, commanded{sel: true, cause: asdu.Deactivation}), asdu.DeactivationCon)
			}
		},
		controlling: func(b *bench) {
			b.started()
			b.eachOf(askedCommands(false), func(a ask) {
				a.Cancel = true
				d := b.do(a.Request)
				r := b.awaitRequest(d)
				if b.over() {
					return
				}
				if r.a.Cause != asdu.Deactivation {
					b.fail(a.Type.String()+" with cause 8", r.String())
				}
				b.sendASDU(mirror(r.octets, asdu.DeactivationCon, positive))
				b.succeeds(d, "the deactivation is confirmed")
			})
		},
	},
	{
		id: "C6.bitstring", clause: "7.3.2.7", title: "bit string commands have no select: execute is carried out at once",
		affects: Operates,
		controlled: func(b *bench) {
			controls := b.controls("takes bit string commands", func(_ Control, t asdu.TypeID) bool { return plain(t) == asdu.C_BO_NA_1 })
			b.started()
			for _, c := range controls {
				c.Direct = true
				b.operate(c, commanded{})
				b.operate(c, commanded{other: true})
			}
		},
	},
	{
		id: "C6.connection", clause: "7.4.7", title: "a selection belongs to the connection on which it was made, and ends with it",
		affects: Operates,
		controlled: func(b *bench) {
			controls := b.selectControls()
			for _, c := range controls {
				t := c.Types[0]
				b.started()
				b.request(b.command(c, t, commanded{sel: true}), asdu.ActivationCon)
				first := b.wire
				b.started()
				b.refused(b.command(c, t, commanded{}), asdu.ActivationCon)
				b.notOperated(c, "it was selected on another connection")
				second := b.wire
				first.close()
				b.settle()
				b.refused(b.command(c, t, commanded{}), asdu.ActivationCon)
				b.operate(c, commanded{})
				second.close()
			}
		},
	},
	{
		id: "C6.age", clause: "IEC 60870-5-104, 8", title: "a command with time tag that is too old is refused, summer time counted",
		affects: Operates,
		controlled: func(b *bench) {
			known := b.know()
			if known.CommandAge == 0 {
				b.skip("the station does not look at the age of commands, as far as is known")
			}
			controls := b.controls("takes commands with time tag", func(_ Control, t asdu.TypeID) bool { return t != plain(t) })
			b.started()
			b.setRight(known.station())
			for _, c := range oneOfEach(controls) {
				t := c.Types[0]
				old := asdu.CP56(time.Now().Add(-known.CommandAge - time.Minute).In(b.zone()))
				b.refused(b.command(c, t, commanded{sel: !c.Direct, at: old}), asdu.ActivationCon)
				b.notOperated(c, "the command is too old")
				recent := asdu.CP56(time.Now().Add(-known.CommandAge / 2).In(b.zone()))
				b.operate(c, commanded{at: recent})
			}
		},
		controlling: func(b *bench) {
			b.started()
			timed := slices.DeleteFunc(askedCommands(false), func(a ask) bool { return a.Type == plain(a.Type) })
			b.eachOf(timed, func(a ask) {
				d := b.do(a.Request)
				r := b.awaitRequest(d)
				b.timely(r)
				b.refuse(r)
				_ = b.outcome(d, b.patience())
			})
		},
	},
	{
		id: "C6.pulse", clause: "7.2.6.26", title: "short and long pulses end by themselves, persistent output stays, and each is confirmed and terminated",
		affects: Operates,
		controlled: func(b *bench) {
			controls := b.controls("takes pulses", func(c Control, t asdu.TypeID) bool {
				return len(c.Pulses) > 0 && slices.Contains([]asdu.TypeID{asdu.C_SC_NA_1, asdu.C_DC_NA_1, asdu.C_RC_NA_1}, t)
			})
			b.started()
			for _, c := range oneOfEach(controls) {
				for _, pulse := range c.Pulses {
					b.operate(c, commanded{pulse: pulse})
				}
			}
		},
		controlling: func(b *bench) {
			b.started()
			var all []ask
			for _, pulse := range []asdu.PulseQualifier{asdu.ShortPulse, asdu.LongPulse, asdu.PersistentPulse} {
				all = append(all, ask{
					Request:    Request{Type: asdu.C_SC_NA_1, CommonAddress: 1, Object: asdu.SingleCommand{Address: 6, Value: true, Qualifier: pulse}},
					element:    []byte{1 | byte(pulse)<<2},
					terminated: true,
				})
			}
			b.eachOf(all, b.answered)
		},
	},
	{
		id: "C6.state", clause: "7.2.6.16", title: "a double or step command with a state that is not permitted is refused",
		affects: Operates,
		controlled: func(b *bench) {
			controls := b.controls("takes double or step commands", func(_ Control, t asdu.TypeID) bool {
				return plain(t) == asdu.C_DC_NA_1 || plain(t) == asdu.C_RC_NA_1
			})
			b.started()
			for _, c := range controls {
				for _, state := range []byte{0, 3} {
					command := b.command(c, c.Types[0], commanded{sel: !c.Direct})
					command[9] = command[9]&^3 | state
					b.refused(command, asdu.ActivationCon)
					b.notOperated(c, "the state is not permitted")
				}
			}
		},
	},
	{
		id: "C6.return", clause: "7.4.7", title: "return information has cause 11 after a command and cause 12 after operation on the spot",
		affects: Operates, told: true,
		controlled: func(b *bench) {
			controls := b.controls("returns information", func(c Control, t asdu.TypeID) bool { return c.Feedback != 0 && t == c.Types[0] })
			b.started()
			for _, c := range oneOfEach(controls) {
				b.operate(c, commanded{})
				b.operate(c, commanded{other: true})
				b.operatedOnTheSpot(c)
			}
		},
		controlling: func(b *bench) {
			b.started()
			b.allTaken("return information", [][]byte{
				sample(asdu.M_SP_NA_1, asdu.ReturnRemote, 1), sample(asdu.M_DP_TB_1, asdu.ReturnLocal, 2),
				sample(asdu.M_ST_NA_1, asdu.ReturnRemote, 3),
			})
			b.expectAcknowledged()
		},
	},
}

// selectControls returns a control of each type that must be selected.
func (b *bench) selectControls() []Control {
	return oneOfEach(b.controls("must be selected", func(c Control, _ asdu.TypeID) bool { return c.Select && !c.Direct }))
}

// oneOfEach returns one control of each type.
func oneOfEach(controls []Control) []Control {
	var one []Control
	for _, c := range controls {
		if !slices.ContainsFunc(one, func(o Control) bool { return o.Types[0] == c.Types[0] }) {
			one = append(one, c)
		}
	}
	return one
}

// cancelled takes a selection back, whatever has become of it.
func (b *bench) cancelled(c Control, how commanded) {
	if b.over() {
		return
	}
	how.cause = asdu.Deactivation
	request := b.command(c, c.Types[0], how)
	b.sendASDU(request)
	r, ok := b.nextAnswer(b.patience())
	switch {
	case b.over():
	case !ok:
		b.fail("the deactivation confirmed or refused", b.seenInstead(b.patience()))
	case string(r.octets) == string(mirror(request, asdu.DeactivationCon, positive)):
		b.stateOnce("the selection outlives an execute that does not suit it")
	case string(r.octets) == string(mirror(request, asdu.DeactivationCon, negative)):
		b.stateOnce("an execute that does not suit the selection ends it")
	default:
		b.fail(describe(mirror(request, asdu.DeactivationCon, positive))+", or negative", r.String())
	}
}

// operatedOnTheSpot wants return information with cause 12 of a control that is
// operated at the station itself, where the subject can do that.
func (b *bench) operatedOnTheSpot(c Control) {
	local, ok := b.subject.(LocalOperator)
	if !ok || b.over() {
		return
	}
	a, err := (*asdu.Params)(nil).Decode(b.command(c, c.Types[0], commanded{}))
	if err != nil {
		b.fail("a command", err.Error())
		return
	}
	for o := range a.Objects() {
		err := b.wait(func() error { return local.Operate(c.CommonAddress, o) })
		if errors.Is(err, errors.ErrUnsupported) {
			return
		}
		b.obeyed(err)
	}
	b.data = nil
	end := time.Now().Add(c.duration() + b.patience())
	for !b.over() && !sent(b.data, c.CommonAddress, c.Feedback, asdu.ReturnLocal) {
		r, ok := b.nextASDU(time.Until(end))
		switch {
		case b.over():
		case !ok:
			b.fail(fmt.Sprintf("return information with cause 12 from object %d", c.Feedback), b.seenInstead(c.duration()))
		case !r.data():
			b.fail("no answer: nobody has asked", r.String())
		default:
			b.data = append(b.data, r)
		}
	}
	b.told = nil // the control is elsewhere now
	b.awaitQuietly(c.duration())
}

// stateOnce is state for what may be seen several times.
func (b *bench) stateOnce(what string) {
	if b.choice != what {
		b.state("%s", what)
	}
}

// awaitQuietly lets time pass in which no answer may come.
func (b *bench) awaitQuietly(d time.Duration) {
	end := time.Now().Add(d)
	for !b.over() && time.Now().Before(end) {
		r, ok := b.nextASDU(time.Until(end))
		switch {
		case b.over():
		case ok && !r.data():
			b.fail(nothing, r.String())
		case b.closed:
			b.fail("the connection open", "closed")
		}
	}
}

// timely wants the time of a command to be the present one in the subject's
// zone.
func (b *bench) timely(r reply) {
	if b.over() {
		return
	}
	if zoned, ok := b.subject.(Zoned); ok {
		b.inventory = &Inventory{Location: zoned.Location()}
	}
	b.shows(r, r.at, 0)
}

// refuse refuses a request of the subject.
func (b *bench) refuse(r reply) {
	if !b.over() {
		b.sendASDU(mirror(r.octets, asdu.UnknownType, negative))
	}
}
