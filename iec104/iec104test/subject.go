package iec104test

import (
	"context"
	"net"
	"time"

	"stellwerk/iec104"
	"stellwerk/iec104/asdu"
)

// Subject is a station under test. What it can do beyond being connected to,
// it says by implementing more interfaces; cases that need more than it can
// are skipped. A controlled station may be an [EventSource], [ClockStepper],
// [Inventoried], [Changer], [LocalOperator], [Restarter] and [Grouped]; a controlling one an [EventSource],
// [Starter], [SelfStarter], [ClockStepper], [SilentDialer], [Requester], [Deliberate], [Recorder], [Zoned], [Redundant] and
// [LineSwitcher].
type Subject interface {
	// Connect returns a new connection with the subject: a controlled station
	// is called, a controlling one is waited for until it calls.
	Connect(ctx context.Context) (net.Conn, error)
	// Parameters are what the subject is set to, defaults filled in.
	Parameters() iec104.Parameters
}

// EventSource is a subject that can be made to send I frames: a controlled
// station spontaneous ones, a controlling station any requests.
type EventSource interface {
	// Event makes the subject send n I frames, now or as soon as it may, and
	// returns without waiting for that. An error that is [errors.ErrUnsupported]
	// says that it cannot.
	Event(n int) error
}

// Starter is a controlling station that starts and stops data transfer when it
// is told to. One that is no Starter is expected to start by itself.
type Starter interface {
	// Start makes the subject send STARTDT act on its connection, and Stop
	// STOPDT act. Whether they wait for the confirmation is all the same: the
	// tester gives it meanwhile. An error that is [errors.ErrUnsupported] says
	// that the subject cannot do this.
	Start() error
	Stop() error
}

// SelfStarter is a [Starter] that may start data transfer on each connection by
// itself all the same; it is then told to stop alone.
type SelfStarter interface {
	Starter
	StartsItself() bool
}

// ClockStepper is a subject whose wall clock can be put forward and back.
type ClockStepper interface {
	// StepClock returns when that is done. An error that is
	// [errors.ErrUnsupported] says that the subject cannot do this.
	StepClock(d time.Duration) error
}

// SilentDialer is a controlling station that can be made to call where nobody
// answers.
type SilentDialer interface {
	// DialSilent makes it call and returns when it has given up. An error that is
	// [errors.ErrUnsupported] says that the subject cannot do this.
	DialSilent(ctx context.Context) error
}

// Inventoried is a controlled station of which it is known what it has.
// [RunOptions] can say so too.
type Inventoried interface {
	Inventory() *Inventory
}

// Changer is a controlled station whose process can be moved.
type Changer interface {
	// Change gives a monitored point a value as its process would: 0 and 1 for
	// single points, 0 to 3 for double points, -1 up to 1 for normalized
	// values, what the value is for all others. Integrated totals rise by it. It
	// returns without waiting for what comes of it. An error that is
	// [errors.ErrUnsupported] says that the subject cannot do this.
	Change(station asdu.CommonAddress, address asdu.ObjectAddress, value float64) error
}

// LocalOperator is a controlled station that can be operated on the spot.
type LocalOperator interface {
	// Operate carries out a command, such as an [asdu.SingleCommand], as
	// somebody at the station itself would. It returns without waiting for what
	// comes of it. An error that is [errors.ErrUnsupported] says that the subject
	// cannot do this.
	Operate(station asdu.CommonAddress, command asdu.Object) error
}

// Restarter is a controlled station that can be started afresh: its
// connections break, and its clock is not synchronised.
type Restarter interface {
	// Restart returns when it can be called again. An error that is
	// [errors.ErrUnsupported] says that the subject cannot do this.
	Restart(ctx context.Context) error
}

// Request is what a controlling station is to ask for.
type Request struct {
	// Type is that of the request, such as C_IC_NA_1.
	Type asdu.TypeID
	// CommonAddress is that of the station.
	CommonAddress asdu.CommonAddress
	// Object is what the request carries, such as an [asdu.Interrogation]. An
	// [asdu.FileCall] asks for the directory, or to read or delete a file, by its
	// action 0, 2 or 4, and an [asdu.FileReady] to write one of its length. Its
	// time, and Select of commands, are for the station to fill in.
	Object asdu.Object
	// Select has a command selected first.
	Select bool
	// Cancel asks to break off instead, with cause 8.
	Cancel bool
}

// Requester is a controlling station that can be made to ask for something.
type Requester interface {
	// Do sends a request on the present connection, waits until it has been
	// answered in full, and returns nil where the station has carried it out.
	// An error that is [errors.ErrUnsupported] says that this kind of request
	// cannot be made.
	Do(ctx context.Context, r Request) error
}

// Deliberate is a subject that does not do at once what it is told, such as a
// control centre that a person operates.
type Deliberate interface {
	// Deliberation is how long it may take to begin, and to say what came of it.
	Deliberation() time.Duration
}

// Recorder is a controlling station that can say what it has taken over.
type Recorder interface {
	// Received returns the ASDUs that were handed to the application since the
	// present connection was made, in order.
	Received() []asdu.ASDU
}

// Zoned is a controlling station whose times are not those of UTC.
type Zoned interface {
	Location() *time.Location
}
