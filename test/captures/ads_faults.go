package captures

import (
	"bytes"
	"io"
	"math"
	"net/netip"
	"time"

	"stellwerk/ads/ams"
	"stellwerk/ads/command"
	"stellwerk/ads/discovery"
	"stellwerk/internal/capture/fabricate"
)

// adsFaults is a capture of peers that do what ADS does not allow, or what does
// not go well, and of captures that lack something: each on a connection of its
// own, the clients' ports count from 53001.
func adsFaults(w io.Writer) error { return adsTalks(w, 53000, adsFaultTable) }

// state is a request of the state, and its answer.
func (a *automation) state() (request, answered *ams.Frame) {
	request = a.request(ams.ReadState, nil)
	return request, answer(request, command.State{ADSState: command.StateRun}.Append(nil))
}

func (a *automation) frames(side fabricate.Side, frames ...*ams.Frame) {
	for _, f := range frames {
		a.send(side, f.Append(nil, ams.OverTCP))
	}
}

var memory = command.Index{Group: command.GroupMemory}

var adsFaultTable = []func(*automation){
	func(a *automation) { // a request that is not answered in time, and one that never is
		request, answered := a.state()
		late, _ := a.state()
		a.frames(fabricate.Client, request, late)
		a.at = a.at.Add(6 * time.Second)
		a.frames(fabricate.Server, answered)
		a.close()
	},
	func(a *automation) { // an answer twice, and one that nobody asked for
		request, answered := a.state()
		a.frames(fabricate.Client, request)
		a.frames(fabricate.Server, answered, answered)
		_, unasked := a.state()
		a.frames(fabricate.Server, unasked)
		a.close()
	},
	func(a *automation) { // more octets than were asked for
		a.ask(ams.Read, command.ReadRequest{Index: memory, Length: 2}.Append(nil), command.ReadResponse{Data: []byte{1, 2, 3, 4}}.Append(nil))
		a.readWrite(command.GroupValueByName, 0, 1, []byte("MAIN.bSwitch\x00"), []byte{1, 0})
		a.close()
	},
	func(a *automation) { // notifications: a wrong length, and a handle that nobody has
		a.ask(ams.AddDeviceNotification,
			command.AddNotificationRequest{Index: memory, Length: 1, Mode: command.ServerCycle, CycleTime: time.Second}.Append(nil),
			command.AddNotificationResponse{Handle: 9}.Append(nil))
		b := command.BeginNotification(nil)
		b.Add(command.Sample{Time: command.FileTimeOf(a.at), Handle: 9, Data: []byte{1}})
		octets := b.End()
		octets[0] += 4 // as jisotalo/ads-server 1.1.2 has it
		a.frames(fabricate.Server, &ams.Frame{
			Header: ams.Header{Target: operator, Source: plc, Command: ams.DeviceNotification, StateFlags: ams.RequestFlags}, Data: octets,
		})
		a.notify(command.Sample{Time: command.FileTimeOf(a.at), Handle: 10, Data: []byte{1}})
		a.close()
	},
	func(a *automation) { // state flags: some that must be 0, one that must be 1, and the wrong transport
		for _, flags := range []ams.StateFlags{ams.RequestFlags | ams.HighPriority | 0x0400, 0, ams.RequestFlags | ams.UDP} {
			request, answered := a.state()
			request.StateFlags, answered.StateFlags = flags, flags|ams.Response
			a.frames(fabricate.Client, request)
			a.frames(fabricate.Server, answered)
		}
		a.close()
	},
	func(a *automation) { // a command that is not defined, and a port that is not there
		request := a.request(10, []byte{1, 2, 3})
		a.frames(fabricate.Client, request)
		a.frames(fabricate.Server, &ams.Frame{Header: request.Answer(0, ams.UnknownCommand)})
		a.device.Port = 852
		request, _ = a.state()
		a.frames(fabricate.Client, request)
		a.frames(fabricate.Server, &ams.Frame{Header: request.Answer(0, ams.TargetPortNotFound)})
		a.close()
	},
	func(a *automation) { // a symbol that is not there, by itself and in a sum
		request := a.request(ams.ReadWrite, command.ReadWriteRequest{Index: command.Index{Group: command.GroupHandleByName}, ReadLength: 4, Data: []byte("MAIN.fPover\x00")}.Append(nil))
		a.frames(fabricate.Client, request)
		a.frames(fabricate.Server, answer(request, command.AppendResult(nil, ams.SymbolNotFound)))
		items := []command.ReadWriteRequest{
			{Index: command.Index{Group: command.GroupHandleByName}, ReadLength: 4, Data: []byte("MAIN.fPower\x00")},
			{Index: command.Index{Group: command.GroupHandleByName}, ReadLength: 4, Data: []byte("MAIN.fPover\x00")},
		}
		a.readWrite(command.GroupSumReadWrite, 2, 24, command.AppendSumReadWrites(nil, items),
			command.AppendSumDataAnswers(nil, []command.SumAnswer{{Data: le32(handlePower)}, {Result: ams.SymbolNotFound}}))
		a.close()
	},
	func(a *automation) { // a route with a password, which is refused, and a packet of nobody
		route := discovery.RouteRequest{Name: "operator", NetID: operator.NetID, Address: "192.0.2.10", User: "Administrator", Password: "1"}
		asked := discovery.AddRouteRequest(8, operator, &route)
		client, server := netip.AddrPortFrom(centre.Addr(), a.port), netip.AddrPortFrom(plcHost, ams.UDPPort)
		a.datagram(client, server, asked.Append(nil))
		refused := asked.Answer(plcNTP, discovery.StatusTag(ams.InvalidAccess))
		a.datagram(server, client, refused.Append(nil))
		whole := asked.Append(nil)
		a.datagram(client, server, whole[:len(whole)-3])
		a.datagram(client, server, []byte("who is there?"))
		request, _ := a.state()
		a.datagram(client, server, append(request.Append(nil, ams.Bare), 1))
	},
	func(a *automation) { // bodies that are shorter than they say
		a.ask(ams.Read, command.ReadRequest{Index: memory, Length: 4}.Append(nil), append(le32(0, 400), 1, 2, 3, 4))
		a.ask(ams.Write, append(le32(uint32(memory.Group), 0, math.MaxUint32), 1), command.AppendResult(nil, ams.NoError))
		a.readWrite(command.GroupSumRead, math.MaxUint32, 4, le32(1, 2, 3), nil)
		a.close()
	},
	func(a *automation) { // the two headers contradict each other
		request, answered := a.state()
		octets := request.Append(nil, ams.OverTCP)
		octets[ams.TCPHeaderLength+20] = 9
		a.send(fabricate.Client, octets)
		a.frames(fabricate.Server, answered)
		a.close()
	},
	func(a *automation) { // no AMS at all, and frames again behind it
		request, answered := a.state()
		a.send(fabricate.Client, []byte("GET / HTTP/1.1\r\n\r\n"))
		a.send(fabricate.Client, append([]byte{1, 2, 3}, request.Append(nil, ams.OverTCP)...))
		a.frames(fabricate.Server, answered)
		a.send(fabricate.Client, ams.TCPHeader{Command: ams.TCPPortConnect, Length: 1 << 20}.Append(nil))
		a.send(fabricate.Server, ams.TCPHeader{Command: ams.TCPFrame, Length: 31}.Append(nil))
		a.close()
	},
	func(a *automation) { // 4 GiB, of which little comes
		h := ams.Header{Target: plc, Source: operator, Command: ams.Write, StateFlags: ams.RequestFlags, Length: math.MaxUint32 - ams.HeaderLength}
		a.send(fabricate.Client, append(h.Append(ams.TCPHeader{Length: math.MaxUint32}.Append(nil)), make([]byte, 100)...))
		a.close()
	},
	func(a *automation) { // the capture lacks the middle of a frame, and whole ones
		request := a.request(ams.Write, command.WriteRequest{Index: memory, Data: bytes.Repeat([]byte{7}, 4000)}.Append(nil))
		octets := request.Append(nil, ams.OverTCP)
		a.send(fabricate.Client, octets[:1000])
		a.lose(fabricate.Client, octets[1000:2000])
		a.send(fabricate.Client, octets[2000:])
		a.frames(fabricate.Server, answer(request, command.AppendResult(nil, ams.NoError)))
		lost, _ := a.state()
		a.lose(fabricate.Client, lost.Append(nil, ams.OverTCP))
		other, answered := a.state()
		a.frames(fabricate.Client, other)
		a.frames(fabricate.Server, answered)
		a.close()
	},
	func(a *automation) { // the capture begins in the middle of a frame
		request, answered := a.state()
		octets := request.Append(nil, ams.OverTCP)
		a.lose(fabricate.Client, octets[:20]) // with the handshake
		a.send(fabricate.Client, octets[20:])
		a.frames(fabricate.Server, answered)
		a.frames(fabricate.Client, a.request(ams.ReadState, nil))
		a.notify(command.Sample{Time: command.FileTimeOf(a.at), Handle: 77, Data: []byte{1}})
		a.close()
	},
	func(a *automation) { // a frame that is cut off by the end of the connection
		request, _ := a.state()
		a.send(fabricate.Client, request.Append(nil, ams.OverTCP)[:30])
		a.close()
	},
	func(a *automation) { // a notification that is marked as an answer, as those of jisotalo/ads-server 1.1.2 are
		a.ask(ams.AddDeviceNotification,
			command.AddNotificationRequest{Index: memory, Length: 1, Mode: command.ServerCycle, CycleTime: time.Second}.Append(nil),
			command.AddNotificationResponse{Handle: 11}.Append(nil))
		b := command.BeginNotification(nil)
		b.Add(command.Sample{Time: command.FileTimeOf(a.at), Handle: 11, Data: []byte{1}})
		a.frames(fabricate.Server, &ams.Frame{
			Header: ams.Header{Target: operator, Source: plc, Command: ams.DeviceNotification, StateFlags: ams.ResponseFlags}, Data: b.End(),
		})
		a.close()
	},
}
