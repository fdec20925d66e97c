package iec104_test

import (
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
