package inet

import (
	"encoding/binary"

	"stellwerk/wire"
)

// Flags of a TCP header (RFC 9293, 3.1).
const (
	FIN = 1 << iota
	SYN
	RST
	PSH
	ACK
	URG
	ECE
	CWR
)

// Segment is a TCP segment.
type Segment struct {
	SourcePort, DestinationPort uint16
	Sequence, Acknowledgment    uint32
	Flags                       uint8
	Window                      uint16
	// Payload is what was captured of the segment's data. It aliases the
	// datagram.
	Payload []byte
	// Length is the length of the data on the wire in octets.
	Length int
}

// DecodeTCP reads the segment in the datagram. It returns what is wrong with
// the header, or nil. Options are not looked at: broken ones do not
// hide the data.
func (s *Segment) DecodeTCP(d *Datagram) *wire.Text {
	data := d.Payload
	if len(data) < TCPMinHeader {
		return &problemTCPShort
	}
	header := int(data[12]>>4) * 4
	switch {
	case header < TCPMinHeader:
		return &problemDataOffset
	case header > len(data):
		return &problemTCPShort
	}
	s.SourcePort = binary.BigEndian.Uint16(data)
	s.DestinationPort = binary.BigEndian.Uint16(data[2:])
	s.Sequence = binary.BigEndian.Uint32(data[4:])
	s.Acknowledgment = binary.BigEndian.Uint32(data[8:])
	s.Flags = data[13]
	s.Window = binary.BigEndian.Uint16(data[14:])
	s.Payload = data[header:]
	s.Length = len(s.Payload) + d.Missing
	return nil
}

// DecodeUDP reads the UDP datagram (RFC 768). It returns what is wrong with
// the header, or nil. Octets behind the UDP length are left out.
func (s *Segment) DecodeUDP(d *Datagram) *wire.Text {
	data := d.Payload
	if len(data) < UDPHeader {
		return &problemUDPShort
	}
	*s = Segment{
		SourcePort:      binary.BigEndian.Uint16(data),
		DestinationPort: binary.BigEndian.Uint16(data[2:]),
	}
	length := int(binary.BigEndian.Uint16(data[4:]))
	there := len(data) + d.Missing
	if length == 0 && (there > 0xffff || d.Version == 6) {
		length = there // a jumbogram (RFC 2675)
	}
	if length < UDPHeader || length > there {
		return &problemUDPLength
	}
	s.Payload = data[UDPHeader:min(length, len(data))]
	s.Length = length - UDPHeader
	return nil
}
