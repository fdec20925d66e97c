package analyzer_test

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"stellwerk/iec104/asdu"
	"stellwerk/internal/analyzer"
	"stellwerk/internal/capture/stream"
	"stellwerk/internal/finding"
	"stellwerk/internal/rig"
)

// Every type has its line. What the values must be was checked by hand, octet by
// octet, when they were written into docs/json.md.
func TestJSONOfEveryType(t *testing.T) {
	all := lines(t, analyzer.Report{}, capture("types.pcapng"))
	for _, line := range all {
		if !json.Valid([]byte(line)) {
			t.Errorf("no JSON: %s", line)
		}
	}
	rig.Golden(t, "types.jsonl", strings.Join(all, "\n")+"\n")
}

var (
	typeRow        = regexp.MustCompile("(?m)^\\| (\\d+) ([A-Z]_[A-Z]{2}_[A-Z]{2}_1) \\| `(.*)` \\|$")
	documentedCode = regexp.MustCompile("(?m)^\\| `([a-z0-9-]+)` \\|")
)

// docs/json.md has an example of each type, names every code, and its examples
// are what is printed.
func TestJSONDocument(t *testing.T) {
	document := string(read(t, "../../docs/json.md"))
	printed := map[string]bool{}
	byType := map[string]string{}
	for _, file := range own(t) {
		for _, line := range lines(t, analyzer.Report{}, file) {
			printed[line] = true
			var telegram struct {
				IEC104 struct {
					ASDU struct {
						Type string
					}
				}
			}
			if err := json.Unmarshal([]byte(line), &telegram); err != nil {
				t.Fatalf("%v: %s", err, line)
			}
			byType[telegram.IEC104.ASDU.Type] += line + "\n"
		}
	}
	documented := map[string]bool{}
	for _, row := range typeRow.FindAllStringSubmatch(document, -1) {
		documented[row[1]+" "+row[2]] = true
		if !strings.Contains(byType[row[2]], row[3]) {
			t.Errorf("the example of %s is not what is printed: %s", row[2], row[3])
		}
	}
	for id := range asdu.Types() {
		if !documented[fmt.Sprintf("%d %s", id, id)] {
			t.Errorf("%d %s has no example", id, id)
		}
	}
	for line := range strings.Lines(document) {
		if line = strings.TrimSpace(line); strings.HasPrefix(line, `{"frame"`) && !printed[line] {
			t.Errorf("this is not what is printed: %s", line)
		}
	}
	codes := map[string]bool{}
	for _, row := range documentedCode.FindAllStringSubmatch(document, -1) {
		codes[row[1]] = true
	}
	for _, rule := range finding.Rules() {
		if !codes[string(rule.Code)] {
			t.Errorf("%s is not documented", rule.Code)
		}
	}
	for kind := stream.Kind(0); kind.Code() != "unknown"; kind++ {
		if !codes[kind.Code()] {
			t.Errorf("%s is not documented", kind.Code())
		}
	}
	for _, line := range lines(t, analyzer.Report{Filter: compile(t, `finding != ""`)}, own(t)...) {
		var found struct{ Finding struct{ Code string } }
		if err := json.Unmarshal([]byte(line), &found); err != nil || !codes[found.Finding.Code] {
			t.Errorf("%q is not documented (%v)", found.Finding.Code, err)
		}
	}
}

// Each rule that can be broken in a capture is broken in one of the repository's.
func TestEveryRuleIsFound(t *testing.T) {
	all := strings.Join(lines(t, analyzer.Report{Filter: compile(t, `finding != ""`)}, own(t)...), "\n")
	for _, rule := range finding.Rules() {
		if !strings.Contains(all, `"code":"`+string(rule.Code)+`"`) {
			t.Errorf("no capture shows %s", rule.Code)
		}
	}
}
