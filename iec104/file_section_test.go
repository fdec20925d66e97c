package iec104

import (
	"bytes"
	"fmt"
	"iter"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"stellwerk/iec104/apci"
	"stellwerk/iec104/asdu"
)

// filer is a station with nothing but files.
type filer struct{ store FileStore }

func (filer) Interrogate(*Session, asdu.CommonAddress, asdu.InterrogationQualifier) iter.Seq[asdu.ASDU] {
	return nil
}
func (filer) Command(c *Command)                       { _ = c.Disown() }
func (f filer) FileStore(asdu.CommonAddress) FileStore { return f.store }

// garbling changes an octet of a section, as often as it is told.
type garbling struct {
	net.Conn
	times int
	armed bool
}

func (g *garbling) Write(p []byte) (int, error) {
	for at := 0; at < len(p); {
		n, err := apci.Length(p[at:])
		if err != nil || n == 0 || at+n > len(p) {
			break
		}
		frame := p[at : at+n]
		switch {
		case n == apci.Octets:
		case frame[apci.Octets] == byte(asdu.F_SR_NA_1):
			g.armed = g.times > 0
		case frame[apci.Octets] == byte(asdu.F_SG_NA_1) && g.armed:
			g.armed = false
			g.times--
			frame[n-1] ^= 0xff
		}
		at += n
	}
	return g.Conn.Write(p)
}

// observed is a store that notes how much is written at once, and takes its time.
type observed struct {
	FileStore
	delay time.Duration
	most  *int
}

type observedWriter struct {
	FileWriter
	store observed
}

func (o observed) Create(ref FileRef, length uint32) (FileWriter, error) {
	w, err := o.FileStore.Create(ref, length)
	if err != nil {
		return nil, err
	}
	return observedWriter{w, o}, nil
}

func (w observedWriter) Write(p []byte) (int, error) {
	*w.store.most = max(*w.store.most, len(p))
	time.Sleep(w.store.delay)
	return w.FileWriter.Write(p)
}

func (w observedWriter) Truncate(length uint32) error {
	return w.FileWriter.(RevocableWriter).Truncate(length)
}

// keeping is a store whose writers take nothing back.
type keeping struct{ FileStore }

func (k keeping) Create(ref FileRef, length uint32) (FileWriter, error) {
	w, err := k.FileStore.Create(ref, length)
	return struct{ FileWriter }{w}, err
}

// writeSection writes a file of a single section.
func writeSection(t *testing.T, c *Client, ref FileRef, data []byte) error {
	s := newFileSender(c.filePeer("write", 1, ref, nil), c.link.now(), uint32(len(data)))
	s.size, s.sections = uint32(len(data)), 1
	return c.exchange(t.Context(), fileWriting, s, bytes.NewReader(data), nil, nil)
}

// TestLongSections: a station writes sections of any length as they come, in
// pieces, takes them back where the checksum is wrong, and keeps no more than
// pieces in memory, also where the disk is slower than the connection. Writers that
// take nothing back get sections of up to 1 MiB.
func TestLongSections(t *testing.T) {
	data := make([]byte, 3<<20)
	_, _ = rand.NewChaCha8([32]byte{}).Read(data)
	path := t.TempDir()
	folder, err := NewFileFolder(path, &FileFolderOptions{Writable: true})
	if err != nil {
		t.Fatal(err)
	}
	defer folder.Close()
	memory := NewFileMemory(&FileMemoryOptions{MaxLength: asdu.MaxFileLength})
	ref := FileRef{Address: 7, Name: 1}
	for _, c := range []struct {
		name  string
		store FileStore
		wrong int // how often the checksum is wrong
		fault asdu.FileFault
	}{
		{"folder", folder, 0, 0},
		{"folder, repeated", folder, 3, 0},
		{"folder, never right", folder, 4, asdu.FileFaultChecksum},
		{"memory, repeated", memory, 1, 0},
		{"a writer that takes nothing back", keeping{memory}, 0, asdu.FileFaultMemory},
	} {
		for _, delay := range []time.Duration{0, 100 * time.Millisecond} {
			t.Run(fmt.Sprintf("%s, %v", c.name, delay), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					most := 0
					var store FileStore = observed{c.store, delay, &most}
					if _, keeps := c.store.(keeping); keeps {
						store = c.store
					}
					server, err := NewServer(filer{store}, nil)
					if err != nil {
						t.Fatal(err)
					}
					defer server.Close()
					near, far := net.Pipe()
					if _, err := server.ServeConn(far); err != nil {
						t.Fatal(err)
					}
					client, err := NewClient(&garbling{Conn: near, times: c.wrong}, nil)
					if err != nil {
						t.Fatal(err)
					}
					defer client.Close()
					if err := client.Start(t.Context()); err != nil {
						t.Fatal(err)
					}
					_ = c.store.Delete(ref)
					err = writeSection(t, client, ref, data)
					if c.fault != 0 {
						fault, ok := err.(*FileError) //nolint:errorlint // as exchange returns it
						if !ok || fault.Fault != c.fault {
							t.Errorf("%v, want fault %d", err, c.fault)
						}
						synctest.Wait()
						if entries, _ := c.store.Directory(FileRef{}); len(entries) != 0 {
							t.Errorf("left are %v", entries)
						}
						return
					}
					if err != nil {
						t.Fatal(err)
					}
					var got []byte
					if c.store == memory {
						got, _ = memory.Get(ref)
					} else if got, err = os.ReadFile(filepath.Join(path, ref.String())); err != nil {
						t.Fatal(err)
					}
					if !bytes.Equal(got, data) {
						t.Errorf("%d octets of %d, or others", len(got), len(data))
					}
					if most > maxUnwritten+filePiece {
						t.Errorf("%d octets were kept", most)
					}
				})
			})
		}
	}
}
