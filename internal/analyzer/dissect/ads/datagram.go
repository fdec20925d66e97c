package ads

import (
	"errors"
	"fmt"

	"stellwerk/ads/ams"
	"stellwerk/ads/discovery"
	"stellwerk/internal/analyzer/dissect"
	"stellwerk/wire"
)

// Datagram takes a datagram of the two ends that the conversation is between,
// which had so many octets on the wire.
func (c *Conversation) Datagram(place *dissect.Place, octets []byte, length int) {
	c.line = dissect.Line{Place: *place, Protocol: Protocol, Octets: octets}
	t := &c.shared.telegram
	*t = Telegram{Octets: octets, Bare: true, UDP: true, Cut: len(octets) < length, names: &c.names}
	if t.Cut {
		c.line.Malformed = wire.Text{
			EN: fmt.Sprintf("%d octet(s) of the datagram were not captured", length-len(octets)),
			DE: fmt.Sprintf("%d Oktett(e) des Datagramms wurden nicht mitgeschnitten", length-len(octets)),
		}
	}
	switch {
	case isDiscovery(octets):
		packet, err := discovery.Decode(octets)
		if wrong, ok := errors.AsType[*discovery.Error](err); ok && c.line.Malformed.IsZero() {
			c.line.Malformed = wrong.Text()
		}
		t.Packet = &packet
		switch {
		case err != nil: // it may be anything
		case !packet.Response:
			c.shared.searches.ask(place, &packet)
		default:
			if t.Request = c.shared.searches.answer(place, &packet); t.Request != nil {
				t.Latency = since(place, t.Request)
			}
		}
		c.tell(place, t, false)
	case c.datagramFrame(t, octets, length):
		c.tell(place, t, false)
	default:
		c.line.Malformed = wire.Text{
			EN: "the datagram is neither a packet of discovery nor an AMS frame",
			DE: "das Datagramm ist weder ein Suchpaket noch ein AMS-Telegramm",
		}
		c.emit(&c.line)
	}
}

// Close tells that no more datagrams follow.
func (c *Conversation) Close(place *dissect.Place) { c.over(place, false) }

func isDiscovery(octets []byte) bool {
	return len(octets) >= discovery.HeaderLength && wire.Bits(octets, 0, 32) == discovery.Cookie
}

// datagramFrame reads an AMS frame, with or without an AMS/TCP header in front,
// and reports whether it makes sense.
func (c *Conversation) datagramFrame(t *Telegram, octets []byte, length int) bool {
	if sound(octets) {
		t.Bare = false
		t.TCP, _ = ams.DecodeTCPHeader(octets) // has its octets
		octets, length = octets[ams.TCPHeaderLength:], length-ams.TCPHeaderLength
	}
	h, err := ams.DecodeHeader(octets)
	if err != nil || !soundHeader(&h) {
		return false
	}
	t.Header, t.Data = h, octets[ams.HeaderLength:]
	if there := int64(length - ams.HeaderLength); int64(h.Length) != there && c.line.Malformed.IsZero() {
		c.line.Malformed = lengths(h.Length, there)
	}
	return true
}
