package render

import (
	"bufio"
	"strconv"
	"time"

	"stellwerk/internal/analyzer/dissect"
	"stellwerk/internal/capture"
	"stellwerk/internal/capture/stream"
)

// JSON writes lines as JSON objects, one a line, in the form of docs/json.md.
// It is not safe for concurrent use.
type JSON struct {
	out    *bufio.Writer
	lang   string
	second int64
	prefix []byte // date and time of that second

	// ends are source, destination and protocol of the two directions of the
	// connection that the last line was about, as they stand in lines.
	ends       [2][]byte
	connection *stream.Connection
	protocol   string
}

// NewJSON returns a view that writes to out; texts are in the language lang.
func NewJSON(out *bufio.Writer, lang string) *JSON { return &JSON{out: out, lang: lang} }

// Line writes one line.
func (j *JSON) Line(line *dissect.Line) {
	// An error stays with the writer, and Flush returns it.
	_, _ = j.out.Write(j.appendLine(j.out.AvailableBuffer(), line))
}

// File writes nothing: the output has lines of telegrams and findings alone.
func (*JSON) File(string) {}

// Packet writes nothing.
func (*JSON) Packet(*capture.Packet) {}

// Note writes nothing.
func (*JSON) Note(*stream.Note) {}

// Ended writes nothing.
func (*JSON) Ended(*dissect.Ended) {}

// PacketDone writes nothing.
func (*JSON) PacketDone(*capture.Packet, bool) {}

// EndFile writes nothing.
func (*JSON) EndFile(*stream.Stats) {}

// Close writes nothing.
func (*JSON) Close() {}

// appendLine appends one line with its line feed.
func (j *JSON) appendLine(dst []byte, line *dissect.Line) []byte {
	dst = append(dst, `{"frame":`...)
	dst = strconv.AppendInt(dst, line.Frame, 10)
	dst = append(dst, `,"time":"`...)
	dst = j.appendTime(dst, line.Time)
	if line.Connection != j.connection || line.Protocol != j.protocol {
		j.setEnds(line)
	}
	dst = append(dst, j.ends[line.Direction]...)
	if line.Telegram != nil {
		dst = append(dst, `,"`...)
		dst = append(dst, line.Protocol...)
		dst = append(dst, `":`...)
		dst = line.Telegram.AppendJSON(dst)
	}
	if !line.Malformed.IsZero() {
		dst = append(dst, `,"malformed":`...)
		dst = dissect.AppendString(dst, line.Malformed.In(j.lang))
	}
	if f := line.Finding; f != nil {
		dst = append(dst, `,"finding":{"severity":"`...)
		dst = append(dst, f.Severity.String()...)
		dst = append(dst, `","code":"`...)
		dst = append(dst, f.Code...)
		dst = append(dst, `","text":`...)
		dst = dissect.AppendString(dst, f.Text.In(j.lang))
		dst = append(dst, `,"clause":`...)
		dst = append(dissect.AppendString(dst, f.Clause), '}')
	}
	return append(dst, "}\n"...)
}

// appendTime appends a time in UTC with microseconds, or nanoseconds where it
// has them.
func (j *JSON) appendTime(dst []byte, ns int64) []byte {
	second, rest := ns/1e9, ns%1e9
	if rest < 0 {
		second, rest = second-1, rest+1e9
	}
	if second != j.second || j.prefix == nil {
		j.second = second
		j.prefix = time.Unix(second, 0).UTC().AppendFormat(j.prefix[:0], "2006-01-02T15:04:05.")
	}
	dst = append(dst, j.prefix...)
	digits := [...]byte{'0', '0', '0', '0', '0', '0', '0', '0', '0', 'Z'}
	for i := 8; rest > 0; i-- {
		digits[i] = byte('0' + rest%10)
		rest /= 10
	}
	if digits[6] == '0' && digits[7] == '0' && digits[8] == '0' {
		digits[6] = 'Z'
		return append(dst, digits[:7]...)
	}
	return append(dst, digits[:]...)
}

// setEnds keeps what the lines of a connection have between time and telegram,
// behind the time's last digit. As a rule the next line is about the same one.
func (j *JSON) setEnds(line *dissect.Line) {
	j.connection, j.protocol = line.Connection, line.Protocol
	for i := range j.ends {
		ends := j.ends[i][:0]
		ends = append(ends, '"')
		if line.Connection != nil {
			place := dissect.Place{Connection: line.Connection, Direction: stream.Direction(i)}
			ends = append(ends, `,"src":"`...)
			ends = place.Source().AppendTo(ends)
			ends = append(ends, `","dst":"`...)
			ends = append(place.Destination().AppendTo(ends), '"')
		}
		ends = append(ends, `,"protocol":"`...)
		j.ends[i] = append(append(ends, line.Protocol...), '"')
	}
}
