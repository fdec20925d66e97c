package render

import (
	"stellwerk/iec104/asdu"
	"stellwerk/internal/analyzer/dissect"
	"stellwerk/internal/analyzer/dissect/iec104"
)

// commandKey names what a command is about.
type commandKey struct {
	station stationKey
	kind    asdu.TypeID
	object  asdu.ObjectAddress
}

// command is what is counted of the commands to one object.
type command struct {
	name                                          string
	sent, selects, confirmed, refused, terminated int64
	last                                          string // value of the last one that was sent
	first                                         frame
}

// command counts commands and what answers them.
func (s *Summary) command(at frame, station stationKey, line *dissect.Line, t *iec104.Telegram, c *connection) {
	a := &t.ASDU
	reply := c.commands.Follow(&line.Place, t)
	asked := a.Type.Control() && (a.Cause == asdu.Activation || a.Cause == asdu.Deactivation)
	if !asked && reply.Command == nil && (a.Cause != asdu.ActivationTermination || !a.Type.Control()) {
		return
	}
	if reply.Command != nil {
		station.common = reply.Command.CommonAddress // that of all stations, perhaps
	}
	address, _ := t.First()
	row := s.row(commandKey{station, a.Type, address}, at, a)
	if row == nil {
		return
	}
	switch {
	case asked:
		row.sent++
		text, selects := t.Command(s.lang)
		row.last = text
		if selects {
			row.selects++
		}
	case a.Cause == asdu.ActivationTermination:
		row.terminated++
	case a.Negative || a.Cause.Unknown():
		row.refused++
	default:
		row.confirmed++
	}
}

func (s *Summary) row(key commandKey, at frame, a *asdu.ASDU) *command {
	row := s.commands[key]
	if row == nil {
		if len(s.commands) >= maxCommands {
			s.moreCommands++
			return nil
		}
		row = &command{name: a.TypeName(), first: at}
		s.commands[key] = row
	}
	return row
}
