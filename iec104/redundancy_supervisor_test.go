package iec104_test

import (
	"errors"
	"net"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"stellwerk/iec104"
	"stellwerk/iec104/asdu"
	"stellwerk/internal/rig"
)

// TestSupervisorSwitches: at request nothing comes twice; when the active
// connection fails the other takes over at once.
func TestSupervisorSwitches(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		network := rig.NewNetwork(nil)
		server := newServer(t, &plant{}, &iec104.ServerOptions{Groups: []iec104.RedundancyGroup{{Name: "all"}}})
		for _, address := range []string{"10.0.0.1:2404", "10.0.0.2:2404"} {
			listener, err := network.Listen(address)
			if err != nil {
				t.Fatal(err)
			}
			go func() { _ = server.Serve(listener) }()
		}
		var got []asdu.ObjectAddress
		supervisor, _ := supervise(t, network, iec104.SupervisorOptions{
			Standby: []string{"10.0.0.2:2404"},
			Client: &iec104.ClientOptions{Handler: func(a asdu.ASDU) error {
				for o := range a.Objects() {
					got = append(got, o.IOA())
				}
				return nil
			}},
		})
		var want []asdu.ObjectAddress
		send := func() {
			for range 5 {
				n := asdu.ObjectAddress(len(want) + 1)
				want = append(want, n)
				if err := server.Send(single(n, asdu.Spontaneous)); err != nil {
					t.Fatal(err)
				}
			}
		}
		at := func(address string) {
			t.Helper()
			if c := supervisor.Client(); c == nil || c.RemoteAddr().String() != address || c.Status().State != iec104.Started {
				t.Fatalf("%+v", supervisor.Status())
			}
			if !slices.Equal(got, want) {
				t.Errorf("got %v, want %v", got, want)
			}
		}
		time.Sleep(3 * time.Second)
		for _, address := range []string{"10.0.0.2:2404", "10.0.0.1:2404", "10.0.0.2:2404"} {
			send()
			if err := supervisor.Switch(address); err != nil {
				t.Fatal(err)
			}
			send()
			time.Sleep(time.Second)
			at(address)
		}
		time.Sleep(time.Minute) // test frames
		_ = supervisor.Client().Close()
		send()
		time.Sleep(100 * time.Millisecond)
		at("10.0.0.1:2404")
		if supervisor.Switch("10.9.9.9:1") == nil {
			t.Error("switched to nowhere")
		}
	})
}

// TestSupervisorReturns: the preferred line becomes active again by itself when
// it has been up for a while, and the status tells of every line.
func TestSupervisorReturns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		network := rig.NewNetwork(nil)
		server := newServer(t, &plant{}, &iec104.ServerOptions{Groups: []iec104.RedundancyGroup{{Name: "all"}}})
		listen := func(address string) net.Listener {
			listener, err := network.Listen(address)
			if err != nil {
				t.Fatal(err)
			}
			go func() { _ = server.Serve(listener) }()
			return listener
		}
		listener := listen("10.0.0.2:2404") // nobody at the preferred address yet
		supervisor, _ := supervise(t, network, iec104.SupervisorOptions{
			Standby: []string{"10.0.0.2:2404"}, ReturnAfter: 10 * time.Second, MaxBackoff: time.Second,
		})
		active := func(want int) {
			t.Helper()
			for i, line := range supervisor.Status().Lines {
				if line.Active != (i == want) || line.Active && (line.Client != supervisor.Client() || line.Client == nil) {
					t.Errorf("line %d: %+v", i, line)
				}
			}
		}
		time.Sleep(5 * time.Second)
		active(1)
		s := supervisor.Status()
		if first := s.Lines[0]; first.Address != "10.0.0.1:2404" || first.Client != nil || first.Err == nil || first.Failures < 4 || first.Pause == 0 {
			t.Errorf("%+v", first)
		}
		if second := s.Lines[1]; second.Err != nil || second.Failures != 0 || second.Pause != 0 {
			t.Errorf("%+v", second)
		}
		listen("10.0.0.1:2404")
		time.Sleep(9 * time.Second)
		active(1)
		if first := supervisor.Status().Lines[0]; first.Client == nil || first.Pause != 0 {
			t.Errorf("%+v", first)
		}
		time.Sleep(3 * time.Second)
		active(0)
		if s := supervisor.Status(); s.Switches != 1 || s.Unconfirmed != 0 || s.Err != nil || s.Lines[1].Client == nil {
			t.Errorf("%+v", s)
		}
		// A standby line that fails is told of.
		if err := errors.Join(listener.Close(), supervisor.Status().Lines[1].Client.Close()); err != nil {
			t.Error(err)
		}
		time.Sleep(5 * time.Second)
		active(0)
		if second := supervisor.Status().Lines[1]; second.Client != nil || second.Err == nil || second.Failures < 2 {
			t.Errorf("%+v", second)
		}
	})
	if _, err := iec104.NewSupervisor("a:1", &iec104.SupervisorOptions{ReturnAfter: -1}); err == nil {
		t.Error("accepted")
	}
}
