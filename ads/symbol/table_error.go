package symbol

import (
	"fmt"
	"strings"
)

// TableError says where a table of a device is not what it should be.
type TableError struct {
	// Table is "symbol table" or "data type table".
	Table string
	// Entry is the number of the entry, counted from 0.
	Entry int
	// Name is that of the entry, empty where the table ends or breaks before
	// it. Within data types it is the path to the item: "ST_X.aData".
	Name string
	// Offset is the octet of the table at which the field begins.
	Offset int
	// Text says what is wrong.
	Text string
}

func (e *TableError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s, entry %d", e.Table, e.Entry)
	if e.Name != "" {
		fmt.Fprintf(&b, " %q", e.Name)
	}
	fmt.Fprintf(&b, ", octet %d: %s", e.Offset, e.Text)
	return b.String()
}
