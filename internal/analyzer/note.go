package analyzer

import (
	"strings"
	"unicode"

	"stellwerk/internal/capture/stream"
	"stellwerk/internal/finding"
	"stellwerk/wire"
)

// fromNote makes a finding of a note. What networks do every day is a note too;
// what may have cost telegrams, or misleads whoever reads them, is a warning.
func fromNote(n *stream.Note) finding.Finding {
	f := finding.Finding{Code: finding.Code(n.Kind.Code()), Severity: finding.Warning, Clause: "RFC 9293", Text: harmless(n.Text())}
	switch n.Kind {
	case stream.Retransmission, stream.RetransmissionUnchecked, stream.OutOfOrder, stream.KeepAlive,
		stream.MidStream, stream.EndpointsReused:
		f.Severity = finding.Note
	case stream.UDPChecksum: // of whatever UDP, and cards calculate it after the capture
		f.Severity, f.Clause = finding.Note, "RFC 768"
	case stream.IPChecksum, stream.FragmentsMissing, stream.FragmentOverlap, stream.FragmentTooLong:
		f.Clause = "RFC 791"
	case stream.UnsupportedLink, stream.Damaged, stream.CutShort, stream.TooManyConnections:
		f.Clause = ""
	default:
	}
	return f
}

// harmless replaces what a text must not do to a terminal: names of interfaces
// are what the capture says they are.
func harmless(text wire.Text) wire.Text {
	clean := func(r rune) rune {
		if !unicode.IsPrint(r) {
			return unicode.ReplacementChar
		}
		return r
	}
	return wire.Text{EN: strings.Map(clean, text.EN), DE: strings.Map(clean, text.DE)}
}
