package capture

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// Reader reads packets from a capture, one after the other. It needs the same
// memory for captures of every length. It is not safe for concurrent use.
type Reader struct {
	name   string
	r      *window
	offset int64 // of the next octet
	packet int64 // packets delivered
	order  byteOrder
	next   func(*Packet) error
	err    error // sticky

	// pcapng
	section    *section
	sections   int
	undeclared *Interface
	unfinished block // a packet block that is still to be skipped
}

// Names of what is not a capture, or not one that can be read, by its first
// octets.
var foreignFiles = []struct{ magic, name string }{
	{"snoop\x00\x00\x00", "a capture of Solaris snoop"},
	{"\xa1\xb2\xcd\x34", "a capture in the modified pcap format of old Linux systems"},
	{"\x34\xcd\xb2\xa1", "a capture in the modified pcap format of old Linux systems"},
	{"GMBU", "a capture of Microsoft Network Monitor"},
	{"RTSS", "a capture of Microsoft Network Monitor 1"},
	{"XCP\x00", "a capture of NetXRay"},
	{"\x28\xb5\x2f\xfd", "compressed with zstd"},
	{"BZh", "compressed with bzip2"},
	{"\xfd7zXZ", "compressed with xz"},
	{"\x04\x22\x4d\x18", "compressed with lz4"},
	{"PK\x03\x04", "a ZIP archive"},
}

// NewReader finds out what kind of capture r holds and reads its header. The
// name, a file name or "stdin", only appears in errors; each of them is a
// [*FileError].
func NewReader(r io.Reader, name string) (*Reader, error) {
	reader := &Reader{name: name, r: newWindow(r)}
	if err := reader.open(); err != nil {
		return nil, &FileError{File: name, Offset: reader.offset, Err: err}
	}
	return reader, nil
}

func (r *Reader) open() error {
	magic, err := r.r.peek(4)
	if len(magic) >= 2 && magic[0] == 0x1f && magic[1] == 0x8b {
		unpacked, err := gzip.NewReader(r.r.rest())
		if err != nil {
			return fmt.Errorf("compressed with gzip, but cannot be unpacked: %w", err)
		}
		r.r = newWindow(unpacked)
		magic, err = r.r.peek(4)
		if len(magic) < 4 {
			return shortHeader(magic, err)
		}
	}
	if len(magic) < 4 {
		return shortHeader(magic, err)
	}
	switch number := binary.LittleEndian.Uint32(magic); number {
	case pcapMicroseconds, pcapNanoseconds:
		r.order = littleEndian
		return r.openPcap(number == pcapNanoseconds)
	case pcapMicrosecondsSwapped, pcapNanosecondsSwapped:
		r.order = bigEndian
		return r.openPcap(number == pcapNanosecondsSwapped)
	case blockSectionHeader:
		return r.openPcapng()
	}
	start, _ := r.r.peek(16)
	for _, foreign := range foreignFiles {
		if bytes.HasPrefix(start, []byte(foreign.magic)) {
			return fmt.Errorf("not a pcap or pcapng capture: %s; convert it, for example with editcap -F pcapng", foreign.name)
		}
	}
	return fmt.Errorf("not a pcap or pcapng capture: begins with the octets % x", magic)
}

func shortHeader(magic []byte, err error) error {
	switch {
	case err != nil && !errors.Is(err, io.EOF):
		return fmt.Errorf("cannot be read: %w", err)
	case len(magic) == 0:
		return errors.New("empty: a capture has at least a header")
	default:
		return fmt.Errorf("not a capture: only %d octets long", len(magic))
	}
}

// Next reads the next packet into p, whose octets stay valid until the next
// call. It returns [io.EOF] behind the last packet and a [*FileError] where
// the file is damaged or cut short; it keeps returning either from then on.
func (r *Reader) Next(p *Packet) error {
	if r.err != nil {
		return r.err
	}
	start := r.offset
	err := r.next(p)
	if err == nil {
		r.packet++
		p.Number = r.packet
		return nil
	}
	if errors.Is(err, io.EOF) {
		r.err = io.EOF
		return r.err
	}
	if place, ok := errors.AsType[*blockError](err); ok {
		start, err = place.offset, place.err
	}
	r.err = &FileError{File: r.name, Packet: r.packet + 1, Offset: start, Err: err}
	return r.err
}

// Packets returns how many packets have been read.
func (r *Reader) Packets() int64 { return r.packet }

// blockError is an error in a block that is no packet.
type blockError struct {
	offset int64
	err    error
}

func (e *blockError) Error() string { return e.err.Error() }
func (e *blockError) Unwrap() error { return e.err }

// errCutShort is wrapped by every error about a capture that ends too early.
var errCutShort = errors.New("the file was cut short here, perhaps while it was still being written")

// peek returns the next n octets, at most greatestWindow, without consuming
// them. The error is io.EOF only where not a single octet is left.
func (r *Reader) peek(n int, what string) ([]byte, error) {
	data, err := r.r.peek(n)
	if err == nil {
		return data, nil
	}
	switch {
	case !over(err):
		return nil, fmt.Errorf("cannot be read: %w", err)
	case len(data) == 0 && errors.Is(err, io.EOF):
		return nil, io.EOF
	default:
		return nil, fmt.Errorf("%s has %d octets, only %d are there: %w", what, n, len(data), errCutShort)
	}
}

// consume moves behind n octets that were peeked at. They stay valid until the
// next peek.
func (r *Reader) consume(n int) {
	r.r.start += n
	r.offset += int64(n)
}

// skip consumes n octets, which need not be in the window.
func (r *Reader) skip(n int64) error {
	done, err := r.r.discard(n)
	r.offset += done
	switch {
	case err == nil:
		return nil
	case over(err):
		return fmt.Errorf("%d octets are missing: %w", n-done, errCutShort)
	default:
		return fmt.Errorf("cannot be read: %w", err)
	}
}
