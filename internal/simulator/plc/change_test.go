package plc

import (
	"context"
	"fmt"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"stellwerk/ads"
	"stellwerk/ads/ams"
	"stellwerk/ads/command"
	"stellwerk/ads/symbol"
)

const firstProgram = `
declarations: |
  TYPE ST_Part : STRUCT nCount : UDINT; fWeight : LREAL; END_STRUCT END_TYPE
  PROGRAM MAIN
  VAR stPart : ST_Part; nKept : INT; nGone : INT; nCount : UDINT; END_VAR
values:
  - {path: MAIN.nKept, value: 1}
  - {path: MAIN.stPart, value: {nCount: 3, fWeight: 1.5}}
  - {path: MAIN.nGone, value: 2}
  - {path: MAIN.nCount, moves: {shape: count, period: 1s}}
`

const secondProgram = `
declarations: |
  TYPE ST_Part : STRUCT fWeight : LREAL; nCount : UDINT; END_STRUCT END_TYPE
  FUNCTION_BLOCK FB_New
  METHOD Do : INT
  END_FUNCTION_BLOCK
  PROGRAM MAIN
  VAR aNew : ARRAY [1..9] OF LREAL; fbNew : FB_New; stPart : ST_Part; nCount : UDINT; nKept : INT; nTimes : UDINT; END_VAR
values:
  - {path: MAIN.nKept, value: 100}
  - {path: "MAIN.aNew[3]", value: 3.5}
  - {path: "MAIN.aNew[1]", value: 1.1}
  - {path: MAIN.nCount, moves: {shape: count, period: 1s}}
  - {path: MAIN.nTimes, moves: {shape: count, period: 2s}}
`

func program(t *testing.T, text string) *Model {
	t.Helper()
	m, err := parse("program", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestOnlineChange(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := program(t, firstProgram)
		p, err := New(m, Options{})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { p.Close() })
		done := make(chan struct{})
		go func() {
			defer close(done)
			p.Move(t.Context())
		}()
		c := connect(t, p, m.Address)
		expect := func(path string, want any) {
			t.Helper()
			if got, err := c.ReadValue(t.Context(), path); err != nil || got != want {
				t.Errorf("%s is %v, %v; want %v", path, got, err, want)
			}
		}
		if err := c.WriteValue(t.Context(), "MAIN.nKept", 7); err != nil {
			t.Fatal(err)
		}
		expect("MAIN.nGone", int16(2))
		time.Sleep(4*time.Second + time.Millisecond)
		expect("MAIN.nCount", uint32(4))

		if err := p.OnlineChange(program(t, secondProgram)); err != nil {
			t.Fatal(err)
		}
		expect("MAIN.nKept", int16(7))
		expect("MAIN.nCount", uint32(4))
		expect("MAIN.aNew[3]", 3.5)
		if _, err := c.ReadValue(t.Context(), "MAIN.nGone"); ads.Code(err) != ams.SymbolNotFound {
			t.Errorf("what is gone: %v", err)
		}
		if version, err := c.SymbolVersion(t.Context()); err != nil || version != 2 {
			t.Errorf("version %d, %v", version, err)
		}
		if got, err := c.Call(t.Context(), "MAIN.fbNew", "Do"); err != nil || got.Return != int16(0) {
			t.Errorf("a new method: %+v, %v", got, err)
		}
		time.Sleep(2 * time.Second)
		expect("MAIN.nCount", uint32(6))
		expect("MAIN.nTimes", uint32(3))
		p.Device.Restart()
		expect("MAIN.nKept", int16(100)) // the initial value of the program that there is

		if err := p.OnlineChange(program(t, "twincat: 2\nsymbols: [{name: .N, type: INT}]")); err == nil {
			t.Error("an online change to TwinCAT 2")
		}
		expect("MAIN.nKept", int16(100))
	})
}

// TestOnlineChangeUnderASupervisor makes online changes at all times within the
// cycle of subscriptions. What now lies where a variable was is never taken for
// its value.
func TestOnlineChangeUnderASupervisor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		models := []*Model{program(t, firstProgram), program(t, secondProgram)}
		p, err := New(models[0], Options{})
		if err != nil {
			t.Fatal(err)
		}
		s, err := ads.NewSupervisor("plc", &ads.SupervisorOptions{
			Client: &ads.ClientOptions{Target: models[0].Address, Source: ams.Address{NetID: ams.NetID{10, 0, 0, 1, 1, 1}}},
			Dial: func(context.Context, string) (net.Conn, error) {
				ours, theirs := net.Pipe()
				_, err := p.Server.ServeConn(theirs)
				return ours, err
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() {
			defer close(done)
			_ = s.Run(ctx) // it returns why ctx has ended
		}()
		t.Cleanup(func() {
			stop()
			<-done
			p.Close()
		})
		queue := ads.NewNotificationQueue(0)
		if _, err := s.Subscribe(queue,
			ads.SubscribeRequest{Name: "MAIN.nKept", CycleTime: 100 * time.Millisecond},
			ads.SubscribeRequest{Name: "MAIN.stPart", CycleTime: 50 * time.Millisecond, Mode: command.ServerCycle},
		); err != nil {
			t.Fatal(err)
		}
		time.Sleep(5 * time.Second)
		gaps, losts := 0, 0
		for i := range 60 {
			time.Sleep(2*time.Second + 7*time.Millisecond)
			changed := time.Now()
			if err := p.OnlineChange(models[(i+1)%2]); err != nil {
				t.Fatal(err)
			}
			time.Sleep(1500 * time.Millisecond)
			for n, ok := queue.TryNext(); ok; n, ok = queue.TryNext() {
				if n.Event == ads.Lost {
					losts++
					continue
				}
				if n.Gap != nil {
					if gaps++; n.Gap.To.Sub(changed) > 100*time.Millisecond {
						t.Errorf("change %d: a value is back after %v", i, n.Gap.To.Sub(changed))
					}
				}
				value, err := n.Value()
				if part, ok := value.(symbol.Struct); ok {
					value = fmt.Sprint(part.Map())
				}
				if err != nil || value != int16(1) && value != "map[fWeight:1.5 nCount:3]" {
					t.Errorf("change %d: a value %v, %v, %v after it", i, value, err, n.Time.Sub(changed))
				}
			}
		}
		if gaps != 120 || losts != 120 {
			t.Errorf("%d gaps and %d ends of two subscriptions, for 60 changes", gaps, losts)
		}
	})
}
