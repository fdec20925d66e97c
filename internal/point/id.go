package point

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Longest names, in octets. The bound keeps what comes in from the wire small;
// it is far above what any of the protocols uses.
const (
	MaxLink    = 64
	MaxAddress = 1024
)

// ID names a point throughout the house. It is comparable and may be a map key.
// Its text is LINK/ADDRESS, such as "substation/1/4001" or "plc/MAIN.fPower".
type ID struct {
	// Link is the name that the user gave to the connection. It has no slash.
	Link string
	// Address is the rest, in the protocol's own terms: common address and
	// information object address for IEC 104, the symbol for ADS. For an
	// untouched telegram it is only what the telegram is addressed by: the
	// common address.
	Address string
}

// ParseID reads LINK/ADDRESS. The link name ends at the first slash; everything
// behind it is the address, further slashes included. Whether the address means
// anything is for the link to say.
func ParseID(text string) (ID, error) {
	link, address, found := strings.Cut(text, "/")
	if !found {
		return ID{}, fmt.Errorf("%q names no point: write LINK/ADDRESS, such as substation/1/4001", text)
	}
	if err := CheckLink(link); err != nil {
		return ID{}, fmt.Errorf("%q names no point: %w", text, err)
	}
	if err := checkAddress(address); err != nil {
		return ID{}, fmt.Errorf("%q names no point: %w", text, err)
	}
	return ID{Link: link, Address: address}, nil
}

// CheckLink says what is wrong with a link name. A name has 1 to [MaxLink]
// octets: letters, digits, '-', '_' and '.'.
func CheckLink(name string) error {
	if name == "" {
		return errors.New("the name of the link is empty")
	}
	if len(name) > MaxLink {
		return fmt.Errorf("the name of the link has %d octets, at most %d are allowed", len(name), MaxLink)
	}
	for _, r := range name {
		if r != '-' && r != '_' && r != '.' && !unicode.IsLetter(r) && !unicode.IsDigit(r) || r == utf8.RuneError {
			return fmt.Errorf("the name of a link has letters, digits, '-', '_' and '.', not %q", r)
		}
	}
	return nil
}

func checkAddress(address string) error {
	if address == "" {
		return errors.New("the address behind the link is empty")
	}
	if len(address) > MaxAddress {
		return fmt.Errorf("the address has %d octets, at most %d are allowed", len(address), MaxAddress)
	}
	for _, r := range address {
		if r == utf8.RuneError || !unicode.IsPrint(r) {
			return fmt.Errorf("the address has the character %q, which cannot be printed", r)
		}
	}
	return nil
}

// String gives LINK/ADDRESS, and "" for the zero ID.
func (id ID) String() string {
	if id == (ID{}) {
		return ""
	}
	return id.Link + "/" + id.Address
}

// MarshalText gives LINK/ADDRESS.
func (id ID) MarshalText() ([]byte, error) { return []byte(id.String()), nil }

// UnmarshalText reads LINK/ADDRESS.
func (id *ID) UnmarshalText(text []byte) error {
	parsed, err := ParseID(string(text))
	if err != nil {
		return err
	}
	*id = parsed
	return nil
}
