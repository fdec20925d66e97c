package ams

import (
	"fmt"
	"strconv"
	"strings"
)

// NetID is an AMS NetId: six octets that name a machine. It is a logical address
// and need not have anything to do with the machine's IP address. The zero NetID
// stands for no machine, or for the local one where a program asks for itself.
type NetID [6]byte

// LocalNetID is the NetId by which a program reaches the machine it runs on,
// whatever the machine's own is.
var LocalNetID = NetID{127, 0, 0, 1, 1, 1}

// ParseNetID reads the dotted form, such as 5.23.145.10.1.1.
func ParseNetID(s string) (NetID, error) {
	var id NetID
	parts := strings.Split(s, ".")
	if len(parts) != len(id) {
		return NetID{}, fmt.Errorf("%q is no AMS NetId: it has %d numbers, an AMS NetId has six, such as 5.23.145.10.1.1", s, len(parts))
	}
	for i, part := range parts {
		number, err := strconv.ParseUint(part, 10, 8)
		if err != nil || part[0] == '+' {
			return NetID{}, fmt.Errorf("%q is no AMS NetId: %q is not a number from 0 to 255", s, part)
		}
		id[i] = byte(number)
	}
	return id, nil
}

// String returns the dotted form.
func (id NetID) String() string {
	text, _ := id.AppendText(nil)
	return string(text)
}

// AppendText appends the dotted form. It never fails.
func (id NetID) AppendText(dst []byte) ([]byte, error) {
	for i, octet := range id {
		if i > 0 {
			dst = append(dst, '.')
		}
		dst = strconv.AppendUint(dst, uint64(octet), 10)
	}
	return dst, nil
}

// MarshalText returns the dotted form.
func (id NetID) MarshalText() ([]byte, error) { return id.AppendText(nil) }

// UnmarshalText reads the dotted form.
func (id *NetID) UnmarshalText(text []byte) error {
	parsed, err := ParseNetID(string(text))
	if err == nil {
		*id = parsed
	}
	return err
}

// IsZero reports whether the NetId is 0.0.0.0.0.0.
func (id NetID) IsZero() bool { return id == NetID{} }
