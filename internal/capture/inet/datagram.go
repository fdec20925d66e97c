package inet

import (
	"encoding/binary"
	"net/netip"

	"stellwerk/internal/capture"
	"stellwerk/wire"
)

// Address is an IP address as two numbers: cheap to compare and to hash. IPv4
// addresses stand in Low behind the prefix ::ffff:0:0/96.
type Address struct{ High, Low uint64 }

// Netip returns the address in the form of the standard library; IPv4 when the
// version is 4.
func (a Address) Netip(version uint8) netip.Addr {
	if version == 4 {
		var octets [4]byte
		binary.BigEndian.PutUint32(octets[:], uint32(a.Low))
		return netip.AddrFrom4(octets)
	}
	var octets [16]byte
	binary.BigEndian.PutUint64(octets[:], a.High)
	binary.BigEndian.PutUint64(octets[8:], a.Low)
	return netip.AddrFrom16(octets)
}

// Less orders addresses.
func (a Address) Less(b Address) bool {
	return a.High < b.High || a.High == b.High && a.Low < b.Low
}

// Outcome says what a packet turned out to be.
type Outcome uint8

// Outcomes of [Datagram.Decode].
const (
	// IP is a datagram, or a fragment of one.
	IP Outcome = iota
	// Other is a packet of another network protocol; EtherType says which.
	Other
	// LengthFrame is an IEEE 802.3 frame with a length in place of a type.
	LengthFrame
	// Damaged is a packet whose headers contradict themselves or were not
	// captured to their end; Problem says how.
	Damaged
	// UnsupportedLink is a packet of a link type that is not taken apart.
	UnsupportedLink
)

// Datagram is an IP datagram in a captured packet. One value can decode any
// number of packets.
type Datagram struct {
	// EtherType is the type in front of the datagram.
	EtherType uint16
	// Version is 4 or 6.
	Version uint8
	// Protocol is the transport protocol: behind all extension headers.
	Protocol uint8
	// Fragmented tells that the datagram is a fragment. Its payload begins at
	// FragmentOffset (octets) of the whole one, which ends with it unless
	// MoreFragments.
	Fragmented     bool
	MoreFragments  bool
	FragmentOffset int
	// ID identifies the datagram that a fragment belongs to.
	ID uint32
	// SourceRoute tells that the final destination stands in an option or a
	// routing header, where it enters the checksum of the transport protocol.
	SourceRoute bool
	// Source and Destination are the addresses.
	Source, Destination Address
	// Header is the IPv4 header with its options, or the fixed IPv6 header.
	Header []byte
	// Payload is what was captured of the transport protocol's octets. It
	// aliases the packet.
	Payload []byte
	// Missing is how many octets of the payload were not captured.
	Missing int
	// Problem says what is wrong with a Damaged packet.
	Problem wire.Text
}

var (
	problemLinkShort  = wire.Text{EN: "the link header is cut short", DE: "der Kopf der Verbindungsschicht ist abgeschnitten"}
	problemFamily     = wire.Text{EN: "the loopback header has no known protocol family", DE: "der Loopback-Kopf nennt keine bekannte Protokollfamilie"}
	problemIPShort    = wire.Text{EN: "the IP header is cut short", DE: "der IP-Kopf ist abgeschnitten"}
	problemVersion    = wire.Text{EN: "the IP header has a wrong version", DE: "der IP-Kopf hat eine falsche Version"}
	problemIHL        = wire.Text{EN: "the IPv4 header length is below 20 octets", DE: "die Länge des IPv4-Kopfs ist kleiner als 20 Oktette"}
	problemTotal      = wire.Text{EN: "the IPv4 total length is below that of its header", DE: "die IPv4-Gesamtlänge ist kleiner als die des Kopfs"}
	problemExtension  = wire.Text{EN: "an IPv6 extension header is cut short", DE: "ein IPv6-Erweiterungskopf ist abgeschnitten"}
	problemTCPShort   = wire.Text{EN: "the TCP header is cut short", DE: "der TCP-Kopf ist abgeschnitten"}
	problemDataOffset = wire.Text{EN: "the TCP data offset is below 20 octets", DE: "der TCP-Datenanfang liegt unter 20 Oktetten"}
	problemUDPShort   = wire.Text{EN: "the UDP header is cut short", DE: "der UDP-Kopf ist abgeschnitten"}
	problemUDPLength  = wire.Text{EN: "the UDP length does not fit the datagram", DE: "die UDP-Länge passt nicht zum Datagramm"}
)

// Decode finds the datagram in a packet.
func (d *Datagram) Decode(p *capture.Packet) Outcome {
	data := p.Data
	switch p.Interface.LinkType {
	case capture.LinkTypeEthernet:
		if len(data) < EthernetHeader {
			return d.damaged(problemLinkShort)
		}
		d.EtherType = binary.BigEndian.Uint16(data[12:])
		data = data[EthernetHeader:]
	case capture.LinkTypeLinuxSLL:
		if len(data) < LinuxSLLHeader {
			return d.damaged(problemLinkShort)
		}
		d.EtherType = binary.BigEndian.Uint16(data[14:])
		data = data[LinuxSLLHeader:]
	case capture.LinkTypeLinuxSLL2:
		if len(data) < LinuxSLL2 {
			return d.damaged(problemLinkShort)
		}
		d.EtherType = binary.BigEndian.Uint16(data)
		data = data[LinuxSLL2:]
	case capture.LinkTypeNull, capture.LinkTypeLoop:
		if len(data) < LoopbackHeader {
			return d.damaged(problemLinkShort)
		}
		d.EtherType = LoopbackFamily(data)
		if d.EtherType == 0 {
			return d.damaged(problemFamily)
		}
		data = data[LoopbackHeader:]
	case capture.LinkTypeIPv4:
		d.EtherType = EtherTypeIPv4
	case capture.LinkTypeIPv6:
		d.EtherType = EtherTypeIPv6
	case capture.LinkTypeRaw, capture.LinkTypeRawBSD, capture.LinkTypeRawOpen:
		if len(data) == 0 {
			return d.damaged(problemIPShort)
		}
		d.EtherType = RawType(data)
		if d.EtherType == 0 {
			return d.damaged(problemVersion)
		}
	default:
		return UnsupportedLink
	}
	for IsVLAN(d.EtherType) {
		if len(data) < VLANTag {
			return d.damaged(problemLinkShort)
		}
		d.EtherType = binary.BigEndian.Uint16(data[2:])
		data = data[VLANTag:]
	}
	fcs := p.FCSLength
	if p.CutShort() > 0 {
		fcs = 0 // cut off
	}
	switch {
	case d.EtherType == EtherTypeIPv4:
		return d.decodeIPv4(data, fcs)
	case d.EtherType == EtherTypeIPv6:
		return d.decodeIPv6(data, fcs)
	case d.EtherType < MinEtherType:
		return LengthFrame
	}
	return Other
}

func (d *Datagram) damaged(problem wire.Text) Outcome {
	d.Problem = problem
	return Damaged
}

// LoopbackFamily returns the EtherType that the address family in front of a
// BSD loopback packet stands for, in whichever byte order it is; 0 if unknown.
func LoopbackFamily(header []byte) uint16 {
	family := binary.BigEndian.Uint32(header)
	if family > 0xffff {
		family = binary.LittleEndian.Uint32(header)
	}
	switch family {
	case 2:
		return EtherTypeIPv4
	case 10, 23, 24, 28, 30: // Linux, Windows, NetBSD and OpenBSD, FreeBSD, macOS
		return EtherTypeIPv6
	}
	return 0
}

// RawType returns the EtherType of raw IP by the version in its first octet,
// which must be there; 0 if it is neither 4 nor 6.
func RawType(data []byte) uint16 {
	switch data[0] >> 4 {
	case 4:
		return EtherTypeIPv4
	case 6:
		return EtherTypeIPv6
	}
	return 0
}

const mappedPrefix = 0xffff << 32 // ::ffff:0:0/96

// decodeIPv4 reads an IPv4 header (RFC 791, 3.1).
func (d *Datagram) decodeIPv4(data []byte, fcs int) Outcome {
	if len(data) < IPv4MinHeader {
		return d.damaged(problemIPShort)
	}
	if data[0]>>4 != 4 {
		return d.damaged(problemVersion)
	}
	header := int(data[0]&0xf) * 4
	total := int(binary.BigEndian.Uint16(data[2:]))
	switch {
	case header < IPv4MinHeader:
		return d.damaged(problemIHL)
	case header > len(data):
		return d.damaged(problemIPShort)
	case total == 0:
		// Segmentation left to the network card: the length is the packet's.
		total = max(header, len(data)-fcs)
	case total < header:
		return d.damaged(problemTotal)
	}
	d.Version = 4
	d.Protocol = data[9]
	d.Source = Address{Low: mappedPrefix | uint64(binary.BigEndian.Uint32(data[12:]))}
	d.Destination = Address{Low: mappedPrefix | uint64(binary.BigEndian.Uint32(data[16:]))}
	fragment := binary.BigEndian.Uint16(data[6:])
	d.MoreFragments = fragment&0x2000 != 0
	d.FragmentOffset = int(fragment&0x1fff) * 8
	d.Fragmented = d.MoreFragments || d.FragmentOffset != 0
	d.ID = uint32(binary.BigEndian.Uint16(data[4:]))
	d.Header = data[:header]
	d.SourceRoute = header > IPv4MinHeader && hasSourceRoute(data[IPv4MinHeader:header])
	d.Missing = max(0, total-len(data))
	d.Payload = data[header:min(total, len(data))]
	return IP
}

// hasSourceRoute looks for the options loose (131) and strict (137) source and
// record route.
func hasSourceRoute(options []byte) bool {
	for len(options) > 0 {
		switch options[0] {
		case 0:
			return false
		case 1:
			options = options[1:]
		case 131, 137:
			return true
		default:
			if len(options) < 2 || options[1] < 2 || int(options[1]) > len(options) {
				return false
			}
			options = options[options[1]:]
		}
	}
	return false
}

// decodeIPv6 reads an IPv6 header and its extension headers (RFC 8200, 3 and 4).
func (d *Datagram) decodeIPv6(data []byte, fcs int) Outcome {
	if len(data) < IPv6Header {
		return d.damaged(problemIPShort)
	}
	if data[0]>>4 != 6 {
		return d.damaged(problemVersion)
	}
	length := int(binary.BigEndian.Uint16(data[4:]))
	next := data[6]
	d.Version = 6
	d.Source = Address{binary.BigEndian.Uint64(data[8:]), binary.BigEndian.Uint64(data[16:])}
	d.Destination = Address{binary.BigEndian.Uint64(data[24:]), binary.BigEndian.Uint64(data[32:])}
	d.Header = data[:IPv6Header]
	d.Fragmented, d.MoreFragments, d.SourceRoute = false, false, false
	d.FragmentOffset, d.ID = 0, 0
	data = data[IPv6Header:]
	if length == 0 && next != ProtocolNoNext {
		// A jumbogram (RFC 2675), or segmentation left to the network card.
		length = max(0, len(data)-fcs)
	}
	d.Missing = max(0, length-len(data))
	return d.extensions(next, data[:min(length, len(data))])
}

// extensions walks extension headers up to the transport protocol, or to the
// data of a fragment.
func (d *Datagram) extensions(next uint8, data []byte) Outcome {
	for !d.Fragmented {
		header, ok := ExtensionHeader(next, data)
		if !ok {
			return d.damaged(problemExtension)
		}
		if header == 0 {
			break
		}
		switch next {
		case ProtocolRouting:
			d.SourceRoute = d.SourceRoute || data[3] != 0 // segments left
		case ProtocolFragment:
			place := binary.BigEndian.Uint16(data[2:])
			d.FragmentOffset = int(place &^ 7)
			d.MoreFragments = place&1 != 0
			d.ID = binary.BigEndian.Uint32(data[4:])
			// A fragment that is all there is (RFC 6946) is no fragment.
			d.Fragmented = d.MoreFragments || d.FragmentOffset != 0
		}
		next = data[0]
		data = data[header:]
	}
	d.Protocol = next
	d.Payload = data
	return IP
}

// Reassembled makes the fragment into the whole datagram with the payload that
// its fragments gave. It returns IP or Damaged.
func (d *Datagram) Reassembled(payload []byte) Outcome {
	d.Fragmented, d.MoreFragments, d.FragmentOffset, d.Missing = false, false, 0, 0
	if d.Version == 6 {
		return d.extensions(d.Protocol, payload)
	}
	d.Payload = payload
	return IP
}

// ExtensionHeader returns the length of an IPv6 extension header in octets, 0
// where the next header is none. It reports whether data holds all of it.
func ExtensionHeader(next uint8, data []byte) (length int, ok bool) {
	switch next {
	case ProtocolHopByHop, ProtocolRouting, ProtocolDestinationOptions, ProtocolMobility, ProtocolHIP, ProtocolShim6:
		if len(data) < 8 {
			return 0, false
		}
		length = 8 + 8*int(data[1])
	case ProtocolFragment:
		length = 8
	case ProtocolAH:
		if len(data) < 8 {
			return 0, false
		}
		length = 8 + 4*int(data[1])
	default:
		return 0, true
	}
	return length, length <= len(data)
}
