package render

import (
	"bufio"

	"stellwerk/internal/analyzer/dissect"
	"stellwerk/internal/analyzer/dissect/ads"
	"stellwerk/internal/analyzer/dissect/iec104"
	"stellwerk/internal/analyzer/dissect/websocket"
	"stellwerk/internal/capture"
	"stellwerk/internal/capture/stream"
	"stellwerk/internal/finding"
)

// What a summary keeps is bounded, so that its memory does not grow with the
// capture. What has no place any more is counted.
const (
	maxFiles       = 100
	maxConnections = 500
	maxStations    = 500
	maxCommands    = 500
	maxPorts       = 32
)

// Summary counts, and writes at the end what it has counted: files, connections,
// stations, commands, connections of WebSocket, programs and devices of ADS with
// their symbols, findings, and the traffic of others. It is not safe for concurrent
// use.
type Summary struct {
	out   *bufio.Writer
	lang  string
	style style

	files     []*file
	file      *file // the one that is read
	moreFiles int64

	connections     []*connection
	open            map[*stream.Connection]*connection
	moreConnections int64

	sockets     []*socket
	openSockets map[*stream.Connection]*socket
	moreSockets int64

	ads adsTraffic

	stations     map[stationKey]*station
	moreStations int64 // ASDUs

	commands     map[commandKey]*command
	moreCommands int64 // telegrams

	findings  map[finding.Code]*found
	malformed found

	other other
}

// frame names a packet, with its file where there are several.
type frame struct {
	file   int
	number int64
}

// NewSummary returns a view that writes to out in the language lang, with colour
// or without.
func NewSummary(out *bufio.Writer, lang string, color bool) *Summary {
	return &Summary{
		out: out, lang: lang, style: style(color),
		open: map[*stream.Connection]*connection{}, openSockets: map[*stream.Connection]*socket{},
		stations: map[stationKey]*station{},
		commands: map[commandKey]*command{},
		findings: map[finding.Code]*found{},
	}
}

// File begins a file.
func (s *Summary) File(name string) {
	s.file = &file{name: name, number: len(s.files) + int(s.moreFiles) + 1}
	if len(s.files) < maxFiles {
		s.files = append(s.files, s.file)
	} else {
		s.moreFiles++
	}
}

// Packet counts a packet.
func (s *Summary) Packet(p *capture.Packet) { s.file.packet(p) }

// Line counts a telegram, something malformed, or a finding.
func (s *Summary) Line(line *dissect.Line) {
	at := frame{s.file.number, line.Frame}
	if line.Finding != nil {
		s.finding(at, line.Finding)
		return
	}
	if !line.Malformed.IsZero() {
		s.malformed.count(at, line.Malformed)
	}
	if line.Connection == nil {
		return
	}
	if line.Protocol == ads.Protocol {
		s.adsLine(at, line)
		return
	}
	if line.Protocol == websocket.Protocol {
		if c := s.socket(line); c != nil {
			c.line(line)
		}
		return
	}
	c := s.connection(line)
	if c == nil {
		return
	}
	c.line(line)
	if t, ok := line.Telegram.(*iec104.Telegram); ok {
		c.telegram(line, t)
		if t.IsASDU() {
			s.asdu(at, line, t, c)
		}
	}
}

// Note counts an observation about a connection of no known protocol: nothing
// of it is told, since nobody asked for such connections.
func (*Summary) Note(*stream.Note) {}

// Ended notes how a connection has ended.
func (s *Summary) Ended(ended *dissect.Ended) {
	c := s.open[ended.End.Connection]
	delete(s.open, ended.End.Connection)
	if c != nil {
		c.ended = endOf(ended.End, c.ended)
	}
	if c := s.openSockets[ended.End.Connection]; c != nil {
		c.ended = endOf(ended.End, c.ended)
	}
	delete(s.openSockets, ended.End.Connection)
	if passed := ended.Passed[0] + ended.Passed[1]; passed > 0 {
		s.other.passed(ended.End.Connection.Endpoints[1].Port(), passed)
	}
}

// PacketDone does nothing: packets have been counted.
func (*Summary) PacketDone(*capture.Packet, bool) {}

// EndFile adds what the assembler has counted.
func (s *Summary) EndFile(stats *stream.Stats) {
	s.other.add(stats)
	clear(s.open)
	clear(s.openSockets)
}

// Close writes the summary.
func (s *Summary) Close() { s.print() }

func (s *Summary) finding(at frame, f *finding.Finding) {
	row := s.findings[f.Code]
	if row == nil {
		row = &found{severity: f.Severity}
		s.findings[f.Code] = row
	}
	row.severity = max(row.severity, f.Severity)
	row.count(at, f.Text)
}
