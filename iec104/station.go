package iec104

import (
	"iter"

	"stellwerk/iec104/asdu"
)

// Station is the application of a controlled station: what a [Server] asks it
// for. A station may also be a [CounterStation], [PointReader], [ClockSetter],
// [ProcessResetter], [ParameterSetter], [ParameterActivator], [DelayStation],
// [Initializer], [FileStation], [ObjectKnower], [TestStation], [ASDUHandler],
// [ASDUWatcher] and [SessionObserver]. Package stellwerk/iec104/station has one
// that is all of these.
//
// The methods are called by the goroutine that reads a connection, for
// different connections at the same time. While one runs, nothing else is
// received on its connection; it must not wait for that connection, nor close
// it.
type Station interface {
	// Interrogate returns the state of the points that q asks for, of the
	// station with the given common address: ASDUs without time tag, whose
	// cause, P/N bit, originator and common address the server fills in. The iterator
	// runs while they are sent, as fast as the controlling station
	// acknowledges, and in another goroutine; spontaneous ASDUs come in
	// between. A point is read when its turn comes, so that a change must be
	// made first and sent as an event afterwards: then the controlling station
	// ends with the newest state. An interrogation that STOPDT interrupts goes
	// on after STARTDT. Nil refuses the interrogation.
	Interrogate(s *Session, station asdu.CommonAddress, q asdu.InterrogationQualifier) iter.Seq[asdu.ASDU]
	// Command is asked to carry out, or to select, a command of the types 45
	// to 51 and 58 to 64. It answers by methods of c, then or later and in any
	// goroutine.
	Command(c *Command)
}

// ObjectKnower is a [Station] that tells which information objects it has. Of
// others the server confirms commands and parameters with the test bit, and
// refuses deactivations, whatever their address is, as it does not hand them to
// the station.
type ObjectKnower interface {
	// KnowsObject reports whether a command or parameter of the type can go to
	// the object address of the station with the given common address. False is
	// answered with cause 47.
	KnowsObject(station asdu.CommonAddress, t asdu.TypeID, address asdu.ObjectAddress) bool
}

// TestStation is a [Station] that may be in test mode.
type TestStation interface {
	// Testing reports whether the station with a common address is in test mode:
	// what the server sends for it by itself, ends of initialisation and files,
	// then has the test bit. It must not wait.
	Testing(station asdu.CommonAddress) bool
}

// ClockSetter is a [Station] with a clock that can be set. Stations without
// one answer a clock synchronisation as an unknown type.
type ClockSetter interface {
	// SetClock sets the clock to t and returns what it showed before; an
	// error refuses. The time is as the telegram has it: impossible ones come
	// too.
	SetClock(s *Session, station asdu.CommonAddress, t asdu.Time) (before asdu.Time, err error)
}

// ASDUHandler is a [Station] that takes ASDUs which the server does not handle
// itself: types for which the station has no interface, and private types.
type ASDUHandler interface {
	// HandleASDU takes an ASDU to one of the station's common addresses, or to
	// all of them where its type allows that. It answers by [Session.Answer].
	// False says that the type is unknown, which the server then answers. An
	// error says that the ASDU is not taken over: the connection is closed
	// without confirming it. The octets are valid until it returns.
	//
	// Requests of the standard's types with the test bit do not come here: they
	// are confirmed and not carried out. With other types the bit is for the
	// station to heed.
	HandleASDU(s *Session, a asdu.ASDU) (handled bool, err error)
}

// ASDUWatcher is a [Station] that sees every ASDU as it came, those that the
// server handles by itself too.
type ASDUWatcher interface {
	// BeforeASDU is called before anything is done with an ASDU. True says
	// that the station has dealt with it, and that it is nobody else's matter.
	// An error closes the connection without confirming the ASDU. The octets
	// are valid until it returns.
	BeforeASDU(s *Session, a asdu.ASDU) (taken bool, err error)
	// AfterASDU is called when the server has dealt with an ASDU, answers
	// included; what it hands to an iterator, or to a command that goes on, may
	// still be under way.
	AfterASDU(s *Session, a asdu.ASDU)
}

// SessionObserver is a [Station] that wants to know of connections. The
// methods must return soon and must not close the session.
type SessionObserver interface {
	// Connected is called before anything is received.
	Connected(s *Session)
	// StateChanged is called when data transfer starts or stops.
	StateChanged(s *Session, state State)
	// Disconnected is the last that is heard of a session.
	Disconnected(s *Session, err error)
}
