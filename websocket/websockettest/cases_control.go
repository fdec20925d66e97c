package websockettest

import (
	"fmt"

	"stellwerk/websocket"
	"stellwerk/websocket/frame"
)

// still shows that nothing else has come: a ping, and its pong alone.
func still() step {
	return step{send: []Frame{whole(frame.Ping, []byte("still?"))}, want: []Frame{whole(frame.Pong, []byte("still?"))}}
}

// part is a fragment that is not the last.
func part(opcode websocket.Opcode, payload string) Frame {
	return Frame{Header: frame.Header{Opcode: opcode}, Payload: []byte(payload)}
}

// pingCases have pings and pongs of all lengths and at all places (5.5.2,
// 5.5.3).
func pingCases() (all []Case) {
	add := func(clause string, code frame.CloseCode, name string, steps ...step) {
		all = append(all, Case{Name: name, Clause: clause, code: code, steps: steps})
	}
	for _, size := range []int{0, 1, 2, 7, 8, 9, 64, 124, 125} {
		body := octets(frame.Binary, size)
		pinged := step{send: []Frame{whole(frame.Ping, body)}, want: []Frame{whole(frame.Pong, body)}}
		add("5.5.2", 0, fmt.Sprintf("ping of %d octets", size), pinged, pinged)
		pinged.chop = 1
		add("5.5.2", 0, fmt.Sprintf("ping of %d octets, octet by octet", size), pinged, still())
		add("5.5.3", 0, fmt.Sprintf("pong of %d octets that nobody asked for", size), step{send: []Frame{whole(frame.Pong, body)}}, still())
	}
	for _, opcode := range []websocket.Opcode{frame.Ping, frame.Pong} {
		for _, size := range []int{126, 127, 65535, 65536} {
			add("5.5", frame.ProtocolError, fmt.Sprintf("%s of %d octets", opcode, size), step{send: []Frame{whole(opcode, make([]byte, size))}})
		}
		announced := Frame{Header: frame.Header{Fin: true, Opcode: opcode, Length: 126}, Part: true}
		add("5.5", frame.ProtocolError, fmt.Sprintf("header of a %s of 126 octets", opcode), step{send: []Frame{announced}})
		add("5.5", frame.ProtocolError, fmt.Sprintf("%s in fragments", opcode), step{send: []Frame{part(opcode, "hal"), whole(frame.Continuation, []byte("ves"))}})
		add("5.5", frame.ProtocolError, fmt.Sprintf("first fragment of a %s", opcode), step{send: []Frame{part(opcode, "")}})
		add("5.5", frame.ProtocolError, fmt.Sprintf("%s in fragments within a message", opcode),
			step{send: []Frame{part(frame.Text, "be"), part(opcode, "hal"), whole(frame.Continuation, []byte("ves"))}})
	}
	var pings, pongs []Frame
	for i := range 20 {
		body := fmt.Appendf(nil, "ping %d", i)
		pings, pongs = append(pings, whole(frame.Ping, body)), append(pongs, whole(frame.Pong, body))
	}
	add("5.5.3", 0, "20 pings with one write", step{send: pings, want: pongs, pings: true}, still())
	add("5.5.3", 0, "20 pings, octet by octet", step{send: pings, want: pongs, pings: true, chop: 1}, still())
	add("5.5.3", 0, "20 pongs that nobody asked for", step{send: pongs}, still())
	hello, ping, pong := whole(frame.Text, []byte("hello")), whole(frame.Ping, []byte("?")), whole(frame.Pong, []byte("?"))
	for _, chop := range []int{0, 1} {
		in := fmt.Sprintf(", in pieces of %d octets", chop)
		if chop == 0 {
			in = ""
		}
		add("5.5", 0, "ping before a message"+in, step{send: []Frame{ping, hello}, want: []Frame{pong, hello}, chop: chop})
		add("5.5", 0, "ping behind a message"+in, step{send: []Frame{hello, ping}, want: []Frame{hello, pong}, chop: chop})
		add("5.5", 0, "ping between fragments"+in,
			step{send: []Frame{part(frame.Text, "he"), ping, whole(frame.Continuation, []byte("llo"))}, want: []Frame{pong, hello}, chop: chop})
		add("5.5", 0, "pings between many fragments"+in, step{
			send: []Frame{part(frame.Text, "h"), ping, part(frame.Continuation, "el"), ping, part(frame.Continuation, ""), ping, whole(frame.Continuation, []byte("lo")), ping},
			want: []Frame{pong, pong, pong, hello, pong}, chop: chop,
		})
		add("5.5", 0, "pong between fragments"+in,
			step{send: []Frame{part(frame.Text, "he"), whole(frame.Pong, []byte("?")), whole(frame.Continuation, []byte("llo"))}, want: []Frame{hello}, chop: chop})
	}
	add("5.5.2", 0, "ping of the subject",
		step{send: []Frame{whole(frame.Text, []byte("please ping anybody"))}, want: []Frame{whole(frame.Ping, []byte("anybody"))}},
		step{send: []Frame{whole(frame.Pong, []byte("anybody"))}}, still())
	add("5.5.2", 0, "ping of the subject that is not answered",
		step{send: []Frame{whole(frame.Text, []byte("please ping anybody"))}, want: []Frame{whole(frame.Ping, []byte("anybody"))}},
		step{send: []Frame{hello}, want: []Frame{hello}})
	add("5.5.2", 0, "ping of the subject that is answered with other octets",
		step{send: []Frame{whole(frame.Text, []byte("please ping anybody"))}, want: []Frame{whole(frame.Ping, []byte("anybody"))}},
		step{send: []Frame{whole(frame.Pong, []byte("nobody"))}}, still())
	return all
}

// reservedBitCases set RSV1 to RSV3 at every place (5.2).
func reservedBitCases() (all []Case) {
	set := func(f Frame, bits int) Frame {
		f.Header.RSV1, f.Header.RSV2, f.Header.RSV3 = bits&4 != 0, bits&2 != 0, bits&1 != 0
		return f
	}
	hello := whole(frame.Text, []byte("hello"))
	for bits := 1; bits < 8; bits++ {
		for _, place := range []struct {
			name string
			send []Frame
			want []Frame
		}{
			{"a text", []Frame{set(hello, bits)}, nil},
			{"an empty text", []Frame{set(whole(frame.Text, nil), bits)}, nil},
			{"a binary message", []Frame{set(whole(frame.Binary, []byte{1}), bits)}, nil},
			{"a first fragment", []Frame{set(part(frame.Text, "he"), bits)}, nil},
			{"a continuation", []Frame{part(frame.Text, "he"), set(part(frame.Continuation, "l"), bits)}, nil},
			{"a last fragment", []Frame{part(frame.Text, "he"), set(whole(frame.Continuation, []byte("llo")), bits)}, nil},
			{"a ping", []Frame{set(whole(frame.Ping, []byte("?")), bits)}, nil},
			{"a pong", []Frame{set(whole(frame.Pong, nil), bits)}, nil},
			{"a close frame", []Frame{set(closeFrame(1000, ""), bits)}, nil},
			{"the second message", []Frame{hello, set(hello, bits), whole(frame.Ping, nil)}, []Frame{hello}},
			{"a ping between fragments", []Frame{part(frame.Text, "he"), set(whole(frame.Ping, nil), bits), whole(frame.Continuation, nil)}, nil},
		} {
			for _, chop := range []int{0, 1} {
				name := fmt.Sprintf("RSV %03b on %s", bits, place.name)
				if chop == 1 {
					name += ", octet by octet"
				}
				all = append(all, Case{Name: name, Clause: "5.2", code: frame.ProtocolError, steps: []step{{send: place.send, want: place.want, chop: chop}}})
			}
		}
	}
	return all
}

// opcodeCases have the opcodes without meaning at every place (5.2).
func opcodeCases() (all []Case) {
	hello := whole(frame.Text, []byte("hello"))
	for opcode := range websocket.Opcode(16) {
		if !opcode.Reserved() {
			continue
		}
		for _, place := range []struct {
			name string
			send []Frame
			want []Frame
			chop int
		}{
			{"alone", []Frame{whole(opcode, nil)}, nil, 0},
			{"with a payload", []Frame{whole(opcode, []byte("payload"))}, nil, 0},
			{"with a long payload", []Frame{whole(opcode, make([]byte, 126))}, nil, 0},
			{"octet by octet", []Frame{whole(opcode, []byte("payload"))}, nil, 1},
			{"behind a message", []Frame{hello, whole(opcode, nil), whole(frame.Ping, nil)}, []Frame{hello}, 0},
			{"behind a ping", []Frame{whole(frame.Ping, nil), whole(opcode, nil), hello}, []Frame{whole(frame.Pong, nil)}, 0},
			{"within a message", []Frame{part(frame.Text, "he"), whole(opcode, []byte("llo")), whole(frame.Continuation, nil)}, nil, 0},
			{"in fragments", []Frame{part(opcode, "hel"), whole(frame.Continuation, []byte("lo"))}, nil, 0},
		} {
			all = append(all, Case{
				Name: fmt.Sprintf("%s %s", opcode, place.name), Clause: "5.2", code: frame.ProtocolError,
				steps: []step{{send: place.send, want: place.want, chop: place.chop}},
			})
		}
	}
	return all
}
