package adstest_test

import (
	"bytes"
	"fmt"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"stellwerk/ads/adstest"
	"stellwerk/ads/ams"
	"stellwerk/ads/command"
	"stellwerk/ads/symbol"
)

func table(t testing.TB, names ...string) *symbol.Table {
	t.Helper()
	d := symbol.NewDeclaration(symbol.TwinCAT3)
	for _, name := range names {
		d.Symbol(name, "INT")
	}
	made, err := d.Table()
	if err != nil {
		t.Fatal(err)
	}
	return made
}

// peer speaks frames with a PLC.
type peer struct {
	t      *testing.T
	conn   net.Conn
	reader *ams.Reader
	id     uint32
}

func dial(t *testing.T, plc *adstest.PLC) *peer {
	t.Helper()
	conn, err := plc.Dial(t.Context(), "tcp", "plc")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return &peer{t: t, conn: conn, reader: ams.NewReader(conn, ams.OverTCP, 0)}
}

func (p *peer) send(port ams.Port, c ams.Command, body []byte) {
	p.t.Helper()
	p.id++
	f := ams.Frame{Header: ams.Header{
		Target: ams.Address{NetID: ams.LocalNetID, Port: port}, Source: ams.Address{NetID: ams.NetID{9}, Port: 40000},
		Command: c, StateFlags: ams.RequestFlags, InvokeID: p.id,
	}, Data: body}
	if _, err := p.conn.Write(f.Append(nil, ams.OverTCP)); err != nil {
		p.t.Fatal(err)
	}
}

func (p *peer) next(within time.Duration) (ams.Frame, error) {
	p.conn.SetReadDeadline(time.Now().Add(within))
	packet, err := p.reader.Next()
	f := packet.Frame
	f.Data = bytes.Clone(f.Data)
	return f, err
}

func (p *peer) state(port ams.Port) (command.ADSState, ams.ReturnCode) {
	p.t.Helper()
	p.send(port, ams.ReadState, nil)
	f, err := p.next(time.Second)
	if err != nil {
		p.t.Fatal(err)
	}
	if f.Error != 0 {
		return 0, f.Error
	}
	s, err := command.DecodeState(f.Data)
	if err != nil {
		p.t.Fatal(err)
	}
	return s.ADSState, s.Result
}

func TestFaults(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		plc, err := adstest.New(nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		defer plc.Close()
		p := dial(t, plc)
		for _, c := range []struct {
			name  string
			fault adstest.Fault
			want  string
		}{
			{"none", adstest.Fault{}, "1@0s "},
			{"drop", adstest.Fault{Drop: true}, ""},
			{"twice", adstest.Fault{Twice: true}, "3@0s 3@0s "},
			{"delay", adstest.Fault{Delay: time.Second}, "4@1s "},
			{"error", adstest.Fault{Error: ams.Mailbox}, "5@0s!ERR_INSERTMAILBOX "},
		} {
			plc.SetFaults(adstest.Once(ams.ReadState, 1, c.fault))
			begin := time.Now()
			p.send(ams.PortTC3PLC1, ams.ReadState, nil)
			got := ""
			for {
				f, err := p.next(2 * time.Second)
				if err != nil {
					break
				}
				got += fmt.Sprintf("%d@%v", f.InvokeID, time.Since(begin))
				if f.Error != 0 {
					got += "!" + f.Error.String()
				}
				got += " "
			}
			if got != c.want {
				t.Errorf("%s: %q, want %q", c.name, got, c.want)
			}
		}
		plc.SetFaults(adstest.Once(0, 1, adstest.Fault{Close: true}))
		p.send(ams.PortTC3PLC1, ams.ReadState, nil)
		if _, err := p.next(time.Second); err == nil {
			t.Error("the connection was not closed")
		}
		if s, code := dial(t, plc).state(ams.PortTC3PLC1); s != command.StateRun || code != 0 {
			t.Error(s, code)
		}
	})
}

func TestLife(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		plc, err := adstest.New(table(t, "MAIN.a", "MAIN.b"), nil)
		if err != nil {
			t.Fatal(err)
		}
		defer plc.Close()
		p := dial(t, plc)
		plc.Config()
		if _, code := p.state(ams.PortTC3PLC1); code != ams.TargetPortNotFound {
			t.Error(code)
		}
		if s, code := p.state(ams.PortSystemService); s != command.StateConfig || code != 0 {
			t.Error(s, code)
		}
		p.send(ams.PortSystemService, ams.WriteControl, command.WriteControlRequest{ADSState: command.StateReset}.Append(nil))
		if f, err := p.next(time.Second); err != nil || f.Error != 0 {
			t.Fatal(err, f.Error)
		}
		if s, code := p.state(ams.PortTC3PLC1); s != command.StateRun || code != 0 {
			t.Error(s, code)
		}
		if err := plc.OnlineChange(table(t, "MAIN.b")); err != nil {
			t.Error(err)
		}
		plc.Off()
		if _, err := p.next(time.Second); err == nil {
			t.Error("the connection was not closed")
		}
		if _, err := plc.Dial(t.Context(), "", ""); err == nil {
			t.Error("a PLC that is off takes connections")
		}
		plc.On()
		if s, code := dial(t, plc).state(ams.PortTC3PLC1); s != command.StateRun || code != 0 {
			t.Error(s, code)
		}
	})
}
