package router

import (
	"fmt"
	"time"

	"stellwerk/ads/ams"
)

// Event is something that happened in a router.
type Event struct {
	Time time.Time
	Kind EventKind
	// Peer is whom it is about: the address of a connection, or the address of a
	// route.
	Peer string
	// Port is the port that was registered or given back.
	Port ams.Port
	// Route is the route that was added or removed.
	Route Route
	// Frame is the telegram, valid until the trace function returns.
	Frame *ams.Frame
	// Code is what the router has answered a request with.
	Code ams.ReturnCode
	// Err says why.
	Err error
}

// EventKind says what happened.
type EventKind uint8

// The kinds of events.
const (
	ProgramConnected   EventKind = iota + 1 // a program has registered its first port
	MachineConnected                        // a machine has connected, and is heard
	ConnectionRefused                       // Err says why whoever connected is not heard
	ConnectionClosed                        // of a program or machine; Err says why
	PortRegistered                          // Port, of a program
	PortReleased                            // Port
	TargetConnecting                        // a connection to a target is being made
	TargetConnected                         // it is there
	TargetDisconnected                      // it is gone, or was never there; Err says why
	RouteAdded                              // Route
	RouteRemoved                            // Route
	FrameForwarded                          // Frame was taken over for Peer
	FrameRefused                            // Frame, a request, was answered with Code
	FrameDropped                            // Frame, an answer or a notification, goes to nobody; Err says why
)

var eventNames = [...]string{
	ProgramConnected: "program connected", MachineConnected: "machine connected",
	ConnectionRefused: "connection refused", ConnectionClosed: "connection closed",
	PortRegistered: "port registered", PortReleased: "port released",
	TargetConnecting: "target connecting", TargetConnected: "target connected", TargetDisconnected: "target disconnected",
	RouteAdded: "route added", RouteRemoved: "route removed",
	FrameForwarded: "frame forwarded", FrameRefused: "frame refused", FrameDropped: "frame dropped",
}

// String returns a name, and a number for what is none.
func (k EventKind) String() string {
	if k > 0 && int(k) < len(eventNames) {
		return eventNames[k]
	}
	return fmt.Sprintf("event %d", uint8(k))
}

// String returns the event in a line.
func (e Event) String() string {
	s := e.Kind.String()
	if e.Peer != "" {
		s += " " + e.Peer
	}
	switch e.Kind {
	case PortRegistered, PortReleased:
		s += fmt.Sprintf(": %d", e.Port)
	case RouteAdded, RouteRemoved:
		s += " " + e.Route.String()
	case FrameForwarded, FrameRefused, FrameDropped:
		what := "request"
		if e.Frame.IsResponse() {
			what = "answer"
		}
		s += fmt.Sprintf(": %s > %s %s %s, invoke ID %d, %d octets", e.Frame.Source, e.Frame.Target, e.Frame.Command, what, e.Frame.InvokeID, len(e.Frame.Data))
		if e.Code != ams.NoError {
			s += ", answered with " + e.Code.Error()
		}
	default:
	}
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

// trace tells of an event.
func (r *Router) trace(e Event) {
	if r.options.Trace == nil {
		return
	}
	e.Time = time.Now()
	r.options.Trace(e)
}
