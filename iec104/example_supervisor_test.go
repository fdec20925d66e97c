package iec104_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"stellwerk/iec104"
	"stellwerk/iec104/asdu"
	"stellwerk/iec104/station"
)

// A connection that is kept up. The station cannot be reached at first.
func ExampleNewSupervisor() {
	s, err := station.New(nil, station.Sector{Points: []station.Point{{Address: 100, Type: asdu.M_SP_TB_1}}})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer s.Close()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	attempts := 0
	supervisor, err := iec104.NewSupervisor("192.0.2.10:2404", &iec104.SupervisorOptions{
		Dial: func(context.Context, string) (net.Conn, error) { // nil dials TCP
			if attempts++; attempts == 1 {
				return nil, errors.New("no route to host")
			}
			near, far := net.Pipe()
			_, err := s.ServeConn(far)
			return near, err
		},
		MinBackoff: time.Millisecond,
		Changed: func(status iec104.SupervisorStatus) {
			switch status.State {
			case iec104.Waiting:
				fmt.Println(status.State, "after:", status.Err)
			case iec104.Connected:
				fmt.Println(status.State, status.Client.Status().State)
				cancel() // enough for an example
			default:
				fmt.Println(status.State)
			}
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(supervisor.Run(ctx))
	// Output:
	// connecting
	// waiting after: dial: no route to host
	// connecting
	// connected started
	// idle
	// context canceled
}

// What is asked of stations after each start of data transfer, and again when
// they have been initialised.
func ExampleStartUp() {
	s, err := station.New(nil, station.Sector{Points: []station.Point{
		{Address: 100, Type: asdu.M_SP_TB_1},
		{Address: 500, Type: asdu.M_IT_TB_1, Initial: 17},
	}})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer s.Close()
	startUp := &iec104.StartUp{
		Stations: []asdu.CommonAddress{1},
		Clock:    true,
		Counters: []asdu.CounterInterrogation{{Request: asdu.RequestAllCounters, Freeze: asdu.FreezeRead}},
		Refused:  func(station asdu.CommonAddress, err error) { fmt.Println("station", station, err) },
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	supervisor, err := iec104.NewSupervisor("192.0.2.10:2404", &iec104.SupervisorOptions{
		Setup: startUp.Setup,
		Client: &iec104.ClientOptions{Handler: func(a asdu.ASDU) error {
			fmt.Println(a.Type, a.Cause)
			return nil
		}},
		Dial: func(context.Context, string) (net.Conn, error) {
			near, far := net.Pipe()
			_, err := s.ServeConn(far)
			return near, err
		},
		Changed: func(status iec104.SupervisorStatus) {
			if status.State == iec104.Connected {
				cancel() // all have answered
			}
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(supervisor.Run(ctx))
	// Output:
	// M_EI_NA_1 init
	// C_CS_NA_1 actcon
	// C_IC_NA_1 actcon
	// M_SP_NA_1 inrogen
	// C_IC_NA_1 actterm
	// C_CI_NA_1 actcon
	// M_IT_TB_1 reqcogen
	// C_CI_NA_1 actterm
	// context canceled
}

// A control centre that stations call, such as from behind a mobile network.
func ExampleNewAcceptor() {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	acceptor, err := iec104.NewAcceptor(&iec104.AcceptorOptions{
		Limits: iec104.Limits{PerAddress: 2},
		Client: func(conn net.Conn) (*iec104.ClientOptions, error) {
			if _, ok := conn.RemoteAddr().(*net.TCPAddr); !ok { // who is it?
				return nil, errors.New("an unknown station")
			}
			return &iec104.ClientOptions{Originator: 1}, nil
		},
		Use: func(ctx context.Context, client *iec104.Client) {
			defer cancel() // enough for an example
			if err := client.Start(ctx); err != nil {
				fmt.Println(err)
				return
			}
			fmt.Println("interrogate:", client.Interrogate(ctx, 1, asdu.InterrogateStation))
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Println(err)
		return
	}
	go acceptor.Serve(listener) //nolint:errcheck // until the acceptor is closed
	defer acceptor.Close()

	server, err := iec104.NewServer(&breaker{}, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer server.Close()
	fmt.Println(server.Call(ctx, listener.Addr().String(), nil))
	// Output:
	// interrogate: <nil>
	// context canceled
}
