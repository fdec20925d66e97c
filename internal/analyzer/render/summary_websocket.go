package render

import (
	"net/netip"
	"strconv"
	"strings"
	"time"
	"unicode"

	"stellwerk/internal/analyzer/dissect"
	"stellwerk/internal/analyzer/dissect/websocket"
	"stellwerk/internal/capture/stream"
	wsframe "stellwerk/websocket/frame"
	"stellwerk/wire"
)

// socket is what is counted of a connection of WebSocket.
type socket struct {
	ends        [2]netip.AddrPort
	client      stream.Direction
	first, last int64 // times
	at          frame
	target      string
	status      int
	subprotocol string
	compression wire.Text
	closing     string
	ended       wire.Text
	said        [2]spoken // by direction
}

// spoken is what one side has sent.
type spoken struct {
	frames                   int64
	text, binary, ping, pong int64
	octets, carried          int64
}

// socket returns the row of a line's connection, nil where there is no room for
// one more.
func (s *Summary) socket(line *dissect.Line) *socket {
	c, known := s.openSockets[line.Connection]
	if known {
		if c == nil {
			s.moreSockets++
		}
		return c
	}
	if len(s.sockets) >= maxConnections {
		s.moreSockets++
	} else {
		c = &socket{ends: line.Connection.Endpoints, first: line.Time, at: frame{s.file.number, line.Frame}, ended: tOpen, compression: tUnknown}
		s.sockets = append(s.sockets, c)
	}
	s.openSockets[line.Connection] = c
	return c
}

// line counts a line.
func (c *socket) line(line *dissect.Line) {
	c.last = line.Time
	t, ok := line.Telegram.(*websocket.Telegram)
	if !ok {
		return
	}
	if c.client = line.Direction; !t.Client {
		c.client = 1 - line.Direction
	}
	if t.Opening != nil {
		c.opening(t.Opening)
		return
	}
	said := &c.said[line.Direction]
	said.frames += t.Count
	switch t.Kind {
	case wsframe.Text:
		said.text++
	case wsframe.Binary:
		said.binary++
	case wsframe.Ping:
		said.ping++
	case wsframe.Pong:
		said.pong++
	case wsframe.Close:
		if c.closing == "" {
			arrow := "<"
			if line.Direction == c.client {
				arrow = ">"
			}
			c.closing = arrow + " " + strconv.Itoa(int(t.Code))
		}
	default:
	}
	if !t.Kind.Control() {
		said.octets += t.Length
		said.carried += t.Carried
	}
}

func (c *socket) opening(o *websocket.Opening) {
	if o.Request {
		c.target = cut(o.Target)
		return
	}
	c.status = o.Status
	if !o.Accepted() {
		return
	}
	if chosen := o.Subprotocols(); len(chosen) > 0 {
		c.subprotocol = cut(chosen[0])
	}
	c.compression = tPlain
	if o.Deflate() != nil {
		c.compression = tDeflated
	}
}

// cut bounds what a row keeps of what a peer says, and makes it harmless to a
// terminal.
func cut(text string) string {
	clean := strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return unicode.ReplacementChar
		}
		return r
	}, text)
	if runes := []rune(clean); len(runes) > 60 {
		return string(runes[:59]) + "…"
	}
	return clean
}

func (s *Summary) printSockets(dst []byte) []byte {
	if len(s.sockets) == 0 {
		return dst
	}
	dst = s.heading(dst, hSockets)
	t := table{columns: []column{
		{head: hNumber, right: true},
		{head: hClient},
		{head: hServer},
		{head: hFirstFrame, right: true},
		{head: hFrom},
		{head: hTo},
		{head: hDuration, right: true},
		{head: hTarget},
		{head: hAnswer, right: true},
		{head: hSubprotocol},
		{head: hCompression},
		{head: hCloseFrame},
		{head: hEnd},
	}}
	for i, c := range s.sockets {
		t.add(number(i+1), c.ends[c.client].String(), c.ends[1-c.client].String(), s.frame(c.at),
			moment(c.first, timeForm), moment(c.last, timeForm), span(time.Duration(c.last-c.first)),
			c.target, orNothing(int64(c.status)), c.subprotocol, c.compression.In(s.lang), c.closing, c.ended.In(s.lang))
	}
	return s.more(t.append(dst, s.lang, s.style), s.moreSockets, mSockets)
}

// printMessages counts what the two sides have said: > is what the client sends.
func (s *Summary) printMessages(dst []byte) []byte {
	if len(s.sockets) == 0 {
		return dst
	}
	dst = s.heading(dst, hMessages)
	t := table{columns: []column{{head: hNumber, right: true}}}
	heads := []wire.Text{hFrames, wire.Same("text"), hBinary, wire.Same("ping"), wire.Same("pong"), hOctets, hCarried}
	for _, head := range heads {
		for _, arrow := range []string{" >", " <"} {
			t.columns = append(t.columns, column{head: wire.Text{EN: head.EN + arrow, DE: head.DE + arrow}, right: true})
		}
	}
	for i, c := range s.sockets {
		to, from := &c.said[c.client], &c.said[1-c.client]
		row := []string{number(i + 1)}
		for _, pair := range [][2]int64{
			{to.frames, from.frames},
			{to.text, from.text},
			{to.binary, from.binary},
			{to.ping, from.ping},
			{to.pong, from.pong},
			{to.octets, from.octets},
			{to.carried, from.carried},
		} {
			row = append(row, orNothing(pair[0]), orNothing(pair[1]))
		}
		t.add(row...)
	}
	return t.append(dst, s.lang, s.style)
}
