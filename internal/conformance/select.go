package conformance

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"stellwerk/iec104"
	"stellwerk/iec104/iec104test"
)

// Select returns the cases for a role that the patterns choose, in the order of
// the table; without patterns all of them. A pattern is the ID of a case or of a
// requirement with several, such as "C6", and may have * and ?; upper and lower
// case are the same. A pattern that chooses nothing is an error.
func Select(role iec104.Role, patterns []string) ([]iec104test.Case, error) {
	all := slices.DeleteFunc(iec104test.Cases(), func(c iec104test.Case) bool { return c.Role != role })
	if len(patterns) == 0 {
		return all, nil
	}
	chosen := make([]bool, len(all))
	for _, pattern := range patterns {
		any := false
		for i, c := range all {
			fits, err := matches(c, pattern)
			if err != nil {
				return nil, fmt.Errorf("%q is no pattern for cases: write an ID such as A9, or C* for all that begin with C", pattern)
			}
			chosen[i] = chosen[i] || fits
			any = any || fits
		}
		if !any {
			return nil, fmt.Errorf("there is no case %q for a %s; --list shows all", pattern, RoleName(role))
		}
	}
	var cases []iec104test.Case
	for i, c := range all {
		if chosen[i] {
			cases = append(cases, c)
		}
	}
	return cases, nil
}

func matches(c iec104test.Case, pattern string) (bool, error) {
	pattern = strings.ToUpper(pattern)
	byID, err := path.Match(pattern, strings.ToUpper(c.ID))
	if err != nil || byID {
		return byID, err
	}
	return path.Match(pattern, strings.ToUpper(c.Requirement))
}

// RoleName returns the name of the station under test: "station" for the
// controlled one, "control-centre" for the controlling one.
func RoleName(role iec104.Role) string {
	if role == iec104.Controlling {
		return "control-centre"
	}
	return "station"
}
