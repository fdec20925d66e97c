package asdu_test

import (
	"slices"
	"testing"

	"stellwerk/iec104/asdu"
)

func TestQuality(t *testing.T) {
	for _, row := range []struct {
		quality asdu.Quality
		bits    uint8
		string  string
		names   []string
	}{
		{0, 0, "good", nil},
		{asdu.Overflow, 0b0000_0001, "OV", []string{"overflow"}},
		{asdu.ElapsedInvalid, 0b0000_1000, "EI", []string{"elapsed-time-invalid"}},
		{asdu.Blocked, 0b0001_0000, "BL", []string{"blocked"}},
		{asdu.Substituted, 0b0010_0000, "SB", []string{"substituted"}},
		{asdu.NotTopical, 0b0100_0000, "NT", []string{"not-topical"}},
		{asdu.Invalid, 0b1000_0000, "IV", []string{"invalid"}},
		{0b0000_0110, 0b0000_0110, "good", nil}, // reserved bits are no flags
		{0xff, 0xff, "OV EI BL SB NT IV", []string{"overflow", "elapsed-time-invalid", "blocked", "substituted", "not-topical", "invalid"}},
	} {
		if uint8(row.quality) != row.bits || row.quality.String() != row.string {
			t.Errorf("%08b is %q, want %08b, %q", uint8(row.quality), row.quality, row.bits, row.string)
		}
		if names := slices.Collect(row.quality.Names); !slices.Equal(names, row.names) {
			t.Errorf("%08b has names %v, want %v", row.bits, names, row.names)
		}
		if len(row.names) == 1 {
			if q, ok := asdu.ParseQuality(row.names[0]); !ok || q != row.quality {
				t.Errorf("%q is read as %08b, %t", row.names[0], uint8(q), ok)
			}
		}
	}
	for _, name := range []string{"", "good", "IV", "Invalid"} {
		if q, ok := asdu.ParseQuality(name); ok {
			t.Errorf("%q is read as %08b", name, uint8(q))
		}
	}
	for range asdu.Quality(0xff).Names { // a loop that ends early
		break
	}
}
