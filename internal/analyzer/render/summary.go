package render

import (
	"bufio"

	"stellwerk/internal/analyzer/dissect"
	"stellwerk/internal/capture"
	"stellwerk/internal/capture/stream"
)

// Summary counts.
type Summary struct {
	out  *bufio.Writer
	lang string
}

// NewSummary returns a view.
func NewSummary(out *bufio.Writer, lang string, _ bool) *Summary {
	return &Summary{out: out, lang: lang}
}

func (t *Summary) Line(*dissect.Line)               {}
func (t *Summary) File(string)                      {}
func (t *Summary) Packet(*capture.Packet)           {}
func (t *Summary) Note(*stream.Note)                {}
func (t *Summary) Ended(*dissect.Ended)             {}
func (t *Summary) PacketDone(*capture.Packet, bool) {}
func (t *Summary) EndFile(*stream.Stats)            {}
func (t *Summary) Close()                           {}
