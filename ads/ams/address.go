package ams

import (
	"fmt"
	"strconv"
	"strings"
)

// Address is a program on a machine.
type Address struct {
	NetID NetID
	Port  Port
}

// ParseAddress reads a NetId and a port, such as 5.23.145.10.1.1:851.
func ParseAddress(s string) (Address, error) {
	id, port, found := strings.Cut(s, ":")
	netID, err := ParseNetID(id)
	if err != nil {
		return Address{}, err
	}
	if !found {
		return Address{}, fmt.Errorf("the AMS address %q has no port; add it with a colon, such as %s:851", s, id)
	}
	number, err := strconv.ParseUint(port, 10, 16)
	if err != nil || port[0] == '+' {
		return Address{}, fmt.Errorf("%q in the AMS address %q is no AMS port, which is a number from 0 to 65535", port, s)
	}
	return Address{NetID: netID, Port: Port(number)}, nil
}

// String returns the form that [ParseAddress] reads.
func (a Address) String() string {
	text, _ := a.AppendText(nil)
	return string(text)
}

// AppendText appends the form that [ParseAddress] reads. It never fails.
func (a Address) AppendText(dst []byte) ([]byte, error) {
	dst, _ = a.NetID.AppendText(dst)
	return strconv.AppendUint(append(dst, ':'), uint64(a.Port), 10), nil
}

// MarshalText returns the form that [ParseAddress] reads.
func (a Address) MarshalText() ([]byte, error) { return a.AppendText(nil) }

// UnmarshalText reads the form of [ParseAddress].
func (a *Address) UnmarshalText(text []byte) error {
	parsed, err := ParseAddress(string(text))
	if err == nil {
		*a = parsed
	}
	return err
}

// append appends the address as it stands in headers.
func (a Address) append(dst []byte) []byte {
	return append(append(dst, a.NetID[:]...), byte(a.Port), byte(a.Port>>8))
}

// addressAt reads an address of a header; data has its eight octets.
func addressAt(data []byte) Address {
	_ = data[7]
	return Address{NetID: NetID(data[:6]), Port: Port(data[6]) | Port(data[7])<<8}
}
