package router_test

import (
	"context"
	"encoding/binary"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"stellwerk/ads/ams"
	"stellwerk/ads/discovery"
	"stellwerk/ads/router"
)

// tcp serves connections on the loopback with f, and returns its address.
func tcp(t *testing.T, f func(net.Conn)) string {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	all.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			all.Go(func() { f(conn) })
		}
	})
	t.Cleanup(func() {
		_ = listener.Close()
		all.Wait()
	})
	return listener.Addr().String()
}

// answering answers each request by its own.
func answering(f func(h ams.Header) ams.Frame) func(net.Conn) {
	return func(conn net.Conn) {
		defer conn.Close()
		reader := ams.NewReader(conn, ams.OverTCP, 0)
		for {
			packet, err := reader.Next()
			if err != nil {
				return
			}
			answer := f(packet.Frame.Header)
			if _, err := conn.Write(answer.Append(nil, ams.OverTCP)); err != nil {
				return
			}
		}
	}
}

func with(code ams.ReturnCode, data string) func(ams.Header) ams.Frame {
	return func(h ams.Header) ams.Frame { return ams.Frame{Header: h.Answer(0, code), Data: []byte(data)} }
}

// clocked is a machine whose clock is off.
func clocked(off time.Duration) func(ams.Header) ams.Frame {
	return func(h ams.Header) ams.Frame {
		if h.Command == ams.ReadState {
			return with(0, "\x00\x00\x00\x00\x05\x00\x00\x00")(h)
		}
		now := time.Now().UTC().Add(off)
		data := []byte{0, 0, 0, 0, 16, 0, 0, 0}
		for _, v := range []int{now.Year(), int(now.Month()), int(now.Weekday()), now.Day(), now.Hour(), now.Minute(), now.Second(), now.Nanosecond() / 1e6} {
			data = binary.LittleEndian.AppendUint16(data, uint16(v))
		}
		return with(0, string(data))(h)
	}
}

func TestDiagnose(t *testing.T) {
	s, err := router.NewResponder(router.ResponderOptions{Info: discovery.ServerInfo{NetID: press, Name: "cx"}})
	if err != nil {
		t.Fatal(err)
	}
	_, known, _ := net.SplitHostPort(udp(t, s))
	udpPort, err := net.LookupPort("udp", known)
	if err != nil {
		t.Fatal(err)
	}
	closed, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody := closed.Addr().String()
	_ = closed.Close()
	for name, c := range map[string]struct {
		host      string
		id        ams.NetID
		port      ams.Port
		discovery int
		last      router.StepName
		result    router.StepResult
		says      []string // of the last step
	}{
		"all is well":       {host: tcp(t, answering(clocked(2*time.Hour))), id: press, port: 851, last: router.StepClock, says: []string{"agrees"}},
		"clock":             {host: tcp(t, answering(clocked(-95*time.Second))), id: press, last: router.StepClock, result: router.StepNote, says: []string{"off by -1m35s"}},
		"NetId by itself":   {host: tcp(t, answering(clocked(0))), last: router.StepClock},
		"another NetId":     {host: nobody, id: mill, last: router.StepNetID, result: router.StepFailed, says: []string{"calls itself 10.0.0.2.1.1, the route says 10.0.0.3.1.1"}},
		"our NetId":         {host: nobody, id: here, discovery: 1, last: router.StepNetID, result: router.StepFailed, says: []string{"have the same NetId"}},
		"nothing is known":  {host: nobody, discovery: 1, last: router.StepNetID, result: router.StepFailed, says: []string{"is not known"}},
		"nobody listens":    {host: nobody, id: press, last: router.StepConnect, result: router.StepFailed, says: []string{"nobody listens"}},
		"no route back":     {host: tcp(t, func(c net.Conn) { _ = c.Close() }), id: press, last: router.StepAnswer, result: router.StepFailed, says: []string{"no route back to 10.0.0.1.1.1"}},
		"closed on request": {host: tcp(t, func(c net.Conn) { _, _ = c.Read(make([]byte, 100)); _ = c.Close() }), id: press, last: router.StepAnswer, result: router.StepFailed, says: []string{"no route back to 10.0.0.1.1.1"}},
		"silence":           {host: tcp(t, func(c net.Conn) { _, _ = c.Read(make([]byte, 100)); _, _ = c.Read(make([]byte, 100)); _ = c.Close() }), id: press, last: router.StepAnswer, result: router.StepFailed, says: []string{"takes the request and does not answer"}},
		"no AMS": {host: tcp(t, func(c net.Conn) {
			_, _ = c.Write([]byte("HTTP/1.1 400 Bad Request\r\n"))
			_, _ = c.Read(make([]byte, 100))
			_ = c.Close()
		}), id: press, last: router.StepAnswer, result: router.StepFailed, says: []string{"this is not AMS"}},
		"error 7":       {host: tcp(t, answering(with(ams.TargetMachineNotFound, ""))), id: press, last: router.StepAnswer, result: router.StepFailed, says: []string{"AMS error 7"}},
		"error 6":       {host: tcp(t, answering(with(ams.TargetPortNotFound, ""))), id: press, port: 851, last: router.StepPort, result: router.StepFailed, says: []string{"no program has the port 851"}},
		"another error": {host: tcp(t, answering(with(ams.MailboxFull, ""))), id: press, last: router.StepAnswer, result: router.StepFailed, says: []string{"ROUTERERR_MAILBOXFULL"}},
		"a name":        {host: "there.invalid", id: press, last: router.StepResolve, result: router.StepFailed, says: []string{"there.invalid is not known"}},
		"no host":       {host: "a b", id: press, last: router.StepRoute, result: router.StepFailed, says: []string{"is no host"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := &router.DiagnoseOptions{Source: ams.Address{NetID: here}, Wait: 2 * time.Second, DiscoveryPort: udpPort}
			if c.discovery != 0 {
				o.DiscoveryPort = c.discovery
			}
			steps := router.Diagnose(t.Context(), router.Target{Host: c.host, NetID: c.id, Port: c.port}, o)
			end := steps[len(steps)-1]
			if end.Name != c.last || end.Result != c.result || !containsAll(end.Text.EN, c.says) {
				t.Errorf("it ends with %s, %s: %s\nall: %+v", end.Name, end.Result, end.Text.EN, steps)
			}
			for _, step := range steps {
				if step.Text.EN == "" || step.Text.DE == "" || (step.Remedy.EN == "") != (step.Remedy.DE == "") || step.Result == router.StepFailed && step.Remedy.IsZero() {
					t.Errorf("%+v does not speak both languages", step)
				}
			}
		})
	}
}

func TestDiagnoseOfRouter(t *testing.T) {
	r, _ := newRouter(t, router.Options{AcceptUnknown: true, Routes: []router.Route{{Name: "mill", NetID: mill}}})
	last := func(id ams.NetID) string {
		steps := r.Diagnose(t.Context(), id, 0)
		return steps[len(steps)-1].Text.EN
	}
	if got := last(press); !strings.Contains(got, "has no route to 10.0.0.2.1.1") {
		t.Error(got)
	}
	if got := last(mill); !strings.Contains(got, "has no address") {
		t.Error(got)
	}
	// Over the connection that there is.
	ours, theirs := net.Pipe()
	if err := r.ServeConn(theirs); err != nil {
		t.Fatal(err)
	}
	m := raw(t, ours, ams.Address{NetID: mill, Port: 1})
	_, _ = m.ask(ams.Address{NetID: here, Port: 1}, 1, "")
	var done sync.WaitGroup
	done.Go(func() { _ = m.echo("") })
	steps := r.Diagnose(t.Context(), mill, 851)
	if len(steps) != 3 || steps[0].Text.EN != "the router is connected" || steps[2].Name != router.StepPort || steps[2].Result != router.StepOK {
		t.Errorf("%+v", steps)
	}
	_ = ours.Close()
	done.Wait()
}

func TestDiagnoseGivesUp(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	steps := router.Diagnose(ctx, router.Target{Host: "127.0.0.1:1", NetID: press}, nil)
	if end := steps[len(steps)-1]; end.Result != router.StepFailed {
		t.Errorf("%+v", steps)
	}
}
