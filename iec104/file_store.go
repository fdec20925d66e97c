package iec104

import (
	"io"

	"stellwerk/iec104/asdu"
)

// FileStation is a [Station] that has files. Stations without answer file
// transfer as unknown types.
type FileStation interface {
	// FileStore returns the files of the station with a common address; nil
	// where it has none.
	FileStore(station asdu.CommonAddress) FileStore
}

// FileStore is what a controlled station has its files in. [NewFileFolder] and
// [NewFileMemory] return ready-made ones; one that is a [LogStore] too answers
// queries of archives.
//
// The server does what belongs to the protocol: sections, checksums,
// repetitions, timeouts and refusals. On a connection it sends one file and
// receives one at a time, and a file has one transfer at a time on all
// connections together; while that goes on the file is neither replaced nor
// deleted. All else is refused. The methods are called for different
// connections at the same time, as are the files' own methods.
type FileStore interface {
	// Directory returns the entries of a directory in the order of its choice;
	// the zero ref is the main one. The server fills in Last and Active. An
	// error that is [fs.ErrNotExist] says that there is no such directory.
	Directory(ref FileRef) ([]asdu.DirectoryEntry, error)
	// Open opens a file to read it once, from its beginning, and returns its
	// length in octets, up to [asdu.MaxFileLength]. The server closes it. An
	// error refuses.
	Open(ref FileRef) (file io.ReadCloser, length uint32, err error)
	// Create begins a file that a control centre writes. The length is what
	// the control centre has told, 0 where it has not. An error refuses:
	// [ErrFileSpace] for want of room, [fs.ErrNotExist] because of the name.
	Create(ref FileRef, length uint32) (FileWriter, error)
	// Delete deletes a file. An error refuses.
	Delete(ref FileRef) error
}

// FileWriter takes a file that a control centre writes.
type FileWriter interface {
	// Write takes a section, whose checksum was right, or a part of one, see
	// [RevocableWriter]. Errors end the transfer; [ErrFileSpace] is told as want of memory.
	io.Writer
	// Commit makes what was written the file, in place of an older one. The
	// control centre is told only afterwards that it is done.
	Commit() error
	// Close is the last call. Without a Commit before it nothing must be left
	// of what was written.
	io.Closer
}

// RevocableWriter is a [FileWriter] that can take back what it was given last.
// Sections of it may have any length: a long one is written in parts, as they
// come, and taken back where its checksum turns out to be wrong. Of other writers
// a section is kept in memory until its checksum is known, and has at most 1 MiB.
type RevocableWriter interface {
	FileWriter
	// Truncate takes back all octets but the first ones, as many as length.
	Truncate(length uint32) error
}

// LogStore is a [FileStore] with archives that can be queried.
type LogStore interface {
	FileStore
	// QueryLog opens the part of an archive between two times, both included,
	// as [FileStore.Open] opens a file. The times are as the telegram has them,
	// in the station's zone; impossible ones come too.
	QueryLog(ref FileRef, from, to asdu.Time) (part io.ReadCloser, length uint32, err error)
}
