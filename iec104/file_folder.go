package iec104

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"stellwerk/iec104/asdu"
)

// FileFolder is a [FileStore] over a folder of the operating system. Nothing
// outside the folder can be reached, by symbolic links neither. A file has the
// name that the options give it, or else its address and NOF with a dot between
// them, such as "30000.2"; what has other names is no file of the station. All
// methods are safe for concurrent use, and the folder may be changed by others
// at any time: [Server.AnnounceFiles] then tells of it.
type FileFolder struct {
	options FileFolderOptions
	root    *os.Root
}

// FileFolderOptions are the settings of a [FileFolder]. Nil options, and fields
// that are zero, have the values named beside them.
type FileFolderOptions struct {
	// Names are files with names of their own, relative to the folder and with
	// slashes, such as "faults/0815.cfg".
	Names map[FileRef]string
	// Writable lets control centres write and delete files.
	Writable bool
	// MaxLength is how long a file may be that a control centre writes, in
	// octets. Zero is [asdu.MaxFileLength].
	MaxLength uint32
	// MaxFiles is how many files there may be until control centres can add no
	// more. Zero is 1000.
	MaxFiles int
	// Location is the zone of the times in directories. Nil is UTC.
	Location *time.Location
}

// partSuffix ends the names of files that are being written.
const partSuffix = ".part"

// NewFileFolder opens a folder. Close must be called in the end. Parts of files
// whose writing was interrupted by the end of the program are removed.
func NewFileFolder(path string, options *FileFolderOptions) (*FileFolder, error) {
	root, err := os.OpenRoot(path)
	if err != nil {
		return nil, fmt.Errorf("files: %w", err)
	}
	f := &FileFolder{root: root}
	if options != nil {
		f.options = *options
	}
	f.options.Names = maps.Clone(f.options.Names)
	if f.options.MaxLength == 0 {
		f.options.MaxLength = asdu.MaxFileLength
	}
	if f.options.MaxFiles == 0 {
		f.options.MaxFiles = 1000
	}
	if f.options.Location == nil {
		f.options.Location = time.UTC
	}
	if f.options.Writable {
		f.clean()
	}
	return f, nil
}

// clean removes what was left half written.
func (f *FileFolder) clean() {
	entries, err := fs.ReadDir(f.root.FS(), ".")
	if err != nil {
		return // the next call says so
	}
	for _, e := range entries {
		if name, ok := strings.CutSuffix(e.Name(), partSuffix); ok {
			if _, ok := refOfName(name); ok {
				_ = f.root.Remove(e.Name()) // it stands in nobody's way
			}
		}
	}
}

// Close lets go of the folder. Files that are open stay open.
func (f *FileFolder) Close() error { return f.root.Close() }

// name returns the name of a file in the folder.
func (f *FileFolder) name(ref FileRef) string {
	if name, ok := f.options.Names[ref]; ok {
		return name
	}
	return ref.String()
}

// refOfName reads a name such as "30000.2", in the only way to write it.
func refOfName(name string) (FileRef, bool) {
	address, file, _ := strings.Cut(name, ".")
	a, err := strconv.ParseUint(address, 10, 24)
	if err != nil {
		return FileRef{}, false
	}
	n, err := strconv.ParseUint(file, 10, 16)
	if err != nil {
		return FileRef{}, false
	}
	ref := FileRef{asdu.ObjectAddress(a), asdu.FileName(n)}
	return ref, ref.String() == name
}

// Directory is part of [FileStore]. Files that are longer than a file can be
// are left out.
func (f *FileFolder) Directory(ref FileRef) ([]asdu.DirectoryEntry, error) {
	if ref != (FileRef{}) {
		return nil, fs.ErrNotExist
	}
	found, err := fs.ReadDir(f.root.FS(), ".")
	if err != nil {
		return nil, err
	}
	var entries []asdu.DirectoryEntry
	for ref, name := range f.options.Names {
		if e, ok := f.entry(ref, name); ok {
			entries = append(entries, e)
		}
	}
	for _, e := range found {
		ref, ok := refOfName(e.Name())
		if _, named := f.options.Names[ref]; !ok || named {
			continue
		}
		if e, ok := f.entry(ref, e.Name()); ok {
			entries = append(entries, e)
		}
	}
	slices.SortFunc(entries, compareEntries)
	return entries, nil
}

func (f *FileFolder) entry(ref FileRef, name string) (asdu.DirectoryEntry, bool) {
	info, err := f.root.Stat(name)
	if err != nil || !info.Mode().IsRegular() || info.Size() > asdu.MaxFileLength {
		return asdu.DirectoryEntry{}, false
	}
	return asdu.DirectoryEntry{
		Address: ref.Address, File: ref.Name, Length: uint32(info.Size()),
		Time: asdu.CP56(info.ModTime().In(f.options.Location)),
	}, true
}

// Open is part of [FileStore].
func (f *FileFolder) Open(ref FileRef) (io.ReadCloser, uint32, error) {
	name := f.name(ref)
	// Before it is opened: opening a pipe would wait.
	if _, ok := f.entry(ref, name); !ok {
		return nil, 0, fs.ErrNotExist
	}
	file, err := f.root.Open(name)
	if err != nil {
		return nil, 0, err
	}
	info, err := file.Stat()
	if err == nil && (!info.Mode().IsRegular() || info.Size() > asdu.MaxFileLength) {
		err = fmt.Errorf("%s: no file of up to %d octets", name, asdu.MaxFileLength)
	}
	if err != nil {
		return nil, 0, errors.Join(err, file.Close())
	}
	return file, uint32(info.Size()), nil
}

// Create is part of [FileStore].
func (f *FileFolder) Create(ref FileRef, length uint32) (FileWriter, error) {
	switch {
	case !f.options.Writable:
		return nil, fs.ErrPermission
	case length > f.options.MaxLength:
		return nil, ErrFileSpace
	}
	name := f.name(ref)
	if _, exists := f.entry(ref, name); !exists {
		entries, err := f.Directory(FileRef{})
		switch {
		case err != nil:
			return nil, err
		case len(entries) >= f.options.MaxFiles:
			return nil, ErrFileSpace
		}
	}
	part := ref.String() + partSuffix
	file, err := f.root.OpenFile(part, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return nil, err
	}
	return &folderWriter{folder: f, file: file, part: part, name: name}, nil
}

// Delete is part of [FileStore].
func (f *FileFolder) Delete(ref FileRef) error {
	name := f.name(ref)
	if !f.options.Writable {
		return fs.ErrPermission
	}
	if _, ok := f.entry(ref, name); !ok {
		return fs.ErrNotExist
	}
	return f.root.Remove(name)
}

// folderWriter is a file that is being written, under another name until it is
// whole.
type folderWriter struct {
	folder     *FileFolder
	file       *os.File
	part, name string
	written    uint32
}

func (w *folderWriter) Write(section []byte) (int, error) {
	if w.written+uint32(len(section)) > w.folder.options.MaxLength {
		return 0, ErrFileSpace
	}
	n, err := w.file.Write(section)
	w.written += uint32(n)
	return n, noRoom(err)
}

// Truncate is part of [RevocableWriter].
func (w *folderWriter) Truncate(length uint32) error {
	if err := w.file.Truncate(int64(length)); err != nil {
		return err
	}
	w.written = length
	_, err := w.file.Seek(int64(length), io.SeekStart)
	return err
}

func (w *folderWriter) Commit() error {
	err := noRoom(w.file.Sync())
	err = errors.Join(err, w.file.Close())
	w.file = nil
	if err == nil {
		err = w.folder.root.Rename(w.part, w.name)
	}
	if err == nil {
		w.part = ""
	}
	return err
}

func (w *folderWriter) Close() error {
	var err error
	if w.file != nil {
		err = w.file.Close()
	}
	if w.part != "" {
		err = errors.Join(err, w.folder.root.Remove(w.part))
	}
	return err
}

func compareRefs(a, b FileRef) int {
	return cmp.Or(cmp.Compare(a.Address, b.Address), cmp.Compare(a.Name, b.Name))
}

func compareEntries(a, b asdu.DirectoryEntry) int {
	return compareRefs(FileRef{a.Address, a.File}, FileRef{b.Address, b.File})
}
