package captures

import (
	"io"
	"net/netip"
	"time"

	"stellwerk/iec104/apci"
	"stellwerk/iec104/asdu"
	"stellwerk/internal/capture"
	"stellwerk/internal/capture/fabricate"
	"stellwerk/internal/capture/inet"
)

// The two stations of every capture, and when it begins.
var (
	centre  = netip.MustParseAddrPort("192.0.2.10:49152")
	station = netip.MustParseAddrPort("192.0.2.20:2404")
	begin   = time.Date(2026, time.March, 2, 8, 30, 0, 0, time.UTC)
)

// Traffic writes a capture of a station that reports without pause: so many
// APDUs, so many of them in a packet, and each packet acknowledged by one without
// octets, as captures of telecontrol links show them. Behind each eight reports
// comes the S frame of the control centre. Two of three reports are events with
// time tag, the third has three measured values.
func Traffic(w io.Writer, apdus, perPacket int) error {
	p := newPackets(w)
	p.step = 3 * time.Millisecond
	f := p.flow(&capture.Interface{LinkType: capture.LinkTypeEthernet, Name: "traffic"}, centre.Port())
	f.open()
	var sent [2]int
	say := func(side fabricate.Side, octets []byte) {
		f.segment(side, sent[side], inet.PSH|inet.ACK, octets)
		sent[side] += len(octets)
		f.got[1-side] = sent[side]
		f.segment(1-side, sent[1-side], inet.ACK, nil)
	}
	say(fabricate.Client, apci.AppendU(nil, apci.StartDTAct))
	say(fabricate.Server, apci.AppendU(nil, apci.StartDTCon))
	var body, frames []byte
	var number apci.Sequence
	reports := 0 // in frames
	for i := 2; i < apdus; i++ {
		acknowledged := i%9 == 8
		if !acknowledged {
			var err error
			if body, err = appendReport(body[:0], i, p.at); err != nil {
				return err
			}
			frames = apci.AppendI(frames, number, 0, body)
			number = number.Next()
			reports++
		}
		if len(frames) > 0 && (acknowledged || reports == perPacket || i == apdus-1) {
			say(fabricate.Server, frames)
			frames, reports = frames[:0], 0
		}
		if acknowledged {
			say(fabricate.Client, apci.AppendS(nil, number))
		}
	}
	return p.flush()
}

// appendReport appends the ASDU of one report of Traffic.
func appendReport(dst []byte, i int, at time.Time) ([]byte, error) {
	header := asdu.Header{Cause: asdu.Spontaneous, CommonAddress: 1}
	switch i % 3 {
	case 0:
		header.Type = asdu.M_ME_TF_1
		return asdu.Append(dst, nil, header, []asdu.ShortFloat{
			{Address: asdu.ObjectAddress(4000 + i%97), Value: float32(i%5000) * 0.37, Time: asdu.CP56(at)},
		})
	case 1:
		header.Type = asdu.M_SP_TB_1
		return asdu.Append(dst, nil, header, []asdu.SinglePoint{
			{Address: asdu.ObjectAddress(1000 + i%211), Value: i%2 == 0, Time: asdu.CP56(at)},
		})
	default:
		header.Type = asdu.M_ME_NC_1
		return asdu.Append(dst, nil, header, []asdu.ShortFloat{
			{Address: 2001, Value: float32(i%5000) * 1.5},
			{Address: 2002, Value: 230.4},
			{Address: 2003, Value: 49.98, Quality: asdu.NotTopical},
		})
	}
}
