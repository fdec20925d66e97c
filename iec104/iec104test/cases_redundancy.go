package iec104test

import (
	"bytes"
	"fmt"

	"stellwerk/iec104"
	"stellwerk/iec104/apci"
	"stellwerk/iec104/asdu"
)

// Grouped is a controlled station that can say that all its connections are one
// redundancy group.
type Grouped interface {
	// Grouped reports whether they are.
	Grouped() bool
}

// Redundancy groups (10).
var redundancyRequirements = []requirement{
	{
		id: "A23", clause: "10", title: "STARTDT on another connection of a redundancy group makes that one active: no loss, no duplicate, order kept",
		controlled: func(b *bench) {
			if grouped, ok := b.subject.(Grouped); !ok || !grouped.Grouped() {
				b.skip("the subject has no redundancy group for all its connections")
				return
			}
			n := min(3, b.p.K)
			b.started()
			first := b.wire
			b.events(n)
			old := b.spontaneous(n)
			b.connect()
			b.start()
			again := b.spontaneous(n)
			for i := range old {
				if i < len(again) && !bytes.Equal(old[i], again[i]) {
					b.fail(fmt.Sprintf("what was not acknowledged, in order: % x", old[i]), fmt.Sprintf("% x", again[i]))
				}
			}
			b.ack()
			b.settle()
			second := b.wire
			b.wire = first // which has been superseded, and lives
			b.sendU(apci.TestFRAct)
			b.expectU(apci.TestFRCon)
			b.sendS(b.receive)
			b.events(1)
			b.expectNoI(b.prompt, "another connection is active")
			b.wire = second
			b.spontaneous(1)
			b.ack()
			b.expectNoI(b.prompt, "all is acknowledged")
		},
	},
	{
		id: "A23", clause: "10", title: "STARTDT on one connection alone, test frames on the others; when it fails, or at request, STARTDT on another",
		controlling: standbyLines,
	},
}

// spontaneous wants n I frames and returns the ASDUs of those that are no end
// of initialisation.
func (b *bench) spontaneous(n int) (all [][]byte) {
	for len(all) < n && !b.over() {
		a := b.expectI(1)
		if !b.over() && a.ASDU[0] != byte(asdu.M_EI_NA_1) {
			all = append(all, bytes.Clone(a.ASDU))
		}
	}
	return all
}

var _ Grouped = (*Builtin)(nil)

// Grouped is part of [Subject]: see [iec104.RedundancyGroup].
func (b *Builtin) Grouped() bool { return len(b.groups()) == 1 && b.groups()[0].Match == nil }

func (b *Builtin) groups() []iec104.RedundancyGroup { return b.options.Station.Server.Groups }
