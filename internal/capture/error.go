package capture

import (
	"fmt"
)

// FileError says where a capture stops being readable, and why. Everything in
// front of that place has been delivered.
type FileError struct {
	// File is the name that was given to the Reader.
	File string
	// Packet is the number that the packet at this place would have had, or 0
	// when the file is no capture at all.
	Packet int64
	// Offset is the place in octets from the beginning of the file.
	Offset int64
	// Err is the reason.
	Err error
}

// Error names file, packet, offset and reason.
func (e *FileError) Error() string {
	if e.Packet == 0 {
		return e.File + ": " + e.Err.Error()
	}
	return fmt.Sprintf("%s: packet %d at offset %d (0x%x): %v", e.File, e.Packet, e.Offset, e.Offset, e.Err)
}

// Unwrap returns the reason.
func (e *FileError) Unwrap() error { return e.Err }
