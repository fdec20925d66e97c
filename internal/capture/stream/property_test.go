package stream_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"

	"stellwerk/internal/capture/fabricate"
	"stellwerk/internal/capture/inet"
	"stellwerk/internal/capture/stream"
)

// collector puts the octets of each direction together again, and everything
// beside the streams.
type collector struct {
	streams [2]bytes.Buffer
	asides  int
	gaps    int
	notes   map[stream.Kind]int
}

func (c *collector) Open(*stream.Connection) stream.Stream { return c }
func (c *collector) Datagram(*stream.Datagram) bool        { return false }
func (c *collector) Note(n *stream.Note) {
	if c.notes == nil {
		c.notes = map[stream.Kind]int{}
	}
	c.notes[n.Kind]++
}
func (c *collector) End(*stream.End) {}
func (c *collector) Chunk(k *stream.Chunk) {
	switch {
	case k.Aside:
		c.asides++
		return
	case k.Gap != 0:
		c.gaps++
	}
	c.streams[k.Direction].Write(k.Data)
}

// choices are the decisions that a test takes: at random, or by a fuzzer.
type choices interface{ below(n int) int }

type random struct{ *rand.Rand }

func (r random) below(n int) int { return r.IntN(n) }

// fuzzed takes its decisions from the fuzzer's octets, and 0 behind their end.
type fuzzed struct{ data []byte }

func (f *fuzzed) below(n int) int {
	if len(f.data) == 0 {
		return 0
	}
	value := int(f.data[0])
	f.data = f.data[1:]
	return value % n
}

// network sends two streams through a bad network: cut into segments, cut anew
// for retransmission, duplicated, and reordered within a window.
func network(choose choices, octets int) (p *tape, want [2][]byte) {
	p = &tape{}
	first := [2]uint32{uint32(choose.below(256)) << 24, 0xffffffff - uint32(choose.below(256))}
	p.segment(client, server, first[0]-1, 0, syn, "")
	p.segment(server, client, first[1]-1, first[0], synAck, "")
	for side := range want {
		want[side] = make([]byte, octets)
		for i := range want[side] {
			want[side][i] = byte(i*7 + i>>8 + side)
		}
	}
	type piece struct{ side, start, end int }
	var queue []piece
	sent := [2]int{}
	for sent[0] < octets || sent[1] < octets {
		side := choose.below(2)
		if sent[side] == octets {
			side = 1 - side
		}
		end := min(sent[side]+1+choose.below(40), octets)
		queue = append(queue, piece{side, sent[side], end})
		sent[side] = end
		if choose.below(4) == 0 { // again, with other boundaries
			start := max(0, end-1-choose.below(100))
			queue = append(queue, piece{side, start, min(start+1+choose.below(60), end)})
		}
	}
	for i := range queue { // reorder within 20 segments
		j := min(len(queue)-1, i+choose.below(20))
		queue[i], queue[j] = queue[j], queue[i]
	}
	for _, q := range queue {
		payload := want[q.side][q.start:q.end]
		s := fabricate.Segment{
			Source: client, Destination: server, Flags: inet.ACK,
			Sequence: first[q.side] + uint32(q.start), Payload: payload,
			Acknowledgment: first[1-q.side],
		}
		if q.side == 1 {
			s.Source, s.Destination = server, client
		}
		p.frame(s.Append(nil))
	}
	return p, want
}

// checkNetwork compares what the assembler makes of a bad network with what
// was sent.
func checkNetwork(t *testing.T, choose choices, octets int) {
	t.Helper()
	p, want := network(choose, octets)
	c := &collector{}
	a := stream.New(c, &stream.Options{History: 1 << 20})
	for i := range p.packets {
		a.Packet(&p.packets[i])
	}
	a.Close()
	for side := range want {
		if got := c.streams[side].Bytes(); !bytes.Equal(got, want[side]) {
			t.Fatalf("direction %d: %d octets, want %d; first difference at %d", side, len(got), len(want[side]), mismatch(got, want[side]))
		}
	}
	if c.asides != 0 || c.gaps != 0 {
		t.Errorf("%d chunks beside the stream, %d gaps; notes %v", c.asides, c.gaps, c.notes)
	}
	if s := a.Stats(); s.Payload != s.Delivered+s.Withheld {
		t.Errorf("octets unaccounted for: %+v", *s)
	}
}

func mismatch(a, b []byte) int {
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return i
		}
	}
	return min(len(a), len(b))
}

func TestBadNetwork(t *testing.T) {
	for seed := range uint64(150) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			checkNetwork(t, random{rand.New(rand.NewPCG(seed, 1))}, 3000)
		})
	}
}

func FuzzBadNetwork(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte{255, 1, 0, 39, 3, 17, 200, 4, 9, 1, 5, 0, 90, 44})
	f.Fuzz(func(t *testing.T, data []byte) {
		checkNetwork(t, &fuzzed{data}, 400)
	})
}

// FuzzSegments sends segments with any numbers and flags between two hosts:
// whatever they are, every octet is handed on or named, and streams end.
func FuzzSegments(f *testing.F) {
	f.Add([]byte("\x00\x02\x00\x00\x00\x00\x00\x10\x00\x00\x05\x00\x10\x00\x05\x05\x11\x00\x07\x03\x01\x00\x0c\x00"))
	f.Add([]byte("\x02\x00\x00\x00\x12\x00\x00\x00\x10\x00\x01\x09\x10\x00\x01\x09\x10\x40\x01\x09\x14\x00\x0a\x01"))
	f.Fuzz(func(t *testing.T, data []byte) {
		p := &tape{}
		for len(data) >= 4 {
			op, high, low, length := data[0], data[1], data[2], data[3]
			data = data[4:]
			source, destination := client, server
			if op&0x20 != 0 {
				source, destination = server, client
			}
			payload := bytes.Repeat([]byte{'a' + length>>5}, int(length&0x1f))
			sequence := uint32(high)<<24 | uint32(low)
			k := p.segment(source, destination, sequence, sequence+uint32(high&7), op&0x17, string(payload))
			if op&0x40 != 0 && len(payload) > 2 {
				k.Data = k.Data[:len(k.Data)-2]
			}
			if op&0x80 != 0 {
				k.Time += 60e9
			}
		}
		small := &stream.Options{Connections: 2, PendingOctets: 64, PendingSegments: 4, TotalPending: 100, History: 64, TotalHistory: 128}
		p.run(t, small)
		p.run(t, nil)
	})
}
