package websocket

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"
	"unicode"
	"unicode/utf8"

	"stellwerk/internal/analyzer/dissect"
	"stellwerk/websocket/frame"
	"stellwerk/wire"
)

// Telegram is a request or a response of the opening handshake, or a message:
// text, binary, or a control frame. It implements dissect.Telegram.
type Telegram struct {
	// Octets are those of the wire, as far as they are kept.
	Octets []byte
	// Opening is set for a request or a response; all below but Client is for
	// messages.
	Opening *Opening
	// Client tells that the client has sent it; Known whether that is known.
	Client, Known bool

	// Kind is the opcode of the first frame: Continuation where the capture lacks
	// the beginning, or there is none.
	Kind frame.Opcode
	// Frames are those of the message, 4096 at most; Count is how many there are.
	Frames []Frame
	Count  int64
	// Carried are the octets of payload in the frames, and Length those of the
	// message: more, as a rule, where it was compressed.
	Carried, Length int64
	// Payload is the message as far as it is kept: inflated, or, where that could
	// not be done, as it was carried.
	Payload []byte
	// Cut tells that Payload is not all of it, Missing how many octets the capture
	// lacks.
	Cut     bool
	Missing int64
	// Compressed tells that the message was compressed, and Outcome what became of
	// it. Deflate tells that messages may be compressed, as far as is known.
	Compressed, Deflate bool
	Outcome             Outcome
	// NotUTF8 is where a text has its first wrong octet, or -1.
	NotUTF8 int64
	// Joined tells that the beginning may be missing in the capture, Breaks that
	// the message before it had not ended.
	Joined, Breaks bool
	// Code and Reason are those of a close frame. CloseErr says what is wrong with
	// them.
	Code     frame.CloseCode
	Reason   string
	CloseErr error
}

// Readable reports whether Payload is what the message says.
func (t *Telegram) Readable() bool { return !t.Compressed || t.Outcome == Inflated }

// IsText reports whether the message is a text that can be read.
func (t *Telegram) IsText() bool {
	return t.Opening == nil && t.Kind == frame.Text && t.Readable() && t.NotUTF8 < 0 && utf8.Valid(t.text())
}

// text returns the payload up to its last whole character.
func (t *Telegram) text() []byte {
	if !t.Cut {
		return t.Payload
	}
	text := t.Payload
	for back := 1; back < utf8.UTFMax && back <= len(text); back++ {
		if at := len(text) - back; utf8.RuneStart(text[at]) {
			if !utf8.FullRune(text[at:]) {
				return text[:at]
			}
			break
		}
	}
	return text
}

// IsJSON reports whether the message is a text that is JSON.
func (t *Telegram) IsJSON() bool {
	trimmed := bytes.TrimLeft(t.Payload, " \t\r\n")
	return !t.Cut && len(trimmed) > 0 && bytes.IndexByte([]byte("{["), trimmed[0]) >= 0 && t.IsText() && json.Valid(t.Payload)
}

// AppendJSON appends the object under the key "websocket".
func (t *Telegram) AppendJSON(dst []byte) []byte {
	if t.Opening != nil {
		return t.Opening.appendJSON(dst)
	}
	dst = dissect.AppendString(append(dst, `{"opcode":`...), t.Kind.String())
	dst = strconv.AppendBool(append(dst, `,"compressed":`...), t.Compressed)
	dst = strconv.AppendInt(append(dst, `,"length":`...), t.Length, 10)
	if t.Compressed {
		dst = strconv.AppendBool(append(dst, `,"inflated":`...), t.Outcome == Inflated)
		dst = strconv.AppendInt(append(dst, `,"carried":`...), t.Carried, 10)
	}
	switch {
	case t.Kind == frame.Close && len(t.Payload) >= 2:
		dst = strconv.AppendUint(append(dst, `,"code":`...), uint64(t.Code), 10)
		dst = dissect.AppendString(append(dst, `,"meaning":`...), t.Code.Text().EN)
		if t.CloseErr == nil {
			dst = dissect.AppendString(append(dst, `,"reason":`...), t.Reason)
		} else {
			dst = appendHex(append(dst, `,"data":`...), t.Payload)
		}
	case t.IsText():
		dst = dissect.AppendString(append(dst, `,"payload":`...), string(t.text()))
		dst = strconv.AppendBool(append(dst, `,"json":`...), t.IsJSON())
	default:
		dst = appendHex(append(dst, `,"data":`...), t.Payload)
	}
	if t.Cut {
		dst = append(dst, `,"cut":true`...)
	}
	if t.Missing > 0 {
		dst = strconv.AppendInt(append(dst, `,"missing":`...), t.Missing, 10)
	}
	dst = append(dst, `,"frames":[`...)
	for i := range t.Frames {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = t.Frames[i].appendJSON(dst)
	}
	dst = append(dst, ']')
	if t.Count > int64(len(t.Frames)) {
		dst = strconv.AppendInt(append(dst, `,"more_frames":`...), t.Count-int64(len(t.Frames)), 10)
	}
	return append(dst, '}')
}

func (f *Frame) appendJSON(dst []byte) []byte {
	dst = strconv.AppendInt(append(dst, `{"frame":`...), f.Packet, 10)
	for _, bit := range [...]struct {
		key string
		set bool
	}{{"fin", f.Fin}, {"rsv1", f.RSV1}, {"rsv2", f.RSV2}, {"rsv3", f.RSV3}} {
		dst = strconv.AppendBool(append(append(append(dst, `,"`...), bit.key...), `":`...), bit.set)
	}
	dst = strconv.AppendUint(append(dst, `,"opcode":`...), uint64(f.Opcode), 10)
	dst = strconv.AppendBool(append(dst, `,"masked":`...), f.Masked)
	if f.Masked {
		dst = appendHex(append(dst, `,"key":`...), f.Key[:])
	}
	dst = strconv.AppendInt(append(dst, `,"length_bits":`...), int64(f.LengthBits), 10)
	return append(strconv.AppendInt(append(dst, `,"length":`...), f.Length, 10), '}')
}

func (o *Opening) appendJSON(dst []byte) []byte {
	if o.Request {
		dst = dissect.AppendString(append(dst, `{"handshake":"request","method":`...), o.Method)
		dst = dissect.AppendString(append(dst, `,"target":`...), o.Target)
		dst = dissect.AppendString(append(dst, `,"version":`...), o.Version)
	} else {
		dst = dissect.AppendString(append(dst, `{"handshake":"response","version":`...), o.Version)
		dst = strconv.AppendInt(append(dst, `,"status":`...), int64(o.Status), 10)
		dst = dissect.AppendString(append(dst, `,"reason":`...), o.Reason)
	}
	dst = append(dst, `,"header":[`...)
	for i, f := range o.Header {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = dissect.AppendString(append(dst, '['), f.Name)
		dst = append(dissect.AppendString(append(dst, ','), f.Value), ']')
	}
	dst = append(dst, `],"subprotocols":[`...)
	for i, p := range o.Subprotocols() {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = dissect.AppendString(dst, p)
	}
	dst = o.appendExtensions(append(dst, `],"extensions":[`...))
	dst = append(dst, ']')
	if d := o.Deflate(); d != nil && !o.Request {
		dst = fmt.Appendf(dst, `,"deflate":{"server_no_context_takeover":%t,"client_no_context_takeover":%t,"server_max_window_bits":%d,"client_max_window_bits":%d}`,
			d.ServerNoContextTakeover, d.ClientNoContextTakeover, d.ServerMaxWindowBits, d.ClientMaxWindowBits)
	}
	if len(o.Body) > 0 {
		dst = dissect.AppendString(append(dst, `,"body":`...), string(o.Body))
	}
	return append(dst, '}')
}

func (o *Opening) appendExtensions(dst []byte) []byte {
	for i, e := range o.Extensions {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = dissect.AppendString(append(dst, `{"name":`...), e.Name)
		dst = append(dst, `,"parameters":[`...)
		for j, p := range e.Parameters {
			if j > 0 {
				dst = append(dst, ',')
			}
			dst = dissect.AppendString(append(dst, `{"name":`...), p.Name)
			if p.Given {
				dst = dissect.AppendString(append(dst, `,"value":`...), p.Value)
			}
			dst = append(dst, '}')
		}
		dst = append(dst, "]}"...)
	}
	return dst
}

func appendHex(dst, octets []byte) []byte {
	return append(hex.AppendEncode(append(dst, '"'), octets), '"')
}

// maxSaid bounds how much of a payload a line of text shows, in characters, and
// maxShown how much a tree does.
const (
	maxSaid  = 100
	maxShown = 4000
)

// AppendSummary appends one line, such as "text 17 octets {"value":230.4}".
func (t *Telegram) AppendSummary(dst []byte, lang string) []byte {
	if t.Opening != nil {
		return t.Opening.appendSummary(dst, lang)
	}
	dst = append(dst, t.Kind.Text().In(lang)...)
	if t.Kind == frame.Close {
		switch {
		case len(t.Payload) == 0:
			return append(dst, tWithoutCode.In(lang)...)
		case len(t.Payload) >= 2:
			dst = strconv.AppendUint(append(dst, ' '), uint64(t.Code), 10)
			dst = append(append(dst, ' '), t.Code.Text().In(lang)...)
		}
		if t.Reason != "" {
			dst = append(append(dst, "  "...), printable([]byte(t.Reason), maxSaid)...)
		}
		return dst
	}
	dst = strconv.AppendInt(append(dst, ' '), t.Length, 10)
	dst = append(append(dst, ' '), tOctets.In(lang)...)
	if t.Compressed {
		dst = fmt.Appendf(dst, tCompressed.In(lang), t.Carried)
	}
	if t.Count > 1 {
		dst = fmt.Appendf(dst, tFrames.In(lang), t.Count)
	}
	if said := t.said(maxSaid, lang); said != "" {
		dst = append(append(dst, "  "...), said...)
	}
	return dst
}

// said returns what a message says, in at most so many characters.
func (t *Telegram) said(most int, lang string) string {
	switch {
	case !t.Readable():
		return t.Outcome.Text().In(lang)
	case t.IsText():
		return printable(t.text(), most)
	case len(t.Payload)*2 > most:
		return hex.EncodeToString(t.Payload[:most/2]) + "…"
	default:
		return hex.EncodeToString(t.Payload)
	}
}

func (o *Opening) appendSummary(dst []byte, lang string) []byte {
	if o.Request {
		dst = append(dst, printable([]byte(o.Method+" "+o.Target), maxSaid)...)
		if !o.Upgrade() {
			return append(dst, tNoUpgrade.In(lang)...)
		}
		dst = append(dst, tUpgrade.In(lang)...)
	} else {
		dst = strconv.AppendInt(dst, int64(o.Status), 10)
		dst = append(append(dst, ' '), printable([]byte(o.Reason), maxSaid)...)
		if !o.Accepted() {
			return append(dst, tRefused.In(lang)...)
		}
	}
	for _, name := range [...]string{"Sec-WebSocket-Protocol", "Sec-WebSocket-Extensions"} {
		if value := o.Get(name); value != "" {
			dst = append(append(dst, "  "...), printable([]byte(value), maxSaid)...)
		}
	}
	return dst
}

// printable returns text for one line, with what cannot be printed replaced.
func printable(text []byte, most int) string {
	out, count := make([]byte, 0, min(len(text), 4*most)), 0
	for _, r := range string(text[:min(len(text), 4*most+4)]) {
		if count++; count > most {
			return string(append(out, "…"...))
		}
		switch {
		case r == '\n' || r == '\r' || r == '\t':
			r = ' '
		case !unicode.IsPrint(r):
			r = unicode.ReplacementChar
		}
		out = utf8.AppendRune(out, r)
	}
	return string(out)
}

// Walk dissects the octets that are at hand.
func (t *Telegram) Walk(w *wire.Walker) {
	if t.Opening != nil {
		t.Opening.walk(w, t.Octets)
		return
	}
	if t.Compressed {
		text := t.said(maxShown, "en")
		german := t.said(maxShown, "de")
		w.Group("message", wire.Text{EN: text, DE: german}, func() { t.walkFrames(w) })
		return
	}
	t.walkFrames(w)
}

func (t *Telegram) walkFrames(w *wire.Walker) {
	at := 0
	for i := range t.Frames {
		if w.Rest() == 0 {
			break
		}
		f := &t.Frames[i]
		said := t.Payload[min(at, len(t.Payload)):]
		if t.Compressed {
			said = nil
		} else {
			said = said[:min(f.kept, len(said))]
		}
		at += f.kept
		if len(t.Frames) == 1 {
			t.walkFrame(w, f, said)
		} else {
			w.Group("frame", f.Opcode.Text(), func() { t.walkFrame(w, f, said) })
		}
	}
	if len(t.Frames) == 0 { // a text by itself
		w.Raw("payload", wire.Same(printable(t.Payload, maxShown)), w.Rest())
	}
	w.Raw("octets", wire.Text{}, w.Rest())
}

// walkFrame dissects a frame, whose payload says something where it was not
// compressed.
func (t *Telegram) walkFrame(w *wire.Walker, f *Frame, said []byte) {
	walkHeader(w, f)
	kept := min(f.kept, w.Rest())
	if t.Kind == frame.Close && kept >= 2 && !f.Masked {
		w.Fields(frame.ElementCloseCode)
		w.Raw("reason", wire.Same(printable(said[2:], maxShown)), kept-2)
		return
	}
	text := wire.Text{}
	switch {
	case t.Compressed:
		text = tDeflated
	case t.Kind == frame.Close && len(said) >= 2:
		text = wire.Text{
			EN: fmt.Sprintf("%d %s %s", t.Code, t.Code.Text().EN, printable(said[2:], maxShown)),
			DE: fmt.Sprintf("%d %s %s", t.Code, t.Code.Text().DE, printable(said[2:], maxShown)),
		}
	case t.Kind == frame.Text:
		text = wire.Same(printable(said, maxShown))
	case f.Masked:
		text = wire.Same(hex.EncodeToString(said[:min(len(said), maxShown/2)]))
	}
	w.Raw("payload", text, kept)
}

// walkHeader dissects the header of a frame in the form in which it stands there.
func walkHeader(w *wire.Walker, f *Frame) {
	w.Element(frame.ElementHead)
	switch f.LengthBits {
	case 16:
		w.Element(frame.ElementLength16)
	case 64:
		w.Element(frame.ElementLength64)
	}
	if f.Masked {
		w.Element(frame.ElementKey)
	}
}

// walk dissects the lines of a head, and the body.
func (o *Opening) walk(w *wire.Walker, octets []byte) {
	head := octets[:min(o.head, len(octets))]
	first := true
	for len(head) > 0 {
		end := bytes.IndexByte(head, '\n') + 1
		if end == 0 {
			end = len(head)
		}
		line := bytes.TrimRight(head[:end], "\r\n")
		name, value, found := bytes.Cut(line, []byte(":"))
		switch {
		case first && o.Request:
			w.Raw("request line", wire.Same(printable(line, maxShown)), end)
		case first:
			w.Raw("status line", wire.Same(printable(line, maxShown)), end)
		case len(line) == 0:
			w.Raw("end of head", wire.Text{}, end)
		case found:
			w.Raw(printable(name, maxSaid), wire.Same(printable(bytes.TrimSpace(value), maxShown)), end)
		default:
			w.Raw("line", wire.Same(printable(line, maxShown)), end)
		}
		first = false
		head = head[end:]
	}
	if rest := w.Rest(); rest > 0 {
		w.Raw("body", wire.Same(printable(o.Body, maxShown)), rest)
	}
}
