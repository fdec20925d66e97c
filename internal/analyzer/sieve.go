package analyzer

import (
	"bufio"

	"stellwerk/internal/analyzer/dissect"
	"stellwerk/internal/analyzer/render"
	"stellwerk/internal/capture"
	"stellwerk/internal/capture/stream"
	"stellwerk/internal/finding"
	"stellwerk/wire"
)

// view is a form of output.
type view interface {
	// File begins a file.
	File(name string)
	// Packet announces the packet whose lines follow.
	Packet(p *capture.Packet)
	// Line takes a line.
	Line(line *dissect.Line)
	// Note takes an observation about a connection of no known protocol.
	Note(note *stream.Note)
	// Ended takes the end of a connection.
	Ended(ended *dissect.Ended)
	// PacketDone tells that no more lines of the packet follow, and whether
	// the packet as such is asked for.
	PacketDone(p *capture.Packet, wanted bool)
	// EndFile ends a file.
	EndFile(stats *stream.Stats)
	// Close ends the output.
	Close()
}

func newView(out *bufio.Writer, report *Report) view {
	switch report.Format {
	case Summary:
		return render.NewSummary(out, report.Lang, report.Color)
	case JSON:
		return render.NewJSON(out, report.Lang)
	default:
		return render.NewText(out, report.Lang, report.Color, report.Explain != 0)
	}
}

// sieve lets pass what a report asks for. It implements Consumer.
type sieve struct {
	report *Report
	view   view
	queue  *queue // nil where nobody wants packets
	result Result
	err    error // of handing on packets

	number      int64     // of the packet that is analysed
	unsupported wire.Text // what was said last about a link type
}

func newSieve(report *Report, view view) *sieve {
	s := &sieve{report: report, view: view}
	if report.Packets != nil {
		s.queue = newQueue(report.Packets)
	}
	return s
}

func (s *sieve) beginFile(name string) {
	s.number = 0
	s.view.File(name)
}

func (s *sieve) endFile(stats *stream.Stats) {
	s.view.EndFile(stats)
	s.empty()
}

func (s *sieve) close() { s.view.Close() }

// empty hands on the packets that wait.
func (s *sieve) empty() {
	if s.queue != nil && s.err == nil {
		s.err = s.queue.empty()
		s.result.Forgotten = s.queue.forgotten
	}
}

func (s *sieve) begin(p *capture.Packet) {
	s.number = p.Number
	if s.queue != nil && s.err == nil {
		s.err = s.queue.add(p)
	}
	s.view.Packet(p)
}

func (s *sieve) end(p *capture.Packet) {
	wanted := s.wanted(p.Number) && s.report.Filter == nil && !s.report.Check
	s.view.PacketDone(p, wanted)
	if wanted && s.report.Format == Text && s.queue != nil {
		s.queue.want(p.Number)
	}
}

// wanted reports whether a packet is one of those asked for.
func (s *sieve) wanted(number int64) bool { return s.report.Explain == 0 || s.report.Explain == number }

// Line lets a line pass or not.
func (s *sieve) Line(line *dissect.Line) {
	wrong := line.Wrong()
	if line.Protocol == dissect.Packet && line.Finding != nil && line.Finding.Code == finding.Code(stream.UnsupportedLink.Code()) {
		s.unsupported = line.Finding.Text
	}
	if !s.wanted(line.Frame) || s.report.Check && !wrong && line.Finding == nil ||
		s.report.Filter != nil && !s.report.Filter.Keep(line) {
		return
	}
	s.result.Lines++
	if wrong {
		s.result.Wrong++
	}
	if s.queue != nil {
		s.queue.want(line.Frame)
		for _, number := range line.Earlier {
			s.queue.want(number)
		}
	}
	s.view.Line(line)
}

// Note lets a note pass that no filter can ask about.
func (s *sieve) Note(note *stream.Note) {
	if s.wanted(note.Packet) && s.report.Filter == nil && !s.report.Check {
		s.view.Note(note)
	}
}

// Ended lets the end of a connection pass.
func (s *sieve) Ended(ended *dissect.Ended) { s.view.Ended(ended) }
