package inet

import (
	"encoding/binary"
	"math/bits"
)

// Sum adds data to a sum of 16-bit words in one's complement (RFC 1071), to be
// folded by [Fold]. A sum that goes on needs an even number of octets so far.
func Sum(sum uint64, data []byte) uint64 {
	// Eight octets at once: the one's complement sum does not mind how the
	// words are grouped (RFC 1071, 2 (B)).
	var carry uint64
	for len(data) >= 32 {
		sum, carry = bits.Add64(sum, binary.BigEndian.Uint64(data), 0)
		sum, carry = bits.Add64(sum, binary.BigEndian.Uint64(data[8:]), carry)
		sum, carry = bits.Add64(sum, binary.BigEndian.Uint64(data[16:]), carry)
		sum, carry = bits.Add64(sum, binary.BigEndian.Uint64(data[24:]), carry)
		sum, carry = bits.Add64(sum, 0, carry)
		sum += carry
		data = data[32:]
	}
	for len(data) >= 8 {
		sum, carry = bits.Add64(sum, binary.BigEndian.Uint64(data), 0)
		sum += carry
		data = data[8:]
	}
	if len(data) >= 4 {
		sum, carry = bits.Add64(sum, uint64(binary.BigEndian.Uint32(data)), 0)
		sum += carry
		data = data[4:]
	}
	var last uint64
	if len(data) >= 2 {
		last = uint64(binary.BigEndian.Uint16(data))
		data = data[2:]
	}
	if len(data) == 1 {
		last += uint64(data[0]) << 8
	}
	sum, carry = bits.Add64(sum, last, 0)
	return sum + carry
}

// Fold reduces a sum to 16 bits. Words with a correct checksum among them fold
// to 0xffff; the checksum is the complement of the folded sum of the others.
func Fold(sum uint64) uint16 {
	sum = sum>>32 + sum&0xffffffff
	sum = sum>>32 + sum&0xffffffff
	sum = sum>>16 + sum&0xffff
	sum = sum>>16 + sum&0xffff
	sum = sum>>16 + sum&0xffff
	return uint16(sum)
}

// Verdict says what a checksum is worth.
type Verdict uint8

// Verdicts about checksums.
const (
	// Unverifiable is a checksum over octets that were not captured, or over
	// an address that a source route hides.
	Unverifiable Verdict = iota
	// Good is a checksum that fits.
	Good
	// Bad is a checksum that does not fit.
	Bad
	// Offloaded is a checksum that a sending host left to its network card
	// (it covers only the pseudo header), and whose packet was captured
	// before it got there.
	Offloaded
	// NotComputed is a checksum of 0 that does not fit: nobody computed it.
	NotComputed
)

// VerifyIPv4 judges the checksum of an IPv4 header with its options, and
// returns the one that would be right.
func VerifyIPv4(header []byte) (verdict Verdict, right uint16) {
	sum := Fold(Sum(0, header))
	found := binary.BigEndian.Uint16(header[10:])
	right = rightChecksum(sum, found)
	switch {
	case sum == 0xffff:
		return Good, right
	case found == 0:
		return NotComputed, right
	}
	return Bad, right
}

// rightChecksum takes the checksum that was found out of the sum.
func rightChecksum(sum, found uint16) uint16 {
	return ^Fold(uint64(sum) + uint64(^found))
}

// PseudoHeader returns the sum over the pseudo header of TCP and UDP (RFC 9293,
// 3.1; RFC 8200, 8.1) for a segment of the given length in octets.
func (d *Datagram) PseudoHeader(length int) uint64 {
	// Addresses of IPv4 stand in the lower half of Low.
	source, destination := d.Source, d.Destination
	if d.Version == 4 {
		source.Low &= 0xffffffff
		destination.Low &= 0xffffffff
	}
	sum := uint64(length) + uint64(d.Protocol)
	for _, word := range [4]uint64{source.High, source.Low, destination.High, destination.Low} {
		var carry uint64
		sum, carry = bits.Add64(sum, word, 0)
		sum += carry
	}
	return sum
}

// VerifyTCP judges the checksum of the datagram's TCP segment, and returns the
// one that would be right. The datagram's payload must hold a TCP header.
func (d *Datagram) VerifyTCP() (verdict Verdict, right uint16) {
	return d.verify(16)
}

// VerifyUDP judges the checksum of the UDP datagram, and returns the one that
// would be right. The payload must hold a UDP header. A checksum of 0 over
// IPv4 is none (RFC 768): NotComputed.
func (d *Datagram) VerifyUDP() (verdict Verdict, right uint16) {
	if d.Version == 4 && binary.BigEndian.Uint16(d.Payload[6:]) == 0 {
		return NotComputed, 0
	}
	verdict, right = d.verify(6)
	if right == 0 {
		right = 0xffff // 0 is reserved for: no checksum
	}
	return verdict, right
}

func (d *Datagram) verify(at int) (verdict Verdict, right uint16) {
	if d.Missing > 0 || d.SourceRoute {
		return Unverifiable, 0
	}
	found := binary.BigEndian.Uint16(d.Payload[at:])
	pseudo := d.PseudoHeader(len(d.Payload))
	sum := Fold(Sum(pseudo, d.Payload))
	right = rightChecksum(sum, found)
	switch {
	case sum == 0xffff:
		return Good, right
	case found == 0:
		return NotComputed, right
	case found == Fold(pseudo) || found == Fold(d.PseudoHeader(0)):
		return Offloaded, right
	}
	return Bad, right
}
