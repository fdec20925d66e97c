package dissect

import (
	"net/netip"

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
	// Source and Destination are the two ends of the direction.
	Source, Destination netip.AddrPort
}

// Line is one result of the analysis.
type Line struct {
	Place
	// Protocol is "iec104", "ads" or "websocket".
	Protocol string
	// Telegram is nil where none could be made of the octets, and for a
	// finding that belongs to none. It is valid until the next line.
	Telegram Telegram
	// Malformed says what is wrong with octets that are no telegram, or no
	// whole one. It is empty for all others.
	Malformed string
	// Octets are those of the telegram or of what is malformed; none for a
	// finding.
	Octets []byte
	// Finding is set where the line is one.
	Finding *finding.Finding
}

// Telegram is a decoded telegram of one of the protocols.
type Telegram interface {
	// AppendJSON appends the object that stands under the protocol's key.
	AppendJSON(dst []byte) []byte
	// AppendSummary appends one line of text without line feed.
	AppendSummary(dst []byte, lang string) []byte
	// Walk dissects all octets of the telegram.
	Walk(w *wire.Walker)
	// Kind is what summaries count, such as "M_SP_TB_1" or "TESTFR act", and
	// its meaning.
	Kind() (string, wire.Text)
}
