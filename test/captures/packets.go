package captures

import (
	"io"
	"net/netip"
	"time"

	"stellwerk/iec104/apci"
	"stellwerk/internal/capture"
	"stellwerk/internal/capture/fabricate"
	"stellwerk/internal/capture/inet"
)

// packets writes packets one by one.
type packets struct {
	w      *capture.Writer
	number int64
	at     time.Time
	step   time.Duration // between two packets
	err    error
}

func newPackets(w io.Writer) *packets {
	return &packets{w: capture.NewWriter(w, "stellwerk"), at: begin, step: 10 * time.Millisecond}
}

// write writes a packet, a step after the one before.
func (p *packets) write(on *capture.Interface, data []byte, length int) {
	p.at = p.at.Add(p.step)
	p.number++
	if p.err == nil {
		p.err = p.w.Write(&capture.Packet{Number: p.number, Time: p.at.UnixNano(), Interface: on, Data: data, Length: length})
	}
}

func (p *packets) flush() error {
	if p.err != nil {
		return p.err
	}
	return p.w.Flush()
}

// flow is a connection whose segments are written in any order: they are named
// by the position of their octets.
type flow struct {
	packets *packets
	on      *capture.Interface
	ends    [2]netip.AddrPort
	first   [2]uint32 // sequence number of the first octet of each side
	got     [2]int    // octets that each side acknowledges
	// wrap puts a frame into another one, nil leaves it.
	wrap func(frame []byte) []byte
}

func (p *packets) flow(on *capture.Interface, port uint16) *flow {
	return &flow{
		packets: p, on: on, first: [2]uint32{1000, 5000},
		ends: [2]netip.AddrPort{netip.AddrPortFrom(centre.Addr(), port), station},
	}
}

// segment writes a segment of a side whose payload begins at a position.
func (f *flow) segment(side fabricate.Side, position int, flags uint8, payload []byte) {
	frame := f.frame(side, position, flags, payload)
	f.packets.write(f.on, frame, len(frame))
}

func (f *flow) frame(side fabricate.Side, position int, flags uint8, payload []byte) []byte {
	s := fabricate.Segment{
		Source: f.ends[side], Destination: f.ends[1-side],
		Sequence: f.first[side] + uint32(position), Flags: flags, Window: 8192, Payload: payload,
		ID: uint16(f.packets.number),
	}
	if flags&inet.ACK != 0 {
		s.Acknowledgment = f.first[1-side] + uint32(f.got[side])
	}
	frame := s.Append(nil)
	if f.wrap != nil {
		frame = f.wrap(frame)
	}
	return frame
}

// open writes the handshake.
func (f *flow) open() {
	f.segment(fabricate.Client, -1, inet.SYN, nil)
	f.segment(fabricate.Server, -1, inet.SYN|inet.ACK, nil)
	f.segment(fabricate.Client, 0, inet.ACK, nil)
}

// data writes a segment of the station's stream.
func (f *flow) data(position int, payload []byte) {
	f.segment(fabricate.Server, position, inet.PSH|inet.ACK, payload)
}

// acknowledge writes the control centre's acknowledgment up to a position.
func (f *flow) acknowledge(position int) {
	f.got[fabricate.Client] = position
	f.segment(fabricate.Client, 0, inet.ACK, nil)
}

// reports are the frames of a station that reports: with STARTDT con in front,
// as if data transfer had just been started. Each I frame has 16 octets.
func reports(frames int) []byte {
	stream := apci.AppendU(nil, apci.StartDTCon)
	for i := range frames {
		stream = apci.AppendI(stream, apci.Sequence(i), 0, []byte{1, 1, 3, 0, 1, 0, byte(1 + i), 0, 0, 1})
	}
	return stream
}
