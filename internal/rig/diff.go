package rig

import (
	"fmt"
	"slices"
	"strings"
)

const (
	contextLines = 3       // equal lines that are shown around a change
	diffCells    = 4 << 20 // the size of the table up to which lines are matched
	shownLines   = 200     // a longer difference is cut off
)

// change is one line of a difference: ' ' in both, '-' only in the first text,
// '+' only in the second.
type change struct {
	kind byte
	text string
	line int // in the first text, from 1
}

// diff returns the lines that differ with a few equal ones around them.
func diff(before, after []string) string {
	var out strings.Builder
	changes := compare(before, after)
	shown := 0
	near := make([]bool, len(changes))
	for i, c := range changes {
		if c.kind != ' ' {
			for k := max(0, i-contextLines); k < min(len(changes), i+contextLines+1); k++ {
				near[k] = true
			}
		}
	}
	for i, c := range changes {
		if !near[i] {
			continue
		}
		if shown == shownLines {
			fmt.Fprintf(&out, "... and more; %d lines in the file, %d now\n", len(before), len(after))
			break
		}
		shown++
		if i == 0 || !near[i-1] {
			fmt.Fprintf(&out, "@@ line %d\n", c.line)
		}
		out.WriteByte(c.kind)
		out.WriteString(visible(c.text))
	}
	return out.String()
}

// visible shows what the eye would miss at the end of a line.
func visible(line string) string {
	text, ended := strings.CutSuffix(line, "\n")
	if trimmed := strings.TrimRight(text, " \t\r"); trimmed != text {
		text = fmt.Sprintf("%s%q (spaces at the end)", trimmed, text[len(trimmed):])
	}
	if !ended {
		text += " (no newline at the end)"
	}
	return text + "\n"
}

// compare matches the lines of two texts by their longest common subsequence.
// Texts whose middle part is too long for that differ there in every line.
func compare(before, after []string) []change {
	head := 0
	for head < min(len(before), len(after)) && before[head] == after[head] {
		head++
	}
	tail := 0
	for tail < min(len(before), len(after))-head &&
		before[len(before)-1-tail] == after[len(after)-1-tail] {
		tail++
	}
	var all []change
	add := func(kind byte, text string, line int) { all = append(all, change{kind, text, line + 1}) }
	for i := range head {
		add(' ', before[i], i)
	}
	a, b := before[head:len(before)-tail], after[head:len(after)-tail]
	var length [][]int32 // of the longest common subsequence of a[i:] and b[k:]
	if (len(a)+1)*(len(b)+1) <= diffCells {
		length = table(a, b)
	}
	i, k := 0, 0
	for i < len(a) || k < len(b) {
		switch {
		case length != nil && i < len(a) && k < len(b) && a[i] == b[k]:
			add(' ', a[i], head+i)
			i++
			k++
		case k == len(b) || i < len(a) && (length == nil || length[i+1][k] >= length[i][k+1]):
			add('-', a[i], head+i)
			i++
		default:
			add('+', b[k], head+i)
			k++
		}
	}
	for n := range tail {
		at := len(before) - tail + n
		add(' ', before[at], at)
	}
	return all
}

func table(a, b []string) [][]int32 {
	length := make([][]int32, len(a)+1)
	for i := range length {
		length[i] = make([]int32, len(b)+1)
	}
	for i, line := range slices.Backward(a) {
		for k, other := range slices.Backward(b) {
			if line == other {
				length[i][k] = length[i+1][k+1] + 1
			} else {
				length[i][k] = max(length[i+1][k], length[i][k+1])
			}
		}
	}
	return length
}
