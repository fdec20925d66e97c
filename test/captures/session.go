package captures

import (
	"io"
	"time"

	"stellwerk/iec104/apci"
	"stellwerk/iec104/asdu"
	"stellwerk/internal/capture/fabricate"
)

// session is a connection of two stations that keep to the standard. After an
// error nothing more is recorded.
type session struct {
	recorder *fabricate.Recorder
	c        *fabricate.Conversation
	at       time.Time
	sent     [2]apci.Sequence // N(S) of the next I frame of each side
	seen     [2]apci.Sequence // N(R) that each side has sent last
	err      error
}

// newSession opens a connection and starts data transfer.
func newSession(w io.Writer, name string) *session {
	s := &session{recorder: fabricate.NewRecorder(w, "stellwerk", name), at: begin}
	s.connect()
	return s
}

func (s *session) connect() {
	s.c = s.recorder.Conversation(centre, station)
	s.sent, s.seen = [2]apci.Sequence{}, [2]apci.Sequence{}
	s.do(func() error { return s.c.Open(s.at) })
	s.function(fabricate.Client, apci.StartDTAct)
	s.function(fabricate.Server, apci.StartDTCon)
}

// do takes the next step, 20 ms after the one before.
func (s *session) do(step func() error) {
	s.at = s.at.Add(20 * time.Millisecond)
	if s.err == nil {
		s.err = step()
	}
}

// octets sends octets as they are.
func (s *session) octets(side fabricate.Side, octets ...byte) {
	s.do(func() error { return s.c.Send(s.at, side, octets) })
}

func (s *session) function(side fabricate.Side, f apci.Function) {
	s.octets(side, apci.AppendU(nil, f)...)
}

// frame returns the next I frame of a side, which acknowledges everything that
// it has received.
func (s *session) frame(side fabricate.Side, body []byte) []byte {
	frame := apci.AppendI(nil, s.sent[side], s.sent[1-side], body)
	s.sent[side] = s.sent[side].Next()
	s.seen[side] = s.sent[1-side]
	return frame
}

// send sends an ASDU, and an acknowledgement from the other side where eight
// I frames are without.
func (s *session) send(side fabricate.Side, a asdu.ASDU) {
	s.octets(side, s.frame(side, a.Append(nil))...)
	if s.sent[side].Since(s.seen[1-side]) >= 8 {
		s.acknowledge(1 - side)
	}
}

func (s *session) acknowledge(side fabricate.Side) {
	s.seen[side] = s.sent[1-side]
	s.octets(side, apci.AppendS(nil, s.seen[side])...)
}

// command sends a command and what a station answers to it.
func (s *session) command(a asdu.ASDU, answers ...asdu.Cause) {
	s.send(fabricate.Client, a)
	for _, cause := range answers {
		s.send(fabricate.Server, a.Mirror(cause, false))
	}
}

// end stops data transfer, closes the connection and writes what is left.
func (s *session) end() error {
	s.disconnect()
	s.do(s.recorder.Flush)
	return s.err
}

func (s *session) disconnect() {
	for _, side := range []fabricate.Side{fabricate.Client, fabricate.Server} {
		if s.sent[1-side] != s.seen[side] {
			s.acknowledge(side)
		}
	}
	s.function(fabricate.Client, apci.StopDTAct)
	s.function(fabricate.Server, apci.StopDTCon)
	s.do(func() error { return s.c.Close(s.at, fabricate.Client) })
	s.do(func() error { return s.c.Close(s.at, fabricate.Server) })
}
