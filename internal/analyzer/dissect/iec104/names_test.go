package iec104_test

import (
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode"

	"stellwerk/iec104/asdu"
	"stellwerk/internal/analyzer/dissect"
	"stellwerk/internal/analyzer/dissect/iec104"
	"stellwerk/test/captures"
	"stellwerk/wire"
)

var abbreviation = regexp.MustCompile(`^[A-Z0-9/()]+$|^N\([SR]\)$|^CP(16|24|56)Time2a$|^TypeID$|^(START|STOP)DT (act|con)$|^TESTFR (act|con)$`)

// sameInBoth are names that read the same in German.
var sameInBoth = map[string]bool{"segment": true}

// Every word that is shown of every type is there in German too.
func TestGerman(t *testing.T) {
	examples, err := captures.Examples()
	if err != nil {
		t.Fatal(err)
	}
	check := func(nodes []wire.Node) {
		for _, node := range nodes {
			if name := iec104.Name(node.Name, "de"); name == node.Name && !abbreviation.MatchString(name) && !sameInBoth[name] {
				t.Errorf("%q has no German name", node.Name)
			}
			if node.Text.EN == node.Text.DE && strings.ContainsFunc(node.Text.EN, unicode.IsLower) && strings.Contains(node.Text.EN, " ") &&
				!regexp.MustCompile(`^([ISU] |[A-Z]+ )`).MatchString(node.Text.EN) && !strings.HasSuffix(node.Text.EN, " s") {
				t.Errorf("%q reads the same in German", node.Text.EN)
			}
		}
	}
	for _, a := range examples {
		octets := append([]byte{0x68, byte(4 + a.Len()), 0, 0, 0, 0}, a.Append(nil)...)
		telegram, err := iec104.Decode(octets, &iec104.Options{})
		if err != nil || telegram.Err != nil {
			t.Fatalf("%s: %v, %v", a.Type, err, telegram.Err)
		}
		w := wire.NewWalker(octets)
		telegram.Walk(w)
		check(w.Nodes())
	}
	feed(func(line *dissect.Line) {
		w := wire.NewWalker(line.Octets)
		iec104.WalkMalformed(w, line.Octets)
		check(w.Nodes())
	}, []byte{0x68, 4, 0x47, 0, 0, 0, 1, 2, 3, 0x68, 8, 0, 0, 0, 0, 22, 1, 3, 0, 0x68, 4, 1})
}

func TestObjectText(t *testing.T) {
	at := asdu.CP56(time.Date(2026, 3, 2, 8, 30, 0, 0, time.UTC))
	for _, test := range []struct {
		object                asdu.Object
		value, quality, clock string
	}{
		{asdu.SinglePoint{Value: true, Quality: asdu.Invalid | asdu.NotTopical, Time: at.WithInvalid(true)}, "on", "NT IV", "2026-03-02T08:30:00.000 (IV)"},
		{asdu.ShortFloat{Value: 1.5}, "1.5", "good", ""},
		{asdu.IntegratedTotal{Value: asdu.Counter{Count: 7, Invalid: true}}, "7 IV", "", ""},
		{asdu.Read{}, "", "", ""},
	} {
		if value, quality, clock := iec104.ObjectText(test.object, "en", nil); value != test.value || quality != test.quality || clock != test.clock {
			t.Errorf("%+v: got %q, %q, %q", test.object, value, quality, clock)
		}
	}
}
