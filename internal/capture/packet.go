package capture

import (
	"time"
)

// MaxPacket is the greatest number of octets of one packet that is read or
// written. It is what capturing programs use as their own limit.
const MaxPacket = 256 << 10

// maxFCS is the length in octets of the longest frame check sequence that a
// file is believed to have.
const maxFCS = 8

// Packet is one packet of a capture.
type Packet struct {
	// Number counts the packets of a file from 1.
	Number int64
	// Offset is where the packet's record begins in the file, in octets.
	// In a compressed file it counts what comes out of the decompression.
	Offset int64
	// Time is when the packet was captured, in nanoseconds since 1970-01-01
	// 00:00:00 UTC. Times that such a number cannot express (before 1677,
	// after 2262) become the nearest that it can.
	Time int64
	// NoTime tells that the capture has no time for the packet, as in simple
	// packet blocks of pcapng; Time is 0 then.
	NoTime bool
	// Interface is where the packet was captured; never nil for packets that
	// a Reader returns.
	Interface *Interface
	// Data is what was captured. It is valid until the next packet is read.
	Data []byte
	// Length is the packet's length on the wire in octets; at least len(Data).
	Length int
	// FCSLength is the number of octets at the end of the packet that are its
	// frame check sequence, as far as the file says so.
	FCSLength int
	// Comment is written with a packet that no Reader made; at most 65,535
	// octets of it. A Reader leaves it empty, and the comments of packets that it
	// returned are written again.
	Comment string

	stamp   uint64 // as in the file, in the interface's unit
	options []byte // of an enhanced packet block, in the section's byte order
}

// Timestamp returns the packet's time in UTC, or the zero time where there is
// none.
func (p *Packet) Timestamp() time.Time {
	if p.NoTime {
		return time.Time{}
	}
	return time.Unix(0, p.Time).UTC()
}

// CutShort returns how many octets of the packet were not captured.
func (p *Packet) CutShort() int { return max(0, p.Length-len(p.Data)) }

// Keep makes p a copy of the packet from that stays valid when the next one is
// read. It reuses the memory of what p held.
func (p *Packet) Keep(from *Packet) {
	data := append(p.Data[:0], from.Data...)          //nolint:gocritic // the memory is p's
	options := append(p.options[:0], from.options...) //nolint:gocritic // the memory is p's
	*p = *from
	p.Data, p.options = data, options
}

// Interface describes where packets were captured. A Reader fills it; it must
// not be changed once packets refer to it.
type Interface struct {
	// Section and Index say which description of which section of a pcapng
	// file this is, both counted from 0. A pcap file has one of each.
	Section, Index int
	// LinkType is what the packets begin with.
	LinkType LinkType
	// SnapLength is where packets were cut, in octets; 0 is nowhere.
	SnapLength uint32
	// Name and Description are the operating system's; often empty.
	Name, Description string
	// FCSLength is the number of octets of the frame check sequence behind
	// each packet; 0 where the capture says none or does not say.
	FCSLength int

	unit    timeUnit
	section *section // nil for an interface that no Reader made
	options []byte   // as in the file, in the section's byte order
}

// section is what holds for a part of a pcapng file.
type section struct {
	order      byteOrder
	index      int
	interfaces []*Interface
}
