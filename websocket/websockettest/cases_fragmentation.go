package websockettest

import (
	"fmt"

	"stellwerk/websocket"
	"stellwerk/websocket/frame"
)

// fragmentationCases have messages in fragments, right and wrong (5.4).
func fragmentationCases() (all []Case) {
	add := func(code frame.CloseCode, name string, steps ...step) {
		all = append(all, Case{Name: name, Clause: "5.4", code: code, steps: steps})
	}
	for _, kind := range []websocket.Opcode{frame.Text, frame.Binary} {
		for _, n := range []struct{ size, fragment int }{{2, 1}, {10, 3}, {125, 1}, {1000, 1}, {1000, 126}, {70_000, 125}, {200_000, 65535}, {200_000, 65536}} {
			payload := octets(kind, n.size)
			sent := fragments(kind, false, n.fragment, payload)
			add(0, fmt.Sprintf("%s of %d octets in fragments of %d", kind, n.size, n.fragment), echoed(0, kind, payload, sent...))
			if n.size <= 1000 {
				add(0, fmt.Sprintf("%s of %d octets in fragments of %d, octet by octet", kind, n.size, n.fragment), echoed(1, kind, payload, sent...))
			}
		}
		empty := part(frame.Continuation, "")
		for _, shape := range []struct {
			name string
			sent []Frame
		}{
			{"two empty fragments", []Frame{part(kind, ""), whole(frame.Continuation, nil)}},
			{"many empty fragments", []Frame{part(kind, ""), empty, empty, empty, empty, empty, empty, empty, whole(frame.Continuation, nil)}},
			{"an empty fragment at first", []Frame{part(kind, ""), whole(frame.Continuation, []byte("ab"))}},
			{"an empty fragment in the end", []Frame{part(kind, "ab"), whole(frame.Continuation, nil)}},
			{"empty fragments between", []Frame{part(kind, "a"), empty, empty, whole(frame.Continuation, []byte("b"))}},
			{"fragments and empty ones in turns", []Frame{part(kind, ""), part(frame.Continuation, "a"), empty, part(frame.Continuation, "b"), empty, whole(frame.Continuation, nil)}},
		} {
			payload := []byte{}
			for _, f := range shape.sent {
				payload = append(payload, f.Payload...)
			}
			add(0, fmt.Sprintf("%s in %s", kind, shape.name), echoed(0, kind, payload, shape.sent...))
			add(0, fmt.Sprintf("%s in %s, octet by octet, twice", kind, shape.name),
				echoed(1, kind, payload, shape.sent...), echoed(1, kind, payload, shape.sent...))
		}
		add(frame.ProtocolError, fmt.Sprintf("%s within a %s in fragments", kind, frame.Text), step{send: []Frame{part(frame.Text, "a"), whole(kind, []byte("b"))}})
		add(frame.ProtocolError, fmt.Sprintf("%s within a %s message in fragments", kind, frame.Binary), step{send: []Frame{part(frame.Binary, "a"), whole(kind, []byte("b"))}})
		add(frame.ProtocolError, fmt.Sprintf("first fragment of a %s within a message", kind), step{send: []Frame{part(frame.Text, "a"), part(kind, "b")}})
		add(frame.ProtocolError, fmt.Sprintf("%s instead of the last continuation", kind),
			step{send: []Frame{part(kind, "a"), part(frame.Continuation, "b"), whole(kind, []byte("c"))}})
		add(frame.ProtocolError, fmt.Sprintf("%s in fragments, octet by octet, with another begun in it", kind), step{send: []Frame{part(kind, "a"), part(kind, "b")}, chop: 1})
	}
	hello := whole(frame.Text, []byte("hello"))
	for _, fin := range []bool{true, false} {
		for _, payload := range []string{"", "rest"} {
			lost := Frame{Header: frame.Header{Fin: fin}, Payload: []byte(payload)}
			of := fmt.Sprintf("continuation %q, last %v", payload, fin)
			add(frame.ProtocolError, of+", at first", step{send: []Frame{lost}})
			add(frame.ProtocolError, of+", at first, octet by octet", step{send: []Frame{lost}, chop: 1})
			add(frame.ProtocolError, of+", behind a whole message", step{send: []Frame{hello, lost}, want: []Frame{hello}})
			add(frame.ProtocolError, of+", behind a message in fragments",
				step{send: []Frame{part(frame.Text, "hel"), whole(frame.Continuation, []byte("lo")), lost}, want: []Frame{hello}})
			add(frame.ProtocolError, of+", behind a ping", step{send: []Frame{whole(frame.Ping, nil), lost}, want: []Frame{whole(frame.Pong, nil)}})
		}
	}
	return all
}
