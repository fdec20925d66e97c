package layers

import (
	"fmt"

	"stellwerk/internal/capture/inet"
	"stellwerk/wire"
)

// EtherTypeName returns number and name of an EtherType, such as "0x0806 ARP".
func EtherTypeName(etherType uint16) string { return etherTypeName(uint64(etherType)).EN }

// ProtocolName returns number and name of an IP protocol, such as "1 ICMP".
func ProtocolName(protocol uint8) string { return protocolName(uint64(protocol)).EN }

// etherTypeName gives the text of an EtherType.
func etherTypeName(value uint64) wire.Text {
	if name, ok := etherTypes[value]; ok {
		return wire.Same(fmt.Sprintf("0x%04x %s", value, name))
	}
	return hex16(value)
}

var etherTypes = map[uint64]string{
	inet.EtherTypeIPv4:     "IPv4",
	inet.EtherTypeARP:      "ARP",
	inet.EtherTypeVLAN:     "IEEE 802.1Q C-TAG",
	inet.EtherTypeIPv6:     "IPv6",
	inet.EtherTypeProvider: "IEEE 802.1ad S-TAG",
	inet.EtherTypeQinQ:     "S-TAG (9100)",
	inet.EtherTypeQinQ2:    "S-TAG (9200)",
	inet.EtherTypeQinQ3:    "S-TAG (9300)",
	0x8847:                 "MPLS",
	0x8863:                 "PPPoE Discovery",
	0x8864:                 "PPPoE Session",
	0x8892:                 "PROFINET",
	0x88a4:                 "EtherCAT",
	0x88b8:                 "GOOSE",
	0x88ba:                 "Sampled Values",
	0x88cc:                 "LLDP",
	0x88e3:                 "MRP",
	0x88f7:                 "PTP",
	0x88fb:                 "PRP/HSR",
	0x892f:                 "HSR",
}

// protocolName gives the text of an IP protocol or next header number.
func protocolName(value uint64) wire.Text {
	if name, ok := protocols[value]; ok {
		return wire.Same(fmt.Sprintf("%d %s", value, name))
	}
	return wire.Number(value)
}

var protocols = map[uint64]string{
	inet.ProtocolHopByHop:           "Hop-by-Hop",
	inet.ProtocolICMP:               "ICMP",
	2:                               "IGMP",
	4:                               "IPv4",
	inet.ProtocolTCP:                "TCP",
	inet.ProtocolUDP:                "UDP",
	41:                              "IPv6",
	inet.ProtocolRouting:            "Routing",
	inet.ProtocolFragment:           "Fragment",
	47:                              "GRE",
	inet.ProtocolESP:                "ESP",
	inet.ProtocolAH:                 "AH",
	inet.ProtocolICMPv6:             "ICMPv6",
	inet.ProtocolNoNext:             "No Next Header",
	inet.ProtocolDestinationOptions: "Destination Options",
	89:                              "OSPF",
	112:                             "VRRP",
	132:                             "SCTP",
	inet.ProtocolMobility:           "Mobility",
	inet.ProtocolHIP:                "HIP",
	inet.ProtocolShim6:              "Shim6",
}

// extensionNames name the extension headers of IPv6.
var extensionNames = map[uint8]string{
	inet.ProtocolHopByHop:           "hop-by-hop options",
	inet.ProtocolRouting:            "routing header",
	inet.ProtocolFragment:           "fragment header",
	inet.ProtocolAH:                 "authentication header",
	inet.ProtocolDestinationOptions: "destination options",
	inet.ProtocolMobility:           "mobility header",
	inet.ProtocolHIP:                "host identity header",
	inet.ProtocolShim6:              "shim6 header",
}

// precedence is the importance of a datagram (RFC 791, 3.1).
var precedence = wire.Codes(map[uint64]wire.Text{
	0: {EN: "routine", DE: "Routine"},
	1: {EN: "priority", DE: "Vorrang"},
	2: {EN: "immediate", DE: "sofort"},
	3: {EN: "flash", DE: "Blitz"},
	4: {EN: "flash override", DE: "Blitz mit Vorrang"},
	5: {EN: "critical", DE: "kritisch"},
	6: {EN: "internetwork control", DE: "Steuerung zwischen Netzen"},
	7: {EN: "network control", DE: "Netzsteuerung"},
}, wire.Text{})

// congestion are two bits that RFC 791 reserves and RFC 3168 uses for explicit
// congestion notification.
var congestion = wire.Codes(map[uint64]wire.Text{
	1: {EN: "ECN: transport is capable (1)", DE: "ECN: Transport ist fähig (1)"},
	2: {EN: "ECN: transport is capable (0)", DE: "ECN: Transport ist fähig (0)"},
	3: {EN: "ECN: congestion experienced", DE: "ECN: Stau aufgetreten"},
}, wire.Text{})

// priorityCodePoint is the traffic type of a frame (IEEE 802.1Q, annex I).
var priorityCodePoint = wire.Codes(map[uint64]wire.Text{
	0: {EN: "best effort", DE: "nach Möglichkeit"},
	1: {EN: "background", DE: "Hintergrund"},
	2: {EN: "excellent effort", DE: "bevorzugt nach Möglichkeit"},
	3: {EN: "critical applications", DE: "kritische Anwendungen"},
	4: {EN: "video", DE: "Video"},
	5: {EN: "voice", DE: "Sprache"},
	6: {EN: "internetwork control", DE: "Steuerung zwischen Netzen"},
	7: {EN: "network control", DE: "Netzsteuerung"},
}, wire.Text{})

// packetType says who a packet of a Linux cooked capture is for.
var packetType = wire.Codes(map[uint64]wire.Text{
	0: {EN: "to this host", DE: "an diesen Rechner"},
	1: {EN: "broadcast", DE: "an alle"},
	2: {EN: "multicast", DE: "an eine Gruppe"},
	3: {EN: "to another host", DE: "an einen anderen Rechner"},
	4: {EN: "sent by this host", DE: "von diesem Rechner gesendet"},
}, wire.Text{EN: "unknown", DE: "unbekannt"})

// hardwareType is Linux's number for a kind of interface (ARPHRD).
var hardwareType = wire.Codes(map[uint64]wire.Text{
	1:     wire.Same("Ethernet"),
	512:   wire.Same("PPP"),
	772:   wire.Same("Loopback"),
	778:   wire.Same("GRE"),
	65534: {EN: "none", DE: "keine"},
}, wire.Text{})
