package stream_test

import (
	"encoding/binary"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"stellwerk/internal/capture/fabricate"
	"stellwerk/internal/capture/inet"
	"stellwerk/internal/capture/stream"
)

var (
	client6 = netip.MustParseAddrPort("[fe80::1]:49152")
	server6 = netip.MustParseAddrPort("[fe80::2]:2404")
)

// fragments cuts the datagram in an Ethernet frame into fragments whose data
// begin at the given offsets; the first must be 0.
func fragments(frame []byte, id uint16, offsets ...int) [][]byte {
	const link = inet.EthernetHeader
	header := link + inet.IPv4MinHeader
	if frame[12] == 0x86 {
		header = link + inet.IPv6Header
	}
	data := frame[header:]
	var result [][]byte
	for i, start := range offsets {
		end, more := len(data), uint16(0)
		if i+1 < len(offsets) {
			end, more = offsets[i+1], 1
		}
		fragment := slices.Clone(frame[:header])
		if header == link+inet.IPv6Header {
			fragment[link+6] = inet.ProtocolFragment
			fragment = append(fragment, frame[link+6], 0) // next header, reserved
			fragment = binary.BigEndian.AppendUint16(fragment, uint16(start)|more)
			fragment = binary.BigEndian.AppendUint32(fragment, uint32(id))
			fragment = append(fragment, data[start:end]...)
			binary.BigEndian.PutUint16(fragment[link+4:], uint16(len(fragment)-header))
		} else {
			fragment = append(fragment, data[start:end]...)
			binary.BigEndian.PutUint16(fragment[link+2:], uint16(len(fragment)-link))
			binary.BigEndian.PutUint16(fragment[link+4:], id)
			binary.BigEndian.PutUint16(fragment[link+6:], uint16(start/8)|more<<13)
			fragment[link+10], fragment[link+11] = 0, 0
			binary.BigEndian.PutUint16(fragment[link+10:], ^inet.Fold(inet.Sum(0, fragment[link:header])))
		}
		result = append(result, fragment)
	}
	return result
}

func udp(source, destination netip.AddrPort, payload string) []byte {
	d := fabricate.Datagram{Source: source, Destination: destination, Payload: []byte(payload)}
	return d.Append(nil)
}

func TestFragmentsInAnyOrder(t *testing.T) {
	payload := strings.Repeat("abcdefghijklmnopqrstuvwxyz", 10)
	r := rand.New(rand.NewPCG(3, 4))
	for _, ends := range [][2]netip.AddrPort{{client, server}, {client6, server6}} {
		for range 50 {
			p := &tape{}
			parts := fragments(udp(ends[0], ends[1], payload), 7, 0, 8, 16, 80, 88, 240)
			parts = append(parts, parts[r.IntN(len(parts))]) // one comes twice
			r.Shuffle(len(parts), func(i, j int) { parts[i], parts[j] = parts[j], parts[i] })
			for _, part := range parts {
				p.frame(part)
			}
			got := p.run(t, nil).lines
			i := slices.IndexFunc(got, func(line string) bool { return strings.Contains(line, " udp ") })
			if i < 0 || !strings.HasSuffix(got[i], " "+payload) {
				t.Fatalf("got %q", got)
			}
		}
	}
}

func TestFragments(t *testing.T) {
	segment := (&fabricate.Segment{
		Source: client, Destination: server, Sequence: 1000, Flags: inet.ACK, Payload: []byte("a segment in three fragments"),
	}).Append(nil)
	tests := []struct {
		name string
		make func(*tape)
		want string
	}{
		{"TCP segment", func(p *tape) {
			p.handshake()
			for _, part := range fragments(segment, 9, 0, 16, 32) {
				p.frame(part)
			}
		}, `
			6> a segment in three fragments
			6> end: end of the capture
			6< end: end of the capture`},
		{"two datagrams at the same time", func(p *tape) {
			a := fragments(udp(client, server, "first datagram"), 1, 0, 16)
			b := fragments(udp(client, server, "other datagram"), 2, 0, 8)
			p.frame(a[0])
			p.frame(b[1])
			p.frame(a[1])
			p.frame(b[0])
		}, `
			3 udp 10.0.0.1:49152>10.0.0.2:2404 first datagram
			4 udp 10.0.0.1:49152>10.0.0.2:2404 other datagram`},
		{"overlap: the first octets are used", func(p *tape) {
			parts := fragments(udp(client, server, "0123456789abcdefghij"), 1, 0, 8, 24)
			wrong := slices.Clone(parts[1])
			wrong[len(wrong)-1] = '!'
			p.frame(parts[0])
			p.frame(parts[1])
			p.frame(wrong)
			p.frame(parts[1])
			p.frame(parts[2])
		}, `
			3 fragment-overlap of 1
			5 udp 10.0.0.1:49152>10.0.0.2:2404 0123456789abcdefghij`},
		{"one is missing", func(p *tape) {
			parts := fragments(udp(client, server, "0123456789abcdefghij"), 1, 0, 8, 24)
			p.frame(parts[0])
			p.frame(parts[2])
			p.frame(fragments(udp(client, server, "other datagram"), 2, 0, 8)[0]).Time += 61e9
		}, `
			1 fragments-missing 12
			3 fragments-missing 8`},
		{"cut short by the snap length", func(p *tape) {
			parts := fragments(udp(client, server, "0123456789abcdefghij"), 1, 0, 16)
			short := p.frame(parts[0])
			short.Data = short.Data[:len(short.Data)-3]
			p.frame(parts[1])
		}, `
			1 cut-short 3
			1 fragments-missing 20`},
		{"ends that contradict each other", func(p *tape) {
			long := fragments(udp(client, server, "0123456789abcdefghij"), 1, 0, 16)
			short := fragments(udp(client, server, "0123456789"), 1, 0, 8)
			p.frame(long[1])
			p.frame(short[1])
			p.frame(fragments(udp(client, server, "0123456789abcdefghijklmnop"), 1, 0, 32)[1])
		}, `
			2 fragment-too-long 10
			3 fragment-too-long 2
			1 fragments-missing 12`},
		{"beyond the greatest datagram", func(p *tape) {
			part := fragments(udp(client, server, "0123456789"), 1, 0, 8)[1]
			binary.BigEndian.PutUint16(part[14+6:], 0x1fff)
			part[14+10], part[14+11] = 0, 0
			p.frame(part)
		}, `
			1 fragment-too-long 10
			1 fragments-missing`},
		{"not a multiple of 8 octets", func(p *tape) {
			part := fragments(udp(client, server, "0123456789"), 1, 0, 8)[1]
			binary.BigEndian.PutUint16(part[14+6:], 0x2000) // more fragments
			part[14+10], part[14+11] = 0, 0
			p.frame(part)
		}, `
			1 fragment-too-long 10
			1 fragments-missing`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			p := &tape{}
			test.make(p)
			p.run(t, nil).compare(t, test.want)
		})
	}
}

func TestTooManyFragments(t *testing.T) {
	p := &tape{}
	for id := range uint16(5) {
		p.frame(fragments(udp(client, server, "0123456789"), id, 0, 8)[0])
	}
	p.run(t, &stream.Options{Fragmented: 2}).compare(t, `
		1 fragments-missing 8
		2 fragments-missing 8
		3 fragments-missing 8
		4 fragments-missing 8
		5 fragments-missing 8`)
}
