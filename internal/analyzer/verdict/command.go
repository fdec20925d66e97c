package verdict

import (
	"bytes"
	"slices"
	"time"

	"stellwerk/iec104/asdu"
	"stellwerk/internal/analyzer/dissect"
	"stellwerk/internal/analyzer/dissect/iec104"
	"stellwerk/internal/capture/stream"
)

const (
	// maxCommands is how many commands of a connection are waited for. One
	// more, and the oldest is forgotten.
	maxCommands = 256
	// maxWait is how long a command may go without confirmation. The standard
	// leaves it to the stations; none that works takes longer.
	maxWait = 30 * time.Second
)

// Command is an activation or a deactivation that waits for its confirmation
// (IEC 60870-5-101, 7.4.10).
type Command struct {
	asdu.Header
	Address asdu.ObjectAddress
	// Frame, Time and Direction are those of the telegram.
	Frame     int64
	Time      int64
	Direction stream.Direction

	size   int      // octets of object
	object [16]byte // the beginning of the information object, without address and time
}

// answers reports whether an ASDU confirms or refuses the command.
func (c *Command) answers(a *asdu.ASDU, address asdu.ObjectAddress) bool {
	return c.Type == a.Type && c.Address == address &&
		(c.CommonAddress == a.CommonAddress || c.CommonAddress == a.Params().Broadcast()) &&
		(a.Cause == c.Cause+1 || a.Cause.Unknown())
}

// Commands follows the commands of one connection from activation to
// confirmation. Its zero value is ready. It is not safe for concurrent use.
type Commands struct {
	waiting   []Command // in the order of their time
	forgotten bool      // one was dropped: what is unasked for cannot be told
}

// Reply is what Follow has made out of an ASDU.
type Reply struct {
	// Command is the one that the ASDU confirms or refuses, and valid until the
	// next call. Where it is nil, Confirms tells that the ASDU looks like a
	// confirmation nevertheless.
	Command  *Command
	Confirms bool
}

// commanded reports whether the type is confirmed by a mirrored ASDU: all in
// control direction but reading, which is answered by the data.
func commanded(t asdu.TypeID) bool { return t.Control() && t != asdu.C_RD_NA_1 }

// Follow takes every ASDU of a connection that could be decoded.
func (c *Commands) Follow(place *dissect.Place, t *iec104.Telegram) Reply {
	a := &t.ASDU
	if !commanded(a.Type) {
		return Reply{}
	}
	address, octets := t.First()
	switch {
	case a.Cause == asdu.Activation || a.Cause == asdu.Deactivation:
		c.add(place, a, address, octets)
	case a.Cause == asdu.ActivationCon || a.Cause == asdu.DeactivationCon || a.Cause.Unknown():
		return c.take(place, a, address, octets)
	}
	return Reply{}
}

func (c *Commands) add(place *dissect.Place, a *asdu.ASDU, address asdu.ObjectAddress, octets []byte) {
	if len(c.waiting) == maxCommands {
		c.waiting = slices.Delete(c.waiting, 0, 1)
		c.forgotten = true
	}
	c.waiting = append(c.waiting, Command{
		Header: a.Header, Address: address,
		Frame: place.Frame, Time: place.Time, Direction: place.Direction,
	})
	added := &c.waiting[len(c.waiting)-1]
	added.size = copy(added.object[:], octets)
}

// take finds the oldest command that an ASDU answers: one with its object, or else
// any. One to all stations stays, since each of them answers; as nobody knows how
// many do, it is not blamed for an object that is another command's.
func (c *Commands) take(place *dissect.Place, a *asdu.ASDU, address asdu.ObjectAddress, octets []byte) Reply {
	broadcast := a.Params().Broadcast()
	best := -1
	for i := range c.waiting {
		command := &c.waiting[i]
		if command.Direction == place.Direction || !command.answers(a, address) {
			continue
		}
		if command.mirrors(octets) {
			best = i
			break
		}
		if best < 0 || c.waiting[best].CommonAddress == broadcast && command.CommonAddress != broadcast {
			best = i
		}
	}
	if best < 0 {
		return Reply{Confirms: !c.forgotten}
	}
	found := c.waiting[best]
	if found.CommonAddress != broadcast {
		c.waiting = slices.Delete(c.waiting, best, best+1)
	}
	return Reply{Command: &found, Confirms: true}
}

// mirrors reports whether an ASDU has the object of the command.
func (c *Command) mirrors(octets []byte) bool {
	return bytes.Equal(c.object[:c.size], octets[:min(len(octets), len(c.object))])
}

// overdue gives up commands that have waited for too long.
func (c *Commands) overdue(place *dissect.Place, report func(*dissect.Place, *Command)) {
	n := 0
	for n < len(c.waiting) && since(place, c.waiting[n].Time) > maxWait {
		report(place, &c.waiting[n])
		n++
	}
	c.waiting = slices.Delete(c.waiting, 0, n)
}

// end gives up the commands of a direction that has ended. At the end of the
// capture the answer to late ones may only not have been captured.
func (c *Commands) end(place *dissect.Place, reason stream.EndReason, report func(*dissect.Place, *Command)) {
	for i := range c.waiting {
		command := &c.waiting[i]
		if command.Direction == place.Direction && (reason != stream.CaptureEnd || since(place, command.Time) > maxWait) {
			report(place, command)
		}
	}
	c.waiting = slices.DeleteFunc(c.waiting, func(command Command) bool { return command.Direction == place.Direction })
}
