package symbol

import (
	"fmt"
	"slices"
	"strings"
)

// NotFoundError says that a name leads nowhere, and what was probably meant.
type NotFoundError struct {
	// What is "type", "symbol", "field" or "method".
	What string
	// Name is what was looked for.
	Name string
	// Within is where it was looked for, empty for the whole table.
	Within string
	// Nearest are names that are there and look alike, the best first, at most
	// three.
	Nearest []string
}

func (e *NotFoundError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "there is no %s %q", e.What, shorten(e.Name))
	if e.Within != "" {
		fmt.Fprintf(&b, " in %s", e.Within)
	}
	for i, name := range e.Nearest {
		if i == 0 {
			b.WriteString("; is it ")
		} else {
			b.WriteString(" or ")
		}
		b.WriteString(name)
	}
	if len(e.Nearest) > 0 {
		b.WriteByte('?')
	}
	return b.String()
}

// notFound says that there is no such type.
func (t *Types) notFound(name string) error {
	e := &NotFoundError{What: "type", Name: name}
	s := suggester{want: name}
	for i := range t.entries {
		s.offer(t.entries[i].Name)
	}
	for builtin := range builtins {
		s.offer(builtin)
	}
	e.Nearest = s.best()
	return e
}

// suggester finds the names nearest to one that is not there.
type suggester struct {
	want  string
	found []suggestion
	tried int
}

type suggestion struct {
	name     string
	distance int
}

// Limits of the search for names: it is a courtesy, and must not become the
// expensive part of a wrong request.
const (
	maxSuggestions = 3
	maxCompared    = 20000
	maxNameLength  = 100
)

// offer compares one name that is there.
func (s *suggester) offer(name string) {
	if s.tried++; s.tried > maxCompared || len(name) > maxNameLength || len(s.want) > maxNameLength {
		return
	}
	limit := max(1, len(s.want)/3)
	if abs(len(name)-len(s.want)) > limit {
		return
	}
	if d := distance(fold(s.want), fold(name), limit); d <= limit {
		s.found = append(s.found, suggestion{name: name, distance: d})
	}
}

// best returns the nearest names.
func (s *suggester) best() []string {
	slices.SortFunc(s.found, func(a, b suggestion) int {
		if a.distance != b.distance {
			return a.distance - b.distance
		}
		return strings.Compare(a.name, b.name)
	})
	var names []string
	for _, found := range s.found[:min(len(s.found), maxSuggestions)] {
		names = append(names, found.name)
	}
	return names
}

func abs(n int) int { return max(n, -n) }

// distance is the number of octets to insert, drop, replace or swap with their
// neighbour to get from a to b; more than limit is told as limit+1.
func distance(a, b string, limit int) int {
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		least := i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
			least = min(least, row[j])
		}
		if least > limit {
			return limit + 1
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}
