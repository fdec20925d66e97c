package captures

import (
	"io"
	"time"

	"stellwerk/iec104/apci"
	"stellwerk/iec104/asdu"
	"stellwerk/internal/capture/fabricate"
)

// faults is a capture of stations that break the rules: a connection with octets
// that are no telegrams or no whole ones, one with ASDUs that the standard does
// not allow, and one with every fault of the link procedure.
func faults(w io.Writer) error {
	s := newSession(w, "faults")
	for _, octets := range wrongAPDUs {
		s.octets(fabricate.Server, octets...)
		s.octets(fabricate.Client, apci.AppendU(nil, apci.TestFRAct)...)
		s.octets(fabricate.Server, apci.AppendU(nil, apci.TestFRCon)...)
	}
	s.octets(fabricate.Server, 0x68, 14, 0, 0, 0, 0, 1) // and the connection ends
	s.do(func() error { return s.c.Reset(s.at, fabricate.Client) })

	s.connect()
	for _, body := range wrongASDUs {
		s.octets(fabricate.Server, s.frame(fabricate.Server, body)...)
		s.acknowledge(fabricate.Client)
	}
	s.disconnect()

	s.link()
	s.disconnect()

	s.connect() // numbers that do not begin at 0
	s.sent = [2]apci.Sequence{fabricate.Client: 0, fabricate.Server: 7}
	s.octets(fabricate.Server, s.frame(fabricate.Server, []byte{1, 1, 3, 0, 1, 0, 1, 0, 0, 1})...)
	s.disconnect()

	s.c = s.recorder.Conversation(centre, station) // IEC 62351-3: the first octets of a handshake
	s.octets(fabricate.Client, 0x16, 3, 1, 0, 5, 1, 0, 0, 1, 3)
	s.do(func() error { return s.c.Reset(s.at, fabricate.Server) })
	s.do(s.recorder.Flush)
	return s.err
}

var wrongAPDUs = [][]byte{
	{0x69, 4, 0x43, 0, 0, 0},                                            // other start octet
	{0x68, 3, 1, 0, 0},                                                  // length below 4
	{0x68, 254, 0, 0, 0, 0},                                             // length above 253
	{0x68, 4, 3, 0, 0, 0},                                               // U format without a function
	{0x68, 4, 0x47, 0, 0, 0},                                            // U format with two functions
	{0x68, 5, 1, 0, 0, 0, 0},                                            // S format with too much
	{0x68, 4, 0, 0, 0, 0},                                               // I format without ASDU
	{0x68, 4, 0x43, 0, 1, 0},                                            // bits that must be 0
	{0xde, 0xad, 0xbe, 0xef, 0x68, 4, 0x43, 0, 0, 0},                    // garbage in front of an APDU
	{0x68, 8, 0, 0, 0, 0, 1, 1, 3, 0},                                   // ASDU shorter than its header
	{0x68, 14, 2, 0, 0, 0, 1, 3, 3, 0, 1, 0, 1, 0, 0, 0},                // three objects, room for one
	{0x68, 15, 4, 0, 0, 0, 1, 1, 3, 0, 1, 0, 1, 0, 0, 0, 9},             // an octet too much
	{0x68, 15, 6, 0, 0, 0, 1, 0x82, 3, 0, 1, 0, 0xff, 0xff, 0xff, 0, 0}, // beyond the highest address
}

var wrongASDUs = [][]byte{
	{0, 1, 3, 0, 1, 0, 1, 0, 0, 0},                              // type 0
	{22, 1, 3, 0, 1, 0, 1, 0, 0, 0},                             // a reserved type
	{1, 0, 3, 0, 1, 0},                                          // no object
	{30, 0x81, 3, 0, 1, 0, 1, 0, 0, 1, 0, 0, 0, 0, 1, 1, 0},     // SQ=1 where it is not allowed
	{1, 1, 0, 0, 1, 0, 1, 0, 0, 1},                              // cause 0
	{1, 1, 14, 0, 1, 0, 1, 0, 0, 1},                             // a reserved cause
	{1, 1, 6, 0, 1, 0, 1, 0, 0, 1},                              // a cause that the type does not have
	{1, 1, 3, 0, 0, 0, 1, 0, 0, 1},                              // common address 0
	{1, 1, 3, 0, 0xff, 0xff, 1, 0, 0, 1},                        // an event to all stations
	{1, 1, 3, 0, 1, 0, 1, 0, 0, 0x0f},                           // reserved bits
	{30, 1, 3, 0, 1, 0, 1, 0, 0, 1, 0x60, 0xea, 0, 0, 1, 1, 26}, // 60,000 milliseconds
	{30, 1, 3, 0, 1, 0, 1, 0, 0, 1, 0, 0, 60, 0, 1, 1, 26},      // minute 60
	{30, 1, 3, 0, 1, 0, 1, 0, 0, 1, 0, 0, 0, 0, 30, 2, 26},      // 30 February
	{100, 1, 7, 0, 1, 0, 1, 0, 0, 20},                           // an object address that must be 0
	{45, 2, 7, 0, 1, 0, 1, 0, 0, 1, 2, 0, 0, 1},                 // two commands in an ASDU
	{46, 1, 44, 0, 1, 0, 1, 0, 0, 1},                            // refused, but positive
}

// link is a connection on which both stations break the link procedure.
func (s *session) link() {
	s.c = s.recorder.Conversation(centre, station)
	s.sent, s.seen = [2]apci.Sequence{}, [2]apci.Sequence{}
	point := func() []byte { return []byte{1, 1, 3, 0, 1, 0, 1, 0, 0, 1} }
	report := func(number, acknowledges apci.Sequence) {
		s.octets(fabricate.Server, apci.AppendI(nil, number, acknowledges, point())...)
	}
	s.acknowledge(fabricate.Client)              // S frame while stopped
	report(0, 0)                                 // I frame while stopped
	s.function(fabricate.Server, apci.TestFRCon) // confirmation only
	s.function(fabricate.Client, apci.StartDTAct)
	s.function(fabricate.Server, apci.StartDTCon)
	s.function(fabricate.Server, apci.StartDTAct) // by the controlled station
	s.function(fabricate.Client, apci.StartDTCon)
	report(2, 0)                                        // 1 is missing
	report(2, 0)                                        // repeated
	s.octets(fabricate.Client, apci.AppendS(nil, 9)...) // nothing of that was sent
	report(3, 0)
	s.octets(fabricate.Client, apci.AppendS(nil, 4)...)
	s.octets(fabricate.Client, apci.AppendS(nil, 2)...) // backwards
	for number := apci.Sequence(4); number < 18; number++ {
		report(number, 0) // more than k
	}
	s.octets(fabricate.Client, apci.AppendS(nil, 18)...) // later than w
	report(18, 0)
	s.at = s.at.Add(12 * time.Second)
	s.octets(fabricate.Client, apci.AppendS(nil, 19)...) // later than t2
	s.at = s.at.Add(25 * time.Second)                    // silence beyond t3
	s.function(fabricate.Client, apci.TestFRAct)         // without an answer
	s.at = s.at.Add(17 * time.Second)
	report(19, 0) // and without an acknowledgement
	s.at = s.at.Add(17 * time.Second)

	s.sent = [2]apci.Sequence{fabricate.Client: 0, fabricate.Server: 20}
	command := asdu.Header{Type: asdu.C_SC_NA_1, Cause: asdu.Activation, CommonAddress: 1}
	send(s, fabricate.Client, command, asdu.SingleCommand{Address: 1001, Value: true})
	confirmation := asdu.Header{Type: asdu.C_SC_NA_1, Cause: asdu.ActivationCon, CommonAddress: 1, Test: true, Originator: 5}
	send(s, fabricate.Server, confirmation, asdu.SingleCommand{Address: 1001}) // other than was asked for
	confirmation.Test, confirmation.Originator = false, 0
	send(s, fabricate.Server, confirmation, asdu.SingleCommand{Address: 1002}) // nobody asked
	send(s, fabricate.Server, command, asdu.SingleCommand{Address: 1003})      // a command of the controlled station
	send(s, fabricate.Client, command, asdu.SingleCommand{Address: 1004})      // never confirmed
	for range 3 {
		s.at = s.at.Add(12 * time.Second)
		s.function(fabricate.Client, apci.TestFRAct)
		s.function(fabricate.Server, apci.TestFRCon)
	}
	report(s.sent[fabricate.Server], s.sent[fabricate.Client])
	s.sent[fabricate.Server] = s.sent[fabricate.Server].Next()
	s.function(fabricate.Client, apci.StopDTAct)
	s.function(fabricate.Server, apci.StopDTCon) // although a frame is not acknowledged
	s.at = s.at.Add(5 * time.Second)
	s.acknowledge(fabricate.Client)
}
