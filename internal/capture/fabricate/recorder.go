package fabricate

import (
	"io"
	"net/netip"
	"sync"
	"time"

	"stellwerk/internal/capture"
	"stellwerk/internal/capture/inet"
)

// Recorder writes conversations to a pcapng file. Its methods, and those of
// its conversations, can be called concurrently. After a write error nothing
// more is written, and every method returns that error.
type Recorder struct {
	mu            sync.Mutex // guards everything below
	w             *capture.Writer
	iface         *capture.Interface
	comment       string // of the next packet
	packets       int64
	conversations uint32
	id            uint16
	frame         []byte
}

// NewRecorder returns a recorder for a file; the application is named in it,
// and the name is that of the interface, such as that of a link.
func NewRecorder(w io.Writer, application, name string) *Recorder {
	return &Recorder{w: capture.NewWriter(w, application), iface: ownInterface(name)}
}

func ownInterface(name string) *capture.Interface {
	return &capture.Interface{
		LinkType: capture.LinkTypeEthernet, Name: name,
		Description: "recorded by the application; the headers below its data are made up",
	}
}

// Interface begins an interface of its own for what is recorded from now on, so
// that parts of a file can be told apart by its name.
func (r *Recorder) Interface(name string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.iface = ownInterface(name)
}

// Comment gives the next packet a comment, which analyzers show beside it.
func (r *Recorder) Comment(text string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.comment = text
}

// Flush hands what was recorded so far to the underlying writer.
func (r *Recorder) Flush() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.w.Flush()
}

// Packets returns how many packets were recorded; the number of the latest.
func (r *Recorder) Packets() int64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.packets
}

// Datagram records a UDP datagram of at most 65,507 octets of payload.
func (r *Recorder) Datagram(at time.Time, source, destination netip.AddrPort, payload []byte) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.id++
	d := Datagram{Source: source, Destination: destination, Payload: payload[:min(len(payload), 65507)], ID: r.id}
	r.frame = d.Append(r.frame[:0])
	return r.write(at, r.frame)
}

// write needs the lock.
func (r *Recorder) write(at time.Time, frame []byte) error {
	r.packets++
	p := capture.Packet{
		Number: r.packets, Time: at.UnixNano(), Interface: r.iface, Data: frame, Length: len(frame), Comment: r.comment,
	}
	r.comment = ""
	return r.w.Write(&p)
}

// Side is one side of a conversation.
type Side uint8

const (
	// Client opens the connection.
	Client Side = iota
	// Server accepts it.
	Server
)

const (
	window      = 64240
	segmentSize = 1440 // fits into 1500 octets behind IPv4 and IPv6
	// ackEvery is how many octets one side sends before the other
	// acknowledges them without having anything to say.
	ackEvery = 32 << 10
)

// Conversation is a TCP connection to be recorded.
type Conversation struct {
	recorder *Recorder
	end      [2]netip.AddrPort
	// The recorder's lock guards these.
	next    [2]uint32 // sequence number that each side sends next
	seen    [2]uint32 // what each side has acknowledged
	opened  bool
	closed  [2]bool
	aborted bool
}

// Conversation returns a connection between two endpoints. Nothing is recorded
// before something happens on it.
func (r *Recorder) Conversation(client, server netip.AddrPort) *Conversation {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.conversations++
	first := r.conversations << 20 // far apart, and the same in every run
	return &Conversation{
		recorder: r,
		end:      [2]netip.AddrPort{client, server},
		next:     [2]uint32{first, first + 1<<31},
	}
}

// Open records the handshake. The other methods do so if it has not happened.
func (c *Conversation) Open(at time.Time) error {
	c.recorder.mu.Lock()
	defer c.recorder.mu.Unlock()
	return c.open(at)
}

func (c *Conversation) open(at time.Time) error {
	if c.opened {
		return nil
	}
	c.opened = true
	if err := c.segment(at, Client, inet.SYN, nil); err != nil {
		return err
	}
	if err := c.segment(at, Server, inet.SYN|inet.ACK, nil); err != nil {
		return err
	}
	return c.segment(at, Client, inet.ACK, nil)
}

// Send records octets that a side sent, in segments of up to 1440 octets. On a
// connection that this side has closed nothing can be sent: the octets are
// recorded all the same, as a capture would show them.
func (c *Conversation) Send(at time.Time, side Side, payload []byte) error {
	c.recorder.mu.Lock()
	defer c.recorder.mu.Unlock()
	if err := c.open(at); err != nil {
		return err
	}
	for len(payload) > 0 {
		n := min(len(payload), segmentSize)
		flags := uint8(inet.ACK)
		if n == len(payload) {
			flags |= inet.PSH
		}
		if err := c.segment(at, side, flags, payload[:n]); err != nil {
			return err
		}
		payload = payload[n:]
		if c.next[side]-c.seen[1-side] >= ackEvery {
			if err := c.segment(at, 1-side, inet.ACK, nil); err != nil {
				return err
			}
		}
	}
	return nil
}

// Close records that a side sends nothing more. When both have closed, the
// connection is over. A second Close of a side changes nothing.
func (c *Conversation) Close(at time.Time, side Side) error {
	c.recorder.mu.Lock()
	defer c.recorder.mu.Unlock()
	if c.closed[side] || c.aborted {
		return nil
	}
	if err := c.open(at); err != nil {
		return err
	}
	c.closed[side] = true
	if err := c.segment(at, side, inet.FIN|inet.ACK, nil); err != nil {
		return err
	}
	return c.segment(at, 1-side, inet.ACK, nil)
}

// Reset records that a side aborts the connection.
func (c *Conversation) Reset(at time.Time, side Side) error {
	c.recorder.mu.Lock()
	defer c.recorder.mu.Unlock()
	if c.aborted || c.closed[Client] && c.closed[Server] {
		return nil
	}
	if err := c.open(at); err != nil {
		return err
	}
	c.aborted = true
	return c.segment(at, side, inet.RST|inet.ACK, nil)
}

// segment records one segment and counts its numbers on.
func (c *Conversation) segment(at time.Time, side Side, flags uint8, payload []byte) error {
	r := c.recorder
	r.id++
	s := Segment{
		Source: c.end[side], Destination: c.end[1-side],
		Sequence: c.next[side], Flags: flags, Window: window, Payload: payload, ID: r.id,
	}
	if flags&inet.ACK != 0 {
		c.seen[side] = c.next[1-side]
		s.Acknowledgment = c.seen[side]
	}
	if flags&inet.SYN != 0 {
		s.Options = []byte{2, 4, segmentSize >> 8, segmentSize & 0xff} // maximum segment size
	}
	c.next[side] += uint32(len(payload))
	if flags&(inet.SYN|inet.FIN) != 0 {
		c.next[side]++
	}
	r.frame = s.Append(r.frame[:0])
	return r.write(at, r.frame)
}
