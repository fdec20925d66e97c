package point_test

import (
	"strings"
	"testing"

	"stellwerk/internal/point"
)

func TestParseID(t *testing.T) {
	for text, want := range map[string]point.ID{
		"substation/1/4001": {Link: "substation", Address: "1/4001"},
		"plc/MAIN.fPower":   {Link: "plc", Address: "MAIN.fPower"},
		"Übergabe-2/1":      {Link: "Übergabe-2", Address: "1"},
		"cloud//power":      {Link: "cloud", Address: "/power"},
	} {
		got, err := point.ParseID(text)
		if err != nil || got != want {
			t.Errorf("ParseID(%q) = %v, %v; want %v", text, got, err, want)
		}
		if got.String() != text {
			t.Errorf("%q prints as %q", text, got)
		}
	}
}

func TestParseIDSaysWhatIsWrong(t *testing.T) {
	for text, want := range map[string]string{
		"":                               "write LINK/ADDRESS",
		"substation":                     "write LINK/ADDRESS",
		"/1/4001":                        "the name of the link is empty",
		"sub station/1":                  `not ' '`,
		"a*/1":                           `not '*'`,
		"a\xff/1":                        "letters, digits",
		"a/":                             "the address behind the link is empty",
		"a/1\n2":                         "cannot be printed",
		"a/1\xff":                        "cannot be printed",
		strings.Repeat("x", 65) + "/1":   "at most 64",
		"a/" + strings.Repeat("1", 1025): "at most 1024",
	} {
		if _, err := point.ParseID(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("ParseID(%.20q): %v; want %q in it", text, err, want)
		}
	}
}

func FuzzParseID(f *testing.F) {
	f.Add("substation/1/4001")
	f.Add("/")
	f.Fuzz(func(t *testing.T, text string) {
		id, err := point.ParseID(text)
		if err != nil {
			return
		}
		if id.String() != text {
			t.Errorf("%q prints as %q", text, id)
		}
		var again point.ID
		if err := again.UnmarshalText([]byte(id.String())); err != nil || again != id {
			t.Errorf("%q is not read again: %v", id, err)
		}
	})
}
