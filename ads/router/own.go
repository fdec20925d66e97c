package router

import (
	"encoding/binary"
	"time"

	"stellwerk/ads/ams"
	"stellwerk/ads/command"
)

// serveOwn answers requests to the router itself: to port 1, and to port 10000
// where no program has it, so that clients find the machine running, and its
// routes. It reports false where the port is none of its own.
func (r *Router) serveOwn(from *peer, f *ams.Frame) bool {
	port := f.Target.Port
	if port != ams.PortRouter && port != ams.PortSystemService || !answerable(f) {
		return false
	}
	if !f.Command.Known() {
		r.refuse(from, f, ams.UnknownCommand)
		return true
	}
	var body []byte
	switch f.Command {
	case ams.ReadDeviceInfo:
		body = command.DeviceInfo{Major: 1, Name: "Stellwerk"}.Append(nil)
	case ams.ReadState:
		body = command.State{ADSState: command.StateRun}.Append(nil)
	case ams.Read:
		request, err := command.DecodeReadRequest(f.Data)
		if err == nil && port == ams.PortSystemService && request.Group == command.GroupListRoutes {
			body = r.listed(request)
			break
		}
		body = command.ReadResponse{Result: ams.ServiceNotSupported}.Append(nil)
	case ams.ReadWrite, ams.AddDeviceNotification:
		body = command.ReadResponse{Result: ams.ServiceNotSupported}.Append(nil)
	default:
		body = binary.LittleEndian.AppendUint32(nil, uint32(ams.ServiceNotSupported))
	}
	answer := ams.Frame{Header: f.Answer(0, ams.NoError), Data: body}
	if from.out.put(&answer) == queued {
		r.forwarded(from, &answer)
	} else {
		r.drop(from, &answer, errNotTaken)
	}
	return true
}

// orphan is a notification whose program is gone.
type orphan struct {
	device, program ams.Address
	handle          uint32
}

// The bounds of ending notifications: how many are remembered, and how often the
// same is ended.
const (
	mostOrphans = 1024
	orphanAgain = 5 * time.Second
)

// unsubscribe ends the notifications of a program that is gone: its device
// cannot know, as the connection is shared with others. Only the goroutine that
// reads from p calls it.
func (r *Router) unsubscribe(p *peer, f *ams.Frame) {
	now := time.Now()
	for sample, err := range command.Samples(f.Data) {
		if err != nil {
			return
		}
		o := orphan{device: f.Source, program: f.Target, handle: sample.Handle}
		if last, seen := p.orphans[o]; seen && now.Sub(last) < orphanAgain {
			continue
		}
		if p.orphans == nil || len(p.orphans) >= mostOrphans {
			p.orphans = make(map[orphan]time.Time)
		}
		p.orphans[o] = now
		request := ams.Frame{
			Header: ams.Header{
				Target: f.Source, Source: f.Target, Command: ams.DeleteDeviceNotification,
				StateFlags: ams.RequestFlags, InvokeID: r.invokeID.Add(1),
			},
			Data: binary.LittleEndian.AppendUint32(nil, sample.Handle),
		}
		q := question{source: request.Source, port: request.Target.Port, invokeID: request.InvokeID}
		if p.pending.add(q, asked{header: request.Header}) != queued {
			return
		}
		if p.out.put(&request) == queued {
			r.forwarded(p, &request)
		}
	}
}
