package filter_test

import (
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"stellwerk/internal/analyzer"
	"stellwerk/internal/analyzer/filter"
)

// frames returns the numbers of the packets of the lines of a capture for which
// an expression holds.
func frames(t *testing.T, capture, expression string) string {
	t.Helper()
	f, err := filter.New(expression)
	if err != nil {
		t.Fatal(err)
	}
	var numbers []string
	for line, err := range analyzer.Lines(filepath.Join("../../../test/captures", capture), analyzer.Options{}) {
		if err != nil {
			t.Fatal(err)
		}
		if f.Keep(line) {
			numbers = append(numbers, strconv.FormatInt(line.Frame, 10))
		}
	}
	return strings.Join(numbers, " ")
}

func TestKeep(t *testing.T) {
	for _, test := range []struct{ capture, expression, want string }{
		{"station.pcapng", `frame == 11`, "11"},
		{"station.pcapng", `frame in 11..13 and format == "I"`, "11 12 13"},
		{"station.pcapng", `function == "STARTDT act"`, "4"},
		{"station.pcapng", `format == "S"`, "15 32"},
		{"station.pcapng", `type == "C_IC_NA_1"`, "9 10 14"},
		{"station.pcapng", `type in ["C_IC_NA_1", "C_CS_NA_1"]`, "7 8 9 10 14"},
		{"station.pcapng", `type_id == 100 and cause == "act"`, "9"},
		{"station.pcapng", `type_id == 100 and cause in ["actcon", "actterm"]`, "10 14"},
		{"station.pcapng", `negative`, "25 27"},
		{"station.pcapng", `originator == 7 and select`, "18 19"},
		{"station.pcapng", `ioa == 101`, "11 16"},
		{"station.pcapng", `ioa == 101 and value == true`, "16"},
		{"station.pcapng", `value > 110.6`, "17 24 25 30"},
		{"station.pcapng", `value >= 111.25 and value < 112`, "17"},
		{"station.pcapng", `110.6 < value`, "17 24 25 30"},
		{"station.pcapng", `value == "off"`, "12 18 19 20 21 22 23"},
		{"station.pcapng", `"not-topical" in quality`, "11"},
		{"station.pcapng", `port == 2404 and send == 3`, "11 20"},
		{"station.pcapng", `port == 1 or port in [3, 4]`, ""},
		{"station.pcapng", `port != 2404`, ""},
		{"station.pcapng", `src == "192.0.2.10" and format == "S"`, "15 32"},
		{"station.pcapng", `within(src, "192.0.2.16/28") and type == "M_IT_NA_1"`, "30"},
		{"station.pcapng", `dst_port == 2404 and format == "S"`, "15 32"},
		{"station.pcapng", `time > date("2026-03-02T08:30:40Z") and function startsWith "TESTFR"`, "35 36"},
		{"station.pcapng", `length > 24`, "13"},
		{"station.pcapng", `ca == 1 and not (ioa > 0)`, "6 7 8 9 10 14 28 29 31"},
		{"faults.pcapng", `malformed and length == 16`, "36"},
		{"faults.pcapng", `finding == "k-exceeded"`, "118"},
		{"faults.pcapng", `severity == "warning" and finding != "reserved-bits"`, "27 78 80 127 128 134"},
		{"types.pcapng", `type == "C_RP_NC_1"`, "96 97"},
		{"types.pcapng", `value == "3930000000664300"`, "130"},
		{"types.pcapng", `test or receive == 3 and format == ""`, ""},
		{"tcp.pcapng", `protocol == "packet"`, "110 128"},
	} {
		if diff := cmp.Diff(test.want, frames(t, test.capture, test.expression)); diff != "" {
			t.Errorf("%s: %s", test.expression, diff)
		}
	}
}

// What cannot be meant is an error, shown at its place.
func TestErrors(t *testing.T) {
	for _, test := range []struct{ expression, want string }{
		{"vlaue > 10", "unknown name vlaue\n  vlaue > 10\n  ^"},
		{"frame >", "unexpected token EOF\n  frame >\n        ^"},
		{"frame", "expected bool, but got int\n  frame\n  ^"},
		{`type == "M_SP_XX_1"`, "there is no type \"M_SP_XX_1\"\n  type == \"M_SP_XX_1\"\n          ^"},
		{`cause == "spontan"`, "there is no cause of transmission \"spontan\"\n  cause == \"spontan\"\n           ^"},
		{`severity == "bad"`, "no severity is \"bad\"\n  severity == \"bad\"\n              ^"},
		{`format == "X" or true`, "no format is \"X\"\n  format == \"X\" or true\n            ^"},
		{`function == "STARTDT"`, "no function is \"STARTDT\"\n  function == \"STARTDT\"\n              ^"},
		{`port > 2000`, "port is either of two: it can be compared with ==, != and in; src_port and dst_port with all others\n  port > 2000\n       ^"},
		{`2404 == port`, "port is either of two: write port == 2404, or use src_port and dst_port\n  2404 == port\n          ^"},
		{`within(src, "10.0.0.0/40")`, "\"10.0.0.0/40\" is no network; one is written like \"10.0.0.0/8\"\n  within(src, \"10.0.0.0/40\")\n              ^"},
		{`within(src, dst)`, "the second argument of within must be a network in quotes, such as \"10.0.0.0/8\"\n  within(src, dst)\n              ^"},
		{`ca == "x"`, "invalid operation: == (mismatched types int and string)\n  ca == \"x\"\n     ^"},
	} {
		_, err := filter.New(test.expression)
		if err == nil {
			t.Errorf("%s: no error", test.expression)
			continue
		}
		if diff := cmp.Diff(test.want, err.Error()); diff != "" {
			t.Errorf("%s: %s", test.expression, diff)
		}
	}
}

// The help names every field that an expression knows.
func TestHelp(t *testing.T) {
	help := filter.Help()
	for _, field := range filter.Fields() {
		for name := range strings.SplitSeq(field.Name, ", ") {
			if !strings.Contains(help, name) {
				t.Errorf("help says nothing about %s", name)
			}
			for _, operand := range []string{`== 1`, `== ""`, `== true`, `> date("2026-01-01")`} {
				if _, err := filter.New(name + " " + operand); err == nil {
					name = ""
					break
				}
			}
			if _, err := filter.New(`"" in ` + name); name != "" && err != nil {
				t.Errorf("%s is not known: %v", name, err)
			}
		}
	}
}

func FuzzNew(f *testing.F) {
	for _, expression := range []string{`value > 1`, `port in [1]`, `type == "M_SP_NA_1"`, `cause in ["act"]`, `within(src, "::/0")`, `"` + "\xff"} {
		f.Add(expression)
	}
	f.Fuzz(func(t *testing.T, expression string) {
		if len(expression) > 1000 {
			return
		}
		if _, err := filter.New(expression); err != nil && err.Error() == "" {
			t.Error("an error without a text")
		}
	})
}
