package stream

import (
	"net/netip"

	"stellwerk/internal/capture/inet"
)

// Direction is one of the two directions of a connection.
type Direction uint8

const (
	// Forward is from the first of a connection's endpoints to the second.
	Forward Direction = iota
	// Backward is from the second endpoint to the first.
	Backward
)

// Unknown is the length of a gap that nobody knows: the beginning of a
// connection was not captured, or its sequence numbers jumped.
const Unknown = -1

// Chunk is a run of octets of one direction of a connection. It never holds
// octets of more than one packet.
type Chunk struct {
	Connection *Connection
	Direction  Direction
	// Packet and Time are number and time (nanoseconds since 1970) of the
	// packet that carried the octets.
	Packet, Time int64
	// Now is the number of the packet that made the assembler hand the chunk
	// on: a later one where the chunk had to wait for what precedes it.
	Now int64
	// Data are the octets.
	Data []byte
	// Position counts the octets of the direction that precede the chunk,
	// including those that are missing. It goes back where octets were
	// replaced by others with the same sequence numbers.
	Position int64
	// Gap is how many octets are missing in front of the chunk: 0 when it
	// continues the one before, and Unknown.
	Gap int64
	// Aside tells that the chunk stands beside the stream: its sequence
	// number is that of octets that were handed on before, or fits none. It
	// continues nothing, and the next chunk does not continue it.
	Aside bool
}

// Source returns who sent the octets.
func (c *Chunk) Source() netip.AddrPort { return c.Connection.Endpoints[c.Direction] }

// Destination returns to whom the octets were sent.
func (c *Chunk) Destination() netip.AddrPort { return c.Connection.Endpoints[1-c.Direction] }

// EndReason says why a direction ended.
type EndReason uint8

// Reasons for an [End].
const (
	// Finished is an orderly end (FIN).
	Finished EndReason = iota
	// Reset is an abort (RST) by either side.
	Reset
	// Reused is a new connection between the same endpoints.
	Reused
	// Evicted is a connection that was given up because there were too many.
	Evicted
	// CaptureEnd is the end of the capture.
	CaptureEnd
)

// String returns the reason in a few English words.
func (r EndReason) String() string {
	switch r {
	case Finished:
		return "finished"
	case Reset:
		return "reset"
	case Reused:
		return "followed by a new connection between the same endpoints"
	case Evicted:
		return "given up: too many connections"
	case CaptureEnd:
		return "end of the capture"
	}
	return "unknown"
}

// End is the end of one direction of a connection.
type End struct {
	Connection *Connection
	Direction  Direction
	Reason     EndReason
	// Packet and Time are those of the packet that ended it.
	Packet, Time int64
	// Missing is how many octets are known to be missing behind the last
	// chunk: the end or an acknowledgment lies beyond it.
	Missing int64
}

// Datagram is a UDP datagram.
type Datagram struct {
	Source, Destination netip.AddrPort
	// Packet and Time are those of the packet that carried it, or its last
	// fragment to arrive.
	Packet, Time int64
	// Data is what was captured of the payload; Length is its length on the
	// wire in octets.
	Data   []byte
	Length int
}

func addrPort(address inet.Address, port uint16, version uint8) netip.AddrPort {
	return netip.AddrPortFrom(address.Netip(version), port)
}

// Stats counts what an [Assembler] has seen. After Close, Payload is the sum
// of Delivered, Withheld and Ignored.
type Stats struct {
	Packets int64
	// Packets by what they are.
	TCP, UDP, Fragments, LengthFrames, Damaged, Unsupported int64
	// Types counts packets of other network protocols by their EtherType,
	// Protocols datagrams of other transport protocols by their number.
	Types     map[uint16]int64
	Protocols map[uint8]int64
	// Datagrams are those of UDP that the consumer has wanted.
	Datagrams int64
	// Connections is the number of connections seen.
	Connections int64
	// Payload is the number of TCP octets captured: Delivered were handed on,
	// Withheld were not, with a note (retransmissions, for example), Ignored
	// are those of connections that the consumer did not want.
	Payload, Delivered, Withheld, Ignored int64
}

func (s *Stats) otherType(etherType uint16) {
	if s.Types == nil {
		s.Types = map[uint16]int64{}
	}
	s.Types[etherType]++
}

func (s *Stats) otherProtocol(protocol uint8) {
	if s.Protocols == nil {
		s.Protocols = map[uint8]int64{}
	}
	s.Protocols[protocol]++
}
