package frame

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
)

// Lengths of headers and payloads.
const (
	// MaxHeader is the most octets that a header has: 2, length 8, key 4.
	MaxHeader = 14
	// MaxControl is the longest payload of a control frame (5.5).
	MaxControl = 125
)

// Header is the header of a frame (5.2).
type Header struct {
	Fin              bool // the last frame of the message
	RSV1, RSV2, RSV3 bool // RSV1 marks a compressed message (RFC 7692, 6)
	Opcode           Opcode
	Masked           bool
	Key              [4]byte // of the mask, where Masked
	Length           int64   // of the payload in octets
}

// ErrProtocol says that the peer has broken RFC 6455; the connection must be
// failed with the close code 1002.
var ErrProtocol = errors.New("protocol error")

// Decode reads a header. It returns how many octets it has, 0 where data ends
// before that. Wrong is only what no header can be: a length with more octets
// than it needs, or beyond 2^63-1. Whether the header is allowed where it
// stands, [Header.Check] says.
func Decode(data []byte) (h Header, octets int, err error) {
	if len(data) < 2 {
		return h, 0, nil
	}
	first, second := data[0], data[1]
	h = Header{
		Fin: first&0x80 != 0, RSV1: first&0x40 != 0, RSV2: first&0x20 != 0, RSV3: first&0x10 != 0,
		Opcode: Opcode(first & 0xf), Masked: second&0x80 != 0, Length: int64(second & 0x7f),
	}
	octets = 2
	switch h.Length {
	case 126:
		if octets += 2; len(data) < octets {
			return h, 0, nil
		}
		h.Length = int64(binary.BigEndian.Uint16(data[2:]))
		if h.Length < 126 {
			return h, octets, fmt.Errorf("%w: length %d in the form of 16 bits", ErrProtocol, h.Length)
		}
	case 127:
		if octets += 8; len(data) < octets {
			return h, 0, nil
		}
		length := binary.BigEndian.Uint64(data[2:])
		switch {
		case length > math.MaxInt64:
			return h, octets, fmt.Errorf("%w: length %#x, whose highest bit must be 0", ErrProtocol, length)
		case length <= math.MaxUint16:
			return h, octets, fmt.Errorf("%w: length %d in the form of 64 bits", ErrProtocol, length)
		}
		h.Length = int64(length)
	}
	if h.Masked {
		if octets += 4; len(data) < octets {
			return h, 0, nil
		}
		copy(h.Key[:], data[octets-4:])
	}
	return h, octets, nil
}

// Append appends the header. The length must not be negative.
func (h *Header) Append(dst []byte) []byte {
	first := byte(h.Opcode & 0xf)
	for bit, set := range [...]bool{h.RSV3, h.RSV2, h.RSV1, h.Fin} {
		if set {
			first |= 0x10 << bit
		}
	}
	mask := byte(0)
	if h.Masked {
		mask = 0x80
	}
	switch {
	case h.Length < 126:
		dst = append(dst, first, mask|byte(h.Length))
	case h.Length <= math.MaxUint16:
		dst = append(dst, first, mask|126, byte(h.Length>>8), byte(h.Length))
	default:
		dst = binary.BigEndian.AppendUint64(append(dst, first, mask|127), uint64(h.Length))
	}
	if h.Masked {
		dst = append(dst, h.Key[:]...)
	}
	return dst
}

// Rules are what [Header.Check] holds a header against.
type Rules struct {
	// Masked says whether the sender masks: clients do, servers do not (5.1).
	Masked bool
	// Compressed allows RSV1 on the first frame of a message.
	Compressed bool
	// Continued says that a message has begun and not ended.
	Continued bool
}

// Check returns what is not allowed, nil where all is. Errors wrap
// [ErrProtocol].
func (h *Header) Check(r Rules) error {
	switch {
	case h.RSV2 || h.RSV3:
		return fmt.Errorf("%w: RSV2 or RSV3 is set", ErrProtocol)
	case h.Opcode.Reserved():
		return fmt.Errorf("%w: %s is reserved", ErrProtocol, h.Opcode)
	case h.RSV1 && !r.Compressed:
		return fmt.Errorf("%w: RSV1 is set, and no compression agreed on", ErrProtocol)
	case h.RSV1 && h.Opcode != Text && h.Opcode != Binary:
		return fmt.Errorf("%w: RSV1 is set on a %s frame", ErrProtocol, h.Opcode)
	case h.Masked && !r.Masked:
		return fmt.Errorf("%w: a frame of the server is masked", ErrProtocol)
	case !h.Masked && r.Masked:
		return fmt.Errorf("%w: a frame of the client is not masked", ErrProtocol)
	case h.Opcode.Control() && !h.Fin:
		return fmt.Errorf("%w: a %s frame is fragmented", ErrProtocol, h.Opcode)
	case h.Opcode.Control() && h.Length > MaxControl:
		return fmt.Errorf("%w: a %s frame of %d octets, at most %d are allowed", ErrProtocol, h.Opcode, h.Length, MaxControl)
	case h.Opcode == Continuation && !r.Continued:
		return fmt.Errorf("%w: a continuation of no message", ErrProtocol)
	case (h.Opcode == Text || h.Opcode == Binary) && r.Continued:
		return fmt.Errorf("%w: a new message before the end of the last", ErrProtocol)
	}
	return nil
}
