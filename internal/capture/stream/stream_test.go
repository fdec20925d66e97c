package stream_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"stellwerk/internal/capture"
	"stellwerk/internal/capture/inet"
	"stellwerk/internal/capture/stream"
	"stellwerk/wire"
)

func TestTrouble(t *testing.T) {
	tests := []struct {
		name string
		make func(*tape)
		want string
	}{
		{"in order, both directions, orderly end", func(p *tape) {
			p.handshake()
			p.segment(client, server, 1000, 5000, ack, "abc")
			p.segment(server, client, 5000, 1003, ack, "xyz")
			p.segment(client, server, 1003, 5003, ack, "def")
			p.segment(client, server, 1006, 5003, fin, "")
			p.segment(server, client, 5003, 1007, fin, "w")
			p.segment(client, server, 1007, 5005, ack, "")
		}, `
			4> abc
			5< xyz
			6> def
			7> end: finished
			8< w
			8< end: finished`},

		{"retransmission, whole and of what came in two", func(p *tape) {
			p.handshake()
			p.up(1000, ack, "abc")
			p.up(1000, ack, "abc")
			p.up(1003, ack, "def")
			p.up(1000, ack, "abcdef")
			p.up(1006, ack, "ghi")
		}, `
			4> abc
			5 tcp-retransmission 3 of 4
			6> def
			7 tcp-retransmission 6 of 4
			8> ghi
			8> end: end of the capture
			8< end: end of the capture`},

		{"reordering", func(p *tape) {
			p.handshake()
			p.up(1006, ack, "ghi")
			p.up(1003, ack, "def")
			p.up(1000, ack, "abc")
			p.up(1009, ack, "jkl")
		}, `
			4 tcp-out-of-order 6
			5 tcp-out-of-order 3
			6> abc
			5@6> def
			4@6> ghi
			7> jkl
			7> end: end of the capture
			7< end: end of the capture`},

		{"overlap with the same octets", func(p *tape) {
			p.handshake()
			p.up(1000, ack, "abcd")
			p.up(1002, ack, "cdef")
			p.up(1009, ack, "jkl")
			p.up(1005, ack, "fghij")
		}, `
			4> abcd
			5 tcp-retransmission 2 of 4
			5> ef
			6 tcp-out-of-order 3
			7 tcp-retransmission 1 of 5
			7> ghij
			6 tcp-retransmission 1 of 7
			6@7> kl
			7> end: end of the capture
			7< end: end of the capture`},

		{"overlap with other octets, within and beyond the stream", func(p *tape) {
			p.handshake()
			p.up(1000, ack, "abcd")
			p.up(1001, ack, "XY")
			p.up(1002, ack, "XYef")
			p.up(1006, ack, "gh")
		}, `
			4> abcd
			5 tcp-overlap-different 2 of 4
			5> aside XY
			6 tcp-overlap-different 2 of 4
			6> gap ? XYef
			7> gh
			7> end: end of the capture
			7< end: end of the capture`},

		{"gap until the end of the capture", func(p *tape) {
			p.handshake()
			p.up(1000, ack, "abc")
			p.up(1005, ack, "fgh")
			p.up(1008, ack, "ijk")
			p.up(1020, ack, "uvw")
		}, `
			4> abc
			5 tcp-out-of-order 2
			6 tcp-out-of-order 5
			7 tcp-out-of-order 17
			5 tcp-gap 2
			5@7> gap 2 fgh
			6@7> ijk
			7 tcp-gap 9
			7> gap 9 uvw
			7> end: end of the capture
			7< end: end of the capture`},

		{"gap that the receiver acknowledges", func(p *tape) {
			p.handshake()
			p.up(1000, ack, "abc")
			p.up(1005, ack, "fgh")
			p.segment(server, client, 5000, 1008, ack, "") // 6
			p.segment(server, client, 5000, 1008, ack, "")
			p.segment(server, client, 5000, 1008, ack, "")
			p.segment(server, client, 5000, 1008, ack, "")
			p.up(1003, ack, "de")
			p.up(1003, ack, "de")
			p.up(1008, ack, "ijk")
		}, `
			4> abc
			5 tcp-out-of-order 2
			5 tcp-gap 2
			5@9> gap 2 fgh
			10 tcp-late 2
			10> aside de
			11 tcp-retransmission-unchecked 2
			12> ijk
			12> end: end of the capture
			12< end: end of the capture`},

		{"acknowledgment captured before its data", func(p *tape) {
			p.handshake()
			p.up(1003, ack, "def")
			p.segment(server, client, 5000, 1006, ack, "")
			p.up(1000, ack, "abc")
		}, `
			4 tcp-out-of-order 3
			6> abc
			4@6> def
			6> end: end of the capture
			6< end: end of the capture`},

		{"gap, then nothing is heard for long", func(p *tape) {
			p.handshake()
			p.up(1003, ack, "def")
			p.up(1006, ack, "ghi").Time += 31e9
		}, `
			4 tcp-out-of-order 3
			5 tcp-out-of-order 6
			4 tcp-gap 3
			4@5> gap 3 def
			5> ghi
			5> end: end of the capture
			5< end: end of the capture`},

		{"end behind a gap", func(p *tape) {
			p.handshake()
			p.up(1000, ack, "abc")
			p.up(1006, fin, "")
			p.segment(server, client, 5000, 1007, fin, "") // acknowledges all
			p.segment(client, server, 1007, 5001, ack, "")
			p.segment(client, server, 1007, 5001, ack, "")
			p.segment(client, server, 1007, 5001, ack, "")
		}, `
			4> abc
			6< end: finished
			9> end: finished, 3 missing`},

		{"end that lies before what waits", func(p *tape) {
			p.handshake()
			p.up(1000, ack, "abc")
			p.up(1010, ack, "klm")
			p.up(1000, fin, "abc") // the end at 1003 contradicts packet 5
			p.up(1013, ack, "nop")
		}, `
			4> abc
			5 tcp-out-of-order 7
			6 tcp-retransmission 3 of 4
			7 tcp-out-of-order 10
			5 tcp-gap 7
			5@7> gap 7 klm
			7> nop
			7> end: finished
			7< end: end of the capture`},

		{"no handshake", func(p *tape) {
			p.segment(server, client, 5000, 1000, ack, "xyz")
			p.segment(client, server, 1000, 5003, ack, "abc")
			p.up(997, ack, "ZZZ")
			p.up(1003, ack, "def")
		}, `
			1 tcp-mid-stream
			1> gap ? xyz
			2< gap ? abc
			3 tcp-outside-window 3
			3< aside ZZZ
			4< def
			4> end: end of the capture
			4< end: end of the capture`},

		{"only the answer of the handshake", func(p *tape) {
			p.segment(server, client, 4999, 1000, synAck, "")
			p.up(1002, ack, "cd")
			p.up(1000, ack, "ab")
		}, `
			2 tcp-out-of-order 2
			3> ab
			2@3> cd
			3> end: end of the capture
			3< end: end of the capture`},

		{"sequence numbers wrap around", func(p *tape) {
			p.up(0xfffffffb, syn, "")
			p.up(0xfffffffc, ack, "abc")
			p.up(2, ack, "gh")
			p.up(0xffffffff, ack, "def")
			p.up(0xfffffffe, ack, "cdef")
			p.up(4, ack, "ij")
		}, `
			2> abc
			3 tcp-out-of-order 3
			4> def
			3@4> gh
			5 tcp-retransmission 4 of 2
			6> ij
			6> end: end of the capture
			6< end: end of the capture`},

		{"every segment with the same number", func(p *tape) {
			p.up(1000, ack, "first")
			p.up(1000, ack, "other")
			p.up(1000, ack, "again")
			p.up(1000, ack, "again")
			p.up(1000, ack, "longer")
			p.up(1000, ack, "short")
			p.up(1000, ack, "longer")
		}, `
			1 tcp-mid-stream
			1> gap ? first
			2 tcp-number-repeated 5 of 1
			2> aside other
			3 tcp-number-repeated 5 of 1
			3> aside again
			4 tcp-retransmission 5 of 3
			5 tcp-number-repeated 5 of 1
			5> gap ? longer
			6 tcp-number-repeated 5 of 1
			6> aside short
			7 tcp-retransmission 6 of 1
			7> end: end of the capture
			7< end: end of the capture`},

		{"same number, ahead of the stream", func(p *tape) {
			p.handshake()
			p.up(2000, ack, "one")
			p.up(2000, ack, "two")
			p.up(2000, ack, "six")
		}, `
			4 tcp-out-of-order 1000
			4 tcp-gap 1000
			4@5> gap 1000 one
			5 tcp-number-repeated 3 of 4
			5> aside two
			6 tcp-number-repeated 3 of 4
			6> aside six
			6> end: end of the capture
			6< end: end of the capture`},

		{"numbers that advance by less than the payload", func(p *tape) {
			p.up(1000, ack, "abcdef")
			p.up(1002, ack, "ghijkl")
			p.up(1004, ack, "mnopqr")
		}, `
			1 tcp-mid-stream
			1> gap ? abcdef
			2 tcp-overlap-different 4 of 1
			2> gap ? ghijkl
			3 tcp-overlap-different 4 of 2
			3> gap ? mnopqr
			3> end: end of the capture
			3< end: end of the capture`},

		{"numbers at random", func(p *tape) {
			p.handshake()
			p.up(0x30000000, ack, "abc")
			p.up(0xc0000000, ack, "def")
			p.up(0xc0000000, ack, "def")
			p.up(1000, ack, "ghi")
			p.up(0x70000000, ack, "jkl")
		}, `
			4 tcp-outside-window 3
			4> aside abc
			5 tcp-outside-window 3
			5> aside def
			6 tcp-retransmission 3 of 5
			7> ghi
			8 tcp-outside-window 3
			8> aside jkl
			8> end: end of the capture
			8< end: end of the capture`},

		{"the stream jumps and goes on", func(p *tape) {
			p.handshake()
			p.up(1000, ack, "abc")
			p.up(0x30000000, ack, "def")
			p.up(0x30000003, ack, "ghi")
			p.up(0x30000006, ack, "jkl")
			p.up(0x30000006, ack, "jkl")
		}, `
			4> abc
			5 tcp-outside-window 3
			5> aside def
			6 tcp-jump
			6> gap ? ghi
			7> jkl
			8 tcp-retransmission 3 of 7
			8> end: end of the capture
			8< end: end of the capture`},

		{"ports used again", func(p *tape) {
			p.handshake()
			p.up(1000, ack, "abc")
			p.segment(client, server, 777, 0, syn, "")
			p.segment(client, server, 777, 0, syn, "")
			p.segment(server, client, 888, 778, synAck, "")
			p.up(778, ack, "new")
			p.down(889, ack, "yes")
		}, `
			4> abc
			5> end: followed by a new connection between the same endpoints
			5< end: followed by a new connection between the same endpoints
			#2 5 tcp-endpoints-reused of 1
			#2 8> new
			#2 9< yes
			#2 9> end: end of the capture
			#2 9< end: end of the capture`},

		{"reset, and data afterwards", func(p *tape) {
			p.handshake()
			p.up(1000, ack, "abc")
			p.up(1006, ack, "ghi")
			p.down(5000, rst, "why")
			p.up(1009, ack, "late")
		}, `
			4> abc
			5 tcp-out-of-order 3
			6 tcp-reset-data 3
			5 tcp-gap 3
			5@6> gap 3 ghi
			6> end: reset
			6< end: reset
			7 tcp-after-end 4
			#2 7 tcp-mid-stream
			#2 7> gap ? late
			#2 7> end: end of the capture
			#2 7< end: end of the capture`},

		{"reset that the receiver ignores", func(p *tape) {
			p.handshake()
			p.up(1000, ack, "abc")
			p.up(0x7000_0000, rst, "")
			p.up(1003, ack, "def")
		}, `
			4> abc
			5 tcp-reset-outside-window
			6> def
			6> end: end of the capture
			6< end: end of the capture`},

		{"keep-alive and zero window probes", func(p *tape) {
			p.handshake()
			p.up(1000, ack, "abc")
			p.up(1002, ack, "")
			p.up(1002, ack, "\x00") // keep-alive with an octet of rubbish
			p.up(1003, ack, "d")    // zero window probe with one new octet
			p.up(1003, ack, "d")    // the same again, not accepted so far
			p.up(1003, ack, "def")  // the window has opened
		}, `
			4> abc
			6 tcp-keep-alive 1
			7> d
			8 tcp-keep-alive 1
			9 tcp-retransmission 1 of 7
			9> ef
			9> end: end of the capture
			9< end: end of the capture`},

		{"segments cut short by the snap length", func(p *tape) {
			p.handshake()
			cut := p.up(1000, ack, "abcdef")
			cut.Data = cut.Data[:len(cut.Data)-4]
			p.up(1006, ack, "ghi")
			cut = p.up(1009, ack, "jkl")
			cut.Data = cut.Data[:len(cut.Data)-3]
			p.up(1012, ack, "mno")
		}, `
			4 cut-short 4
			4> ab
			5> gap 4 ghi
			6 cut-short 3
			7> gap 3 mno
			7> end: end of the capture
			7< end: end of the capture`},

		{"wrong checksum: noted, and used", func(p *tape) {
			p.handshake()
			wrong := p.up(1000, ack, "abc")
			wrong.Data[14+20+16] ^= 0x55 // TCP checksum
			wrong = p.up(1003, ack, "def")
			wrong.Data[14+10] ^= 0x55 // IPv4 header checksum
		}, `
			4 tcp-checksum 3
			4> abc
			5 ip-checksum
			5> def
			5> end: end of the capture
			5< end: end of the capture`},

		{"headers that cannot be followed", func(p *tape) {
			p.handshake()
			p.up(1000, ack, "abc").Data[14+20+12] = 4 << 4 // data offset of 16 octets
			short := p.up(1000, ack, "abc")
			short.Data = short.Data[:14+20+10]
			p.up(1000, ack, "abc").Data[14] = 0x44 // header of 16 octets
			p.up(1000, ack, "abc")
		}, `
			4 damaged-headers
			5 damaged-headers
			6 damaged-headers
			7> abc
			7> end: end of the capture
			7< end: end of the capture`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			p := &tape{}
			test.make(p)
			p.run(t, nil).compare(t, test.want)
		})
	}
}

func TestOtherPackets(t *testing.T) {
	p := &tape{}
	add := func(iface *capture.Interface, data string) {
		p.frame([]byte(data)).Interface = iface
	}
	const macs = "\x01\x00\x5e\x00\x00\x02\x02\x00\x00\x00\x00\x01"
	wifi := &capture.Interface{Index: 1, LinkType: 105, Name: "wlan0"}
	add(ethernet, macs+"\x08\x06 who has")
	add(wifi, "beacon")
	add(ethernet, macs+"\x00\x26\x42\x42\x03 spanning tree")
	add(wifi, "beacon")
	add(&capture.Interface{Index: 7, LinkType: capture.LinkTypeUndeclared}, "anything")
	ping := udp(client, server, "ping")
	ping[14+9] = inet.ProtocolICMP
	ping[14+10], ping[14+11] = 0, 0
	p.frame(ping)
	p.frame(udp(client, server, "abc"))
	wrong := udp(client, server, "abd")
	wrong[14+20+6]++ // checksum
	p.frame(wrong)
	short := udp(client, server, "abc")
	short[14+20+5] = 7 // length
	p.frame(short)

	r := &transcript{}
	a := stream.New(r, nil)
	for i := range p.packets {
		a.Packet(&p.packets[i])
	}
	a.Close()
	r.compare(t, `
		2 link-type
		5 link-type
		7 udp 10.0.0.1:49152>10.0.0.2:2404 abc
		8 udp-checksum
		8 udp 10.0.0.1:49152>10.0.0.2:2404 abd
		9 damaged-headers`)
	want := &stream.Stats{
		Packets: 9, UDP: 3, Datagrams: 2, LengthFrames: 1, Damaged: 1, Unsupported: 3,
		Types: map[uint16]int64{inet.EtherTypeARP: 1}, Protocols: map[uint8]int64{inet.ProtocolICMP: 1},
	}
	if diff := cmp.Diff(want, a.Stats()); diff != "" {
		t.Error(diff)
	}
}

func TestNoteText(t *testing.T) {
	for want, n := range map[string]stream.Note{
		"packet 5: packets of this link type cannot be taken apart: IEEE802_11 (105), interface 1 (wlan0)": {
			Kind: stream.UnsupportedLink, Interface: &capture.Interface{Index: 1, LinkType: 105, Name: "wlan0"},
		},
		"packet 5: retransmission (3 octets), first in packet 4": {Kind: stream.Retransmission, Octets: 3, Other: 4},
		"packet 5: wrong TCP checksum, should be 0x00ff":         {Kind: stream.TCPChecksum, Checksum: 0xff, Octets: 3},
		"packet 5: the headers of the packet are damaged: how": {
			Kind: stream.Damaged, Problem: wire.Text{EN: "how", DE: "wie"},
		},
		"packet 5: the connection began before the capture": {Kind: stream.MidStream, Octets: stream.Unknown},
		"packet 5: unknown": {Kind: 255},
	} {
		n.Packet = 5
		if got := n.String(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	for kind := stream.UnsupportedLink; kind <= stream.TooManyConnections; kind++ {
		if text := kind.Text(); kind.Code() == "" || text.EN == "" || text.DE == "" || text.EN == text.DE {
			t.Errorf("kind %d: %q, %+v", kind, kind.Code(), text)
		}
	}
}

func TestUnwantedConnection(t *testing.T) {
	p := &tape{}
	p.handshake()
	p.up(1000, ack, "abc")
	p.up(2000, ack, "abc")
	r := &transcript{refuse: true}
	a := stream.New(r, nil)
	for i := range p.packets {
		a.Packet(&p.packets[i])
	}
	a.Close()
	r.compare(t, "")
	if got := a.Stats().Ignored; got != 6 {
		t.Errorf("%d octets ignored, want 6", got)
	}
}

func TestEndpoints(t *testing.T) {
	// The answer of a handshake shows who is the client, also when it comes
	// first.
	p := &tape{}
	p.segment(server, client, 4999, 1000, inet.SYN|inet.ACK, "")
	p.segment(server, client, 5000, 1000, ack, "xyz")
	var got *stream.Chunk
	a := stream.New(consumerFunc(func(c *stream.Chunk) { clone := *c; got = &clone }), nil)
	for i := range p.packets {
		a.Packet(&p.packets[i])
	}
	c := got.Connection
	if !c.Opened || c.Endpoints[0] != client || c.Endpoints[1] != server {
		t.Errorf("endpoints %v, opened %t", c.Endpoints, c.Opened)
	}
	if got.Direction != stream.Backward || got.Source() != server || got.Destination() != client || got.Time != 2e6 {
		t.Errorf("direction %d, %v > %v at %d", got.Direction, got.Source(), got.Destination(), got.Time)
	}
}

// consumerFunc takes chunks only.
type consumerFunc func(*stream.Chunk)

func (f consumerFunc) Open(*stream.Connection) stream.Stream { return f }
func (consumerFunc) Datagram(*stream.Datagram) bool          { return false }
func (consumerFunc) Note(*stream.Note)                       {}
func (f consumerFunc) Chunk(c *stream.Chunk)                 { f(c) }
func (consumerFunc) End(*stream.End)                         {}
