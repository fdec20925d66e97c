package config

import (
	"bytes"
	"encoding/binary"
	"encoding/csv"
	"errors"
	"io"
	"iter"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// maxCSV is the number of octets of a CSV file that are read at most.
const maxCSV = 256 << 20

// csvRows yields the rows of a CSV file. What is wrong with the file is reported,
// and ends the rows.
func (r *reading) csvRows(list List, data []byte) iter.Seq[row] {
	return func(yield func(row) bool) {
		whole := span{position: Position{File: list.File}}
		if len(data) > maxCSV {
			r.report.report(whole, "the signal list has %d octets, at most %d are read", len(data), maxCSV)
			return
		}
		text, ok := decodeText(data, list.Encoding)
		r.report.opened(list.File, text)
		if !ok {
			at := firstInvalid(text)
			at.File = list.File
			r.report.report(span{at, 1}, "the signal list is not in UTF-8: save it as \"CSV UTF-8\", or write encoding: windows-1252 beside its name")
			return
		}
		lines := strings.Split(text, "\n")
		reader := csv.NewReader(strings.NewReader(text))
		reader.Comma = separator(lines)
		reader.Comment = '#'
		reader.FieldsPerRecord = -1
		for {
			record, err := reader.Read()
			if errors.Is(err, io.EOF) {
				return
			}
			if detail, wrong := errors.AsType[*csv.ParseError](err); wrong {
				at := Position{File: list.File, Line: detail.Line, Column: characters(lines, detail.Line, detail.Column)}
				r.report.report(span{at, 1}, "the signal list cannot be read on: %s", csvMistake(detail))
				return
			}
			if err != nil {
				r.report.report(whole, "the signal list cannot be read: %v", err)
				return
			}
			places := make([]span, len(record))
			for i := range record {
				line, column := reader.FieldPos(i)
				places[i] = span{
					position: Position{File: list.File, Line: line, Column: characters(lines, line, column)},
					width:    utf8.RuneCountInString(record[i]),
				}
			}
			if !yield(row{cells: record, at: places[0].position, where: func(column int) func(string, ...any) {
				at := places[0]
				if column < len(places) {
					at = places[column]
				}
				return func(format string, arguments ...any) { r.report.report(at, format, arguments...) }
			}}) {
				return
			}
		}
	}
}

func csvMistake(err *csv.ParseError) string {
	switch {
	case errors.Is(err.Err, csv.ErrQuote):
		return "a quotation mark ends in the wrong place, or is missing at the end"
	case errors.Is(err.Err, csv.ErrBareQuote):
		return "a quotation mark stands within a cell that does not begin with one; write it twice and put the cell in quotation marks"
	}
	return err.Err.Error()
}

// characters converts a column in octets, as encoding/csv counts it, to one in
// characters.
func characters(lines []string, line, column int) int {
	if line < 1 || line > len(lines) {
		return column
	}
	text := lines[line-1]
	return 1 + utf8.RuneCountInString(text[:max(0, min(column-1, len(text)))])
}

// decodeText gives the text of a file in UTF-8, in UTF-16 with a byte order mark,
// or, where asked for, in Windows-1252. It gives false where the text is not what
// it should be.
func decodeText(data []byte, encoding string) (string, bool) {
	var order binary.ByteOrder
	switch {
	case bytes.HasPrefix(data, []byte{0xEF, 0xBB, 0xBF}):
		text := string(data[3:])
		return text, utf8.ValidString(text)
	case bytes.HasPrefix(data, []byte{0xFF, 0xFE}):
		order = binary.LittleEndian
	case bytes.HasPrefix(data, []byte{0xFE, 0xFF}):
		order = binary.BigEndian
	case encoding == encodingWindows1252:
		return fromWindows1252(data), true
	default:
		text := string(data)
		return text, utf8.ValidString(text)
	}
	units := make([]uint16, 0, len(data)/2)
	for rest := data[2:]; len(rest) >= 2; rest = rest[2:] {
		units = append(units, order.Uint16(rest))
	}
	return string(utf16.Decode(units)), true
}

// windows1252 has the characters 0x80 to 0x9F of the code page; all others are
// those of Unicode. Five are not used and stay control characters.
var windows1252 = [32]rune{
	'€', 0x81, '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', 0x8D, 'Ž', 0x8F,
	0x90, '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', 0x9D, 'ž', 'Ÿ',
}

func fromWindows1252(data []byte) string {
	runes := make([]rune, len(data))
	for i, b := range data {
		runes[i] = rune(b)
		if b >= 0x80 && b < 0xA0 {
			runes[i] = windows1252[b-0x80]
		}
	}
	return string(runes)
}

// separator finds out what stands between the cells, from the first line that has
// any of the candidates outside quotation marks.
func separator(lines []string) rune {
	for _, line := range lines {
		if strings.HasPrefix(strings.TrimSpace(line), "#") {
			continue
		}
		var semicolons, tabs, commas int
		quoted := false
		for _, c := range line {
			switch {
			case c == '"':
				quoted = !quoted
			case quoted:
			case c == ';':
				semicolons++
			case c == '\t':
				tabs++
			case c == ',':
				commas++
			}
		}
		switch max(semicolons, tabs, commas) {
		case 0:
		case semicolons:
			return ';'
		case tabs:
			return '\t'
		default:
			return ','
		}
	}
	return ','
}
