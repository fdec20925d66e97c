// Package fabricate makes packets out of application data: what a program sent
// and received becomes a capture that any analyzer opens, although nobody
// captured it.
//
// A [Recorder] writes whole conversations with handshake, sequence numbers,
// acknowledgments and end; a [Segment] is one packet with everything in it
// chosen freely, for tests.
package fabricate

import (
	"encoding/binary"
	"net/netip"

	"stellwerk/internal/capture/inet"
)

// Segment is a TCP segment in an Ethernet frame.
type Segment struct {
	Source, Destination netip.AddrPort
	Sequence            uint32
	Acknowledgment      uint32
	// Flags are the flags of package inet, such as inet.SYN|inet.ACK.
	Flags  uint8
	Window uint16
	// Options must have a multiple of 4 octets, at most 40.
	Options []byte
	Payload []byte
	// ID is the identification of an IPv4 datagram.
	ID uint16
}

// Append appends the frame with correct lengths and checksums. Addresses that
// are both IPv4 (or IPv6-mapped IPv4) give IPv4, all others IPv6; an address
// that is missing is that of no host.
func (s *Segment) Append(frame []byte) []byte {
	header := make([]byte, inet.TCPMinHeader, inet.TCPMinHeader+40)
	binary.BigEndian.PutUint16(header, s.Source.Port())
	binary.BigEndian.PutUint16(header[2:], s.Destination.Port())
	binary.BigEndian.PutUint32(header[4:], s.Sequence)
	binary.BigEndian.PutUint32(header[8:], s.Acknowledgment)
	header = append(header, s.Options...)
	header[12] = byte(len(header)/4) << 4
	header[13] = s.Flags
	binary.BigEndian.PutUint16(header[14:], s.Window)
	return appendFrame(frame, datagram{
		source: s.Source.Addr(), destination: s.Destination.Addr(), id: s.ID,
		protocol: inet.ProtocolTCP, header: header, payload: s.Payload, checksum: 16,
	})
}

// Datagram is a UDP datagram in an Ethernet frame.
type Datagram struct {
	Source, Destination netip.AddrPort
	Payload             []byte
	ID                  uint16
}

// Append appends the frame, as [Segment.Append] does.
func (d *Datagram) Append(frame []byte) []byte {
	header := make([]byte, inet.UDPHeader)
	binary.BigEndian.PutUint16(header, d.Source.Port())
	binary.BigEndian.PutUint16(header[2:], d.Destination.Port())
	binary.BigEndian.PutUint16(header[4:], uint16(inet.UDPHeader+len(d.Payload)))
	return appendFrame(frame, datagram{
		source: d.Source.Addr(), destination: d.Destination.Addr(), id: d.ID,
		protocol: inet.ProtocolUDP, header: header, payload: d.Payload, checksum: 6,
	})
}

// datagram is what goes into an IP datagram. Its checksum stands at the given
// place of the header and covers header, payload and pseudo header.
type datagram struct {
	source, destination netip.Addr
	id                  uint16
	protocol            byte
	header, payload     []byte
	checksum            int
}

func appendFrame(frame []byte, d datagram) []byte {
	source, destination := d.source.Unmap(), d.destination.Unmap()
	if !source.IsValid() && !destination.IsValid() || source.Is4() && !destination.IsValid() || destination.Is4() && !source.IsValid() {
		source, destination = orIPv4(source), orIPv4(destination)
	}
	four := source.Is4() && destination.Is4()
	frame = appendMAC(frame, destination)
	frame = appendMAC(frame, source)
	length := len(d.header) + len(d.payload)
	pseudo := uint64(length) + uint64(d.protocol)
	if four {
		from, to := source.As4(), destination.As4()
		pseudo = inet.Sum(inet.Sum(pseudo, from[:]), to[:])
		frame = binary.BigEndian.AppendUint16(frame, inet.EtherTypeIPv4)
		start := len(frame)
		frame = append(frame, 4<<4|inet.IPv4MinHeader/4, 0)
		frame = binary.BigEndian.AppendUint16(frame, uint16(inet.IPv4MinHeader+length))
		frame = binary.BigEndian.AppendUint16(frame, d.id)
		frame = append(frame,
			0x40, 0, // do not fragment
			64, d.protocol, // time to live
			0, 0, // checksum
		)
		frame = append(append(frame, from[:]...), to[:]...)
		binary.BigEndian.PutUint16(frame[start+10:], ^inet.Fold(inet.Sum(0, frame[start:])))
	} else {
		from, to := as16(source), as16(destination)
		pseudo = inet.Sum(inet.Sum(pseudo, from[:]), to[:])
		frame = binary.BigEndian.AppendUint16(frame, inet.EtherTypeIPv6)
		frame = append(frame, 6<<4, 0, 0, 0)
		frame = binary.BigEndian.AppendUint16(frame, uint16(length))
		frame = append(frame, d.protocol, 64) // hop limit
		frame = append(append(frame, from[:]...), to[:]...)
	}
	start := len(frame)
	frame = append(append(frame, d.header...), d.payload...)
	checksum := ^inet.Fold(inet.Sum(pseudo, frame[start:]))
	if checksum == 0 && d.protocol == inet.ProtocolUDP {
		checksum = 0xffff // 0 would mean: no checksum (RFC 768)
	}
	binary.BigEndian.PutUint16(frame[start+d.checksum:], checksum)
	return frame
}

func orIPv4(address netip.Addr) netip.Addr {
	if !address.IsValid() {
		return netip.IPv4Unspecified()
	}
	return address
}

func as16(address netip.Addr) [16]byte {
	if !address.IsValid() {
		return [16]byte{}
	}
	return address.As16()
}

// appendMAC appends an individual, locally administered address that is made
// of the last octets of the IP address.
func appendMAC(frame []byte, address netip.Addr) []byte {
	if address.Is4() {
		octets := address.As4()
		return append(append(frame, 0x02, 0x00), octets[:]...)
	}
	octets := as16(address)
	return append(append(frame, 0x02), octets[11:]...)
}
