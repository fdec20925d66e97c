package iec104

import (
	"net"
	"sync"
)

// What one read takes, in octets: more where a read has filled the buffer, less
// again when several in a row have not needed it.
const (
	smallRead = 2 << 10
	largeRead = 64 << 10
	// manySmall is how many reads in a row must have been small.
	manySmall = 16
)

// The buffers of connections that have nothing to read.
var (
	smallBuffers = sync.Pool{New: func() any { return new([smallRead]byte) }}
	largeBuffers = sync.Pool{New: func() any { return new([largeRead]byte) }}
)

// input reads a connection. Where the system allows it a connection that has
// nothing to read has no buffer.
type input struct {
	conn   net.Conn
	direct *directReader // nil where the connection has none
	large  bool          // which buffer comes next
	small  int           // reads in a row that did not need the large one
	buffer []byte        // nil where none is held
}

func newInput(conn net.Conn) *input {
	return &input{conn: conn, direct: newDirectReader(conn)}
}

// read waits for octets. They are valid until release, which must be called
// before the next read.
func (in *input) read() ([]byte, error) {
	var n int
	var err error
	if in.direct != nil {
		n, err = in.direct.read(in)
	} else {
		n, err = in.conn.Read(in.acquire())
	}
	switch {
	case n > smallRead/2:
		in.small = 0
		in.large = in.large || n == smallRead
	case in.large:
		in.small++
		in.large = in.small < manySmall
	}
	return in.buffer[:n], err
}

// acquire returns the buffer that is held, and holds one before.
func (in *input) acquire() []byte {
	switch {
	case in.buffer != nil:
	case in.large:
		in.buffer = largeBuffers.Get().(*[largeRead]byte)[:]
	default:
		in.buffer = smallBuffers.Get().(*[smallRead]byte)[:]
	}
	return in.buffer
}

// release gives the buffer back.
func (in *input) release() {
	switch len(in.buffer) {
	case smallRead:
		smallBuffers.Put((*[smallRead]byte)(in.buffer))
	case largeRead:
		largeBuffers.Put((*[largeRead]byte)(in.buffer))
	}
	in.buffer = nil
}
