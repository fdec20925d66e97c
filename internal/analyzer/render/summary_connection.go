package render

import (
	"net/netip"
	"time"

	"stellwerk/iec104/apci"
	"stellwerk/iec104/asdu"
	"stellwerk/internal/analyzer/dissect"
	"stellwerk/internal/analyzer/dissect/iec104"
	"stellwerk/internal/analyzer/verdict"
	"stellwerk/internal/capture/stream"
	"stellwerk/wire"
)

// connection is what is counted of a connection.
type connection struct {
	ends        [2]netip.AddrPort
	first, last int64 // times
	at          frame
	apdus       [2][3]int64 // by direction and format
	octets      [2]int64
	role        role
	transfer    wire.Text
	ended       wire.Text
	tests       tests
	commands    verdict.Commands
}

// connection returns the row of a line's connection, nil where there is no room
// for one more.
func (s *Summary) connection(line *dissect.Line) *connection {
	c, known := s.open[line.Connection]
	if known {
		return c
	}
	if len(s.connections) >= maxConnections {
		s.moreConnections++
	} else {
		c = &connection{
			ends: line.Connection.Endpoints, first: line.Time, at: frame{s.file.number, line.Frame},
			role: guess(line.Connection), transfer: tUnknown, ended: tOpen,
		}
		if line.Connection.Opened {
			c.transfer = tStopped
		}
		s.connections = append(s.connections, c)
	}
	s.open[line.Connection] = c
	return c
}

func (c *connection) line(line *dissect.Line) {
	c.last = line.Time
	c.octets[line.Direction] += max(int64(len(line.Octets)), line.Skipped)
}

// telegram counts an APDU and learns from it which side is which.
func (c *connection) telegram(line *dissect.Line, t *iec104.Telegram) {
	c.apdus[line.Direction][t.APDU.Format]++
	if t.APDU.Format == apci.FormatI && c.transfer == tUnknown {
		c.transfer = tStarted
	}
	if t.APDU.Format != apci.FormatU {
		return
	}
	switch t.APDU.Function {
	case apci.StartDTAct, apci.StopDTAct:
		c.role.learn(byFunction, line.Direction)
	case apci.StartDTCon:
		c.role.learn(byFunction, 1-line.Direction)
		c.transfer = tStarted
	case apci.StopDTCon:
		c.role.learn(byFunction, 1-line.Direction)
		c.transfer = tStopped
	case apci.TestFRAct:
		c.tests.sent[line.Direction] = line.Time
	case apci.TestFRCon:
		c.tests.answered(1-line.Direction, line.Time)
	}
}

// endOf says how a connection has ended, as far as the end tells.
func endOf(end *stream.End, otherwise wire.Text) wire.Text {
	switch end.Reason {
	case stream.Finished:
		return tClosed
	case stream.Reset:
		return tReset
	case stream.Reused:
		return tReplaced
	case stream.Evicted, stream.CaptureEnd:
	}
	return otherwise
}

// controlling and controlled return the two stations.
func (c *connection) controlling() netip.AddrPort { return c.ends[c.role.controlling] }
func (c *connection) controlled() netip.AddrPort  { return c.ends[1-c.role.controlling] }

// role says which side is the controlling station: what it sends, and how sure
// that is.
type role struct {
	controlling stream.Direction
	sure        certainty
}

// certainty is what a role was learnt from, the surest last.
type certainty uint8

const (
	byOrder    certainty = iota // which side was heard first
	byPort                      // which side waits on the port of controlled stations
	byClient                    // which side opened the connection
	byType                      // which side sends commands, which measured values
	byFunction                  // which side starts data transfer
)

// guess begins with ports and the opening of a connection.
func guess(c *stream.Connection) role {
	switch {
	case c.Opened:
		return role{stream.Forward, byClient}
	case c.Endpoints[1].Port() == iec104.Port:
		return role{stream.Forward, byPort}
	case c.Endpoints[0].Port() == iec104.Port:
		return role{stream.Backward, byPort}
	default:
		return role{stream.Forward, byOrder}
	}
}

func (r *role) learn(from certainty, controlling stream.Direction) {
	if from > r.sure {
		r.controlling, r.sure = controlling, from
	}
}

// learnType learns from the direction of an ASDU. Commands come back mirrored:
// only those that ask count.
func (r *role) learnType(a *asdu.ASDU, direction stream.Direction) {
	switch {
	case a.Type.Control() && (a.Cause == asdu.Activation || a.Cause == asdu.Deactivation || a.Cause == asdu.Request):
		r.learn(byType, direction)
	case a.Type > 0 && a.Type <= asdu.M_EI_NA_1 && !a.Type.Control() && a.Known():
		r.learn(byType, 1-direction)
	}
}

// tests are the test frames of a connection.
type tests struct {
	sent    [2]int64 // when the last one went out that has no answer yet
	count   int64
	longest time.Duration
	sum     time.Duration
}

func (t *tests) answered(by stream.Direction, at int64) {
	if t.sent[by] == 0 {
		return
	}
	took := time.Duration(at - t.sent[by])
	t.sent[by] = 0
	t.count++
	t.sum += took
	t.longest = max(t.longest, took)
}

// mean returns how long answers took on average.
func (t *tests) mean() time.Duration { return t.sum / time.Duration(max(1, t.count)) }
