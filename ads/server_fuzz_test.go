package ads

import (
	"context"
	"encoding/binary"
	"io"
	"net"
	"testing"
	"time"

	"stellwerk/ads/ams"
	"stellwerk/ads/command"
)

// fuzzServer has a device with hooks and methods, and a system service.
func fuzzServer(f *testing.F) *Server {
	f.Helper()
	d := newTestDevice(f, &DeviceOptions{MaxHandles: 100, MaxNotifications: 20, MaxWatched: 1 << 16})
	check(f, d.OnRead("MAIN.n", func(context.Context) (any, error) { return 1, nil }))
	check(f, d.OnWrite("MAIN.a[2]", func(_ context.Context, w DeviceWrite) error {
		_, err := w.Value()
		return err
	}))
	check(f, d.OnCall("FB_Sum#Add", func(_ context.Context, c *DeviceCall) error {
		c.Return = c.In["B"]
		return nil
	}))
	system, err := NewDeviceSystem(nil)
	check(f, err)
	s := newTestServer(f, &ServerOptions{MaxData: 1 << 16, MaxAnswer: 1 << 20, Open: 8, Parallel: 2, WriteTimeout: time.Second}, d)
	s.Handle(ams.PortSystemService, system)
	return s
}

// feed sends octets to a server, and fails where the connection does not end when
// it is closed, or the server does not answer others any more.
func feed(t *testing.T, s *Server, data []byte) {
	t.Helper()
	ours, theirs := net.Pipe()
	conn, err := s.ServeConn(theirs)
	check(t, err)
	drained := make(chan struct{})
	go func() {
		defer close(drained)
		_, _ = io.Copy(io.Discard, ours)
	}()
	ours.SetWriteDeadline(time.Now().Add(5 * time.Second))
	_, _ = ours.Write(data) // the server may close in the middle
	ours.Close()
	<-drained
	select {
	case <-conn.Done():
	case <-time.After(10 * time.Second):
		t.Fatal("the connection does not end")
	}
	ours, theirs = net.Pipe()
	defer ours.Close()
	_, err = s.ServeConn(theirs)
	check(t, err)
	p := &rawPeer{t: t, conn: ours, reader: ams.NewReader(ours, ams.OverTCP, 0)}
	if got := p.ask(p.frame(7, ams.ReadState, nil)); got.InvokeID != 7 || got.Error != 0 {
		t.Fatalf("the next client is answered %v", got.Error)
	}
}

func FuzzServerOctets(f *testing.F) {
	p := &rawPeer{}
	for c := range ams.Command(12) {
		frame := p.frame(1, c, make([]byte, 40))
		f.Add(frame.Append(nil, ams.OverTCP))
	}
	f.Add([]byte{0, 0, 0xFF, 0xFF, 0xFF, 0xFF, 0, 0})
	f.Add([]byte{0, 0x10, 2, 0, 0, 0, 0x53, 3})
	s := fuzzServer(f)
	f.Fuzz(func(t *testing.T, data []byte) { feed(t, s, data) })
}

// FuzzServerRequests has requests whose headers are right: each is a command, an
// index group and offset, two lengths, and data.
func FuzzServerRequests(f *testing.F) {
	add := func(c ams.Command, group command.IndexGroup, offset, length uint32, data string) {
		seed := []byte{byte(c), byte(len(data))}
		seed = binary.LittleEndian.AppendUint32(seed, uint32(group))
		seed = binary.LittleEndian.AppendUint32(seed, offset)
		seed = binary.LittleEndian.AppendUint32(seed, length)
		f.Add(append(seed, data...))
	}
	for group := command.GroupSymbolTable; group <= command.GroupSumDeleteNotes; group++ {
		add(ams.Read, group, 0, 64, "")
		add(ams.Write, group, 1, 4, "\x01\x00\x00\x00")
		add(ams.ReadWrite, group, 1, 64, "MAIN.fb#Add\x00MAIN.a[2].x\x00\x01\x02\x03\x04")
	}
	for _, group := range []command.IndexGroup{command.GroupFileOpen, command.GroupFileFind, command.GroupExtendedState, command.GroupMemoryBits, command.GroupData} {
		add(ams.ReadWrite, group, 1, 324, `C:\*.*`)
	}
	s := fuzzServer(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		var out []byte
		for id := uint32(1); len(data) >= 14; id++ {
			c, n := ams.Command(data[0]&15), int(data[1])
			index := command.Index{Group: command.IndexGroup(binary.LittleEndian.Uint32(data[2:])), Offset: binary.LittleEndian.Uint32(data[6:])}
			length := binary.LittleEndian.Uint32(data[10:])
			port := ams.PortTC3PLC1
			if data[0]&16 != 0 {
				port = ams.PortSystemService
			}
			data = data[14:]
			n = min(n, len(data))
			var body []byte
			switch c {
			case ams.Read:
				body = command.ReadRequest{Index: index, Length: length}.Append(nil)
			case ams.Write:
				body = command.WriteRequest{Index: index, Data: data[:n]}.Append(nil)
			case ams.ReadWrite:
				body = command.ReadWriteRequest{Index: index, ReadLength: length, Data: data[:n]}.Append(nil)
			case ams.AddDeviceNotification:
				body = command.AddNotificationRequest{Index: index, Length: length, Mode: command.TransmissionMode(n), CycleTime: time.Millisecond}.Append(nil)
			default:
				body = data[:n]
			}
			data = data[n:]
			frame := ams.Frame{Header: ams.Header{
				Target: ams.Address{NetID: ams.LocalNetID, Port: port}, Source: testClient,
				Command: c, StateFlags: ams.RequestFlags, InvokeID: id,
			}, Data: body}
			out = frame.Append(out, ams.OverTCP)
		}
		feed(t, s, out)
	})
}
