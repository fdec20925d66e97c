package render

import (
	"bufio"

	"stellwerk/internal/analyzer/dissect"
	"stellwerk/internal/capture"
	"stellwerk/internal/capture/stream"
	"stellwerk/wire"
)

// Text writes every packet with its layers, and below them what they carry. It
// is not safe for concurrent use.
type Text struct {
	out    *bufio.Writer
	lang   string
	fields bool // a line for each field
	buffer []byte
}

// NewText returns a view that writes to out in the language lang; with fields,
// every field stands on a line of its own, with the place of its bits.
func NewText(out *bufio.Writer, lang string, _, fields bool) *Text {
	return &Text{out: out, lang: lang, fields: fields}
}

// Line writes a telegram with all its fields, or what is wrong.
func (t *Text) Line(line *dissect.Line) {
	t.buffer = t.buffer[:0]
	if line.Telegram != nil {
		t.buffer = append(t.buffer, "  "...)
		t.buffer = line.Telegram.AppendSummary(t.buffer, t.lang)
		t.buffer = append(t.buffer, '\n')
		w := wire.NewWalker(line.Octets)
		line.Telegram.Walk(w)
		t.buffer = AppendTree(t.buffer, w.Nodes(), 2, t.lang)
	}
	if !line.Malformed.IsZero() {
		t.buffer = append(append(append(t.buffer, "  malformed: "...), line.Malformed.In(t.lang)...), '\n')
	}
	if line.Finding != nil {
		t.buffer = append(t.buffer, "  "...)
		t.buffer = append(t.buffer, line.Finding.Severity.Text().In(t.lang)...)
		t.buffer = append(t.buffer, ": "...)
		t.buffer = append(t.buffer, line.Finding.Text.In(t.lang)...)
		t.buffer = append(t.buffer, '\n')
	}
	_, _ = t.out.Write(t.buffer)
}

// File begins a file.
func (t *Text) File(string) {}

func (t *Text) Packet(*capture.Packet)           {}
func (t *Text) Note(*stream.Note)                {}
func (t *Text) Ended(*dissect.Ended)             {}
func (t *Text) PacketDone(*capture.Packet, bool) {}
func (t *Text) EndFile(*stream.Stats)            {}
func (t *Text) Close()                           {}
