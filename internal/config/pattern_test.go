package config_test

import (
	"fmt"
	"testing"

	"stellwerk/internal/config"
)

func pattern(t *testing.T, text string) config.Pattern {
	t.Helper()
	p, err := config.ParsePattern(text)
	if err != nil {
		t.Fatal(err)
	}
	if p.String() != text {
		t.Errorf("%q prints as %q", text, p)
	}
	return p
}

// What one end of a route makes of an address, the other end makes undone.
func TestPatternMap(t *testing.T) {
	for _, row := range []struct{ from, to, address, want string }{
		{"a/1/4001", "b/2/17", "1/4001", "2/17"},
		{"a/1/4001", "b/2/17", "1/4002", ""},
		{"a/1/*", "b/2/*", "1/4001", "2/4001"},
		{"a/1/*", "b/2/*", "11/4001", ""},
		{"a/1/*", "b/2/*", "1/", ""},
		{"a/1/*", "b/2/*", "1/40/01", ""},
		{"a/*/*", "b/*/*", "3/4", "3/4"},
		{"a/*", "b/*", "3", "3"},
		{"a/*", "b/*", "3/4", ""},
		{"a/*/5", "b/7/*", "3/5", "7/3"},
		{"a/*/5", "b/7/*", "3/55", ""},
		{"a/MAIN.*", "b/cell/*", "MAIN.fPower[1]", "cell/fPower[1]"},
		{"a/MAIN.*Value", "b/*_v", "MAIN.powerValue", "power_v"},
		{"a/MAIN.*Value", "b/*_v", "MAIN.Value", ""},
		{"a/1/4001-4099", "b/7/1-99", "1/4003", "7/3"},
		{"a/1/4001-4099", "b/7/1-99", "1/4099", "7/99"},
		{"a/1/4001-4099", "b/7/1-99", "1/4100", ""},
		{"a/1/4001-4099", "b/7/1-99", "1/04003", ""},
		{"a/1/4001-4099", "b/7/1-99", "1/4003x", ""},
		{"a/1/4001-4099", "b/7/*", "1/4003", "7/4003"},
		{"a/1/*", "b/7/10-12", "1/11", "7/11"},
		{"a/1/*", "b/7/10-12", "1/13", ""},
		{"a/1-3/5-6", "b/2-4/8-9", "2/6", "3/9"},
		{"a/5-5", "b/7-7", "5", "7"},
		{"a/5-x", "b/y-7", "5-x", "y-7"},
	} {
		from, to := pattern(t, row.from), pattern(t, row.to)
		if err := config.Pair(from, to); err != nil {
			t.Errorf("%s and %s: %v", from, to, err)
			continue
		}
		got, ok := from.Map(row.address, to)
		if !ok {
			got = ""
		}
		if got != row.want {
			t.Errorf("%s -> %s: %q becomes %q, want %q", from, to, row.address, got, row.want)
		}
		if !ok {
			continue
		}
		if back, ok := to.Map(got, from); !ok || back != row.address {
			t.Errorf("%s <- %s: %q becomes %q, want %q", from, to, got, back, row.address)
		}
	}
}

func TestPatternNames(t *testing.T) {
	p := pattern(t, "a/1/4001")
	if !p.Single() || p.ID().String() != "a/1/4001" || pattern(t, "a/*").Single() {
		t.Errorf("%v", p)
	}
	var none config.Pattern
	if none.String() != "" {
		t.Errorf("the zero pattern prints as %q", none)
	}
	if err := none.UnmarshalText([]byte("a/2-1")); err == nil {
		t.Error("a range that ends before it begins is read")
	}
}

func FuzzPattern(f *testing.F) {
	f.Add("a/1/*", "b/2/*", "1/4001")
	f.Add("a/1/4001-4099", "b/*.x/2-3", "1/4001")
	f.Add("a/x*y/z*", "b/*1/*", "xay/zz")
	f.Fuzz(func(t *testing.T, one, other, address string) {
		from, errFrom := config.ParsePattern(one)
		to, errTo := config.ParsePattern(other)
		if errFrom != nil || errTo != nil || config.Pair(from, to) != nil {
			return
		}
		mapped, ok := from.Map(address, to)
		if !ok {
			return
		}
		if back, ok := to.Map(mapped, from); !ok || back != address {
			t.Errorf("%s -> %s: %q becomes %q, and that %s", from, to, address, mapped, fmt.Sprint(back, ok))
		}
	})
}
