package captures

import (
	"encoding/binary"
	"io"
	"net/netip"
	"slices"

	"stellwerk/iec104/apci"
	"stellwerk/internal/capture"
	"stellwerk/internal/capture/fabricate"
	"stellwerk/internal/capture/inet"
)

// fragments writes a frame in three fragments of 24 octets or what is left,
// those that are named, in the order in which they are named.
func (p *packets) fragments(on *capture.Interface, frame []byte, order ...int) {
	const size = 24
	header := frame[:inet.EthernetHeader+inet.IPv4MinHeader]
	payload := frame[len(header):]
	for _, i := range order {
		part := payload[i*size:]
		place := uint16(i * size / 8)
		if i < 2 {
			part = part[:size]
			place |= 1 << 13 // more fragments
		}
		fragment := slices.Concat(header, part)
		ip := fragment[inet.EthernetHeader:]
		binary.BigEndian.PutUint16(ip[2:], uint16(inet.IPv4MinHeader+len(part)))
		binary.BigEndian.PutUint16(ip[6:], place)
		sumIPv4(ip[:inet.IPv4MinHeader])
		p.write(on, fragment, len(fragment))
	}
}

// sumIPv4 computes the checksum of a header.
func sumIPv4(header []byte) {
	header[10], header[11] = 0, 0
	binary.BigEndian.PutUint16(header[10:], ^inet.Fold(inet.Sum(0, header)))
}

// links is a capture of all kinds of link layers: an interface and a connection
// for each.
func links(w io.Writer) error {
	p := newPackets(w)
	port := uint16(51000)
	talk := func(link capture.LinkType, name string, adjust func(*flow)) {
		port++
		f := p.flow(&capture.Interface{LinkType: link, Name: name}, port)
		adjust(f)
		f.open()
		f.segment(fabricate.Client, 0, inet.PSH|inet.ACK, apci.AppendU(nil, apci.StartDTAct))
		f.data(0, reports(1))
	}
	ipv6 := func(f *flow) {
		f.ends = [2]netip.AddrPort{
			netip.AddrPortFrom(netip.MustParseAddr("2001:db8::10"), port),
			netip.AddrPortFrom(netip.MustParseAddr("2001:db8::20"), station.Port()),
		}
	}
	wrapped := func(wrap func([]byte) []byte) func(*flow) {
		return func(f *flow) { f.wrap = wrap }
	}
	inside := func(header ...byte) func(*flow) {
		return wrapped(func(frame []byte) []byte { return slices.Concat(header, frame[inet.EthernetHeader:]) })
	}
	talk(capture.LinkTypeEthernet, "ethernet, padded to 60 octets", wrapped(func(frame []byte) []byte {
		return append(frame, make([]byte, max(0, 60-len(frame)))...)
	}))
	talk(capture.LinkTypeEthernet, "ethernet, vlan", wrapped(func(frame []byte) []byte {
		return slices.Concat(frame[:12], []byte{0x81, 0, 0x60, 100}, frame[12:])
	}))
	talk(capture.LinkTypeEthernet, "ethernet, QinQ", wrapped(func(frame []byte) []byte {
		return slices.Concat(frame[:12], []byte{0x88, 0xa8, 0, 200, 0x81, 0, 0, 100}, frame[12:])
	}))
	talk(capture.LinkTypeEthernet, "ethernet, ipv6", ipv6)
	talk(capture.LinkTypeEthernet, "ethernet, ipv4 options", wrapped(func(frame []byte) []byte {
		ip := slices.Concat(frame[inet.EthernetHeader:inet.EthernetHeader+inet.IPv4MinHeader], []byte{148, 4, 0, 0}) // router alert
		ip[0]++
		binary.BigEndian.PutUint16(ip[2:], binary.BigEndian.Uint16(ip[2:])+4)
		sumIPv4(ip)
		return slices.Concat(frame[:inet.EthernetHeader], ip, frame[inet.EthernetHeader+inet.IPv4MinHeader:])
	}))
	cooked := []byte{0, 0, 0, 1, 0, 6, 2, 0, 192, 0, 2, 10, 0, 0, 8, 0}
	talk(capture.LinkTypeLinuxSLL, "cooked, version 1", inside(cooked...))
	cooked2 := []byte{8, 0, 0, 0, 0, 0, 0, 2, 0, 1, 0, 6, 2, 0, 192, 0, 2, 10, 0, 0}
	talk(capture.LinkTypeLinuxSLL2, "cooked, version 2", inside(cooked2...))
	talk(capture.LinkTypeRaw, "raw ip", inside())
	talk(capture.LinkTypeIPv4, "raw ipv4", inside())
	talk(capture.LinkTypeNull, "loopback, little endian", inside(2, 0, 0, 0))
	talk(capture.LinkTypeLoop, "loopback, big endian", inside(0, 0, 0, 2))
	talk(capture.LinkTypeIPv6, "raw ipv6", func(f *flow) {
		ipv6(f)
		f.wrap = func(frame []byte) []byte { return frame[inet.EthernetHeader:] }
	})
	p.write(&capture.Interface{LinkType: 105, Name: "wlan, which is not taken apart"}, []byte{8, 0, 0, 0}, 4)
	return p.flush()
}

// bigEndian is a pcap file of a machine with the other byte order.
func bigEndian(w io.Writer) error { return pcap(w, binary.BigEndian, 0xa1b2c3d4, 1000) }

// nanoseconds is a pcap file whose times have nanoseconds.
func nanoseconds(w io.Writer) error { return pcap(w, binary.LittleEndian, 0xa1b23c4d, 1) }

// pcap writes a conversation in the format that is older than pcapng; times are
// in so many nanoseconds.
func pcap(w io.Writer, order binary.AppendByteOrder, magic uint32, unit uint32) error {
	words := func(dst []byte, values ...uint32) []byte {
		for _, value := range values {
			dst = order.AppendUint32(dst, value)
		}
		return dst
	}
	data := order.AppendUint16(words(nil, magic), 2)
	data = words(order.AppendUint16(data, 4), 0, 0, 65535, uint32(capture.LinkTypeEthernet))
	p := newPackets(io.Discard)
	f := p.flow(&capture.Interface{LinkType: capture.LinkTypeEthernet}, 52000)
	for i, frame := range [][]byte{
		f.frame(fabricate.Client, 0, inet.PSH|inet.ACK, apci.AppendU(nil, apci.StartDTAct)),
		f.frame(fabricate.Server, 0, inet.PSH|inet.ACK, reports(2)),
	} {
		octets := uint32(len(frame))
		data = words(data, uint32(begin.Unix()), uint32(123_456_789+i)/unit, octets, octets)
		data = append(data, frame...)
	}
	_, err := w.Write(data)
	return err
}
