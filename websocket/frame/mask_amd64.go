package frame

// maskBlocks masks one block or more. It has four registers of 16 octets, which
// every amd64 has, for a block: twice as fast as what the compiler makes.
func maskBlocks(dst, src []byte, key uint64) { maskSSE2(&dst[0], &src[0], len(src), key) }

// maskSSE2 masks octets, a multiple of maskBlock and at least one.
//
//go:noescape
func maskSSE2(dst, src *byte, octets int, key uint64)
