package websocket

import (
	"io"
	"math/bits"
	"sync"
)

const (
	// firstRead is what a connection reads into at first, and largeRead from when
	// on that was full: a message of 4 KiB with its header.
	firstRead = 1 << 10
	largeRead = 4<<10 + 768
)

// readAhead is what was read and not yet taken.
type readAhead struct {
	from   io.Reader
	buffer []byte
	begin  int // of what is there, in buffer
	end    int
	full   bool // a read has filled the buffer
}

// newReadAhead begins with what the handshake has read too much.
func newReadAhead(from io.Reader, rest []byte) readAhead {
	r := readAhead{from: from, buffer: make([]byte, max(firstRead, len(rest)))}
	r.end = copy(r.buffer, rest)
	return r
}

// have returns what is there.
func (r *readAhead) have() []byte { return r.buffer[r.begin:r.end] }

// skip takes octets that are there.
func (r *readAhead) skip(octets int) { r.begin += octets }

// leave leaves the buffer as it is to those who have seen it.
func (r *readAhead) leave() {
	buffer := make([]byte, max(firstRead, r.end-r.begin))
	r.begin, r.end, r.buffer = 0, copy(buffer, r.have()), buffer
}

// more reads once. What have has returned is not valid any longer. There must be
// less than firstRead.
func (r *readAhead) more() error {
	switch {
	case r.full && len(r.buffer) < largeRead, len(r.buffer) > largeRead && r.end-r.begin < firstRead:
		buffer := make([]byte, largeRead)
		r.begin, r.end, r.buffer = 0, copy(buffer, r.have()), buffer
	case r.begin > 0:
		r.begin, r.end = 0, copy(r.buffer, r.have())
	}
	n, err := r.from.Read(r.buffer[r.end:])
	r.end += n
	r.full = r.end == len(r.buffer)
	if n > 0 {
		return nil // an error comes again
	}
	return err
}

// takeTo takes what is there, or reads straight into data where nothing is.
func (r *readAhead) takeTo(data []byte) (int, error) {
	if r.begin < r.end {
		n := copy(data, r.have())
		r.begin += n
		return n, nil
	}
	return r.from.Read(data)
}

// Pooled buffers have 2^n octets or more.
const (
	smallestPool = 9
	largestPool  = 25 // ReceiveMessage has no more, as long as nobody says otherwise
)

var buffers [largestPool + 1]sync.Pool

// takeBuffer returns an empty buffer for at least so many octets.
func takeBuffer(octets int) *[]byte {
	class := max(smallestPool, bits.Len(uint(max(0, octets-1))))
	if class > largestPool {
		return new(make([]byte, 0, octets))
	}
	if b, ok := buffers[class].Get().(*[]byte); ok {
		return b
	}
	return new(make([]byte, 0, 1<<class))
}

// giveBuffer gives a buffer back, or one that append has made of it.
func giveBuffer(b *[]byte) {
	if class := bits.Len(uint(cap(*b))) - 1; class >= smallestPool && class <= largestPool {
		*b = (*b)[:0]
		buffers[class].Put(b)
	}
}

// growBuffer moves the contents to a larger buffer.
func growBuffer(b *[]byte, octets int) *[]byte {
	larger := takeBuffer(octets)
	*larger = append(*larger, *b...)
	giveBuffer(b)
	return larger
}
