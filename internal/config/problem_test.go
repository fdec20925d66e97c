package config_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/xuri/excelize/v2"

	"stellwerk/internal/config"
	"stellwerk/internal/rig"
)

// What is wrong, as people see it: one golden file with all of it.
func TestProblems(t *testing.T) {
	var transcript strings.Builder
	for _, row := range []struct {
		name, text string
		lists      map[string]string
	}{
		{"empty file", "", nil},
		{"only comments", "# nothing\n", nil},
		{"no section", "just text\n", nil},
		{"not YAML", "links:\n  a: [1,\n", nil},
		{"tab", "links:\n\ta: 1\n", nil},
		{"two documents", head + "---\nlinks: {}\n", nil},
		{"not UTF-8", "links:\n  s\xfcd: {}\n", nil},
		{"too deep", "links: " + strings.Repeat("[", 101) + "\n", nil},
		{"no links", "web: {}\n", nil},
		{"links is a list", "links: [a, b]\n", nil},
		{"unknown keys", "link: {}\nwep:\n  listn: x\n" + head + "    queue: {limt: 3}\n", nil},
		{"unknown key far from all", head + "colour: red\n", nil},
		{"bad link name", "links:\n  a/b:\n    iec104: {role: controlled}\n", nil},
		{"no protocol", "links:\n  a:\n", nil},
		{"unknown protocol", "links:\n  a:\n    iec140: {}\n  b:\n    modbus: {}\n", nil},
		{"two protocols", "links:\n  a:\n    iec104: {role: controlled}\n    ads: {role: controlled}\n", nil},
		{"keys twice", "links:\n  a:\n    iec104:\n      role: controlled\n      role: controlling\n  a:\n    ads: {role: controlled}\n", nil},
		{"wrong values", `links:
  a:
    iec104:
      role: controllinh
      t0: 10
      t1: soon
      t2: 300s
      t3: -1s
      k: 40000
      w: many
      rate: .nan
      tls: {verify: yes}
      peers: {a: b}
      labels: [1]
      listen: [x]
  b:
    iec104: {connect: x}
    queue: {limit: 0, full: drop}
`, nil},
		{"queues in files", `links:
  a:
    iec104: {role: controlling, connect: "127.0.0.1:2404"}
    queue: {file: a.db}
  b:
    iec104: {role: controlled}
    queue: {octets: 100000}
  c:
    iec104: {role: controlled}
    queue: {file: c.db, octets: 100000}
`, nil},
		{"wrong as a whole", "links:\n  a:\n    iec104:\n      role: controlling\n      t2: 15s\n      tls:\n        certificate: none\n", nil},
		{"alias of nothing", "links:\n  a:\n    iec104: *b\n", nil},
		{"alias of itself", "links:\n  a: &a\n    iec104:\n      role: controlled\n      peers: [*a]\n", nil},
		{"web", head + "web: {listen: nowhere}\n", nil},
		{"port", head + "web:\n  listen: 127.0.0.1:99999\n", nil},
		{"points", head + `points:
  - id: substation/1/4001
  - id: substation/1/4001
  - id: substaton/1/4002
  - id: substation/1/x
  - id: substation
  - {name: nobody}
  - id: substation/1/4003
    type: M_XX_NA_1
  - id: substation/1/4004
    scale: 0
    to: control/1/4004
  - id: substation/1/4005
    invert: true
  - id: substation/1/4006
    to: control/1/*
  - text
`, nil},
		{"routes", head + `routes:
  - {from: substation/1/1, to: control/1/1}
  - {from: substation/1/2, to: control/1/1}
  - {from: substation/1/3, to: contrl/1/1}
  - {from: control/1/3, to: substation/1/1}
  - {from: substation/1/*, to: control/1/1}
  - {from: substation/1/1-9, to: control/1/1-10}
  - {from: substation/1/9-1, to: control/1/1-9}
  - {from: substation/1/**, to: control/1/*}
  - {from: substation/1/1-9, to: control/0/1-9}
  - {from: substation/1/4, to: control/1/4, type: M_XX_NA_1}
  - {from: substation/1/5, to: control/1/5, invert: true, scale: 2}
  - {from: substation/1/6, to: control/1/6, deadband: -1, time: now}
  - {from: substation/1/7}
  - {from: substation/1/8, to: substation/1/9}
`, nil},
		{"routes are no list", head + "routes:\n  from: a\n", nil},
		{"lists that are not there", head + `points:
  - file: none.csv
  - file: list.pdf
  - file: signals.csv
    encodng: utf-8
  - {file: signals.csv, link: substaton}
`, map[string]string{"list.pdf": "", "signals.csv": ""}},
		{"columns", head + "points:\n  - file: signals.csv\n", map[string]string{
			"signals.csv": "id;Adresse;scal;Hersteller\n",
		}},
		{"no column id", head + "points:\n  - file: signals.csv\n", map[string]string{"signals.csv": "name,type\na,b\n"}},
		{"no rows at all", head + "points:\n  - file: signals.csv\n", map[string]string{"signals.csv": "# nothing yet\n\n"}},
		{"cells", head + "points:\n  - file: signals.csv\n", map[string]string{
			"signals.csv": "id;Name;Typ;nach;Faktor;invertieren;;Befehl\n" +
				"substation/1/1;Schütz;M_SP_TB_1;control/1/1;;ja;;x\n" +
				"substation/1/2;Öltemperatur;M_ME_NC_1;control/1/2;1,5x;;;\n" +
				";ohne Adresse;;;;;;\n" +
				"substation/1/3;Tür;M_SP_TB_1;control/1/1;;vielleicht;;\n" +
				"substation/1/4;Tür;M_SP_TB_1;control/1/1;;;;\n" +
				"substation/1/5;Tür;M_SX_TB_1;;;;verirrt;\n" +
				"substation/1/1;noch einmal;;;;;;\n" +
				"substation/1/6;ohne Ziel;;;0,1;;;\n" +
				"substation/1/7;\"zweizeilige\nBezeichnung\";;control/1/*;;;;\n",
		}},
		{"quotation marks", head + "points:\n  - file: signals.csv\n", map[string]string{
			"signals.csv": "id,name\nsubstation/1/1,6\" pipe\n",
		}},
		{"characters", head + "points:\n  - file: signals.csv\n", map[string]string{
			"signals.csv": "id,name\nsubstation/1/1,T\xfcr\n",
		}},
		{"long lines", head + "points:\n  - file: signals.csv\n", map[string]string{
			"signals.csv": "id,description,scale,name\nsubstation/1/1," + strings.Repeat("very ", 30) + "long,zero," + strings.Repeat("and more ", 20) + "\n",
		}},
		{"many problems", head + "points:\n" + strings.Repeat("  - id: nowhere/1/1\n", 3000), nil},
	} {
		c, err := parse(row.text, row.lists)
		if _, detailed := errors.AsType[*config.Problems](err); !detailed || c != nil {
			t.Errorf("%s: %v", row.name, err)
			continue
		}
		fmt.Fprintf(&transcript, "=== %s\n%v\n\n", row.name, err)
	}
	rig.Golden(t, "problems.txt", transcript.String())
}

// book makes a spreadsheet of rows; its first sheet is empty.
func book(t *testing.T, rows ...[]any) string {
	t.Helper()
	f := excelize.NewFile()
	if _, err := f.NewSheet("Signals"); err != nil {
		t.Fatal(err)
	}
	for i, cells := range rows {
		if err := f.SetSheetRow("Signals", fmt.Sprintf("A%d", i+1), &cells); err != nil {
			t.Fatal(err)
		}
	}
	buffer, err := f.WriteToBuffer()
	if err != nil {
		t.Fatal(err)
	}
	return buffer.String()
}

func TestSpreadsheet(t *testing.T) {
	lists := map[string]string{"s.xlsx": book(t,
		[]any{"# signals"},
		[]any{"Adresse", "Bezeichnung", "Faktor", "to", "Befehl"},
		nil,
		[]any{"1/4001", "Öltemperatur", 0.1, "control/1/1", true},
		[]any{"1/4002", 17, nil, "control/1/2", "nein"},
	)}
	c := read(t, head+"points:\n  - {file: s.xlsx, sheet: Signals, link: substation}\n", lists)
	if len(c.Points) != 2 || c.Points[0].Name != "Öltemperatur" || c.Points[0].Scale != 0.1 || !c.Points[0].Commands || c.Points[1].Name != "17" {
		t.Errorf("%+v", c.Points)
	}
	if got := c.Points[1].Position.String(); got != "s.xlsx: Signals!A5" {
		t.Errorf("the second point stands at %s", got)
	}
	if len(c.Routes) != 2 || c.Routes[1].To.String() != "control/1/2" {
		t.Errorf("%+v", c.Routes)
	}
}

func TestProblemsOfSpreadsheets(t *testing.T) {
	lists := map[string]string{
		"good.xlsx": book(t, []any{"id", "type", "scale", "to"},
			[]any{"substation/1/1", "M_ME_NC_1", "a bit", "control/1/1"},
			[]any{"substation/1/2", "M_XX_NC_1", 2, "control/1/1"},
			[]any{"substation/1/3", nil, nil, "control/1/4", "lost"},
			[]any{"substation/1/4", nil, nil, "contro/1/4"},
		),
		"head.xlsx": book(t, []any{"id", "tpe"}),
		"bad.xlsx":  "PK\x03\x04 this is no archive",
	}
	var transcript strings.Builder
	for _, list := range []string{
		"{file: good.xlsx, sheet: Signals}", "{file: head.xlsx, sheet: Signals}",
		"{file: good.xlsx}", "{file: good.xlsx, sheet: Signale}", "{file: bad.xlsx}",
	} {
		_, err := parse(head+"points:\n  - "+list+"\n", lists)
		fmt.Fprintf(&transcript, "=== %s\n%v\n\n", list, err)
	}
	rig.Golden(t, "spreadsheets.txt", transcript.String())
}

// The same list in every form that spreadsheet programs write.
func TestFormsOfLists(t *testing.T) {
	const list = "id;name;scale;commands\r\nsubstation/1/1;Öl „heiß“;0,5;ja\r\n\r\n#substation/1/2;;;\r\n;;;\r\nsubstation/1/3;\"a;b\";2;nein\r\n"
	wide := []byte{0xFF, 0xFE}
	for _, unit := range utf16.Encode([]rune(strings.ReplaceAll(strings.ReplaceAll(list, "a;b", "a-b"), ";", "\t"))) {
		wide = append(wide, byte(unit), byte(unit>>8))
	}
	for name, content := range map[string]string{
		"semicolon.csv": list,
		"bom.csv":       "\ufeff" + list,
		"comma.csv":     strings.ReplaceAll(strings.ReplaceAll(strings.ReplaceAll(list, "0,5", "\"0,5\""), ";", ","), "a,b", "a;b"),
		"utf16.txt":     string(wide),
		"ansi.csv":      "id;name;scale;commands\nsubstation/1/1;\xd6l \x84hei\xdf\x93;0,5;ja\nsubstation/1/3;x;2;nein\n",
	} {
		encoding := ""
		if name == "ansi.csv" {
			encoding = ", encoding: windows-1252"
		}
		_, err := parse(head+"points:\n  - {file: "+name+encoding+"}\nroutes:\n  - {from: substation/1/*, to: control/1/*}\n", map[string]string{name: content})
		// Settings of a route without a target are a mistake, so look at those.
		if err == nil || strings.Count(err.Error(), "settings of a route") != 2 {
			t.Errorf("%s: %v", name, err)
			continue
		}
		c := read(t, head+"points:\n  - {file: "+name+encoding+", ignore: [scale, commands]}\n", map[string]string{name: content})
		if len(c.Points) != 2 || c.Points[0].Name != "Öl „heiß“" || c.Points[1].ID.Address != "1/3" {
			t.Errorf("%s: %+v", name, c.Points)
		}
	}
}
