package frame

import "encoding/binary"

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
	if blocks := len(src) &^ (maskBlock - 1); blocks > 0 {
		maskBlocks(dst[:blocks], src[:blocks], word)
		dst, src = dst[blocks:], src[blocks:]
	}
	for len(src) >= 8 {
		binary.LittleEndian.PutUint64(dst, binary.LittleEndian.Uint64(src)^word)
		dst, src = dst[8:], src[8:]
	}
	for i := range src {
		dst[i] = src[i] ^ key[i&3]
	}
}

// maskBlock is how many octets are masked at once, a power of 2.
const maskBlock = 64
