package iec104test_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"stellwerk/iec104"
	"stellwerk/iec104/asdu"
	"stellwerk/iec104/iec104test"
	"stellwerk/iec104/station"
)

// Both ends in memory, for a test of the application's own station or control
// centre.
func ExamplePair() {
	link, err := iec104test.Pair(nobody{}, &iec104.ServerOptions{CommonAddresses: []asdu.CommonAddress{7}}, nil, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer link.Close()
	ctx := context.Background()
	if err := link.Client.Start(ctx); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(link.Client.Interrogate(ctx, 7, asdu.InterrogateStation), link.Session.Status().State)
	// Output: <nil> started
}

// A line that is slow: the answer comes after a request has been given up.
func ExampleDelay() {
	slow := iec104test.Delay(time.Second, iec104test.IFrame)
	link, err := iec104test.Pair(nobody{}, nil, &iec104.ClientOptions{AnswerTimeout: 10 * time.Millisecond}, &iec104test.Faults{Sent: slow})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer link.Close()
	ctx := context.Background()
	if err := link.Client.Start(ctx); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(errors.Is(link.Client.Interrogate(ctx, 1, asdu.InterrogateStation), iec104.ErrTimeout))
	// Output: true
}

// A station that repeats its second I frame: the control centre sees N(S) twice
// and closes.
func ExampleRepeat() {
	link, err := iec104test.Pair(nobody{}, nil, nil, &iec104test.Faults{Sent: iec104test.Repeat(2)})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer link.Close()
	ctx := context.Background()
	if err := link.Client.Start(ctx); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(link.Client.Interrogate(ctx, 1, asdu.InterrogateStation)) // its termination is the second
	<-link.Client.Done()
	fmt.Println(errors.Is(link.Client.Err(), iec104.ErrProtocol))
	// Output:
	// <nil>
	// true
}

// A control centre that acknowledges nothing: t1 closes the connection.
func ExampleWithoutAcknowledgement() {
	link, err := iec104test.Pair(nobody{}, &iec104.ServerOptions{
		Parameters: iec104.Parameters{T1: 3 * time.Second, T2: time.Second},
	}, nil, &iec104test.Faults{Received: iec104test.WithoutAcknowledgement()})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer link.Close()
	ctx := context.Background()
	if err := link.Client.Start(ctx); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(link.Client.Interrogate(ctx, 1, asdu.InterrogateStation))
	<-link.Session.Done()
	fmt.Println(errors.Is(link.Session.Err(), iec104.ErrTimeout))
	// Output:
	// <nil>
	// true
}

// What conformance cases must know of a station that is made of a model.
func ExampleInventoryOf() {
	sector := station.Sector{
		Points:   []station.Point{{Address: 100, Type: asdu.M_DP_TB_1, Groups: []int{1}}},
		Controls: []station.Control{{Address: 1100, Type: asdu.C_DC_NA_1, Feedback: 100, Select: station.SelectRequired}},
	}
	known := iec104test.InventoryOf(nil, sector)
	fmt.Println(known.CommonAddresses, len(known.Points), "point,", len(known.Controls), "control")
	// Output: [1] 1 point, 1 control
}
