package apci

import (
	"fmt"

	"stellwerk/wire"
)

// Error says which octet of an APDU is wrong, and how.
type Error struct {
	// Octet counts from 1, the start octet.
	Octet int
	// Field is what the octet belongs to: "start octet", "length", "control
	// field" or "APDU".
	Field string
	// Reason is a sentence without full stop.
	Reason wire.Text
}

func (e *Error) Error() string {
	return fmt.Sprintf("octet %d of the APDU (%s): %s", e.Octet, e.Field, e.Reason.EN)
}

// fault makes an error; both sentences take the same arguments.
func fault(octet int, field, en, de string, args ...any) error {
	return &Error{Octet: octet, Field: field, Reason: wire.Text{EN: fmt.Sprintf(en, args...), DE: fmt.Sprintf(de, args...)}}
}

// truncated tells of an APDU that ends too early; length is 0 where not even
// the length octet is there.
func truncated(frame []byte, length int) error {
	if length == 0 {
		return fault(len(frame)+1, "APDU", "the APDU ends after %d octet(s), without a length",
			"die APDU endet nach %d Oktett(en), ohne Länge", len(frame))
	}
	return fault(len(frame)+1, "APDU", "the APDU ends after %d of %d octets",
		"die APDU endet nach %d von %d Oktetten", len(frame), length)
}
