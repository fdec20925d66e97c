package layers

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"

	"stellwerk/internal/capture"
	"stellwerk/internal/capture/inet"
	"stellwerk/wire"
)

// minFrame is the least length of an Ethernet frame without its frame check
// sequence in octets (IEEE 802.3, 4A.4.2).
const minFrame = 60

// link walks the link layer and what it carries.
func (d *dissection) link() {
	d.limit = min(d.fcs(), d.Rest())
	if d.limit > 0 {
		d.ended = true
	}
	switch linkType := d.packet.Interface.LinkType; linkType {
	case capture.LinkTypeEthernet:
		d.ethernet()
	case capture.LinkTypeLinuxSLL:
		d.cooked()
	case capture.LinkTypeLinuxSLL2:
		d.cooked2()
	case capture.LinkTypeNull, capture.LinkTypeLoop:
		d.loopback()
	case capture.LinkTypeIPv4:
		d.network(inet.EtherTypeIPv4)
	case capture.LinkTypeIPv6:
		d.network(inet.EtherTypeIPv6)
	case capture.LinkTypeRaw, capture.LinkTypeRawBSD, capture.LinkTypeRawOpen:
		if d.left() > 0 {
			d.network(inet.RawType(d.at()))
		}
	default:
		d.raw("packet", wire.Text{
			EN: fmt.Sprintf("link type %v is not taken apart", linkType),
			DE: fmt.Sprintf("Verbindungsart %v wird nicht zerlegt", linkType),
		})
	}
}

// fcs returns the length of the frame check sequence at the end of the packet:
// as the capture says, or 4 where the last octets are the right ones.
func (d *dissection) fcs() int {
	p := d.packet
	switch {
	case p.CutShort() > 0:
		return 0
	case p.FCSLength > 0:
		return p.FCSLength
	case p.Interface.LinkType == capture.LinkTypeEthernet && len(p.Data) >= minFrame+4 && fcsRight(p.Data):
		return 4
	}
	return 0
}

// fcsRight reports whether the last four octets are the CRC-32 of the others
// (IEEE 802.3, 3.2.9).
func fcsRight(frame []byte) bool {
	end := len(frame) - 4
	return crc32.ChecksumIEEE(frame[:end]) == binary.LittleEndian.Uint32(frame[end:])
}

// ethernet walks a frame: addresses, tags, and a type or a length.
func (d *dissection) ethernet() {
	etherType, typed := 0, false
	d.Group("Ethernet", wire.Text{}, func() {
		if !d.mac("destination") || !d.mac("source") {
			return
		}
		for {
			if d.left() < 2 {
				d.raw("type", cutShort)
				return
			}
			etherType = int(binary.BigEndian.Uint16(d.at()))
			if !inet.IsVLAN(uint16(etherType)) {
				break
			}
			if !d.tag() {
				return
			}
		}
		typed = true
		if etherType < inet.MinEtherType {
			d.fields("length", 2, lay(field("length", 16, octetCount(1)))...)
		} else {
			d.fields("type", 2, lay(field("type", 16, etherTypeName))...)
		}
	})
	switch {
	case !typed:
	case etherType < inet.MinEtherType:
		d.ended = true
		d.within(etherType, func() {
			d.raw("IEEE 802.3 data", wire.Text{EN: "logical link control, not taken apart", DE: "Logical Link Control, nicht zerlegt"})
		})
	default:
		d.network(uint16(etherType))
	}
}

// mac walks an address of 48 bits, the least significant bit of each octet
// first.
func (d *dissection) mac(name string) bool {
	if d.left() < 6 {
		d.raw(name, cutShort)
		return false
	}
	octets := d.at()[:6]
	address := fmt.Sprintf("%02x:%02x:%02x:%02x:%02x:%02x", octets[0], octets[1], octets[2], octets[3], octets[4], octets[5])
	if address == "ff:ff:ff:ff:ff:ff" {
		address += " (broadcast)"
	}
	return d.Element(wire.Element{Name: name, Octets: 6, Fields: lay(
		field("I/G", 1, wire.Flag(
			wire.Text{EN: "individual address", DE: "individuelle Adresse"},
			wire.Text{EN: "group address", DE: "Gruppenadresse"})),
		field("U/L", 1, wire.Flag(
			wire.Text{EN: "universally administered", DE: "global verwaltet"},
			wire.Text{EN: "locally administered", DE: "lokal verwaltet"})),
		field("address", 46, says(wire.Same(address))),
	)})
}

// tag walks a VLAN tag (IEEE 802.1Q, 9.3): type, priority code point, drop
// eligible indicator, VLAN identifier.
func (d *dissection) tag() bool {
	if d.left() < inet.VLANTag {
		d.raw("VLAN tag", cutShort)
		return false
	}
	return d.Element(wire.Element{Name: "VLAN tag", Octets: inet.VLANTag, BigEndian: true, Fields: lay(
		field("type", 16, etherTypeName),
		field("PCP", 3, priorityCodePoint),
		field("DEI", 1, wire.Flag(
			wire.Text{EN: "not to be dropped first", DE: "nicht bevorzugt zu verwerfen"},
			wire.Text{EN: "to be dropped first", DE: "bevorzugt zu verwerfen"})),
		field("VID", 12, vlan),
	)})
}

func vlan(value uint64) wire.Text {
	switch value {
	case 0:
		return wire.Text{EN: "priority only, no VLAN", DE: "nur Priorität, kein VLAN"}
	case 0xfff:
		return wire.Text{EN: "reserved", DE: "reserviert"}
	}
	return wire.Text{}
}

// cooked walks the header of a Linux cooked capture, version 1.
func (d *dissection) cooked() {
	const name = "Linux cooked capture"
	etherType := -1
	d.Group(name, wire.Text{}, func() {
		if d.left() < inet.LinuxSLLHeader {
			d.raw(name, cutShort)
			return
		}
		d.fields(name, 6, lay(
			field("packet type", 16, packetType),
			field("hardware type", 16, hardwareType),
			field("address length", 16, octetCount(1)),
		)...)
		d.Raw("address", wire.Text{}, 8)
		etherType = int(binary.BigEndian.Uint16(d.at()))
		d.fields("protocol", 2, lay(field("protocol", 16, etherTypeName))...)
		etherType = d.cookedTags(etherType)
	})
	d.cookedPayload(etherType)
}

// cooked2 walks the header of a Linux cooked capture, version 2.
func (d *dissection) cooked2() {
	const name = "Linux cooked capture v2"
	etherType := -1
	d.Group(name, wire.Text{}, func() {
		if d.left() < inet.LinuxSLL2 {
			d.raw(name, cutShort)
			return
		}
		etherType = int(binary.BigEndian.Uint16(d.at()))
		d.fields(name, 12, lay(
			field("protocol", 16, etherTypeName),
			field("reserved", 16, reserved),
			field("interface", 32, nil),
			field("hardware type", 16, hardwareType),
			field("packet type", 8, packetType),
			field("address length", 8, octetCount(1)),
		)...)
		d.Raw("address", wire.Text{}, 8)
		etherType = d.cookedTags(etherType)
	})
	d.cookedPayload(etherType)
}

// cookedTags walks the tags that the protocol of a cooked capture announces,
// and returns the type behind them, or -1. In contrast to Ethernet, the type
// in front of a tag belongs to what precedes it.
func (d *dissection) cookedTags(etherType int) int {
	for inet.IsVLAN(uint16(etherType)) {
		if d.left() < inet.VLANTag {
			d.raw("VLAN tag", cutShort)
			return -1
		}
		etherType = int(binary.BigEndian.Uint16(d.at()[2:]))
		d.Element(wire.Element{Name: "VLAN tag", Octets: inet.VLANTag, BigEndian: true, Fields: lay(
			field("PCP", 3, priorityCodePoint),
			field("DEI", 1, nil),
			field("VID", 12, vlan),
			field("type", 16, etherTypeName),
		)})
	}
	return etherType
}

func (d *dissection) cookedPayload(etherType int) {
	switch {
	case etherType < 0:
	case etherType < inet.MinEtherType:
		d.raw("data", wire.Text{EN: "not taken apart", DE: "nicht zerlegt"})
	default:
		d.network(uint16(etherType))
	}
}

// loopback walks the protocol family in front of a BSD loopback packet.
func (d *dissection) loopback() {
	if d.left() < inet.LoopbackHeader {
		d.raw("loopback", cutShort)
		return
	}
	header := d.at()
	etherType := inet.LoopbackFamily(header)
	text := wire.Text{EN: "unknown", DE: "unbekannt"}
	if etherType != 0 {
		text = etherTypeName(uint64(etherType))
	}
	family := lay(field("family", 32, says(text)))
	d.Group("loopback", wire.Text{}, func() {
		// The byte order is that of the host that captured.
		d.Fields(wire.Element{
			Name: "family", Octets: inet.LoopbackHeader, Fields: family,
			BigEndian: binary.BigEndian.Uint32(header) <= 0xffff,
		})
	})
	if etherType == 0 {
		d.raw("data", wire.Text{})
		return
	}
	d.network(etherType)
}

// network walks what a link layer carries.
func (d *dissection) network(etherType uint16) {
	switch etherType {
	case inet.EtherTypeIPv4:
		d.ipv4()
	case inet.EtherTypeIPv6:
		d.ipv6()
	default:
		d.raw("data", wire.Text{EN: "not taken apart", DE: "nicht zerlegt"})
	}
}

// trailer walks what follows the last layer: padding and the frame check
// sequence.
func (d *dissection) trailer() {
	if d.Rest() == 0 {
		return
	}
	if !d.ended {
		d.raw("data", wire.Text{EN: "not taken apart", DE: "nicht zerlegt"})
		return
	}
	fcs := min(d.fcs(), d.Rest())
	if padding := d.Rest() - fcs; padding > 0 {
		text := wire.Text{EN: "behind the end of the datagram", DE: "hinter dem Ende des Datagramms"}
		if len(d.packet.Data)-fcs == minFrame && d.packet.Interface.LinkType == capture.LinkTypeEthernet {
			text = wire.Text{EN: "to the least frame length of 60 octets", DE: "bis zur kleinsten Rahmenlänge von 60 Oktetten"}
		}
		d.Raw("padding", text, padding)
	}
	if fcs == 0 {
		return
	}
	const name = "frame check sequence"
	if fcs != 4 || d.packet.Interface.LinkType != capture.LinkTypeEthernet || len(d.packet.Data) < 4 {
		d.Raw(name, wire.Text{}, fcs)
		return
	}
	frame := d.packet.Data
	d.Fields(wire.Element{Name: name, Octets: 4, Fields: lay(field(name, 32, func(value uint64) wire.Text {
		if fcsRight(frame) {
			return wire.Text{EN: fmt.Sprintf("0x%08x correct", value), DE: fmt.Sprintf("0x%08x richtig", value)}
		}
		right := crc32.ChecksumIEEE(frame[:len(frame)-4])
		return wire.Text{
			EN: fmt.Sprintf("0x%08x wrong, should be 0x%08x", value, right),
			DE: fmt.Sprintf("0x%08x falsch, richtig wäre 0x%08x", value, right),
		}
	}))})
}
