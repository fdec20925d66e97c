package analyzer

import (
	"errors"

	"stellwerk/internal/analyzer/filter"
	"stellwerk/internal/capture"
)

// Format is a form of output.
type Format string

// The formats.
const (
	Text    Format = "text"    // every packet with its layers, field by field
	JSON    Format = "json"    // one object a line, see docs/json.md
	Summary Format = "summary" // connections, stations, commands, findings
)

// Formats are all of them.
func Formats() []Format { return []Format{Text, JSON, Summary} }

// Report says what [Run] prints.
type Report struct {
	Options
	Format Format
	// Lang is "en" or "de".
	Lang string
	// Color asks for colour in text and summary.
	Color bool
	// Explain is the number of the one packet to print with every field on a
	// line of its own, or 0.
	Explain int64
	// Check prints findings and malformed telegrams alone.
	Check bool
	// Filter chooses the lines to print, all where it is nil. A finding is
	// asked about like a telegram.
	Filter *filter.Filter
	// Packets takes the packets of which something is printed, in their order,
	// where it is not nil. An error ends the analysis.
	Packets func(*capture.Packet) error
	// Problem is told of each file that is damaged or cannot be read, in the
	// order of the files. It may be nil.
	Problem func(error)
	// Progress is told now and then how far the analysis is. It may be nil.
	Progress func(Progress)
}

// Progress says how far an analysis is.
type Progress struct {
	File    string
	Packets int64
	// Offset is where in the file, Size how long the file is in octets, 0
	// where that is not known.
	Offset, Size int64
}

// Result is what [Run] has seen.
type Result struct {
	// Lines are the lines that were printed, or counted in a summary.
	Lines int64
	// Wrong are those of them that are malformed telegrams and findings above
	// notes.
	Wrong int64
	// Unreadable are the files of which nothing could be read, Damaged those
	// of which not everything could.
	Unreadable, Damaged int
	// Forgotten are the packets that Packets should have been given, but that
	// came too long before it was known that something is printed of them.
	Forgotten int64
}

// ErrOutput is wrapped by the errors of [Run] about writing.
var ErrOutput = errors.New("the results cannot be written")

// ErrInterrupted is wrapped by the error of [Run] when its context ended first.
var ErrInterrupted = errors.New("interrupted")
