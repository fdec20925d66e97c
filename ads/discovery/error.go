package discovery

import (
	"fmt"

	"stellwerk/wire"
)

// An Error says what is wrong with octets that are no packet.
type Error struct{ text wire.Text }

// malformed makes an error of formats that take the same values.
func malformed(en, de string, values ...any) *Error {
	return &Error{wire.Text{EN: fmt.Sprintf(en, values...), DE: fmt.Sprintf(de, values...)}}
}

// in says in what something is wrong.
func (e *Error) in(en, de string) *Error {
	return &Error{wire.Text{EN: en + ": " + e.text.EN, DE: de + ": " + e.text.DE}}
}

// Error returns the sentence in English.
func (e *Error) Error() string { return "discovery packet: " + e.text.EN }

// Text returns the sentence in both languages.
func (e *Error) Text() wire.Text {
	return wire.Text{EN: e.Error(), DE: "Suchpaket: " + e.text.DE}
}
