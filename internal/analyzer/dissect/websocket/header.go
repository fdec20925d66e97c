package websocket

import (
	"encoding/binary"
	"math"
	"unicode/utf8"

	"stellwerk/websocket/frame"
)

// Frame is one frame of a message.
type Frame struct {
	frame.Header
	// Packet is the number of the packet in which the frame ends.
	Packet int64
	// LengthBits says in which form the length stands: 7, 16 or 64 bits. Longer
	// tells that it needs less.
	LengthBits int
	Longer     bool

	head int // octets of the header
	kept int // octets of the payload that are at hand
}

// decodeHeader reads a header. octets is 0 where data ends before it does. sane is
// false where the length is beyond what the standard allows, so that nobody can say
// where the next frame begins.
func decodeHeader(data []byte) (f Frame, octets int, sane bool) {
	if len(data) < 2 {
		return f, 0, true
	}
	h, _, _ := frame.Decode(data[:2]) // the errors about lengths are looked at here
	f.Header, f.LengthBits, f.head = h, 7, 2
	switch data[1] & 0x7f {
	case 126:
		f.LengthBits, f.head = 16, 4
	case 127:
		f.LengthBits, f.head = 64, 10
	}
	if f.Masked {
		f.head += 4
	}
	if len(data) < f.head {
		return f, 0, true
	}
	switch f.LengthBits {
	case 16:
		f.Length = int64(binary.BigEndian.Uint16(data[2:]))
		f.Longer = f.Length < 126
	case 64:
		length := binary.BigEndian.Uint64(data[2:])
		if length > math.MaxInt64 {
			return f, f.head, false
		}
		f.Length = int64(length)
		f.Longer = length <= math.MaxUint16
	}
	if f.Masked {
		copy(f.Key[:], data[f.head-4:])
	}
	return f, f.head, true
}

// expectation is what is known of the frames of a direction.
type expectation struct {
	role       bool // masked is known
	masked     bool
	compressed bool // RSV1 may be set
}

// plausible reports whether frames without a fault begin at the first octet: whole
// ones up to the last octet, or up to one that has only begun; or the beginning of a
// long text.
func plausible(data []byte, e expectation) bool {
	const enough = 64 // octets of text that no accident makes
	whole := 0
	for len(data) > 0 {
		f, octets, sane := decodeHeader(data)
		switch {
		case !sane || f.Longer:
			return false
		case octets == 0:
			return whole > 0
		case f.RSV2 || f.RSV3 || f.Opcode.Reserved() || e.role && f.Masked != e.masked:
			return false
		case f.RSV1 && (!e.compressed || f.Opcode.Control()):
			return false
		case f.Opcode.Control() && (!f.Fin || f.Length > frame.MaxControl):
			return false
		}
		rest := data[octets:]
		there := min(f.Length, int64(len(rest)))
		payload := append([]byte(nil), rest[:min(there, 64<<10)]...)
		if f.Masked {
			frame.Mask(payload, f.Key, 0)
		}
		plain := !f.RSV1 && f.Opcode == frame.Text
		var text frame.UTF8
		if plain && !text.Check(payload) {
			return false
		}
		if there < f.Length {
			return whole > 0 || plain && len(payload) >= enough
		}
		if f.Opcode == frame.Close {
			if _, _, err := frame.DecodeClose(payload); err != nil {
				return false
			}
		}
		if plain && f.Fin && int64(len(payload)) == f.Length && !utf8.Valid(payload) {
			return false
		}
		whole++
		data = rest[there:]
	}
	return whole > 0
}
