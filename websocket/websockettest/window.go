package websockettest

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"sync"
)

// window decompresses the messages of a subject (RFC 7692, 7.2.2). It shares no
// code with package frame, and sees what decompressors do not look at: a
// distance beyond the window that was agreed on.
type window struct {
	size     int
	takeover bool
	history  []byte // of the messages before, with takeover
}

// errDeflate is a message that is no DEFLATE (RFC 1951).
var errDeflate = errors.New("it cannot be decompressed")

// inflate decompresses the payload of a message.
func (w *window) inflate(payload []byte) ([]byte, error) {
	b := &blocks{in: append(slices.Clip(payload), 0, 0, 0xff, 0xff), size: w.size}
	if w.takeover {
		b.out = append(b.out, w.history...)
	}
	begin := len(b.out)
	for b.at < 8*len(b.in) {
		if err := b.block(); err != nil {
			return nil, err
		}
	}
	if w.takeover {
		w.history = append(w.history[:0], b.out[max(0, len(b.out)-w.size):]...)
	}
	return b.out[begin:], nil
}

// blocks are those of a message, as RFC 1951 describes them.
type blocks struct {
	in   []byte
	at   int // of the next bit
	out  []byte
	size int
}

// errShort is a message that ends too early.
var errShort = fmt.Errorf("%w: it ends within a block", errDeflate)

// bits takes n bits, the least significant one first (3.1.1).
func (b *blocks) bits(n int) (int, error) {
	if b.at+n > 8*len(b.in) {
		return 0, errShort
	}
	value := 0
	for i := range n {
		value |= int(b.in[b.at>>3]>>(b.at&7)&1) << i
		b.at++
	}
	return value, nil
}

// align goes to the beginning of an octet, and returns which that is.
func (b *blocks) align() int {
	b.at = (b.at + 7) &^ 7
	return b.at / 8
}

// block takes one block (3.2.3). Behind a last one the next begins at an octet.
func (b *blocks) block() error {
	last, err := b.bits(1)
	if err != nil {
		return err
	}
	kind, err := b.bits(2)
	if err != nil {
		return err
	}
	switch kind {
	case 0:
		err = b.stored()
	case 1:
		err = b.packed(fixed())
	case 2:
		var literals, distances *huffman
		if literals, distances, err = b.codes(); err == nil {
			err = b.packed(literals, distances)
		}
	default:
		err = fmt.Errorf("%w: a block of type 3", errDeflate)
	}
	if last == 1 {
		b.align()
	}
	return err
}

// stored takes a block without compression (3.2.4).
func (b *blocks) stored() error {
	rest := b.in[b.align():]
	if len(rest) < 4 {
		return errShort
	}
	n, inverse := int(binary.LittleEndian.Uint16(rest)), int(binary.LittleEndian.Uint16(rest[2:]))
	if rest = rest[4:]; n != inverse^0xffff || len(rest) < n {
		return fmt.Errorf("%w: a length of %d octets", errDeflate, n)
	}
	b.out = append(b.out, rest[:n]...)
	b.at += 8 * (4 + n)
	return nil
}

// Lengths and distances, and how many bits follow their codes (3.2.5).
var (
	lengthBase   = []int{3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258}
	lengthBits   = []int{0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0}
	distanceBase = []int{1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145, 8193, 12289, 16385, 24577}
	distanceBits = []int{0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13}
)

// packed takes the content of a compressed block.
func (b *blocks) packed(literals, distances *huffman) error {
	for {
		symbol, err := b.symbol(literals)
		switch {
		case err != nil:
			return err
		case symbol == 256:
			return nil
		case symbol < 256:
			b.out = append(b.out, byte(symbol))
			continue
		case symbol-257 >= len(lengthBase):
			return fmt.Errorf("%w: length code %d", errDeflate, symbol)
		}
		more, err := b.bits(lengthBits[symbol-257])
		if err != nil {
			return err
		}
		length := lengthBase[symbol-257] + more
		if symbol, err = b.symbol(distances); err != nil {
			return err
		}
		if symbol >= len(distanceBase) {
			return fmt.Errorf("%w: distance code %d", errDeflate, symbol)
		}
		if more, err = b.bits(distanceBits[symbol]); err != nil {
			return err
		}
		distance := distanceBase[symbol] + more
		switch {
		case distance > b.size:
			return fmt.Errorf("a distance of %d octets, beyond the window of %d", distance, b.size)
		case distance > len(b.out):
			return fmt.Errorf("a distance of %d octets, beyond the beginning", distance)
		}
		for range length {
			b.out = append(b.out, b.out[len(b.out)-distance])
		}
	}
}

// huffman is a code: how many symbols have each length, and the symbols in the
// order of their codes (3.2.2).
type huffman struct {
	counts  [16]int
	symbols []int
}

func newHuffman(lengths []int) *huffman {
	h := &huffman{}
	for length := 1; length < 16; length++ {
		for symbol, l := range lengths {
			if l == length {
				h.counts[length]++
				h.symbols = append(h.symbols, symbol)
			}
		}
	}
	return h
}

// symbol takes the code of a symbol.
func (b *blocks) symbol(h *huffman) (int, error) {
	code, first, index := 0, 0, 0
	for length := 1; length < 16; length++ {
		if b.at == 8*len(b.in) {
			return 0, errShort
		}
		code |= int(b.in[b.at>>3] >> (b.at & 7) & 1)
		b.at++
		n := h.counts[length]
		if code-first < n {
			return h.symbols[index+code-first], nil
		}
		index, first, code = index+n, (first+n)<<1, code<<1
	}
	return 0, fmt.Errorf("%w: a code that is none", errDeflate)
}

// fixed are the codes that need no description (3.2.6).
var fixed = sync.OnceValues(func() (literals, distances *huffman) {
	lengths := slices.Concat(slices.Repeat([]int{8}, 144), slices.Repeat([]int{9}, 112), slices.Repeat([]int{7}, 24), slices.Repeat([]int{8}, 8))
	return newHuffman(lengths), newHuffman(slices.Repeat([]int{5}, 30))
})

// codes reads the codes of a block (3.2.7).
func (b *blocks) codes() (literals, distances *huffman, err error) {
	var header [3]int
	for i, n := range []int{5, 5, 4} {
		if header[i], err = b.bits(n); err != nil {
			return nil, nil, err
		}
	}
	lengths := make([]int, 19)
	order := []int{16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15}
	for _, symbol := range order[:header[2]+4] {
		if lengths[symbol], err = b.bits(3); err != nil {
			return nil, nil, err
		}
	}
	meta := newHuffman(lengths)
	all := header[0] + 257 + header[1] + 1
	lengths = lengths[:0]
	for len(lengths) < all {
		symbol, err := b.symbol(meta)
		if err != nil {
			return nil, nil, err
		}
		if symbol < 16 {
			lengths = append(lengths, symbol)
			continue
		}
		value, base, n := 0, 3, 3
		switch symbol {
		case 16:
			if len(lengths) == 0 {
				return nil, nil, fmt.Errorf("%w: a length is repeated before the first", errDeflate)
			}
			value, n = lengths[len(lengths)-1], 2
		case 18:
			base, n = 11, 7
		}
		more, err := b.bits(n)
		if err != nil {
			return nil, nil, err
		}
		for range base + more {
			lengths = append(lengths, value)
		}
	}
	if len(lengths) > all {
		return nil, nil, fmt.Errorf("%w: too many lengths of codes", errDeflate)
	}
	return newHuffman(lengths[:header[0]+257]), newHuffman(lengths[header[0]+257:]), nil
}
