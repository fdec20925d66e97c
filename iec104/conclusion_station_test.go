package iec104_test

import (
	"fmt"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"stellwerk/iec104"
	"stellwerk/iec104/apci"
	"stellwerk/iec104/asdu"
	"stellwerk/iec104/iec104test"
)

// TestTerminationAmongEvents: a command is terminated behind the events that
// wait, and also where the station never runs out of them.
func TestTerminationAmongEvents(t *testing.T) {
	queue := &endless{ready: make(chan struct{}, 1)}
	link, err := iec104test.Pair(&breaker{}, &iec104.ServerOptions{Queue: func(net.Conn) iec104.EventQueue { return queue }}, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer link.Close()
	if err := link.Client.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	operation, err := link.Client.Operate(t.Context(), 1, asdu.SingleCommand{Address: 2, Value: true}, iec104.DirectExecute)
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() {
		_, err := operation.Terminated(t.Context())
		done <- err
	}()
	select {
	case err := <-done:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(20 * time.Second):
		t.Error("no termination among endless events")
	}
}

// endless is a queue that always has another event.
type endless struct{ ready chan struct{} }

func (*endless) Next() (asdu.ASDU, bool) {
	a, err := asdu.New(nil, asdu.Header{Type: asdu.M_SP_NA_1, Cause: asdu.Spontaneous, CommonAddress: 1}, asdu.SinglePoint{Address: 1})
	return a, err == nil
}
func (*endless) Done(int)                 {}
func (*endless) Rewind()                  {}
func (q *endless) Ready() <-chan struct{} { return q.ready }

// TestManyTerminations: any number of commands that were confirmed terminate,
// also at once; while very many of the terminations wait no command is taken on.
func TestManyTerminations(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		station := &plant{execute: func(c *iec104.Command) { _ = c.Confirm() }}
		r, session := rawClient(t, newServer(t, station, nil))
		command := func(n int) string { return fmt.Sprintf("2d 01 06 00 0100 %02x%02x00 01", n%256, n/256) }
		answer := func(n int, cause string) string { return strings.Replace(command(n), " 06 ", " "+cause+" ", 1) }
		const many = 400
		for n := range many {
			r.request(command(n))
			for got := r.next(); got != strings.ReplaceAll(answer(n, "07"), " ", ""); got = r.next() {
				if !strings.HasPrefix(got, "S ") {
					t.Fatal(got)
				}
			}
		}
		r.write(apci.AppendS(nil, r.receive))
		synctest.Wait()
		for _, c := range station.commands {
			if err := c.Terminate(); err != nil {
				t.Fatal(err)
			}
		}
		r.request(command(many)) // its number acknowledges nothing new
		seen := 0
		for refused := false; seen < many || !refused; {
			switch got := r.next(); {
			case strings.HasPrefix(got, "2d010a00"):
				seen++
			case got == strings.ReplaceAll(answer(many, "47"), " ", ""):
				refused = true
			case !strings.HasPrefix(got, "S "):
				t.Fatalf("%s after %d: %v", got, seen, session.Err())
			}
			r.write(apci.AppendS(nil, r.receive))
		}
		r.request(command(many))
		for got := r.next(); got != strings.ReplaceAll(answer(many, "07"), " ", ""); got = r.next() {
			if !strings.HasPrefix(got, "S ") {
				t.Fatal(got)
			}
		}
	})
}
