package analyzer

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"stellwerk/internal/analyzer/dissect"
	"stellwerk/internal/analyzer/render"
	"stellwerk/internal/capture"
	"stellwerk/internal/capture/stream"
	"stellwerk/internal/finding"
)

// Format is a form of output.
type Format string

// The formats.
const (
	Text    Format = "text"    // every packet with its layers, field by field
	JSON    Format = "json"    // one object a line, see docs/json.md
	Summary Format = "summary" // connections, stations, types, findings
)

// Formats are all of them.
func Formats() []Format { return []Format{Text, JSON, Summary} }

// Report says what [Run] prints.
type Report struct {
	Options
	Format Format
	// Lang is "en" or "de".
	Lang string
	// Explain is the number of the one packet to print with every field on a
	// line of its own, or 0.
	Explain int64
	// Check prints findings and malformed telegrams alone.
	Check bool
	// Keep chooses the lines to print, all where it is nil. A finding is asked
	// about like a telegram.
	Keep func(*dissect.Line) bool
	// Packets takes every packet of which a line is printed, where it is not
	// nil. An error ends the analysis.
	Packets func(*capture.Packet) error
}

// Result is what [Run] has seen.
type Result struct {
	// Lines are the lines that were printed, or counted in a summary.
	Lines int64
	// Wrong are the malformed telegrams and the findings above notes.
	Wrong int64
}

// ErrUnreadable is wrapped by the errors of [Run] for files of which nothing
// could be read.
var ErrUnreadable = errors.New("nothing could be read")

// Run analyses files one after the other and prints to out what the report
// asks for; the name "-" stands for in. What can be read of a damaged file is
// printed before its error is returned, and the files behind it are read too.
// Errors of writing to out end the analysis.
func Run(ctx context.Context, files []string, in io.Reader, out io.Writer, report Report) (Result, error) {
	writer := &errorWriter{Writer: out}
	buffer := bufio.NewWriterSize(writer, 1<<16)
	s := &sieve{report: &report, view: newView(buffer, &report)}
	var damaged error
	for _, name := range files {
		damaged = errors.Join(damaged, s.file(ctx, name, in, writer))
		if writer.err != nil || ctx.Err() != nil {
			break
		}
	}
	s.view.Close()
	if err := buffer.Flush(); err != nil {
		return s.result, fmt.Errorf("writing the results: %w", err)
	}
	return s.result, errors.Join(damaged, s.err, ctx.Err())
}

// errorWriter remembers that the other end has gone, so that a long capture is
// not read for nobody.
type errorWriter struct {
	io.Writer
	err error
}

func (w *errorWriter) Write(data []byte) (int, error) {
	n, err := w.Writer.Write(data)
	if err != nil {
		w.err = err
	}
	return n, err
}

// file analyses one file. Packet numbers begin anew with each.
func (s *sieve) file(ctx context.Context, name string, in io.Reader, out *errorWriter) error {
	if name != "-" {
		file, err := os.Open(name) //nolint:gosec // the user names the file
		if err != nil {
			return fmt.Errorf("%w: %w", ErrUnreadable, err)
		}
		defer file.Close() //nolint:errcheck // only read from
		in = file
	}
	reader, err := capture.NewReader(in, name)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrUnreadable, err)
	}
	analyzer := New(s, s.report.Options)
	s.view.File(name)
	var packet capture.Packet
	for out.err == nil && s.err == nil {
		if packet.Number%1024 == 0 && ctx.Err() != nil {
			break
		}
		if err = reader.Next(&packet); err != nil {
			break
		}
		s.begin(&packet)
		analyzer.Packet(&packet)
		s.end(&packet)
	}
	analyzer.Close()
	s.view.EndFile(analyzer.Stats())
	switch {
	case err == nil || errors.Is(err, io.EOF):
		return nil
	case reader.Packets() == 0:
		return fmt.Errorf("%w: %w", ErrUnreadable, err)
	default:
		return err
	}
}

// view is a form of output.
type view interface {
	// File begins a file.
	File(name string)
	// Packet announces the packet whose lines follow.
	Packet(p *capture.Packet)
	// Line takes a line.
	Line(line *dissect.Line)
	// Note takes an observation about no connection of a known protocol.
	Note(note *stream.Note)
	// Ended takes the end of a connection of a known protocol.
	Ended(connection *stream.Connection, protocol string)
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
		return render.NewSummary(out, report.Lang)
	case JSON:
		return render.NewJSON(out, report.Lang)
	default:
		return render.NewText(out, report.Lang, report.Explain != 0)
	}
}

// sieve lets pass what a report asks for. It implements Consumer.
type sieve struct {
	report *Report
	view   view
	result Result
	err    error // of writing packets

	number int64 // of the packet that is analysed
	passed bool  // a line of it was printed
}

func (s *sieve) begin(p *capture.Packet) {
	s.number, s.passed = p.Number, false
	if s.wanted() {
		s.view.Packet(p)
	}
}

func (s *sieve) end(p *capture.Packet) {
	if !s.wanted() {
		return
	}
	s.view.PacketDone(p, s.report.Keep == nil && !s.report.Check)
	if s.passed && s.report.Packets != nil {
		s.err = s.report.Packets(p)
	}
}

// wanted reports whether the current packet is one of those asked for.
func (s *sieve) wanted() bool { return s.report.Explain == 0 || s.report.Explain == s.number }

// Line lets a line pass or not.
func (s *sieve) Line(line *dissect.Line) {
	wrong := line.Malformed != "" || line.Finding != nil
	if !s.wanted() || s.report.Check && !wrong || s.report.Keep != nil && !s.report.Keep(line) {
		return
	}
	s.passed = true
	s.result.Lines++
	if wrong && (line.Finding == nil || line.Finding.Severity > finding.Note) {
		s.result.Wrong++
	}
	s.view.Line(line)
}

// Note lets a note pass that no filter can ask about.
func (s *sieve) Note(note *stream.Note) {
	if s.wanted() && s.report.Keep == nil {
		s.view.Note(note)
	}
}

// Ended lets the end of a connection pass.
func (s *sieve) Ended(connection *stream.Connection, protocol string) {
	s.view.Ended(connection, protocol)
}
