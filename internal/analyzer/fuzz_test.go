package analyzer_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"stellwerk/internal/analyzer"
)

// Whatever a file holds: no panic in any form of output, JSON that is JSON, text
// that is text.
func FuzzRun(f *testing.F) {
	for _, name := range own(f) {
		whole := read(f, name)
		f.Add(whole[:min(len(whole), 4000)], byte(0))
	}
	f.Add([]byte("nothing"), byte(1))
	f.Fuzz(func(t *testing.T, octets []byte, choice byte) {
		for _, format := range analyzer.Formats() {
			report := analyzer.Report{Format: format, Lang: "en", Color: choice&2 != 0, Check: choice&4 != 0}
			if choice&1 != 0 {
				report.Lang = "de"
			}
			if choice&8 != 0 {
				report.Explain = int64(choice >> 4)
			}
			var out bytes.Buffer
			if _, err := analyzer.Run(t.Context(), []string{"-"}, bytes.NewReader(octets), &out, report); err != nil {
				t.Error(err)
			}
			if !utf8.Valid(out.Bytes()) {
				t.Errorf("%s: the output is not UTF-8", format)
			}
			if format != analyzer.JSON {
				continue
			}
			for line := range strings.Lines(out.String()) {
				if !json.Valid([]byte(line)) {
					t.Errorf("no JSON: %s", line)
				}
			}
		}
	})
}
