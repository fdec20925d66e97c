package ads

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"stellwerk/ads/ams"
	"stellwerk/ads/command"
)

func TestServerClosesWhatIsIdle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newTestDevice(t, nil)
		s := newTestServer(t, &ServerOptions{IdleTimeout: time.Minute}, d)
		ours, theirs := net.Pipe()
		defer ours.Close()
		conn, err := s.ServeConn(theirs)
		check(t, err)
		p := &rawPeer{t: t, conn: ours, reader: ams.NewReader(ours, ams.OverTCP, 0)}
		time.Sleep(50 * time.Second)
		p.ask(p.frame(1, ams.ReadState, nil))
		begin := time.Now()
		// Half a frame keeps nothing open.
		time.Sleep(30 * time.Second)
		if _, err := ours.Write([]byte{0, 0, 32}); err != nil {
			t.Fatal(err)
		}
		<-conn.Done()
		if idle := time.Since(begin); idle != time.Minute || !strings.Contains(conn.Err().Error(), "nothing has come") {
			t.Errorf("closed after %v: %v", idle, conn.Err())
		}
	})
}

func TestServerKeepsSilentSubscribers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newTestDevice(t, nil)
		s := newTestServer(t, &ServerOptions{IdleTimeout: time.Minute}, d)
		ours, theirs := net.Pipe()
		defer ours.Close()
		conn, err := s.ServeConn(theirs)
		check(t, err)
		p := &rawPeer{t: t, conn: ours, reader: ams.NewReader(ours, ams.OverTCP, 0)}
		go func() { _, _ = io.Copy(io.Discard, ours) }()
		p.send(p.frame(1, ams.AddDeviceNotification, command.AddNotificationRequest{
			Index: command.Index{Group: command.GroupMemory}, Length: 4, Mode: command.ServerOnChange, CycleTime: time.Second,
		}.Append(nil)))
		time.Sleep(time.Hour)
		if conn.Err() != nil {
			t.Error(conn.Err())
		}
		p.send(p.frame(2, ams.DeleteDeviceNotification, command.AppendDeleteNotification(nil, 1)))
		time.Sleep(2 * time.Minute)
		<-conn.Done()
	})
}

func TestServerAnswersLocalPrograms(t *testing.T) {
	id := ams.NetID{5, 6, 7, 8, 1, 1}
	p := newRawPeer(t, newTestServer(t, &ServerOptions{NetID: id}, HandlerFunc(echo)))
	ask := func(c ams.TCPCommand, body ...byte) []byte {
		t.Helper()
		out := ams.TCPHeader{Command: c, Length: uint32(len(body))}.Append(nil)
		if _, err := p.conn.Write(append(out, body...)); err != nil {
			t.Fatal(err)
		}
		p.conn.SetReadDeadline(time.Now().Add(10 * time.Second))
		packet, err := p.reader.Next()
		if err != nil || packet.Command != c {
			t.Fatal(packet, err)
		}
		return packet.Body
	}
	if got := ask(ams.TCPLocalNetID, 0, 0, 0, 0); ams.NetID(got) != id {
		t.Errorf("%x", got)
	}
	got := ask(ams.TCPPortConnect, 0, 0)
	if ams.NetID(got[:6]) != id || ams.Port(binary.LittleEndian.Uint16(got[6:])) <= ams.PortFirstDynamic {
		t.Errorf("%x", got)
	}
	if got := ask(ams.TCPPortClose, got[6], got[7]); len(got) != 0 {
		t.Errorf("%x", got)
	}
	// Whoever has registered reaches the machine as 127.0.0.1.1.1 too.
	if f := p.ask(p.frame(3, ams.Read, command.ReadRequest{}.Append(nil))); f.Error != 0 {
		t.Error(f.Error)
	}
}

// routerEnd answers the registration of a port as a router does.
func routerEnd(t *testing.T, conn net.Conn, give ams.Address) {
	t.Helper()
	packet, err := ams.NewReader(conn, ams.OverTCP, 0).Next()
	if err != nil || packet.Command != ams.TCPPortConnect {
		t.Error(packet, err)
		return
	}
	if give.Port == 0 {
		give.Port = ams.Port(binary.LittleEndian.Uint16(packet.Body))
	}
	out := ams.TCPHeader{Command: ams.TCPRouterNote, Length: 4}.Append(nil)
	out = append(out, 1, 0, 0, 0)
	out = ams.TCPHeader{Command: ams.TCPPortConnect, Length: 8}.Append(out)
	out = append(out, give.NetID[:]...)
	_, _ = conn.Write(binary.LittleEndian.AppendUint16(out, uint16(give.Port)))
}

func TestServerRegistersWithARouter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newTestServer(t, nil, HandlerFunc(echo))
		machine := ams.NetID{5, 6, 7, 8, 1, 1}
		routers := make(chan net.Conn, 10)
		var reports []error
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error)
		fails := 1
		go func() {
			ended <- s.ServeRouter(ctx, func(context.Context) (net.Conn, error) {
				if fails--; fails >= 0 {
					return nil, errors.New("no router")
				}
				ours, theirs := net.Pipe()
				go func() {
					routerEnd(t, theirs, ams.Address{NetID: machine})
					routers <- theirs
				}()
				return ours, nil
			}, func(_ ams.Port, _ *ServerConn, err error) { reports = append(reports, err) })
		}()
		for range 2 { // the second time after the router has gone
			router := <-routers
			p := &rawPeer{t: t, conn: router, reader: ams.NewReader(router, ams.OverTCP, 0)}
			f := p.frame(3, ams.Read, command.ReadRequest{}.Append(nil))
			f.Target.NetID = machine
			if got := p.ask(f); got.Error != 0 || got.Source.NetID != machine {
				t.Error(got.Header)
			}
			router.Close()
		}
		router := <-routers
		cancel()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		router.Close()
		if len(reports) < 5 || reports[0] == nil || reports[1] != nil || reports[2] == nil || reports[3] != nil {
			t.Errorf("reports %v", reports)
		}
	})
}

func TestServerHearsOfPortsThatAreTaken(t *testing.T) {
	s := newTestServer(t, nil, HandlerFunc(echo))
	ours, theirs := net.Pipe()
	go routerEnd(t, theirs, ams.Address{NetID: ams.NetID{1}, Port: 40000})
	if _, err := s.Register(t.Context(), ours, 851); Code(err) != ams.PortInUse {
		t.Error(err)
	}
	if n := s.Status().Connections; n != 0 {
		t.Errorf("%d connections", n)
	}
}

func TestServerOptionsThatAreWrong(t *testing.T) {
	for _, o := range []ServerOptions{{MaxConnections: -1}, {Framing: 7}, {IdleTimeout: -1}, {Parallel: -2}} {
		if _, err := NewServer(&o); err == nil {
			t.Errorf("%+v is taken", o)
		}
	}
	if _, err := NewDevice(nil, &DeviceOptions{Name: "a name of 17 oct."}); err == nil {
		t.Error("a long name is taken")
	}
	if _, err := NewDevice(nil, &DeviceOptions{CycleTime: 1}); err == nil {
		t.Error("a cycle of 1 ns is taken")
	}
}
