package iec104test

import (
	"context"
	"net"
	"time"

	"stellwerk/iec104"
)

// Subject is a station under test. What it can do beyond being connected to,
// it says by implementing [EventSource], [Starter], [ClockStepper] and
// [SilentDialer]; cases that need more than it can are skipped.
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
	// returns without waiting for that.
	Event(n int) error
}

// Starter is a controlling station that starts and stops data transfer when it
// is told to. One that is no Starter is expected to start by itself.
type Starter interface {
	// Start makes the subject send STARTDT act on its connection, and Stop
	// STOPDT act. Both return without waiting for the confirmation.
	Start() error
	Stop() error
}

// ClockStepper is a subject whose wall clock can be put forward and back.
type ClockStepper interface {
	StepClock(d time.Duration)
}

// SilentDialer is a controlling station that can be made to call where nobody
// answers.
type SilentDialer interface {
	// DialSilent makes it call and returns when it has given up.
	DialSilent(ctx context.Context) error
}
