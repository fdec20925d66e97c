package asdu

import "fmt"

// Error says which octet of an ASDU is wrong, and how.
type Error struct {
	// Octet counts from 1, the type identification, as the standard's drawings
	// do.
	Octet int
	// Field is the abbreviation of what the octet belongs to.
	Field string
	// Reason is a sentence without full stop.
	Reason string
}

func (e *Error) Error() string {
	return fmt.Sprintf("octet %d of the ASDU (%s): %s", e.Octet, e.Field, e.Reason)
}

func fault(octet int, field, format string, args ...any) error {
	return &Error{Octet: octet, Field: field, Reason: fmt.Sprintf(format, args...)}
}
