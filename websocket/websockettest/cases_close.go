package websockettest

import (
	"bytes"
	"fmt"
	"strings"

	"stellwerk/websocket/frame"
)

// closeCases have close frames of all kinds (5.5.1, 7).
func closeCases() (all []Case) {
	// answered must be answered with the same code.
	answered := func(name string, code frame.CloseCode, chop int, sent ...Frame) {
		all = append(all, Case{Name: name, Clause: "5.5.1", code: code, steps: []step{{send: sent, chop: chop}}})
	}
	for _, code := range allowed {
		answered(fmt.Sprintf("code %d", code), frame.CloseCode(code), 0, closeFrame(code, ""))
		answered(fmt.Sprintf("code %d with a reason, octet by octet", code), frame.CloseCode(code), 1, closeFrame(code, "Grund: κόσμε"))
	}
	for _, code := range reserved {
		answered(fmt.Sprintf("code %d, which must not be sent", code), frame.ProtocolError, 0, closeFrame(code, ""))
		answered(fmt.Sprintf("code %d, which must not be sent, with a reason", code), frame.ProtocolError, 1, closeFrame(code, "reason"))
	}
	closing := whole(frame.Close, nil)
	answered("no code", frame.NoStatus, 0, closing)
	answered("no code, octet by octet", frame.NoStatus, 1, closing)
	answered("half a code", frame.ProtocolError, 0, whole(frame.Close, []byte{3}))
	for _, size := range []int{1, 122, 123} {
		answered(fmt.Sprintf("a reason of %d octets", size), frame.NormalClosure, 0, closeFrame(1000, strings.Repeat("r", size)))
	}
	for _, size := range []int{124, 125, 65534} {
		answered(fmt.Sprintf("a reason of %d octets", size), frame.ProtocolError, 0, closeFrame(1000, strings.Repeat("r", size)))
	}
	for _, reason := range []string{"\xff", "gr\xc3", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xc0\xaf", strings.Repeat("r", 122) + "\x80"} {
		answered(fmt.Sprintf("the reason %q", reason), frame.InvalidPayload, 0, closeFrame(1000, reason))
	}
	answered("in fragments", frame.ProtocolError, 0, part(frame.Close, "\x03\xe8"), whole(frame.Continuation, nil))

	// What comes with it.
	hello, ping, bye := whole(frame.Text, []byte("hello")), whole(frame.Ping, []byte("?")), closeFrame(1001, "bye")
	answered("with a message behind", frame.GoingAway, 0, bye, hello)
	answered("with a ping behind", frame.GoingAway, 0, bye, ping)
	answered("with another behind", frame.GoingAway, 0, bye, closeFrame(1000, ""))
	answered("with a wrong frame behind", frame.GoingAway, 0, bye, Frame{Header: frame.Header{Fin: true, RSV2: true, Opcode: 3}})
	answered("with half a frame behind", frame.GoingAway, 0, bye, Frame{Header: frame.Header{Fin: true, Opcode: frame.Binary, Length: 100}, Payload: []byte("half"), Part: true})
	answered("with 256 KiB behind", frame.GoingAway, 0, bye, whole(frame.Binary, make([]byte, 256<<10)))
	answered("within a message", frame.GoingAway, 0, part(frame.Text, "hel"), bye)
	answered("within a message that goes on", frame.GoingAway, 0, part(frame.Text, "hel"), bye, whole(frame.Continuation, []byte("lo")))
	all = append(all,
		Case{Name: "behind a message", Clause: "5.5.1", code: frame.GoingAway, steps: []step{{send: []Frame{hello, bye}, want: []Frame{hello}}}},
		Case{Name: "behind a ping", Clause: "5.5.1", code: frame.GoingAway, steps: []step{{send: []Frame{ping, bye}, want: []Frame{whole(frame.Pong, []byte("?"))}}}},
		Case{Name: "behind 64 KiB, octet by octet", Clause: "5.5.1", code: frame.GoingAway, steps: []step{
			echoed(0, frame.Binary, octets(frame.Binary, 64<<10), whole(frame.Binary, octets(frame.Binary, 64<<10))), {send: []Frame{bye}, chop: 1},
		}},
	)

	// The subject begins.
	please := func(name, text string, want Frame, sent ...Frame) {
		all = append(all, Case{Name: name, Clause: "7.1.2", over: true, steps: []step{
			{send: []Frame{whole(frame.Text, []byte("please close "+text))}, want: []Frame{want}}, {send: sent},
		}})
	}
	for _, code := range []uint16{1000, 1001, 1011, 3000, 4999} {
		please(fmt.Sprintf("by the subject with %d", code), fmt.Sprintf("%d enough", code), closeFrame(code, "enough"), closeFrame(code, ""))
	}
	please("by the subject without a code", "1005", closing, closing)
	please("by the subject, answered without a code", "1000", closeFrame(1000, ""), closing)
	please("by the subject, answered with another code", "1000", closeFrame(1000, ""), closeFrame(4000, "because"))
	please("by the subject, answered behind messages and pings", "1000", closeFrame(1000, ""), hello, ping, hello, closeFrame(1000, ""))
	please("by the subject, answered within a message", "1000", closeFrame(1000, ""), part(frame.Text, "hel"), closeFrame(1000, ""))
	please("by the subject, answered with a code that must not be sent", "1000", closeFrame(1000, ""), closeFrame(1006, ""))
	please("by the subject, answered with a wrong frame", "1000", closeFrame(1000, ""), Frame{Header: frame.Header{Fin: true, RSV3: true, Opcode: frame.Text}})
	please("by the subject, with a reason that is too long", "1000 "+strings.Repeat("ü", 100), closeFrame(1000, strings.Repeat("ü", 61)), closeFrame(1000, ""))
	for _, code := range []uint16{1000, 1002, 4000} {
		all = append(all, Case{
			Name: fmt.Sprintf("by both at the same time, the peer with %d", code), Clause: "7.1.2", over: true,
			steps: []step{{send: []Frame{whole(frame.Text, []byte("please close 1001 crossing")), closeFrame(code, "crossing")}, want: []Frame{closeFrame(1001, "crossing")}}},
		})
	}
	all = append(all, Case{
		Name: "by the subject with messages on their way", Clause: "7.1.2", over: true,
		steps: []step{{send: []Frame{hello, whole(frame.Text, []byte("please close 1000")), hello, ping, hello, whole(frame.Binary, bytes.Repeat([]byte{1}, 100_000)), closeFrame(1000, "")}, want: []Frame{hello, closeFrame(1000, "")}}},
	})
	return all
}
