//go:build !linux || !(amd64 || arm64) || nolibssl

package libssl

import (
	"fmt"

	"stellwerk/tlsconf"
)

// Load fails: this program is built without the engine.
func Load() (tlsconf.Engine, error) {
	return nil, fmt.Errorf("%w: this program is built without it", ErrUnavailable)
}
