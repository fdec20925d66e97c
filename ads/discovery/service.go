package discovery

import (
	"fmt"

	"stellwerk/wire"
)

// Service is what a packet asks for, or answers.
type Service uint32

// The services. Answers carry the same number and [Packet.Response].
const (
	ServiceServerInfo  Service = 1 // who are you; by broadcast: who is there
	ServiceAddRoute    Service = 6
	ServiceDeleteRoute Service = 7
)

// responseBit marks answers in the octets of a service.
const responseBit = 0x80000000

// String returns a name, and a number for what is not known.
func (s Service) String() string {
	switch s {
	case ServiceServerInfo:
		return "server info"
	case ServiceAddRoute:
		return "add route"
	case ServiceDeleteRoute:
		return "delete route"
	default:
		return fmt.Sprintf("service %d", uint32(s))
	}
}

// Known reports whether the service is one of those above.
func (s Service) Known() bool {
	return s == ServiceServerInfo || s == ServiceAddRoute || s == ServiceDeleteRoute
}

// Text says what the service does.
func (s Service) Text() wire.Text {
	switch s {
	case ServiceServerInfo:
		return text("ask a machine who it is", "einen Rechner fragen, wer er ist")
	case ServiceAddRoute:
		return text("enter a route on a machine", "eine Route auf einem Rechner eintragen")
	case ServiceDeleteRoute:
		return text("remove a route from a machine", "eine Route von einem Rechner entfernen")
	default:
		return text("not known", "unbekannt")
	}
}

func text(en, de string) wire.Text { return wire.Text{EN: en, DE: de} }
