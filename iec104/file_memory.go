package iec104

import (
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"slices"
	"sync"

	"stellwerk/iec104/asdu"
)

// FileMemory is a [FileStore] in memory, with one directory. All methods are
// safe for concurrent use. A file that is being read stays as it was when that
// began.
type FileMemory struct {
	options FileMemoryOptions

	mu    sync.Mutex
	files map[FileRef]memoryFile // guarded by mu
	begun int                    // files that are being written; guarded by mu
}

// FileMemoryOptions are the settings of a [FileMemory]. Nil options, and fields
// that are zero, have the values named beside them.
type FileMemoryOptions struct {
	// ReadOnly refuses to have files written and deleted by control centres.
	ReadOnly bool
	// MaxLength is how long a file may be that a control centre writes, in
	// octets. Zero is 1 MiB.
	MaxLength uint32
	// MaxFiles is how many files there may be until control centres can add no
	// more. Zero is 64.
	MaxFiles int
	// Time returns the time that a file has which a control centre writes. Nil
	// tags it with a time that is invalid.
	Time func() asdu.Time
}

type memoryFile struct {
	data []byte
	time asdu.Time
}

// NewFileMemory returns a store without files.
func NewFileMemory(options *FileMemoryOptions) *FileMemory {
	m := &FileMemory{files: make(map[FileRef]memoryFile)}
	if options != nil {
		m.options = *options
	}
	if m.options.MaxLength == 0 {
		m.options.MaxLength = 1 << 20
	}
	if m.options.MaxFiles == 0 {
		m.options.MaxFiles = 64
	}
	return m
}

// Put adds a file or replaces one. The data are not copied. The time is that of
// its creation; it must be a CP56Time2a. [Server.AnnounceFiles] tells of it.
func (m *FileMemory) Put(ref FileRef, data []byte, created asdu.Time) error {
	switch {
	case len(data) > asdu.MaxFileLength:
		return fmt.Errorf("%w: %d octets, a file has 0 to %d", ErrFileSpace, len(data), asdu.MaxFileLength)
	case created.Kind() != asdu.TimeCP56:
		return fmt.Errorf("file %s: the time of its creation must be a CP56Time2a", ref)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.files[ref] = memoryFile{data, created}
	return nil
}

// Get returns the octets of a file, which must not be changed, and false where
// there is none.
func (m *FileMemory) Get(ref FileRef) ([]byte, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	file, ok := m.files[ref]
	return file.data, ok
}

// Directory is part of [FileStore].
func (m *FileMemory) Directory(ref FileRef) ([]asdu.DirectoryEntry, error) {
	if ref != (FileRef{}) {
		return nil, fs.ErrNotExist
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	entries := make([]asdu.DirectoryEntry, 0, len(m.files))
	for ref, file := range m.files {
		entries = append(entries, asdu.DirectoryEntry{Address: ref.Address, File: ref.Name, Length: uint32(len(file.data)), Time: file.time})
	}
	slices.SortFunc(entries, compareEntries)
	return entries, nil
}

// Open is part of [FileStore].
func (m *FileMemory) Open(ref FileRef) (io.ReadCloser, uint32, error) {
	data, ok := m.Get(ref)
	if !ok {
		return nil, 0, fs.ErrNotExist
	}
	return io.NopCloser(bytes.NewReader(data)), uint32(len(data)), nil
}

// Create is part of [FileStore].
func (m *FileMemory) Create(ref FileRef, length uint32) (FileWriter, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	_, exists := m.files[ref]
	switch {
	case m.options.ReadOnly:
		return nil, fs.ErrPermission
	case length > m.options.MaxLength, !exists && len(m.files)+m.begun >= m.options.MaxFiles:
		return nil, ErrFileSpace
	}
	m.begun++
	return &memoryWriter{store: m, ref: ref}, nil
}

// Delete is part of [FileStore].
func (m *FileMemory) Delete(ref FileRef) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.options.ReadOnly {
		return fs.ErrPermission
	}
	if _, ok := m.files[ref]; !ok {
		return fs.ErrNotExist
	}
	delete(m.files, ref)
	return nil
}

// Files returns the files that there are, in order.
func (m *FileMemory) Files() []FileRef {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.SortedFunc(maps.Keys(m.files), compareRefs)
}

// memoryWriter is a file that is being written.
type memoryWriter struct {
	store *FileMemory
	ref   FileRef
	data  []byte
}

func (w *memoryWriter) Write(section []byte) (int, error) {
	if len(w.data)+len(section) > int(w.store.options.MaxLength) {
		return 0, ErrFileSpace
	}
	w.data = append(w.data, section...)
	return len(section), nil
}

// Truncate is part of [RevocableWriter].
func (w *memoryWriter) Truncate(length uint32) error {
	w.data = w.data[:length]
	return nil
}

func (w *memoryWriter) Commit() error {
	created := asdu.RawTime(asdu.TimeCP56, 0).WithInvalid(true)
	if w.store.options.Time != nil {
		created = w.store.options.Time()
	}
	return w.store.Put(w.ref, w.data, created)
}

func (w *memoryWriter) Close() error {
	w.store.mu.Lock()
	defer w.store.mu.Unlock()
	w.store.begun--
	return nil
}
