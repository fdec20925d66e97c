package conformance_test

import (
	"context"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"stellwerk/iec104"
	"stellwerk/iec104/iec104test"
	"stellwerk/internal/conformance"
)

// brisk are parameters that let cases be short.
var brisk = iec104.Parameters{T0: 2 * time.Second, T1: 2 * time.Second, T2: time.Second, T3: time.Second}

// listening returns a centre that waits on the loopback.
func listening(t *testing.T, centre *conformance.Centre, listeners int) []string {
	t.Helper()
	var all []net.Listener
	var addresses []string
	for range listeners {
		listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		all, addresses = append(all, listener), append(addresses, listener.Addr().String())
	}
	centre.Listen(all...)
	t.Cleanup(func() { _ = centre.Close() })
	return addresses
}

// supervised is our own control centre with a connection to each address.
func supervised(t *testing.T, addresses ...string) {
	t.Helper()
	supervisor, err := iec104.NewSupervisor(addresses[0], &iec104.SupervisorOptions{
		Standby: addresses[1:], MinBackoff: 50 * time.Millisecond, MaxBackoff: 100 * time.Millisecond,
		Client: &iec104.ClientOptions{Parameters: brisk},
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { _ = supervisor.Run(ctx) }) // ends with the context
	t.Cleanup(func() { stop(); running.Wait() })
}

func results(r *conformance.Report) string {
	var all []string
	for _, o := range r.Outcomes {
		all = append(all, o.Case.ID+" "+o.Status.String()+": "+o.Expected+"; "+o.Seen)
	}
	return strings.Join(all, "\n")
}

// TestCentreLines has control centres with several connections: to one address,
// and to several. The cases for one connection pass with them too.
func TestCentreLines(t *testing.T) {
	for name, test := range map[string]struct{ listeners, connections int }{
		"one address": {1, 2}, "two addresses": {2, 2}, "three connections": {2, 3},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			centre := &conformance.Centre{Link: brisk, Connections: test.connections, Patience: 20 * time.Second}
			addresses := listening(t, centre, test.listeners)
			for len(addresses) < test.connections {
				addresses = append(addresses, addresses[0])
			}
			supervised(t, addresses...)
			var r conformance.Report
			conformance.Run(t.Context(), cases(t, iec104.Controlling, "A7", "A17", "A18", "A23"), centre, &conformance.Options{}, &r)
			if len(ids(&r, iec104test.Passed)) != 4 {
				t.Error(results(&r))
			}
		})
	}
}

// TestCentreHasFewerLines has a control centre with fewer connections than it is
// said to have, and one with more.
func TestCentreHasFewerLines(t *testing.T) {
	t.Run("fewer", func(t *testing.T) {
		t.Parallel()
		centre := &conformance.Centre{Link: brisk, Connections: 2, Patience: 20 * time.Second}
		supervised(t, listening(t, centre, 1)...)
		var r conformance.Report
		conformance.Run(t.Context(), cases(t, iec104.Controlling, "A23", "A24"), centre, &conformance.Options{}, &r)
		if o := r.Outcomes[0]; o.Status != iec104test.Failed || o.Expected != "2 connections" || !strings.HasPrefix(o.Seen, "1") || r.Vanished != nil {
			t.Errorf("%s\n%v", results(&r), r.Vanished)
		}
	})
	t.Run("more", func(t *testing.T) {
		t.Parallel()
		centre := &conformance.Centre{Link: brisk, Patience: 20 * time.Second}
		address := listening(t, centre, 1)[0]
		supervised(t, address, address)
		// The case may get the connection that is not started. It then ends before
		// anything was kept open for long, so it is tried again.
		var r conformance.Report
		for attempt := 0; attempt < 10 && !centre.Spare(); attempt++ {
			r = conformance.Report{}
			conformance.Run(t.Context(), cases(t, iec104.Controlling, "A14", "A23"), centre, &conformance.Options{}, &r)
		}
		if o := r.Outcomes[1]; o.Status != iec104test.Skipped || !centre.Spare() {
			t.Errorf("spare %v\n%s", centre.Spare(), results(&r))
		}
	})
	t.Run("one", func(t *testing.T) {
		t.Parallel()
		centre := &conformance.Centre{Link: brisk, Patience: 20 * time.Second}
		supervised(t, listening(t, centre, 1)...)
		var r conformance.Report
		conformance.Run(t.Context(), cases(t, iec104.Controlling, "A14", "A25"), centre, &conformance.Options{}, &r)
		if len(ids(&r, iec104test.Passed)) != 2 || centre.Spare() {
			t.Errorf("spare %v\n%s", centre.Spare(), results(&r))
		}
	})
}
