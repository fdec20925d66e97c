package asdu_test

import (
	"slices"
	"testing"

	"stellwerk/iec104/asdu"
)

// Causes that types have in common: 20 stands for 20 to 36, 37 for 37 to 41 and
// 44 for 44 to 47, as in the matrix of the interoperability list (IEC
// 60870-5-104, 9.5).
var (
	stateCauses   = []asdu.Cause{2, 3, 5, 11, 12, 20}
	valueCauses   = []asdu.Cause{1, 2, 3, 5, 20}
	commandCauses = []asdu.Cause{6, 7, 8, 9, 10, 44}
)

var ruleRows = []struct {
	types  []asdu.TypeID
	causes []asdu.Cause
}{
	{[]asdu.TypeID{1, 3, 5, 20}, stateCauses},
	{[]asdu.TypeID{2, 4, 6, 30, 31, 32}, []asdu.Cause{3, 5, 11, 12}},
	{[]asdu.TypeID{7}, []asdu.Cause{2, 3, 5, 20}},
	{[]asdu.TypeID{9, 11, 13, 21}, valueCauses},
	{[]asdu.TypeID{8, 10, 12, 14, 33, 34, 35, 36}, []asdu.Cause{3, 5}},
	{[]asdu.TypeID{15, 16, 37}, []asdu.Cause{3, 37}},
	{[]asdu.TypeID{17, 18, 19, 38, 39, 40}, []asdu.Cause{3}},
	{[]asdu.TypeID{45, 46, 47, 48, 49, 50, 51, 58, 59, 60, 61, 62, 63, 64}, commandCauses},
	{[]asdu.TypeID{70}, []asdu.Cause{4}},
	{[]asdu.TypeID{100}, commandCauses},
	{[]asdu.TypeID{101}, []asdu.Cause{6, 7, 10, 44}},
	{[]asdu.TypeID{102}, []asdu.Cause{5, 44}},
	{[]asdu.TypeID{103, 106}, []asdu.Cause{3, 6, 7, 44}},
	{[]asdu.TypeID{104, 105, 107}, []asdu.Cause{6, 7, 44}},
	{[]asdu.TypeID{110, 111, 112}, []asdu.Cause{6, 7, 20, 44}},
	{[]asdu.TypeID{113}, []asdu.Cause{6, 7, 8, 9, 44}},
	{[]asdu.TypeID{120, 121, 123, 124, 125}, []asdu.Cause{13, 44}},
	{[]asdu.TypeID{122, 127}, []asdu.Cause{5, 13, 44}},
	{[]asdu.TypeID{126}, []asdu.Cause{3, 5}},
}

// column returns the cause that stands for its range in the matrix.
func column(c asdu.Cause) asdu.Cause {
	switch {
	case c.Interrogated():
		return 20
	case c.CounterRequested():
		return 37
	case c.Unknown():
		return 44
	default:
		return c
	}
}

func TestAllows(t *testing.T) {
	seen := 0
	for _, row := range ruleRows {
		for _, id := range row.types {
			seen++
			for c := range asdu.Cause(64) {
				want := c >= 48 || slices.Contains(row.causes, column(c))
				if got := id.Allows(c); got != want {
					t.Errorf("%s with cause %d is allowed: %t", id, c, got)
				}
			}
		}
	}
	if seen != 67 {
		t.Errorf("the matrix has %d types, want 67", seen)
	}
	for c := range asdu.Cause(64) {
		if !asdu.TypeID(128).Allows(c) || !asdu.TypeID(255).Allows(c) {
			t.Errorf("private types with cause %d are not allowed", c)
		}
		if got := asdu.TypeID(22).Allows(c); got != (c >= 48) {
			t.Errorf("a reserved type with cause %d is allowed: %t", c, got)
		}
	}
}

func TestControl(t *testing.T) {
	for id := range asdu.Types() {
		want := id >= 45 && id <= 64 || id >= 100 && id <= 113
		if got := id.Control(); got != want {
			t.Errorf("%s is of control direction: %t", id, got)
		}
	}
}
