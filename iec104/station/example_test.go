package station_test

import (
	"context"
	"fmt"
	"net"

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
