package verdict

import (
	"stellwerk/iec104/asdu"
	"stellwerk/internal/analyzer/dissect"
	"stellwerk/internal/analyzer/dissect/iec104"
	"stellwerk/internal/finding"
	"stellwerk/wire"
)

// asdu judges an ASDU by itself and in its place among the others.
func (l *Link) asdu(place *dissect.Place, t *iec104.Telegram) {
	l.single(place, &t.ASDU)
	a := &t.ASDU
	if l.transfer.roles && place.Direction != l.transfer.controlling && commanded(a.Type) &&
		(a.Cause == asdu.Activation || a.Cause == asdu.Deactivation) {
		l.found(place, finding.New(finding.ControlByStation, title(&a.Header, a.TypeName())))
		return
	}
	l.command(place, t)
}

// single judges an ASDU by itself.
func (l *Link) single(place *dissect.Place, a *asdu.ASDU) {
	for _, v := range a.Violations() {
		l.found(place, finding.Finding{
			Code: finding.Code(v.Code), Severity: severity(v.Code), Clause: "IEC 60870-5-101, " + v.Clause, Text: v.Text,
		})
	}
	if a.Type.Extended() && !l.types101[a.Type] {
		l.types101[a.Type] = true
		l.found(place, finding.New(finding.Type101, a.TypeName()))
	}
}

// severity says how bad a violation in an ASDU is.
func severity(code string) finding.Severity {
	if code == "reserved-bits" {
		return finding.Warning
	}
	return finding.Error
}

func title(h *asdu.Header, name string) string { return name + " " + h.Cause.String() }

// command judges commands and what confirms them.
func (l *Link) command(place *dissect.Place, t *iec104.Telegram) {
	reply := l.commands.Follow(place, t)
	if !reply.Confirms {
		return
	}
	a := &t.ASDU
	address, octets := t.First()
	if reply.Command == nil {
		if l.whole && !a.Cause.Unknown() {
			l.found(place, finding.New(finding.ConfirmationUnasked, title(&a.Header, a.TypeName()), a.CommonAddress, address))
		}
		return
	}
	differs := func(what wire.Text) {
		l.found(place, finding.New(finding.ConfirmationDiffers, title(&a.Header, a.TypeName()), a.CommonAddress, address, reply.Command.Frame, what))
	}
	if a.Test != reply.Command.Test {
		differs(wire.Text{EN: "the test bit", DE: "Testbit"})
	}
	if a.Originator != reply.Command.Originator {
		differs(wire.Text{EN: "the originator address", DE: "Herkunftsadresse"})
	}
	if !reply.Command.mirrors(octets) {
		differs(wire.Text{EN: "the information element", DE: "Informationselement"})
	}
}

// unconfirmed tells of a command that has waited in vain.
func (l *Link) unconfirmed(place *dissect.Place, c *Command) {
	l.found(place, finding.New(finding.CommandUnconfirmed, title(&c.Header, c.Type.String()), c.CommonAddress, c.Address,
		c.Frame, rounded(since(place, c.Time))))
}
