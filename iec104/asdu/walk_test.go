package asdu_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"stellwerk/iec104/asdu"
	"stellwerk/wire"
)

// outline prints a walk: a line a node, with depth, bits, value and meaning.
func outline(p *asdu.Params, lang string, data []byte) string {
	w := wire.NewWalker(data)
	p.Walk(w)
	var b strings.Builder
	for _, node := range w.Nodes() {
		fmt.Fprintf(&b, "%s%s", strings.Repeat("  ", node.Depth), node.Name)
		switch {
		case node.Raw != nil:
			fmt.Fprintf(&b, " [% x]", node.Raw)
		case node.Leaf:
			fmt.Fprintf(&b, " %d", node.Value)
		}
		if text := node.Text.In(lang); text != "" {
			fmt.Fprintf(&b, ": %s", text)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

func TestWalk(t *testing.T) {
	short := &asdu.Params{CauseOctets: 1, CommonAddressOctets: 1, ObjectAddressOctets: 1}
	for _, row := range []struct {
		name, lang string
		params     *asdu.Params
		octets     []byte
		want       string
	}{
		{
			"single point with time", "en", nil,
			[]byte{30, 1, 11, 0, 0xfe, 0xff, 0xa1, 0x0f, 0, 1, 0xe8, 3, 34, 12, 4<<5 | 13, 8, 9},
			`ASDU
  TypeID 30: M_SP_TB_1 single-point information with time tag CP56Time2a
  VSQ
    N 1
    SQ 0: an address for each object
  COT
    cause 11: return information caused by a remote command
    P/N 0: positive
    T 0: no test
  OA 0
  CA 65534
  object 1
    IOA 4001
    SIQ
      SPI 1: on
      RES 0
      BL 0: not blocked
      SB 0: not substituted
      NT 0: topical
      IV 0: valid
    CP56Time2a
      milliseconds 1000: 1.000 s
      minute 34
      GEN 0: genuine time
      IV 0: time valid
      hour 12
      RES 0
      SU 0: standard time
      day of month 13
      day of week 4: Thursday
      month 8
      RES 0
      year 9
      RES 0
`,
		},
		{
			"command", "de", nil, singleCommands[1].octets,
			`ASDU
  TypeID 45: C_SC_NA_1 Einzelbefehl
  VSQ
    N 1
    SQ 0: eine Adresse für jedes Objekt
  COT
    cause 47: Informationsobjektadresse unbekannt
    P/N 1: negativ
    T 1: Prüfung
  OA 0
  CA 1
  object 1
    IOA 1
    SCO
      SCS 0: aus
      RES 0
      QU 31: private Kennung
      S/E 0: ausführen
`,
		},
		{
			"sequence", "de", short,
			[]byte{9, 0x82, 1, 2, 254, 0, 0x80, 1, 0xff, 0x7f, 0x0e},
			`ASDU
  TypeID 9: M_ME_NA_1 Messwert, normierter Wert
  VSQ
    N 2
    SQ 1: Elemente in Folge hinter einer Adresse
  COT
    cause 1: periodisch, zyklisch
    P/N 0: positiv
    T 0: keine Prüfung
  CA 2
  object 1
    IOA 254
    NVA 32768: -1
    QDS
      OV 1: Überlauf
      RES 0
      BL 0: nicht blockiert
      SB 0: nicht ersetzt
      NT 0: aktuell
      IV 0: gültig
  object 2: Adresse 255
    NVA 32767: 0.999969482421875
    QDS
      OV 0: kein Überlauf
      RES 7: reserviert, muss 0 sein
      BL 0: nicht blockiert
      SB 0: nicht ersetzt
      NT 0: aktuell
      IV 0: gültig
`,
		},
		{
			"impossible time", "en", nil,
			[]byte{103, 1, 6, 0, 1, 0, 0, 0, 0, 0xff, 0xff, 63, 0x80 | 31, 0, 0, 0x7f},
			`ASDU
  TypeID 103: C_CS_NA_1 clock synchronization command
  VSQ
    N 1
    SQ 0: an address for each object
  COT
    cause 6: activation
    P/N 0: positive
    T 0: no test
  OA 0
  CA 1
  object 1
    IOA 0
    CP56Time2a
      milliseconds 65535: beyond 59999
      minute 63: not within 0 to 59
      GEN 0: genuine time
      IV 0: time valid
      hour 31: not within 0 to 23
      RES 0
      SU 1: summer time
      day of month 0: not within 1 to 31
      day of week 0: not used
      month 0: not within 1 to 12
      RES 0
      year 127: not within 0 to 99
      RES 0
`,
		},
		{
			"segment and surplus", "en", short,
			[]byte{125, 1, 13, 2, 3, 4, 0, 5, 2, 7, 8, 9},
			`ASDU
  TypeID 125: F_SG_NA_1 segment
  VSQ
    N 1
    SQ 0: an address for each object
  COT
    cause 13: file transfer
    P/N 0: positive
    T 0: no test
  CA 2
  object 1
    IOA 3
    NOF 4: sequence of recorded analogue values
    NOS 5
    LOS 2
    segment [07 08]
  surplus [09]: octets that the type does not have
`,
		},
		{
			"cut short", "de", nil,
			[]byte{13, 2, 3, 0, 1, 0, 1, 0, 0, 0, 0, 0x80},
			`ASDU
  TypeID 13: M_ME_NC_1 Messwert, verkürzte Gleitkommazahl
  VSQ
    N 2
    SQ 0: eine Adresse für jedes Objekt
  COT
    cause 3: spontan
    P/N 0: positiv
    T 0: keine Prüfung
  OA 0
  CA 1
  object 1
    IOA 1
    R32 [00 00 80]: abgeschnitten
`,
		},
		{
			"private type", "en", nil,
			[]byte{200, 0x85, 0x3f, 1, 2, 3, 4, 5},
			`ASDU
  TypeID 200: private type
  VSQ
    N 5
    SQ 1: elements in sequence behind one address
  COT
    cause 63: private cause
    P/N 0: positive
    T 0: no test
  OA 1
  CA 770
  information objects [04 05]: of unknown layout
`,
		},
		{
			"cut in the header", "en", nil,
			[]byte{1, 1, 3, 0, 1},
			`ASDU
  TypeID 1: M_SP_NA_1 single-point information
  VSQ
    N 1
    SQ 0: an address for each object
  COT
    cause 3: spontaneous
    P/N 0: positive
    T 0: no test
  OA 0
  CA [01]: cut short
`,
		},
		{"nothing", "en", nil, nil, "ASDU\n"},
	} {
		t.Run(row.name, func(t *testing.T) {
			if got := outline(row.params, row.lang, row.octets); got != row.want {
				t.Errorf("walked\n%s\nwant\n%s", got, row.want)
			}
		})
	}
}

// TestEveryFieldHasText fills telegrams of every type with each octet, so that
// every field has each of its numbers or, if it is wide, many: no text may fail,
// and English and German come together.
func TestEveryFieldHasText(t *testing.T) {
	var p *asdu.Params
	for _, telegram := range telegrams() {
		octets := slices.Clone(telegram.octets)
		for value := range 256 {
			for at := 6; at < len(octets); at++ {
				octets[at] = byte(value)
			}
			w := wire.NewWalker(octets)
			p.Walk(w)
			for _, node := range w.Nodes() {
				if (node.Text.EN == "") != (node.Text.DE == "") {
					t.Fatalf("%s: %s %d is %q in English, %q in German", telegram.name, node.Name, node.Value, node.Text.EN, node.Text.DE)
				}
			}
		}
	}
}
