package iec104_test

import (
	"errors"
	"iter"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"stellwerk/iec104"
	"stellwerk/iec104/apci"
	"stellwerk/iec104/asdu"
)

func plants(points int) func() iec104.Station {
	return func() iec104.Station {
		return &plant{points: points, clock: asdu.RawTime(asdu.TimeCP56, 0x19_0b_15_06_1e_13_88)}
	}
}

// bareStation has no clock and takes no ASDUs of its own.
type bareStation struct{ p *plant }

func (b bareStation) Interrogate(s *iec104.Session, a asdu.CommonAddress, q asdu.InterrogationQualifier) iter.Seq[asdu.ASDU] {
	return b.p.Interrogate(s, a, q)
}
func (b bareStation) Command(c *iec104.Command) { b.p.Command(c) }

// TestMirrors has requests that a station does not know: they come back octet
// for octet, with the cause 44 to 47 and P/N = 1.
func TestMirrors(t *testing.T) {
	disowning := func() iec104.Station {
		return &plant{execute: func(c *iec104.Command) { _ = c.Disown() }}
	}
	exchanges(t, disowning, nil, []exchange{
		// type VSQ COT originator CA CA IOA IOA IOA …
		{"B1 private type", "c8 05 06 00 0100 0102030405", []string{"c8 05 6c 00 0100 0102030405"}},
		{"B1 private type without a body", "ff 00 06 00 0100", []string{"ff 00 6c 00 0100"}},
		{"B1 reserved type", "7f 01 06 07 0100 00", nil}, // F_SC_NB_1, cut short: malformed
		{"B1 type 0", "00 01 06 07 0100 00", []string{"00 01 6c 07 0100 00"}},
		{"B1 counter interrogation that nobody handles", "65 01 06 00 0100 000000 05", []string{"65 01 6c 00 0100 000000 05"}},
		{"B1 monitoring direction", "01 01 03 00 0100 010000 01", []string{"01 01 6c 00 0100 010000 01"}},
		{"B2 single command, spontaneous", "2d 01 03 09 0100 010000 01", []string{"2d 01 6d 09 0100 010000 01"}},
		{"B2 interrogation, requested", "64 01 05 00 0100 000000 14", []string{"64 01 6d 00 0100 000000 14"}},
		{"B2 clock, deactivation", "67 01 08 00 0100 000000 00000000000000", []string{"67 01 6d 00 0100 000000 00000000000000"}},
		{"B2 private cause", "2d 01 3f 00 0100 010000 01", []string{"2d 01 6d 00 0100 010000 01"}},
		{"B3 command", "2d 01 06 00 0200 010000 01", []string{"2d 01 6e 00 0200 010000 01"}},
		{"B3 interrogation", "64 01 06 00 0001 000000 14", []string{"64 01 6e 00 0001 000000 14"}},
		{"B5 common address 0", "2d 01 06 00 0000 010000 01", []string{"2d 01 6e 00 0000 010000 01"}},
		{"B5 command to all", "2d 01 06 00 ffff 010000 01", []string{"2d 01 6e 00 ffff 010000 01"}},
		{"B4 command", "2d 01 06 05 0100 a10f00 81", []string{"2d 01 6f 05 0100 a10f00 81"}},
		{"B4 interrogation with an object address", "64 01 06 00 0100 010000 14", []string{"64 01 6f 00 0100 010000 14"}},
		{"an answer is not answered", "2d 01 6f 00 0100 010000 01", nil},
		{"an answer is not answered, without P/N", "c8 01 2c 00 0100 01", nil},
	})
	exchanges(t, func() iec104.Station { return bareStation{&plant{}} }, nil, []exchange{
		{"clock that nobody sets", "67 01 06 00 0100 000000 00000000000000", []string{"67 01 6c 00 0100 000000 00000000000000"}},
	})
}

func TestSystemCommands(t *testing.T) {
	exchanges(t, plants(2), nil, []exchange{
		{"C2 station", "64 01 06 07 0100 000000 14", []string{
			"64 01 07 07 0100 000000 14",
			"01 01 14 07 0100 010000 01", "01 01 14 07 0100 020000 01",
			"64 01 0a 07 0100 000000 14",
		}},
		{"C2 group 16", "64 01 06 00 0100 000000 24", []string{
			"64 01 07 00 0100 000000 24",
			"01 01 24 00 0100 010000 01", "01 01 24 00 0100 020000 01",
			"64 01 0a 00 0100 000000 24",
		}},
		{"C2 qualifier 0", "64 01 06 00 0100 000000 00", []string{"64 01 47 00 0100 000000 00"}},
		{"C2 qualifier 37", "64 01 06 00 0100 000000 25", []string{"64 01 47 00 0100 000000 25"}},
		{"C2 deactivation of none", "64 01 08 00 0100 000000 14", []string{"64 01 49 00 0100 000000 14"}},
		{"B8 interrogation, test", "64 01 86 03 0100 000000 14", []string{"64 01 87 03 0100 000000 14"}},
		{"C5 clock", "67 01 06 02 0100 000000 0102030405060a", []string{"67 01 07 02 0100 000000 88131e06150b19"}},
		{"B8 clock, test", "67 01 86 00 0100 000000 0102030405060a", []string{"67 01 87 00 0100 000000 0102030405060a"}},
		{"B8 command, test", "2d 01 86 04 0100 010000 01", []string{"2d 01 87 04 0100 010000 01"}},
		{"B8 select, test", "2d 01 86 04 0100 010000 81", []string{"2d 01 87 04 0100 010000 81"}},
		{"direct command", "2d 01 06 04 0100 010000 01", []string{"2d 01 07 04 0100 010000 01", "2d 01 0a 04 0100 010000 01"}},
		{"select", "2e 01 06 04 0100 010000 82", []string{"2e 01 07 04 0100 010000 82"}},
		{"B6 two commands", "2d 02 06 00 0100 010000 01 020000 01", []string{"2d 02 47 00 0100 010000 01 020000 01"}},
		{"B6 no command", "2d 00 06 00 0100", []string{"2d 00 47 00 0100"}},
		{"B6 cut short", "2d 01 06 00 0100 010000", nil},
		{"B6 trailing octet", "2d 01 06 00 0100 010000 01 00", nil},
		{"less than a header", "2d 01", nil},
		{"cancel of nothing", "2d 01 08 00 0100 010000 01", []string{"2d 01 49 00 0100 010000 01"}},
	})
	sectors := &iec104.ServerOptions{CommonAddresses: []asdu.CommonAddress{7, 300}}
	exchanges(t, plants(1), sectors, []exchange{
		{"B5 interrogation of all", "64 01 06 00 ffff 000000 14", []string{
			"64 01 07 00 0700 000000 14", "64 01 07 00 2c01 000000 14",
			"01 01 14 00 0700 010000 01", "64 01 0a 00 0700 000000 14",
			"01 01 14 00 2c01 010000 01", "64 01 0a 00 2c01 000000 14",
		}},
		{"B5 clock of all", "67 01 06 00 ffff 000000 0102030405060a", []string{
			"67 01 07 00 0700 000000 88131e06150b19", "67 01 07 00 2c01 000000 0102030405060a",
		}},
		{"B5 qualifier that does not exist, to all", "64 01 06 00 ffff 000000 13", []string{
			"64 01 47 00 0700 000000 13", "64 01 47 00 2c01 000000 13",
		}},
		{"B8 clock of all, test", "67 01 86 00 ffff 000000 0102030405060a", []string{
			"67 01 87 00 0700 000000 0102030405060a", "67 01 87 00 2c01 000000 0102030405060a",
		}},
	})
}

// handler also takes ASDUs.
type handler struct {
	*plant
	handle func(s *iec104.Session, a asdu.ASDU) (bool, error)
}

func (h handler) HandleASDU(s *iec104.Session, a asdu.ASDU) (bool, error) { return h.handle(s, a) }

func TestHandleASDU(t *testing.T) {
	station := func() iec104.Station {
		return handler{&plant{}, func(s *iec104.Session, a asdu.ASDU) (bool, error) {
			if a.Type == 201 {
				return false, nil
			}
			return true, s.Answer(a.Mirror(asdu.ActivationCon, false))
		}}
	}
	exchanges(t, station, nil, []exchange{
		{"private type", "c8 01 06 01 0100 0102", []string{"c8 01 07 01 0100 0102"}},
		{"private type, test", "c8 01 86 01 0100 0102", []string{"c8 01 87 01 0100 0102"}},
		{"private type that is not handled", "c9 01 06 01 0100 0102", []string{"c9 01 6c 01 0100 0102"}},
		{"other station", "c8 01 06 01 0200 0102", []string{"c8 01 6e 01 0200 0102"}},
		{"private type to all", "c8 01 06 01 ffff 0102", []string{"c8 01 6e 01 ffff 0102"}},
		{"counter interrogation to all", "65 01 06 01 ffff 000000 05", []string{"65 01 07 01 ffff 000000 05"}},
		{"parameter, test", "6e 01 86 01 0100 010000 0000 01", []string{"6e 01 87 01 0100 010000 0000 01"}},
	})
	synctest.Test(t, func(t *testing.T) {
		full := errors.New("disk full")
		server := newServer(t, handler{&plant{}, func(*iec104.Session, asdu.ASDU) (bool, error) { return false, full }}, nil)
		r, session := rawClient(t, server)
		r.request("c8 01 06 00 0100")
		r.want("closed") // and no N(R) that covers it
		if <-session.Done(); !errors.Is(session.Err(), full) {
			t.Error(session.Err())
		}
	})
}

// TestInterrogationRepeated repeats an interrogation while the window is
// closed: it is started afresh, with one termination.
func TestInterrogationRepeated(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := newServer(t, &plant{points: 4}, &iec104.ServerOptions{Parameters: iec104.Parameters{K: 2, W: 8}})
		r, _ := rawClient(t, server)
		r.request("64 01 06 00 0100 000000 14")
		r.want("64 01 07 00 0100 000000 14", "01 01 14 00 0100 010000 01", "nothing")
		acknowledged := r.receive
		r.receive = 0
		r.request("64 01 06 00 0100 000000 14")
		r.want("nothing")
		r.receive = acknowledged
		for i, want := range []string{
			"64 01 07 00 0100 000000 14",
			"01 01 14 00 0100 010000 01", "01 01 14 00 0100 020000 01", "01 01 14 00 0100 030000 01", "01 01 14 00 0100 040000 01",
			"64 01 0a 00 0100 000000 14",
		} {
			if i%2 == 0 {
				r.write(apci.AppendS(nil, r.receive))
			}
			r.want(want)
		}
		r.write(apci.AppendS(nil, r.receive))
		r.want("nothing")
	})
}

func TestInterrogationCancelled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := newServer(t, &plant{points: 100}, &iec104.ServerOptions{Parameters: iec104.Parameters{K: 2, W: 8}})
		r, _ := rawClient(t, server)
		r.request("64 01 06 00 0100 000000 14")
		r.want("64 01 07 00 0100 000000 14", "01 01 14 00 0100 010000 01")
		acknowledged := r.receive
		r.receive = 0 // or data could be sent before the deactivation is dealt with
		r.request("64 01 08 00 0100 000000 14")
		r.want("nothing")
		r.receive = acknowledged
		r.write(apci.AppendS(nil, r.receive))
		r.want("64 01 09 00 0100 000000 14", "nothing")
		r.write(apci.AppendS(nil, r.receive))
		r.want("nothing")
		r.request("64 01 06 00 0100 000000 14")
		r.want("64 01 07 00 0100 000000 14", "01 01 14 00 0100 010000 01")
	})
}

// TestEventsGoBeforeInterrogatedData changes a point while an interrogation
// waits for the window.
func TestEventsGoBeforeInterrogatedData(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := newServer(t, &plant{points: 3}, &iec104.ServerOptions{Parameters: iec104.Parameters{K: 2, W: 8}})
		r, _ := rawClient(t, server)
		r.request("64 01 06 00 0100 000000 14")
		r.want("64 01 07 00 0100 000000 14", "01 01 14 00 0100 010000 01", "nothing")
		if err := server.Send(single(3, asdu.Spontaneous)); err != nil {
			t.Fatal(err)
		}
		r.write(apci.AppendS(nil, r.receive))
		r.want("01 01 03 00 0100 030000 01", "01 01 14 00 0100 020000 01")
		r.write(apci.AppendS(nil, r.receive))
		r.want("01 01 14 00 0100 030000 01", "64 01 0a 00 0100 000000 14")
	})
}

func TestSelectBeforeOperate(t *testing.T) {
	station := func() iec104.Station {
		return &plant{execute: func(c *iec104.Command) {
			if !c.Select && !c.Selected {
				_ = c.Refuse()
				return
			}
			_ = c.Confirm()
			if !c.Select {
				_ = c.Terminate()
			}
		}}
	}
	// A single command to object 1: on or off, short pulse or none, S/E.
	const (
		selectOn  = "2d 01 06 00 0100 010000 81"
		on        = "2d 01 06 00 0100 010000 01"
		off       = "2d 01 06 00 0100 010000 00"
		shortOn   = "2d 01 06 00 0100 010000 05"
		double    = "2e 01 06 00 0100 010000 01"
		cancel    = "2d 01 08 00 0100 010000 81"
		selected  = "2d 01 07 00 0100 010000 81"
		busy      = "2d 01 47 00 0100 010000 81"
		refused   = "2d 01 47 00 0100 010000 01"
		confirmed = "2d 01 07 00 0100 010000 01"
		done      = "2d 01 0a 00 0100 010000 01"
	)
	for _, test := range []struct {
		name string
		run  func(a, b *raw)
	}{
		{"execute without select", func(a, _ *raw) {
			a.request(on)
			a.want(refused)
		}},
		{"select and execute", func(a, _ *raw) {
			a.request(selectOn)
			a.want(selected)
			a.request(on)
			a.want(confirmed, done)
			a.request(on) // the selection is used up
			a.want(refused)
		}},
		{"other value", func(a, _ *raw) {
			a.request(selectOn)
			a.want(selected)
			a.request(off)
			a.want("2d 01 47 00 0100 010000 00")
			a.request(on)
			a.want(refused)
		}},
		{"other qualifier", func(a, _ *raw) {
			a.request(selectOn)
			a.want(selected)
			a.request(shortOn)
			a.want("2d 01 47 00 0100 010000 05")
		}},
		{"other type", func(a, _ *raw) {
			a.request(selectOn)
			a.want(selected)
			a.request(double)
			a.want("2e 01 47 00 0100 010000 01")
		}},
		{"runs out", func(a, _ *raw) {
			a.request(selectOn)
			a.want(selected)
			time.Sleep(10 * time.Second)
			a.request(on)
			a.want(refused)
		}},
		{"belongs to its connection", func(a, b *raw) {
			a.request(selectOn)
			a.want(selected)
			b.request(on)
			b.want(refused)
			b.request(selectOn)
			b.want(busy)
			a.request(on)
			a.want(confirmed, done)
			b.request(selectOn)
			b.want(selected)
		}},
		{"another one's has run out", func(a, b *raw) {
			a.request(selectOn)
			a.want(selected)
			time.Sleep(10 * time.Second)
			b.request(selectOn)
			b.want(selected)
			b.request(on)
			b.want(confirmed, done)
		}},
		{"ends with its connection", func(a, b *raw) {
			a.request(selectOn)
			a.want(selected)
			_ = a.conn.Close()
			synctest.Wait()
			b.request(selectOn)
			b.want(selected)
		}},
		{"cancelled", func(a, _ *raw) {
			a.request(selectOn)
			a.want(selected)
			a.request(cancel)
			a.want("2d 01 09 00 0100 010000 81")
			a.request(on)
			a.want(refused)
		}},
		{"selected again", func(a, _ *raw) {
			a.request(selectOn)
			a.want(selected)
			time.Sleep(6 * time.Second)
			a.request(selectOn)
			a.want(selected)
			time.Sleep(6 * time.Second)
			a.request(on)
			a.want(confirmed, done)
		}},
		{"with time tag", func(a, _ *raw) {
			a.request("3a 01 06 00 0100 010000 81 01000000000000")
			a.want("3a 01 07 00 0100 010000 81 01000000000000")
			a.request("3a 01 06 00 0100 010000 01 02000000000000")
			a.want("3a 01 07 00 0100 010000 01 02000000000000", "3a 01 0a 00 0100 010000 01 02000000000000")
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				server := newServer(t, station(), &iec104.ServerOptions{SelectTimeout: 10 * time.Second})
				a, _ := rawClient(t, server)
				b, _ := rawClient(t, server)
				test.run(a, b)
			})
		})
	}
}

func TestCommandAnsweredOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &plant{execute: func(c *iec104.Command) {
			if c.Terminate() == nil {
				t.Error("terminated before it was confirmed")
			}
		}}
		r, _ := rawClient(t, newServer(t, p, nil))
		r.request("2d 01 06 00 0100 010000 01")
		r.want("nothing")
		p.mu.Lock()
		c := p.commands[0] // answered later, by another goroutine
		p.mu.Unlock()
		if err := c.Confirm(); err != nil {
			t.Error(err)
		}
		if c.Confirm() == nil || c.Refuse() == nil || c.Disown() == nil {
			t.Error("answered twice")
		}
		if err := c.Terminate(); err != nil {
			t.Error(err)
		}
		if c.Terminate() == nil {
			t.Error("terminated twice")
		}
		r.want("2d 01 07 00 0100 010000 01", "2d 01 0a 00 0100 010000 01", "nothing")
	})
}

// TestAnswersThatNobodyTakes has a peer that asks, and acknowledges nothing.
func TestAnswersThatNobodyTakes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := newServer(t, &plant{}, &iec104.ServerOptions{SendQueue: 10})
		r, session := rawClient(t, server)
		go func() {
			for r.next() != "closed" { // reads, but never acknowledges
			}
		}()
		for range 200 {
			octets := apci.AppendI(nil, r.send, 0, []byte{200, 1, 6, 0, 1, 0})
			r.send = r.send.Next()
			if _, err := r.conn.Write(octets); err != nil {
				break
			}
		}
		if <-session.Done(); !errors.Is(session.Err(), iec104.ErrBusy) {
			t.Error(session.Err())
		}
		synctest.Wait()
	})
}

// TestPeerThatDoesNotRead floods a station with test frames and takes no
// octet: the station must not wait forever, nor collect answers without end.
func TestPeerThatDoesNotRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := newServer(t, &plant{}, nil)
		near, far := net.Pipe()
		defer near.Close()
		session, err := server.ServeConn(far)
		if err != nil {
			t.Fatal(err)
		}
		for {
			if _, err := near.Write(apci.AppendU(nil, apci.TestFRAct)); err != nil {
				break
			}
		}
		<-session.Done()
		if err := session.Err(); !errors.Is(err, iec104.ErrBusy) {
			t.Error(err)
		}
		near2, far2 := net.Pipe()
		defer near2.Close()
		if session, err = server.ServeConn(far2); err != nil {
			t.Fatal(err)
		}
		begin := time.Now()
		if _, err := near2.Write(apci.AppendU(nil, apci.TestFRAct)); err != nil {
			t.Fatal(err)
		}
		<-session.Done()
		if err := session.Err(); !errors.Is(err, iec104.ErrTimeout) || time.Since(begin) != 15*time.Second {
			t.Errorf("after %v: %v", time.Since(begin), err)
		}
	})
}

func TestConnectionLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := newServer(t, &plant{}, &iec104.ServerOptions{MaxConnections: 2})
		a, _ := rawClient(t, server)
		rawClient(t, server)
		near, far := net.Pipe()
		defer near.Close()
		if _, err := server.ServeConn(far); !errors.Is(err, iec104.ErrBusy) || server.Refused() != 1 {
			t.Error(err, server.Refused())
		}
		if _, err := near.Read(make([]byte, 1)); err == nil {
			t.Error("not closed")
		}
		_ = a.conn.Close()
		synctest.Wait()
		rawClient(t, server)
		if n := len(server.Sessions()); n != 2 {
			t.Error(n)
		}
	})
}
