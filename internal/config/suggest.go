package config

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// DidYouMean ends a sentence about a name that is not known: with the known name
// that is most like it, or else with all known names.
func DidYouMean(name string, known []string) string {
	if guess, ok := nearest(name, known); ok {
		return `; did you mean "` + guess + `"?`
	}
	switch {
	case len(known) == 0:
		return ""
	case len(known) > 25:
		return ""
	}
	return "; known are: " + strings.Join(known, ", ")
}

// nearest finds the known name that lies at most two slips of the pen from name,
// one in a short name.
func nearest(name string, known []string) (string, bool) {
	best, distance := "", 3
	if utf8.RuneCountInString(name) < 4 {
		distance = 2
	}
	if utf8.RuneCountInString(name) > 64 {
		return "", false
	}
	for _, candidate := range known {
		if d := slips(strings.ToLower(name), strings.ToLower(candidate)); d < distance {
			best, distance = candidate, d
		}
	}
	return best, best != ""
}

// slips counts the letters that were added, left out, changed or swapped with
// their neighbour between two words.
func slips(a, b string) int {
	x, y := []rune(a), []rune(b)
	if diff := len(x) - len(y); diff > 2 || diff < -2 {
		return 3
	}
	previous, current, before := make([]int, len(y)+1), make([]int, len(y)+1), make([]int, len(y)+1)
	for j := range current {
		current[j] = j
	}
	for i := 1; i <= len(x); i++ {
		before, previous, current = previous, current, before
		current[0] = i
		for j := 1; j <= len(y); j++ {
			change := 1
			if x[i-1] == y[j-1] {
				change = 0
			}
			current[j] = slices.Min([]int{previous[j] + 1, current[j-1] + 1, previous[j-1] + change})
			if i > 1 && j > 1 && x[i-1] == y[j-2] && x[i-2] == y[j-1] {
				current[j] = min(current[j], before[j-2]+1)
			}
		}
	}
	return current[len(y)]
}
