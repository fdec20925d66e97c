package iec104_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"testing"
	"testing/synctest"
	"time"

	"stellwerk/iec104"
	"stellwerk/iec104/asdu"
)

// slowStore has files on a disk that takes its time.
type slowStore struct {
	*iec104.FileMemory
	delay time.Duration
}

func (s slowStore) Open(ref iec104.FileRef) (io.ReadCloser, uint32, error) {
	file, length, err := s.FileMemory.Open(ref)
	return slowFile{ReadCloser: file, delay: s.delay}, length, err
}

func (s slowStore) Create(ref iec104.FileRef, length uint32) (iec104.FileWriter, error) {
	file, err := s.FileMemory.Create(ref, length)
	return slowFile{FileWriter: file, delay: s.delay}, err
}

type slowFile struct {
	io.ReadCloser
	iec104.FileWriter
	delay time.Duration
}

func (f slowFile) Read(p []byte) (int, error) {
	time.Sleep(f.delay)
	return f.ReadCloser.Read(p)
}

func (f slowFile) Write(p []byte) (int, error) {
	time.Sleep(f.delay)
	return f.FileWriter.Write(p)
}

func (f slowFile) Close() error {
	if f.ReadCloser != nil {
		return f.ReadCloser.Close()
	}
	return f.FileWriter.Close()
}

// TestSlowDisk: a disk that takes longer than the control centre may be silent,
// and than t1, breaks off no transfer, and holds up nothing else on the
// connection.
func TestSlowDisk(t *testing.T) {
	for _, writing := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			content := octets(40_000)
			store := slowStore{memory(t, content), time.Minute}
			server := newServer(t, archive{&plant{points: 2}, store}, nil)
			l := fileLine(t, server, nil)
			options := &iec104.FileOptions{Timeout: 2 * time.Minute}
			done := make(chan error, 1)
			var got bytes.Buffer
			go func() {
				if writing {
					done <- l.WriteFile(t.Context(), 1, iec104.FileRef{Address: 2, Name: 1}, bytes.NewReader(content), int64(len(content)), options)
					return
				}
				_, err := l.ReadFile(t.Context(), 1, fileRef, &got, options)
				done <- err
			}()
			for range 4 {
				time.Sleep(20 * time.Second)
				begin := time.Now()
				if err := l.Interrogate(t.Context(), 1, asdu.InterrogateStation); err != nil || time.Since(begin) > time.Second {
					t.Errorf("an interrogation takes %v; %v", time.Since(begin), err)
				}
			}
			if err := <-done; err != nil {
				t.Fatal(err)
			}
			data := got.Bytes()
			if writing {
				data, _ = store.Get(iec104.FileRef{Address: 2, Name: 1})
			}
			if !bytes.Equal(data, content) {
				t.Errorf("%d octets of %d, or others", len(data), len(content))
			}
		})
	}
}

// TestSelectedWhileLoading: a file that is selected, or offered, again while the
// disk is at it begins from the beginning as soon as the disk lets go.
func TestSelectedWhileLoading(t *testing.T) {
	for _, writing := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			content := octets(40_000)
			store := slowStore{memory(t, content), 10 * time.Second}
			l := fileLine(t, newServer(t, archive{&plant{}, store}, nil), nil)
			transfer := func(ctx context.Context) error {
				if writing {
					return l.WriteFile(ctx, 1, fileRef, bytes.NewReader(content), int64(len(content)), nil)
				}
				var got bytes.Buffer
				_, err := l.ReadFile(ctx, 1, fileRef, &got, nil)
				if err == nil && !bytes.Equal(got.Bytes(), content) {
					t.Error("other octets")
				}
				return err
			}
			ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second) // in the midst of the first section
			defer cancel()
			if err := transfer(ctx); !errors.Is(err, context.DeadlineExceeded) {
				t.Fatal(err)
			}
			begin := time.Now()
			if err := transfer(t.Context()); err != nil || time.Since(begin) < 30*time.Second {
				t.Errorf("after %v: %v", time.Since(begin), err)
			}
		})
	}
}

// TestWriteIsNotResumed: going on with writing is refused before anything is
// sent, and after a break writing begins at the beginning, at once.
func TestWriteIsNotResumed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		content := octets(100_000)
		store := memory(t, nil)
		server := newServer(t, archive{&plant{}, store}, nil)
		l := fileLine(t, server, nil)
		broken := &iec104.FileOptions{Progress: func(p iec104.FileProgress) {
			if p.Section == 3 {
				_ = l.near.Close()
			}
		}}
		if err := l.WriteFile(t.Context(), 1, fileRef, bytes.NewReader(content), int64(len(content)), broken); err == nil {
			t.Fatal("not broken")
		}
		synctest.Wait()
		if _, ok := store.Get(fileRef); ok {
			t.Error("a part of the file is there")
		}
		l = fileLine(t, server, nil)
		options := &iec104.FileOptions{Resume: iec104.FilePosition{Section: 3, Offset: 3 << 14}}
		var fault *iec104.FileError
		if err := l.WriteFile(t.Context(), 1, fileRef, bytes.NewReader(content), int64(len(content)), options); !errors.As(err, &fault) {
			t.Error(err)
		}
		if sent := l.Status().Counters.IFramesSent; sent != 0 {
			t.Errorf("%d I frames sent", sent)
		}
		if err := l.WriteFile(t.Context(), 1, fileRef, bytes.NewReader(content), int64(len(content)), nil); err != nil {
			t.Fatal(err)
		}
		if got, _ := store.Get(fileRef); !bytes.Equal(got, content) {
			t.Error("other octets")
		}
	})
}

// TestAnnouncementsPushOutNothing: announcements of files have a bound of their
// own.
func TestAnnouncementsPushOutNothing(t *testing.T) {
	server := newServer(t, archive{&plant{}, memory(t, []byte("x"))}, &iec104.ServerOptions{
		Groups: []iec104.RedundancyGroup{{Name: "all", Events: iec104.EventLimits{Events: 2, Directories: 3}}},
	})
	if err := server.Send(single(1, asdu.Spontaneous)); err != nil {
		t.Fatal(err)
	}
	for range 10 {
		if err := server.AnnounceFiles(1); err != nil {
			t.Fatal(err)
		}
	}
	buffer, _ := server.Queue("all").(*iec104.EventBuffer)
	if a, ok := buffer.Next(); !ok || a.Type != asdu.M_SP_NA_1 || buffer.LostOf(iec104.Events) != 0 || buffer.LostOf(iec104.Directories) != 7 || buffer.Len() != 4 {
		t.Errorf("%s first, %d events and %d directories lost, %d left", a.TypeName(), buffer.LostOf(iec104.Events), buffer.LostOf(iec104.Directories), buffer.Len())
	}
}
