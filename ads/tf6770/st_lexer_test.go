package tf6770_test

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// stError is what the interpreter of Structured Text refuses, when it reads a
// source or when it runs.
type stError struct {
	line int
	text string
}

func (e *stError) Error() string { return fmt.Sprintf("line %d: %s", e.line, e.text) }

func refuse(line int, format string, args ...any) {
	panic(&stError{line, fmt.Sprintf(format, args...)})
}

// kinds of tokens.
const (
	tokenEnd = iota
	tokenWord
	tokenNumber
	tokenTime
	tokenText
	tokenPragma
	tokenSymbol
)

type token struct {
	kind   int
	text   string // words in upper case
	as     string // as it is written
	number int64
	line   int
}

var (
	stSpace  = regexp.MustCompile(`^(\s+|//[^\n]*|(?s:\(\*.*?\*\)))`)
	stTokens = []struct {
		kind    int
		pattern *regexp.Regexp
	}{
		{tokenPragma, regexp.MustCompile(`^\{[^}]*\}`)},
		{tokenTime, regexp.MustCompile(`^(?i:T|TIME)#(\d+[a-zA-Z]+)+`)},
		{tokenWord, regexp.MustCompile(`^[A-Za-z_]\w*`)},
		{tokenNumber, regexp.MustCompile(`^(16#[0-9A-Fa-f_]+|2#[01_]+|\d[\d_]*)`)},
		{tokenText, regexp.MustCompile(`^'[^'$\n]*'`)},
		{tokenSymbol, regexp.MustCompile(`^(:=|=>|<>|<=|>=|\.\.|[-+*/()\[\]:;,.=<>^])`)},
	}
)

// stLex cuts a source into tokens.
func stLex(text string) (all []token) {
	line := 1
next:
	for text != "" {
		if s := stSpace.FindString(text); s != "" {
			line += strings.Count(s, "\n")
			text = text[len(s):]
			continue
		}
		for _, p := range stTokens {
			s := p.pattern.FindString(text)
			if s == "" {
				continue
			}
			t := token{kind: p.kind, text: s, as: s, line: line}
			switch p.kind {
			case tokenWord:
				t.text = strings.ToUpper(s)
			case tokenText:
				t.text = s[1 : len(s)-1]
			case tokenNumber:
				t.number = stNumber(s, line)
			case tokenTime:
				d, err := time.ParseDuration(strings.ToLower(s[strings.Index(s, "#")+1:]))
				if err != nil {
					refuse(line, "%v", err)
				}
				t.number = d.Milliseconds()
			}
			all, text = append(all, t), text[len(s):]
			continue next
		}
		refuse(line, "no token begins with %.10q", text)
	}
	return append(all, token{kind: tokenEnd, line: line})
}

func stNumber(s string, line int) int64 {
	base := 10
	s = strings.ReplaceAll(s, "_", "")
	if before, after, ok := strings.Cut(s, "#"); ok {
		base, _ = strconv.Atoi(before) // the pattern has digits
		s = after
	}
	n, err := strconv.ParseInt(s, base, 64)
	if err != nil {
		refuse(line, "%v", err)
	}
	return n
}
