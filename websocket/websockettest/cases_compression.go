package websockettest

import (
	"fmt"
	"strings"

	"stellwerk/websocket"
	"stellwerk/websocket/frame"
)

// reading is data as plants have it, which compresses well, and of which no two
// messages are the same.
func reading(begin, size int) []byte {
	var b strings.Builder
	for i := begin; b.Len() < size; i++ {
		fmt.Fprintf(&b, `{"name":"MAIN.fPower%d","value":%d.%03d,"quality":"good"}`, i%17, i*7919%1000, i*31%1000)
	}
	return []byte(b.String()[:size])
}

// compressionCases have all kinds of messages with all kinds of parameters
// (7692, 7.1 and 7.2).
func compressionCases() (all []Case) {
	loads := []struct{ messages, size, fragment int }{{20, 16, 0}, {20, 256, 64}, {10, 1024, 0}, {4, 4096, 100}, {2, 10_000, 0}, {2, 20_000, 5000}}
	for _, serverBits := range []int{8, 11, 15} {
		for _, clientBits := range []int{8, 11, 15} {
			for takeover := range 4 {
				d := parameters{serverBits, clientBits, takeover&1 != 0, takeover&2 != 0}
				for _, load := range loads {
					var messages []message
					for i := range load.messages {
						kind := frame.Text + websocket.Opcode(i&1)
						messages = append(messages, message{kind: kind, data: reading(i*load.size, load.size), fragment: load.fragment, compress: true})
					}
					name := fmt.Sprintf("%s: %d messages of %d octets", d, load.messages, load.size)
					if load.fragment != 0 {
						name += fmt.Sprintf(" in fragments of %d", load.fragment)
					}
					all = append(all, Case{
						Name: name, Clause: "7692, 7.2", Compression: &websocket.Deflate{}, Extension: d.String(), deflate: d,
						steps: []step{{messages: messages}},
					})
				}
			}
		}
	}
	return all
}

// String returns the extension with the parameters.
func (p parameters) String() string {
	text := "permessage-deflate"
	if p.serverNoTakeover {
		text += "; server_no_context_takeover"
	}
	if p.clientNoTakeover {
		text += "; client_no_context_takeover"
	}
	if p.serverBits != 0 {
		text += fmt.Sprintf("; server_max_window_bits=%d", p.serverBits)
	}
	if p.clientBits != 0 {
		text += fmt.Sprintf("; client_max_window_bits=%d", p.clientBits)
	}
	return text
}

// deflateCases have compressed messages that other compressors make, and wrong
// ones (7692, 6 and 7.2).
func deflateCases() (all []Case) {
	add := func(name string, code frame.CloseCode, steps ...step) {
		all = append(all, Case{
			Name: name, Clause: "7692, 7.2", Compression: &websocket.Deflate{}, Extension: "permessage-deflate", code: code, steps: steps,
		})
	}
	packed := func(payload string) Frame {
		return Frame{Header: frame.Header{Fin: true, RSV1: true, Opcode: frame.Text}, Payload: []byte(payload)}
	}
	const hello = "\xf2\x48\xcd\xc9\xc9\x07\x00" // "Hello", as RFC 7692 has it
	plain := message{kind: frame.Text, data: []byte("plain")}
	for _, example := range []struct{ name, payload, text string }{
		{"one block", hello, "Hello"},
		{"a block without compression", "\x00\x05\x00\xfa\xffHello\x00", "Hello"},
		{"a last block", "\xf3\x48\xcd\xc9\xc9\x07\x00\x00", "Hello"},
		{"two blocks", "\xf2\x48\x05\x00\x00\x00\xff\xff\xca\xc9\xc9\x07\x00", "Hello"},
		{"nothing", "\x00", ""},
		{"nothing in many blocks", "\x00\x00\x00\xff\xff\x00\x00\x00\xff\xff\x00", ""},
		{"blocks without compression, one of them empty", "\x00\x02\x00\xfd\xffHe\x00\x00\x00\xff\xff\x00\x03\x00\xfc\xffllo\x00", "Hello"},
	} {
		for _, most := range []int{0, 1, 3} {
			sent := fragments(frame.Text, true, most, []byte(example.payload))
			name := example.name
			if most != 0 {
				name += fmt.Sprintf(" in fragments of %d", most)
			}
			add(name, 0, step{send: sent, unpacked: []string{example.text}}, step{messages: []message{plain}}, step{send: sent, chop: 1, unpacked: []string{example.text}})
		}
	}
	// What the options of the subject say as well.
	for _, bits := range [][2]int{{8, 15}, {15, 8}, {9, 12}} {
		for takeover := range 4 {
			d := parameters{bits[0], bits[1], takeover&1 != 0, takeover&2 != 0}
			var messages []message
			for i := range 5 {
				messages = append(messages, message{kind: frame.Text, data: reading(i, 4000), compress: true}, plain)
			}
			all = append(all, Case{
				Name: "wanted by both: " + d.String(), Clause: "7692, 7.1", Extension: d.String(), deflate: d, steps: []step{{messages: messages}},
				Compression: &websocket.Deflate{
					ServerMaxWindowBits: d.serverBits, ClientMaxWindowBits: d.clientBits,
					ServerNoContextTakeover: d.serverNoTakeover, ClientNoContextTakeover: d.clientNoTakeover,
				},
			})
		}
	}
	add("a message that refers to the one before", 0,
		step{send: []Frame{packed(hello), packed("\xf2\x00\x11\x00\x00")}, unpacked: []string{"Hello", "Hello"}},
		step{messages: []message{plain}}, step{send: []Frame{packed("\xf2\x00\x11\x00\x00")}, unpacked: []string{"Hello"}})
	add("messages compressed and not in turns", 0, step{messages: []message{
		{kind: frame.Text, data: reading(0, 500), compress: true},
		plain,
		{kind: frame.Binary, data: reading(0, 500), compress: true, fragment: 10},
		{kind: frame.Binary, data: reading(1, 500), fragment: 10},
		{kind: frame.Text, data: nil, compress: true},
		{kind: frame.Text, data: reading(0, 500), compress: true},
	}})
	add("a ping within a compressed message", 0, step{
		send: []Frame{{Header: frame.Header{RSV1: true, Opcode: frame.Text}, Payload: []byte(hello[:3])}, whole(frame.Ping, []byte("?")), whole(frame.Continuation, []byte(hello[3:]))},
		want: []Frame{whole(frame.Pong, []byte("?"))}, unpacked: []string{"Hello"},
	})
	add("empty fragments of a compressed message", 0, step{
		send:     []Frame{{Header: frame.Header{RSV1: true, Opcode: frame.Text}}, part(frame.Continuation, hello), part(frame.Continuation, ""), whole(frame.Continuation, nil)},
		unpacked: []string{"Hello"},
	})
	for _, damaged := range []struct{ name, payload string }{
		{"a block of type 3", "\x07\x00"},
		{"a distance beyond the beginning", "\xf2\x00\x11\x00\x00"},
		{"a length that does not agree with its inverse", "\x00\x05\x00\x00\x00Hello\x00"},
		{"the end within a block", "\x00\x09\x00\xf6\xffHe"},
		{"noise", "\xff\xff\xff\xff"},
	} {
		add(damaged.name, frame.InvalidPayload, step{send: []Frame{packed(damaged.payload)}})
		add(damaged.name+", behind a right message", frame.InvalidPayload, step{messages: []message{plain}}, step{send: []Frame{packed(damaged.payload)}, chop: 1})
	}
	add("text that is not UTF-8", frame.InvalidPayload, step{send: []Frame{packed("\x00\x03\x00\xfc\xffab\xff\x00")}})
	add("text that ends within a character", frame.InvalidPayload, step{send: []Frame{packed("\x00\x03\x00\xfc\xffab\xc3\x00")}})
	bits := func(name string, sent ...Frame) { add(name, frame.ProtocolError, step{send: sent}) }
	bits("RSV1 on a continuation", part(frame.Text, "he"), Frame{Header: frame.Header{Fin: true, RSV1: true}, Payload: []byte("llo")})
	bits("RSV1 on every fragment", Frame{Header: frame.Header{RSV1: true, Opcode: frame.Text}, Payload: []byte(hello[:3])}, Frame{Header: frame.Header{Fin: true, RSV1: true}, Payload: []byte(hello[3:])})
	for _, opcode := range []websocket.Opcode{frame.Ping, frame.Pong, frame.Close} {
		bits(fmt.Sprintf("RSV1 on a %s frame", opcode), Frame{Header: frame.Header{Fin: true, RSV1: true, Opcode: opcode}})
	}
	bits("RSV2 on a compressed text", Frame{Header: frame.Header{Fin: true, RSV1: true, RSV2: true, Opcode: frame.Text}, Payload: []byte(hello)})
	bits("RSV3 on a compressed text", Frame{Header: frame.Header{Fin: true, RSV1: true, RSV3: true, Opcode: frame.Text}, Payload: []byte(hello)})
	return all
}
