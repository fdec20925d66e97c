package websocket_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"stellwerk/internal/analyzer/dissect"
	"stellwerk/internal/analyzer/dissect/websocket"
	"stellwerk/internal/capture/stream"
	"stellwerk/websocket/frame"
	"stellwerk/wire"
)

const (
	request  = "GET /feed HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
	response = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"
)

// listener takes the chunks of a connection and writes down the lines.
type listener struct {
	t            testing.TB
	connection   stream.Connection
	conversation *websocket.Conversation
	shared       websocket.Shared
	packet       int64
	said         []string
	octets       int64 // of all lines
}

func listen(t testing.TB) *listener {
	l := &listener{t: t, connection: stream.Connection{Opened: true, Endpoints: [2]netip.AddrPort{
		netip.MustParseAddrPort("192.0.2.1:50000"), netip.MustParseAddrPort("192.0.2.2:80"),
	}}}
	l.conversation = websocket.New(&l.shared, &l.connection, nil, l.line)
	return l
}

func (l *listener) line(line *dissect.Line) {
	l.octets += max(int64(len(line.Octets)), line.Skipped)
	if line.Telegram == nil {
		l.said = append(l.said, "malformed: "+line.Malformed.EN)
		return
	}
	for _, lang := range []string{"en", "de"} {
		if summary := line.Telegram.AppendSummary(nil, lang); !utf8.Valid(summary) || bytes.ContainsAny(summary, "\n\x1b") {
			l.t.Errorf("summary %q", summary)
		}
	}
	l.said = append(l.said, string(line.Telegram.AppendSummary(nil, "en")))
	if object := line.Telegram.AppendJSON(nil); !json.Valid(object) {
		l.t.Errorf("no JSON: %s", object)
	}
	w := wire.NewWalker(line.Octets)
	line.Telegram.Walk(w)
	if joined := wire.Join(w.Nodes()); w.Rest() > 0 || !bytes.Equal(joined, line.Octets) {
		l.t.Errorf("the leaves are %x, the octets %x", joined, line.Octets)
	}
}

func (l *listener) chunk(direction stream.Direction, gap int64, octets string) {
	l.packet++
	l.conversation.Chunk(&stream.Chunk{
		Connection: &l.connection, Direction: direction, Packet: l.packet, Now: l.packet, Data: []byte(octets), Gap: gap,
	})
}

func (l *listener) end() {
	for _, direction := range []stream.Direction{stream.Forward, stream.Backward} {
		l.conversation.End(&stream.End{Connection: &l.connection, Direction: direction, Packet: l.packet})
	}
}

// framed returns a frame of the server.
func framed(opcode frame.Opcode, fin bool, payload string) string {
	h := frame.Header{Fin: fin, Opcode: opcode, Length: int64(len(payload))}
	return string(h.Append(nil)) + payload
}

func (l *listener) expect(want ...string) {
	l.t.Helper()
	if !slices.Equal(l.said, want) {
		l.t.Errorf("got\n %s\nwant\n %s", strings.Join(l.said, "\n "), strings.Join(want, "\n "))
	}
}

// However the octets are cut into packets, the lines are the same.
func TestEveryCut(t *testing.T) {
	octets := response + framed(frame.Text, false, `{"a":`) + framed(frame.Ping, true, "p") +
		framed(frame.Continuation, true, `1}`) + framed(frame.Binary, true, strings.Repeat("x", 200)) + framed(frame.Close, true, "\x03\xe8bye")
	for size := 1; size <= len(octets); size++ {
		l := listen(t)
		l.chunk(stream.Forward, 0, request)
		for part := range slices.Chunk([]byte(octets), size) {
			l.chunk(stream.Backward, 0, string(part))
		}
		l.end()
		l.expect("GET /feed  upgrade to WebSocket", "101 Switching Protocols", "ping 1 octets  70",
			`text 7 octets in 2 frames  {"a":1}`, "binary 200 octets  "+strings.Repeat("78", 50)+"…", "close 1000 normal closure  bye")
		if want := int64(len(request) + len(octets)); l.octets != want {
			t.Fatalf("%d octets in lines, want %d", l.octets, want)
		}
	}
}

// A gap of any place and length: the lines in front of it and those of the packets
// behind it are there, and nothing that was never sent.
func TestGapAnywhere(t *testing.T) {
	const texts = 12
	var octets, packets []string
	for i := range texts {
		octets = append(octets, fmt.Sprintf(`text %d octets  {"number":%d,"value":%d.5}`, len(fmt.Sprintf(`{"number":%d,"value":%d.5}`, i, i*i)), i, i*i))
		packets = append(packets, framed(frame.Text, true, fmt.Sprintf(`{"number":%d,"value":%d.5}`, i, i*i)))
	}
	whole := strings.Join(packets, "")
	for from := range len(packets[0]) * 3 {
		for length := 1; length < 80; length += 7 {
			l := listen(t)
			l.chunk(stream.Forward, 0, request)
			l.chunk(stream.Backward, 0, response)
			if from > 0 {
				l.chunk(stream.Backward, 0, whole[:from])
			}
			at, gap := from+length, int64(length)
			end := 0
			for _, packet := range packets {
				if end += len(packet); end <= at {
					continue
				}
				l.chunk(stream.Backward, gap, whole[max(at, end-len(packet)):end])
				gap = 0
			}
			l.end()
			for _, said := range l.said[2:] {
				if strings.HasPrefix(said, "text ") && !slices.Contains(octets, said) && !strings.HasPrefix(octets[max(0, min(texts-1, from/len(packets[0])-1))], said[:8]) {
					t.Errorf("gap of %d at %d: %s was never sent", length, from, said)
				}
			}
			if last := l.said[len(l.said)-1]; last != octets[texts-1] {
				t.Errorf("gap of %d at %d: the last line is %s", length, from, last)
			}
		}
	}
}

// A connection of which nothing but the middle was captured.
func TestMidStream(t *testing.T) {
	l := listen(t)
	l.connection.Opened = false
	l.conversation = websocket.New(&l.shared, &l.connection, nil, l.line)
	l.chunk(stream.Backward, stream.Unknown, "le of a text"+framed(frame.Text, true, "x"))
	l.chunk(stream.Backward, 0, framed(frame.Text, true, "from here on")+framed(frame.Ping, true, ""))
	masked := frame.Header{Fin: true, Opcode: frame.Pong, Masked: true, Key: [4]byte{1, 2, 3, 4}}
	l.chunk(stream.Forward, stream.Unknown, string(masked.Append(nil)))
	l.end()
	l.expect("malformed: 15 octet(s) passed over: no frame can begin here", "text 12 octets  from here on", "ping 0 octets", "pong 0 octets")
}

// Requests of others are given back.
func TestDoubtful(t *testing.T) {
	for _, test := range []struct {
		name    string
		chunks  []string
		back    bool // the last chunk is the server's
		certain bool
		passed  int64
	}{
		{"in one packet", []string{request}, false, true, 0},
		{"octet by octet", strings.Split(request, ""), false, true, 0},
		{"a page", []string{"GET / HTTP/1.1\r\n", "Host: a\r\n\r\n"}, false, false, 27},
		{"no HTTP", []string{"GET \x00\x01\r\n\r\n"}, false, false, 10},
		{"answered too early", []string{"GET / HT", "HTTP/1.1 400 Bad\r\n\r\n"}, true, false, 28},
		{"without end", []string{"GET /", strings.Repeat("x", 70000)}, false, false, 70005},
	} {
		t.Run(test.name, func(t *testing.T) {
			l := listen(t)
			certain, passed := false, int64(0)
			l.conversation = websocket.NewDoubtful(&l.shared, &l.connection, nil, l.line,
				func() { certain = true },
				func(octets [2]int64) { passed += octets[0] + octets[1] })
			for i, chunk := range test.chunks {
				direction := stream.Forward
				if test.back && i == len(test.chunks)-1 {
					direction = stream.Backward
				}
				l.chunk(direction, 0, chunk)
			}
			if certain != test.certain || passed != test.passed || certain != (len(l.said) == 1) {
				t.Errorf("certain %v, passed %d, lines %q", certain, passed, l.said)
			}
		})
	}
}

// A message longer than what is kept is shown as far as it is, and costs no more.
func TestLongMessage(t *testing.T) {
	l := listen(t)
	l.chunk(stream.Forward, 0, request)
	l.chunk(stream.Backward, 0, response)
	h := frame.Header{Opcode: frame.Text, Length: 3 << 20}
	l.chunk(stream.Backward, 0, string(h.Append(nil)))
	for range 3 << 10 {
		l.chunk(stream.Backward, 0, strings.Repeat("ä", 512))
	}
	for range 10000 {
		l.chunk(stream.Backward, 0, framed(frame.Continuation, false, ""))
	}
	l.chunk(stream.Backward, 0, framed(frame.Continuation, true, "")+framed(frame.Text, true, "next"))
	l.end()
	if len(l.said) != 4 || !strings.HasPrefix(l.said[2], "text 3145728 octets in 10002 frames  ää") || l.said[3] != "text 4 octets  next" {
		t.Errorf("%.200q", l.said)
	}
}

// FuzzConversation: whatever comes, every octet is part of a line or given back,
// and what is printed can be printed.
func FuzzConversation(f *testing.F) {
	f.Add([]byte(request), []byte(response+framed(frame.Text, true, "x")), uint16(7), true)
	f.Add([]byte(request), []byte("HTTP/1.1 403 No\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"), uint16(1000), false)
	f.Add([]byte(request), []byte(strings.TrimSuffix(response, "\r\n")+"Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n\xc1\x07\xf2\x48\xcd\xc9\xc9\x07\x00\xc1\x05\xf2\x00\x11\x00\x00"), uint16(50), true)
	f.Add([]byte("\x81\x05Hello\x88\x02\x03\xe8"), []byte("\x82\x7f\xff\xff\xff\xff\xff\xff\xff\xff"), uint16(3), true)
	f.Fuzz(func(t *testing.T, forward, backward []byte, size uint16, opened bool) {
		l := listen(t)
		l.connection.Opened = opened
		l.conversation = websocket.New(&l.shared, &l.connection, nil, l.line)
		for direction, octets := range [][]byte{forward, backward} {
			for part := range slices.Chunk(octets, int(size)+1) {
				l.chunk(stream.Direction(direction), 0, string(part))
			}
		}
		l.end()
		if want := int64(len(forward) + len(backward)); l.octets != want {
			t.Errorf("%d octets in lines, want %d: %q", l.octets, want, l.said)
		}
	})
}
