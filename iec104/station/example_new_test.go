package station_test

import (
	"context"
	"fmt"
	"net"
	"time"

	"stellwerk/iec104"
	"stellwerk/iec104/asdu"
	"stellwerk/iec104/station"
)

// Two sectors behind one address, with groups and counters.
func ExampleNew() {
	s, err := station.New(&station.Options{
		Server:     iec104.ServerOptions{Parameters: iec104.Parameters{T3: 10 * time.Second}},
		CommandAge: 10 * time.Second,
	}, station.Sector{
		Address: 1,
		Points: []station.Point{
			{Address: 100, Type: asdu.M_SP_TB_1, Initial: 1, Groups: []int{1}},
			{Address: 300, Type: asdu.M_ME_TF_1, Initial: 50.02, Groups: []int{2}},
		},
	}, station.Sector{
		Address: 2,
		Points:  []station.Point{{Address: 500, Type: asdu.M_IT_TB_1, Initial: 17, Groups: []int{1}}},
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
		if a.Cause.Interrogated() || a.Cause.CounterRequested() {
			for o := range a.Objects() {
				fmt.Println(a.CommonAddress, a.Type, a.Cause, o.IOA())
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
	fmt.Println(client.Interrogate(ctx, 1, asdu.InterrogateGroup(2)))
	fmt.Println(client.ReadCounters(ctx, 2, asdu.RequestCounterGroup(1), asdu.FreezeRead))
	// Output:
	// 1 M_ME_NC_1 inro2 300
	// <nil>
	// 2 M_IT_TB_1 reqco1 500
	// <nil>
}

// A mistake in the model is an error that names the object.
func ExampleNew_wrong() {
	_, err := station.New(nil, station.Sector{
		Points:   []station.Point{{Address: 100, Type: asdu.M_DP_TB_1}},
		Controls: []station.Control{{Address: 1100, Type: asdu.C_DC_NA_1, Feedback: 101}},
	})
	fmt.Println(err)
	// Output: station: sector 1: control 1100: feedback 101: there is no such point
}
