package live

import (
	"net/netip"
	"sync"
	"time"

	"stellwerk/internal/analyzer/dissect"
	"stellwerk/internal/analyzer/dissect/iec104"
	"stellwerk/internal/analyzer/verdict"
	"stellwerk/internal/capture/stream"
)

// Witness sees the octets of a connection that this process has itself, and makes
// of them the lines that the analyzer would make of a capture: telegrams, and
// findings about both sides. It may be used by several goroutines at the same
// time.
type Witness struct {
	mu           sync.Mutex
	connection   stream.Connection    // set once
	conversation *iec104.Conversation // guarded by mu
	ended        bool                 // guarded by mu
}

// NewWitness returns a witness of a connection from its opening on. Lines are
// handed to line one at a time, and are valid until it returns; it must not call
// the witness.
func NewWitness(client, server netip.AddrPort, options *iec104.Options, link verdict.Parameters, line func(*dissect.Line)) *Witness {
	w := &Witness{connection: stream.Connection{ID: 1, Endpoints: [2]netip.AddrPort{client, server}, Opened: true, FirstPacket: 1}}
	w.conversation = iec104.New(options, verdict.NewLink(&w.connection, link, line), line)
	return w
}

// Frame takes octets of one direction: an APDU, or what is none. The packet is
// the number that lines about it have.
func (w *Witness) Frame(packet int64, at time.Time, direction stream.Direction, octets []byte) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.conversation.Chunk(&stream.Chunk{
		Connection: &w.connection, Direction: direction,
		Packet: packet, Now: packet, Time: at.UnixNano(), Data: octets,
	})
}

// End takes the end of the connection, which a packet shows. A second end says
// nothing new.
func (w *Witness) End(packet int64, at time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.ended {
		return
	}
	w.ended = true
	for _, direction := range [...]stream.Direction{stream.Forward, stream.Backward} {
		w.conversation.End(&stream.End{
			Connection: &w.connection, Direction: direction, Reason: stream.CaptureEnd,
			Packet: packet, Time: at.UnixNano(),
		})
	}
}
