package asdu

import (
	"fmt"

	"stellwerk/wire"
)

// Error says which octet of an ASDU is wrong, and how.
type Error struct {
	// Octet counts from 1, the type identification, as the standard's drawings
	// do.
	Octet int
	// Field is the abbreviation of what the octet belongs to.
	Field string
	// Reason is a sentence without full stop.
	Reason string

	german string // the same sentence
}

func (e *Error) Error() string {
	return fmt.Sprintf("octet %d of the ASDU (%s): %s", e.Octet, e.Field, e.Reason)
}

// Text returns what Error does, in German too.
func (e *Error) Text() wire.Text {
	field := e.Field
	if field == surplus {
		field = "überzählig"
	}
	return wire.Text{EN: e.Error(), DE: fmt.Sprintf("Oktett %d der ASDU (%s): %s", e.Octet, field, e.german)}
}

// surplus is the field of octets that a type does not have.
const surplus = "surplus"

// fault makes an error; both sentences take the same arguments. Those of type
// wire.Text stand in each language as they read there.
func fault(octet int, field, en, de string, args ...any) error {
	return &Error{Octet: octet, Field: field, Reason: sentence(en, "en", args), german: sentence(de, "de", args)}
}

func sentence(format, lang string, args []any) string {
	spoken := make([]any, len(args))
	for i, arg := range args {
		if text, ok := arg.(wire.Text); ok {
			arg = text.In(lang)
		}
		spoken[i] = arg
	}
	return fmt.Sprintf(format, spoken...)
}
