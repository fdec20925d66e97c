package station_test

import (
	"context"
	"fmt"
	"log"
	"maps"
	"net"
	"slices"
	"time"

	"stellwerk/iec104"
	"stellwerk/iec104/asdu"
	"stellwerk/iec104/station"
)

func Example() {
	s, err := station.New(nil, station.Sector{
		Points: []station.Point{
			{Address: 100, Type: asdu.M_DP_TB_1, Name: "breaker"},
			{Address: 300, Type: asdu.M_ME_TF_1, Name: "frequency", Initial: 50, Measure: station.Measure{Threshold: 0.01}},
		},
		Controls: []station.Control{
			{Address: 1100, Type: asdu.C_DC_NA_1, Feedback: 100, Select: station.SelectRequired},
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer s.Close()
	near, far := net.Pipe() // or s.Serve(listener)
	if _, err := s.ServeConn(far); err != nil {
		fmt.Println(err)
		return
	}

	client, err := iec104.NewClient(near, &iec104.ClientOptions{Handler: func(a asdu.ASDU) error {
		for o := range a.Objects() {
			switch o := o.(type) {
			case asdu.DoublePoint:
				fmt.Println(a.Type, a.Cause, "breaker", o.Value)
			case asdu.ShortFloat:
				fmt.Println(a.Type, a.Cause, "frequency", o.Value)
			}
		}
		return nil
	}})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.Close()
	ctx := context.Background()
	if err := client.Start(ctx); err != nil {
		fmt.Println(err)
		return
	}
	if err := s.Set(1, 300, 50.02); err != nil {
		fmt.Println(err)
		return
	}
	operation, err := client.Operate(ctx, 1, asdu.DoubleCommand{Address: 1100, Value: asdu.CommandOn}, iec104.SelectAndExecute)
	if err == nil {
		_, err = operation.Terminated(ctx)
	}
	fmt.Println("operate:", err)
	fmt.Println("interrogate:", client.Interrogate(ctx, 1, asdu.InterrogateStation))
	// Output:
	// M_ME_TF_1 spont frequency 50.02
	// M_DP_TB_1 retrem breaker on
	// operate: <nil>
	// M_DP_NA_1 inrogen breaker on
	// M_ME_NC_1 inrogen frequency 50.02
	// interrogate: <nil>
}

// A time and a quality of the application's own.
func ExampleStation_Update() {
	s, err := station.New(nil, station.Sector{Points: []station.Point{{Address: 300, Type: asdu.M_ME_TF_1}}})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer s.Close()
	measured := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	fmt.Println(s.Update(1, asdu.ShortFloat{Address: 300, Value: 110.2, Quality: asdu.Substituted, Time: asdu.CP56(measured)}))
	o, _ := s.Get(1, 300)
	fmt.Println(o.Timestamp())
	// Output:
	// <nil>
	// 2026-03-01T12:00:00.000
}

// An application that carries out a command itself.
func ExampleOptions_decide() {
	options := &station.Options{Decide: func(o *station.Operation) station.Decision {
		if o.Control.Name != "horn" || o.Select {
			return station.CarryOut // the model does
		}
		_ = o.Request.Confirm() // fails where the connection is gone
		fmt.Println("the horn sounds")
		_ = o.Request.Terminate()
		return station.TakeOver
	}}
	s, err := station.New(options, station.Sector{Controls: []station.Control{{Address: 2, Type: asdu.C_SC_NA_1, Name: "horn"}}})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer s.Close()
	near, far := net.Pipe()
	if _, err := s.ServeConn(far); err != nil {
		fmt.Println(err)
		return
	}
	client, err := iec104.NewClient(near, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.Close()
	ctx := context.Background()
	if err := client.Start(ctx); err != nil {
		fmt.Println(err)
		return
	}
	operation, err := client.Operate(ctx, 1, asdu.SingleCommand{Address: 2, Value: true}, iec104.DirectExecute)
	if err == nil {
		_, err = operation.Terminated(ctx)
	}
	fmt.Println(err)
	// Output:
	// the horn sounds
	// <nil>
}

func ExamplePack() {
	on := map[asdu.ObjectAddress]bool{10: true, 11: false, 12: true, 40: true}
	header := asdu.Header{Type: asdu.M_SP_NA_1, Cause: asdu.InterrogatedByStation, CommonAddress: 1}
	packed, err := station.Pack(nil, header, slices.Collect(maps.Keys(on)), func(address asdu.ObjectAddress) (asdu.Object, bool) {
		return asdu.SinglePoint{Address: address, Value: on[address]}, true
	})
	if err != nil {
		log.Fatal(err)
	}
	for a := range packed {
		fmt.Println(a.Count(), "objects,", a.Len(), "octets")
	}
	// Output:
	// 4 objects, 22 octets
}
