package render

import (
	"bufio"
	"strconv"
	"time"

	"stellwerk/internal/analyzer/dissect"
	"stellwerk/internal/analyzer/dissect/ads"
	"stellwerk/internal/analyzer/dissect/iec104"
	"stellwerk/internal/analyzer/dissect/websocket"
	"stellwerk/internal/capture"
	"stellwerk/internal/capture/inet"
	"stellwerk/internal/capture/layers"
	"stellwerk/internal/capture/stream"
	"stellwerk/internal/finding"
	"stellwerk/wire"
)

// Text writes every packet with its layers, and below them what they carry. It
// is not safe for concurrent use.
type Text struct {
	out    *bufio.Writer
	lang   string
	style  style
	fields bool // a line for each field
	first  bool // nothing has been written yet
	file   string

	number   int64 // of the packet at hand
	last     int64 // time of the packet before it, 0 for none
	body     []byte
	telegram bool // a telegram of the packet is in body
	datagram inet.Datagram
	segment  inet.Segment
	said     []byte      // body, while a packet is written above it
	walker   wire.Walker // for one tree after the other
}

// NewText returns a view that writes to out in the language lang, with colour or
// without; with fields, every field stands on a line of its own, with the place
// of its bits.
func NewText(out *bufio.Writer, lang string, color, fields bool) *Text {
	return &Text{out: out, lang: lang, style: style(color), fields: fields, first: true}
}

// File begins a file.
func (t *Text) File(name string) { t.file, t.last = name, 0 }

// Packet begins a packet.
func (t *Text) Packet(p *capture.Packet) {
	t.number = p.Number
	t.body, t.telegram = t.body[:0], false
}

// Line takes a telegram with all its fields, or what is wrong.
func (t *Text) Line(line *dissect.Line) {
	if line.Finding != nil {
		t.finding(line.Frame, line.Finding)
		return
	}
	t.body = append(t.body, "  "...)
	t.telegram = t.telegram || line.Frame == t.number
	t.elsewhere(line.Frame)
	said := line.Protocol
	if line.Telegram != nil {
		said = string(line.Telegram.AppendSummary(nil, t.lang))
	}
	t.body = t.style.append(t.body, bold, said)
	for i, frame := range line.Earlier {
		if i == 0 {
			t.body = append(append(t.body, "  "...), tBegunIn.In(t.lang)...)
		}
		t.body = strconv.AppendInt(append(t.body, ' '), frame, 10)
	}
	t.body = append(t.body, '\n')
	if !line.Malformed.IsZero() {
		t.body = append(t.body, "    "...)
		t.body = t.style.append(t.body, red, tMalformed.In(t.lang))
		t.body = append(append(append(t.body, ": "...), line.Malformed.In(t.lang)...), '\n')
	}
	w := &t.walker
	w.Reset(line.Octets)
	switch {
	case line.Telegram != nil:
		line.Telegram.Walk(w)
	case line.Skipped > 0:
		w.Raw("octets", wire.Text{}, len(line.Octets))
	default:
		speech(line.Protocol).malformed(w, line.Octets)
	}
	t.tree(w.Nodes(), line.Octets, 4, speech(line.Protocol).name, said)
}

// tongue is how the fields of a protocol are named, and how octets are shown that
// are no telegram.
type tongue struct {
	name      func(name, lang string) string
	malformed func(w *wire.Walker, octets []byte)
}

func speech(protocol string) tongue {
	switch protocol {
	case websocket.Protocol:
		return tongue{websocket.Name, websocket.WalkMalformed}
	case ads.Protocol:
		return tongue{ads.Name, ads.WalkMalformed}
	default:
		return tongue{iec104.Name, iec104.WalkMalformed}
	}
}

// elsewhere names the packet of a line that is not the one at hand.
func (t *Text) elsewhere(frame int64) {
	if frame != t.number {
		t.body = append(append(t.body, tPacket.In(t.lang)...), ' ')
		t.body = append(strconv.AppendInt(t.body, frame, 10), ": "...)
	}
}

// severityPaint is the colour of a severity.
var severityPaint = [...]string{finding.Note: cyan, finding.Warning: yellow, finding.Error: red}

func (t *Text) finding(frame int64, f *finding.Finding) {
	t.body = append(t.body, "  "...)
	t.elsewhere(frame)
	t.body = t.style.append(t.body, severityPaint[min(f.Severity, finding.Error)], f.Severity.Text().In(t.lang))
	t.body = append(append(t.body, ": "...), f.Text.In(t.lang)...)
	t.body = append(append(t.body, "  ["...), f.Code...)
	if f.Clause != "" {
		t.body = append(append(t.body, ", "...), f.Clause...)
	}
	t.body = append(t.body, "]\n"...)
}

// Note takes an observation about a connection of no known protocol.
func (t *Text) Note(n *stream.Note) {
	t.body = append(t.body, "  "...)
	t.elsewhere(n.Packet)
	t.body = append(append(append(t.body, n.Text().In(t.lang)...), "  ["...), n.Kind.Code()...)
	t.body = append(t.body, "]\n"...)
}

// Ended writes nothing: the packets say it.
func (*Text) Ended(*dissect.Ended) {}

// PacketDone writes the packet, if it is wanted or something was said of it.
func (t *Text) PacketDone(p *capture.Packet, wanted bool) {
	if wanted || len(t.body) > 0 {
		t.packet(p)
	}
	t.last = p.Time
}

// EndFile writes what the end of the capture has brought to light.
func (t *Text) EndFile(*stream.Stats) {
	if len(t.body) == 0 {
		return
	}
	t.separate()
	_, _ = t.out.WriteString(string(t.style.append(nil, bold, tEndOf.In(t.lang)+" "+t.file)) + "\n")
	t.flush()
}

// Close writes nothing.
func (*Text) Close() {}

func (t *Text) separate() {
	if !t.first {
		_ = t.out.WriteByte('\n')
	}
	t.first = false
}

func (t *Text) flush() {
	// An error stays with the writer, and Flush returns it.
	_, _ = t.out.Write(t.body)
	t.body = t.body[:0]
}

// packet writes the header line of a packet, its layers and what was said of
// it.
func (t *Text) packet(p *capture.Packet) {
	t.separate()
	_, _ = t.out.WriteString(string(t.style.append(nil, bold, t.title(p))) + "\n")
	t.body, t.said = t.said[:0], t.body
	nodes := layers.Dissect(&t.walker, p)
	if t.telegram {
		for i := range nodes {
			if nodes[i].Name == "payload" {
				// What it is follows below.
				nodes[i].Text = wire.Same(strconv.Itoa(len(nodes[i].Raw)) + " " + tOctets.In(t.lang))
			}
		}
	}
	t.tree(nodes, p.Data, 2, layers.Name, "")
	_, _ = t.out.Write(t.body)
	t.body, t.said = t.said, t.body
	t.flush()
}

// tree appends dissected octets, without what has been said above them.
func (t *Text) tree(nodes []wire.Node, octets []byte, indent int, name func(name, lang string) string, said string) {
	set := tree{dst: t.body, lang: t.lang, style: t.style, name: name, said: said}
	if t.fields {
		set.fields(nodes, octets)
	} else {
		set.nodes(nodes, indent)
	}
	t.body = set.dst
}

// title is the header line of a packet.
func (t *Text) title(p *capture.Packet) string {
	dst := append([]byte(tPacketTitle.In(t.lang)), ' ')
	dst = strconv.AppendInt(dst, p.Number, 10)
	if !p.NoTime {
		dst = time.Unix(0, p.Time).UTC().AppendFormat(append(dst, "  "...), "2006-01-02 15:04:05.000000 UTC")
		if t.last != 0 {
			dst = append(dst, "  "...)
			dst = strconv.AppendFloat(plus(dst, p.Time-t.last), float64(p.Time-t.last)/1e9, 'f', 6, 64)
			dst = append(dst, " s"...)
		}
	}
	dst = t.ends(dst, p)
	dst = strconv.AppendInt(append(dst, "  "...), int64(p.Length), 10)
	dst = append(append(dst, ' '), tOctets.In(t.lang)...)
	if p.CutShort() > 0 {
		dst = strconv.AppendInt(append(dst, ", "...), int64(len(p.Data)), 10)
		dst = append(append(dst, ' '), tCaptured.In(t.lang)...)
	}
	return string(dst)
}

func plus(dst []byte, n int64) []byte {
	if n >= 0 {
		return append(dst, '+')
	}
	return dst
}

// ends appends who sent the packet to whom, as far as it tells.
func (t *Text) ends(dst []byte, p *capture.Packet) []byte {
	d, s := &t.datagram, &t.segment
	if d.Decode(p) != inet.IP {
		return dst
	}
	source, destination := d.Source.Netip(d.Version).String(), d.Destination.Netip(d.Version).String()
	if !d.Fragmented && (d.Protocol == inet.ProtocolTCP && s.DecodeTCP(d) == nil || d.Protocol == inet.ProtocolUDP && s.DecodeUDP(d) == nil) {
		open, shut := "", ":"
		if d.Version == 6 {
			open, shut = "[", "]:"
		}
		source = open + source + shut + strconv.Itoa(int(s.SourcePort))
		destination = open + destination + shut + strconv.Itoa(int(s.DestinationPort))
	}
	return append(append(append(append(dst, "  "...), source...), " > "...), destination...)
}
