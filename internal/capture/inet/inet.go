// Package inet finds IP datagrams in captured packets and TCP segments and UDP
// datagrams in those, without copying and without allocating. It looks at no
// more than reassembly needs; package layers shows every field.
//
// Link layers: Ethernet II with any number of VLAN tags, Linux cooked captures
// version 1 and 2, BSD loopback in both byte orders, raw IP. Network layers:
// IPv4 (RFC 791) and IPv6 with its extension headers (RFC 8200).
package inet

// EtherType numbers (IEEE 802, https://www.iana.org/assignments/ieee-802-numbers).
const (
	EtherTypeIPv4     = 0x0800
	EtherTypeARP      = 0x0806
	EtherTypeVLAN     = 0x8100 // IEEE 802.1Q customer tag
	EtherTypeIPv6     = 0x86dd
	EtherTypeProvider = 0x88a8 // IEEE 802.1ad service tag
	EtherTypeQinQ     = 0x9100 // service tag before 802.1ad
	EtherTypeQinQ2    = 0x9200
	EtherTypeQinQ3    = 0x9300
)

// MinEtherType is the least number that is a type: those below it are lengths
// of IEEE 802.3 frames.
const MinEtherType = 0x0600

// IsVLAN reports whether a tag follows the type, and behind it another type.
func IsVLAN(etherType uint16) bool {
	switch etherType {
	case EtherTypeVLAN, EtherTypeProvider, EtherTypeQinQ, EtherTypeQinQ2, EtherTypeQinQ3:
		return true
	}
	return false
}

// Protocol numbers of IPv4 and next header numbers of IPv6.
const (
	ProtocolHopByHop           = 0
	ProtocolICMP               = 1
	ProtocolTCP                = 6
	ProtocolUDP                = 17
	ProtocolRouting            = 43
	ProtocolFragment           = 44
	ProtocolESP                = 50
	ProtocolAH                 = 51
	ProtocolICMPv6             = 58
	ProtocolNoNext             = 59
	ProtocolDestinationOptions = 60
	ProtocolMobility           = 135
	ProtocolHIP                = 139
	ProtocolShim6              = 140
)

// Lengths of headers in octets.
const (
	EthernetHeader = 14
	VLANTag        = 4
	LinuxSLLHeader = 16
	LinuxSLL2      = 20
	LoopbackHeader = 4
	IPv4MinHeader  = 20
	IPv6Header     = 40
	TCPMinHeader   = 20
	UDPHeader      = 8
)
