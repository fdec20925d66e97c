package app

import (
	"fmt"

	"stellwerk/internal/config"
	"stellwerk/internal/link"
	"stellwerk/internal/link/ads"
	"stellwerk/internal/link/iec104"
	"stellwerk/internal/link/websocket"
)

// Registry returns the protocols that a configuration may name. This file is the
// only place that lists them.
func Registry() *config.Registry {
	return config.NewRegistry(iec104.NewProtocol(), ads.NewProtocol(), websocket.NewProtocol())
}

// newLink makes the link of a configuration.
func newLink(options config.Options, setup link.Setup) (link.Link, error) {
	switch o := options.(type) {
	case *iec104.Options:
		return iec104.New(o, setup)
	case *ads.Options:
		return ads.New(o, setup)
	case *websocket.Options:
		return websocket.New(o, setup)
	default:
		return nil, fmt.Errorf("link %s: options of type %T belong to no protocol", setup.Name, options)
	}
}

// isCommand reports whether a type is that of a command, so that its point has no
// value to show.
func isCommand(typ string) bool { return iec104.IsCommand(typ) }
