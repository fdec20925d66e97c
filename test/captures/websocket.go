package captures

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"slices"
	"strings"
	"time"

	"stellwerk/internal/capture"
	"stellwerk/internal/capture/fabricate"
	"stellwerk/websocket"
	"stellwerk/websocket/frame"
)

// webServer is where the servers of WebSocket are.
var webServer = netip.MustParseAddrPort("192.0.2.30:8080")

// socketKey is the key of RFC 6455, 1.3, and maskKey that of its 5.7.
const socketKey = "dGhlIHNhbXBsZSBub25jZQ=="

var maskKey = [4]byte{0x37, 0xfa, 0x21, 0x3d}

// socket is a connection of WebSocket, whose peers do what they are told. After an
// error nothing more is recorded.
type socket struct {
	recorder *fabricate.Recorder
	c        *fabricate.Conversation
	at       time.Time
	port     uint16
	missing  []int64 // packets that the capture lacks
	err      error
}

// websocketFaults is a capture of peers that break RFC 6455 and RFC 7692, and of
// captures that lack something: each on a connection of its own, the clients' ports
// count from 51001.
func websocketFaults(w io.Writer) error {
	var all bytes.Buffer
	s := &socket{recorder: fabricate.NewRecorder(&all, "stellwerk", "websocket"), at: begin, port: 51000}
	for _, talk := range slices.Concat(handshakeFaults, frameFaults, holes) {
		s.port++
		s.at = s.at.Add(time.Second)
		s.c = s.recorder.Conversation(netip.AddrPortFrom(centre.Addr(), s.port), webServer)
		talk(s)
	}
	s.do(s.recorder.Flush)
	if s.err != nil {
		return s.err
	}
	return without(w, &all, s.missing)
}

// without copies a capture except for some packets.
func without(w io.Writer, from io.Reader, missing []int64) error {
	reader, err := capture.NewReader(from, "memory")
	if err != nil {
		return err
	}
	to := capture.NewWriter(w, "stellwerk")
	var p capture.Packet
	for {
		switch err := reader.Next(&p); {
		case errors.Is(err, io.EOF):
			return to.Flush()
		case err != nil:
			return err
		case slices.Contains(missing, p.Number):
			continue
		}
		if err := to.Write(&p); err != nil {
			return err
		}
	}
}

func (s *socket) do(step func() error) {
	s.at = s.at.Add(10 * time.Millisecond)
	if s.err == nil {
		s.err = step()
	}
}

func (s *socket) send(side fabricate.Side, octets []byte) {
	s.do(func() error { return s.c.Send(s.at, side, octets) })
}

// lose sends what the capture lacks.
func (s *socket) lose(side fabricate.Side, octets []byte) {
	before := s.recorder.Packets()
	s.send(side, octets)
	for number := before + 1; number <= s.recorder.Packets(); number++ {
		s.missing = append(s.missing, number)
	}
}

func (s *socket) close() {
	s.do(func() error { return s.c.Close(s.at, fabricate.Client) })
	s.do(func() error { return s.c.Close(s.at, fabricate.Server) })
}

// request and response are those of a handshake that is right, with further lines.
func request(lines ...string) []byte {
	return []byte("GET /feed HTTP/1.1\r\nHost: plant.example:8080\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " + socketKey + "\r\n" + head(lines))
}

func response(lines ...string) []byte {
	return []byte("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " +
		websocket.AcceptFor(socketKey) + "\r\n" + head(lines))
}

func head(lines []string) string {
	if len(lines) == 0 {
		return "\r\n"
	}
	return strings.Join(lines, "\r\n") + "\r\n\r\n"
}

// open does the handshake; with deflate both sides agree on compression.
func (s *socket) open() {
	s.send(fabricate.Client, request())
	s.send(fabricate.Server, response())
}

func (s *socket) openDeflate(parameters string) {
	s.send(fabricate.Client, request("Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits"))
	s.send(fabricate.Server, response("Sec-WebSocket-Extensions: permessage-deflate"+parameters))
}

// encode returns a frame, masked where the client sends it.
func encode(side fabricate.Side, h frame.Header, payload string) []byte {
	h.Length, h.Masked, h.Key = int64(len(payload)), side == fabricate.Client, maskKey
	return masked(h, payload)
}

func masked(h frame.Header, payload string) []byte {
	octets := h.Append(nil)
	start := len(octets)
	octets = append(octets, payload...)
	if h.Masked {
		frame.Mask(octets[start:], h.Key, 0)
	}
	return octets
}

func text(payload string) (frame.Header, string) {
	return frame.Header{Fin: true, Opcode: frame.Text}, payload
}

// frame sends a frame.
func (s *socket) frame(side fabricate.Side, h frame.Header, payload string) {
	s.send(side, encode(side, h, payload))
}

func (s *socket) text(side fabricate.Side, payload string) {
	h, payload := text(payload)
	s.frame(side, h, payload)
}

// leave closes with 1000 from both sides.
func (s *socket) leave() {
	for _, side := range []fabricate.Side{fabricate.Client, fabricate.Server} {
		s.frame(side, frame.Header{Fin: true, Opcode: frame.Close}, "\x03\xe8")
	}
	s.close()
}

// talk makes a connection that is right but for what happens in its middle.
func talk(middle func(s *socket)) func(*socket) {
	return func(s *socket) {
		s.open()
		middle(s)
		s.leave()
	}
}

// sends makes a connection in which a side sends a frame.
func sends(side fabricate.Side, h frame.Header, payload string) func(*socket) {
	return talk(func(s *socket) { s.frame(side, h, payload) })
}

const (
	client = fabricate.Client
	server = fabricate.Server
)

// refusal is the answer to a request that is not taken.
const refusal = "HTTP/1.1 403 Forbidden\r\nContent-Type: text/plain\r\nContent-Length: 16\r\n\r\npages may not go"

var handshakeFaults = []func(*socket){
	func(s *socket) { // an old version and half a key, refused in chunks
		s.send(client, []byte("GET /feed HTTP/1.0\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 8\r\nSec-WebSocket-Key: AAAA\r\n\r\n"))
		s.send(server, []byte("HTTP/1.1 426 Upgrade Required\r\nTransfer-Encoding: chunked\r\nSec-WebSocket-Version: 13\r\n\r\n6\r\nonly 1\r\n2\r\n3\n\r\n0\r\n\r\n"))
		s.close()
	},
	func(s *socket) { // refused, and then not
		s.send(client, request("Origin: http://elsewhere.example", "Authorization: Bearer e30.e30.c2ln"))
		s.send(server, []byte(refusal))
		s.open()
		s.text(client, `{"hello":1}`)
		s.leave()
	},
	func(s *socket) { // an accept that belongs to another key
		s.send(client, request())
		s.send(server, []byte("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: upgrade\r\nSec-WebSocket-Accept: AAAAAAAAAAAAAAAAAAAAAAAAAAA=\r\n\r\n"))
		s.leave()
	},
	func(s *socket) { // what was not offered
		s.send(client, request("Sec-WebSocket-Protocol: a, b"))
		s.send(server, response("Sec-WebSocket-Protocol: c", "Sec-WebSocket-Extensions: x-other"))
		s.leave()
	},
	func(s *socket) { // parameters that cannot be
		s.openDeflate("; server_max_window_bits=7")
		s.leave()
	},
	func(s *socket) { // another request first, and the one for WebSocket octet by octet
		s.send(client, []byte("GET /page HTTP/1.1\r\nHost: plant.example\r\n\r\n"))
		s.send(server, []byte("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\npage"))
		for octet := range slices.Chunk(request("Sec-WebSocket-Protocol: points"), 61) {
			s.send(client, octet)
		}
		s.send(server, response("Sec-WebSocket-Protocol: points"))
		s.leave()
	},
}

var frameFaults = []func(*socket){
	talk(func(s *socket) { // masks the other way round
		h, payload := text("no mask")
		s.send(client, encode(server, h, payload))
		h, payload = text("a mask")
		s.send(server, encode(client, h, payload))
	}),
	sends(client, frame.Header{Fin: true, RSV1: true, RSV3: true, Opcode: frame.Text}, "bits"),
	sends(server, frame.Header{Fin: true, Opcode: 3}, "what is this"),
	talk(func(s *socket) { // lengths with more octets than they need
		s.send(server, append([]byte{0x82, 126, 0, 3}, "abc"...))
		s.send(server, append([]byte{0x82, 127, 0, 0, 0, 0, 0, 0, 0, 3}, "abc"...))
	}),
	talk(func(s *socket) { // a length that cannot be, and the next packet
		s.send(server, []byte{0x82, 127, 0x80, 0, 0, 0, 0, 0, 0, 3, 1, 2, 3})
		s.text(server, `{"again":true}`)
	}),
	sends(client, frame.Header{Opcode: frame.Ping}, "fragment"),
	sends(server, frame.Header{Fin: true, Opcode: frame.Pong}, strings.Repeat("x", 130)),
	sends(server, frame.Header{Fin: true, Opcode: frame.Continuation}, "of nothing"),
	talk(func(s *socket) {
		s.frame(client, frame.Header{Opcode: frame.Text}, "begun ")
		s.text(client, "and another")
	}),
	sends(server, frame.Header{Fin: true, Opcode: frame.Text}, "caf\xe9"),
	func(s *socket) { // a code that must not be sent, and half a one
		s.open()
		s.frame(client, frame.Header{Fin: true, Opcode: frame.Close}, "\x03\xed")
		s.frame(server, frame.Header{Fin: true, Opcode: frame.Close}, "\x03")
		s.close()
	},
	func(s *socket) { // a reason that is no text, and a message behind the close frame
		s.open()
		s.frame(server, frame.Header{Fin: true, Opcode: frame.Close}, "\x03\xe9\xff")
		s.text(server, "too late")
		s.frame(client, frame.Header{Fin: true, Opcode: frame.Close}, "")
		s.close()
	},
	func(s *socket) { // nobody closes
		s.open()
		s.text(server, "bye")
		s.do(func() error { return s.c.Reset(s.at, server) })
	},
	talk(func(s *socket) { // a ping without pong, and pongs without ping
		s.frame(client, frame.Header{Fin: true, Opcode: frame.Ping}, "are you there")
		s.frame(server, frame.Header{Fin: true, Opcode: frame.Pong}, "I am")
		s.at = s.at.Add(31 * time.Second)
		s.text(server, "late")
	}),
	func(s *socket) { // the messages of RFC 7692, 7.2.3, and one that is damaged
		s.openDeflate("")
		compressed := frame.Header{Fin: true, RSV1: true, Opcode: frame.Text}
		s.frame(client, compressed, "\xf2\x48\xcd\xc9\xc9\x07\x00")
		s.frame(client, compressed, "\xf2\x00\x11\x00\x00")
		s.frame(client, frame.Header{RSV1: true, Opcode: frame.Text}, "\xf2\x48\xcd")
		s.frame(client, frame.Header{Fin: true, Opcode: frame.Ping}, "between")
		s.frame(server, frame.Header{Fin: true, Opcode: frame.Pong}, "between")
		s.frame(client, frame.Header{Fin: true, Opcode: frame.Continuation}, "\xc9\xc9\x07\x00")
		s.frame(client, compressed, "\xff\xff\xff\xff")
		s.frame(client, compressed, "\xf2\x00\x11\x00\x00")
		s.leave()
	},
}

// holes are connections of which the capture lacks something.
var holes = []func(*socket){
	func(s *socket) { // the response
		s.send(client, request("Sec-WebSocket-Extensions: permessage-deflate"))
		s.lose(server, response("Sec-WebSocket-Extensions: permessage-deflate"))
		s.frame(client, frame.Header{Fin: true, RSV1: true, Opcode: frame.Text}, "\xf2\x48\xcd\xc9\xc9\x07\x00")
		s.text(server, `{"from":"the server"}`)
		s.leave()
	},
	func(s *socket) { // a message that the next one refers to
		s.openDeflate("")
		compressed := frame.Header{Fin: true, RSV1: true, Opcode: frame.Text}
		s.lose(client, encode(client, compressed, "\xf2\x48\xcd\xc9\xc9\x07\x00"))
		s.frame(client, compressed, "\xf2\x00\x11\x00\x00")
		s.frame(client, compressed, "\xf2\x48\xcd\xc9\xc9\x07\x00")
		s.leave()
	},
	talk(func(s *socket) { // the middle of a message: the next frame is known all the same
		octets := encode(server, frame.Header{Fin: true, Opcode: frame.Binary}, strings.Repeat("0123456789", 30))
		s.send(server, octets[:100])
		s.lose(server, octets[100:200])
		s.send(server, octets[200:])
		s.text(server, "whole")
	}),
	talk(func(s *socket) { // from the middle of a message into the next one
		first := encode(client, frame.Header{Fin: true, Opcode: frame.Binary}, strings.Repeat("0123456789", 30))
		h, payload := text("of which the beginning is missing")
		second := encode(client, h, payload)
		s.send(client, first[:100])
		s.lose(client, slices.Concat(first[100:], second[:10]))
		s.send(client, second[10:])
		s.text(client, "and this is whole")
	}),
	func(s *socket) { // its end
		s.open()
		s.send(server, encode(server, frame.Header{Fin: true, Opcode: frame.Binary}, fmt.Sprint(1<<40))[:8])
		s.do(func() error { return s.c.Reset(s.at, client) })
	},
}
