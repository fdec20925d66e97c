package frame

import (
	"crypto/subtle"
	"encoding/binary"
)

// Mask masks a payload in place, or takes the mask away (5.3). The position is
// that of data's first octet in the payload.
func Mask(data []byte, key [4]byte, position int64) { MaskTo(data, data, key, position) }

// MaskTo masks src into dst, which is at least as long, and is src itself or does
// not overlap it.
func MaskTo(dst, src []byte, key [4]byte, position int64) {
	for turn := position & 3; turn > 0; turn-- {
		key = [4]byte{key[1], key[2], key[3], key[0]}
	}
	dst = dst[:len(src)]
	word := uint64(binary.LittleEndian.Uint32(key[:]))
	word |= word << 32
	if len(src) >= 2*wideMask {
		// The assembler of crypto/subtle masks with wide registers what another
		// slice says.
		var wide [wideMask]byte
		for at := 0; at < len(wide); at += 8 {
			binary.LittleEndian.PutUint64(wide[at:], word)
		}
		for len(src) >= len(wide) {
			n := subtle.XORBytes(dst, src, wide[:])
			dst, src = dst[n:], src[n:]
		}
	}
	for len(src) >= 8 {
		binary.LittleEndian.PutUint64(dst, binary.LittleEndian.Uint64(src)^word)
		dst, src = dst[8:], src[8:]
	}
	for i := range src {
		dst[i] = src[i] ^ key[i&3]
	}
}

// wideMask is how many octets are masked at once.
const wideMask = 256
