package iec104

import (
	"errors"
	"fmt"
	"strings"

	"stellwerk/iec104/asdu"
)

// FileRef names a file of a station, or with a directory call a subdirectory.
// The zero value is the station's main directory.
type FileRef struct {
	// Address is the information object address of the file.
	Address asdu.ObjectAddress
	// Name is NOF, the kind of the file as a rule: 1 is a transparent file, 2
	// disturbance data.
	Name asdu.FileName
}

// String returns address and name with a dot between them, such as "30000.2".
func (r FileRef) String() string { return fmt.Sprintf("%d.%d", r.Address, r.Name) }

// What can go wrong with files, beside the errors of every request.
var (
	// ErrFile says that the other station breaks the procedure of file
	// transfer.
	ErrFile = errors.New("file transfer violated")
	// ErrFileAborted says that the other station has broken a transfer off.
	ErrFileAborted = errors.New("file transfer broken off by the other station")
	// ErrFileChanged says that the file is not the one that was to be read.
	ErrFileChanged = errors.New("the file is another one now")
	// ErrFileSpace says that there is no room for a file, or that it is longer
	// than is allowed.
	ErrFileSpace = errors.New("no room for the file")
)

// FileError says of a file what went wrong with it. It stands in an [*Error],
// which has the cause of transmission where the answer was one of 44 to 47.
type FileError struct {
	Ref FileRef
	// Section is the section under way, 0 where there was none.
	Section uint8
	// Fault is what was told to the other station, or what it told with Remote.
	Fault  asdu.FileFault
	Remote bool
	// Err is the reason.
	Err error
}

func (e *FileError) Error() string {
	var text strings.Builder
	fmt.Fprintf(&text, "file %s", e.Ref)
	if e.Section != 0 {
		fmt.Fprintf(&text, ", section %d", e.Section)
	}
	fmt.Fprintf(&text, ": %v", e.Err)
	if e.Remote && e.Fault != asdu.FileFaultNone {
		fmt.Fprintf(&text, ": the other station says: %s", e.Fault.Text().EN)
	}
	return text.String()
}

// Unwrap returns the reason.
func (e *FileError) Unwrap() error { return e.Err }

// Limits of file transfers.
const (
	// fileRepeats is how often a section with a wrong checksum is sent again.
	fileRepeats = 3
	// fileComplaints is how many calls that cannot be carried out a transfer
	// survives.
	fileComplaints = 8
	// fileSection is the length of sections that are sent, in octets, unless
	// the file would have more sections than there are names for.
	fileSection = 16 << 10
	// maxFileSections is how many sections a file can have: NOS is an octet,
	// and 0 names none.
	maxFileSections = 255
)

// isFile reports whether the type is one of file transfer.
func isFile(t asdu.TypeID) bool { return t >= asdu.F_FR_NA_1 && t <= asdu.F_SC_NB_1 }

// refOf returns the file that an ASDU of file transfer is about: that of its
// first object.
func refOf(a asdu.ASDU) (FileRef, bool) {
	switch a.Type {
	case asdu.F_FR_NA_1:
		o, err := asdu.First[asdu.FileReady](a)
		return FileRef{o.Address, o.File}, err == nil
	case asdu.F_SR_NA_1:
		o, err := asdu.First[asdu.SectionReady](a)
		return FileRef{o.Address, o.File}, err == nil
	case asdu.F_SC_NA_1:
		o, err := asdu.First[asdu.FileCall](a)
		return FileRef{o.Address, o.File}, err == nil
	case asdu.F_LS_NA_1:
		o, err := asdu.First[asdu.LastSection](a)
		return FileRef{o.Address, o.File}, err == nil
	case asdu.F_AF_NA_1:
		o, err := asdu.First[asdu.FileAcknowledgement](a)
		return FileRef{o.Address, o.File}, err == nil
	case asdu.F_SG_NA_1:
		o, err := asdu.First[asdu.Segment](a)
		return FileRef{o.Address, o.File}, err == nil
	case asdu.F_SC_NB_1:
		o, err := asdu.First[asdu.LogQuery](a)
		return FileRef{o.Address, o.File}, err == nil
	default:
		return FileRef{}, false
	}
}

// addUp returns the checksum of octets: their sum modulo 256 (IEC 60870-5-101,
// 7.2.6.37).
func addUp(data []byte) byte {
	var sum byte
	for _, b := range data {
		sum += b
	}
	return sum
}
