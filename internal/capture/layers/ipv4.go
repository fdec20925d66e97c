package layers

import (
	"encoding/binary"
	"fmt"
	"net/netip"

	"stellwerk/internal/capture/inet"
	"stellwerk/wire"
)

// ipv4 walks a datagram (RFC 791, 3.1).
func (d *dissection) ipv4() {
	data := d.at()
	if len(data) < inet.IPv4MinHeader || data[0]>>4 != 4 || data[0]&0xf < 5 || int(data[0]&0xf)*4 > len(data) {
		d.raw("IPv4", wire.Text{EN: "the header is damaged or cut short", DE: "der Kopf ist beschädigt oder abgeschnitten"})
		return
	}
	header := int(data[0]&0xf) * 4
	total := int(binary.BigEndian.Uint16(data[2:]))
	totalText := octetCount(1)
	switch {
	case total == 0:
		total = len(data)
		totalText = says(wire.Text{EN: "left to the network card of the sender", DE: "der Netzwerkkarte des Senders überlassen"})
	case total < header:
		total = header
		totalText = says(wire.Text{EN: "shorter than the header", DE: "kürzer als der Kopf"})
	case total <= len(data):
		d.ended = true
	}
	source, destination := netip.AddrFrom4([4]byte(data[12:])), netip.AddrFrom4([4]byte(data[16:]))
	fragment := binary.BigEndian.Uint16(data[6:])
	d.within(total, func() {
		d.Group("IPv4", wire.Same(source.String()+" > "+destination.String()), func() {
			v, right := inet.VerifyIPv4(data[:header])
			d.ipv4Header(totalText, verdict(v, right), source, destination)
			d.within(header-inet.IPv4MinHeader, func() { d.options("options", ipv4Option) })
		})
		if fragment&0x3fff != 0 {
			d.raw("fragment", wire.Text{
				EN: fmt.Sprintf("octets from %d of a datagram", int(fragment&0x1fff)*8),
				DE: fmt.Sprintf("Oktette ab %d eines Datagramms", int(fragment&0x1fff)*8),
			})
			return
		}
		d.transport(data[9])
	})
}

// ipv4Header walks the fixed part of the header.
func (d *dissection) ipv4Header(totalText, checksum func(uint64) wire.Text, source, destination netip.Addr) {
	d.fields("IPv4", 1, lay(field("version", 4, nil), field("IHL", 4, octetCount(4)))...)
	d.Element(wire.Element{Name: "type of service", Octets: 1, BigEndian: true, Fields: lay(
		field("precedence", 3, precedence),
		field("D", 1, wire.Flag(wire.Text{EN: "normal delay", DE: "normale Verzögerung"}, wire.Text{EN: "low delay", DE: "geringe Verzögerung"})),
		field("T", 1, wire.Flag(wire.Text{EN: "normal throughput", DE: "normaler Durchsatz"}, wire.Text{EN: "high throughput", DE: "hoher Durchsatz"})),
		field("R", 1, wire.Flag(wire.Text{EN: "normal reliability", DE: "normale Zuverlässigkeit"}, wire.Text{EN: "high reliability", DE: "hohe Zuverlässigkeit"})),
		field("reserved", 2, congestion),
	)})
	d.fields("IPv4", 4, lay(field("total length", 16, totalText), field("identification", 16, hex16))...)
	d.Element(wire.Element{Name: "flags", Octets: 2, BigEndian: true, Fields: lay(
		field("reserved", 1, reserved),
		field("DF", 1, wire.Flag(wire.Text{EN: "may be fragmented", DE: "darf fragmentiert werden"}, wire.Text{EN: "must not be fragmented", DE: "darf nicht fragmentiert werden"})),
		field("MF", 1, wire.Flag(wire.Text{EN: "last fragment", DE: "letztes Fragment"}, wire.Text{EN: "more fragments", DE: "mehr Fragmente"})),
		field("fragment offset", 13, octetCount(8)),
	)})
	d.fields("IPv4", 12, lay(
		field("time to live", 8, nil),
		field("protocol", 8, protocolName),
		field("header checksum", 16, checksum),
		field("source", 32, says(wire.Same(source.String()))),
		field("destination", 32, says(wire.Same(destination.String()))),
	)...)
}

// option describes an option of IPv4 or TCP: its name, and its fields behind
// kind and length if they are known.
type option struct {
	name   string
	fields func(octets int) []wire.Field
}

// options walks the options of an IPv4 or TCP header, which have the same form
// (RFC 791, 3.1; RFC 9293, 3.2): 0 ends them, 1 fills, all others have their
// length, with these two octets, in the second.
func (d *dissection) options(group string, describe func(kind byte) option) {
	if d.left() <= 0 {
		return
	}
	d.Group(group, wire.Text{}, func() {
		for d.left() > 0 {
			data := d.at()
			kind := data[0]
			o := describe(kind)
			if kind <= 1 {
				d.fields("kind", 1, lay(field("kind", 8, says(wire.Same(o.name))))...)
				if kind == 0 {
					d.raw("padding", wire.Text{})
				}
				continue
			}
			if len(data) < 2 || data[1] < 2 || int(data[1]) > len(data) {
				d.raw("option", wire.Text{EN: "its length does not fit", DE: "ihre Länge passt nicht"})
				return
			}
			d.Group("option", wire.Same(o.name), func() {
				length := int(data[1])
				d.fields("option", 2, lay(field("kind", 8, nil), field("length", 8, octetCount(1)))...)
				if o.fields != nil {
					if fields := o.fields(length - 2); fields != nil {
						d.fields("option", length-2, fields...)
						return
					}
				}
				d.Raw("data", wire.Text{}, length-2)
			})
		}
	})
}

// ipv4Option describes the options of RFC 791, 3.1 and RFC 2113.
func ipv4Option(kind byte) option {
	switch kind {
	case 0:
		return option{name: "end of options"}
	case 1:
		return option{name: "no operation"}
	case 7:
		return option{name: "record route", fields: route}
	case 68:
		return option{name: "internet timestamp"}
	case 130:
		return option{name: "security"}
	case 131:
		return option{name: "loose source and record route", fields: route}
	case 136:
		return option{name: "stream identifier", fields: exactly(2, field("stream identifier", 16, nil))}
	case 137:
		return option{name: "strict source and record route", fields: route}
	case 148:
		return option{name: "router alert", fields: exactly(2, field("value", 16, nil))}
	}
	return option{name: fmt.Sprintf("option %d", kind)}
}

// exactly describes an option with a fixed length.
func exactly(length int, fields ...wire.Field) func(int) []wire.Field {
	return func(octets int) []wire.Field {
		if octets != length {
			return nil
		}
		return lay(fields...)
	}
}

// route describes a pointer and addresses.
func route(octets int) []wire.Field {
	if octets < 1 || octets%4 != 1 {
		return nil
	}
	fields := []wire.Field{field("pointer", 8, nil)}
	for range octets / 4 {
		fields = append(fields, field("address", 32, func(value uint64) wire.Text {
			var address [4]byte
			binary.BigEndian.PutUint32(address[:], uint32(value))
			return wire.Same(netip.AddrFrom4(address).String())
		}))
	}
	return lay(fields...)
}
