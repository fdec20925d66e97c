package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"unicode/utf8"

	"golang.org/x/term"

	"stellwerk/wire"
)

// write prints a code for people.
func (c code) write(out io.Writer, lang string, first bool) error {
	var text strings.Builder
	if !first {
		text.WriteByte('\n')
	}
	head := c.group.In(lang)
	if c.name != "" {
		head = c.name + ": " + head
	}
	fmt.Fprintf(&text, "%s, %d", head, c.value)
	if c.value >= 10 {
		fmt.Fprintf(&text, " (0x%X)", c.value)
	}
	text.WriteByte('\n')
	rows := []struct{ label, text wire.Text }{
		{wire.Text{EN: "Meaning", DE: "Bedeutung"}, c.meaning},
		{wire.Text{EN: "Cause", DE: "Ursache"}, c.cause},
		{wire.Text{EN: "Remedy", DE: "Abhilfe"}, c.remedy},
		{wire.Text{EN: "HRESULT", DE: "HRESULT"}, c.resultText()},
		{wire.Text{EN: "Not here", DE: "Hier nicht"}, c.note},
	}
	width := lineWidth(out)
	for _, row := range rows {
		if row.text.IsZero() {
			continue
		}
		label := row.label.In(lang)
		label += strings.Repeat(" ", 12-utf8.RuneCountInString(label))
		for line := range folded(row.text.In(lang), width-14) {
			fmt.Fprintf(&text, "  %s%s\n", label, line)
			label = strings.Repeat(" ", 12)
		}
	}
	_, err := io.WriteString(out, text.String())
	return err
}

// resultText tells of the HRESULT, and of its name where that is another one.
func (c code) resultText() wire.Text {
	switch {
	case c.result == 0:
		return wire.Text{}
	case c.result.String() == c.name:
		return wire.Same(fmt.Sprintf("0x%08X", uint32(c.result)))
	default:
		return wire.Same(fmt.Sprintf("0x%08X %s", uint32(c.result), c.result))
	}
}

// lineWidth returns how long lines may be.
func lineWidth(out io.Writer) int {
	if file, ok := out.(*os.File); ok {
		if width, _, err := term.GetSize(int(file.Fd())); err == nil {
			return max(40, min(width, 120))
		}
	}
	return 100
}

// folded yields text in lines of a width, broken between words.
func folded(text string, width int) func(func(string) bool) {
	return func(yield func(string) bool) {
		line, length := "", 0
		for word := range strings.FieldsSeq(text) {
			letters := utf8.RuneCountInString(word)
			switch {
			case length == 0:
				line, length = word, letters
			case length+1+letters <= width:
				line, length = line+" "+word, length+1+letters
			default:
				if !yield(line) {
					return
				}
				line, length = word, letters
			}
		}
		yield(line)
	}
}

// writeJSON prints a code as one line for programs.
func (c code) writeJSON(out io.Writer, asked, lang string) error {
	line := struct {
		Asked   string `json:"asked"`
		Kind    string `json:"kind"`
		Group   string `json:"group"`
		Name    string `json:"name,omitempty"`
		Value   int64  `json:"value"`
		Hex     string `json:"hex"`
		HRESULT string `json:"hresult,omitempty"`
		Meaning string `json:"meaning"`
		Cause   string `json:"cause,omitempty"`
		Remedy  string `json:"remedy,omitempty"`
		Note    string `json:"not_here,omitempty"`
	}{
		Asked: asked, Kind: c.kind, Group: c.group.In(lang), Name: c.name, Value: c.value, Hex: fmt.Sprintf("0x%X", uint32(c.value)),
		Meaning: c.meaning.In(lang), Cause: c.cause.In(lang), Remedy: c.remedy.In(lang), Note: c.note.In(lang),
	}
	if c.result != 0 {
		line.HRESULT = fmt.Sprintf("0x%08X", uint32(c.result))
	}
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	return encoder.Encode(line)
}
