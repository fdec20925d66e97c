package capture

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// Block types of pcapng (draft-ietf-opsawg-pcapng, section 11.1) that are read.
// All others are skipped: name resolution, statistics, decryption secrets,
// custom blocks and what will be thought of.
const (
	blockInterface      = 0x00000001
	blockPacket         = 0x00000002 // obsolete, still found
	blockSimplePacket   = 0x00000003
	blockEnhancedPacket = 0x00000006
	blockSectionHeader  = 0x0a0d0d0a // reads the same in both byte orders
)

const (
	byteOrderMagic   = uint32(0x1a2b3c4d)
	blockFrameOctets = 12       // type, length in front and length behind
	maxOptions       = 64 << 10 // of a block, kept; longer ones are skipped
	maxInterfaces    = 4096     // of a section
)

func (r *Reader) openPcapng() error {
	r.next = r.nextPcapng
	header, err := r.blockHeader()
	if err == nil {
		err = r.readSectionHeader(header)
	}
	if errors.Is(err, io.EOF) {
		return errCutShort
	}
	return err
}

// block is the head of a block that is being read. Its body begins behind
// type and length, and ends in front of the second length.
type block struct {
	start int64
	kind  uint32
	body  int64
}

// blockHeader reads type and length of the next block without consuming them.
func (r *Reader) blockHeader() (block, error) {
	start := r.offset
	header, err := r.peek(8, "the header of a block")
	if err != nil {
		return block{}, err
	}
	b := block{start: start, kind: binary.LittleEndian.Uint32(header)}
	if b.kind == blockSectionHeader {
		header, err = r.peek(12, "a section header block")
		if err != nil {
			return block{}, err
		}
		switch byteOrderMagic {
		case binary.LittleEndian.Uint32(header[8:]):
			r.order = littleEndian
		case binary.BigEndian.Uint32(header[8:]):
			r.order = bigEndian
		default:
			return block{}, fmt.Errorf("the section header at offset %d has the octets % x where the byte order should be", start, header[8:12])
		}
	}
	b.kind = r.order.uint32(header)
	length := r.order.uint32(header[4:])
	if length < blockFrameOctets || length%4 != 0 {
		return block{}, fmt.Errorf("the block of type 0x%x at offset %d claims %d octets, which no block can have: the file is damaged here", b.kind, start, length)
	}
	b.body = int64(length) - blockFrameOctets
	return b, nil
}

// finish consumes what is left of a block and compares its two lengths.
func (r *Reader) finish(b block) error {
	end := b.start + 8 + b.body
	if err := r.skip(end - r.offset); err != nil {
		return err
	}
	trailer, err := r.peek(4, "the end of a block")
	if err != nil {
		return cutShort(err)
	}
	if length := r.order.uint32(trailer); int64(length) != b.body+blockFrameOctets {
		return differentLengths(b, length)
	}
	r.consume(4)
	return nil
}

func differentLengths(b block, behind uint32) error {
	return fmt.Errorf("the block of type 0x%x claims %d octets in front and %d behind: the file is damaged here",
		b.kind, b.body+blockFrameOctets, behind)
}

// cutShort replaces an end of file in the middle of something.
func cutShort(err error) error {
	if errors.Is(err, io.EOF) {
		return errCutShort
	}
	return err
}

// nextPcapng reads blocks up to and including the next packet.
func (r *Reader) nextPcapng(p *Packet) error {
	if b := r.unfinished; b.kind != 0 {
		r.unfinished = block{}
		if err := r.finish(b); err != nil {
			return r.inBlock(b.start, cutShort(err))
		}
	}
	for {
		b, err := r.blockHeader()
		if err != nil {
			return r.inBlock(r.offset, err)
		}
		switch b.kind {
		case blockEnhancedPacket, blockPacket, blockSimplePacket:
			err = r.readPacket(p, b)
			if err == nil {
				return nil
			}
		case blockSectionHeader:
			err = r.readSectionHeader(b)
		case blockInterface:
			err = r.readInterface(b)
		default:
			r.consume(8)
			err = r.finish(b)
		}
		if err != nil {
			return r.inBlock(b.start, cutShort(err))
		}
	}
}

func (r *Reader) inBlock(start int64, err error) error {
	if errors.Is(err, io.EOF) {
		return err
	}
	return &blockError{offset: start, err: err}
}

// readSectionHeader reads byte order magic (4 octets), version (2+2) and the
// section's length, which is not needed (8).
func (r *Reader) readSectionHeader(b block) error {
	if b.body < 16 {
		return fmt.Errorf("the section header block has %d octets, at least %d are needed", b.body+blockFrameOctets, 16+blockFrameOctets)
	}
	header, err := r.peek(24, "a section header block")
	if err != nil {
		return err
	}
	if major := r.order.uint16(header[12:]); major != 1 {
		return fmt.Errorf("pcapng version %d.%d is not known; only version 1 is", major, r.order.uint16(header[14:]))
	}
	r.consume(8)
	r.section = &section{order: r.order, index: r.sections}
	r.sections++
	r.undeclared = nil
	return r.finish(b)
}

// readInterface reads link type (2 octets), 2 reserved octets, snap length (4)
// and options.
func (r *Reader) readInterface(b block) error {
	if b.body < 8 {
		return fmt.Errorf("the interface description block has %d octets, at least %d are needed", b.body+blockFrameOctets, 8+blockFrameOctets)
	}
	if len(r.section.interfaces) == maxInterfaces {
		return fmt.Errorf("more than %d interfaces in one section", maxInterfaces)
	}
	body, err := r.peek(8+8, "an interface description block")
	if err != nil {
		return err
	}
	iface := &Interface{
		Section:    r.section.index,
		Index:      len(r.section.interfaces),
		LinkType:   LinkType(r.order.uint16(body[8:])),
		SnapLength: r.order.uint32(body[12:]),
		unit:       microseconds,
		section:    r.section,
	}
	r.section.interfaces = append(r.section.interfaces, iface)
	if b.body-8 <= maxOptions {
		body, err = r.peek(8+int(b.body), "an interface description block")
		if err != nil {
			return err
		}
		iface.options = append([]byte(nil), body[16:]...)
	}
	r.consume(8)
	for code, value := range options(iface.options, r.order) {
		switch {
		case code == optionInterfaceName:
			iface.Name = string(value)
		case code == optionInterfaceDescription:
			iface.Description = string(value)
		case code == optionTimeResolution && len(value) >= 1:
			iface.unit.perSecond = newTimeUnit(value[0]).perSecond
		case code == optionTimeOffset && len(value) >= 8:
			iface.unit.offset = int64(r.order.uint64(value))
		case code == optionInterfaceFCSLength && len(value) >= 1:
			iface.FCSLength = fcsOctets(int(value[0]))
		}
	}
	return r.finish(b)
}

// fcsOctets reads the option if_fcslen, which the format leaves open to be
// counted in bits or octets: 4 octets and 32 bits are what is written.
func fcsOctets(n int) int {
	if n > maxFCS {
		n /= 8
	}
	if n > maxFCS {
		return 0
	}
	return n
}

// packetInterface returns the interface that a packet block names. One that
// the section does not describe is stood in for, so that its packets are
// counted and named.
func (r *Reader) packetInterface(index uint32) *Interface {
	if int64(index) < int64(len(r.section.interfaces)) {
		return r.section.interfaces[index]
	}
	if r.undeclared == nil {
		r.undeclared = &Interface{
			Section: r.section.index, Index: int(index), LinkType: LinkTypeUndeclared,
			Name: fmt.Sprintf("undeclared interface %d", index), unit: microseconds, section: r.section,
		}
	}
	return r.undeclared
}

// readPacket reads one of the three packet blocks.
//
// Enhanced: interface (4 octets), time stamp (4 high, 4 low), captured length
// (4), length on the wire (4), data, padding to 4, options.
// Obsolete: interface (2), drops (2), then the same.
// Simple: length on the wire (4), data, padding; interface 0, no time.
func (r *Reader) readPacket(p *Packet, b block) error {
	fixed := int64(20)
	if b.kind == blockSimplePacket {
		fixed = 4
	}
	if b.body < fixed {
		return fmt.Errorf("the packet block has %d octets, at least %d are needed", b.body+blockFrameOctets, fixed+blockFrameOctets)
	}
	whole := b.body + blockFrameOctets
	absurd := whole > greatestWindow // an option without end, perhaps
	need := whole
	if absurd {
		need = 8 + fixed
	}
	octets, err := r.peek(int(need), "the packet block")
	if err != nil {
		return err
	}
	header := octets[8:]
	*p = Packet{Offset: b.start}
	var captured uint32
	switch b.kind {
	case blockSimplePacket:
		p.Interface = r.packetInterface(0)
		p.NoTime = true
		length := r.order.uint32(header)
		captured = uint32(min(int64(length), b.body-fixed))
		if snap := p.Interface.SnapLength; snap != 0 {
			captured = min(captured, snap)
		}
		p.Length = int(length)
	case blockPacket:
		p.Interface = r.packetInterface(uint32(r.order.uint16(header)))
		captured = r.order.uint32(header[12:])
		p.Length = int(max(captured, r.order.uint32(header[16:])))
	default:
		p.Interface = r.packetInterface(r.order.uint32(header))
		captured = r.order.uint32(header[12:])
		p.Length = int(max(captured, r.order.uint32(header[16:])))
	}
	if captured > MaxPacket {
		return tooLong(captured)
	}
	if int64(captured) > b.body-fixed {
		return fmt.Errorf("the packet claims %d captured octets, its block has only room for %d: the file is damaged here", captured, b.body-fixed)
	}
	if !p.NoTime {
		p.stamp = uint64(r.order.uint32(header[4:]))<<32 | uint64(r.order.uint32(header[8:]))
		p.Time = p.Interface.unit.nanoseconds(p.stamp)
	}
	p.FCSLength = p.Interface.FCSLength

	used := 8 + fixed + int64(captured)
	padded := min((used+3)&^3, 8+b.body)
	if absurd {
		// The packet is delivered without options, and the rest of its block
		// is skipped when its octets are no longer in use.
		if octets, err = r.peek(int(padded), "the packet block"); err != nil {
			return err
		}
		p.Data = octets[8+fixed : used : used]
		r.unfinished = b
		r.consume(int(padded))
		return nil
	}
	if length := r.order.uint32(octets[whole-4:]); int64(length) != whole {
		return differentLengths(b, length)
	}
	p.Data = octets[8+fixed : used : used]
	if b.kind == blockEnhancedPacket {
		p.options = octets[padded : whole-4]
		r.readPacketOptions(p)
	}
	r.consume(int(whole))
	return nil
}

// readPacketOptions takes what it says about the frame check sequence from the
// options of an enhanced packet block.
func (r *Reader) readPacketOptions(p *Packet) {
	if len(p.options) == 0 {
		return
	}
	for code, value := range options(p.options, r.order) {
		if code == optionPacketFlags && len(value) >= 4 {
			if octets := int(r.order.uint32(value) >> 5 & 0xf); octets != 0 && octets <= maxFCS {
				p.FCSLength = octets
			}
		}
	}
}
