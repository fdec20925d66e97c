package websockettest

import (
	"iter"
	"slices"

	"stellwerk/websocket"
	"stellwerk/websocket/frame"
	"stellwerk/wire"
)

// Phase is when a misbehaviour shows.
type Phase uint8

// The phases.
const (
	// Opening is the opening handshake.
	Opening Phase = iota + 1
	// Talking is after it; the frames are wrong.
	Talking
	// Closing is the closing handshake, or the end without one.
	Closing
)

// String names the phase.
func (p Phase) String() string {
	switch p {
	case Opening:
		return "opening"
	case Talking:
		return "talking"
	case Closing:
		return "closing"
	default:
		return "none"
	}
}

// Misbehaviour is one thing that a server does wrong, or at least not as a
// client would like it. The zero value does nothing wrong.
type Misbehaviour struct {
	// Name is short, in small letters, as in "half-frame".
	Name string
	// Text says what the server does.
	Text  wire.Text
	Phase Phase
	// Stage is where the opening handshake of a client must fail, 0 where it
	// must not.
	Stage websocket.Stage
	// Code is the close code that a client must tell the server, 0 where it
	// need not tell any: nothing is wrong, or the connection is gone. That of
	// compressed messages is for connections with compression; on others their
	// RSV1 is a protocol error.
	Code frame.CloseCode

	instead func(*talk) error // instead of the response
	respond func(*response)   // changes the response
	act     func(*talk) error // after the response
	quirks  quirks
}

// quirks are what a server does not do, or does otherwise, as long as it talks.
type quirks struct {
	noPong    bool // pings are not answered
	wrongPong bool // pings are answered with other octets
	noClose   bool // a close frame is not answered
	stays     bool // TCP stays open behind the close frames
	deaf      bool // nothing is read
	mute      bool // messages are not echoed
}

// Misbehaviours yields all there are, by phase.
func Misbehaviours() iter.Seq[Misbehaviour] {
	return func(yield func(Misbehaviour) bool) {
		for _, part := range [][]Misbehaviour{openings, responses, frames, texts, compressions, silences, floods, closings} {
			for _, m := range part {
				if !yield(m) {
					return
				}
			}
		}
		for _, m := range closeCodes() {
			if !yield(m) {
				return
			}
		}
	}
}

// Find returns the misbehaviour with a name.
func Find(name string) (Misbehaviour, bool) {
	for m := range Misbehaviours() {
		if m.Name == name {
			return m, true
		}
	}
	return Misbehaviour{}, false
}

// Names returns the names of all misbehaviours, sorted.
func Names() []string {
	var names []string
	for m := range Misbehaviours() {
		names = append(names, m.Name)
	}
	slices.Sort(names)
	return names
}
