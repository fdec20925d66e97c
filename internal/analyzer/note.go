package analyzer

import (
	"stellwerk/internal/capture/stream"
	"stellwerk/internal/finding"
)

// fromNote makes a finding of a note. What networks do every day is a note too;
// what may have cost telegrams, or misleads whoever reads them, is a warning.
func fromNote(n *stream.Note) finding.Finding {
	f := finding.Finding{Code: finding.Code(n.Kind.Code()), Severity: finding.Warning, Clause: "RFC 9293", Text: n.Text()}
	switch n.Kind {
	case stream.Retransmission, stream.RetransmissionUnchecked, stream.OutOfOrder, stream.KeepAlive,
		stream.MidStream, stream.EndpointsReused:
		f.Severity = finding.Note
	case stream.UDPChecksum: // no telegram comes over UDP
		f.Severity, f.Clause = finding.Note, "RFC 768"
	case stream.IPChecksum, stream.FragmentsMissing, stream.FragmentOverlap, stream.FragmentTooLong:
		f.Clause = "RFC 791"
	case stream.UnsupportedLink, stream.Damaged, stream.CutShort, stream.TooManyConnections:
		f.Clause = ""
	default:
	}
	return f
}
