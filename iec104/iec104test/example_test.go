package iec104test_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"stellwerk/iec104"
	"stellwerk/iec104/apci"
	"stellwerk/iec104/asdu"
	"stellwerk/iec104/iec104test"
)

// One case after the other against a station: here the built-in one, in place
// of it anything that can be connected to.
func ExampleCase_Run() {
	station, err := iec104test.NewBuiltin(nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer station.Close()
	for _, c := range iec104test.Cases() {
		if c.Requirement != "C2" || c.Role != iec104.Controlled || c.Affects != 0 {
			continue
		}
		result := c.Run(context.Background(), station, &iec104test.RunOptions{Prompt: 100 * time.Millisecond})
		fmt.Println(c.ID, result.Status)
	}
	// Output:
	// C2.station passed
	// C2.groups passed
	// C2.totals passed
	// C2.qualifier passed
	// C2.second passed
	// C2.deactivation passed
	// C2.broadcast passed
}

// What a station has is asked of it where nobody knows.
func ExampleDiscover() {
	station, err := iec104test.NewBuiltin(nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer station.Close()
	known, err := iec104test.Discover(context.Background(), station, &iec104test.RunOptions{Prompt: 100 * time.Millisecond})
	if err != nil {
		fmt.Println(err)
		return
	}
	p := known.Points[0]
	fmt.Println("stations", known.CommonAddresses)
	fmt.Println("first point", p.Address, p.Type, "in groups", p.Groups)
	// Output:
	// stations [1]
	// first point 101 M_SP_NA_1 in groups [1]
}

// A test of a station has the built-in control centre call it.
func ExampleNewControlCentre() {
	centre, err := iec104test.NewControlCentre(nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer centre.Close()
	station, err := iec104test.NewBuiltin(nil) // in place of it, your own
	if err != nil {
		fmt.Println(err)
		return
	}
	defer station.Close()

	ctx := context.Background()
	conn, err := centre.Connect(ctx) // the control centre calls
	if err != nil {
		fmt.Println(err)
		return
	}
	if _, err := station.ServeConn(conn); err != nil {
		fmt.Println(err)
		return
	}
	err = centre.Do(ctx, iec104test.Request{
		Type: asdu.C_SC_NA_1, CommonAddress: 1, Object: asdu.SingleCommand{Address: 4502, Value: true}, Select: true,
	})
	fmt.Println("operate:", err)
	for _, a := range centre.Received() {
		fmt.Println(a.Type, a.Cause)
	}
	// Output:
	// operate: <nil>
	// M_EI_NA_1 init
	// C_SC_NA_1 actcon
	// C_SC_NA_1 actcon
	// M_SP_TB_1 retrem
	// C_SC_NA_1 actterm
}

// A line that loses the first two I frames of the station: the control centre
// sees a gap in N(S) and closes.
func ExampleFaulty() {
	link, err := iec104test.Pair(nobody{}, nil, nil, &iec104test.Faults{Sent: iec104test.Drop(1, 2, iec104test.IFrame)})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer link.Close()
	ctx := context.Background()
	fmt.Println("start:", link.Client.Start(ctx))
	for range 2 {
		// The confirmation and the termination of the first one are lost.
		ctx, cancel := context.WithTimeout(ctx, 50*time.Millisecond)
		err = link.Client.Interrogate(ctx, 1, asdu.InterrogateStation)
		cancel()
	}
	fmt.Println("protocol broken:", errors.Is(err, iec104.ErrProtocol))
	// Output:
	// start: <nil>
	// protocol broken: true
}

// A station that refuses without the P/N bit, as some do: the ASDUs are
// altered, the frames around them stay as they must be.
func ExampleAltered() {
	station, err := iec104test.NewBuiltin(nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer station.Close()
	ctx := context.Background()
	conn, err := station.Connect(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	conn = iec104test.Altered(conn, iec104test.Alterations{Received: func(a []byte) [][]byte {
		a = append([]byte(nil), a...)
		a[2] &^= 0x40 // P/N, in the octet of the cause
		return [][]byte{a}
	}})
	client, err := iec104.NewClient(conn, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.Close()
	fmt.Println("start:", client.Start(ctx))
	err = client.Interrogate(ctx, 9, asdu.InterrogateStation) // there is no station 9
	refusal, ok := errors.AsType[*iec104.Error](err)
	fmt.Println(ok && refusal.Cause == asdu.UnknownCommonAddress, refusal.Negative)
	// Output:
	// start: <nil>
	// true false
}

// Faults are functions: this one turns TESTFR act into silence.
func ExampleFault() {
	fault := iec104test.Fault(func(frame []byte) [][]byte {
		apdu, err := apci.Decode(frame)
		if err == nil && apdu.Format == apci.FormatU && apdu.Function == apci.TestFRAct {
			return nil
		}
		return [][]byte{frame}
	})
	fmt.Println(len(fault(apci.AppendU(nil, apci.TestFRAct))), len(fault(apci.AppendU(nil, apci.StartDTAct))))
	// Output:
	// 0 1
}
