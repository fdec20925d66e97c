package iec104test_test

import (
	"context"
	"fmt"

	"stellwerk/iec104"
	"stellwerk/iec104/asdu"
	"stellwerk/iec104/iec104test"
)

// A user's own test of a control centre runs it against the built-in station.
func ExampleNewBuiltin() {
	b, err := iec104test.NewBuiltin(nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer b.Close()
	ctx := context.Background()
	conn, err := b.Connect(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	client, err := iec104.NewClient(conn, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.Close()
	fmt.Println("start:", client.Start(ctx))
	operation, err := client.Operate(ctx, 1, asdu.SingleCommand{Address: 4502, Value: true}, iec104.SelectAndExecute)
	if err == nil {
		_, err = operation.Terminated(ctx)
	}
	fmt.Println("operate:", err)
	moved, _ := b.Station().Get(1, 3012)
	fmt.Println(moved.(asdu.SinglePoint).Value)
	// Output:
	// start: <nil>
	// operate: <nil>
	// true
}

func ExampleList() {
	for _, o := range iec104test.List(iec104test.BuiltinSector(false, false)) {
		if o.Control != nil && o.Type == asdu.C_DC_NA_1 {
			fmt.Println(o.Address, o.Type, "moves", o.Feedback, "select", o.Control.Select)
		}
	}
	// Output:
	// 4601 C_DC_NA_1 moves 3111 select allowed
	// 4602 C_DC_NA_1 moves 3112 select required
}
