package ams

import "fmt"

// Frame is an AMS frame: the header and the data behind it.
type Frame struct {
	Header
	Data []byte
}

// Framing is how AMS frames follow each other in a stream.
type Framing int

// The framings.
const (
	// OverTCP has an AMS/TCP header before each frame.
	OverTCP Framing = iota
	// Bare has the frames one behind the other, as secure ADS does.
	Bare
)

// MaxData is how many octets of data frames may have where nothing else is set.
// It is far beyond what PLCs send, but for large symbol tables.
const MaxData = 16 << 20

// Append appends the frame to a stream, with the length of its data in the
// headers, whatever Length says.
func (f *Frame) Append(dst []byte, framing Framing) []byte {
	h := f.Header
	h.Length = uint32(len(f.Data))
	if framing == OverTCP {
		dst = TCPHeader{Command: TCPFrame, Length: HeaderLength + h.Length}.Append(dst)
	}
	return append(h.Append(dst), f.Data...)
}

// DecodeFrame reads an AMS frame that data holds as a whole, such as one behind
// an AMS/TCP header, or a datagram. Data aliases data.
func DecodeFrame(data []byte) (Frame, error) {
	h, err := DecodeHeader(data)
	if err != nil {
		return Frame{}, err
	}
	rest := data[HeaderLength:]
	if uint64(h.Length) != uint64(len(rest)) {
		return Frame{Header: h}, fmt.Errorf("AMS header: it says %d octets of data, %d follow", h.Length, len(rest))
	}
	return Frame{Header: h, Data: rest}, nil
}
