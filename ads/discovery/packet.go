package discovery

import (
	"encoding/binary"
	"fmt"

	"stellwerk/ads/ams"
)

// Cookie is what every packet begins with: the octets 03 66 14 71.
const Cookie = 0x71146603

// HeaderLength is the length of what stands before the tags, in octets.
const HeaderLength = 24

// MaxPacket is the longest packet in octets: the payload of a UDP datagram.
const MaxPacket = 65507

// Packet is a datagram.
type Packet struct {
	InvokeID uint32 // chosen by who asks, and returned with the answer
	Service  Service
	Response bool
	Source   ams.Address // of the sender; the port is 10000 as a rule
	Tags     []Tag
	Rest     []byte // what stands behind the tags that were announced
}

// Decode reads a packet. The data of its tags aliases data. Errors are of type
// *[Error].
func Decode(data []byte) (Packet, error) {
	if len(data) < HeaderLength {
		return Packet{}, malformed("%d octets, the header alone has %d", "%d Oktette, der Kopf allein hat %d", len(data), HeaderLength)
	}
	if cookie := binary.LittleEndian.Uint32(data); cookie != Cookie {
		return Packet{}, malformed("it begins with 0x%08X, not with 0x%08X", "es beginnt mit 0x%08X, nicht mit 0x%08X", cookie, uint32(Cookie))
	}
	service := binary.LittleEndian.Uint32(data[8:])
	p := Packet{
		InvokeID: binary.LittleEndian.Uint32(data[4:]),
		Service:  Service(service &^ responseBit),
		Response: service&responseBit != 0,
		Source:   ams.Address{NetID: ams.NetID(data[12:18]), Port: ams.Port(binary.LittleEndian.Uint16(data[18:]))},
	}
	count := binary.LittleEndian.Uint32(data[20:])
	data = data[HeaderLength:]
	if uint64(count)*tagHeader > uint64(len(data)) {
		return p, malformed("it says %d tags, %d octets follow, which are fewer than their headers",
			"es nennt %d Tags, %d Oktette folgen, weniger als deren Köpfe", count, len(data))
	}
	for i := range int(count) {
		tag, rest, wrong := decodeTag(data)
		if wrong != nil {
			return p, wrong.in(fmt.Sprintf("tag %d of %d", i+1, count), fmt.Sprintf("Tag %d von %d", i+1, count))
		}
		p.Tags, data = append(p.Tags, tag), rest
	}
	if len(data) > 0 {
		p.Rest = data
	}
	return p, nil
}

// Append appends the packet. Tags have at most 65535 octets; what is longer is
// cut.
func (p *Packet) Append(dst []byte) []byte {
	service := uint32(p.Service) &^ responseBit
	if p.Response {
		service |= responseBit
	}
	dst = binary.LittleEndian.AppendUint32(dst, Cookie)
	dst = binary.LittleEndian.AppendUint32(dst, p.InvokeID)
	dst = binary.LittleEndian.AppendUint32(dst, service)
	dst = append(dst, p.Source.NetID[:]...)
	dst = binary.LittleEndian.AppendUint16(dst, uint16(p.Source.Port))
	dst = binary.LittleEndian.AppendUint32(dst, uint32(len(p.Tags)))
	for _, tag := range p.Tags {
		dst = tag.append(dst)
	}
	return append(dst, p.Rest...)
}

// Answer returns an answer to a request, with the tags that it is given.
func (p *Packet) Answer(source ams.Address, tags ...Tag) Packet {
	return Packet{InvokeID: p.InvokeID, Service: p.Service, Response: true, Source: source, Tags: tags}
}

// Tag returns the first tag with an id.
func (p *Packet) Tag(id TagID) (Tag, bool) {
	for _, tag := range p.Tags {
		if tag.ID == id {
			return tag, true
		}
	}
	return Tag{}, false
}

// Status returns the status of an answer. An answer without one, as that of
// [ServiceServerInfo] is, has gone well.
func (p *Packet) Status() (ams.ReturnCode, error) {
	tag, ok := p.Tag(TagStatus)
	if !ok {
		return ams.NoError, nil
	}
	return tag.Status()
}
