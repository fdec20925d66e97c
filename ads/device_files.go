package ads

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"strings"
	"sync"

	"stellwerk/ads/ams"
	"stellwerk/ads/command"
)

// Flags of opening a file.
const (
	fileRead      = 0x01
	fileWrite     = 0x02
	fileAppend    = 0x04
	filePlus      = 0x08 // the other direction too
	fileEnsureDir = 0x40
)

const (
	// filesPerConn is how many files and listings a connection may have open.
	filesPerConn = 16
	// fileChunk is how much is read at once.
	fileChunk = 4 << 20
	// fileListed is how many entries of a folder are listed.
	fileListed = 1 << 16
	// fileFound is the length of an entry of a listing.
	fileFound = 4 + 4 + 40 + 260 + 14 + 2
)

// deviceFiles are the files of a system service, and what clients have open.
type deviceFiles struct {
	root     *os.Root
	writable bool
	most     int

	mu   sync.Mutex
	open map[uint32]*deviceFile // guarded by mu
	last uint32                 // guarded by mu
}

// deviceFile is an open file, or a listing that goes on.
type deviceFile struct {
	owner *ServerConn
	mu    sync.Mutex    // of what a file does
	file  *os.File      // nil of a listing
	names []fs.FileInfo // left of a listing
}

// register gives the index groups of files to a device.
func (f *deviceFiles) register(d *Device) {
	d.HandleGroup(command.GroupFileOpen, DeviceGroup{ReadWrite: f.openFile})
	d.HandleGroup(command.GroupFileClose, DeviceGroup{
		Write: func(_ context.Context, r *Request, handle uint32, _ []byte) ams.ReturnCode {
			return f.closeFile(r, handle)
		},
		ReadWrite: func(_ context.Context, r *Request, handle, _ uint32, _, dst []byte) ([]byte, ams.ReturnCode) {
			return dst, f.closeFile(r, handle)
		},
	})
	d.HandleGroup(command.GroupFileRead, DeviceGroup{
		Read: f.readFile,
		ReadWrite: func(ctx context.Context, r *Request, handle, length uint32, _, dst []byte) ([]byte, ams.ReturnCode) {
			return f.readFile(ctx, r, handle, length, dst)
		},
	})
	d.HandleGroup(command.GroupFileWrite, DeviceGroup{
		Write: f.writeFile,
		ReadWrite: func(ctx context.Context, r *Request, handle, length uint32, data, dst []byte) ([]byte, ams.ReturnCode) {
			code := f.writeFile(ctx, r, handle, data)
			if code == ams.NoError && length >= 4 {
				dst = binary.LittleEndian.AppendUint32(dst, uint32(len(data)))
			}
			return dst, code
		},
	})
	d.HandleGroup(command.GroupFileDelete, DeviceGroup{
		Write: func(_ context.Context, _ *Request, _ uint32, name []byte) ams.ReturnCode { return f.deleteFile(name) },
		ReadWrite: func(_ context.Context, _ *Request, _, _ uint32, name, dst []byte) ([]byte, ams.ReturnCode) {
			return dst, f.deleteFile(name)
		},
	})
	d.HandleGroup(command.GroupFileFind, DeviceGroup{ReadWrite: f.findFile})
}

// filePath returns a path within the root, "." for the root itself, and reports
// false where the path is too long: a part of it would be another one.
func filePath(name []byte) (string, bool) {
	name, _, _ = bytes.Cut(name, []byte{0})
	if len(name) > deviceMaxName {
		return "", false
	}
	text := strings.ReplaceAll(string(name), `\`, "/")
	if len(text) >= 2 && text[1] == ':' {
		text = text[2:]
	}
	text = strings.TrimPrefix(path.Clean("/"+text), "/")
	if text == "" {
		return ".", true
	}
	return text, true
}

// fileCode is what a client is told of an error of the file system.
func fileCode(err error) ams.ReturnCode {
	switch {
	case err == nil:
		return ams.NoError
	case errors.Is(err, fs.ErrNotExist):
		return ams.NotFound
	case errors.Is(err, fs.ErrExist):
		return ams.Exists
	case errors.Is(err, fs.ErrPermission):
		return ams.DeviceAccessDenied
	case errors.Is(err, fs.ErrInvalid):
		return ams.InvalidParameter
	default:
		return ams.DeviceError
	}
}

// keep gives a handle to an open file.
func (f *deviceFiles) keep(file *deviceFile) (uint32, ams.ReturnCode) {
	f.mu.Lock()
	defer f.mu.Unlock()
	own := 0
	for _, other := range f.open {
		if other.owner == file.owner {
			own++
		}
	}
	if len(f.open) >= f.most || own >= filesPerConn {
		return 0, ams.NoMoreHandles
	}
	if f.open == nil {
		f.open = make(map[uint32]*deviceFile)
	}
	for f.last++; f.last == 0 || f.open[f.last] != nil; f.last++ {
	}
	f.open[f.last] = file
	return f.last, ams.NoError
}

// get returns what a connection has open.
func (f *deviceFiles) get(r *Request, handle uint32) *deviceFile {
	f.mu.Lock()
	defer f.mu.Unlock()
	if file := f.open[handle]; r != nil && file != nil && file.owner == r.conn {
		return file
	}
	return nil
}

// forget takes a handle back.
func (f *deviceFiles) forget(handle uint32) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.open, handle)
}

// leave closes all that a connection has open.
func (f *deviceFiles) leave(conn *ServerConn) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for handle, file := range f.open {
		if file.owner == conn {
			delete(f.open, handle)
			if file.file != nil {
				_ = file.file.Close() // its client is gone
			}
		}
	}
}

func (f *deviceFiles) openFile(_ context.Context, r *Request, flags, length uint32, name, dst []byte) ([]byte, ams.ReturnCode) {
	if f.root == nil {
		return dst, ams.ServiceNotSupported
	}
	if length < 4 {
		return dst, ams.InvalidSize
	}
	mode, direction := os.O_RDONLY, flags&(fileRead|fileWrite|fileAppend)
	switch direction {
	case fileRead:
	case fileWrite:
		mode = os.O_WRONLY | os.O_CREATE | os.O_TRUNC
	case fileAppend:
		mode = os.O_WRONLY | os.O_CREATE | os.O_APPEND
	default:
		return dst, ams.InvalidParameter
	}
	if flags&filePlus != 0 {
		mode = mode&^(os.O_RDONLY|os.O_WRONLY) | os.O_RDWR
	}
	if mode != os.O_RDONLY && !f.writable {
		return dst, ams.InvalidAccess
	}
	within, ok := filePath(name)
	if !ok {
		return dst, ams.InvalidParameter
	}
	if info, err := f.root.Stat(within); err == nil && !info.Mode().IsRegular() {
		return dst, ams.InvalidParameter // opening a pipe would wait for its other end
	}
	if dir := path.Dir(within); flags&fileEnsureDir != 0 && direction != fileRead && dir != "." {
		if err := f.root.MkdirAll(dir, 0o755); err != nil {
			return dst, fileCode(err)
		}
	}
	file, err := f.root.OpenFile(within, mode, 0o644)
	if err != nil {
		return dst, fileCode(err)
	}
	info, err := file.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = fs.ErrInvalid // a folder, or what would wait
	}
	code := fileCode(err)
	var handle uint32
	if code == ams.NoError {
		handle, code = f.keep(&deviceFile{owner: r.conn, file: file})
	}
	if code != ams.NoError {
		_ = file.Close() // it was not used
		return dst, code
	}
	return binary.LittleEndian.AppendUint32(dst, handle), ams.NoError
}

func (f *deviceFiles) closeFile(r *Request, handle uint32) ams.ReturnCode {
	file := f.get(r, handle)
	if file == nil {
		return ams.NotFound
	}
	f.forget(handle)
	if file.file == nil {
		return ams.NoError
	}
	return fileCode(file.file.Close())
}

func (f *deviceFiles) readFile(_ context.Context, r *Request, handle, length uint32, dst []byte) ([]byte, ams.ReturnCode) {
	file := f.get(r, handle)
	if file == nil || file.file == nil {
		return dst, ams.NotFound
	}
	file.mu.Lock()
	defer file.mu.Unlock()
	octets, err := io.ReadAll(io.LimitReader(file.file, int64(min(length, fileChunk))))
	return append(dst, octets...), fileCode(err)
}

func (f *deviceFiles) writeFile(_ context.Context, r *Request, handle uint32, data []byte) ams.ReturnCode {
	file := f.get(r, handle)
	if file == nil || file.file == nil {
		return ams.NotFound
	}
	file.mu.Lock()
	defer file.mu.Unlock()
	_, err := file.file.Write(data)
	return fileCode(err)
}

func (f *deviceFiles) deleteFile(name []byte) ams.ReturnCode {
	switch {
	case f.root == nil:
		return ams.ServiceNotSupported
	case !f.writable:
		return ams.InvalidAccess
	}
	within, ok := filePath(name)
	if !ok || within == "." {
		return ams.InvalidParameter
	}
	return fileCode(f.root.Remove(within))
}

// findFile begins a listing with a pattern such as C:\Folder\*.txt, or goes on
// with its handle. Each answer is one entry, the end is 0x70C.
func (f *deviceFiles) findFile(_ context.Context, r *Request, offset, length uint32, pattern, dst []byte) ([]byte, ams.ReturnCode) {
	if f.root == nil {
		return dst, ams.ServiceNotSupported
	}
	if length < fileFound {
		return dst, ams.InvalidSize
	}
	handle := offset
	if len(pattern) > 0 {
		within, ok := filePath(pattern)
		if !ok {
			return dst, ams.InvalidParameter
		}
		names, err := f.list(within)
		if err != nil {
			return dst, fileCode(err)
		}
		if len(names) == 0 {
			return dst, ams.NotFound
		}
		var code ams.ReturnCode
		if handle, code = f.keep(&deviceFile{owner: r.conn, names: names}); code != ams.NoError {
			return dst, code
		}
	}
	file := f.get(r, handle)
	if file == nil || file.file != nil {
		return dst, ams.NotFound
	}
	file.mu.Lock()
	defer file.mu.Unlock()
	if len(file.names) == 0 {
		f.forget(handle)
		return dst, ams.NotFound
	}
	info := file.names[0]
	file.names = file.names[1:]
	return appendFound(dst, handle, info), ams.NoError
}

// list returns what matches a path whose last element may be a pattern.
func (f *deviceFiles) list(within string) ([]fs.FileInfo, error) {
	folder, pattern := path.Split(within)
	folder = path.Clean(folder)
	if pattern == "*.*" || pattern == "." {
		pattern = "*" // as in Windows, names without a dot too
	}
	if _, err := path.Match(pattern, ""); err != nil {
		return nil, fs.ErrInvalid
	}
	dir, err := f.root.Open(folder)
	if err != nil {
		return nil, err
	}
	defer func() { _ = dir.Close() }() // it was only read
	all, err := dir.Readdir(fileListed)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	var found []fs.FileInfo
	for _, info := range all {
		ok, _ := path.Match(strings.ToUpper(pattern), strings.ToUpper(info.Name())) // the pattern is one
		if ok && len(info.Name()) < 260 {
			found = append(found, info)
		}
	}
	return found, nil
}

// appendFound appends an entry, whose middle is laid out as WIN32_FIND_DATA.
func appendFound(dst []byte, handle uint32, info fs.FileInfo) []byte {
	const directory, normal = 0x10, 0x80
	entry := make([]byte, fileFound)
	putUint32(entry, handle)
	putUint32(entry[4:], normal)
	if info.IsDir() {
		putUint32(entry[4:], directory)
	}
	stamp := uint64(command.FileTimeOf(info.ModTime()))
	for i := range 3 { // created, read, written
		binary.LittleEndian.PutUint64(entry[8+8*i:], stamp)
	}
	putUint32(entry[32:], uint32(uint64(info.Size())>>32))
	putUint32(entry[36:], uint32(info.Size()))
	copy(entry[48:48+259], info.Name())
	return append(dst, entry...)
}
