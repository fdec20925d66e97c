package layers_test

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"hash/crc32"
	"maps"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"stellwerk/internal/capture"
	"stellwerk/internal/capture/fabricate"
	"stellwerk/internal/capture/inet"
	"stellwerk/internal/capture/layers"
	"stellwerk/internal/rig"
	"stellwerk/wire"
)

// show writes nodes down, one a line: indentation, octet and bit, name, number
// or octets, meaning.
func show(nodes []wire.Node, lang string) string {
	var b strings.Builder
	for _, n := range nodes {
		fmt.Fprintf(&b, "%s%d", strings.Repeat("  ", n.Depth), n.Bit/8)
		if n.Bit%8 != 0 || n.Width%8 != 0 {
			fmt.Fprintf(&b, ".%d", n.Bit%8)
		}
		fmt.Fprintf(&b, " %s", layers.Name(n.Name, lang))
		switch {
		case n.Raw != nil:
			fmt.Fprintf(&b, " %x", n.Raw)
		case n.Leaf:
			fmt.Fprintf(&b, " %d", n.Value)
		}
		if text := n.Text.In(lang); text != "" {
			fmt.Fprintf(&b, ": %s", text)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

func packet(linkType capture.LinkType, data ...[]byte) *capture.Packet {
	octets := slices.Concat(data...)
	return &capture.Packet{Interface: &capture.Interface{LinkType: linkType}, Data: octets, Length: len(octets)}
}

var segment = fabricate.Segment{
	Source: netip.MustParseAddrPort("10.0.0.1:49152"), Destination: netip.MustParseAddrPort("10.0.0.2:2404"),
	Sequence: 1000, Acknowledgment: 2000, Flags: inet.PSH | inet.ACK, Window: 3000, ID: 0x1234,
	Payload: []byte("h\x04\x43\x00\x00\x00"),
}

// padded fills an Ethernet frame up to its least length.
func padded(frame []byte) []byte { return append(frame, make([]byte, max(0, 60-len(frame)))...) }

// checked appends the frame check sequence.
func checked(frame []byte) []byte {
	return binary.LittleEndian.AppendUint32(frame, crc32.ChecksumIEEE(frame))
}

// ip returns the datagram of a segment.
func ip(s fabricate.Segment) []byte { return s.Append(nil)[inet.EthernetHeader:] }

const macs = "\x01\x00\x5e\x00\x00\x02\xff\xff\xff\xff\xff\xff"

// cases are packets with all that is taken apart.
func cases() map[string]*capture.Packet {
	result := map[string]*capture.Packet{}

	s := segment
	s.Payload = nil
	frame := padded(s.Append(nil))
	frame[14+1] = 0x54 // immediate, low delay, high reliability
	result["padding and frame check sequence"] = packet(1, checked(frame))

	wrong := checked(padded(s.Append(nil)))
	wrong[63] ^= 0xff
	p := packet(1, wrong)
	p.FCSLength = 4
	result["wrong frame check sequence"] = p

	s = segment
	s.Source, s.Destination = netip.MustParseAddrPort("[fe80::1]:2404"), netip.MustParseAddrPort("[fe80::2]:49152")
	s.Flags = inet.SYN | inet.ACK
	s.Options = []byte("\x02\x04\x05\xa0\x01\x03\x03\x07\x04\x02\x08\x0a\x00\x00\x00\x01\x00\x00\x00\x02\x1e\x03\x55\x00\x00\x00\x00\x00")
	result["tags, IPv6, TCP options"] = packet(1, []byte(macs), []byte("\x88\xa8\x00\x64\x81\x00\xb0\x05\x86\xdd"), ip(s))

	s = segment
	s.Options = []byte("\x05\x0a\x00\x00\x00\x01\x00\x00\x00\x02\xfd\x09")
	options := ip(s)
	options[0] = 0x49
	options = slices.Insert(options, 20, []byte("\x94\x04\x00\x00\x07\x07\x08\x0a\x00\x00\x09\x00\x00\x00\x00\x00")...)
	binary.BigEndian.PutUint16(options[2:], uint16(len(options)))
	binary.BigEndian.PutUint16(options[10:], 0)
	result["IPv4 options, broken TCP option, behind Linux cooked"] = packet(113, []byte("\x00\x04\x00\x01\x00\x06\x02\x00\x0a\x00\x00\x01\x00\x00\x08\x00"), options)

	offloaded := ip(segment)
	pseudo := inet.Sum(inet.ProtocolTCP+26, offloaded[12:20])
	binary.BigEndian.PutUint16(offloaded[20+16:], inet.Fold(pseudo))
	offloaded[20+12] = 0x51
	offloaded[20+19] = 7
	result["offloaded checksum, Linux cooked 2 with a tag"] = packet(276, []byte("\x81\x00\x00\x00\x00\x00\x00\x02\x00\x01\x00\x06\x02\x00\x0a\x00\x00\x01\x00\x00\x00\x05\x08\x00"), offloaded)

	p = packet(0, []byte("\x02\x00\x00\x00"), ip(segment))
	p.Data = p.Data[:len(p.Data)-3]
	result["cut short, BSD loopback"] = p

	u := fabricate.Datagram{Source: segment.Source, Destination: segment.Destination, Payload: []byte("abc")}
	datagram := u.Append(nil)[inet.EthernetHeader:]
	result["UDP, trailer"] = packet(101, datagram, []byte("behind"))
	none := slices.Clone(datagram)
	none[26], none[27] = 0, 0
	none[6] = 0x80
	result["UDP without checksum, reserved flag"] = packet(101, none)

	fragment := ip(segment)
	fragment[6], fragment[7] = 0x20, 0x02
	result["fragment"] = packet(228, fragment)

	s = segment
	s.Source, s.Destination = netip.MustParseAddrPort("[fe80::1]:2404"), netip.MustParseAddrPort("[fe80::2]:49152")
	extended := ip(s)
	extended[6] = 0
	extended = slices.Insert(extended, 40, []byte("\x2b\x00\x01\x04\x00\x00\x00\x00\x2c\x00\x00\x00\x00\x00\x00\x00\x33\x00\x00\x00\x00\x00\x00\x09\x3c\x01\x00\x00\x00\x00\x00\x01\x00\x00\x00\x00\x06\x00\x01\x04\x00\x00\x00\x00")...)
	binary.BigEndian.PutUint16(extended[4:], uint16(len(extended)-40))
	result["IPv6 extension headers"] = packet(229, extended)
	middle := slices.Clone(extended)
	middle[40+16+3] = 0x81
	result["IPv6 fragment"] = packet(229, middle)

	// Once a crash: the length is left to the network card, the frame check
	// sequence is said to be there and cut off.
	jumbo := append([]byte("\x60\x00\x00\x00\x00\x00\x11\x40"), make([]byte, 32)...)
	p = packet(229, jumbo, datagram[20:28])
	p.Length++
	p.FCSLength = 7
	result["length 0 and frame check sequence cut off"] = p

	result["IEEE 802.3"] = packet(1, []byte(macs), []byte("\x00\x03\x42\x42\x03"), make([]byte, 43))
	result["ARP"] = packet(1, []byte(macs), []byte("\x08\x06 who has"))
	result["Wi-Fi"] = packet(105, []byte("anything"))
	result["Ethernet cut short"] = packet(1, []byte(macs)[:9])
	result["tag cut short"] = packet(1, []byte(macs), []byte("\x81\x00\x00"))
	result["TCP cut short by padding"] = packet(1, []byte(macs), []byte("\x08\x00"), func() []byte {
		d := ip(segment)
		binary.BigEndian.PutUint16(d[2:], 30)
		return d
	}())
	result["damaged IPv4"] = packet(101, []byte("\x44 not a header"))
	result["damaged IPv6"] = packet(101, []byte("\x60 not a header"))
	result["cooked cut short"] = packet(113, []byte("\x00\x01"))
	result["cooked 2 cut short"] = packet(276, []byte("\x00\x01"))
	result["cooked, not IP"] = packet(113, []byte("\x00\x04\x00\x01\x00\x06\x02\x00\x0a\x00\x00\x01\x00\x00\x00\x04data"))
	result["loopback of an unknown family"] = packet(108, []byte("\x00\x00\x00\x07data"))
	result["empty"] = packet(101)
	result["neither version"] = packet(101, []byte("\x50"))
	return result
}

// TestDissect compares what is shown of each packet with testdata/*.txt. The
// octets of a packet are the first thing there.
func TestDissect(t *testing.T) {
	all := cases()
	for _, lang := range []string{"en", "de"} {
		var b strings.Builder
		for _, name := range slices.Sorted(maps.Keys(all)) {
			fmt.Fprintf(&b, "== %s\n%s%s\n", name, hex.Dump(all[name].Data), show(layers.Dissect(new(wire.Walker), all[name]), lang))
		}
		rig.Golden(t, lang+".txt", b.String())
	}
}

func TestLeavesAreThePacket(t *testing.T) {
	for name, p := range cases() {
		nodes := layers.Dissect(new(wire.Walker), p)
		if !bytes.Equal(wire.Join(nodes), p.Data) {
			t.Errorf("%s: the leaves put together are not the packet", name)
		}
	}
}

// TestGermanNames looks for names that have been forgotten: in lower case, they
// are English words.
func TestGermanNames(t *testing.T) {
	for _, p := range cases() {
		for _, n := range layers.Dissect(new(wire.Walker), p) {
			if n.Name == strings.ToLower(n.Name) && layers.Name(n.Name, "de") == n.Name {
				t.Errorf("%q has no German name", n.Name)
			}
			if (n.Text.EN == "") != (n.Text.DE == "") {
				t.Errorf("%q: %+v is in one language only", n.Name, n.Text)
			}
		}
	}
}

func FuzzDissect(f *testing.F) {
	for _, p := range cases() {
		f.Add(uint16(p.Interface.LinkType), p.Data, uint8(p.FCSLength), uint8(0))
	}
	f.Fuzz(func(t *testing.T, linkType uint16, data []byte, fcs, missing uint8) {
		p := packet(capture.LinkType(linkType), data)
		p.FCSLength = int(fcs & 7)
		p.Length += int(missing & 1)
		nodes := layers.Dissect(new(wire.Walker), p)
		if !bytes.Equal(wire.Join(nodes), data) {
			t.Errorf("the leaves put together are not the packet\n%s", show(nodes, "en"))
		}
		at := 0
		for _, n := range nodes {
			if !n.Leaf {
				continue
			}
			if n.Bit != at {
				t.Fatalf("%s begins at bit %d, what precedes it ends at %d", n.Name, n.Bit, at)
			}
			at += n.Width
		}
		if at != 8*len(data) {
			t.Errorf("%d bits, the packet has %d", at, 8*len(data))
		}
	})
}
