package websocket

// Bounds of what is kept. A message that needs more is shown as far as it is kept.
const (
	maxMessage = 1 << 20   // octets of one message, on the wire and inflated
	maxFrames  = 4096      // frames of one message that are listed
	maxHeld    = 256 << 20 // octets of all connections together
	maxPackets = 1024      // packets that a message is said to have begun in
)

// Shared is what all connections of a capture share, so that their memory is
// bounded together. Its zero value is ready. It is not safe for concurrent use.
type Shared struct {
	held      int
	payload   []byte // of the message at hand
	inflated  []byte
	inflating [32 << 10]byte
	telegram  Telegram
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
