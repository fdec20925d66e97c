package capture_test

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"io"
	"math"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"stellwerk/internal/capture"
)

// got is what a test looks at in a packet.
type got struct {
	Number, Offset, Time int64
	Data                 string
	Length, FCSLength    int
	LinkType             capture.LinkType
	Interface            string
}

// readAll reads a capture to its end, or to its first error.
func readAll(r io.Reader) (packets []got, err error) {
	reader, err := capture.NewReader(r, "test.pcap")
	if err != nil {
		return nil, err
	}
	var p capture.Packet
	for {
		switch err := reader.Next(&p); {
		case errors.Is(err, io.EOF):
			return packets, nil
		case err != nil:
			if again := reader.Next(&p); again != err { //nolint:errorlint // the very same
				return packets, errors.New("the error does not last")
			}
			return packets, err
		}
		packets = append(packets, got{
			p.Number, p.Offset, p.Time, string(p.Data), p.Length, p.FCSLength, p.Interface.LinkType, p.Interface.Name,
		})
	}
}

// order writes numbers in one byte order.
type order struct{ binary.AppendByteOrder }

func (o order) file(numbers ...any) []byte {
	var data []byte
	for _, n := range numbers {
		switch n := n.(type) {
		case uint8:
			data = append(data, n)
		case uint16:
			data = o.AppendUint16(data, n)
		case uint32:
			data = o.AppendUint32(data, n)
		case uint64:
			data = o.AppendUint64(data, n)
		case string:
			data = append(data, n...)
		case []byte:
			data = append(data, n...)
		}
	}
	return data
}

// pcapHeader is the header of a pcap file.
func (o order) pcapHeader(magic, linkType uint32) []byte {
	return o.file(
		magic,
		uint16(2), uint16(4), // version
		uint32(0), uint32(0), // time zone and accuracy
		uint32(65535), // snap length
		linkType,
	)
}

var orders = map[string]order{"little endian": {binary.LittleEndian}, "big endian": {binary.BigEndian}}

func TestPcap(t *testing.T) {
	for name, o := range orders {
		t.Run(name, func(t *testing.T) {
			records := func(fraction uint32) []byte {
				return o.file(
					uint32(1_000_000_000), fraction, uint32(3), uint32(60), "abc",
					uint32(1_000_000_001), uint32(0), uint32(0), uint32(0), "",
					// Longer on the file than on the wire: believe the file.
					uint32(1), uint32(0), uint32(2), uint32(1), "de",
				)
			}
			tests := []struct {
				name  string
				magic uint32
				link  uint32
				want  got
			}{
				{"microseconds", 0xa1b2c3d4, 1, got{LinkType: capture.LinkTypeEthernet, Time: 1e18 + 123_456_000}},
				{"nanoseconds", 0xa1b23c4d, 276, got{LinkType: capture.LinkTypeLinuxSLL2, Time: 1e18 + 123_456}},
				{"absurd frame check sequence", 0xa1b2c3d4, 0xe4000001, got{LinkType: capture.LinkTypeEthernet, Time: 1e18 + 123_456_000}},
				{"frame check sequence of 4 octets", 0xa1b2c3d4, 0x24000001, got{LinkType: capture.LinkTypeEthernet, Time: 1e18 + 123_456_000, FCSLength: 4}},
			}
			for _, test := range tests {
				t.Run(test.name, func(t *testing.T) {
					file := append(o.pcapHeader(test.magic, test.link), records(123456)...)
					packets, err := readAll(iotest.OneByteReader(bytes.NewReader(file)))
					if err != nil {
						t.Fatal(err)
					}
					first, link, fcs := test.want, test.want.LinkType, test.want.FCSLength
					first.Number, first.Offset, first.Data, first.Length = 1, 24, "abc", 60
					want := []got{
						first,
						{Number: 2, Offset: 43, Time: 1e18 + 1e9, LinkType: link, FCSLength: fcs},
						{Number: 3, Offset: 59, Time: 1e9, Data: "de", Length: 2, LinkType: link, FCSLength: fcs},
					}
					if diff := cmp.Diff(want, packets); diff != "" {
						t.Error(diff)
					}
				})
			}
		})
	}
}

// Blocks of pcapng files.

func (o order) block(kind uint32, body ...any) []byte {
	data := o.file(body...)
	for len(data)%4 != 0 {
		data = append(data, 0)
	}
	length := uint32(len(data) + 12)
	return o.file(kind, length, data, length)
}

func (o order) sectionHeader() []byte {
	return o.block(0x0a0d0d0a, uint32(0x1a2b3c4d), uint16(1), uint16(0), uint64(math.MaxUint64))
}

func (o order) iface(linkType uint16, snap uint32, options ...any) []byte {
	return o.block(1, append([]any{linkType, uint16(0), snap}, options...)...)
}

func (o order) enhanced(iface uint32, stamp uint64, length uint32, data string, options ...any) []byte {
	padded := data + strings.Repeat("\x00", -len(data)&3)
	return o.block(6, append([]any{iface, uint32(stamp >> 32), uint32(stamp), uint32(len(data)), length, padded}, options...)...)
}

func TestPcapng(t *testing.T) {
	for name, o := range orders {
		t.Run(name, func(t *testing.T) {
			other := order{binary.LittleEndian}
			if o == other {
				other.AppendByteOrder = binary.BigEndian
			}
			file := slices.Concat(
				o.sectionHeader(),
				o.block(4, "names are skipped"),
				o.iface(1, 0), // microseconds
				o.iface(113, 0,
					uint16(2), uint16(4), "eth0",
					uint16(9), uint16(1), "\x09\x00\x00\x00", // nanoseconds
					uint16(13), uint16(1), "\x04\x00\x00\x00", // frame check sequence
					uint16(0), uint16(0)),
				o.enhanced(0, 1_000_000_000_000_001, 9, "abc"),
				o.block(10, uint32(0x544c534b), "secrets are skipped"),
				o.enhanced(1, 1_000_000_000_000_000_002, 5, "defgh", uint16(1), uint16(2), "hi\x00\x00", uint16(0), uint16(0)),
				o.enhanced(0, 3, 2, "ij", uint16(2), uint16(4), uint32(4<<5), uint16(0), uint16(0)), // 4 octets of FCS
				o.block(0xbad, strings.Repeat("custom blocks are skipped ", 1000)),
				o.block(2, uint16(0), uint16(7), uint32(0), uint32(4), uint32(3), uint32(4), "klm", "\x00"), // obsolete
				o.block(3, uint32(5), "simpl\x00\x00\x00"),
				o.block(5, "statistics are skipped"),
				other.sectionHeader(), // a section in the other byte order
				other.iface(101, 4,
					uint16(9), uint16(1), "\x8a\x00\x00\x00", // 2^-10 s
					uint16(14), uint16(8), uint64(100), // begins at 100 s
					uint16(0), uint16(0)),
				other.enhanced(0, 1024+512, 3, "nop"),
				other.block(3, uint32(6), "qrst"), // the snap length is 4
				other.enhanced(9, 0, 1, "u"),
			)
			packets, err := readAll(iotest.OneByteReader(bytes.NewReader(file)))
			if err != nil {
				t.Fatal(err)
			}
			for i := range packets {
				packets[i].Offset = 0
			}
			want := []got{
				{Number: 1, Time: 1e18 + 1000, Data: "abc", Length: 9, LinkType: 1},
				{Number: 2, Time: 1e18 + 2, Data: "defgh", Length: 5, FCSLength: 4, LinkType: 113, Interface: "eth0"},
				{Number: 3, Time: 3000, Data: "ij", Length: 2, FCSLength: 4, LinkType: 1},
				{Number: 4, Time: 4000, Data: "klm", Length: 4, LinkType: 1},
				{Number: 5, Data: "simpl", Length: 5, LinkType: 1},
				{Number: 6, Time: 101.5e9, Data: "nop", Length: 3, LinkType: 101},
				{Number: 7, Data: "qrst", Length: 6, LinkType: 101},
				{Number: 8, Data: "u", Length: 1, LinkType: capture.LinkTypeUndeclared, Interface: "undeclared interface 9"},
			}
			if diff := cmp.Diff(want, packets); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestCompressed(t *testing.T) {
	o := orders["little endian"]
	var file bytes.Buffer
	w := gzip.NewWriter(&file)
	if _, err := w.Write(slices.Concat(o.pcapHeader(0xa1b2c3d4, 1), o.file(uint32(1), uint32(2), uint32(3), uint32(3), "abc"))); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	packets, err := readAll(&file)
	if err != nil || len(packets) != 1 || packets[0].Data != "abc" {
		t.Errorf("%v, %v", packets, err)
	}
}

func TestUnreadable(t *testing.T) {
	o := orders["little endian"]
	record := o.file(uint32(1), uint32(2), uint32(3), uint32(3), "abc")
	section := slices.Concat(o.sectionHeader(), o.iface(1, 0))
	packet := o.enhanced(0, 0, 3, "abc")
	broken := bytes.Clone(packet)
	broken[len(broken)-4]++
	tests := []struct {
		name    string
		file    []byte
		packets int
		want    string
	}{
		{"empty", nil, 0, "test.pcap: empty: a capture has at least a header"},
		{"too short for anything", []byte("ab"), 0, "test.pcap: not a capture: only 2 octets long"},
		{"something else", []byte("\x89PNG\r\n"), 0, "test.pcap: not a pcap or pcapng capture: begins with the octets 89 50 4e 47"},
		{"known foreign format", []byte("snoop\x00\x00\x00 etc."), 0, "test.pcap: not a pcap or pcapng capture: a capture of Solaris snoop; convert it, for example with editcap -F pcapng"},
		{"broken compression", []byte("\x1f\x8b\x00\x00\x00"), 0, "test.pcap: compressed with gzip, but cannot be unpacked: unexpected EOF"},
		{"pcap header cut short", o.pcapHeader(0xa1b2c3d4, 1)[:20], 0, "test.pcap: the header of a pcap file has 24 octets, only 20 are there: the file was cut short here, perhaps while it was still being written"},
		{"pcap version", o.file(uint32(0xa1b2c3d4), uint16(3), uint16(1), strings.Repeat("\x00", 16)), 0, "test.pcap: pcap version 3.1 is not known; only version 2 is"},
		{"pcap record header cut short", slices.Concat(o.pcapHeader(0xa1b2c3d4, 1), record, record[:9]), 1, "test.pcap: packet 2 at offset 43 (0x2b): the header of the packet has 16 octets, only 9 are there: the file was cut short here, perhaps while it was still being written"},
		{"pcap packet cut short", slices.Concat(o.pcapHeader(0xa1b2c3d4, 1), record, record[:18]), 1, "test.pcap: packet 2 at offset 43 (0x2b): the packet has 3 octets, only 2 are there: the file was cut short here, perhaps while it was still being written"},
		{"pcap packet missing", slices.Concat(o.pcapHeader(0xa1b2c3d4, 1), record[:16]), 0, "test.pcap: packet 1 at offset 24 (0x18): the packet has 3 octets, none are there: the file was cut short here, perhaps while it was still being written"},
		{"pcap absurd length", slices.Concat(o.pcapHeader(0xa1b2c3d4, 1), record, o.file(uint32(1), uint32(2), uint32(0xfffffff0), uint32(0xfffffff0), "abc")), 1, "test.pcap: packet 2 at offset 43 (0x2b): the packet claims 4294967280 captured octets, but none has more than 262144: the file is damaged here"},
		{"pcapng header cut short", o.sectionHeader()[:14], 0, "test.pcap: a section header block has 24 octets, only 14 are there: the file was cut short here, perhaps while it was still being written"},
		{"pcapng byte order", []byte("\x0a\x0d\x0d\x0a\x1c\x00\x00\x00abcd"), 0, "test.pcap: the section header at offset 0 has the octets 61 62 63 64 where the byte order should be"},
		{"pcapng version", o.block(0x0a0d0d0a, uint32(0x1a2b3c4d), uint16(2), uint16(0), uint64(0)), 0, "test.pcap: pcapng version 2.0 is not known; only version 1 is"},
		{"pcapng packet cut short", slices.Concat(section, packet, packet[:len(packet)-1]), 1, "test.pcap: packet 2 at offset 84 (0x54): the packet block has 36 octets, only 35 are there: the file was cut short here, perhaps while it was still being written"},
		{"pcapng block cut short", slices.Concat(section, packet, o.block(99, "abcd")[:14]), 1, "test.pcap: packet 2 at offset 84 (0x54): the end of a block has 4 octets, only 2 are there: the file was cut short here, perhaps while it was still being written"},
		{"pcapng absurd block", slices.Concat(section, o.file(uint32(99), uint32(0xfffffff0), "abcd")), 0, "test.pcap: packet 1 at offset 48 (0x30): 4294967264 octets are missing: the file was cut short here, perhaps while it was still being written"},
		{"pcapng block of no length", slices.Concat(section, packet, make([]byte, 16)), 1, "test.pcap: packet 2 at offset 84 (0x54): the block of type 0x0 at offset 84 claims 0 octets, which no block can have: the file is damaged here"},
		{"pcapng lengths differ", slices.Concat(section, broken), 0, "test.pcap: packet 1 at offset 48 (0x30): the block of type 0x6 claims 36 octets in front and 37 behind: the file is damaged here"},
		{"pcapng absurd captured length", slices.Concat(section, o.block(6, uint32(0), uint64(0), uint32(0x7fffffff), uint32(3), "abcd")), 0, "test.pcap: packet 1 at offset 48 (0x30): the packet claims 2147483647 captured octets, but none has more than 262144: the file is damaged here"},
		{"pcapng captured length beyond the block", slices.Concat(section, o.block(6, uint32(0), uint64(0), uint32(5), uint32(5), "abcd")), 0, "test.pcap: packet 1 at offset 48 (0x30): the packet claims 5 captured octets, its block has only room for 4: the file is damaged here"},
		{"pcapng packet block too short", slices.Concat(section, o.block(6, uint32(0), uint32(0))), 0, "test.pcap: packet 1 at offset 48 (0x30): the packet block has 20 octets, at least 32 are needed"},
		{"pcapng interface block too short", slices.Concat(o.sectionHeader(), o.block(1, uint32(0))), 0, "test.pcap: packet 1 at offset 28 (0x1c): the interface description block has 16 octets, at least 20 are needed"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			packets, err := readAll(bytes.NewReader(test.file))
			if len(packets) != test.packets {
				t.Errorf("%d packets, want %d", len(packets), test.packets)
			}
			if err == nil || err.Error() != test.want {
				t.Errorf("got  %v\nwant %s", err, test.want)
			}
			if _, ok := errors.AsType[*capture.FileError](err); !ok {
				t.Errorf("%T is no *capture.FileError", err)
			}
		})
	}
}

func TestReadError(t *testing.T) {
	// A disk that fails is not the end of the file.
	o := orders["little endian"]
	file := slices.Concat(o.pcapHeader(0xa1b2c3d4, 1), o.file(uint32(1), uint32(2), uint32(3), uint32(3), "abc"))
	failure := errors.New("disk on fire")
	packets, err := readAll(io.MultiReader(bytes.NewReader(file), iotest.ErrReader(failure)))
	if len(packets) != 1 || !errors.Is(err, failure) {
		t.Errorf("%d packets, %v", len(packets), err)
	}
}

func TestLongOptions(t *testing.T) {
	// Options that no buffer holds are skipped, the packet is not.
	o := orders["little endian"]
	option := o.file(uint16(1), uint16(0xfffc), strings.Repeat("x", 0xfffc))
	file := slices.Concat(o.sectionHeader(), o.iface(1, 0),
		o.enhanced(0, 1000, 3, "abc", bytes.Repeat(option, 12)),
		o.enhanced(0, 2000, 3, "def"))
	packets, err := readAll(bytes.NewReader(file))
	if err != nil || len(packets) != 2 || packets[0].Data != "abc" || packets[1].Data != "def" {
		t.Errorf("%v, %v", packets, err)
	}
}

func TestTimes(t *testing.T) {
	o := orders["little endian"]
	tests := []struct {
		name   string
		option string // if_tsresol
		offset int64  // if_tsoffset
		stamp  uint64
		want   int64
	}{
		{"seconds", "\x00", 0, 5, 5e9},
		{"milliseconds", "\x03", 0, 5, 5e6},
		{"picoseconds", "\x0c", 0, 5999, 5},
		{"10^-19 s", "\x13", 0, math.MaxUint64, 1_844_674_407},
		{"finer than 64 bits hold", "\x14", 1, math.MaxUint64, 1e9},
		{"2^-63 s", "\xbf", 0, 1 << 63, 1e9},
		{"2^-100 s", "\xe4", 0, 1 << 63, 0},
		{"before 1970", "\x09", -10, 1, -10e9 + 1},
		{"too late", "\x00", 0, math.MaxUint64, math.MaxInt64},
		{"too late by the offset", "\x09", math.MaxInt64, 1, math.MaxInt64},
		{"too early", "\x09", math.MinInt64, 1, math.MinInt64},
		{"microseconds too late", "\x06", 0, math.MaxUint64, math.MaxInt64},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			packets, err := readAll(bytes.NewReader(slices.Concat(
				o.sectionHeader(),
				o.iface(1, 0, uint16(9), uint16(1), test.option+"\x00\x00\x00", uint16(14), uint16(8), uint64(test.offset)),
				o.enhanced(0, test.stamp, 1, "x"))))
			if err != nil || packets[0].Time != test.want {
				t.Errorf("%v, %v; want %d", packets, err, test.want)
			}
		})
	}
}

func TestLinkTypeString(t *testing.T) {
	for linkType, want := range map[capture.LinkType]string{
		1: "ETHERNET (1)", 105: "IEEE802_11 (105)", 148: "USER1 (148)", 9999: "unknown (9999)",
		capture.LinkTypeUndeclared: "undeclared",
	} {
		if got := linkType.String(); got != want {
			t.Errorf("%d: %q, want %q", uint32(linkType), got, want)
		}
	}
}

// TestBoundedRead reads a long capture and a claim of a long packet, and looks
// at what that allocates.
func TestBoundedRead(t *testing.T) {
	o := orders["little endian"]
	record := o.file(uint32(1), uint32(2), uint32(1000), uint32(1000), make([]byte, 1000))
	long := io.MultiReader(bytes.NewReader(o.pcapHeader(0xa1b2c3d4, 1)), &repeated{record, 0, 100_000})
	reader, err := capture.NewReader(long, "long")
	if err != nil {
		t.Fatal(err)
	}
	var p capture.Packet
	allocations := testing.AllocsPerRun(50_000, func() {
		if err := reader.Next(&p); err != nil {
			t.Fatal(err)
		}
	})
	if allocations != 0 {
		t.Errorf("%v allocations for a packet", allocations)
	}
}

// repeated reads the same octets n times.
type repeated struct {
	data []byte
	at   int
	n    int
}

func (r *repeated) Read(p []byte) (int, error) {
	if r.n == 0 {
		return 0, io.EOF
	}
	n := copy(p, r.data[r.at:])
	if r.at += n; r.at == len(r.data) {
		r.at = 0
		r.n--
	}
	return n, nil
}

func FuzzReader(f *testing.F) {
	for _, o := range orders {
		f.Add(slices.Concat(o.pcapHeader(0xa1b23c4d, 0x24000001), o.file(uint32(1), uint32(2), uint32(3), uint32(5), "abc")))
		f.Add(slices.Concat(
			o.sectionHeader(),
			o.iface(113, 96, uint16(2), uint16(4), "eth0", uint16(9), uint16(1), "\x09\x00\x00\x00", uint16(0), uint16(0)),
			o.enhanced(0, 7, 5, "defgh", uint16(2), uint16(4), uint32(4<<5), uint16(0), uint16(0)),
			o.block(2, uint16(0), uint16(7), uint32(0), uint32(4), uint32(3), uint32(4), "klm", "\x00"),
			o.block(3, uint32(5), "simpl\x00\x00\x00"),
			o.sectionHeader(),
		))
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		checkCopy(t, file)
	})
}
