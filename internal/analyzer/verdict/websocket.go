package verdict

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"stellwerk/internal/analyzer/dissect"
	"stellwerk/internal/analyzer/dissect/websocket"
	"stellwerk/internal/capture/stream"
	"stellwerk/internal/finding"
	proto "stellwerk/websocket"
	"stellwerk/websocket/frame"
	"stellwerk/wire"
)

const (
	// maxPings is how many pings of a side are waited for. One more, and the
	// oldest is forgotten.
	maxPings = 64
	// maxPong is how long a pong may take. RFC 6455 says "as soon as is
	// practical"; no peer that works takes longer.
	maxPong = 30 * time.Second
)

// WebSocket judges one connection of WebSocket (RFC 6455). It implements
// websocket.Judge. It is not safe for concurrent use.
type WebSocket struct {
	report func(*dissect.Line)

	key        string // of the request that waits for its response
	offered    []string
	extensions []string
	asked      bool // a request was seen
	answered   bool // a response was seen, or it was said that there is none
	talking    bool // messages were seen
	gaps       bool // octets are missing
	ended      bool
	sides      [2]talker
	line       dissect.Line
}

// talker is what is known of the sender of one direction.
type talker struct {
	closed    bool
	pings     []ping
	forgotten bool // a ping, or octets of it
}

type ping struct {
	body  []byte
	frame int64
	time  int64
}

// NewWebSocket returns a judge that hands its findings to report.
func NewWebSocket(report func(*dissect.Line)) *WebSocket { return &WebSocket{report: report} }

// Telegram judges a request, a response or a message.
func (w *WebSocket) Telegram(place *dissect.Place, t *websocket.Telegram) {
	w.overdue(place)
	if t.Opening != nil {
		w.opening(place, t.Opening)
		return
	}
	if !w.answered && !w.talking {
		w.found(place, finding.New(finding.HandshakeUnseen))
	}
	w.talking = true
	w.frames(place, t)
	w.message(place, t)
}

// opening judges the handshake.
func (w *WebSocket) opening(place *dissect.Place, o *websocket.Opening) {
	if o.Request {
		w.request(place, o)
		return
	}
	switch {
	case !o.Accepted():
		if o.Status >= 200 && w.asked {
			w.found(place, finding.New(finding.UpgradeRefused, o.Status, o.SaidReason()))
			w.asked = false
		}
		return
	case w.asked:
		w.answer(place, o)
	}
	w.answered = true
	w.faults(place, o, wire.Text{EN: "response", DE: "die Antwort"})
}

func (w *WebSocket) request(place *dissect.Place, o *websocket.Opening) {
	w.asked = o.Upgrade()
	if !w.asked {
		return
	}
	w.key = o.Get("Sec-WebSocket-Key")
	w.offered = o.Subprotocols()
	w.extensions = w.extensions[:0]
	for _, e := range o.Extensions {
		w.extensions = append(w.extensions, e.Name)
	}
	w.faults(place, o, wire.Text{EN: "request", DE: "die Anfrage"})
}

// faults tells what is wrong with an opening by itself.
func (w *WebSocket) faults(place *dissect.Place, o *websocket.Opening, what wire.Text) {
	for _, fault := range o.Faults() {
		w.found(place, finding.New(finding.HandshakeWrong, what, fault))
	}
}

// answer holds a response against the request.
func (w *WebSocket) answer(place *dissect.Place, o *websocket.Opening) {
	if got, want := o.Get("Sec-WebSocket-Accept"), proto.AcceptFor(w.key); got != "" && got != want {
		w.found(place, finding.New(finding.AcceptWrong, got, want))
	}
	for _, chosen := range o.Subprotocols() {
		if !slices.Contains(w.offered, chosen) {
			w.found(place, finding.New(finding.SubprotocolWrong, chosen))
		}
	}
	for _, e := range o.Extensions {
		if !slices.Contains(w.extensions, e.Name) {
			w.found(place, finding.New(finding.ExtensionWrong, wire.Text{
				EN: e.Name + " was not offered", DE: e.Name + " wurde nicht angeboten",
			}))
		} else if _, _, err := e.Deflate(); err != nil {
			w.found(place, finding.New(finding.ExtensionWrong, err.Error()))
		}
	}
}

// frames judges the headers of the frames of a message.
func (w *WebSocket) frames(place *dissect.Place, t *websocket.Telegram) {
	told := map[finding.Code]bool{} // once for a message
	tell := func(wrong bool, code finding.Code, arguments ...any) {
		if wrong && !told[code] {
			told[code] = true
			w.found(place, finding.New(code, arguments...))
		}
	}
	for i := range t.Frames {
		f := &t.Frames[i]
		tell(t.Known && t.Client && !f.Masked, finding.ClientNotMasked)
		tell(t.Known && !t.Client && f.Masked, finding.ServerMasked)
		if bits := reserved(f, i == 0 && t.Deflate); bits != "" {
			tell(true, finding.ReservedBits, bits)
		}
		tell(f.Opcode.Reserved(), finding.ReservedOpcode, uint8(f.Opcode))
		tell(f.Longer, finding.LengthForm, f.Length, f.LengthBits)
		tell(f.Opcode.Control() && !f.Fin, finding.ControlFragmented, f.Opcode.Text())
		tell(f.Opcode.Control() && f.Length > frame.MaxControl, finding.ControlTooLong, f.Opcode.Text(), f.Length)
	}
}

// reserved names the bits that are set and must not be; RSV1 may where a message
// begins that may be compressed.
func reserved(f *websocket.Frame, compressed bool) string {
	var bits []string
	if f.RSV1 && (!compressed || f.Opcode != frame.Text && f.Opcode != frame.Binary) {
		bits = append(bits, "RSV1")
	}
	if f.RSV2 {
		bits = append(bits, "RSV2")
	}
	if f.RSV3 {
		bits = append(bits, "RSV3")
	}
	return strings.Join(bits, ", ")
}

// message judges a message as a whole.
func (w *WebSocket) message(place *dissect.Place, t *websocket.Telegram) {
	side := &w.sides[place.Direction]
	if side.closed {
		w.found(place, finding.New(finding.AfterClose, t.Kind.Text()))
	}
	if t.Breaks {
		w.found(place, finding.New(finding.MessageInterrupted))
	}
	if t.Compressed && t.Outcome != websocket.Inflated {
		if t.Outcome == websocket.Damaged {
			w.found(place, finding.New(finding.NotInflated))
		} else {
			w.found(place, finding.New(finding.ContextMissing, t.Outcome.Text()))
		}
	}
	switch t.Kind {
	case frame.Continuation:
		if !t.Joined {
			w.found(place, finding.New(finding.ContinuationAlone))
		}
	case frame.Text:
		if t.NotUTF8 >= 0 {
			w.found(place, finding.New(finding.TextNotUTF8, t.NotUTF8+1))
		}
	case frame.Close:
		side.closed = true
		w.closing(place, t)
	case frame.Ping:
		side.ping(place, t)
	case frame.Pong:
		if !w.sides[1-place.Direction].pong(t.Payload) {
			w.found(place, finding.New(finding.PongUnasked))
		}
	default:
	}
}

// closing judges code and reason of a close frame.
func (w *WebSocket) closing(place *dissect.Place, t *websocket.Telegram) {
	switch {
	case t.CloseErr == nil || t.Cut:
	case errors.Is(t.CloseErr, frame.ErrPayload):
		w.found(place, finding.New(finding.CloseReasonWrong))
	case len(t.Payload) < 2:
		w.found(place, finding.New(finding.CloseCodeWrong, wire.Text{EN: "half a code", DE: "einen halben Code"}))
	default:
		text := t.Code.Text()
		w.found(place, finding.New(finding.CloseCodeWrong, wire.Text{
			EN: fmt.Sprintf("the code %d (%s)", t.Code, text.EN), DE: fmt.Sprintf("den Code %d (%s)", t.Code, text.DE),
		}))
	}
}

// ping notes a ping that waits for its pong.
func (s *talker) ping(place *dissect.Place, t *websocket.Telegram) {
	if len(s.pings) == maxPings {
		s.pings = slices.Delete(s.pings, 0, 1)
		s.forgotten = true
	}
	s.pings = append(s.pings, ping{
		body:  bytes.Clone(t.Payload[:min(len(t.Payload), frame.MaxControl)]),
		frame: place.Frame, time: place.Time,
	})
}

// pong takes the answer of the other side: to a ping, and so to all before it
// (RFC 6455, 5.5.3). It reports whether there is such a ping, or may have been.
func (s *talker) pong(body []byte) bool {
	for i, sent := range slices.Backward(s.pings) {
		if bytes.Equal(sent.body, body) {
			s.pings = slices.Delete(s.pings, 0, i+1)
			return true
		}
	}
	return s.forgotten
}

// overdue gives up pings that have waited for too long. A side that closes need
// not answer any more.
func (w *WebSocket) overdue(place *dissect.Place) {
	for i := range w.sides {
		side := &w.sides[i]
		n := 0
		for n < len(side.pings) && since(place, side.pings[n].time) > maxPong {
			if !w.sides[1-i].closed {
				at := *place
				at.Direction = stream.Direction(1 - i)
				w.found(&at, finding.New(finding.PingUnanswered, side.pings[n].frame, rounded(since(place, side.pings[n].time))))
			}
			n++
		}
		side.pings = slices.Delete(side.pings, 0, n)
		side.forgotten = side.forgotten || n > 0
	}
}

// Unreadable tells that octets of a direction are missing, or make no frames.
func (w *WebSocket) Unreadable(place *dissect.Place) {
	w.gaps = true
	w.sides[place.Direction] = talker{forgotten: true}
	// A pong may have been among them.
	w.sides[1-place.Direction].pings, w.sides[1-place.Direction].forgotten = nil, true
}

// End tells of what is left without an answer, and of a connection that nobody
// closed.
func (w *WebSocket) End(end *stream.End) {
	place := dissect.Place{Frame: end.Packet, Time: end.Time, Connection: end.Connection, Direction: end.Direction}
	w.overdue(&place)
	if w.ended {
		return
	}
	w.ended = true
	over := end.Reason == stream.Finished || end.Reason == stream.Reset
	if over && (w.answered || w.talking) && !w.gaps && end.Missing == 0 && !w.sides[0].closed && !w.sides[1].closed {
		w.found(&place, finding.New(finding.ClosedAbnormally))
	}
}

func (w *WebSocket) found(place *dissect.Place, f finding.Finding) {
	w.line = dissect.Line{Place: *place, Protocol: websocket.Protocol, Finding: &f}
	w.report(&w.line)
}
