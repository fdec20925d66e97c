package finding

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"stellwerk/wire"
)

// Severity says how bad a finding is.
type Severity uint8

// Severities.
const (
	// Note is worth knowing and breaks no rule.
	Note Severity = iota
	// Warning is allowed and asks for trouble, or may come from how the capture
	// was made.
	Warning
	// Error breaks the standard.
	Error
)

var severityTable = [...]struct {
	name string
	text wire.Text
}{
	Note:    {"note", wire.Text{EN: "note", DE: "Hinweis"}},
	Warning: {"warning", wire.Text{EN: "warning", DE: "Warnung"}},
	Error:   {"error", wire.Text{EN: "error", DE: "Fehler"}},
}

// String gives the English name, and a number for an unknown severity.
func (s Severity) String() string {
	if int(s) < len(severityTable) {
		return severityTable[s].name
	}
	return "severity " + strconv.Itoa(int(s))
}

// Text gives the name.
func (s Severity) Text() wire.Text {
	if int(s) < len(severityTable) {
		return severityTable[s].text
	}
	return wire.Same(s.String())
}

// MarshalText gives the English name.
func (s Severity) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// Code names a rule in lower case with hyphens, such as "k-exceeded". It stays
// the same between versions.
type Code string

// Finding is one thing that is wrong.
type Finding struct {
	Code     Code
	Severity Severity
	// Clause is that of the standard which the rule comes from, with the name of
	// the standard unless it is IEC 60870-5-104.
	Clause string
	// Text is a sentence without full stop.
	Text wire.Text
}

// Rule is the entry of a code in the table.
type Rule struct {
	Code     Code
	Severity Severity
	Clause   string
	// Format makes the text of a finding out of its arguments, as fmt does.
	Format wire.Text
	// Arguments says what the arguments are, in their order.
	Arguments []string
}

// Rules gives the part of the table about traffic that is only listened to, in the
// order of its sections.
func Rules() []Rule { return slices.Concat(rules, websocketRules, adsRules) }

// AskedRules gives the part of the table about stations that are asked.
func AskedRules() []Rule { return slices.Clone(askedRules) }

// Lookup gives the rule of a code, and false where the table has none.
func Lookup(code Code) (Rule, bool) {
	at, known := byCode[code]
	if !known {
		return Rule{}, false
	}
	return table[at], true
}

// table is the whole of it.
var table = slices.Concat(rules, websocketRules, adsRules, askedRules)

var byCode = func() map[Code]int {
	index := make(map[Code]int, len(table))
	for i, rule := range table {
		index[rule.Code] = i
	}
	return index
}()

// New makes a finding of a code in the table with the arguments that its rule
// names; an argument of type wire.Text stands in each language as it reads there. A code that is not in the table gives an error finding that shows code
// and arguments, so that nothing is lost.
func New(code Code, arguments ...any) Finding {
	rule, known := Lookup(code)
	if !known {
		return Finding{Code: code, Severity: Error, Text: wire.Same(strings.TrimSpace(fmt.Sprintln(append([]any{code}, arguments...)...)))}
	}
	return Finding{
		Code: code, Severity: rule.Severity, Clause: rule.Clause,
		Text: wire.Text{EN: sentence(rule.Format, "en", arguments), DE: sentence(rule.Format, "de", arguments)},
	}
}

func sentence(format wire.Text, lang string, arguments []any) string {
	spoken := make([]any, len(arguments))
	for i, argument := range arguments {
		if text, ok := argument.(wire.Text); ok {
			argument = text.In(lang)
		}
		spoken[i] = argument
	}
	return fmt.Sprintf(format.In(lang), spoken...)
}
