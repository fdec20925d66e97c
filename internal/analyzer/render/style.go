package render

// style paints text on a terminal. What it says is never said by colour alone.
type style bool

// The paints, as the parameters of SGR (ECMA-48, 8.3.117).
const (
	bold   = "1"
	dim    = "2"
	red    = "31"
	yellow = "33"
	cyan   = "36"
)

// append appends text in a paint.
func (s style) append(dst []byte, paint, text string) []byte {
	if !s || text == "" || paint == "" {
		return append(dst, text...)
	}
	dst = append(append(append(dst, "\x1b["...), paint...), 'm')
	dst = append(dst, text...)
	return append(dst, "\x1b[0m"...)
}
