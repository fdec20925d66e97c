package iec104_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"stellwerk/iec104"
	"stellwerk/iec104/apci"
	"stellwerk/iec104/asdu"
)

// archive is a station with files.
type archive struct {
	*plant
	store iec104.FileStore
}

func (a archive) FileStore(asdu.CommonAddress) iec104.FileStore { return a.store }

var (
	fileRef  = iec104.FileRef{Address: 30000, Name: 1}
	fileTime = asdu.CP56(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC))
)

// octets returns as many octets, which are always the same.
func octets(n int) []byte {
	data := make([]byte, n)
	source := rand.NewChaCha8([32]byte{byte(n), byte(n >> 8), byte(n >> 16)})
	_, _ = source.Read(data)
	return data
}

func memory(t *testing.T, data []byte) *iec104.FileMemory {
	t.Helper()
	store := iec104.NewFileMemory(&iec104.FileMemoryOptions{MaxLength: asdu.MaxFileLength})
	if data != nil {
		if err := store.Put(fileRef, data, fileTime); err != nil {
			t.Fatal(err)
		}
	}
	return store
}

// line is a client and a server with files.
type line struct {
	*iec104.Client
	server  *iec104.Server
	session *iec104.Session
	near    net.Conn
}

func fileLine(t *testing.T, server *iec104.Server, options *iec104.ClientOptions) *line {
	t.Helper()
	near, far := net.Pipe()
	session, err := server.ServeConn(far)
	if err != nil {
		t.Fatal(err)
	}
	client, err := iec104.NewClient(near, options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	if err := client.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	return &line{client, server, session, near}
}

// fileSizes are those at which something changes: nothing, segments of 236
// octets, sections of 16 KiB, more than 255 of them, and the most there can be.
var fileSizes = []int{
	0, 1, 235, 236, 237, 472, 16<<10 - 1, 16 << 10, 16<<10 + 1, 3 * 16 << 10,
	255 * 16 << 10, 255*16<<10 + 1, 1 << 20, asdu.MaxFileLength,
}

func TestFileSizes(t *testing.T) {
	for _, size := range fileSizes {
		if testing.Short() && size > 1<<20 {
			continue
		}
		t.Run(fmt.Sprint(size), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				want := octets(size)
				store := memory(t, want)
				l := fileLine(t, newServer(t, archive{&plant{}, store}, nil), nil)
				var got bytes.Buffer
				position, err := l.ReadFile(t.Context(), 1, fileRef, &got, nil)
				if err != nil {
					t.Fatal("read: ", err)
				}
				if !bytes.Equal(got.Bytes(), want) || position.Offset != uint32(size) {
					t.Errorf("read %d octets, position %+v", got.Len(), position)
				}
				ref := iec104.FileRef{Address: 7, Name: 2}
				if err := l.WriteFile(t.Context(), 1, ref, bytes.NewReader(want), int64(size), nil); err != nil {
					t.Fatal("write: ", err)
				}
				if written, ok := store.Get(ref); !ok || !bytes.Equal(written, want) {
					t.Errorf("%d octets are in the store, %v", len(written), ok)
				}
			})
		})
	}
}

// TestFileOctets has a conversation with a station octet by octet.
func TestFileOctets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := memory(t, []byte{1, 2, 250})
		r, _ := rawClient(t, newServer(t, archive{&plant{}, store}, nil))
		const names = "307500 0100" // object address 30000, NOF 1
		r.request("7a 01 05 09 0100 000000 0000 00 00")
		r.want("7e 01 05 09 0100 " + names + " 030000 20 0000000ce1031a" /* SOF: last, CP56Time2a */)
		r.request("7a 01 0d 09 0100 " + names + " 00 01")
		r.want("78 01 0d 09 0100 " + names + " 030000 00")
		r.request("7a 01 05 09 0100 000000 0000 00 00")
		r.want("7e 01 05 09 0100 " + names + " 030000 a0 0000000ce1031a" /* SOF: last, active */)
		r.request("7a 01 0d 09 0100 " + names + " 00 02")
		r.want("79 01 0d 09 0100 " + names + " 01 030000 00")
		r.request("7a 01 0d 09 0100 " + names + " 01 06")
		r.want("7d 01 0d 09 0100 "+names+" 01 03 0102fa", "7b 01 0d 09 0100 "+names+" 01 03 fd")
		r.request("7c 01 0d 09 0100 " + names + " 01 24") // checksum wrong: again
		r.want("79 01 0d 09 0100 " + names + " 01 030000 00")
		r.request("7a 01 0d 09 0100 " + names + " 01 06")
		r.want("7d 01 0d 09 0100 "+names+" 01 03 0102fa", "7b 01 0d 09 0100 "+names+" 01 03 fd")
		r.request("7c 01 0d 09 0100 " + names + " 01 03")
		r.want("7b 01 0d 09 0100 " + names + " 01 01 fd")
		r.request("7c 01 0d 09 0100 " + names + " 01 01")
		r.want("nothing")
		r.request("7a 01 0d 00 0100 " + names + " 00 04") // delete; the directory is announced
		r.want("78 01 0d 00 0100 "+names+" 000000 00", "7e 01 03 00 0100 000000 0000 000000 60 00008000000000")
		// Write one.
		r.request("78 01 0d 00 0100 070000 0200 030000 00")
		r.want("7a 01 0d 00 0100 070000 0200 00 02")
		r.request("79 01 0d 00 0100 070000 0200 01 030000 00")
		r.want("7a 01 0d 00 0100 070000 0200 01 06")
		r.request("7d 01 0d 00 0100 070000 0200 01 02 0708")
		r.request("7d 01 0d 00 0100 070000 0200 01 01 09")
		r.request("7b 01 0d 00 0100 070000 0200 01 03 18")
		r.want("7c 01 0d 00 0100 070000 0200 01 03")
		r.request("7b 01 0d 00 0100 070000 0200 01 01 18")
		r.want("7c 01 0d 00 0100 070000 0200 01 01", "7e 01 03 00 0100 070000 0200 030000 20 00008000000000")
		if data, _ := store.Get(iec104.FileRef{Address: 7, Name: 2}); !bytes.Equal(data, []byte{7, 8, 9}) {
			t.Errorf("written: % x", data)
		}
	})
}

// TestFileRefusals has what a station does not carry out: each request on a
// connection of its own.
func TestFileRefusals(t *testing.T) {
	station := func() iec104.Station {
		store := iec104.NewFileMemory(&iec104.FileMemoryOptions{MaxLength: 3, MaxFiles: 1})
		_ = store.Put(fileRef, []byte{1}, fileTime)
		return archive{&plant{}, store}
	}
	const names, other = "307500 0100", "307500 0200"
	exchanges(t, station, nil, []exchange{
		{"select of no file", "7a 01 0d 00 0100 " + other + " 00 01", []string{"78 01 0d 00 0100 " + other + " 000000 80"}},
		{"delete of no file", "7a 01 0d 00 0100 " + other + " 00 04", []string{"78 01 0d 00 0100 " + other + " 000000 80"}},
		{"call without select", "7a 01 0d 05 0100 " + names + " 00 02", []string{"7a 01 0d 05 0100 " + names + " 00 32"}},
		{"call of a section without select", "7a 01 0d 00 0100 " + names + " 01 06", []string{"7a 01 0d 00 0100 " + names + " 01 36"}},
		{"deactivation of nothing", "7a 01 0d 00 0100 " + names + " 00 03", []string{"78 01 0d 00 0100 " + names + " 000000 80"}},
		{"a complaint about nothing", "7a 01 0d 00 0100 " + names + " 01 36", nil},
		{"unknown directory", "7a 01 05 00 0100 010000 0500 00 00", []string{"7a 01 05 00 0100 010000 0500 00 40"}},
		{"query of a store that is no archive", "7f 01 0d 00 0100 " + names + " 0000000ce1031a 0000000ce1031a", []string{"78 01 0d 00 0100 " + names + " 000000 80"}},
		{"section of nothing", "79 01 0d 00 0100 " + names + " 01 030000 00", []string{"7c 01 0d 00 0100 " + names + " 00 32"}},
		{"segment of nothing", "7d 01 0d 00 0100 " + names + " 01 01 00", nil},
		{"end of nothing", "7b 01 0d 00 0100 " + names + " 01 03 00", []string{"7c 01 0d 00 0100 " + names + " 00 32"}},
		{"acknowledgement of nothing", "7c 01 0d 00 0100 " + names + " 01 01", nil},
		{"too long", "78 01 0d 00 0100 " + names + " 040000 00", []string{"7a 01 0d 00 0100 " + names + " 00 13"}},
		{"too many", "78 01 0d 00 0100 " + other + " 010000 00", []string{"7a 01 0d 00 0100 " + other + " 00 13"}},
		{"unknown cause", "7a 01 06 00 0100 " + names + " 00 01", []string{"7a 01 6d 00 0100 " + names + " 00 01"}},
		{"unknown station", "7a 01 0d 00 0200 " + names + " 00 01", []string{"7a 01 6e 00 0200 " + names + " 00 01"}},
		{"all stations", "7a 01 0d 00 ffff " + names + " 00 01", []string{"7a 01 6e 00 ffff " + names + " 00 01"}},
		{"two calls", "7a 02 0d 00 0100 " + names + " 00 01 " + names + " 00 01", []string{"7a 02 6f 00 0100 " + names + " 00 01 " + names + " 00 01"}},
		{"directory in control direction", "7e 00 05 00 0100", []string{"7e 00 6c 00 0100"}},
		{"select with the test bit", "7a 01 8d 00 0100 " + names + " 00 01", []string{"7a 01 8d 00 0100 " + names + " 00 31"}},
		{"offer with the test bit", "78 01 8d 00 0100 " + names + " 010000 00", []string{"7c 01 8d 00 0100 " + names + " 00 32"}},
		{"directory with the test bit", "7a 01 85 00 0100 000000 0000 00 00", []string{"7e 01 85 00 0100 " + names + " 010000 20 0000000ce1031a"}},
	})
	exchanges(t, plants(1), nil, []exchange{
		{"a station without files", "7a 01 0d 00 0100 " + names + " 00 01", []string{"7a 01 6c 00 0100 " + names + " 00 01"}},
	})
}

// TestFileBelongsToConnection has a second connection that wants what the first
// has selected.
func TestFileBelongsToConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := newServer(t, archive{&plant{}, memory(t, octets(10))}, nil)
		first, session := rawClient(t, server)
		second, _ := rawClient(t, server)
		const names = "307500 0100"
		first.request("7a 01 0d 00 0100 " + names + " 00 01")
		first.want("78 01 0d 00 0100 " + names + " 0a0000 00")
		for _, e := range []struct{ request, answer string }{
			{"7a 01 0d 00 0100 " + names + " 00 01", "78 01 0d 00 0100 " + names + " 000000 80"},              // select
			{"7a 01 0d 00 0100 " + names + " 00 02", "7a 01 0d 00 0100 " + names + " 00 32"},                  // call
			{"7a 01 0d 00 0100 " + names + " 00 04", "78 01 0d 00 0100 " + names + " 000000 80"},              // delete
			{"78 01 0d 00 0100 " + names + " 010000 00", "7a 01 0d 00 0100 " + names + " 00 33"},              // write
			{"7a 01 0d 00 0100 " + names + " 00 03", "78 01 0d 00 0100 " + names + " 000000 80"},              // deactivate
			{"7a 01 0d 00 0100 307500 0900 00 01", "78 01 0d 00 0100 307500 0900 000000 80"},                  // another file, which is not there
			{"7a 01 05 00 0100 000000 0000 00 00", "7e 01 05 00 0100 " + names + " 0a0000 a0 0000000ce1031a"}, // active
		} {
			second.request(e.request)
			second.want(e.answer)
		}
		first.request("7a 01 0d 00 0100 " + names + " 00 04") // not even by itself
		first.want("78 01 0d 00 0100 " + names + " 000000 80")
		first.request("7a 01 0d 00 0100 " + names + " 00 01") // again, from the beginning
		first.want("78 01 0d 00 0100 " + names + " 0a0000 00")
		_ = session.Close()
		second.request("7a 01 0d 00 0100 " + names + " 00 01")
		second.want("78 01 0d 00 0100 " + names + " 0a0000 00")
		second.write(apci.AppendS(nil, second.receive))
		begin, got := time.Now(), ""
		for !strings.HasPrefix(got, "7b") && time.Since(begin) < time.Minute { // nothing is called
			if got = second.next(); got == "TESTFR act" {
				second.write(apci.AppendU(nil, apci.TestFRCon))
			}
		}
		if after := time.Since(begin).Round(time.Second); got != "7b010d0001003075000100000200" || after != 30*time.Second {
			t.Errorf("%s after %v", got, after)
		}
		second.request("7a 01 0d 00 0100 " + names + " 00 04")
		second.want("78 01 0d 00 0100 " + names + " 000000 00")
	})
}

// TestFileProgress watches a transfer that shares the connection with events,
// commands and interrogations.
func TestFileProgress(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const size = 1 << 20
		server := newServer(t, archive{&plant{points: 100}, memory(t, octets(size))}, nil)
		var events, interrogated, segments atomic.Int64
		l := fileLine(t, server, &iec104.ClientOptions{Handler: func(a asdu.ASDU) error {
			switch {
			case a.Cause == asdu.Spontaneous:
				events.Add(1)
			case a.Type == asdu.M_SP_NA_1:
				interrogated.Add(1)
			case a.Type == asdu.F_SG_NA_1 && interrogated.Load() < 100:
				segments.Add(1)
			}
			return nil
		}})
		var seen []iec104.FileProgress
		var others sync.WaitGroup
		options := &iec104.FileOptions{Progress: func(p iec104.FileProgress) {
			seen = append(seen, p)
			if p.Section != 2 {
				return
			}
			for range 50 {
				_ = server.Send(single(1, asdu.Spontaneous))
			}
			others.Go(func() {
				if err := l.Interrogate(t.Context(), 1, asdu.InterrogateStation); err != nil {
					t.Error(err)
				}
			})
		}}
		if _, err := l.ReadFile(t.Context(), 1, fileRef, io.Discard, options); err != nil {
			t.Fatal(err)
		}
		others.Wait()
		if events.Load() != 50 || interrogated.Load() != 100 {
			t.Errorf("%d events and %d points came", events.Load(), interrogated.Load())
		}
		if n := segments.Load(); n > 400 {
			t.Errorf("%d segments came before the interrogation was answered", n)
		}
		if len(seen) != 64 || seen[0] != (iec104.FileProgress{Ref: fileRef, Section: 1, Octets: 16 << 10, Length: size}) || seen[63].Octets != size {
			t.Errorf("%d reports: %+v", len(seen), seen)
		}
	})
}

// TestFileWindow holds a station to k while it sends a file.
func TestFileWindow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, session := rawClient(t, newServer(t, archive{&plant{}, memory(t, octets(16<<10))}, nil))
		const names = "307500 0100"
		r.request("7a 01 0d 00 0100 " + names + " 00 01")
		r.next()
		r.request("7a 01 0d 00 0100 " + names + " 00 02")
		r.next()
		r.request("7a 01 0d 00 0100 " + names + " 01 06")
		for range 12 {
			if got := r.next(); !strings.HasPrefix(got, "7d") {
				t.Fatal(got)
			}
		}
		r.want("nothing")
		if s := session.Status(); s.Unacknowledged != 12 {
			t.Errorf("%d unacknowledged", s.Unacknowledged)
		}
	})
}

// brittle is a writer that fails, or a reader.
type brittle struct {
	left int
	err  error
}

func (b *brittle) Write(p []byte) (int, error) {
	if b.left -= len(p); b.left < 0 {
		return 0, b.err
	}
	return len(p), nil
}

func (b *brittle) Read(p []byte) (int, error) {
	if b.left -= len(p); b.left < 0 {
		return 0, b.err
	}
	return len(p), nil
}

// TestFileFailures has transfers that one side gives up. The next one succeeds.
func TestFileFailures(t *testing.T) {
	lost := errors.New("the disk is gone")
	for _, test := range []struct {
		name string
		do   func(t *testing.T, l *line) error
		want error
	}{
		{"writer", func(t *testing.T, l *line) error {
			_, err := l.ReadFile(t.Context(), 1, fileRef, &brittle{20000, lost}, nil)
			return err
		}, lost},
		{"reader", func(t *testing.T, l *line) error {
			return l.WriteFile(t.Context(), 1, fileRef, &brittle{20000, lost}, 100000, nil)
		}, lost},
		{"reader that ends early", func(t *testing.T, l *line) error {
			return l.WriteFile(t.Context(), 1, fileRef, bytes.NewReader(octets(20000)), 100000, nil)
		}, io.ErrUnexpectedEOF},
		{"read, context", func(t *testing.T, l *line) error {
			ctx, cancel := context.WithCancel(t.Context())
			_, err := l.ReadFile(ctx, 1, fileRef, io.Discard, &iec104.FileOptions{Progress: func(iec104.FileProgress) { cancel() }})
			return err
		}, context.Canceled},
		{"write, context", func(t *testing.T, l *line) error {
			ctx, cancel := context.WithCancel(t.Context())
			return l.WriteFile(ctx, 1, fileRef, bytes.NewReader(octets(100000)), 100000, &iec104.FileOptions{Progress: func(iec104.FileProgress) { cancel() }})
		}, context.Canceled},
		{"no such file", func(t *testing.T, l *line) error {
			_, err := l.ReadFile(t.Context(), 1, iec104.FileRef{Address: 5}, io.Discard, nil)
			return err
		}, iec104.ErrRefused},
		{"no such file to delete", func(t *testing.T, l *line) error {
			return l.DeleteFile(t.Context(), 1, iec104.FileRef{Address: 5})
		}, iec104.ErrRefused},
		{"no such directory", func(t *testing.T, l *line) error {
			_, err := l.Directory(t.Context(), 1, iec104.FileRef{Address: 5})
			return err
		}, iec104.ErrRefused},
		{"no such station", func(t *testing.T, l *line) error {
			_, err := l.ReadFile(t.Context(), 2, fileRef, io.Discard, nil)
			if e, ok := errors.AsType[*iec104.Error](err); !ok || e.Cause != asdu.UnknownCommonAddress || !e.Negative {
				t.Errorf("%#v", err)
			}
			return err
		}, iec104.ErrRefused},
		{"too long to read", func(t *testing.T, l *line) error {
			_, err := l.ReadFile(t.Context(), 1, fileRef, io.Discard, &iec104.FileOptions{MaxLength: 99999})
			return err
		}, iec104.ErrFileSpace},
		{"section too long", func(t *testing.T, l *line) error {
			_, err := l.ReadFile(t.Context(), 1, fileRef, io.Discard, &iec104.FileOptions{MaxSection: 10000})
			return err
		}, iec104.ErrFileSpace},
		{"too long to write", func(t *testing.T, l *line) error {
			return l.WriteFile(t.Context(), 1, fileRef, nil, asdu.MaxFileLength+1, nil)
		}, iec104.ErrFileSpace},
		{"delete while it is open", func(t *testing.T, l *line) error {
			other := fileLine(t, l.server, nil)
			var err error
			_, _ = l.ReadFile(t.Context(), 1, fileRef, io.Discard, &iec104.FileOptions{Progress: func(p iec104.FileProgress) {
				if p.Section == 1 {
					err = other.DeleteFile(t.Context(), 1, fileRef)
				}
			}})
			return err
		}, iec104.ErrRefused},
		{"read twice at once", func(t *testing.T, l *line) error {
			var err error
			_, _ = l.ReadFile(t.Context(), 1, fileRef, io.Discard, &iec104.FileOptions{Progress: func(p iec104.FileProgress) {
				if p.Section == 1 {
					_, err = l.ReadFile(t.Context(), 1, fileRef, io.Discard, nil)
				}
			}})
			return err
		}, iec104.ErrBusy},
		{"stop", func(t *testing.T, l *line) error {
			_, err := l.ReadFile(t.Context(), 1, fileRef, io.Discard, &iec104.FileOptions{Progress: func(p iec104.FileProgress) {
				if p.Section == 1 {
					if err := l.Stop(t.Context()); err != nil {
						t.Error(err)
					}
				}
			}})
			if err := l.Start(t.Context()); err != nil {
				t.Error(err)
			}
			return err
		}, iec104.ErrStopped},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				store := memory(t, octets(100000))
				l := fileLine(t, newServer(t, archive{&plant{}, store}, nil), nil)
				err := test.do(t, l)
				if !errors.Is(err, test.want) {
					t.Errorf("got %v, want %v", err, test.want)
				}
				t.Log(err)
				var got bytes.Buffer
				if _, err := l.ReadFile(t.Context(), 1, fileRef, &got, nil); err != nil || !bytes.Equal(got.Bytes(), octets(100000)) {
					t.Errorf("afterwards %d octets: %v", got.Len(), err)
				}
				if err := l.WriteFile(t.Context(), 1, fileRef, bytes.NewReader(octets(5)), 5, nil); err != nil {
					t.Error(err)
				}
				if err := l.DeleteFile(t.Context(), 1, fileRef); err != nil {
					t.Error(err)
				}
				if entries, err := l.Directory(t.Context(), 1, iec104.FileRef{}); err != nil || len(entries) != 0 {
					t.Error(entries, err)
				}
			})
		})
	}
}

// TestFileTimeouts has stations that fall silent.
func TestFileTimeouts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		silent := handler{&plant{}, func(*iec104.Session, asdu.ASDU) (bool, error) { return true, nil }}
		l := fileLine(t, newServer(t, silent, nil), nil)
		begin := time.Now()
		_, err := l.ReadFile(t.Context(), 1, fileRef, io.Discard, &iec104.FileOptions{Timeout: 5 * time.Second})
		if !errors.Is(err, iec104.ErrTimeout) || time.Since(begin) != 5*time.Second {
			t.Errorf("%v after %v", err, time.Since(begin))
		}
		if err := l.WriteFile(t.Context(), 1, fileRef, nil, 0, nil); !errors.Is(err, iec104.ErrTimeout) {
			t.Error(err)
		}
		if err := l.DeleteFile(t.Context(), 1, fileRef); !errors.Is(err, iec104.ErrTimeout) {
			t.Error(err)
		}
		if _, err := l.Directory(t.Context(), 1, iec104.FileRef{}); !errors.Is(err, iec104.ErrTimeout) {
			t.Error(err)
		}
	})
}

// TestFileResume breaks the connection and goes on with the file on the next.
func TestFileResume(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		want := octets(100_000)
		store := memory(t, want)
		server := newServer(t, archive{&plant{}, store}, nil)
		l := fileLine(t, server, nil)
		entries, err := l.Directory(t.Context(), 1, iec104.FileRef{})
		if err != nil || len(entries) != 1 {
			t.Fatal(entries, err)
		}
		var got bytes.Buffer
		options := &iec104.FileOptions{Expect: &entries[0], Progress: func(p iec104.FileProgress) {
			if p.Section == 3 {
				_ = l.near.Close()
			}
		}}
		position, err := l.ReadFile(t.Context(), 1, fileRef, &got, options)
		if err == nil || position.Section != 3 || position.Offset != 3*16<<10 {
			t.Fatal(position, err)
		}
		synctest.Wait() // until the station has noticed, the file is that of the old connection
		l = fileLine(t, server, nil)
		options = &iec104.FileOptions{Expect: &entries[0], Resume: position}
		position, err = l.ReadFile(t.Context(), 1, fileRef, &got, options)
		if err != nil || !bytes.Equal(got.Bytes(), want) {
			t.Fatalf("%d octets: %v", got.Len(), err)
		}
		// All of it is there already.
		options.Resume = position
		if _, err = l.ReadFile(t.Context(), 1, fileRef, &brittle{0, io.ErrShortWrite}, options); err != nil {
			t.Error(err)
		}
		// The same length, and another time.
		if err := store.Put(fileRef, want, asdu.CP56(time.Now().UTC())); err != nil {
			t.Fatal(err)
		}
		if _, err = l.ReadFile(t.Context(), 1, fileRef, io.Discard, options); !errors.Is(err, iec104.ErrFileChanged) {
			t.Error(err)
		}
		// Another length.
		if err := store.Put(fileRef, want[1:], fileTime); err != nil {
			t.Fatal(err)
		}
		options.Expect = nil
		if _, err = l.ReadFile(t.Context(), 1, fileRef, io.Discard, options); !errors.Is(err, iec104.ErrFileChanged) {
			t.Error(err)
		}
		// Other octets, as many of them: the checksum of the file tells.
		changed := bytes.Clone(want)
		changed[5]++
		if err := store.Put(fileRef, changed, fileTime); err != nil {
			t.Fatal(err)
		}
		options.Resume = iec104.FilePosition{Section: 3, Offset: 3 * 16 << 10, Length: 100_000, Sum: sumOf(want[:3*16<<10])}
		if _, err = l.ReadFile(t.Context(), 1, fileRef, io.Discard, options); !errors.Is(err, iec104.ErrFile) {
			t.Error(err)
		}
	})
}

func sumOf(data []byte) (sum byte) {
	for _, b := range data {
		sum += b
	}
	return sum
}

// TestFileCut cuts the connection at every octet that the client sends or gets.
func TestFileCut(t *testing.T) {
	const size = 500
	for cut := 0; ; cut++ {
		done := false
		synctest.Test(t, func(t *testing.T) {
			store := memory(t, octets(size))
			server := newServer(t, archive{&plant{}, store}, nil)
			near, far := net.Pipe()
			if _, err := server.ServeConn(&cutting{Conn: far, left: cut}); err != nil {
				t.Fatal(err)
			}
			client, err := iec104.NewClient(near, nil)
			if err != nil {
				t.Fatal(err)
			}
			defer client.Close()
			ref := iec104.FileRef{Address: 9, Name: 1}
			err = client.Start(t.Context())
			var got bytes.Buffer
			if err == nil {
				_, err = client.ReadFile(t.Context(), 1, fileRef, &got, nil)
			}
			if err == nil {
				err = client.WriteFile(t.Context(), 1, ref, bytes.NewReader(octets(size)), size, nil)
			}
			if !bytes.HasPrefix(octets(size), got.Bytes()) {
				t.Errorf("cut at %d: read % x", cut, got.Bytes())
			}
			done = err == nil
			_ = client.Close()
			synctest.Wait()
			if data, ok := store.Get(ref); ok && !bytes.Equal(data, octets(size)) || !ok && done {
				t.Errorf("cut at %d: %v and %d octets are written", cut, ok, len(data))
			}
			// Whatever was under way has let go of the file.
			l := fileLine(t, server, nil)
			if err := l.DeleteFile(t.Context(), 1, fileRef); err != nil {
				t.Errorf("cut at %d: %v", cut, err)
			}
		})
		if done {
			t.Logf("%d octets", cut)
			return
		}
	}
}

// cutting is a connection that breaks after some octets in both directions
// together.
type cutting struct {
	net.Conn
	mu   sync.Mutex
	left int
}

func (c *cutting) count(n int) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	n = min(n, c.left)
	c.left -= n
	return n
}

func (c *cutting) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if take := c.count(n); take < n {
		_ = c.Close()
		return take, io.ErrUnexpectedEOF
	}
	return n, err
}

func (c *cutting) Write(p []byte) (int, error) {
	take := c.count(len(p))
	n, err := c.Conn.Write(p[:take])
	if take < len(p) {
		_ = c.Close()
		return n, io.ErrUnexpectedEOF
	}
	return n, err
}

// journal is an archive.
type journal struct{ *iec104.FileMemory }

func (j journal) QueryLog(ref iec104.FileRef, from, to asdu.Time) (io.ReadCloser, uint32, error) {
	if ref != fileRef {
		return nil, 0, fs.ErrNotExist
	}
	text := from.String() + " to " + to.String()
	return io.NopCloser(strings.NewReader(text)), uint32(len(text)), nil
}

func TestQueryLog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := fileLine(t, newServer(t, archive{&plant{}, journal{memory(t, nil)}}, nil), nil)
		from := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
		var got strings.Builder
		if _, err := l.QueryLog(t.Context(), 1, fileRef, from, from.Add(time.Hour), &got, nil); err != nil {
			t.Fatal(err)
		}
		if want := asdu.CP56(from).String() + " to " + asdu.CP56(from.Add(time.Hour)).String(); got.String() != want {
			t.Errorf("got %q, want %q", got.String(), want)
		}
		if _, err := l.QueryLog(t.Context(), 1, iec104.FileRef{}, from, from, &got, nil); !errors.Is(err, iec104.ErrRefused) {
			t.Error(err)
		}
		if _, err := l.QueryLog(t.Context(), 1, fileRef, from, from, &got, &iec104.FileOptions{Resume: iec104.FilePosition{Section: 1}}); err == nil {
			t.Error("a query was gone on with")
		}
	})
}

// TestDirectory lists more files than go into an ASDU.
func TestDirectory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, n := range []int{0, 1, 15, 16, 30, 1000} {
			store := iec104.NewFileMemory(nil)
			var want []asdu.DirectoryEntry
			for i := range n {
				ref := iec104.FileRef{Address: asdu.ObjectAddress(i + 1), Name: 1}
				if err := store.Put(ref, make([]byte, i), fileTime); err != nil {
					t.Fatal(err)
				}
				want = append(want, asdu.DirectoryEntry{Address: ref.Address, File: 1, Length: uint32(i), Time: fileTime, Last: i == n-1})
			}
			l := fileLine(t, newServer(t, archive{&plant{}, store}, nil), nil)
			got, err := l.Directory(t.Context(), 1, iec104.FileRef{})
			if err != nil {
				t.Error(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%d files: %s", n, diff)
			}
		}
	})
}

// A call that reports an error is an answer, and no order.
func TestDeleteWithErrorDeletesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := memory(t, octets(10))
		l := fileLine(t, newServer(t, archive{&plant{}, store}, nil), nil)
		a, err := asdu.New(nil, asdu.Header{Type: asdu.F_SC_NA_1, Cause: asdu.File, CommonAddress: 1},
			asdu.FileCall{Address: fileRef.Address, File: fileRef.Name, Action: asdu.DeleteFile, Error: 3})
		if err != nil {
			t.Fatal(err)
		}
		if err := l.Send(t.Context(), a); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if _, ok := store.Get(fileRef); !ok {
			t.Error("a call that reports an error has deleted the file")
		}
	})
}
