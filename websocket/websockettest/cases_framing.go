package websockettest

import (
	"bytes"
	"fmt"

	"stellwerk/websocket"
	"stellwerk/websocket/frame"
)

// octets are n octets that a mask or a lost octet would change; those of a text
// are ASCII.
func octets(kind websocket.Opcode, n int) []byte {
	data := make([]byte, n)
	for i := range data {
		data[i] = byte(i*7 + i>>8)
		if kind == frame.Text {
			data[i] = ' ' + data[i]%95
		}
	}
	return data
}

// echoed are steps that send frames and await them as one message.
func echoed(chop int, kind websocket.Opcode, payload []byte, sent ...Frame) step {
	return step{send: sent, chop: chop, want: []Frame{whole(kind, payload)}}
}

// framingCases have payloads of all lengths, in pieces of all lengths, lengths
// in the wrong form and masks where they must not be (5.1, 5.2).
func framingCases() (all []Case) {
	add := func(clause string, code frame.CloseCode, steps []step, name string, arguments ...any) {
		all = append(all, Case{Name: fmt.Sprintf(name, arguments...), Clause: clause, code: code, steps: steps})
	}
	for _, kind := range []websocket.Opcode{frame.Text, frame.Binary} {
		for _, size := range []int{0, 1, 2, 16, 124, 125, 126, 127, 128, 255, 256, 1000, 65534, 65535, 65536, 65537, 200_000} {
			payload := octets(kind, size)
			add("5.2", 0, []step{echoed(0, kind, payload, whole(kind, payload))}, "%s of %d octets", kind, size)
			chop := 997
			if size <= 1000 {
				chop = 1
			}
			add("5.2", 0, []step{echoed(chop, kind, payload, whole(kind, payload))}, "%s of %d octets in pieces of %d", kind, size, chop)
		}
	}
	for _, size := range []int{5, 126, 70_000} {
		payload := octets(frame.Binary, size)
		for at := 1 + size>>13; at <= frame.MaxHeader+1; at++ { // fewer of what takes long
			add("5.2", 0, []step{echoed(at, frame.Binary, payload, whole(frame.Binary, payload))}, "%d octets, cut at every %d. octet", size, at)
		}
	}
	var many []Frame
	for size := range 130 {
		many = append(many, whole(frame.Binary, octets(frame.Binary, size)))
	}
	add("5.2", 0, []step{{send: many, want: many}}, "130 messages with one write")
	add("5.2", 0, []step{{send: many, want: many, chop: 3}}, "130 messages in pieces of 3 octets")
	for _, octetsOfLength := range []int{2, 8} {
		sizes := []int{0, 1, 125}
		if octetsOfLength == 8 {
			sizes = append(sizes, 126, 65535)
		}
		for _, size := range sizes {
			long := whole(frame.Binary, octets(frame.Binary, size))
			long.LengthOctets = octetsOfLength
			add("5.2", frame.ProtocolError, []step{{send: []Frame{long}}}, "length %d with %d octets", size, octetsOfLength)
		}
	}
	for _, length := range []int64{-1, -1 << 63} {
		negative := Frame{Header: frame.Header{Fin: true, Opcode: frame.Binary, Length: length}, Part: true, LengthOctets: 8}
		add("5.2", frame.ProtocolError, []step{{send: []Frame{negative}}}, "length %#x", uint64(length))
	}
	for _, opcode := range []websocket.Opcode{frame.Text, frame.Binary, frame.Ping, frame.Pong, frame.Close} {
		for _, size := range []int{0, 2} {
			masked := whole(opcode, bytes.Repeat([]byte{3}, size))
			masked.WrongMask = true
			add("5.1", frame.ProtocolError, []step{{send: []Frame{masked}}}, "%s frame of %d octets with the mask of the other role", opcode, size)
		}
	}
	first := Frame{Header: frame.Header{Opcode: frame.Text}, Payload: []byte("be")}
	second := Frame{Header: frame.Header{Fin: true}, Payload: []byte("gin"), WrongMask: true}
	add("5.1", frame.ProtocolError, []step{{send: []Frame{first, second}}}, "continuation with the mask of the other role")
	return all
}
