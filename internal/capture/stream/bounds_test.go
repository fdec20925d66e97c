package stream_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"runtime"
	"testing"
	"time"

	"stellwerk/internal/capture"
	"stellwerk/internal/capture/fabricate"
	"stellwerk/internal/capture/inet"
	"stellwerk/internal/capture/stream"
)

func TestTooManyConnections(t *testing.T) {
	p := &tape{}
	from := func(port uint16) netip.AddrPort { return netip.AddrPortFrom(client.Addr(), port) }
	p.segment(from(1), server, 1000, 0, ack, "a")
	p.segment(from(2), server, 1000, 0, ack, "b")
	p.segment(from(1), server, 1001, 0, ack, "c")
	p.segment(from(1), server, 1009, 0, ack, "waits")
	p.segment(from(3), server, 1000, 0, ack, "d") // in place of the second
	p.segment(from(3), server, 1001, 0, rst, "")
	p.segment(from(4), server, 1000, 0, ack, "e") // in place of the first
	p.segment(from(5), server, 1000, 0, ack, "f") // in place of the closed third
	p.run(t, &stream.Options{Connections: 2}).compare(t, `
		1 tcp-mid-stream
		1> gap ? a
		#2 2 tcp-mid-stream
		#2 2> gap ? b
		3> c
		4 tcp-out-of-order 7
		#2 5 too-many-connections
		#2 5> end: given up: too many connections
		#2 5< end: given up: too many connections
		#3 5 tcp-mid-stream
		#3 5> gap ? d
		#3 6> end: reset
		#3 6< end: reset
		7 too-many-connections 5
		4 tcp-gap 7
		4@7> gap 7 waits
		7> end: given up: too many connections
		7< end: given up: too many connections
		#4 7 tcp-mid-stream
		#4 7> gap ? e
		#5 8 tcp-mid-stream
		#5 8> gap ? f
		#4 8> end: end of the capture
		#4 8< end: end of the capture
		#5 8> end: end of the capture
		#5 8< end: end of the capture`)
}

func TestTooMuchWaits(t *testing.T) {
	tests := []struct {
		name    string
		options stream.Options
	}{
		{"octets", stream.Options{PendingOctets: 6}},
		{"segments", stream.Options{PendingSegments: 2}},
		{"octets altogether", stream.Options{TotalPending: 6}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			p := &tape{}
			p.handshake()
			p.up(1010, ack, "abc")
			p.up(1020, ack, "def")
			p.up(1013, ack, "ghi")
			p.up(1005, ack, "jkl")
			p.run(t, &test.options).compare(t, `
				4 tcp-out-of-order 10
				5 tcp-out-of-order 20
				4 tcp-gap 10
				4@6> gap 10 abc
				6> ghi
				7 tcp-late 3
				7> aside jkl
				5 tcp-gap 4
				5@7> gap 4 def
				7> end: end of the capture
				7< end: end of the capture`)
		})
	}
}

func TestNoRoomToWait(t *testing.T) {
	// A single segment that is too large to wait.
	p := &tape{}
	p.handshake()
	p.up(1010, ack, "abcdefgh")
	p.up(1018, ack, "ijk")
	p.run(t, &stream.Options{PendingOctets: 4}).compare(t, `
		4 tcp-gap 10
		4> gap 10 abcdefgh
		5> ijk
		5> end: end of the capture
		5< end: end of the capture`)
}

func TestHistoryIsBounded(t *testing.T) {
	p := &tape{}
	p.handshake()
	p.up(1000, ack, "0123456789")
	p.up(1010, ack, "abcdefghij")
	p.up(1000, ack, "ZZZZZZZZZZ") // too long ago to tell
	p.up(1010, ack, "abcdefghiZ")
	p.up(1020, ack, "a segment longer than the history")
	p.up(1052, ack, "y")
	p.up(1051, ack, "ry")
	p.run(t, &stream.Options{History: 16}).compare(t, `
		4> 0123456789
		5> abcdefghij
		6 tcp-number-repeated 10 of 4
		6> aside ZZZZZZZZZZ
		7 tcp-number-repeated 10 of 5
		7> aside abcdefghiZ
		8> a segment longer than the history
		9 tcp-keep-alive 1
		10 tcp-retransmission 2 of 8
		10> end: end of the capture
		10< end: end of the capture`)
}

// TestMemory sends octets that wait for ever, on more connections
// than are followed, with fragments that never become whole, and looks at the
// memory in use.
func TestMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	a := stream.New(consumerFunc(func(*stream.Chunk) {}), &stream.Options{
		Connections: 500, TotalPending: 4 << 20, TotalHistory: 4 << 20,
	})
	payload := bytes.Repeat([]byte("0123456789abcdef"), 80)
	frame := (&fabricate.Segment{Source: client, Destination: server, Flags: inet.ACK, Payload: payload}).Append(nil)
	fragment := fragments(udp(client, server, string(payload)), 1, 0, 1024)[1]
	inUse := func() uint64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before := inUse()
	p := capture.Packet{Interface: ethernet}
	var most uint64
	for i := range uint32(60_000) {
		p.Number++
		p.Time += 1000
		p.Data = frame
		connection, round := i%1500, i/1500
		binary.BigEndian.PutUint32(frame[14+12:], 0x0a000000+connection) // source
		binary.BigEndian.PutUint32(frame[14+20+4:], 2*round*uint32(len(payload)))
		if i%10 == 9 {
			p.Data = fragment
			binary.BigEndian.PutUint16(fragment[14+4:], uint16(i))
			binary.BigEndian.PutUint16(fragment[14+6:], 0x1e00) // offset 61,440
		}
		p.Length = len(p.Data)
		a.Packet(&p)
		if i%10_000 == 9_999 {
			most = max(most, inUse()-before)
		}
	}
	a.Close()
	if limit := uint64(32 << 20); most > limit {
		t.Errorf("%d MiB in use, at most %d are expected", most>>20, limit>>20)
	}
	t.Logf("%d MiB in use at most", most>>20)
}

// longCapture is a capture of two hosts that exchange telegrams, n packets in
// all.
func longCapture(tb testing.TB, n int) []byte {
	tb.Helper()
	var file bytes.Buffer
	r := fabricate.NewRecorder(&file, "", "test")
	c := r.Conversation(client, server)
	telegram := []byte("h\x16\x00\x00\x00\x00\x24\x01\x03\x00\x01\x00\xa1\x0f\x00\x00\x00\x80\x3f\x00\xe8\x03\x22\x0c")
	at := time.Unix(1_700_000_000, 0)
	for i := int64(0); r.Packets() < int64(n); i++ {
		at = at.Add(time.Millisecond)
		if err := c.Send(at, fabricate.Side(i&1), telegram); err != nil {
			tb.Fatal(err)
		}
	}
	if err := r.Flush(); err != nil {
		tb.Fatal(err)
	}
	return file.Bytes()
}

// read takes a capture through reader and assembler.
func read(tb testing.TB, file []byte, consumer stream.Consumer) *stream.Stats {
	tb.Helper()
	reader, err := capture.NewReader(bytes.NewReader(file), "test")
	if err != nil {
		tb.Fatal(err)
	}
	a := stream.New(consumer, nil)
	var p capture.Packet
	for {
		err := reader.Next(&p)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			tb.Fatal(err)
		}
		a.Packet(&p)
	}
	a.Close()
	return a.Stats()
}

func TestNoAllocationPerPacket(t *testing.T) {
	file := longCapture(t, 20_000)
	consumer := consumerFunc(func(*stream.Chunk) {})
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	read(t, file, consumer)
	runtime.ReadMemStats(&after)
	if n := after.Mallocs - before.Mallocs; n > 200 {
		t.Errorf("%d allocations for 20,000 packets", n)
	}
}

func BenchmarkCapture(b *testing.B) {
	const packets = 200_000
	file := longCapture(b, packets)
	b.Run(fmt.Sprintf("packets=%d", packets), func(b *testing.B) {
		b.ReportAllocs()
		b.SetBytes(int64(len(file)))
		octets := 0
		consumer := consumerFunc(func(c *stream.Chunk) { octets += len(c.Data) })
		for b.Loop() {
			if s := read(b, file, consumer); s.Packets != packets {
				b.Fatal(s.Packets)
			}
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/packets, "ns/packet")
	})
}
