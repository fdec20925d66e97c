package conformance

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"slices"

	"stellwerk/iec104"
	"stellwerk/iec104/iec104test"
	"stellwerk/internal/capture/fabricate"
)

// Evidence writes what was said in cases to a pcapng file. Each case is an
// interface with the name of the case, so that frame.interface_name of Wireshark
// finds it; the first packet of each of its connections has a comment that says
// what must be, and the last one of the case what came. Headers below the APDUs
// are made up, with the true addresses where there were any.
type Evidence struct {
	role     iec104.Role
	recorder *fabricate.Recorder
	client   uint16 // port of the latest connection without addresses
}

// port is that of the standard (7.1).
const port = 2404

// NewEvidence returns evidence about a station of the role; the program is named
// in the file.
func NewEvidence(out io.Writer, program string, role iec104.Role) *Evidence {
	return &Evidence{role: role, recorder: fabricate.NewRecorder(out, program, "none"), client: 50000}
}

// Add writes the conversations of a case. Cases that were not run have none.
func (e *Evidence) Add(o Outcome) error {
	if len(o.Frames) == 0 {
		return nil
	}
	e.recorder.Interface(o.Case.ID + " " + RoleName(o.Case.Role))
	talks := map[int]*fabricate.Conversation{}
	var inOrder []*fabricate.Conversation
	tester := fabricate.Client
	if e.role == iec104.Controlling {
		tester = fabricate.Server
	}
	var problem error
	last := o.Began
	for _, f := range o.Frames {
		talk := talks[f.Connection]
		last = f.Time
		if talk == nil {
			talk = e.recorder.Conversation(e.endpoints(&o, f.Connection))
			talks[f.Connection] = talk
			inOrder = append(inOrder, talk)
			e.recorder.Comment(fmt.Sprintf("%s, connection %d: %s", o.Case.ID, f.Connection, o.Case.Title))
			problem = errors.Join(problem, talk.Open(f.Time))
		}
		side := tester
		if !f.Sent {
			side = 1 - side
		}
		if f.Octets == nil {
			problem = errors.Join(problem, talk.Close(f.Time, side))
		} else {
			problem = errors.Join(problem, talk.Send(f.Time, side, f.Octets))
		}
	}
	e.recorder.Comment(verdictOf(&o))
	for _, talk := range slices.Backward(inOrder) { // the latest is the one that the verdict is about
		problem = errors.Join(problem, talk.Close(last, tester), talk.Close(last, 1-tester))
	}
	return problem
}

// verdictOf says in a line what came of a case.
func verdictOf(o *Outcome) string {
	if o.Status == iec104test.Failed {
		return fmt.Sprintf("%s failed: expected %s; seen %s", o.Case.ID, o.expected(), o.seen())
	}
	return fmt.Sprintf("%s %s: %s", o.Case.ID, o.Status, o.seen())
}

// endpoints returns who called whom in a connection of the case: the client of
// TCP comes first.
func (e *Evidence) endpoints(o *Outcome, connection int) (client, server netip.AddrPort) {
	var local, remote netip.AddrPort
	if connection <= len(o.ends) {
		local, remote = address(o.ends[connection-1].local), address(o.ends[connection-1].remote)
	}
	loopback := netip.AddrFrom4([4]byte{127, 0, 0, 1})
	if !local.IsValid() || !remote.IsValid() {
		e.client++
		local, remote = netip.AddrPortFrom(loopback, e.client), netip.AddrPortFrom(loopback, port)
		return local, remote
	}
	if e.role == iec104.Controlling {
		return remote, local
	}
	return local, remote
}

func address(a net.Addr) netip.AddrPort {
	tcp, ok := a.(*net.TCPAddr)
	if !ok {
		return netip.AddrPort{}
	}
	at := tcp.AddrPort()
	return netip.AddrPortFrom(at.Addr().Unmap().WithZone(""), at.Port())
}

// Flush hands what was written to the file.
func (e *Evidence) Flush() error { return e.recorder.Flush() }
