package analyzer

import (
	"errors"
	"io"
	"iter"
	"os"

	"stellwerk/internal/analyzer/dissect"
	"stellwerk/internal/capture"
	"stellwerk/internal/capture/stream"
)

// Lines yields the lines of a capture file, for programs that want telegrams
// instead of text. A line is valid until the next one. An error is the last that
// is yielded: what could be read has come before.
func Lines(name string, options Options) iter.Seq2[*dissect.Line, error] {
	return func(yield func(*dissect.Line, error) bool) {
		file, err := os.Open(name) //nolint:gosec // the user names the file
		if err != nil {
			yield(nil, err)
			return
		}
		defer file.Close() //nolint:errcheck // only read from
		reader, err := capture.NewReader(file, name)
		if err != nil {
			yield(nil, err)
			return
		}
		lines := &lineConsumer{yield: yield}
		analyzer := New(lines, options)
		var packet capture.Packet
		for !lines.stopped {
			if err = reader.Next(&packet); err != nil {
				break
			}
			analyzer.Packet(&packet)
		}
		if lines.stopped {
			return
		}
		analyzer.Close()
		if !lines.stopped && !errors.Is(err, io.EOF) {
			yield(nil, err)
		}
	}
}

// lineConsumer hands lines to an iteration.
type lineConsumer struct {
	yield   func(*dissect.Line, error) bool
	stopped bool
}

func (c *lineConsumer) Line(line *dissect.Line) {
	c.stopped = c.stopped || !c.yield(line, nil)
}

func (*lineConsumer) Note(*stream.Note)    {}
func (*lineConsumer) Ended(*dissect.Ended) {}
