package iec104test

import (
	"fmt"
	"time"

	"stellwerk/iec104/apci"
)

// Formats and framing (5.1).
var framingRequirements = []requirement{
	{
		id: "A21", clause: "5.1", title: "control fields that are none close; reserved bits are tolerated or close",
		both: func(b *bench) {
			for _, wrong := range []struct {
				name   string
				octets []byte
			}{
				{"U frame without a function", []byte{0x68, 4, 0x03, 0, 0, 0}},
				{"U frame with STARTDT act and TESTFR act", []byte{0x68, 4, 0x47, 0, 0, 0}},
				{"U frame with TESTFR act and con", []byte{0x68, 4, 0xc3, 0, 0, 0}},
				{"U frame of length 5", []byte{0x68, 5, 0x43, 0, 0, 0, 0}},
				{"S frame of length 6", []byte{0x68, 6, 0x01, 0, 0, 0, 0, 0}},
				{"I frame without an ASDU", []byte{0x68, 4, 0, 0, 0, 0}},
			} {
				b.started()
				b.write(wrong.octets)
				b.expectClosed(b.prompt, wrong.name)
			}
			b.started()
			b.write([]byte{0x68, 4, 0x43, 1, 2, 3})
			a, ok := b.next(b.prompt)
			switch {
			case b.over():
			case !ok:
				b.fail("TESTFR con, or the connection closed: reserved octets are not 0", fmt.Sprintf("%s within %v", nothing, b.prompt))
			case a.err != nil:
				b.choice = "reserved octets that are not 0 close the connection"
			case a.apdu.Format == apci.FormatU && a.apdu.Function == apci.TestFRCon:
				b.choice = "reserved octets that are not 0 are tolerated"
			default:
				b.fail("TESTFR con", a.String())
			}
		},
	},
	{
		id: "A22", clause: "5.1", title: "a wrong start octet or length closes; however the stream is cut, the frames are the same",
		both: func(b *bench) {
			for _, wrong := range []struct {
				name   string
				octets []byte
			}{
				{"start octet 0x69", []byte{0x69, 4, 0x43, 0, 0, 0}},
				{"length 0", []byte{0x68, 0}},
				{"length 3", []byte{0x68, 3, 0x43, 0, 0}},
				{"length 254", append([]byte{0x68, 254}, make([]byte, 254)...)},
				{"length 255", append([]byte{0x68, 255}, make([]byte, 255)...)},
				{"octets behind a frame", []byte{0x68, 4, 0x43, 0, 0, 0, 0}},
			} {
				b.started()
				b.write(wrong.octets)
				b.expectClosed(b.prompt, wrong.name)
			}
			b.started()
			for at := 1; at < len(b.three()); at++ {
				stream := b.three()
				b.write(stream[:at])
				b.rest(time.Millisecond)
				b.write(stream[at:])
				b.countThree(1)
			}
			for _, octet := range b.three() {
				b.write([]byte{octet})
			}
			b.countThree(1)
			var segment []byte
			for range 10 {
				segment = append(segment, b.three()...)
				b.countThree(0)
			}
			b.write(segment)
			var acked apci.Sequence
			for range 20 {
				acked = max(acked, b.expectConfirmedTest())
			}
			if acked != b.send { // w may have asked for it before
				b.expectAck(b.p.T2 + b.prompt)
			}
		},
	},
}

// three returns a test frame, an I frame and a test frame.
func (b *bench) three() []byte {
	if b.over() {
		return nil
	}
	octets := apci.AppendU(nil, apci.TestFRAct)
	octets = b.appendI(octets, b.send)
	return apci.AppendU(octets, apci.TestFRAct)
}

// countThree counts the I frame of three that was sent; with answers, it wants
// the test frames confirmed.
func (b *bench) countThree(answers int) {
	if b.over() {
		return
	}
	b.send = b.send.Next()
	for range 2 * answers {
		b.expectConfirmedTest()
	}
}

// expectConfirmedTest wants TESTFR con, and lets acknowledgements pass, of which
// it returns the last.
func (b *bench) expectConfirmedTest() (acked apci.Sequence) {
	end := time.Now().Add(b.prompt)
	for !b.over() {
		a, ok := b.next(time.Until(end))
		switch {
		case b.over():
		case !ok:
			b.fail("TESTFR con", fmt.Sprintf("%s within %v", nothing, b.prompt))
		case a.err != nil:
			b.fail("TESTFR con", a.String())
		case a.apdu.Format == apci.FormatU && a.apdu.Function == apci.TestFRCon:
			return acked
		case a.apdu.Format != apci.FormatU:
			acked = a.apdu.Receive
		}
	}
	return acked
}
