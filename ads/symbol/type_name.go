package symbol

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// form is how a type is written.
type form uint8

const (
	formPlain form = iota
	formArray
	formPointer
	formReference
	formString
	formWString
	formSubrange
)

// typeName is the name of a type taken apart.
type typeName struct {
	form   form
	name   string // formPlain and formSubrange
	dims   []Dimension
	length uint32    // of formString and formWString, in characters
	bounds *Range    // of formSubrange, nil where they are no numbers
	of     *typeName // element, target, or what a subrange is part of
}

// maxNesting bounds ARRAY OF ARRAY OF … and types within types.
const maxNesting = 64

// parseTypeName takes the name of a type apart.
func parseTypeName(name string) (*typeName, error) {
	t, err := parseType(name, 0)
	if err != nil {
		return nil, fmt.Errorf("type name %q: %w", shorten(name), err)
	}
	return t, nil
}

func parseType(name string, depth int) (*typeName, error) {
	name = strings.TrimSpace(name)
	if depth > maxNesting {
		return nil, fmt.Errorf("it is nested deeper than %d levels", maxNesting)
	}
	if rest, ok := keyword(name, "POINTER", "TO"); ok {
		return wrap(formPointer, rest, depth)
	}
	if rest, ok := keyword(name, "REFERENCE", "TO"); ok {
		return wrap(formReference, rest, depth)
	}
	if rest, ok := cutWord(name, "ARRAY"); ok && strings.HasPrefix(rest, "[") {
		return parseArray(rest, depth)
	}
	if rest, ok := cutWord(name, "STRING"); ok {
		length, err := stringLength(rest)
		return &typeName{form: formString, length: length}, err
	}
	if rest, ok := cutWord(name, "WSTRING"); ok {
		length, err := stringLength(rest)
		return &typeName{form: formWString, length: length}, err
	}
	if strings.HasSuffix(name, ")") {
		if base, bounds, ok := cutSubrange(name); ok {
			of, err := parseType(base, depth+1)
			return &typeName{form: formSubrange, name: name, bounds: bounds, of: of}, err
		}
	}
	if name == "" {
		return nil, errors.New("it is empty")
	}
	return &typeName{form: formPlain, name: name}, nil
}

func wrap(f form, rest string, depth int) (*typeName, error) {
	of, err := parseType(rest, depth+1)
	if err != nil {
		return nil, err
	}
	return &typeName{form: f, of: of}, nil
}

// cutWord cuts a word in any case off the front, if no letter follows it.
func cutWord(s, word string) (rest string, ok bool) {
	if len(s) < len(word) || !strings.EqualFold(s[:len(word)], word) {
		return s, false
	}
	rest = s[len(word):]
	if rest != "" && (rest[0] == '_' || rest[0] == '.' || rest[0] >= 0x80 || rest[0] >= '0' && rest[0] <= '9' ||
		rest[0]|0x20 >= 'a' && rest[0]|0x20 <= 'z') {
		return s, false
	}
	return strings.TrimLeft(rest, " \t"), true
}

// keyword cuts words that have spaces between them off the front.
func keyword(s string, words ...string) (rest string, ok bool) {
	rest = s
	for _, word := range words {
		if rest, ok = cutWord(rest, word); !ok {
			return s, false
		}
	}
	return rest, true
}

func parseArray(rest string, depth int) (*typeName, error) {
	inside, rest, ok := strings.Cut(rest[1:], "]")
	if !ok {
		return nil, errors.New("the ] of ARRAY is missing")
	}
	var dims []Dimension
	for bounds := range strings.SplitSeq(inside, ",") {
		low, high, err := parseBounds(bounds)
		if err != nil {
			return nil, err
		}
		if low < math.MinInt32 || low > math.MaxInt32 || high < low-1 || high-low >= math.MaxUint32 {
			return nil, fmt.Errorf("the bounds %s of ARRAY do not go upwards within 32 bits", strings.TrimSpace(bounds))
		}
		dims = append(dims, Dimension{Lower: int32(low), Elements: uint32(high - low + 1)})
	}
	after, ok := cutWord(strings.TrimSpace(rest), "OF")
	if !ok {
		return nil, errors.New("the OF of ARRAY is missing")
	}
	of, err := parseType(after, depth+1)
	if err != nil {
		return nil, err
	}
	return &typeName{form: formArray, dims: dims, of: of}, nil
}

// parseBounds reads "0..3".
func parseBounds(s string) (low, high int64, err error) {
	lowText, highText, ok := strings.Cut(s, "..")
	if ok {
		if low, err = strconv.ParseInt(strings.TrimSpace(lowText), 10, 64); err == nil {
			high, err = strconv.ParseInt(strings.TrimSpace(highText), 10, 64)
		}
	}
	if !ok || err != nil {
		return 0, 0, fmt.Errorf("%q are no bounds: 0..3 are", strings.TrimSpace(s))
	}
	return low, high, nil
}

// stringLength reads what follows STRING: nothing, (80) or [80].
func stringLength(s string) (uint32, error) {
	if s == "" {
		return defaultString, nil
	}
	inside := strings.TrimSpace(s)
	if strings.HasPrefix(inside, "(") && strings.HasSuffix(inside, ")") || strings.HasPrefix(inside, "[") && strings.HasSuffix(inside, "]") {
		length, err := strconv.ParseUint(strings.TrimSpace(inside[1:len(inside)-1]), 10, 31)
		if err == nil && length < math.MaxInt32/2 {
			return uint32(length), nil
		}
	}
	return 0, fmt.Errorf("%q is no length of a string: (80) is", s)
}

// cutSubrange takes "INT (0..10)" apart. Some projects have names of constants
// as bounds, which a table does not resolve.
func cutSubrange(name string) (base string, bounds *Range, ok bool) {
	at := strings.IndexByte(name, '(')
	if at < 0 || !strings.Contains(name[at:], "..") || !builtins[fold(strings.TrimSpace(name[:at]))].integer() {
		return "", nil, false
	}
	base = strings.TrimSpace(name[:at])
	lowText, highText, _ := strings.Cut(name[at+1:len(name)-1], "..")
	low, lowOK := parseNumber(lowText)
	high, highOK := parseNumber(highText)
	if !lowOK || !highOK || low.isFloat || high.isFloat || !low.negative && low.magnitude > math.MaxInt64 ||
		!high.negative && high.magnitude > math.MaxInt64 || low.int() > high.int() {
		return base, nil, true
	}
	return base, &Range{Low: low.int(), High: high.int()}, true
}

// String writes the name as TwinCAT 3 does.
func (t *typeName) String() string {
	var b strings.Builder
	for t.of != nil && t.form != formSubrange {
		switch t.form {
		case formArray:
			b.WriteString(arrayPrefix(t.dims))
		case formPointer:
			b.WriteString("POINTER TO ")
		default:
			b.WriteString("REFERENCE TO ")
		}
		t = t.of
	}
	switch t.form {
	case formString:
		fmt.Fprintf(&b, "STRING(%d)", t.length)
	case formWString:
		fmt.Fprintf(&b, "WSTRING(%d)", t.length)
	case formSubrange:
		if t.bounds == nil {
			b.WriteString(t.name)
			break
		}
		fmt.Fprintf(&b, "%s (%d..%d)", t.of, t.bounds.Low, t.bounds.High)
	default:
		b.WriteString(t.name)
	}
	return b.String()
}

// arrayPrefix returns "ARRAY [0..3,1..2] OF ".
func arrayPrefix(dims []Dimension) string {
	var b strings.Builder
	b.WriteString("ARRAY [")
	for i, dim := range dims {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(dim.String())
	}
	b.WriteString("] OF ")
	return b.String()
}

// shorten keeps what is quoted in errors readable.
func shorten(s string) string {
	const most = 80
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}
