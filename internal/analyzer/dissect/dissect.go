package dissect

import (
	"net/netip"

	"stellwerk/internal/capture/stream"
	"stellwerk/internal/finding"
	"stellwerk/wire"
)

// Place says where in a capture something was seen.
type Place struct {
	// Frame is the number of the packet, counted from 1, in which the
	// telegram ends.
	Frame int64
	// Time is when that packet was captured, in nanoseconds since 1970 UTC.
	Time int64
	// Connection is nil where a packet belongs to none.
	Connection *stream.Connection
	// Direction is that of the connection.
	Direction stream.Direction
}

// Source returns who sent it; it is not valid where there is no connection.
func (p *Place) Source() netip.AddrPort {
	if p.Connection == nil {
		return netip.AddrPort{}
	}
	return p.Connection.Endpoints[p.Direction]
}

// Destination returns whom it was sent to; it is not valid where there is no
// connection.
func (p *Place) Destination() netip.AddrPort {
	if p.Connection == nil {
		return netip.AddrPort{}
	}
	return p.Connection.Endpoints[1-p.Direction]
}

// Line is one result of the analysis.
type Line struct {
	Place
	// Protocol is "iec104", or [Packet] for a finding about a packet that
	// belongs to no connection.
	Protocol string
	// Telegram is nil where none could be made of the octets, and for a
	// finding that belongs to none. It is valid until the next line.
	Telegram Telegram
	// Malformed says what is wrong with octets that are no telegram, or no
	// whole one. It is zero for all others.
	Malformed wire.Text
	// Octets are those of the telegram or of what is malformed; none for a
	// finding. They are valid until the next line.
	Octets []byte
	// Skipped is how many octets were passed over because no telegram can
	// begin at them. Octets holds those of them that are at hand.
	Skipped int64
	// Earlier are the packets before Frame that hold octets of the telegram,
	// as far as it needed more than one. They are valid until the next line.
	Earlier []int64
	// Finding is set where the line is one.
	Finding *finding.Finding
}

// Wrong reports whether the line tells of something malformed, or is a finding
// above a note.
func (l *Line) Wrong() bool {
	if l.Finding != nil {
		return l.Finding.Severity > finding.Note
	}
	return !l.Malformed.IsZero()
}

// Packet is the protocol of findings about packets of no connection: headers
// that are damaged, fragments that are missing.
const Packet = "packet"

// Ended tells that both directions of a connection have ended.
type Ended struct {
	// End is the end of the second direction.
	End *stream.End
	// Protocol is "" where none was recognised.
	Protocol string
	// Passed is how many octets of each direction no line was made of: all
	// of a connection that was not recognised, or is encrypted.
	Passed [2]int64
}

// Telegram is a decoded telegram of one of the protocols.
type Telegram interface {
	// AppendJSON appends the object that stands under the protocol's key.
	AppendJSON(dst []byte) []byte
	// AppendSummary appends one line of text without line feed.
	AppendSummary(dst []byte, lang string) []byte
	// Walk dissects all octets of the telegram.
	Walk(w *wire.Walker)
}
