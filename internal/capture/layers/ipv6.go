package layers

import (
	"encoding/binary"
	"fmt"
	"net/netip"

	"stellwerk/internal/capture/inet"
	"stellwerk/wire"
)

// ipv6 walks a datagram with its extension headers (RFC 8200, 3 and 4).
func (d *dissection) ipv6() {
	data := d.at()
	if len(data) < inet.IPv6Header || data[0]>>4 != 6 {
		d.raw("IPv6", wire.Text{EN: "the header is damaged or cut short", DE: "der Kopf ist beschädigt oder abgeschnitten"})
		return
	}
	length := int(binary.BigEndian.Uint16(data[4:]))
	lengthText := octetCount(1)
	total := inet.IPv6Header + length
	next := data[6]
	switch {
	case length == 0 && next != inet.ProtocolNoNext:
		total = len(data)
		lengthText = says(wire.Text{EN: "a jumbogram, or left to the network card", DE: "ein Jumbogramm, oder der Netzwerkkarte überlassen"})
	case total <= len(data):
		d.ended = true
	}
	source, destination := netip.AddrFrom16([16]byte(data[8:])), netip.AddrFrom16([16]byte(data[24:]))
	d.within(total, func() {
		d.Group("IPv6", wire.Same(source.String()+" > "+destination.String()), func() {
			d.fields("IPv6", 8, lay(
				field("version", 4, nil),
				field("traffic class", 6, nil),
				field("ECN", 2, congestion),
				field("flow label", 20, nil),
				field("payload length", 16, lengthText),
				field("next header", 8, protocolName),
				field("hop limit", 8, nil),
			)...)
			d.Raw("source", wire.Same(source.String()), 16)
			d.Raw("destination", wire.Same(destination.String()), 16)
		})
		for {
			header, ok := inet.ExtensionHeader(next, d.at())
			if !ok {
				d.raw(protocolName(uint64(next)).EN, cutShort)
				return
			}
			if header == 0 {
				break
			}
			following := d.at()[0]
			if d.extension(next, header) {
				return
			}
			next = following
		}
		d.transport(next)
	})
}

// extension walks an extension header. It reports whether what follows is a
// fragment, which it walks too.
func (d *dissection) extension(kind uint8, octets int) (fragment bool) {
	data := d.at()[:octets]
	names := extensionNames[kind]
	d.Group(names, wire.Text{}, func() {
		d.within(octets, func() {
			switch kind {
			case inet.ProtocolFragment:
				d.fields(names, 8, lay(
					field("next header", 8, protocolName),
					field("reserved", 8, reserved),
					field("fragment offset", 13, octetCount(8)),
					field("reserved", 2, reserved),
					field("M", 1, wire.Flag(wire.Text{EN: "last fragment", DE: "letztes Fragment"}, wire.Text{EN: "more fragments", DE: "mehr Fragmente"})),
					field("identification", 32, func(value uint64) wire.Text { return wire.Same(fmt.Sprintf("0x%08x", value)) }),
				)...)
			case inet.ProtocolAH:
				d.fields(names, 8, lay(
					field("next header", 8, protocolName),
					field("length", 8, nil),
					field("reserved", 16, reserved),
					field("SPI", 32, nil),
				)...)
			case inet.ProtocolRouting:
				d.fields(names, 4, lay(
					field("next header", 8, protocolName),
					field("length", 8, nil),
					field("routing type", 8, nil),
					field("segments left", 8, nil),
				)...)
			default:
				d.fields(names, 2, lay(field("next header", 8, protocolName), field("length", 8, nil))...)
			}
			d.raw("data", wire.Text{})
		})
	})
	if kind != inet.ProtocolFragment {
		return false
	}
	place := binary.BigEndian.Uint16(data[2:])
	if place&^6 == 0 {
		return false // all there is (RFC 6946)
	}
	d.raw("fragment", wire.Text{
		EN: fmt.Sprintf("octets from %d of a datagram", place&^7),
		DE: fmt.Sprintf("Oktette ab %d eines Datagramms", place&^7),
	})
	return true
}
