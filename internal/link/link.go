// Package link says what every configured connection has in common. The
// packages below it, one for each protocol, turn telegrams into points and points
// into telegrams, and keep their connections up.
package link

import (
	"context"
	"time"

	"stellwerk/internal/config"
	"stellwerk/internal/point"
	"stellwerk/internal/tap"
	"stellwerk/wire"
)

// Link is one configured connection.
type Link interface {
	// Open takes what the link needs of the machine, such as a port to listen
	// on, so that a mistake shows before anything runs. It is called once,
	// before Run.
	Open() error
	// Run keeps the link up until ctx ends, and then closes everything.
	Run(ctx context.Context)
	// Status says how the link is. It may be called at any time.
	Status() Status
	// Close gives back what Open took, for a link that is not run.
	Close()
}

// State is how a link is.
type State string

// The states.
const (
	Stopped    State = "stopped"    // not run yet, or not any more
	Connecting State = "connecting" // not connected, and trying
	Listening  State = "listening"  // waiting for a peer, has none
	Connected  State = "connected"  // data flow, or could
	Fault      State = "fault"      // does not work; Detail says why
)

// Status is how a link is at one moment. Counters begin with the program.
type Status struct {
	State State
	// Detail adds a sentence, often none.
	Detail wire.Text
	// Since is when the state began.
	Since time.Time
	// Address is what the link connects to or listens on.
	Address string
	// Peers are the addresses that it is connected with.
	Peers []string
	// Received and Sent count telegrams with data, Dropped points and telegrams
	// that were let go.
	Received, Sent, Dropped uint64
}

// Setup is what a link is made of, besides its options.
type Setup struct {
	// Name is that of the link.
	Name string
	// Points are those of the signal list that belong to the link.
	Points []config.Point
	// Addresses are those in routes that lead to the link, stars and ranges
	// included, and those of Points.
	Addresses []string
	// Traces numbers telegrams.
	Traces *point.Traces
	// Tap is told of every telegram.
	Tap *tap.Tap
	// Intake takes what the link receives, in links that give values.
	Intake point.Intake
	// Queue holds what the link is to send, in links that take values.
	Queue point.Queue
	// Source answers interrogations of the far end.
	Source point.Source
	// Commander carries out the commands of the far end.
	Commander point.Commander
}
