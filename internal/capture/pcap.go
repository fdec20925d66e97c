package capture

import (
	"errors"
	"fmt"
	"io"
)

// First four octets of a pcap file, read as a little-endian number.
const (
	pcapMicroseconds        = 0xa1b2c3d4
	pcapMicrosecondsSwapped = 0xd4c3b2a1
	pcapNanoseconds         = 0xa1b23c4d
	pcapNanosecondsSwapped  = 0x4d3cb2a1
)

const (
	pcapHeaderOctets = 24
	pcapRecordOctets = 16
)

// openPcap reads the header of a pcap file: magic number (4 octets), version
// (2+2), time zone and accuracy, both unused (4+4), snap length (4), link type
// with the length of the frame check sequence in its highest bits (4).
func (r *Reader) openPcap(nano bool) error {
	header, err := r.peek(pcapHeaderOctets, "the header of a pcap file")
	if err != nil {
		return err
	}
	if major := r.order.uint16(header[4:]); major != 2 {
		return fmt.Errorf("pcap version %d.%d is not known; only version 2 is", major, r.order.uint16(header[6:]))
	}
	link := r.order.uint32(header[20:])
	iface := &Interface{
		LinkType:   LinkType(link & 0x03ffffff),
		SnapLength: r.order.uint32(header[16:]),
		unit:       microseconds,
		section:    &section{order: r.order},
	}
	if nano {
		iface.unit = nanoseconds
	}
	if octets := int(link>>28) * 2; link&0x04000000 != 0 && octets <= maxFCS { // counted in 16 bits
		iface.FCSLength = octets
	}
	iface.section.interfaces = []*Interface{iface}
	r.consume(pcapHeaderOctets)
	r.next = func(p *Packet) error { return r.nextPcap(p, iface) }
	return nil
}

// nextPcap reads a record: seconds, micro- or nanoseconds, captured length,
// length on the wire (4 octets each), data.
func (r *Reader) nextPcap(p *Packet, iface *Interface) error {
	start := r.offset
	header, err := r.peek(pcapRecordOctets, "the header of the packet")
	if err != nil {
		return err
	}
	seconds, fraction := r.order.uint32(header), r.order.uint32(header[4:])
	captured, length := r.order.uint32(header[8:]), r.order.uint32(header[12:])
	if captured > MaxPacket {
		return tooLong(captured)
	}
	r.consume(pcapRecordOctets)
	data, err := r.peek(int(captured), "the packet")
	if err != nil {
		if errors.Is(err, io.EOF) {
			err = fmt.Errorf("the packet has %d octets, none are there: %w", captured, errCutShort)
		}
		return err
	}
	*p = Packet{
		Offset:    start,
		Interface: iface,
		Data:      data,
		Length:    int(max(captured, length)),
		FCSLength: iface.FCSLength,
		// The fraction may exceed a second in files of careless writers.
		stamp: uint64(seconds)*iface.unit.perSecond + uint64(fraction),
	}
	p.Time = iface.unit.nanoseconds(p.stamp)
	r.consume(int(captured))
	return nil
}

func tooLong(octets uint32) error {
	return fmt.Errorf("the packet claims %d captured octets, but none has more than %d: the file is damaged here", octets, MaxPacket)
}
