package iec104_test

import (
	"context"
	"fmt"
	"iter"
	"net"

	"stellwerk/iec104"
	"stellwerk/iec104/asdu"
)

// breaker is a station with one circuit breaker: its position has the object
// address 1, the command to it 2.
type breaker struct{ closed bool }

func (b *breaker) Interrogate(*iec104.Session, asdu.CommonAddress, asdu.InterrogationQualifier) iter.Seq[asdu.ASDU] {
	return func(yield func(asdu.ASDU) bool) {
		a, err := asdu.New(nil, asdu.Header{Type: asdu.M_SP_NA_1}, asdu.SinglePoint{Address: 1, Value: b.closed})
		if err == nil {
			yield(a)
		}
	}
}

func (b *breaker) Command(c *iec104.Command) {
	command, ok := c.Object.(asdu.SingleCommand)
	if !ok || command.Address != 2 {
		_ = c.Disown()
		return
	}
	_ = c.Confirm()
	if !c.Select {
		b.closed = command.Value
		_ = c.Terminate()
	}
}

func Example() {
	server, err := iec104.NewServer(&breaker{}, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer server.Close()
	near, far := net.Pipe() // or server.Serve(listener) and iec104.Dial
	if _, err := server.ServeConn(far); err != nil {
		fmt.Println(err)
		return
	}
	client, err := iec104.NewClient(near, &iec104.ClientOptions{Handler: func(a asdu.ASDU) error {
		if a.Type != asdu.M_SP_NA_1 {
			return nil // answers to requests come here too
		}
		for p, err := range asdu.All[asdu.SinglePoint](a) {
			if err != nil {
				return err
			}
			fmt.Println("breaker closed:", p.Value)
		}
		return nil
	}})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.Close()

	ctx := context.Background()
	fmt.Println("start:", client.Start(ctx))
	operation, err := client.Operate(ctx, 1, asdu.SingleCommand{Address: 2, Value: true}, iec104.SelectAndExecute)
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = operation.Terminated(ctx)
	fmt.Println("operate:", err)
	fmt.Println("interrogate:", client.Interrogate(ctx, 1, asdu.InterrogateStation))
	operation, err = client.Operate(ctx, 1, asdu.SingleCommand{Address: 3, Value: true}, iec104.DirectExecute)
	if err == nil {
		_, err = operation.Confirmed(ctx)
	}
	fmt.Println(err)
	// Output:
	// start: <nil>
	// operate: <nil>
	// breaker closed: true
	// interrogate: <nil>
	// execute: refused: the answer is negative with cause 47, unknown information object address
}
