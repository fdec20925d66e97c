package iec104

import "stellwerk/internal/link"

// New returns the link of a configuration that was checked.
func New(options *Options, setup link.Setup) (link.Link, error) {
	if options.Role == "controlled" {
		return NewControlled(options, setup)
	}
	return NewControlling(options, setup)
}
