// Package layers takes a captured packet apart for people: every field of its
// link, network and transport headers with its bits, its value and what it
// means, checksums verified.
//
// The headers of the internet number their bits from the most significant one
// of the first octet (RFC 791, appendix B), and so do the nodes for them: they
// are BigEndian, and Bit is octet*8 plus the bit as RFC 791 counts. Ethernet
// sends the least significant bit of each octet first, so that the individual/
// group bit is bit 0 of an address and the universal/local bit is bit 1
// (IEEE 802-2014, 8.2): nodes for addresses count in that order.
//
// The leaves put together are the packet, whatever it holds.
package layers

import (
	"fmt"

	"stellwerk/internal/capture"
	"stellwerk/internal/capture/inet"
	"stellwerk/wire"
)

// Dissect returns the packet as a tree of nodes, made by w, which it resets.
// Names are English, [Name] has them in German. Fragments of datagrams are shown
// as they are. The nodes alias the packet's octets.
func Dissect(w *wire.Walker, p *capture.Packet) []wire.Node {
	w.Reset(p.Data)
	d := &dissection{Walker: w, packet: p}
	if d.datagram.Decode(p) == inet.IP {
		d.decoded = !d.datagram.Fragmented
	}
	d.link()
	d.limit = 0
	d.trailer()
	return d.Nodes()
}

// dissection is a packet that is being taken apart.
type dissection struct {
	*wire.Walker
	packet *capture.Packet
	// limit is the number of octets at the end of the packet that do not
	// belong to the layer being walked.
	limit int
	// datagram is what reassembly makes of the packet, for the checksum of
	// the transport layer; it is whole if decoded.
	datagram inet.Datagram
	decoded  bool
	ended    bool // by the length in a header: a trailer may follow
}

// left returns how many octets of the current layer have not been walked.
func (d *dissection) left() int { return d.Rest() - d.limit }

// at returns the octets of the current layer that have not been walked.
func (d *dissection) at() []byte {
	data := d.packet.Data
	return data[len(data)-d.Rest() : len(data)-d.limit]
}

// within walks a layer of at most the given number of octets.
func (d *dissection) within(octets int, walk func()) {
	outer := d.limit
	d.limit += max(0, d.left()-octets)
	walk()
	d.limit = outer
}

// cutShort is the text of what is not there to its end.
var cutShort = wire.Text{EN: "cut short", DE: "abgeschnitten"}

// fields walks a run of fields that the layer holds.
func (d *dissection) fields(name string, octets int, fields ...wire.Field) {
	d.Fields(wire.Element{Name: name, Octets: octets, Fields: fields, BigEndian: true})
}

// raw walks what is left of the layer.
func (d *dissection) raw(name string, text wire.Text) { d.Raw(name, text, d.left()) }

// field describes a run of bits; text says what its value means, and is nil
// where that is the number.
func field(name string, width int, text func(uint64) wire.Text) wire.Field {
	return wire.Field{Name: name, Width: width, Text: text}
}

// says is a meaning that does not depend on the value.
func says(text wire.Text) func(uint64) wire.Text {
	return func(uint64) wire.Text { return text }
}

// lay puts fields side by side.
func lay(fields ...wire.Field) []wire.Field {
	bit := 0
	for i := range fields {
		fields[i].Bit = bit
		bit += fields[i].Width
	}
	return fields
}

// octetCount gives the text of a length that is counted in the given unit.
func octetCount(unit uint64) func(uint64) wire.Text {
	if unit == 1 {
		return says(wire.Text{EN: "octets", DE: "Oktette"})
	}
	return func(value uint64) wire.Text { return octets(int(value * unit)) }
}

func octets(n int) wire.Text {
	return wire.Text{EN: fmt.Sprintf("%d octets", n), DE: fmt.Sprintf("%d Oktette", n)}
}

// hex16 writes a number of 16 bits as it is looked up in tables.
func hex16(value uint64) wire.Text { return wire.Same(fmt.Sprintf("0x%04x", value)) }

// reserved is the meaning of bits that must be 0.
func reserved(value uint64) wire.Text {
	if value == 0 {
		return wire.Text{}
	}
	return wire.Text{EN: "should be 0", DE: "sollte 0 sein"}
}

// verdict says what a checksum is worth.
func verdict(v inet.Verdict, right uint16) func(uint64) wire.Text {
	return func(value uint64) wire.Text {
		hex := fmt.Sprintf("0x%04x", value)
		switch v {
		case inet.Good:
			return wire.Text{EN: hex + " correct", DE: hex + " richtig"}
		case inet.Bad:
			return wire.Text{
				EN: fmt.Sprintf("%s wrong, should be 0x%04x", hex, right),
				DE: fmt.Sprintf("%s falsch, richtig wäre 0x%04x", hex, right),
			}
		case inet.Offloaded:
			return wire.Text{
				EN: hex + " not verifiable: left to the network card of the sender",
				DE: hex + " nicht prüfbar: der Netzwerkkarte des Senders überlassen",
			}
		case inet.NotComputed:
			return wire.Text{
				EN: fmt.Sprintf("%s not computed, should be 0x%04x", hex, right),
				DE: fmt.Sprintf("%s nicht berechnet, richtig wäre 0x%04x", hex, right),
			}
		case inet.Unverifiable:
		}
		return wire.Text{
			EN: hex + " not verifiable: not all that it covers is in this packet",
			DE: hex + " nicht prüfbar: nicht alles, wofür sie gilt, ist in diesem Paket",
		}
	}
}
