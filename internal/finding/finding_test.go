package finding_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"stellwerk/internal/finding"
	"stellwerk/wire"
)

var (
	codeForm = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)
	verb     = regexp.MustCompile(`%(\[\d+\])?[0-9]*[a-z]`)
)

// Both languages use the same arguments in the same way, each of them is
// explained, and no code stands twice.
func TestTable(t *testing.T) {
	seen := map[finding.Code]bool{}
	for _, rule := range slices.Concat(finding.Rules(), finding.AskedRules()) {
		if seen[rule.Code] || !codeForm.MatchString(string(rule.Code)) {
			t.Errorf("code %q stands twice or has a wrong form", rule.Code)
		}
		seen[rule.Code] = true
		for _, text := range []string{rule.Format.EN, rule.Format.DE} {
			if text == "" || strings.HasSuffix(text, ".") {
				t.Errorf("%s: text %q is empty or has a full stop", rule.Code, text)
			}
		}
		en, de := verb.FindAllString(rule.Format.EN, -1), verb.FindAllString(rule.Format.DE, -1)
		slices.Sort(en)
		slices.Sort(de)
		if len(en) != len(rule.Arguments) || !slices.Equal(en, de) {
			t.Errorf("%s: verbs %v and %v, %d arguments", rule.Code, en, de, len(rule.Arguments))
		}
		if found, ok := finding.Lookup(rule.Code); !ok || found.Clause != rule.Clause {
			t.Errorf("%s is not found", rule.Code)
		}
	}
}

func TestNew(t *testing.T) {
	for want, got := range map[finding.Finding]finding.Finding{
		{
			Code: "k-exceeded", Severity: finding.Error, Clause: "5.5",
			Text: wire.Text{EN: "13 I frames are unacknowledged, k allows 12", DE: "13 I-Telegramme sind unquittiert, k erlaubt 12"},
		}: finding.New(finding.KExceeded, 13, 12),
		{
			Code: "s-frame-not-started", Severity: finding.Error, Clause: "5.3",
			Text: wire.Text{EN: "S frame while data transfer is stopped", DE: "S-Telegramm bei gestoppter Datenübertragung"},
		}: finding.New(finding.SupervisoryEarly),
		{
			Code: "confirmation-differs", Severity: finding.Error, Clause: "IEC 60870-5-101, 7.4.10",
			Text: wire.Text{EN: "actcon of 1/7 differs from packet 3 in test bit: it must mirror it", DE: "actcon von 1/7 weicht von Paket 3 ab in Prüfbit: es muss gespiegelt sein"},
		}: finding.New(finding.ConfirmationDiffers, "actcon", 1, 7, 3, wire.Text{EN: "test bit", DE: "Prüfbit"}),
		{Code: "new", Severity: finding.Error, Text: wire.Same("new 1")}: finding.New("new", 1),
	} {
		if got != want {
			t.Errorf("got %+v\nwant %+v", got, want)
		}
	}
}

func TestSeverity(t *testing.T) {
	for severity, want := range map[finding.Severity]wire.Text{
		finding.Note: {EN: "note", DE: "Hinweis"}, finding.Warning: {EN: "warning", DE: "Warnung"},
		finding.Error: {EN: "error", DE: "Fehler"}, 9: wire.Same("severity 9"),
	} {
		if severity.Text() != want || severity.String() != want.EN {
			t.Errorf("severity %d is %q", uint8(severity), severity.Text())
		}
	}
}
