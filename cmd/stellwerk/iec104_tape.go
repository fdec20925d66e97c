package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"sync"
	"time"

	"stellwerk/iec104"
	"stellwerk/iec104/apci"
	"stellwerk/internal/analyzer/dissect"
	dissect104 "stellwerk/internal/analyzer/dissect/iec104"
	"stellwerk/internal/analyzer/live"
	"stellwerk/internal/analyzer/render"
	"stellwerk/internal/analyzer/verdict"
	"stellwerk/internal/capture/fabricate"
	"stellwerk/internal/capture/stream"
)

// tape is what becomes of the frames of a connection: lines of the analyzer,
// which are shown as --trace asks or printed as JSON, and the file of -w. All
// methods are safe for concurrent use.
type tape struct {
	trace io.Writer // nil where frames are not shown
	line  func(*dissect.Line)

	mu       sync.Mutex
	file     *os.File // nil without -w; guarded by mu
	name     string
	recorder *fabricate.Recorder
	talk     *fabricate.Conversation // of the present connection; guarded by mu
	witness  *live.Witness           // of the present connection; guarded by mu
	own      fabricate.Side          // our side of it; guarded by mu
	failed   error                   // of the file; guarded by mu
}

// newTape creates the file of -w, where one is named.
func newTape(name string) (*tape, error) {
	t := &tape{name: name}
	out := io.Discard
	if name != "" {
		file, err := os.Create(name) //nolint:gosec // the user names the file
		if err != nil {
			return nil, unwritable(name, err)
		}
		t.file, out = file, file
	}
	t.recorder = fabricate.NewRecorder(out, "stellwerk "+programVersion(), "iec104")
	return t, nil
}

// connected begins a connection. Where we have accepted it, the other side is the
// client of TCP.
func (t *tape) connected(conn net.Conn, accepted bool, options *dissect104.Options, link verdict.Parameters) {
	t.mu.Lock()
	defer t.mu.Unlock()
	client, server := endpoint(conn.LocalAddr()), endpoint(conn.RemoteAddr())
	t.own = fabricate.Client
	if accepted {
		client, server, t.own = server, client, fabricate.Server
	}
	t.talk = t.recorder.Conversation(client, server)
	t.keep(t.talk.Open(time.Now()))
	t.witness = live.NewWitness(client, server, options, link, t.said)
}

// endpoint returns the address of a connection's end.
func endpoint(address net.Addr) netip.AddrPort {
	tcp, ok := address.(*net.TCPAddr)
	if !ok {
		return netip.AddrPort{}
	}
	at := tcp.AddrPort()
	return netip.AddrPortFrom(at.Addr().Unmap().WithZone(""), at.Port())
}

// frame takes a frame of the present connection.
func (t *tape) frame(f iec104.Frame) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.talk == nil {
		return
	}
	side := t.own
	if !f.Sent {
		side = 1 - side
	}
	t.keep(t.talk.Send(f.Time, side, f.Octets))
	direction := stream.Forward
	if side == fabricate.Server {
		direction = stream.Backward
	}
	t.witness.Frame(t.recorder.Packets(), f.Time, direction, f.Octets)
}

// said takes a line of the witness.
func (t *tape) said(line *dissect.Line) {
	if t.trace != nil {
		fmt.Fprintln(t.trace, t.traced(line))
	}
	if t.line != nil {
		t.line(line)
	}
}

// traced shows a line: when, who (> is us), and what.
func (t *tape) traced(line *dissect.Line) string {
	sign := "<"
	if (line.Direction == stream.Forward) == (t.own == fabricate.Client) {
		sign = ">"
	}
	head := time.Unix(0, line.Time).Format("15:04:05.000") + " " + sign + " "
	switch {
	case line.Finding != nil:
		return painted(t.trace, styleBad, head+"! "+line.Finding.Severity.String()+": "+line.Finding.Text.EN)
	case line.Telegram != nil && !line.Malformed.IsZero():
		return painted(t.trace, styleBad, string(line.Telegram.AppendSummary([]byte(head), "en"))+"  ! "+line.Malformed.EN)
	case line.Telegram != nil:
		return string(line.Telegram.AppendSummary([]byte(head), "en"))
	default:
		return painted(t.trace, styleBad, fmt.Sprintf("%s! %s: % x", head, line.Malformed.EN, line.Octets))
	}
}

// ended ends the present connection.
func (t *tape) ended() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.talk == nil {
		return
	}
	now := time.Now()
	t.keep(errors.Join(t.talk.Close(now, t.own), t.talk.Close(now, 1-t.own)))
	t.witness.End(t.recorder.Packets(), now)
	t.talk = nil
}

// keep remembers the first error of the file. It needs the lock.
func (t *tape) keep(err error) {
	if t.failed == nil {
		t.failed = err
	}
}

// close ends the file. The error is the first one about it.
func (t *tape) close() error {
	t.ended()
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.file == nil {
		return nil
	}
	t.keep(t.recorder.Flush())
	t.keep(t.file.Close())
	if t.failed != nil {
		return unwritable(t.name, t.failed)
	}
	return nil
}

// jsonLines prints lines as "analyze -o json" does.
type jsonLines struct {
	out  *bufio.Writer
	view *render.JSON
}

func newJSONLines(out io.Writer) *jsonLines {
	buffered := bufio.NewWriter(out)
	return &jsonLines{out: buffered, view: render.NewJSON(buffered, "en")}
}

// print prints a line at once.
func (j *jsonLines) print(line *dissect.Line) error {
	j.view.Line(line)
	return j.out.Flush()
}

// telegramOf returns the telegram of a line, nil where the line is none with an
// ASDU without fault.
func telegramOf(line *dissect.Line) *dissect104.Telegram {
	t, ok := line.Telegram.(*dissect104.Telegram)
	if !ok || t.APDU.Format != apci.FormatI || t.Err != nil {
		return nil
	}
	return t
}
