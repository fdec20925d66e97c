package ads

import (
	"context"
	"fmt"

	proto "stellwerk/ads"
	"stellwerk/ads/ams"
	"stellwerk/internal/point"
	"stellwerk/internal/tap"
)

// write makes a command of what a client writes, and returns when the process has
// accepted it.
func (d *Device) write(ctx context.Context, name string, t pointType, w proto.DeviceWrite) error {
	trace := d.setup.Traces.Next()
	peer := w.Request.Conn().RemoteAddr().String()
	refuse := func(code ams.ReturnCode, detail string) error {
		d.setup.Tap.Emit(tap.Event{
			Stage: tap.Refused, Direction: tap.In, Link: d.setup.Name, Trace: trace, Peer: peer,
			ID: point.ID{Link: d.setup.Name, Address: name}, Reason: tap.CommandRefused, Detail: detail,
		})
		return code
	}
	if d.setup.Commander == nil {
		return refuse(ams.InvalidAccess, "no route allows commands on this link")
	}
	decoded, err := w.Value()
	if err != nil {
		return refuse(ams.InvalidData, err.Error())
	}
	value, beyond := toPoint(t.shape.Kind, decoded)
	if beyond != 0 {
		return refuse(ams.InvalidData, fmt.Sprintf("%v is no value that a command of the kind %s can have", decoded, t.shape.Kind))
	}
	select {
	case d.active <- struct{}{}:
	default:
		return refuse(ams.Busy, fmt.Sprintf("%d commands are under way already", maxCommands))
	}
	c := point.Command{
		ID: point.ID{Link: d.setup.Name, Address: name}, Value: value, Type: t.name, Trace: trace,
		Origin: point.Origin{Link: d.setup.Name, Peer: fmt.Sprintf("%s (%s)", w.Request.Header.Source, peer)},
	}
	first, written := make(chan point.Result, 1), make(chan struct{})
	w.Request.After(func() { close(written) })
	d.commands.Go(func() {
		defer func() { <-d.active }()
		d.setup.Commander.Command(d.ctx, c, func(result point.Result) {
			select {
			case first <- result:
			default: // only the first step is answered
			}
		})
		select {
		case <-written: // the device has put the value into its memory, if it was accepted
		case <-ctx.Done():
		}
		d.restore(c.ID)
	})
	select {
	case result := <-first:
		if result.Outcome != point.Confirmed && result.Outcome != point.Terminated {
			return codeOf(result)
		}
		return nil
	case <-ctx.Done():
		return ams.DeviceTimeout
	}
}

// restore puts the last value that the process has reported back in place of what
// was written, once the command is over.
func (d *Device) restore(id point.ID) {
	d.taking.Lock()
	defer d.taking.Unlock()
	if u, known := d.setup.Source.Lookup(id); known && u.Value.Kind() != point.None {
		u.ID = id
		_ = d.set(&u) // it was set before
	}
}

// codeOf says in ADS why a command came to nothing.
func codeOf(r point.Result) ams.ReturnCode {
	if r.Outcome == point.TimedOut {
		return ams.DeviceTimeout
	}
	switch r.Reason {
	case point.ReasonUnknownPoint, point.ReasonNotAllowed, point.ReasonNotSupported:
		return ams.InvalidAccess
	case point.ReasonNotConnected, point.ReasonStopping:
		return ams.NotReady
	case point.ReasonBusy, point.ReasonSelectedByOther:
		return ams.Busy
	case point.ReasonValue:
		return ams.InvalidData
	default:
		return ams.DeviceError
	}
}
