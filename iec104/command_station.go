package iec104

import (
	"errors"
	"sync"

	"stellwerk/iec104/asdu"
)

// isCommand reports whether the type is a command to the process.
func isCommand(t asdu.TypeID) bool {
	return t >= asdu.C_SC_NA_1 && t <= asdu.C_BO_NA_1 || t >= asdu.C_SC_TA_1 && t <= asdu.C_BO_TA_1
}

// Command is a command that a station is to carry out, or an object that it is
// to select. The server has checked cause and common address, and that no other
// connection has the object selected; whether the object exists, and whether it
// needs a selection, the station knows. It must confirm, refuse or disown each
// command once, and terminate those that it has confirmed and carried out. The
// methods are safe for concurrent use and do not wait.
type Command struct {
	// Session is the connection that it came on.
	Session *Session
	// ASDU is the command as it came, with octets of its own.
	ASDU asdu.ASDU
	// Object is the command itself.
	Object asdu.Object
	// Select asks to select the object, not to operate it.
	Select bool
	// Selected says of a command to be carried out that this connection has
	// selected it before: the same object, value and qualifier, within the
	// time allowed. The selection is used up.
	Selected bool

	reign uint32 // of the session when it came

	mu         sync.Mutex
	answered   bool // guarded by mu
	confirmed  bool // guarded by mu
	terminated bool // guarded by mu
}

// errAnswered says that a command has its answer.
var errAnswered = errors.New("the command is answered already")

// Confirm says that the object is selected, or the command is being carried
// out. Where the object was selected by another connection meanwhile, the
// selection is refused instead, with [ErrBusy].
func (c *Command) Confirm() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.answered {
		return fail("confirm", errAnswered)
	}
	c.answered = true
	server := c.Session.server
	if c.Select {
		command, _ := bare(c.Object)
		chosen := selection{
			session: c.Session, typeID: c.ASDU.Type, command: command,
			until: server.now() + server.options.SelectTimeout,
		}
		if !server.selections.add(c.point(), chosen, server.now()) {
			return errors.Join(fail("select", ErrBusy), c.answer(confirmation(c.ASDU.Cause), true))
		}
	}
	c.confirmed = true
	err := c.answer(confirmation(c.ASDU.Cause), false)
	if c.Select && (err != nil || c.Session.standby.Load()) {
		// The connection has gone, or another one has taken over, perhaps with its
		// selections taken back already: nobody else would take this one back.
		server.selections.forget(c.Session)
	}
	return err
}

// Refuse answers with a negative confirmation.
func (c *Command) Refuse() error {
	return c.decline(confirmation(c.ASDU.Cause))
}

// Disown says that there is no such information object, which is answered
// with cause 47.
func (c *Command) Disown() error {
	return c.decline(asdu.UnknownObjectAddress)
}

func (c *Command) decline(cause asdu.Cause) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.answered {
		return fail("refuse", errAnswered)
	}
	c.answered = true
	return c.answer(cause, true)
}

// answer mirrors the command.
func (c *Command) answer(cause asdu.Cause, negative bool) error {
	return c.Session.answer(c.ASDU.Mirror(cause, negative), c.reign)
}

// Terminate says that the command is carried out. It is sent behind the events
// that wait already, such as the return information. Selections are not
// terminated.
func (c *Command) Terminate() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.confirmed || c.Select || c.terminated {
		return fail("terminate", errors.New("only a command that was confirmed, and is no selection, is terminated, once"))
	}
	c.terminated = true
	return c.Session.conclude(c.ASDU.Mirror(asdu.ActivationTermination, false), c.reign)
}

func (c *Command) point() point {
	return point{station: c.ASDU.CommonAddress, address: c.Object.IOA()}
}

// command checks a command and hands it to the station.
func (s *Session) command(a asdu.ASDU) error {
	switch {
	case !s.accepts(a):
		return s.refuse(a, asdu.UnknownCause)
	case !s.addressed(a):
		return s.refuse(a, asdu.UnknownCommonAddress)
	case a.Count() != 1 || a.Sequence:
		return s.confirm(a, true)
	case !s.knows(a):
		return s.refuse(a, asdu.UnknownObjectAddress)
	case a.Test:
		return s.confirm(a, false)
	}
	c := &Command{Session: s, ASDU: a.Clone(), reign: s.reign}
	for c.Object = range c.ASDU.Objects() {
		break
	}
	var command asdu.Object
	command, c.Select = bare(c.Object)
	now := s.server.now()
	if a.Cause == asdu.Deactivation {
		// A selection can be taken back; a command that is carried out cannot.
		return s.confirm(c.ASDU, !s.server.selections.cancel(c.point(), s, a.Type, command, now))
	}
	valid, wrong := false, false
	if !c.Select {
		valid, wrong = s.server.selections.execute(c.point(), s, a.Type, command, now)
	}
	switch {
	case wrong, !s.server.selections.free(c.point(), s, now), !c.Select && s.crowded():
		return s.confirm(c.ASDU, true)
	}
	c.Selected = valid
	s.server.station.Command(c)
	return nil
}
