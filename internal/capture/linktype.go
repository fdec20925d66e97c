package capture

import (
	"math"
	"strconv"
)

// LinkType says what a packet begins with: a number of the registry of link
// types that pcap and pcapng share.
type LinkType uint32

// Link types whose packets can be taken apart.
const (
	LinkTypeNull      LinkType = 0   // BSD loopback, protocol family in the byte order of the capturing host
	LinkTypeEthernet  LinkType = 1   // IEEE 802.3
	LinkTypeRawBSD    LinkType = 12  // IPv4 or IPv6, written by systems that store DLT_RAW as it is
	LinkTypeRawOpen   LinkType = 14  // the same on OpenBSD
	LinkTypeRaw       LinkType = 101 // IPv4 or IPv6
	LinkTypeLoop      LinkType = 108 // OpenBSD loopback, protocol family in network byte order
	LinkTypeLinuxSLL  LinkType = 113 // Linux cooked capture, version 1
	LinkTypeIPv4      LinkType = 228
	LinkTypeIPv6      LinkType = 229
	LinkTypeLinuxSLL2 LinkType = 276 // Linux cooked capture, version 2
)

// LinkTypeUndeclared is the link type of a packet in a pcapng file that names
// an interface which the file does not describe.
const LinkTypeUndeclared LinkType = math.MaxUint32

// Supported reports whether packets of the link type can be taken apart.
func (l LinkType) Supported() bool {
	switch l {
	case LinkTypeNull, LinkTypeEthernet, LinkTypeRawBSD, LinkTypeRawOpen, LinkTypeRaw, LinkTypeLoop,
		LinkTypeLinuxSLL, LinkTypeIPv4, LinkTypeIPv6, LinkTypeLinuxSLL2:
		return true
	default:
		return false
	}
}

// String returns name and number, such as "IEEE802_11 (105)".
func (l LinkType) String() string {
	if l == LinkTypeUndeclared {
		return "undeclared"
	}
	name, ok := linkTypeNames[l]
	if !ok {
		name = "unknown"
		if l >= 147 && l <= 162 {
			name = "USER" + strconv.Itoa(int(l-147))
		}
	}
	return name + " (" + strconv.FormatUint(uint64(l), 10) + ")"
}

// linkTypeNames are the registry's names without their common prefix
// (https://www.tcpdump.org/linktypes.html); those that a capture of industrial
// networks may well contain.
var linkTypeNames = map[LinkType]string{
	LinkTypeNull:      "NULL",
	LinkTypeEthernet:  "ETHERNET",
	3:                 "AX25",
	6:                 "IEEE802_5",
	7:                 "ARCNET_BSD",
	8:                 "SLIP",
	9:                 "PPP",
	10:                "FDDI",
	LinkTypeRawBSD:    "RAW",
	LinkTypeRawOpen:   "RAW",
	50:                "PPP_HDLC",
	51:                "PPP_ETHER",
	100:               "ATM_RFC1483",
	LinkTypeRaw:       "RAW",
	104:               "C_HDLC",
	105:               "IEEE802_11",
	107:               "FRELAY",
	LinkTypeLoop:      "LOOP",
	LinkTypeLinuxSLL:  "LINUX_SLL",
	114:               "LTALK",
	117:               "PFLOG",
	119:               "IEEE802_11_PRISM",
	122:               "IP_OVER_FC",
	123:               "SUNATM",
	127:               "IEEE802_11_RADIOTAP",
	129:               "ARCNET_LINUX",
	138:               "APPLE_IP_OVER_IEEE1394",
	139:               "MTP2_WITH_PHDR",
	140:               "MTP2",
	141:               "MTP3",
	142:               "SCCP",
	143:               "DOCSIS",
	144:               "LINUX_IRDA",
	163:               "IEEE802_11_AVS",
	165:               "BACNET_MS_TP",
	166:               "PPP_PPPD",
	177:               "LINUX_LAPD",
	182:               "MFR",
	187:               "BLUETOOTH_HCI_H4",
	189:               "USB_LINUX",
	192:               "PPI",
	195:               "IEEE802_15_4_WITHFCS",
	197:               "ERF",
	201:               "BLUETOOTH_HCI_H4_WITH_PHDR",
	203:               "LAPD",
	204:               "PPP_WITH_DIR",
	205:               "C_HDLC_WITH_DIR",
	206:               "FRELAY_WITH_DIR",
	210:               "FLEXRAY",
	212:               "LIN",
	215:               "IEEE802_15_4_NONASK_PHY",
	220:               "USB_LINUX_MMAPPED",
	224:               "FC_2",
	225:               "FC_2_WITH_FRAME_DELIMS",
	226:               "IPNET",
	227:               "CAN_SOCKETCAN",
	LinkTypeIPv4:      "IPV4",
	LinkTypeIPv6:      "IPV6",
	230:               "IEEE802_15_4_NOFCS",
	231:               "DBUS",
	239:               "NFLOG",
	240:               "NETANALYZER",
	241:               "NETANALYZER_TRANSPARENT",
	242:               "IPOIB",
	247:               "INFINIBAND",
	248:               "SCTP",
	249:               "USBPCAP",
	250:               "RTAC_SERIAL",
	251:               "BLUETOOTH_LE_LL",
	252:               "WIRESHARK_UPPER_PDU",
	253:               "NETLINK",
	257:               "PROFIBUS_DL",
	258:               "PKTAP",
	259:               "EPON",
	266:               "USB_DARWIN",
	268:               "SDLC",
	271:               "VSOCK",
	274:               "ETHERNET_MPACKET",
	LinkTypeLinuxSLL2: "LINUX_SLL2",
	281:               "DSA_TAG_BRCM",
	283:               "IEEE802_15_4_TAP",
}
