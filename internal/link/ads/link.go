package ads

import "stellwerk/internal/link"

// New returns the link of a configuration that was checked.
func New(options *Options, setup link.Setup) (link.Link, error) {
	if options.Role == roleDevice {
		return NewDevice(options, setup)
	}
	return NewClient(options, setup)
}
