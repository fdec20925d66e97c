package stream

import (
	"fmt"

	"stellwerk/internal/capture"
	"stellwerk/wire"
)

// Kind is what a [Note] is about.
type Kind uint8

// Kinds of notes.
const (
	// UnsupportedLink: the packets of an interface cannot be taken apart.
	// Noted once for each interface.
	UnsupportedLink Kind = iota
	// Damaged: the headers of a packet cannot be followed to its data.
	Damaged
	// IPChecksum, TCPChecksum, UDPChecksum: the checksum is wrong. The data
	// are used nevertheless.
	IPChecksum
	TCPChecksum
	UDPChecksum
	// CutShort: Octets of a TCP segment were not captured.
	CutShort
	// FragmentsMissing: a datagram remained incomplete; Octets of it were
	// there.
	FragmentsMissing
	// FragmentOverlap: fragments of a datagram overlap with different octets.
	// The first are used.
	FragmentOverlap
	// FragmentTooLong: a fragment reaches beyond the greatest datagram, or
	// beyond the end that another fragment gave.
	FragmentTooLong
	// MidStream: the beginning of a connection is not in the capture.
	MidStream
	// Retransmission: Octets were there before, in packet Other if that is
	// still known. They are not handed on again.
	Retransmission
	// RetransmissionUnchecked: as Retransmission, but too long ago for their
	// content to be compared.
	RetransmissionUnchecked
	// NumberRepeated: a sequence number is repeated with other payload. The
	// segment is handed on.
	NumberRepeated
	// OverlapDifferent: a segment overlaps earlier ones with other payload.
	// The segment is handed on.
	OverlapDifferent
	// OutOfOrder: a segment arrived before Octets that precede it, and waits.
	OutOfOrder
	// Gap: Octets are missing; the stream goes on behind them.
	Gap
	// Late: a segment fills a gap that the stream has left behind. It is
	// handed on beside the stream.
	Late
	// OutsideWindow: a sequence number is so far from the expected one that
	// no window holds it. The segment is handed on beside the stream.
	OutsideWindow
	// Jump: a stream goes on at an unrelated sequence number.
	Jump
	// KeepAlive: one octet that only asks whether the other side is there.
	KeepAlive
	// AfterEnd: a direction has ended and has new octets nevertheless. They
	// open a new Connection.
	AfterEnd
	// ResetData: Octets in a segment with RST, which are not of the stream.
	ResetData
	// ResetOutsideWindow: a reset that its receiver would ignore, so the
	// connection goes on.
	ResetOutsideWindow
	// EndpointsReused: a new connection between the same endpoints.
	EndpointsReused
	// TooManyConnections: a quiet connection was given up.
	TooManyConnections

	kinds // number of kinds
)

// kindTexts give each kind its code and what it means.
var kindTexts = [kinds]struct {
	code string
	text wire.Text
}{
	UnsupportedLink:         {"link-type", wire.Text{EN: "packets of this link type cannot be taken apart", DE: "Pakete dieser Verbindungsart können nicht zerlegt werden"}},
	Damaged:                 {"damaged-headers", wire.Text{EN: "the headers of the packet are damaged", DE: "die Köpfe des Pakets sind beschädigt"}},
	IPChecksum:              {"ip-checksum", wire.Text{EN: "wrong IPv4 header checksum", DE: "falsche Prüfsumme im IPv4-Kopf"}},
	TCPChecksum:             {"tcp-checksum", wire.Text{EN: "wrong TCP checksum", DE: "falsche TCP-Prüfsumme"}},
	UDPChecksum:             {"udp-checksum", wire.Text{EN: "wrong UDP checksum", DE: "falsche UDP-Prüfsumme"}},
	CutShort:                {"cut-short", wire.Text{EN: "the packet was not captured to its end", DE: "das Paket wurde nicht bis zum Ende aufgezeichnet"}},
	FragmentsMissing:        {"fragments-missing", wire.Text{EN: "fragments of a datagram are missing", DE: "Fragmente eines Datagramms fehlen"}},
	FragmentOverlap:         {"fragment-overlap", wire.Text{EN: "fragments overlap with different octets; the first are used", DE: "Fragmente überlappen sich mit verschiedenen Oktetten; die ersten gelten"}},
	FragmentTooLong:         {"fragment-too-long", wire.Text{EN: "a fragment reaches beyond the end of its datagram and is ignored", DE: "ein Fragment reicht über das Ende seines Datagramms und wird nicht beachtet"}},
	MidStream:               {"tcp-mid-stream", wire.Text{EN: "the connection began before the capture", DE: "die Verbindung begann vor der Aufzeichnung"}},
	Retransmission:          {"tcp-retransmission", wire.Text{EN: "retransmission", DE: "Wiederholung"}},
	RetransmissionUnchecked: {"tcp-retransmission-unchecked", wire.Text{EN: "retransmission, too late to compare its content", DE: "Wiederholung, zu spät für einen Vergleich des Inhalts"}},
	NumberRepeated:          {"tcp-number-repeated", wire.Text{EN: "sequence number repeated with other payload", DE: "Folgenummer mit anderen Nutzdaten wiederholt"}},
	OverlapDifferent:        {"tcp-overlap-different", wire.Text{EN: "segments overlap with different payload", DE: "Segmente überlappen sich mit verschiedenen Nutzdaten"}},
	OutOfOrder:              {"tcp-out-of-order", wire.Text{EN: "segment arrived before what precedes it", DE: "Segment kam vor seinem Vorgänger an"}},
	Gap:                     {"tcp-gap", wire.Text{EN: "octets are missing in the capture", DE: "Oktette fehlen in der Aufzeichnung"}},
	Late:                    {"tcp-late", wire.Text{EN: "segment came after the stream had gone on without it", DE: "Segment kam, nachdem der Strom ohne es weitergegangen war"}},
	OutsideWindow:           {"tcp-outside-window", wire.Text{EN: "sequence number far from the expected one", DE: "Folgenummer weit von der erwarteten entfernt"}},
	Jump:                    {"tcp-jump", wire.Text{EN: "the stream goes on at an unrelated sequence number", DE: "der Strom setzt sich mit einer anderen Folgenummer fort"}},
	KeepAlive:               {"tcp-keep-alive", wire.Text{EN: "keep-alive probe", DE: "Keep-Alive-Anfrage"}},
	AfterEnd:                {"tcp-after-end", wire.Text{EN: "data after the end of the stream", DE: "Daten nach dem Ende des Stroms"}},
	ResetData:               {"tcp-reset-data", wire.Text{EN: "octets in a reset are not part of the stream", DE: "Oktette in einem Reset gehören nicht zum Strom"}},
	ResetOutsideWindow:      {"tcp-reset-outside-window", wire.Text{EN: "reset with a number that its receiver ignores", DE: "Reset mit einer Nummer, die der Empfänger nicht beachtet"}},
	EndpointsReused:         {"tcp-endpoints-reused", wire.Text{EN: "a new connection between the same endpoints", DE: "eine neue Verbindung zwischen denselben Endpunkten"}},
	TooManyConnections:      {"too-many-connections", wire.Text{EN: "too many connections at the same time: the quietest is given up", DE: "zu viele gleichzeitige Verbindungen: die stillste wird aufgegeben"}},
}

// Code returns the kind's name for machines, such as "tcp-gap".
func (k Kind) Code() string {
	if k >= kinds {
		return "unknown"
	}
	return kindTexts[k].code
}

// Text returns what the kind means.
func (k Kind) Text() wire.Text {
	if k >= kinds {
		return wire.Same("unknown")
	}
	return kindTexts[k].text
}

// String returns the kind's code.
func (k Kind) String() string { return k.Code() }

// Note is an observation about a packet.
type Note struct {
	Kind Kind
	// Packet and Time are those of the packet that the note is about.
	Packet, Time int64
	// Connection and Direction are set where the note is about a connection.
	Connection *Connection
	Direction  Direction
	// Octets is the number of octets concerned, or Unknown.
	Octets int64
	// Other is the packet that had the same octets or number first; 0 where
	// none is meant or it is not known any more.
	Other int64
	// Checksum is what a wrong checksum should have been.
	Checksum uint16
	// Interface is what an UnsupportedLink note is about.
	Interface *capture.Interface
	// Problem says what is wrong with a Damaged packet.
	Problem wire.Text
}

// Text returns the note as a sentence without the packet's number.
func (n *Note) Text() wire.Text {
	text := n.Kind.Text()
	add := func(en, de string, args ...any) {
		text.EN += fmt.Sprintf(en, args...)
		text.DE += fmt.Sprintf(de, args...)
	}
	switch n.Kind {
	case UnsupportedLink:
		add(": %v, interface %d", ": %v, Schnittstelle %d", n.Interface.LinkType, n.Interface.Index)
		if n.Interface.Name != "" {
			add(" (%s)", " (%s)", n.Interface.Name)
		}
	case Damaged:
		text.EN += ": " + n.Problem.EN
		text.DE += ": " + n.Problem.DE
	case IPChecksum, TCPChecksum, UDPChecksum:
		add(", should be 0x%04x", ", richtig wäre 0x%04x", n.Checksum)
	default:
		if n.Octets > 0 {
			add(" (%d octets)", " (%d Oktette)", n.Octets)
		}
		if n.Other != 0 {
			add(", first in packet %d", ", zuerst in Paket %d", n.Other)
		}
	}
	return text
}

// String returns the note in English, with the number of its packet.
func (n *Note) String() string { return fmt.Sprintf("packet %d: %s", n.Packet, n.Text().EN) }

// newNote returns the note to fill, about the current packet.
func (a *Assembler) newNote(kind Kind) *Note {
	a.note = Note{Kind: kind, Packet: a.packet, Time: a.time}
	return &a.note
}

func (a *Assembler) noteChecksum(kind Kind, right uint16) {
	n := a.newNote(kind)
	n.Checksum = right
	a.consumer.Note(n)
}

// noteStream notes something about a piece of a direction.
func (a *Assembler) noteStream(kind Kind, h *half, p *piece, octets, other int64) {
	a.note = Note{
		Kind: kind, Packet: p.packet, Time: p.time, Connection: h.connection, Direction: h.direction,
		Octets: octets, Other: other,
	}
	a.consumer.Note(&a.note)
}
