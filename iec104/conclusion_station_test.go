package iec104_test

import (
	"net"
	"testing"
	"time"

	"stellwerk/iec104"
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
