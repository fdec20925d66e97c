package ams_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"

	"stellwerk/ads/ams"
)

// conversation is what a program and a router say, and frames between them.
func conversation() (octets []byte, want []string) {
	add := func(command ams.TCPCommand, body ...byte) {
		octets = append(ams.TCPHeader{Command: command, Length: uint32(len(body))}.Append(octets), body...)
		want = append(want, fmt.Sprintf("%s %x", command, body))
	}
	frame := func(data []byte) {
		f := ams.Frame{Header: ams.Header{Command: ams.Write, InvokeID: uint32(len(want))}, Data: data}
		octets = f.Append(octets, ams.OverTCP)
		want = append(want, fmt.Sprintf("frame %d %x", f.InvokeID, data))
	}
	add(ams.TCPPortConnect, 0, 0)
	add(ams.TCPPortConnect, 5, 23, 145, 10, 1, 1, 0x00, 0x80)
	frame(nil)
	frame([]byte{1})
	add(ams.TCPRouterNote, 1, 0, 0, 0)
	frame(bytes.Repeat([]byte{7}, 300))
	add(ams.TCPPortClose)
	return octets, want
}

func said(p ams.Packet) string {
	if p.Command == ams.TCPFrame {
		return fmt.Sprintf("frame %d %x", p.Frame.InvokeID, p.Frame.Data)
	}
	return fmt.Sprintf("%s %x", p.Command, p.Body)
}

func readAll(r *ams.Reader) (got []string, err error) {
	for {
		p, err := r.Next()
		if err != nil {
			return got, err
		}
		got = append(got, said(p))
	}
}

// The same packets come out wherever the stream is split.
func TestReaderAtEverySplit(t *testing.T) {
	octets, want := conversation()
	check := func(name string, stream io.Reader) {
		t.Helper()
		got, err := readAll(ams.NewReader(stream, ams.OverTCP, 0))
		if !errors.Is(err, io.EOF) || strings.Join(got, "\n") != strings.Join(want, "\n") {
			t.Errorf("%s: %v\n%s", name, err, strings.Join(got, "\n"))
		}
	}
	for at := range len(octets) + 1 {
		check(fmt.Sprint("split at ", at), io.MultiReader(bytes.NewReader(octets[:at]), bytes.NewReader(octets[at:])))
	}
	check("octet by octet", iotest.OneByteReader(bytes.NewReader(octets)))
	check("halves", iotest.HalfReader(bytes.NewReader(octets)))
	check("the last octets with the end", iotest.DataErrReader(bytes.NewReader(octets)))
}

// A stream that ends within a packet says so, at every octet.
func TestReaderCutShort(t *testing.T) {
	octets, want := conversation()
	ends := map[int]bool{0: true}
	for at, i := 0, 0; i < len(want); i++ {
		at += 6 + int(binary.LittleEndian.Uint32(octets[at+2:]))
		ends[at] = true
	}
	for n := range octets {
		_, err := readAll(ams.NewReader(bytes.NewReader(octets[:n]), ams.OverTCP, 0))
		if between := ends[n]; between != (err == io.EOF) || !between && !errors.Is(err, io.ErrUnexpectedEOF) { //nolint:errorlint // io.EOF itself is the promise
			t.Errorf("%d octets: %v", n, err)
		}
	}
}

func TestReaderBare(t *testing.T) {
	var octets []byte
	for i := range 5 {
		f := ams.Frame{Header: ams.Header{InvokeID: uint32(i)}, Data: bytes.Repeat([]byte{byte(i)}, 1000*i)}
		octets = f.Append(octets, ams.Bare)
	}
	r := ams.NewReader(iotest.HalfReader(bytes.NewReader(octets)), ams.Bare, 4000)
	for i := range 5 {
		p, err := r.Next()
		if err != nil || p.Frame.InvokeID != uint32(i) || len(p.Frame.Data) != 1000*i {
			t.Fatalf("frame %d: %v, %d octets, %v", i, p.Frame.InvokeID, len(p.Frame.Data), err)
		}
	}
	if _, err := r.Next(); !errors.Is(err, io.EOF) {
		t.Error(err)
	}
	_, err := readAll(ams.NewReader(bytes.NewReader(octets), ams.Bare, 3999))
	if framing, ok := errors.AsType[*ams.FramingError](err); !ok || framing.Offset != 32*4+6000 || !strings.Contains(err.Error(), "4000 octets of data, the limit is 3999") {
		t.Error(err)
	}
}

// header returns an AMS/TCP header, and an AMS header that says how much data
// there is.
func header(command ams.TCPCommand, length, data uint32) []byte {
	h := ams.Header{Length: data}
	return h.Append(ams.TCPHeader{Command: command, Length: length}.Append(nil))
}

// What cannot be read is named with its place, and asking again changes nothing.
func TestReaderThatIsLost(t *testing.T) {
	good, _ := conversation()
	for name, test := range map[string]struct {
		octets []byte
		want   string
	}{
		"no AMS":               {[]byte("GET / HTTP/1.1\r\n\r\n"), "the command 0x4547, which is none; this is not AMS"},
		"too short for header": {header(ams.TCPFrame, 31, 0), "says 31 octets, the AMS header alone has 32"},
		"empty frame":          {header(ams.TCPFrame, 0, 0), "says 0 octets"},
		"too long":             {header(ams.TCPFrame, 32+ams.MaxData+1, ams.MaxData+1), "a frame with 16777217 octets of data, the limit is 16777216"},
		"4 GiB":                {header(ams.TCPFrame, math.MaxUint32, math.MaxUint32-32), "a frame with 4294967263 octets"},
		"router with 4 GiB":    {header(ams.TCPPortConnect, math.MaxUint32, 0), "port connect with 4294967295 octets, it has 64 at most"},
		"lengths that differ":  {append(header(ams.TCPFrame, 36, 5), 1, 2, 3, 4, 5, 6), "it says 5 octets of data, 4 follow"},
		"less data":            {append(header(ams.TCPFrame, 36, 3), 1, 2, 3, 4), "it says 3 octets of data, 4 follow, so that the next frame's place is not known"},
	} {
		r := ams.NewReader(bytes.NewReader(append(bytes.Clone(good), test.octets...)), ams.OverTCP, 0)
		_, err := readAll(r)
		framing, ok := errors.AsType[*ams.FramingError](err)
		if !ok || framing.Offset != int64(len(good)) || !strings.Contains(err.Error(), test.want) || !strings.Contains(err.Error(), fmt.Sprintf("at octet %d:", len(good))) {
			t.Errorf("%s: %v", name, err)
		}
		if _, again := r.Next(); again == nil || again.Error() != err.Error() {
			t.Errorf("%s: then %v", name, again)
		}
	}
}

// deadline fails once between octets, as a connection does whose deadline has
// passed, and goes on then.
type deadline struct {
	octets []byte
	failed bool
}

func (d *deadline) Read(p []byte) (int, error) {
	if d.failed = !d.failed; d.failed {
		return 0, os.ErrDeadlineExceeded
	}
	n := copy(p[:min(1, len(p))], d.octets)
	d.octets = d.octets[n:]
	if n == 0 {
		return 0, io.EOF
	}
	return n, nil
}

// An error that passes costs no octet: the reader goes on where it was.
func TestReaderGoesOn(t *testing.T) {
	octets, want := conversation()
	r := ams.NewReader(&deadline{octets: octets}, ams.OverTCP, 0)
	var got []string
	for {
		p, err := r.Next()
		if errors.Is(err, os.ErrDeadlineExceeded) {
			continue
		}
		if err != nil {
			if !errors.Is(err, io.EOF) {
				t.Error(err)
			}
			break
		}
		got = append(got, said(p))
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Error(got)
	}
}

type idle struct{}

func (idle) Read([]byte) (int, error) { return 0, nil }

// A stream that returns nothing at all does not keep the reader for ever.
func TestReaderOfNothing(t *testing.T) {
	if _, err := ams.NewReader(idle{}, ams.OverTCP, 0).Next(); !errors.Is(err, io.ErrNoProgress) {
		t.Error(err)
	}
}

// A length that lies costs memory only for what has come.
func TestReaderTakesMemoryForWhatHasCome(t *testing.T) {
	for _, framing := range []ams.Framing{ams.OverTCP, ams.Bare} {
		octets := header(ams.TCPFrame, 1<<30+32, 1<<30)
		if framing == ams.Bare {
			octets = octets[ams.TCPHeaderLength:]
		}
		octets = append(octets, make([]byte, 200_000)...)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := ams.NewReader(bytes.NewReader(octets), framing, math.MaxUint32).Next()
		runtime.ReadMemStats(&after)
		if !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Error(err)
		}
		if taken := after.TotalAlloc - before.TotalAlloc; taken > 2<<20 {
			t.Errorf("%d octets of memory for 200000 that came", taken)
		}
	}
}

// endless gives the same octets for ever.
type endless struct {
	octets []byte
	at     int
}

func (e *endless) Read(p []byte) (int, error) {
	n := copy(p, e.octets[e.at:])
	e.at = (e.at + n) % len(e.octets)
	return n, nil
}

func TestNoAllocation(t *testing.T) {
	octets, _ := conversation()
	r := ams.NewReader(&endless{octets: octets}, ams.OverTCP, 0)
	var dst []byte
	var err error
	if n := testing.AllocsPerRun(1000, func() {
		var p ams.Packet
		if p, err = r.Next(); err == nil && p.Command == ams.TCPFrame {
			dst = p.Frame.Append(dst[:0], ams.OverTCP)
		}
	}); n != 0 || err != nil {
		t.Errorf("%v allocations for a packet, %v", n, err)
	}
	a := frames[0].frame.Target
	if n := testing.AllocsPerRun(1000, func() { dst, err = a.AppendText(dst[:0]) }); n != 0 || err != nil {
		t.Errorf("%v allocations for an address", n)
	}
}

// Whatever comes: what is read is what was there, octet for octet, up to where the
// reader is lost, and it is lost at the same place however the stream is split.
func FuzzReader(f *testing.F) {
	octets, _ := conversation()
	f.Add(octets, false)
	f.Add(request, false)
	f.Add(append(bytes.Clone(request[6:]), failed[6:]...), true)
	f.Add(header(ams.TCPFrame, math.MaxUint32, 0), false)
	f.Fuzz(func(t *testing.T, octets []byte, bare bool) {
		framing := ams.OverTCP
		if bare {
			framing = ams.Bare
		}
		read := func(stream io.Reader) (back []byte, err error) {
			r := ams.NewReader(stream, framing, 1<<20)
			for {
				p, err := r.Next()
				if err != nil {
					return back, err
				}
				if p.Command == ams.TCPFrame {
					back = p.Frame.Append(back, framing)
				} else {
					back = append(ams.TCPHeader{Command: p.Command, Length: uint32(len(p.Body))}.Append(back), p.Body...)
				}
			}
		}
		back, err := read(bytes.NewReader(octets))
		if !bytes.HasPrefix(octets, back) || errors.Is(err, io.EOF) && len(back) != len(octets) {
			t.Errorf("%x became %x, %v", octets, back, err)
		}
		if framing, ok := errors.AsType[*ams.FramingError](err); ok && framing.Offset != int64(len(back)) {
			t.Errorf("%v behind %d octets", err, len(back))
		}
		again, same := read(iotest.OneByteReader(bytes.NewReader(octets)))
		if !bytes.Equal(again, back) || same.Error() != err.Error() {
			t.Errorf("%v, octet by octet %v", err, same)
		}
	})
}

func BenchmarkReader(b *testing.B) {
	for _, size := range []int{4, 1400, 60_000} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			f := ams.Frame{Header: frames[0].frame.Header, Data: make([]byte, size)}
			r := ams.NewReader(&endless{octets: f.Append(nil, ams.OverTCP)}, ams.OverTCP, 0)
			b.SetBytes(int64(ams.TCPHeaderLength + ams.HeaderLength + size))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := r.Next(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkAppend(b *testing.B) {
	f := frames[0].frame
	var dst []byte
	b.ReportAllocs()
	for b.Loop() {
		dst = f.Append(dst[:0], ams.OverTCP)
	}
}

// Ready says whether what has come is a whole packet.
func TestReaderReady(t *testing.T) {
	for _, framing := range []ams.Framing{ams.OverTCP, ams.Bare} {
		f := ams.Frame{Data: []byte{1, 2, 3}}
		octets := f.Append(nil, framing)
		for cut := range len(octets) + 1 {
			r := ams.NewReader(bytes.NewReader(append(f.Append(nil, framing), octets[:cut]...)), framing, 0)
			if r.Ready() {
				t.Error("ready before anything has come")
			}
			if _, err := r.Next(); err != nil {
				t.Fatal(err)
			}
			if r.Ready() != (cut == len(octets)) {
				t.Errorf("framing %d, %d octets of the next packet: %v", framing, cut, r.Ready())
			}
		}
	}
}
