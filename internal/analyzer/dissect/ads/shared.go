package ads

import "net/netip"

// Bounds of what is kept. A frame that needs more is shown as far as it is kept.
const (
	maxFrame    = 4 << 20   // octets of one frame
	maxHeld     = 256 << 20 // octets of all connections together
	maxPackets  = 1024      // packets that a frame is said to have begun in
	maxPending  = 4096      // requests of a connection that wait for answers
	maxAnswered = 1024      // answers of a connection that may come twice
	maxOrphans  = 256       // answers of a connection that may have been asked for
	maxRequest  = 1 << 20   // octets of a request that are kept for its answer
	maxNames    = 500_000   // names of all connections together
	maxEnds     = 4096      // ends whose names are good for all connections to them
)

// Shared is what all connections of a capture share, so that their memory is
// bounded together. Its zero value is ready. It is not safe for concurrent use.
type Shared struct {
	held     int
	names    int
	ends     map[netip.AddrPort]*known
	searches searches
	telegram Telegram
}

// take asks for room for octets that are kept longer than the call at hand.
func (s *Shared) take(octets int) bool {
	if s.held+octets > maxHeld {
		return false
	}
	s.held += octets
	return true
}

// give gives room back.
func (s *Shared) give(octets int) { s.held -= octets }
