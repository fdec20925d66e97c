package ads

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"time"

	"stellwerk/ads/ams"
	"stellwerk/ads/command"
	"stellwerk/ads/symbol"
)

// FileMode says how a file of a target's machine is opened: one of FileRead,
// FileWrite and FileAppend, and what else is needed. The selector of the folder
// that paths are relative to stands in bits 16 and up; 0 is none.
type FileMode uint32

// The modes.
const (
	FileRead      FileMode = 0x01
	FileWrite     FileMode = 0x02 // empties the file, or makes it
	FileAppend    FileMode = 0x04
	FilePlus      FileMode = 0x08 // the other direction too
	FileBinary    FileMode = 0x10
	FileText      FileMode = 0x20
	FileEnsureDir FileMode = 0x40 // makes the folders of the path
	FileEnableDir FileMode = 0x80
	FileOverwrite FileMode = 0x100
)

// fileChunkClient is how much is read and written at once.
const fileChunkClient = 64 << 10

// File is an open file of a target's machine. It is an [io.ReadWriteCloser]. It
// is not safe for concurrent use.
type File struct {
	client *Client
	ctx    context.Context // as the interfaces of io have none
	handle uint32
	name   string
	closed bool
}

// OpenFile opens a file by its path on the target's machine, over the system
// service, port 10000. The context bounds everything that is done with the file
// but Close. A file that is not there is [fs.ErrNotExist] too.
func (c *Client) OpenFile(ctx context.Context, path string, mode FileMode) (*File, error) {
	const op = "open file"
	s := c.service(ams.PortSystemService)
	index := command.Index{Group: command.GroupFileOpen, Offset: uint32(mode)}
	data, err := s.fetch(ctx, op, s.newReadWrite(index, 4, nameText(path, symbol.Windows1252)), 4, nil)
	if err == nil && len(data) < 4 {
		err = s.malformed(op, index, fmt.Errorf("a handle with %d octets, it has 4", len(data)))
	}
	if err != nil {
		return nil, fileError(err, path)
	}
	return &File{client: s, ctx: ctx, handle: binary.LittleEndian.Uint32(data), name: path}, nil
}

// fileError makes the error of what was done with a file.
func fileError(err error, path string) error {
	if err = about(err, path); Code(err) != ams.NotFound {
		return err
	}
	e := *err.(*Error) //nolint:errorlint,forcetypeassert // about has made it, or the client
	e.Err = fs.ErrNotExist
	return &e
}

// Name returns the path that the file was opened with.
func (f *File) Name() string { return f.name }

// Read reads from the file.
func (f *File) Read(p []byte) (int, error) {
	if f.closed {
		return 0, &Error{Op: "read file", Name: f.name, Err: fs.ErrClosed}
	}
	if len(p) == 0 {
		return 0, nil
	}
	p = p[:min(len(p), fileChunkClient)]
	index := command.Index{Group: command.GroupFileRead, Offset: f.handle}
	n, err := f.client.ReadWriteInto(f.ctx, index, p, nil)
	switch {
	case err != nil:
		return n, about(err, f.name)
	case n == 0:
		return 0, io.EOF
	}
	return n, nil
}

// Write writes to the file.
func (f *File) Write(p []byte) (int, error) {
	if f.closed {
		return 0, &Error{Op: "write file", Name: f.name, Err: fs.ErrClosed}
	}
	n := 0
	for part := range chunks(p, fileChunkClient) {
		index := command.Index{Group: command.GroupFileWrite, Offset: f.handle}
		if _, err := f.client.ReadWrite(f.ctx, index, 4, part); err != nil {
			return n, about(err, f.name)
		}
		n += len(part)
	}
	return n, nil
}

// Close closes the file at the target, also when the context of OpenFile has
// ended.
func (f *File) Close() error {
	if f.closed {
		return &Error{Op: "close file", Name: f.name, Err: fs.ErrClosed}
	}
	f.closed = true
	ctx, cancel := context.WithTimeout(context.WithoutCancel(f.ctx), f.client.conn.options.Timeout)
	defer cancel()
	_, err := f.client.ReadWrite(ctx, command.Index{Group: command.GroupFileClose, Offset: f.handle}, 0, nil)
	return about(err, f.name)
}

// ReadFile reads a file of at most limit octets; 0 is 64 MiB. A longer one is an
// error.
func (c *Client) ReadFile(ctx context.Context, path string, limit int64) ([]byte, error) {
	if limit <= 0 {
		limit = 64 << 20
	}
	f, err := c.OpenFile(ctx, path, FileRead|FileBinary)
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err == nil && int64(len(data)) > limit {
		err = &Error{Op: "read file", Target: f.client.target, Name: path, Err: fmt.Errorf("it has more than %d octets", limit)}
	}
	return data, errors.Join(err, f.Close())
}

// WriteFile writes a file anew, and makes the folders of its path.
func (c *Client) WriteFile(ctx context.Context, path string, data []byte) error {
	f, err := c.OpenFile(ctx, path, FileWrite|FileBinary|FileEnsureDir)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	return errors.Join(err, f.Close())
}

// DeleteFile deletes a file.
func (c *Client) DeleteFile(ctx context.Context, path string) error {
	s := c.service(ams.PortSystemService)
	_, err := s.ReadWrite(ctx, command.Index{Group: command.GroupFileDelete}, 0, nameText(path, symbol.Windows1252))
	return fileError(err, path)
}

// FileEntry is an entry of a folder.
type FileEntry struct {
	Name       string
	Attributes uint32 // as Windows has them
	Size       int64
	Written    time.Time // zero where the target does not tell
}

// IsDir reports whether the entry is a folder.
func (e *FileEntry) IsDir() bool { return e.Attributes&0x10 != 0 }

// foundOctets is the length of an entry in an answer: a handle, and what Windows
// tells of a file.
const foundOctets = 4 + 4 + 40 + 260 + 14 + 2

// maxListed bounds what a listing may have.
const maxListed = 1 << 20

// ListFiles walks the files and folders that a pattern matches, such as
// C:\TwinCAT\*.*. An error comes last. Nothing that matches is an empty list.
func (c *Client) ListFiles(ctx context.Context, pattern string) iter.Seq2[FileEntry, error] {
	const op = "list files"
	s := c.service(ams.PortSystemService)
	return func(yield func(FileEntry, error) bool) {
		offset, data := uint32(1), nameText(pattern, symbol.Windows1252)
		var last []byte
		for range maxListed {
			index := command.Index{Group: command.GroupFileFind, Offset: offset}
			found, err := s.fetch(ctx, op, s.newReadWrite(index, foundOctets, data), foundOctets, nil)
			if Code(err) == ams.NotFound {
				return
			}
			if err == nil && len(found) < 48+1 {
				err = s.malformed(op, index, fmt.Errorf("an entry with %d octets, it has %d", len(found), foundOctets))
			}
			if err == nil && bytes.Equal(found, last) {
				err = s.malformed(op, index, errors.New("the same entry comes again, and would for ever"))
			}
			if err != nil {
				yield(FileEntry{}, about(err, pattern))
				return
			}
			offset, data, last = binary.LittleEndian.Uint32(found), nil, found
			if !yield(decodeFound(found), nil) {
				s.closeFind(ctx, offset)
				return
			}
		}
		yield(FileEntry{}, about(s.fail(op, command.Index{}, fmt.Errorf("%w: more than %d entries", ErrAnswer, maxListed)), pattern))
	}
}

// closeFind ends a listing before its end.
func (c *Client) closeFind(ctx context.Context, handle uint32) {
	_, _ = c.ReadWrite(ctx, command.Index{Group: command.GroupFileClose, Offset: handle}, 0, nil) // the target forgets it with the connection
}

func decodeFound(data []byte) FileEntry {
	le := binary.LittleEndian
	e := FileEntry{
		Attributes: le.Uint32(data[4:]),
		Size:       int64(le.Uint32(data[32:]))<<32 | int64(le.Uint32(data[36:])),
		Name:       untilNUL(data[48:min(len(data), 48+260)]),
	}
	if written := command.FileTime(le.Uint64(data[24:])); written != 0 {
		e.Written = written.Time()
	}
	return e
}
