package iec104_test

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"stellwerk/iec104"
	"stellwerk/iec104/asdu"
)

// folder returns a store over a folder with a file 30000.1 of three octets and
// one with a name of its own, 7.2, and things that are none of its files.
func folder(t *testing.T, options iec104.FileFolderOptions) (*iec104.FileFolder, string) {
	t.Helper()
	path := t.TempDir()
	outside := filepath.Join(t.TempDir(), "secret")
	for name, data := range map[string]string{
		filepath.Join(path, "30000.1"): "abc", filepath.Join(path, "faults", "0815.cfg"): "fault", outside: "secret",
		filepath.Join(path, "notes.txt"): "x", filepath.Join(path, "007.1"): "x", filepath.Join(path, "70000000.1"): "x",
		filepath.Join(path, "9.1.part"): "x",
	} {
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(data), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(name, time.Time{}, time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(outside, filepath.Join(path, "666.1")); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(path, "5.1"), 0o700); err != nil {
		t.Fatal(err)
	}
	options.Names = map[iec104.FileRef]string{
		{Address: 7, Name: 2}: "faults/0815.cfg", {Address: 8, Name: 1}: "../secret", {Address: 9, Name: 9}: outside, {Address: 10}: "gone",
	}
	store, err := iec104.NewFileFolder(path, &options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	return store, path
}

func TestFileFolder(t *testing.T) {
	store, path := folder(t, iec104.FileFolderOptions{Writable: true, MaxLength: 5, MaxFiles: 3})
	want := []asdu.DirectoryEntry{
		{Address: 7, File: 2, Length: 5, Time: fileTime},
		{Address: 30000, File: 1, Length: 3, Time: fileTime},
	}
	got, err := store.Directory(iec104.FileRef{})
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Error(diff, err)
	}
	if _, err := os.Stat(filepath.Join(path, "9.1.part")); !errors.Is(err, fs.ErrNotExist) {
		t.Error("a part of a file was left: ", err)
	}
	if _, err := store.Directory(iec104.FileRef{Address: 1}); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
	for _, ref := range []iec104.FileRef{{Address: 666, Name: 1}, {Address: 8, Name: 1}, {Address: 9, Name: 9}, {Address: 5, Name: 1}, {Address: 10}, {}} {
		if _, _, err := store.Open(ref); err == nil {
			t.Errorf("%s could be opened", ref)
		}
		if err := store.Delete(ref); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s deleted: %v", ref, err)
		}
	}
	file, length, err := store.Open(iec104.FileRef{Address: 7, Name: 2})
	if err != nil || length != 5 {
		t.Fatal(length, err)
	}
	if data, err := io.ReadAll(file); string(data) != "fault" || err != nil {
		t.Error(data, err)
	}
	if err := file.Close(); err != nil {
		t.Error(err)
	}

	write := func(ref iec104.FileRef, data string, commit bool) error {
		w, err := store.Create(ref, uint32(len(data)))
		if err != nil {
			return err
		}
		_, err = w.Write([]byte(data))
		if err == nil && commit {
			err = w.Commit()
		}
		return errors.Join(err, w.Close())
	}
	added := iec104.FileRef{Address: 1, Name: 1}
	if err := write(added, "new", false); err != nil {
		t.Error(err)
	}
	if _, _, err := store.Open(added); err == nil {
		t.Error("what was not committed is there")
	}
	for _, ref := range []iec104.FileRef{added, {Address: 7, Name: 2}} { // a new one, and one in a folder of its own
		if err := write(ref, "new", true); err != nil {
			t.Error(err)
		}
	}
	if data, err := os.ReadFile(filepath.Join(path, "faults", "0815.cfg")); string(data) != "new" || err != nil {
		t.Error(data, err)
	}
	if err := write(iec104.FileRef{Address: 2}, "", true); !errors.Is(err, iec104.ErrFileSpace) {
		t.Error("one file too many: ", err)
	}
	if err := write(added, "123456", true); !errors.Is(err, iec104.ErrFileSpace) {
		t.Error("too long: ", err)
	}
	w, err := store.Create(added, 0) // a length that is not told
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(make([]byte, 6)); !errors.Is(err, iec104.ErrFileSpace) {
		t.Error(err)
	}
	if err := w.Close(); err != nil {
		t.Error(err)
	}
	if err := write(iec104.FileRef{Address: 8, Name: 1}, "x", true); err == nil {
		t.Error("written outside")
	}
	if err := store.Delete(added); err != nil {
		t.Error(err)
	}
	left, err := filepath.Glob(filepath.Join(path, "*.part"))
	if len(left) > 0 || err != nil {
		t.Error(left, err)
	}
}

func TestFileFolderReadOnly(t *testing.T) {
	store, _ := folder(t, iec104.FileFolderOptions{})
	if _, err := store.Create(fileRef, 1); !errors.Is(err, fs.ErrPermission) {
		t.Error(err)
	}
	if err := store.Delete(fileRef); !errors.Is(err, fs.ErrPermission) {
		t.Error(err)
	}
	if _, err := iec104.NewFileFolder(filepath.Join(t.TempDir(), "none"), nil); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
}

func TestFileMemory(t *testing.T) {
	store := iec104.NewFileMemory(&iec104.FileMemoryOptions{MaxLength: 3, MaxFiles: 1, Time: func() asdu.Time { return fileTime }})
	if err := store.Put(fileRef, make([]byte, asdu.MaxFileLength+1), fileTime); !errors.Is(err, iec104.ErrFileSpace) {
		t.Error(err)
	}
	if err := store.Put(fileRef, nil, 0); err == nil {
		t.Error("a file without time")
	}
	w, err := store.Create(fileRef, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := store.Create(iec104.FileRef{}, 0); !errors.Is(err, iec104.ErrFileSpace) {
		t.Error("two at once: ", err)
	}
	if _, err := w.Write(make([]byte, 4)); !errors.Is(err, iec104.ErrFileSpace) {
		t.Error(err)
	}
	if _, err := w.Write([]byte("abc")); err != nil {
		t.Error(err)
	}
	if err := errors.Join(w.Commit(), w.Close()); err != nil {
		t.Error(err)
	}
	if files := store.Files(); len(files) != 1 || files[0] != fileRef {
		t.Error(files)
	}
	readOnly := iec104.NewFileMemory(&iec104.FileMemoryOptions{ReadOnly: true})
	if _, err := readOnly.Create(fileRef, 0); !errors.Is(err, fs.ErrPermission) {
		t.Error(err)
	}
	if err := readOnly.Delete(fileRef); !errors.Is(err, fs.ErrPermission) {
		t.Error(err)
	}
}

// TestFileFolderOverLine writes and reads through a server with a folder.
func TestFileFolderOverLine(t *testing.T) {
	store, path := folder(t, iec104.FileFolderOptions{Writable: true})
	synctest.Test(t, func(t *testing.T) {
		l := fileLine(t, newServer(t, archive{&plant{}, store}, nil), nil)
		want := octets(70_000)
		if err := l.WriteFile(t.Context(), 1, fileRef, bytes.NewReader(want), 70_000, nil); err != nil {
			t.Fatal(err)
		}
		if data, err := os.ReadFile(filepath.Join(path, "30000.1")); !bytes.Equal(data, want) || err != nil {
			t.Error(len(data), err)
		}
		var got bytes.Buffer
		if _, err := l.ReadFile(t.Context(), 1, fileRef, &got, nil); err != nil || !bytes.Equal(got.Bytes(), want) {
			t.Error(got.Len(), err)
		}
		if err := l.DeleteFile(t.Context(), 1, fileRef); err != nil {
			t.Error(err)
		}
	})
}

// TestAnnounceFiles has a directory announced to all connections, and errors
// where there is none.
func TestAnnounceFiles(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := newServer(t, archive{&plant{}, memory(t, []byte{1})}, nil)
		r, _ := rawClient(t, server)
		if err := server.AnnounceFiles(1); err != nil {
			t.Fatal(err)
		}
		r.want("7e 01 03 00 0100 307500 0100 010000 20 0000000ce1031a")
		for _, station := range []iec104.Station{archive{&plant{}, nil}, &plant{}} {
			if err := newServer(t, station, nil).AnnounceFiles(1); err == nil {
				t.Errorf("%T has announced", station)
			}
		}
	})
}
