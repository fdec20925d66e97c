package captures

import (
	"bytes"
	"fmt"
	"io"
	"net/netip"
	"time"

	"stellwerk/ads/ams"
	"stellwerk/ads/command"
	"stellwerk/ads/discovery"
	"stellwerk/ads/symbol"
	"stellwerk/internal/capture/fabricate"
)

// The machines of the captures of ADS: a PLC and a program that asks it.
var (
	plcHost  = netip.MustParseAddr("192.0.2.40")
	plc      = ams.Address{NetID: ams.NetID{192, 0, 2, 40, 1, 1}, Port: ams.PortTC3PLC1}
	plcNTP   = ams.Address{NetID: plc.NetID, Port: ams.PortSystemService}
	operator = ams.Address{NetID: ams.NetID{192, 0, 2, 10, 1, 1}, Port: 32905}
)

// automation is a connection of ADS, whose peers do what they are told.
type automation struct {
	socket
	invokeID uint32
	device   ams.Address
	flags    ams.StateFlags // set besides those that must be
}

// adsTalks writes a capture of talks, each on a connection of its own.
func adsTalks(w io.Writer, port uint16, talks []func(*automation)) error {
	var all bytes.Buffer
	a := &automation{socket: socket{recorder: fabricate.NewRecorder(&all, "stellwerk", "ads"), at: begin, port: port}}
	for _, talk := range talks {
		a.port++
		a.at = a.at.Add(time.Second)
		a.device, a.flags, a.invokeID = plc, 0, 0
		a.c = a.recorder.Conversation(netip.AddrPortFrom(centre.Addr(), a.port), netip.AddrPortFrom(plcHost, ams.TCPPort))
		talk(a)
	}
	a.do(a.recorder.Flush)
	if a.err != nil {
		return a.err
	}
	return without(w, &all, a.missing)
}

// request returns the frame of a request, with an invoke ID of its own.
func (a *automation) request(c ams.Command, body []byte) *ams.Frame {
	a.invokeID++
	return &ams.Frame{
		Header: ams.Header{Target: a.device, Source: operator, Command: c, StateFlags: ams.RequestFlags | a.flags, InvokeID: a.invokeID},
		Data:   body,
	}
}

// answer returns the frame that answers a request.
func answer(request *ams.Frame, body []byte) *ams.Frame {
	return &ams.Frame{Header: request.Answer(0, ams.NoError), Data: body}
}

// ask sends a request, and its answer two milliseconds later.
func (a *automation) ask(c ams.Command, body, answered []byte) {
	request := a.request(c, body)
	a.send(fabricate.Client, request.Append(nil, ams.OverTCP))
	a.at = a.at.Add(2 * time.Millisecond)
	a.send(fabricate.Server, answer(request, answered).Append(nil, ams.OverTCP))
}

// readWrite asks for what belongs to data.
func (a *automation) readWrite(group command.IndexGroup, offset, length uint32, data, answered []byte) {
	a.ask(ams.ReadWrite,
		command.ReadWriteRequest{Index: command.Index{Group: group, Offset: offset}, ReadLength: length, Data: data}.Append(nil),
		command.ReadResponse{Data: answered}.Append(nil))
}

// notify sends samples.
func (a *automation) notify(samples ...command.Sample) {
	b := command.BeginNotification(nil)
	for _, s := range samples {
		b.Add(s)
	}
	f := ams.Frame{Header: ams.Header{Target: operator, Source: a.device, Command: ams.DeviceNotification, StateFlags: ams.RequestFlags}, Data: b.End()}
	a.send(fabricate.Server, f.Append(nil, ams.OverTCP))
}

// datagram records a packet of UDP.
func (a *automation) datagram(from, to netip.AddrPort, payload []byte) {
	a.do(func() error { return a.recorder.Datagram(a.at, from, to, payload) })
}

func le32(values ...uint32) (dst []byte) {
	for _, v := range values {
		dst = append(dst, byte(v), byte(v>>8), byte(v>>16), byte(v>>24))
	}
	return dst
}

// handles are those of the variables that are asked for by name.
const (
	handlePower  = 0x3C000001
	handleSwitch = 0x3C000002
)

// adsOrdinary is a capture of a program that talks to a PLC in every way there is.
// Nothing in it is wrong.
func adsOrdinary(w io.Writer) error {
	return adsTalks(w, 52000, []func(*automation){adsSearch, adsRouter, adsVariables, adsSums, adsNotifications, adsService, adsDatagram})
}

// adsSearch finds the PLC.
func adsSearch(a *automation) {
	asked := discovery.ServerInfoRequest(7, ams.Address{NetID: operator.NetID, Port: ams.PortSystemService})
	client, port := netip.AddrPortFrom(centre.Addr(), a.port), uint16(ams.UDPPort)
	a.datagram(client, netip.AddrPortFrom(netip.MustParseAddr("192.0.2.255"), port), asked.Append(nil))
	info := discovery.ServerInfo{
		NetID: plc.NetID, Name: "CX-TRAFO7", Version: discovery.Version{Major: 3, Minor: 1, Build: 4024},
		OS: discovery.OSVersion{Major: 10, Build: 19045, Platform: discovery.PlatformNT},
	}
	told := asked.Answer(plcNTP, info.Tags()...)
	a.datagram(netip.AddrPortFrom(plcHost, port), client, told.Append(nil))
}

// adsRouter registers a port with a router.
func adsRouter(a *automation) {
	say := func(side fabricate.Side, c ams.TCPCommand, body ...byte) {
		a.send(side, append(ams.TCPHeader{Command: c, Length: uint32(len(body))}.Append(nil), body...))
	}
	say(fabricate.Client, ams.TCPPortConnect, 0, 0)
	say(fabricate.Server, ams.TCPPortConnect, 192, 0, 2, 10, 1, 1, 0x89, 0x80)
	say(fabricate.Client, ams.TCPLocalNetID, 0, 0, 0, 0)
	say(fabricate.Server, ams.TCPLocalNetID, 192, 0, 2, 10, 1, 1)
	say(fabricate.Server, ams.TCPRouterNote, 1, 0, 0, 0)
	say(fabricate.Client, ams.TCPPortClose, 0x89, 0x80)
	a.close()
}

// adsVariables asks who is there, and for variables by handle, name and address.
func adsVariables(a *automation) {
	a.ask(ams.ReadDeviceInfo, nil, command.DeviceInfo{Major: 3, Minor: 1, Build: 4024, Name: "Plc30 App"}.Append(nil))
	a.ask(ams.ReadState, nil, command.State{ADSState: command.StateRun}.Append(nil))
	a.readWrite(command.GroupHandleByName, 0, 4, []byte("MAIN.fPower\x00"), le32(handlePower))
	value := command.Index{Group: command.GroupValueByHandle, Offset: handlePower}
	a.ask(ams.Read, command.ReadRequest{Index: value, Length: 4}.Append(nil), command.ReadResponse{Data: []byte{0x66, 0x66, 0x66, 0x43}}.Append(nil))
	a.ask(ams.Write, command.WriteRequest{Index: value, Data: []byte{0, 0, 0x80, 0x3f}}.Append(nil), command.AppendResult(nil, ams.NoError))
	a.readWrite(command.GroupValueByName, 0, 1, []byte("MAIN.bSwitch\x00"), []byte{1})
	table, err := adsTable()
	if err != nil {
		a.err = err
		return
	}
	info := symbol.UploadInfo{Symbols: adsSymbols, SymbolBytes: uint32(len(table)), CodePage: 65001}
	a.ask(ams.Read, command.ReadRequest{Index: command.Index{Group: command.GroupUploadInfo2}, Length: 64}.Append(nil), command.ReadResponse{Data: info.Append(nil)}.Append(nil))
	a.ask(ams.Read, command.ReadRequest{Index: command.Index{Group: command.GroupUpload}, Length: uint32(len(table))}.Append(nil), command.ReadResponse{Data: table}.Append(nil))
	a.ask(ams.Read, command.ReadRequest{Index: command.Index{Group: command.GroupMemory, Offset: 8}, Length: 4}.Append(nil), command.ReadResponse{Data: le32(2304)}.Append(nil))
	a.ask(ams.Write, command.WriteRequest{Index: command.Index{Group: command.GroupReleaseHandle}, Data: le32(handlePower)}.Append(nil), command.AppendResult(nil, ams.NoError))
	a.close()
}

// adsSymbols is how many symbols the PLC has: more than a packet holds.
const adsSymbols = 40

func adsTable() (table []byte, err error) {
	for i := range uint32(adsSymbols) {
		e := symbol.Entry{
			IndexGroup: uint32(command.GroupMemory), IndexOffset: 4 * i, Size: 4, BaseType: symbol.BaseInt32,
			Name: fmt.Sprintf("GVL.nMeter%02d", i+1), Type: "DINT", Comment: "energy in kWh",
		}
		if table, err = e.Append(table, symbol.Windows1252); err != nil {
			return nil, err
		}
	}
	return table, nil
}

// adsSums asks for several variables at once, in each of the seven ways but those
// of notifications.
func adsSums(a *automation) {
	byName := []command.ReadWriteRequest{
		{Index: command.Index{Group: command.GroupHandleByName}, ReadLength: 4, Data: []byte("MAIN.fPower\x00")},
		{Index: command.Index{Group: command.GroupHandleByName}, ReadLength: 4, Data: []byte("MAIN.bSwitch\x00")},
	}
	a.readWrite(command.GroupSumReadWrite, 2, 24, command.AppendSumReadWrites(nil, byName),
		command.AppendSumDataAnswers(nil, []command.SumAnswer{{Data: le32(handlePower)}, {Data: le32(handleSwitch)}}))
	reads := []command.ReadRequest{
		{Index: command.Index{Group: command.GroupValueByHandle, Offset: handlePower}, Length: 4},
		{Index: command.Index{Group: command.GroupValueByHandle, Offset: handleSwitch}, Length: 1},
	}
	values := []command.SumAnswer{{Data: []byte{0x66, 0x66, 0x66, 0x43}}, {Data: []byte{1}}}
	octets := command.AppendSumReads(nil, reads)
	a.readWrite(command.GroupSumRead, 2, 13, octets, command.AppendSumReadAnswers(nil, reads, values))
	a.readWrite(command.GroupSumReadEx, 2, 21, octets, command.AppendSumReadExAnswers(nil, reads, values))
	a.readWrite(command.GroupSumReadEx2, 2, 21, octets, command.AppendSumDataAnswers(nil, values))
	writes := []command.WriteRequest{
		{Index: reads[0].Index, Data: values[0].Data},
		{Index: reads[1].Index, Data: []byte{0}},
	}
	a.readWrite(command.GroupSumWrite, 2, 8, command.AppendSumWrites(nil, writes), command.AppendSumResults(nil, make([]ams.ReturnCode, 2)))
	// Three requests in one packet, answered in another order.
	var frames [3]*ams.Frame
	var sent, back []byte
	for i := range frames {
		frames[i] = a.request(ams.Read, command.ReadRequest{Index: reads[i%2].Index, Length: reads[i%2].Length}.Append(nil))
		sent = frames[i].Append(sent, ams.OverTCP)
	}
	for _, i := range []int{1, 2, 0} {
		back = answer(frames[i], command.ReadResponse{Data: values[i%2].Data}.Append(nil)).Append(back, ams.OverTCP)
	}
	a.send(fabricate.Client, sent)
	a.send(fabricate.Server, back)
	a.close()
}

// adsNotifications subscribes to variables, one by one and in sums.
func adsNotifications(a *automation) {
	a.readWrite(command.GroupHandleByName, 0, 4, []byte("MAIN.fPower\x00"), le32(handlePower))
	power := command.AddNotificationRequest{
		Index: command.Index{Group: command.GroupValueByHandle, Offset: handlePower}, Length: 4,
		Mode: command.ServerOnChange, MaxDelay: 20 * time.Millisecond, CycleTime: 100 * time.Millisecond,
	}
	meter := command.AddNotificationRequest{
		Index: command.Index{Group: command.GroupMemory, Offset: 8}, Length: 4, Mode: command.ServerCycle, CycleTime: time.Second,
	}
	a.ask(ams.AddDeviceNotification, power.Append(nil), command.AddNotificationResponse{Handle: 1}.Append(nil))
	a.readWrite(command.GroupSumAddNotes, 2, 16, command.AppendSumAddNotifications(nil, []command.AddNotificationRequest{meter, power}),
		command.AppendSumAddNotificationAnswers(nil, []command.AddNotificationResponse{{Handle: 2}, {Handle: 3}}))
	a.notify(
		command.Sample{Time: command.FileTimeOf(a.at), Handle: 1, Data: []byte{0x66, 0x66, 0x66, 0x43}},
		command.Sample{Time: command.FileTimeOf(a.at), Handle: 2, Data: le32(2304)},
		command.Sample{Time: command.FileTimeOf(a.at.Add(100 * time.Millisecond)), Handle: 3, Data: []byte{0x66, 0x66, 0x66, 0x43}},
	)
	a.ask(ams.DeleteDeviceNotification, command.AppendDeleteNotification(nil, 1), command.AppendResult(nil, ams.NoError))
	a.readWrite(command.GroupSumDeleteNotes, 2, 8, command.AppendSumDeleteNotifications(nil, []uint32{2, 3}), command.AppendSumResults(nil, make([]ams.ReturnCode, 2)))
	a.close()
}

// adsService asks the system service: to restart, and for a file.
func adsService(a *automation) {
	a.device = plcNTP
	a.readWrite(command.GroupFileOpen, 0x11, 4, []byte(`C:\TwinCAT\3.1\Boot\Plc\Port_851.app`+"\x00"), le32(5))
	a.readWrite(command.GroupFileRead, 5, 16, nil, []byte("boot project"))
	a.readWrite(command.GroupFileClose, 5, 0, nil, nil)
	a.ask(ams.WriteControl, command.WriteControlRequest{ADSState: command.StateReset}.Append(nil), command.AppendResult(nil, ams.NoError))
	a.close()
}

// adsDatagram reads the state by UDP.
func adsDatagram(a *automation) {
	a.flags = ams.UDP
	request := a.request(ams.ReadState, nil)
	client, server := netip.AddrPortFrom(centre.Addr(), a.port), netip.AddrPortFrom(plcHost, ams.UDPPort)
	a.datagram(client, server, request.Append(nil, ams.Bare))
	a.datagram(server, client, answer(request, command.State{ADSState: command.StateRun}.Append(nil)).Append(nil, ams.Bare))
}
