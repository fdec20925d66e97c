package tf6770_test

import (
	"strings"
	"testing"

	"stellwerk/ads/tf6770"
)

// stAds are the function blocks of Tc2_System that the source uses.
const stAds = `
FUNCTION_BLOCK ADSRDWRT
VAR_INPUT
	NETID : T_AmsNetId; PORT : UINT; IDXGRP : UDINT; IDXOFFS : UDINT; WRITELEN : UDINT; READLEN : UDINT;
	SRCADDR : PVOID; DESTADDR : PVOID; WRTRD : BOOL; TMOUT : TIME;
END_VAR
VAR_OUTPUT
	BUSY : BOOL; ERR : BOOL; ERRID : UDINT;
END_VAR
END_FUNCTION_BLOCK
FUNCTION_BLOCK ADSWRITE
VAR_INPUT
	NETID : T_AmsNetId; PORT : UINT; IDXGRP : UDINT; IDXOFFS : UDINT; LEN : UDINT; SRCADDR : PVOID; WRITE : BOOL; TMOUT : TIME;
END_VAR
VAR_OUTPUT
	BUSY : BOOL; ERR : BOOL; ERRID : UDINT;
END_VAR
END_FUNCTION_BLOCK
`

// stSources are the sources of the package, behind those of Tc2_System.
func stSources(more ...string) []string {
	all := []string{stAds}
	for _, f := range tf6770.StructuredText() {
		all = append(all, string(f.Content))
	}
	return append(all, more...)
}

// The sources hold to the rules of the language, and to TwinCAT's for types.
func TestSourceIsRight(t *testing.T) {
	for _, f := range tf6770.StructuredText() {
		func() {
			defer func() {
				if r := recover(); r != nil {
					t.Errorf("%s: %v", f.Name, r)
				}
			}()
			stParse(string(f.Content))
		}()
	}
	if _, err := newSTMachine(nil, nil, stSources()...); err != nil {
		t.Error(err)
	}
}

// What is wrong is refused, so that the test above says something.
func TestWrongSourcesAreRefused(t *testing.T) {
	const enum = "{attribute 'strict'}\nTYPE E : (A := 0, B := 1) DINT;\nEND_TYPE\n"
	for want, code := range map[string]string{
		"not declared":        "x := 1;",
		"DINT 0 cannot":       "u := d;",
		"UDINT 0 cannot":      "w := u;",
		"literal 300 cannot":  "b := 300;",
		"cannot be assigned":  "e := d;",
		"literal 1 cannot":    "e := 1;",
		"UDINT = DINT":        "o := u = d;",
		"BOOL AND literal":    "o := o AND 1;",
		"condition":           "IF u THEN u := 1; END_IF",
		"no input":            "f(NOPE := 1);",
		"there is no NOPE":    "NOPE(u);",
		"2 arguments":         "N(u);",
		"address of the meth": "p := ADR(M);",
		"is no constant":      "CASE u OF u: u := 1; END_CASE",
		"outside of a loop":   "EXIT;",
		"does nothing":        "u;",
		"the index 4":         "a[u + 4] := 1;",
		"not all of one":      "MEMCPY(ADR(a), ADR(c), 5);",
		"overlap":             "MEMCPY(ADR(a), ADR(a) + 1, 2);",
		"loop without end":    "WHILE TRUE DO u := u + 1; END_WHILE",
		"which is no memory":  "q^ := 1;",
	} {
		source := stAds + enum + `FUNCTION_BLOCK F
VAR
	u : UDINT; w : UINT; d : DINT; b : BYTE; o : BOOL; e : E; p : PVOID; q : POINTER TO BYTE; f : ADSWRITE;
	a : ARRAY[0..3] OF BYTE; c : ARRAY[0..4] OF BYTE;
END_VAR
METHOD M : UDINT
` + code + "\nEND_METHOD\nMETHOD N\nVAR_INPUT\n\tx : UDINT; y : UDINT;\nEND_VAR\nEND_METHOD\nEND_FUNCTION_BLOCK"
		m, err := newSTMachine(nil, nil, source)
		if err == nil {
			i := m.instantiate(m.blocks["F"])
			_, err = i.call("M")
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", code, err, want)
		}
	}
}

// What the language means.
func TestMeaningOfStructuredText(t *testing.T) {
	for code, want := range map[string]int64{
		"M := 2 + 3 * 4;": 14,
		"M := 0; IF NOT FALSE AND FALSE OR TRUE THEN M := 1; END_IF": 1,
		"M := u - 1;":                                                        0xFFFFFFFF,
		"u := 6; w := 2; M := u AND NOT w;":                                  4,
		"IF UDINT_TO_DINT(u - 1) < 0 THEN M := 7; END_IF":                    7,
		"WHILE M < 9 DO M := M + 2; IF M > 5 THEN EXIT; END_IF END_WHILE":    6,
		"w := 3; CASE w OF 1, 3: M := 30; 2: M := 20; ELSE M := 1; END_CASE": 30,
		"a[2] := 16#12; MEMCPY(ADR(M), ADR(a) + 1, 3);":                      0x1200,
		"q := ADR(a[3]); q^ := 5; q := ADR(a[0]); q := q + 3; M := q^;":      5,
		"M := MIN(u + 5, 3);":                                                3,
	} {
		code = strings.ReplaceAll(code, "ADR(M)", "ADR(u)")
		if strings.Contains(code, "ADR(u)") {
			code += " M := u;"
		}
		m, err := newSTMachine(nil, nil, "FUNCTION_BLOCK F\nVAR\n\tu : UDINT; w : UINT; q : POINTER TO BYTE; a : ARRAY[0..3] OF BYTE;\nEND_VAR\nMETHOD M : UDINT\n"+
			code+"\nEND_METHOD\nEND_FUNCTION_BLOCK")
		var got int64
		if err == nil {
			got, err = m.instantiate(m.blocks["F"]).call("M")
		}
		if err != nil || got != want {
			t.Errorf("%s: %d, %v, want %d", code, got, err, want)
		}
	}
}
