package captures

import (
	"io"
	"slices"
	"time"

	"stellwerk/iec104/apci"
	"stellwerk/internal/capture"
	"stellwerk/internal/capture/fabricate"
	"stellwerk/internal/capture/inet"
)

// trouble is a capture with each kind of trouble that TCP can have, each on a
// connection of its own: the centre's ports count from 50001.
func trouble(w io.Writer) error {
	p := newPackets(w)
	on := &capture.Interface{LinkType: capture.LinkTypeEthernet, Name: "trouble"}
	port := uint16(50000)
	next := func() *flow {
		port++
		p.at = p.at.Add(time.Second)
		return p.flow(on, port)
	}
	started := func() *flow {
		f := next()
		f.open()
		f.segment(fabricate.Client, 0, inet.PSH|inet.ACK, apci.AppendU(nil, apci.StartDTAct))
		f.first[fabricate.Client] += apci.Octets
		f.got[fabricate.Server] = 0
		return f
	}
	stream := reports(6)
	cut := func(from, to int) []byte { return stream[from:to] }

	f := started() // 50001: a retransmission, whole and in part
	f.data(0, cut(0, 38))
	f.data(0, cut(0, 38))
	f.data(22, cut(22, 54))
	f.acknowledge(54)

	f = started() // 50002: two segments change places
	f.data(0, cut(0, 22))
	f.data(38, cut(38, 54))
	f.data(22, cut(22, 38))
	f.acknowledge(54)

	f = started() // 50003: segments overlap, with the same octets and with others
	f.data(0, cut(0, 30))
	f.data(22, cut(22, 54))
	f.data(38, slices.Concat(cut(38, 53), []byte{0}, cut(54, 70)))
	f.acknowledge(70)

	f = started() // 50004: a gap that the receiver has acknowledged
	f.data(0, cut(0, 22))
	f.data(44, cut(44, 70)) // from the middle of an APDU on
	for range 4 {
		f.acknowledge(70)
	}
	f.data(70, cut(70, 102))
	f.data(22, cut(22, 38)) // too late

	f = next() // 50005: no handshake, from the middle of an APDU on
	f.data(10, cut(10, 54))
	f.acknowledge(54)

	f = started() // 50006: every segment has the same sequence number
	f.data(0, cut(0, 22))
	for at := 22; at < 70; at += 16 {
		f.data(0, cut(at, at+16))
	}

	f = started() // 50007: APDUs over several segments, octet by octet
	for at := range 22 {
		f.data(at, cut(at, at+1))
	}
	f.data(22, cut(22, 102))

	f = started() // 50008: numbers far away, and the stream goes on there
	f.data(0, cut(0, 22))
	f.data(1<<30, cut(22, 38))
	f.data(1<<30+16, cut(38, 54))

	f = started() // 50009: keep-alive, reset with octets
	f.data(0, cut(0, 38))
	f.data(37, cut(37, 38))
	f.segment(fabricate.Client, 0, inet.RST|inet.ACK, []byte("abort"))

	f = started() // 50010: an end, data behind it, and the same ports again
	f.data(0, cut(0, 22))
	f.segment(fabricate.Server, 22, inet.FIN|inet.ACK, nil)
	f.data(23, cut(22, 38))
	f.first = [2]uint32{900000, 800000}
	f.open()
	f.segment(fabricate.Client, 0, inet.PSH|inet.ACK, apci.AppendU(nil, apci.StartDTAct))
	f.data(0, cut(0, 22))

	f = started() // 50011: a wrong TCP checksum, and one that was left to the card
	spoilt := func(spoil func(tcp []byte)) {
		f.wrap = func(frame []byte) []byte {
			spoil(frame[inet.EthernetHeader+inet.IPv4MinHeader:])
			return frame
		}
	}
	spoilt(func(tcp []byte) { tcp[16] ^= 0x55 })
	f.data(0, cut(0, 22))
	spoilt(func(tcp []byte) { tcp[16], tcp[17] = 0, 0 })
	f.data(22, cut(22, 38))

	f = started() // 50012: a wrong IPv4 header checksum
	f.wrap = func(frame []byte) []byte {
		frame[inet.EthernetHeader+10] ^= 0xff
		return frame
	}
	f.data(0, cut(0, 22))

	f = started() // 50013: a packet that was not captured to its end
	f.data(0, cut(0, 22))
	frame := f.frame(fabricate.Server, 22, inet.PSH|inet.ACK, cut(22, 54))
	p.write(on, frame[:len(frame)-20], len(frame))
	f.data(54, cut(54, 70))

	f = started() // 50014: fragments, in order and not, one missing
	f.packets.fragments(on, f.frame(fabricate.Server, 0, inet.PSH|inet.ACK, cut(0, 38)), 0, 1, 2)
	f.packets.fragments(on, f.frame(fabricate.Server, 38, inet.PSH|inet.ACK, cut(38, 70)), 2, 0, 1)
	f.packets.fragments(on, f.frame(fabricate.Server, 70, inet.PSH|inet.ACK, cut(70, 102)), 0, 2)
	return p.flush()
}
