package layers

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strings"

	"stellwerk/internal/capture/inet"
	"stellwerk/wire"
)

// transport walks what a datagram carries.
func (d *dissection) transport(protocol uint8) {
	if d.left() <= 0 {
		return
	}
	switch protocol {
	case inet.ProtocolTCP:
		d.tcp()
	case inet.ProtocolUDP:
		d.udp()
	default:
		d.raw("data", wire.Text{
			EN: protocolName(uint64(protocol)).EN + ", not taken apart",
			DE: protocolName(uint64(protocol)).DE + ", nicht zerlegt",
		})
	}
}

// flagNames are the flags of a TCP header, the most significant bit first.
var flagNames = [8]string{"CWR", "ECE", "URG", "ACK", "PSH", "RST", "SYN", "FIN"}

// tcp walks a segment (RFC 9293, 3.1).
func (d *dissection) tcp() {
	data := d.at()
	header := 0
	if len(data) >= inet.TCPMinHeader {
		header = int(data[12]>>4) * 4
	}
	if header < inet.TCPMinHeader || header > len(data) {
		d.raw("TCP", wire.Text{EN: "the header is damaged or cut short", DE: "der Kopf ist beschädigt oder abgeschnitten"})
		return
	}
	checksum := verdict(inet.Unverifiable, 0)
	if d.decoded {
		d.datagram.Payload = data // the last word about where it ends
		checksum = verdict(d.datagram.VerifyTCP())
	}
	d.Group("TCP", tcpSummary(data), func() {
		d.fields("TCP", 12, lay(
			field("source port", 16, nil),
			field("destination port", 16, nil),
			field("sequence number", 32, nil),
			field("acknowledgment number", 32, nil),
		)...)
		d.fields("TCP", 1, lay(field("data offset", 4, octetCount(4)), field("reserved", 4, reserved))...)
		d.Element(wire.Element{Name: "flags", Octets: 1, BigEndian: true, Fields: flagFields})
		d.fields("TCP", 6, lay(
			field("window", 16, octetCount(1)),
			field("checksum", 16, checksum),
			field("urgent pointer", 16, func(value uint64) wire.Text {
				if value != 0 && data[13]&inet.URG == 0 {
					return wire.Text{EN: "without meaning: URG is 0", DE: "ohne Bedeutung: URG ist 0"}
				}
				return wire.Text{}
			}),
		)...)
		d.within(header-inet.TCPMinHeader, func() { d.options("options", tcpOption) })
	})
	d.raw("payload", octets(len(data)-header))
}

// flagFields are the flags with what they mean when they are set.
var flagFields = func() []wire.Field {
	meanings := [8]wire.Text{
		{EN: "congestion window reduced", DE: "Staufenster verkleinert"},
		{EN: "congestion experienced", DE: "Stau gemeldet"},
		{EN: "urgent pointer valid", DE: "Urgent Pointer gültig"},
		{EN: "acknowledgment number valid", DE: "Quittungsnummer gültig"},
		{EN: "push function", DE: "Push-Funktion"},
		{EN: "reset of the connection", DE: "Zurücksetzung der Verbindung"},
		{EN: "synchronization of sequence numbers", DE: "Synchronisierung der Folgenummern"},
		{EN: "no more data from the sender", DE: "keine weiteren Daten vom Sender"},
	}
	fields := make([]wire.Field, len(flagNames))
	for i, name := range flagNames {
		fields[i] = field(name, 1, wire.Flag(wire.Text{}, meanings[i]))
	}
	return lay(fields...)
}()

// tcpSummary names the ports and the flags that are set.
func tcpSummary(data []byte) wire.Text {
	var set []string
	for i, name := range slices.Backward(flagNames[:]) {
		if data[13]>>(7-i)&1 == 1 {
			set = append(set, name)
		}
	}
	return wire.Same(fmt.Sprintf("%d > %d %s",
		binary.BigEndian.Uint16(data), binary.BigEndian.Uint16(data[2:]), strings.Join(set, " ")))
}

// tcpOption describes the options that are common: RFC 9293, 3.2, RFC 7323,
// RFC 2018, RFC 5482, RFC 7413.
func tcpOption(kind byte) option {
	switch kind {
	case 0:
		return option{name: "end of options"}
	case 1:
		return option{name: "no operation"}
	case 2:
		return option{name: "maximum segment size", fields: exactly(2, field("maximum segment size", 16, octetCount(1)))}
	case 3:
		return option{name: "window scale", fields: exactly(1, field("shift", 8, func(value uint64) wire.Text {
			return wire.Text{EN: fmt.Sprintf("window times %d", 1<<min(value, 14)), DE: fmt.Sprintf("Fenster mal %d", 1<<min(value, 14))}
		}))}
	case 4:
		return option{name: "SACK permitted"}
	case 5:
		return option{name: "SACK", fields: sackBlocks}
	case 8:
		return option{name: "timestamps", fields: exactly(8, field("value", 32, nil), field("echo reply", 32, nil))}
	case 19:
		return option{name: "MD5 signature"}
	case 28:
		return option{name: "user timeout", fields: exactly(2,
			field("granularity", 1, wire.Flag(wire.Text{EN: "seconds", DE: "Sekunden"}, wire.Text{EN: "minutes", DE: "Minuten"})),
			field("user timeout", 15, nil),
		)}
	case 29:
		return option{name: "authentication"}
	case 30:
		return option{name: "multipath TCP"}
	case 34:
		return option{name: "fast open cookie"}
	}
	return option{name: fmt.Sprintf("option %d", kind)}
}

// sackBlocks describes blocks that have been received behind a gap.
func sackBlocks(octets int) []wire.Field {
	if octets == 0 || octets%8 != 0 {
		return nil
	}
	var fields []wire.Field
	for range octets / 8 {
		fields = append(fields, field("left edge", 32, nil), field("right edge", 32, nil))
	}
	return lay(fields...)
}

// udp walks a UDP datagram (RFC 768).
func (d *dissection) udp() {
	data := d.at()
	if len(data) < inet.UDPHeader {
		d.raw("UDP", wire.Text{EN: "the header is damaged or cut short", DE: "der Kopf ist beschädigt oder abgeschnitten"})
		return
	}
	checksum := verdict(inet.Unverifiable, 0)
	if d.decoded {
		d.datagram.Payload = data
		checksum = verdict(d.datagram.VerifyUDP())
	}
	if d.datagram.Version == 4 && binary.BigEndian.Uint16(data[6:]) == 0 {
		checksum = says(wire.Text{EN: "none", DE: "keine"})
	}
	d.Group("UDP", wire.Same(fmt.Sprintf("%d > %d", binary.BigEndian.Uint16(data), binary.BigEndian.Uint16(data[2:]))), func() {
		d.fields("UDP", inet.UDPHeader, lay(
			field("source port", 16, nil),
			field("destination port", 16, nil),
			field("length", 16, octetCount(1)),
			field("checksum", 16, checksum),
		)...)
	})
	d.raw("payload", octets(len(data)-inet.UDPHeader))
}
