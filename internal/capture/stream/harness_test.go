package stream_test

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"stellwerk/internal/capture"
	"stellwerk/internal/capture/fabricate"
	"stellwerk/internal/capture/inet"
	"stellwerk/internal/capture/stream"
)

var (
	client   = netip.MustParseAddrPort("10.0.0.1:49152")
	server   = netip.MustParseAddrPort("10.0.0.2:2404")
	ethernet = &capture.Interface{LinkType: capture.LinkTypeEthernet}
)

// tape makes packets, numbered from 1, a millisecond apart.
type tape struct {
	packets []capture.Packet
}

func (p *tape) frame(data []byte) *capture.Packet {
	number := int64(len(p.packets) + 1)
	p.packets = append(p.packets, capture.Packet{
		Number: number, Time: number * 1e6, Interface: ethernet, Data: data, Length: len(data),
	})
	return &p.packets[len(p.packets)-1]
}

// up adds a segment from the client, down one from the server.
func (p *tape) up(sequence uint32, flags uint8, payload string) *capture.Packet {
	return p.segment(client, server, sequence, 0, flags, payload)
}

func (p *tape) down(sequence uint32, flags uint8, payload string) *capture.Packet {
	return p.segment(server, client, sequence, 0, flags, payload)
}

func (p *tape) segment(source, destination netip.AddrPort, sequence, ack uint32, flags uint8, payload string) *capture.Packet {
	s := fabricate.Segment{
		Source: source, Destination: destination, Sequence: sequence, Acknowledgment: ack,
		Flags: flags, Window: 8192, Payload: []byte(payload),
	}
	return p.frame(s.Append(nil))
}

// transcript writes down what an assembler says, one event a line:
//
//	3> data       chunk of packet 3 from the first endpoint; 3< from the second
//	3@5> data     the same, handed on when packet 5 was taken
//	3> gap 4 data, 3> gap ? data, 3> aside data
//	5 tcp-gap 4   note: packet, code, octets
//	5> end: finished
//
// A line of another connection than the first begins with #2, #3 and so on.
type transcript struct {
	lines   []string
	refuse  bool
	streams int
	open    int // streams that have not ended in both directions
}

func (r *transcript) add(format string, args ...any) {
	r.lines = append(r.lines, fmt.Sprintf(format, args...))
}

func (r *transcript) Open(c *stream.Connection) stream.Stream {
	if r.refuse {
		return nil
	}
	r.streams++
	r.open += 2
	return &scribe{r, c}
}

func (r *transcript) Datagram(d *stream.Datagram) bool {
	r.add("%d udp %s>%s %s", d.Packet, d.Source, d.Destination, d.Data)
	return true
}

func (r *transcript) Note(n *stream.Note) {
	line := connection(n.Connection) + fmt.Sprintf("%d %s", n.Packet, n.Kind)
	if n.Octets != 0 {
		line += fmt.Sprintf(" %d", n.Octets)
	}
	if n.Other != 0 {
		line += fmt.Sprintf(" of %d", n.Other)
	}
	r.lines = append(r.lines, line)
}

func connection(c *stream.Connection) string {
	if c == nil || c.ID == 1 {
		return ""
	}
	return fmt.Sprintf("#%d ", c.ID)
}

type scribe struct {
	transcript *transcript
	connection *stream.Connection
}

var arrows = [2]string{">", "<"}

func (s *scribe) Chunk(c *stream.Chunk) {
	line := connection(c.Connection) + fmt.Sprint(c.Packet)
	if c.Now != c.Packet {
		line += fmt.Sprintf("@%d", c.Now)
	}
	line += arrows[c.Direction] + " "
	switch {
	case c.Aside:
		line += "aside "
	case c.Gap == stream.Unknown:
		line += "gap ? "
	case c.Gap != 0:
		line += fmt.Sprintf("gap %d ", c.Gap)
	}
	s.transcript.lines = append(s.transcript.lines, line+string(c.Data))
}

func (s *scribe) End(e *stream.End) {
	s.transcript.open--
	line := connection(e.Connection) + fmt.Sprintf("%d%s end: %s", e.Packet, arrows[e.Direction], e.Reason)
	if e.Missing != 0 {
		line += fmt.Sprintf(", %d missing", e.Missing)
	}
	s.transcript.lines = append(s.transcript.lines, line)
}

// run takes the packets through an assembler and checks what holds for every
// capture: each octet is accounted for, each stream has ended.
func (p *tape) run(t *testing.T, options *stream.Options) *transcript {
	t.Helper()
	r := &transcript{}
	a := stream.New(r, options)
	for i := range p.packets {
		a.Packet(&p.packets[i])
	}
	a.Close()
	if s := a.Stats(); s.Payload != s.Delivered+s.Withheld+s.Ignored {
		t.Errorf("%d octets of payload, but %d delivered, %d withheld and %d ignored", s.Payload, s.Delivered, s.Withheld, s.Ignored)
	}
	if r.open != 0 {
		t.Errorf("%d directions have not ended", r.open)
	}
	return r
}

func (r *transcript) compare(t *testing.T, want string) {
	t.Helper()
	var lines []string
	for line := range strings.Lines(want) {
		if line = strings.TrimSpace(line); line != "" {
			lines = append(lines, line)
		}
	}
	if got, want := strings.Join(r.lines, "\n"), strings.Join(lines, "\n"); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

const (
	syn    = inet.SYN
	ack    = inet.ACK
	fin    = inet.FIN | inet.ACK
	rst    = inet.RST
	synAck = inet.SYN | inet.ACK
)

// handshake opens the connection; the client's octets begin at 1000, the
// server's at 5000. It takes packets 1 to 3.
func (p *tape) handshake() {
	p.segment(client, server, 999, 0, syn, "")
	p.segment(server, client, 4999, 1000, synAck, "")
	p.segment(client, server, 1000, 5000, ack, "")
}
