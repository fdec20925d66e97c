package symbol

import (
	"encoding/hex"
	"fmt"
	"math"
	"strings"
)

// Dimension is one dimension of an array.
type Dimension struct {
	// Lower is the lowest index.
	Lower int32
	// Elements is the number of elements.
	Elements uint32
}

// Upper returns the highest index, Lower-1 where there are no elements.
func (d Dimension) Upper() int64 { return int64(d.Lower) + int64(d.Elements) - 1 }

// String returns the bounds as in a declaration: "0..3".
func (d Dimension) String() string { return fmt.Sprintf("%d..%d", d.Lower, d.Upper()) }

// Attribute is a pragma of the declaration: {attribute 'Name' := 'Value'}.
type Attribute struct {
	Name  string // at most 255 octets
	Value string // at most 255 octets
}

// find returns the value of an attribute by its name in any case.
func find(attributes []Attribute, name string) (string, bool) {
	for _, a := range attributes {
		if strings.EqualFold(a.Name, name) {
			return a.Value, true
		}
	}
	return "", false
}

// GUID identifies a type, in the order of octets on the wire: the first three
// groups are little endian.
type GUID [16]byte

// guidOrder says which octet each pair of digits of a written GUID is.
var guidOrder = [16]int{3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15}

// ParseGUID reads a GUID as it is written, with or without braces.
func ParseGUID(s string) (g GUID, err error) {
	text := strings.TrimSuffix(strings.TrimPrefix(strings.TrimSpace(s), "{"), "}")
	groups := strings.Split(text, "-")
	octets, err := hex.DecodeString(strings.Join(groups, ""))
	if err != nil || len(octets) != len(g) || len(groups) != 5 ||
		len(groups[0]) != 8 || len(groups[1]) != 4 || len(groups[2]) != 4 || len(groups[3]) != 4 {
		return GUID{}, fmt.Errorf("%q is no GUID: {00112233-4455-6677-8899-AABBCCDDEEFF} is one", s)
	}
	for i, at := range guidOrder {
		g[at] = octets[i]
	}
	return g, nil
}

// String returns the GUID as it is written, in braces.
func (g GUID) String() string {
	var octets [16]byte
	for i, at := range guidOrder {
		octets[i] = g[at]
	}
	return fmt.Sprintf("{%X-%X-%X-%X-%X}", octets[0:4], octets[4:6], octets[6:8], octets[8:10], octets[10:16])
}

// elements returns the number of elements of all dimensions together, or false
// where it is more than 32 bits hold.
func elements(dims []Dimension) (uint64, bool) {
	total := uint64(1)
	for _, dim := range dims {
		if dim.Elements == 0 {
			return 0, true
		}
	}
	for _, dim := range dims {
		if total *= uint64(dim.Elements); total > math.MaxUint32 {
			return 0, false
		}
	}
	return total, true
}
