package inet_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"testing"

	"stellwerk/internal/capture"
	"stellwerk/internal/capture/fabricate"
	"stellwerk/internal/capture/inet"
)

var (
	v4 = fabricate.Segment{
		Source: netip.MustParseAddrPort("10.0.0.1:49152"), Destination: netip.MustParseAddrPort("10.0.0.2:2404"),
		Sequence: 1000, Acknowledgment: 2000, Flags: inet.PSH | inet.ACK, Window: 3000, Payload: []byte("h\x04\x43\x00\x00\x00"),
	}
	v6 = fabricate.Segment{
		Source: netip.MustParseAddrPort("[fe80::1]:49152"), Destination: netip.MustParseAddrPort("[fe80::2]:2404"),
		Sequence: 1000, Acknowledgment: 2000, Flags: inet.PSH | inet.ACK, Window: 3000, Payload: []byte("h\x04\x43\x00\x00\x00"),
	}
)

// ip returns the segment's datagram without the Ethernet header.
func ip(s fabricate.Segment) []byte { return s.Append(nil)[inet.EthernetHeader:] }

func packet(linkType capture.LinkType, parts ...any) *capture.Packet {
	var data []byte
	for _, part := range parts {
		switch part := part.(type) {
		case string:
			data = append(data, part...)
		case []byte:
			data = append(data, part...)
		}
	}
	return &capture.Packet{Interface: &capture.Interface{LinkType: linkType}, Data: data, Length: len(data)}
}

const macs = "\x02\x00\x0a\x00\x00\x02\x02\x00\x0a\x00\x00\x01"

func TestLinkLayers(t *testing.T) {
	tests := []struct {
		name   string
		packet *capture.Packet
		want   fabricate.Segment
	}{
		{"Ethernet", packet(1, macs, "\x08\x00", ip(v4)), v4},
		{"Ethernet, IPv6", packet(1, macs, "\x86\xdd", ip(v6)), v6},
		{"Ethernet with padding", packet(1, macs, "\x08\x00", ip(v4), make([]byte, 20)), v4},
		{"VLAN", packet(1, macs, "\x81\x00\x20\x05", "\x08\x00", ip(v4)), v4},
		{"QinQ", packet(1, macs, "\x88\xa8\x00\x01", "\x81\x00\x20\x05", "\x86\xdd", ip(v6)), v6},
		{"four tags", packet(1, macs, "\x91\x00\x00\x01\x92\x00\x00\x01\x93\x00\x00\x01\x81\x00\x00\x02\x08\x00", ip(v4)), v4},
		{"Linux cooked 1", packet(113, "\x00\x00", "\x00\x01", "\x00\x06", "\x02\x00\x0a\x00\x00\x02\x00\x00", "\x08\x00", ip(v4)), v4},
		{"Linux cooked 1 with a tag", packet(113, "\x00\x00", "\x00\x01", "\x00\x06", "\x02\x00\x0a\x00\x00\x02\x00\x00", "\x81\x00\x00\x07\x08\x00", ip(v4)), v4},
		{"Linux cooked 2", packet(276, "\x86\xdd", "\x00\x00", "\x00\x00\x00\x02", "\x00\x01", "\x04", "\x06", "\x02\x00\x0a\x00\x00\x02\x00\x00", ip(v6)), v6},
		{"BSD loopback, little endian", packet(0, "\x02\x00\x00\x00", ip(v4)), v4},
		{"BSD loopback, big endian", packet(0, "\x00\x00\x00\x02", ip(v4)), v4},
		{"BSD loopback, macOS", packet(0, "\x1e\x00\x00\x00", ip(v6)), v6},
		{"OpenBSD loopback", packet(108, "\x00\x00\x00\x18", ip(v6)), v6},
		{"raw 101, IPv4", packet(101, ip(v4)), v4},
		{"raw 12, IPv6", packet(12, ip(v6)), v6},
		{"raw 14, IPv4", packet(14, ip(v4)), v4},
		{"raw IPv4", packet(228, ip(v4)), v4},
		{"raw IPv6", packet(229, ip(v6)), v6},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			check(t, test.packet, test.want, inet.Good)
		})
	}
}

// check decodes a packet and compares it with the segment that it was made of.
func check(t *testing.T, p *capture.Packet, want fabricate.Segment, verdict inet.Verdict) {
	t.Helper()
	var d inet.Datagram
	if outcome := d.Decode(p); outcome != inet.IP {
		t.Fatalf("outcome %d: %s", outcome, d.Problem.EN)
	}
	var s inet.Segment
	if problem := s.DecodeTCP(&d); problem != nil {
		t.Fatal(problem.EN)
	}
	got := fabricate.Segment{
		Source:      netip.AddrPortFrom(d.Source.Netip(d.Version), s.SourcePort),
		Destination: netip.AddrPortFrom(d.Destination.Netip(d.Version), s.DestinationPort),
		Sequence:    s.Sequence, Acknowledgment: s.Acknowledgment, Flags: s.Flags, Window: s.Window, Payload: s.Payload,
	}
	if a, b := fmt.Sprintf("%+v", got), fmt.Sprintf("%+v", want); a != b {
		t.Errorf("got  %s\nwant %s", a, b)
	}
	if got, _ := d.VerifyTCP(); got != verdict {
		t.Errorf("verdict %d about the checksum, want %d", got, verdict)
	}
}

func TestIPv4Options(t *testing.T) {
	// Record route with one address, end of options, and a header of 28 octets.
	datagram := ip(v4)
	datagram[0] = 0x47
	datagram = slices.Insert(datagram, 20, []byte("\x07\x07\x04\x00\x00\x00\x00\x00")...)
	binary.BigEndian.PutUint16(datagram[2:], uint16(len(datagram)))
	check(t, packet(101, datagram), v4, inet.Good)

	// A loose source route: the checksum is over an address elsewhere.
	copy(datagram[20:], "\x01\x83\x07\x04\x0a\x00\x00\x09")
	check(t, packet(101, datagram), v4, inet.Unverifiable)
}

func TestIPv6Extensions(t *testing.T) {
	with := func(next byte, extensions string) *capture.Packet {
		datagram := ip(v6)
		datagram[6] = next
		datagram = slices.Insert(datagram, 40, []byte(extensions)...)
		binary.BigEndian.PutUint16(datagram[4:], uint16(len(datagram)-40))
		return packet(229, datagram)
	}
	const (
		hopByHop    = "\x3c\x00\x01\x04\x00\x00\x00\x00" // next: destination options
		destination = "\x2b\x00\x01\x04\x00\x00\x00\x00" // next: routing
		routing     = "\x06\x00\x00\x00\x00\x00\x00\x00" // no segments left
		routed      = "\x06\x00\x00\x01\x00\x00\x00\x00" // one segment left
		atomic      = "\x06\x00\x00\x00\x00\x00\x00\x09" // a fragment that is all there is
		auth        = "\x06\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
	)
	check(t, with(inet.ProtocolHopByHop, hopByHop+destination+routing), v6, inet.Good)
	check(t, with(inet.ProtocolRouting, routed), v6, inet.Unverifiable)
	check(t, with(inet.ProtocolFragment, atomic), v6, inet.Good)
	check(t, with(inet.ProtocolAH, auth), v6, inet.Good)
}

func TestLengthZero(t *testing.T) {
	// A sending host that leaves segmentation to its network card.
	datagram := ip(v4)
	binary.BigEndian.PutUint16(datagram[2:], 0)
	check(t, packet(101, datagram), v4, inet.Good)
	datagram = ip(v6)
	binary.BigEndian.PutUint16(datagram[4:], 0)
	check(t, packet(101, datagram), v6, inet.Good)
}

func TestCutShort(t *testing.T) {
	datagram := ip(v4)
	var d inet.Datagram
	var s inet.Segment
	if d.Decode(packet(101, datagram[:len(datagram)-4])) != inet.IP || s.DecodeTCP(&d) != nil {
		t.Fatal("not decoded")
	}
	if d.Missing != 4 || string(s.Payload) != "h\x04" || s.Length != 6 {
		t.Errorf("%d missing, payload %q of %d", d.Missing, s.Payload, s.Length)
	}
	if verdict, _ := d.VerifyTCP(); verdict != inet.Unverifiable {
		t.Errorf("verdict %d", verdict)
	}
}

func TestNotDecoded(t *testing.T) {
	changed := func(at int, value byte) []byte {
		datagram := ip(v4)
		datagram[at] = value
		return datagram
	}
	tests := []struct {
		name    string
		packet  *capture.Packet
		outcome inet.Outcome
		problem string
	}{
		{"ARP", packet(1, macs, "\x08\x06 any"), inet.Other, ""},
		{"802.3 length", packet(1, macs, "\x00\x26\x42\x42\x03"), inet.LengthFrame, ""},
		{"Wi-Fi", packet(105, "any"), inet.UnsupportedLink, ""},
		{"Ethernet cut short", packet(1, macs), inet.Damaged, "the link header is cut short"},
		{"tag cut short", packet(1, macs, "\x81\x00\x00"), inet.Damaged, "the link header is cut short"},
		{"cooked cut short", packet(113, macs), inet.Damaged, "the link header is cut short"},
		{"cooked 2 cut short", packet(276, macs), inet.Damaged, "the link header is cut short"},
		{"loopback cut short", packet(0, "\x02"), inet.Damaged, "the link header is cut short"},
		{"loopback of an unknown family", packet(0, "\x07\x00\x00\x00"), inet.Damaged, "the loopback header has no known protocol family"},
		{"nothing", packet(101), inet.Damaged, "the IP header is cut short"},
		{"version 5", packet(101, "\x50"), inet.Damaged, "the IP header has a wrong version"},
		{"version 6 as 4", packet(228, ip(v6)), inet.Damaged, "the IP header has a wrong version"},
		{"version 4 as 6", packet(229, ip(v4)), inet.Damaged, "the IP header has a wrong version"},
		{"IPv4 cut short", packet(101, ip(v4)[:19]), inet.Damaged, "the IP header is cut short"},
		{"IPv4 options cut short", packet(101, "\x4f", ip(v4)[1:40]), inet.Damaged, "the IP header is cut short"},
		{"IHL 4", packet(101, changed(0, 0x44)), inet.Damaged, "the IPv4 header length is below 20 octets"},
		{"total length", packet(101, changed(3, 10)), inet.Damaged, "the IPv4 total length is below that of its header"},
		{"IPv6 cut short", packet(101, ip(v6)[:39]), inet.Damaged, "the IP header is cut short"},
		{"extension cut short", packet(229, ip(v6)[:6], "\x00", ip(v6)[7:40], "\x06\x01\x00\x00\x00\x00\x00\x00"), inet.Damaged, "an IPv6 extension header is cut short"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var d inet.Datagram
			if outcome := d.Decode(test.packet); outcome != test.outcome || d.Problem.EN != test.problem {
				t.Errorf("outcome %d, %q", outcome, d.Problem.EN)
			}
		})
	}
}

func TestUDP(t *testing.T) {
	udp := func(payload string) []byte {
		u := fabricate.Datagram{Source: v4.Source, Destination: v4.Destination, Payload: []byte(payload)}
		return u.Append(nil)[inet.EthernetHeader:]
	}
	decode := func(datagram []byte) (inet.Segment, inet.Verdict, string) {
		var d inet.Datagram
		if d.Decode(packet(101, datagram)) != inet.IP || d.Protocol != inet.ProtocolUDP {
			t.Fatal("not decoded")
		}
		var s inet.Segment
		if problem := s.DecodeUDP(&d); problem != nil {
			return s, 0, problem.EN
		}
		verdict, _ := d.VerifyUDP()
		return s, verdict, ""
	}
	s, verdict, _ := decode(udp("abc"))
	if string(s.Payload) != "abc" || s.Length != 3 || s.SourcePort != 49152 || s.DestinationPort != 2404 || verdict != inet.Good {
		t.Errorf("%+v, verdict %d", s, verdict)
	}
	none := udp("abc")
	none[26], none[27] = 0, 0
	if _, verdict, _ := decode(none); verdict != inet.NotComputed {
		t.Errorf("verdict %d about no checksum", verdict)
	}
	short := udp("abc")
	short[25] = 9 // one octet of payload
	if s, _, _ := decode(short); string(s.Payload) != "a" {
		t.Errorf("payload %q", s.Payload)
	}
	for _, length := range []byte{7, 12} {
		wrong := udp("abc")
		wrong[25] = length
		if _, _, problem := decode(wrong); problem != "the UDP length does not fit the datagram" {
			t.Errorf("length %d: %q", length, problem)
		}
	}
}

func TestVerdicts(t *testing.T) {
	var d inet.Datagram
	verdict := func(checksum uint16) inet.Verdict {
		datagram := ip(v4)
		binary.BigEndian.PutUint16(datagram[20+16:], checksum)
		if d.Decode(packet(101, datagram)) != inet.IP {
			t.Fatal("not decoded")
		}
		got, right := d.VerifyTCP()
		if want := binary.BigEndian.Uint16(ip(v4)[20+16:]); right != want {
			t.Errorf("0x%04x should be 0x%04x, not 0x%04x", checksum, want, right)
		}
		return got
	}
	good := binary.BigEndian.Uint16(ip(v4)[20+16:])
	if got := verdict(good); got != inet.Good {
		t.Errorf("%d", got)
	}
	if got := verdict(good + 1); got != inet.Bad {
		t.Errorf("%d", got)
	}
	if got := verdict(0); got != inet.NotComputed {
		t.Errorf("%d", got)
	}
	if got := verdict(inet.Fold(d.PseudoHeader(26))); got != inet.Offloaded {
		t.Errorf("%d", got)
	}
	if got := verdict(inet.Fold(d.PseudoHeader(0))); got != inet.Offloaded {
		t.Errorf("%d", got)
	}
	header := ip(v4)[:20]
	if got, _ := inet.VerifyIPv4(header); got != inet.Good {
		t.Errorf("%d", got)
	}
	right := binary.BigEndian.Uint16(header[10:])
	header[10]++
	if got, should := inet.VerifyIPv4(header); got != inet.Bad || should != right {
		t.Errorf("%d, should be 0x%04x, not 0x%04x", got, right, should)
	}
}

func TestSum(t *testing.T) {
	// RFC 1071, section 3: words 0001 f203 f4f5 f6f7 sum up to ddf2.
	if got := inet.Fold(inet.Sum(0, []byte{0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7})); got != 0xddf2 {
		t.Errorf("0x%04x", got)
	}
	plain := func(data []byte) uint16 {
		var sum uint32
		for i, octet := range data {
			sum += uint32(octet) << (8 * (1 - i%2))
			sum = sum>>16 + sum&0xffff
		}
		return uint16(sum)
	}
	r := rand.New(rand.NewPCG(1, 2))
	for length := range 200 {
		data := make([]byte, length)
		for i := range data {
			data[i] = byte(r.Uint32() | 0xf0) // many carries
		}
		if got, want := inet.Fold(inet.Sum(0, data)), plain(data); got != want {
			t.Errorf("%d octets: 0x%04x, want 0x%04x", length, got, want)
		}
	}
	if got := inet.Fold(inet.Sum(0xffffffffffffffff, bytes.Repeat([]byte{0xff}, 64))); got != 0xffff {
		t.Errorf("0x%04x", got)
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(uint16(1), v4.Append(nil), 0)
	f.Add(uint16(229), ip(v6), 4)
	f.Add(uint16(276), []byte("\x86\xdd\x00\x00\x00\x00\x00\x02\x00\x01\x04\x06\x02\x00\x0a\x00\x00\x02\x00\x00"+string(ip(v6))), 0)
	f.Fuzz(func(_ *testing.T, linkType uint16, data []byte, fcs int) {
		p := packet(capture.LinkType(linkType), data)
		p.FCSLength = max(0, fcs&7)
		var d inet.Datagram
		if d.Decode(p) != inet.IP {
			return
		}
		var s inet.Segment
		if s.DecodeTCP(&d) == nil {
			d.VerifyTCP()
		}
		if s.DecodeUDP(&d) == nil {
			d.VerifyUDP()
		}
		if d.Version == 4 {
			inet.VerifyIPv4(d.Header)
		}
	})
}
