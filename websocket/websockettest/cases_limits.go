package websockettest

import (
	"bytes"
	"fmt"
	"slices"

	"stellwerk/websocket"
	"stellwerk/websocket/frame"
)

// limitCases have messages and frames as long as the limits, and longer (7.4.1,
// 10.4).
func limitCases() (all []Case) {
	add := func(name string, limits websocket.Limits, code frame.CloseCode, steps ...step) *Case {
		all = append(all, Case{Name: name, Clause: "10.4", Limits: limits, code: code, steps: steps})
		return &all[len(all)-1]
	}
	announced := func(f Frame, length int64) Frame {
		f.Header.Length, f.Part = length, true
		return f
	}
	big := frame.MessageTooBig
	for _, most := range []int{1, 125, 126, 1000, 65535, 65536, 100_000} {
		payload, more := octets(frame.Binary, most), octets(frame.Binary, most+1)
		n := int64(most)
		for _, kind := range []struct {
			name   string
			limits websocket.Limits
		}{{"messages", websocket.Limits{ReceiveMessage: n}}, {"frames", websocket.Limits{ReceiveFrame: n}}, {"both", websocket.Limits{ReceiveFrame: n, ReceiveMessage: n}}} {
			of := fmt.Sprintf("%s of at most %d octets: ", kind.name, most)
			add(of+"as long", kind.limits, 0, echoed(0, frame.Binary, payload, whole(frame.Binary, payload)), echoed(0, frame.Binary, payload, whole(frame.Binary, payload)))
			add(of+"one octet more", kind.limits, big, step{send: []Frame{whole(frame.Binary, more)}})
			add(of+"one octet more, of which only the header comes", kind.limits, big, step{send: []Frame{announced(whole(frame.Binary, nil), n+1)}})
			add(of+"the most that a length can be", kind.limits, big, step{send: []Frame{announced(whole(frame.Binary, nil), 1<<63-1)}})
			add(of+"one octet more in a last fragment", kind.limits, big, step{send: []Frame{part(frame.Binary, ""), whole(frame.Continuation, more)}})
		}
		sum := websocket.Limits{ReceiveMessage: n}
		add(fmt.Sprintf("messages of at most %d octets: as long, in fragments", most), sum, 0,
			echoed(0, frame.Binary, payload, part(frame.Binary, string(payload[:most/2])), whole(frame.Continuation, payload[most/2:]), whole(frame.Ping, nil)),
			step{want: []Frame{whole(frame.Pong, nil)}})
		add(fmt.Sprintf("messages of at most %d octets: one octet more in fragments", most), sum, big,
			step{send: []Frame{part(frame.Binary, string(payload)), announced(whole(frame.Continuation, nil), 1)}})
		add(fmt.Sprintf("messages of at most %d octets: empty fragments do not count", most), sum, 0,
			echoed(0, frame.Binary, payload, append(append([]Frame{part(frame.Binary, "")}, make([]Frame, 100)...), whole(frame.Continuation, payload))...))
		add(fmt.Sprintf("frames of at most %d octets: messages may be longer", most), websocket.Limits{ReceiveFrame: n}, 0,
			echoed(0, frame.Binary, bytes.Repeat(payload, 3), part(frame.Binary, string(payload)), part(frame.Continuation, string(payload)), whole(frame.Continuation, payload)))
	}
	// Pings do not count.
	ping := whole(frame.Ping, make([]byte, 125))
	add("pings are not messages", websocket.Limits{ReceiveFrame: 10, ReceiveMessage: 10}, 0, step{send: []Frame{ping}, want: []Frame{whole(frame.Pong, make([]byte, 125))}})
	add("pings within a message do not count", websocket.Limits{ReceiveFrame: 10, ReceiveMessage: 10}, 0, step{
		send: []Frame{part(frame.Text, "01234"), ping, ping, whole(frame.Continuation, []byte("56789"))},
		want: []Frame{whole(frame.Pong, ping.Payload), whole(frame.Pong, ping.Payload), whole(frame.Text, []byte("0123456789"))},
	})
	// What the subject sends.
	for _, most := range []int{1, 2, 125, 126, 1000, 65535, 65536} {
		limits := websocket.Limits{SendFrame: most}
		sizes := []int{0, 1, most - 1, most, most + 1, 2 * most, 2*most + 1, 5 * most}
		slices.Sort(sizes)
		for _, size := range slices.Compact(sizes) {
			payload := octets(frame.Binary, size)
			add(fmt.Sprintf("%d octets sent in frames of %d", size, most), limits, 0,
				step{send: []Frame{whole(frame.Binary, payload)}, want: fragments(frame.Binary, false, most, payload)})
		}
	}
	// And compressed: what counts is how long the message is, both ways.
	zeros := func(n int) message { return message{kind: frame.Binary, data: make([]byte, n), compress: true} }
	for _, most := range []int{100, 10_000, 100_000} {
		c := add(fmt.Sprintf("compressed messages of at most %d octets: as long", most), websocket.Limits{ReceiveMessage: int64(most)}, 0, step{messages: []message{zeros(most), zeros(most)}})
		c.Compression, c.Extension = &websocket.Deflate{}, "permessage-deflate"
		c = add(fmt.Sprintf("compressed messages of at most %d octets: one octet more", most), websocket.Limits{ReceiveMessage: int64(most)}, big, step{packed: make([]byte, most+1)})
		c.Compression, c.Extension = &websocket.Deflate{}, "permessage-deflate"
		c = add(fmt.Sprintf("compressed messages of at most %d octets: 1 MiB", most), websocket.Limits{ReceiveMessage: int64(most)}, big, step{packed: make([]byte, 1<<20)})
		c.Compression, c.Extension = &websocket.Deflate{}, "permessage-deflate"
	}
	return all
}
