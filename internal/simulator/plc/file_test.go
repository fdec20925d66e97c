package plc

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"stellwerk/ads/symbol"
)

const machine = `net_id: 192.168.0.10.1.1
port: 852
name: Press
version: 3.1.4026
declarations: |
  TYPE ST_Tool : STRUCT
    nId : UDINT; // number
    fForce : LREAL;
  END_STRUCT END_TYPE
  FUNCTION_BLOCK FB_Door
  VAR bOpen : BOOL; END_VAR
  METHOD Open : BOOL
  PROGRAM MAIN
  VAR fbDoor : FB_Door; aTools : ARRAY [1..3] OF ST_Tool; END_VAR
types:
  - name: E_Mode
    base: INT
    values: {Manual: 0, Automatic: 5}
  - name: T_Force
    alias: LREAL
  - name: ST_Part
    comment: what is made
    fields:
      - {name: nCount, type: UDINT}
      - {name: eMode, type: E_Mode, comment: how}
symbols:
  - {name: GVL.part, type: ST_Part, value: {nCount: 7, eMode: Automatic}}
  - {name: GVL.delay, type: TIME, value: T#5s}
  - {name: GVL.text, type: STRING(20), value: it is ready}
  - {name: GVL.list, type: "ARRAY [0..2] OF INT", value: [1, 2, 3]}
  - {name: GVL.in, type: INT, at: "%IW2", read_only: true, comment: pressure}
  - {name: GVL.force, type: T_Force, moves: {shape: ramp, period: 4s, low: 10, high: 20}}
values:
  - {path: "MAIN.aTools[2].nId", value: 12}
  - {path: MAIN.fbDoor.bOpen, moves: {shape: square, period: 2s}}
`

func write(t *testing.T, name, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestReadYAML(t *testing.T) {
	m, err := Read(write(t, "machine.yaml", machine))
	if err != nil {
		t.Fatal(err)
	}
	if m.Address.String() != "192.168.0.10.1.1:852" || m.Name != "Press" || m.Version.Build != 4026 {
		t.Errorf("%v %q %v", m.Address, m.Name, m.Version)
	}
	p, err := New(m, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	p.moveTo(1 * time.Second)
	for path, want := range map[string]any{
		"GVL.part.nCount": uint32(7), "GVL.part.eMode": symbol.Enum{Name: "Automatic", Value: 5}, "GVL.delay": 5 * time.Second,
		"GVL.text": "it is ready", "GVL.list[2]": int16(3), "GVL.force": 12.5, "MAIN.aTools[2].nId": uint32(12), "MAIN.fbDoor.bOpen": true,
	} {
		if got, err := p.Device.Get(path); err != nil || got != want {
			t.Errorf("%s: %v, %v; want %v", path, got, err, want)
		}
	}
	if e := m.Table.Entry("GVL.in"); e.IndexGroup != symbol.GroupInput || e.Comment != "pressure" || e.Flags&symbol.FlagReadOnly == 0 {
		t.Errorf("%+v", e)
	}
	if _, err := connect(t, p, m.Address).Call(t.Context(), "MAIN.fbDoor", "Open"); err != nil {
		t.Error(err)
	}
}

func TestReadTellsWhatIsWrongAndWhere(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"key":     {"symbls: []\n", "FILE:1:1: unknown field \"symbls\"\n     1 | symbls: []\n       | ^^^^^^"},
		"NetId":   {"net_id: 1.2.3\n", "FILE:1:9: \"1.2.3\" is no AMS NetId: it has 3 numbers, an AMS NetId has six, such as 5.23.145.10.1.1\n     1 | net_id: 1.2.3\n       |         ^^^^^"},
		"value":   {"symbols:\n  - {name: GVL.a, type: INT, value: 70000}\n", "FILE:2:37: GVL.a: value (INT): 70000 is out of range, -32768 to 32767 are possible\n     2 |   - {name: GVL.a, type: INT, value: 70000}\n       |                                     ^^^^^"},
		"shape":   {"symbols:\n  - {name: GVL.a, type: INT, moves: {shape: sin}}\n", "FILE:2:45: there is no shape \"sin\"; write one of sine, ramp, square, count, steps\n     2 |   - {name: GVL.a, type: INT, moves: {shape: sin}}\n       |                                             ^^^"},
		"nothing": {"values:\n  - {path: GVL.a}\n", "FILE:2:12: what is the value of GVL.a, or how does it move?\n     2 |   - {path: GVL.a}\n       |            ^^^^^"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := parse("FILE", []byte(c.text))
			if err == nil || err.Error() != c.want+"\n1 problem" {
				t.Errorf("error\n%v\nwant\n%s", err, c.want)
			}
		})
	}
	for _, text := range []string{
		"symbols:\n  - {name: GVL.a, type: INTT}\n", "declarations: |\n  PROGRAM MAIN\n  VAR a : ; END_VAR\n",
		"types:\n  - {name: ST_X}\n", "types:\n  - {name: E_X, values: {a: b}}\n", "port: 70000\n", "version: three\n", "twincat: 4\n", "a: [\n", "\x00",
		"symbols:\n  - {name: GVL.a, type: INT, at: here}\n",
	} {
		_, err := parse("FILE", []byte(text))
		if err == nil {
			t.Errorf("%q is taken", text)
			continue
		}
		t.Log(err)
	}
	for _, file := range []string{"nothing.yaml", t.TempDir(), write(t, "x.txt", ""), write(t, "x.tmc", "<a>"), write(t, "x.tpy", "")} {
		if _, err := Read(file); err == nil {
			t.Errorf("%s is taken", file)
		}
	}
}

// TestTPY: the port of a TPY file says what TwinCAT it is of.
func TestTPY(t *testing.T) {
	const file = "<PlcProjectInfo><RoutingInfo><AdsInfo><Port>%s</Port></AdsInfo></RoutingInfo><Symbols><Symbol><Name>MAIN.n</Name><Type>INT</Type>" +
		"<IGroup>16448</IGroup><IOffset>2</IOffset><BitSize>16</BitSize></Symbol></Symbols></PlcProjectInfo>"
	for port, want := range map[string]string{
		"801": "127.0.0.1.1.1:801 2", "811": "127.0.0.1.1.1:811 2", "851": "127.0.0.1.1.1:851 3", "852": "127.0.0.1.1.1:852 3", "": "127.0.0.1.1.1:801 2",
	} {
		m, err := Read(write(t, "x.tpy", fmt.Sprintf(file, port)))
		if err != nil {
			t.Error(err)
			continue
		}
		if got := fmt.Sprintf("%v %d", m.Address, m.Version.Major); got != want || m.TwinCAT2 != strings.HasSuffix(want, " 2") || m.Table.Len() != 1 {
			t.Errorf("port %q: %s, want %s", port, got, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(machine))
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := parse("FILE", data)
		if err == nil && (m == nil || m.Table == nil) {
			t.Error("neither a model nor an error")
		}
	})
}
