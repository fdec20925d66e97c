package iec104_test

import (
	"io"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"stellwerk/iec104"
	"stellwerk/iec104/asdu"
)

// fileSeeds are conversations for the peer of fuzz tests: STARTDT, and I frames
// about the file 1.1 of station 1.
var fileSeeds = [][]byte{
	// select, call, call of the section, acknowledgement
	{0, 6, 7, 122, 1, 13, 0, 1, 0, 1, 0, 0, 1, 0, 0, 1, 6, 7, 122, 1, 13, 0, 1, 0, 1, 0, 0, 1, 0, 0, 2, 6, 7, 122, 1, 13, 0, 1, 0, 1, 0, 0, 1, 0, 1, 6, 9, 4, 6, 7, 124, 1, 13, 0, 1, 0, 1, 0, 0, 1, 0, 1, 3, 9, 2},
	// offer, section ready, segment, its end, the end of the file
	{0, 6, 9, 120, 1, 13, 0, 1, 0, 1, 0, 0, 1, 0, 1, 0, 0, 0, 6, 10, 121, 1, 13, 0, 1, 0, 1, 0, 0, 1, 0, 1, 1, 0, 0, 0, 6, 8, 125, 1, 13, 0, 1, 0, 1, 0, 0, 1, 0, 1, 1, 9, 6, 8, 123, 1, 13, 0, 1, 0, 1, 0, 0, 1, 0, 1, 3, 9, 6, 8, 123, 1, 13, 0, 1, 0, 1, 0, 0, 1, 0, 1, 1, 9},
	// directory, deletion
	{0, 6, 7, 122, 1, 5, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 6, 7, 122, 1, 13, 0, 1, 0, 1, 0, 0, 1, 0, 0, 4},
	// for clients: the file is ready, its section is, a segment, its end
	{1, 6, 9, 120, 1, 13, 0, 1, 0, 1, 0, 0, 1, 0, 1, 0, 0, 0, 6, 10, 121, 1, 13, 0, 1, 0, 1, 0, 0, 1, 0, 1, 1, 0, 0, 0, 6, 8, 125, 1, 13, 0, 1, 0, 1, 0, 0, 1, 0, 1, 1, 9, 6, 8, 123, 1, 13, 0, 1, 0, 1, 0, 0, 1, 0, 1, 3, 9},
}

// FuzzFileServer has a peer that talks to a station with files. Afterwards
// nobody holds a file.
func FuzzFileServer(f *testing.F) {
	for _, seed := range fileSeeds {
		f.Add(seed)
	}
	ref := iec104.FileRef{Address: 1, Name: 1}
	f.Fuzz(func(t *testing.T, input []byte) {
		synctest.Test(t, func(t *testing.T) {
			store := memory(t, nil)
			if err := store.Put(ref, octets(100), fileTime); err != nil {
				t.Fatal(err)
			}
			server := newServer(t, archive{&plant{}, store}, nil)
			near, far := net.Pipe()
			session, err := server.ServeConn(far)
			if err != nil {
				t.Fatal(err)
			}
			peer(near, input)
			<-session.Done()
			l := fileLine(t, server, nil)
			entries, err := l.Directory(t.Context(), 1, iec104.FileRef{})
			if err != nil {
				t.Error(err)
			}
			for _, e := range entries {
				if err := l.DeleteFile(t.Context(), 1, iec104.FileRef{Address: e.Address, Name: e.File}); err != nil || e.Active {
					t.Errorf("%+v: %v", e, err)
				}
			}
		})
	})
}

// FuzzFileClient has a peer that talks to a control centre which reads, writes,
// lists and deletes files.
func FuzzFileClient(f *testing.F) {
	for _, seed := range fileSeeds {
		f.Add(seed)
	}
	ref := iec104.FileRef{Address: 1, Name: 1}
	f.Fuzz(func(t *testing.T, input []byte) {
		synctest.Test(t, func(t *testing.T) {
			near, far := net.Pipe()
			client, err := iec104.NewClient(far, nil)
			if err != nil {
				t.Fatal(err)
			}
			ctx := t.Context()
			done := make(chan struct{})
			go func() {
				defer close(done)
				if client.Start(ctx) != nil {
					return
				}
				go func() { _ = client.WriteFile(ctx, 1, ref, zeros{}, 1000, nil) }()
				go func() { _, _ = client.Directory(ctx, 1, iec104.FileRef{}) }()
				for client.Err() == nil {
					_, _ = client.ReadFile(ctx, 1, ref, io.Discard, &iec104.FileOptions{MaxLength: 10_000, Timeout: 5 * time.Second})
					_ = client.DeleteFile(ctx, 1, ref)
					time.Sleep(time.Second)
				}
			}()
			peer(near, input)
			<-client.Done()
			<-done
			_ = near.Close()
		})
	})
}

// zeros is a file without end.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// BenchmarkReadFile reads the longest file there can be over loopback.
func BenchmarkReadFile(b *testing.B) {
	store := iec104.NewFileMemory(nil)
	if err := store.Put(fileRef, make([]byte, asdu.MaxFileLength), fileTime); err != nil {
		b.Fatal(err)
	}
	server, err := iec104.NewServer(archive{&plant{}, store}, nil)
	if err != nil {
		b.Fatal(err)
	}
	defer server.Close()
	listener, err := new(net.ListenConfig).Listen(b.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	go server.Serve(listener) //nolint:errcheck // ends when the server is closed
	client, err := iec104.Dial(b.Context(), listener.Addr().String(), nil)
	if err != nil {
		b.Fatal(err)
	}
	defer client.Close()
	if err := client.Start(b.Context()); err != nil {
		b.Fatal(err)
	}
	b.SetBytes(asdu.MaxFileLength)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := client.ReadFile(b.Context(), 1, fileRef, io.Discard, nil); err != nil {
			b.Fatal(err)
		}
	}
}
