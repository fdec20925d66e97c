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

// A control centre on a connection that is there already: in memory, as here, or
// one of TLS.
func ExampleNewClient() {
	s, err := station.New(nil, station.Sector{Points: []station.Point{{Address: 100, Type: asdu.M_SP_TB_1, Initial: 1}}})
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

	client, err := iec104.NewClient(near, &iec104.ClientOptions{
		Originator: 7,
		Handler: func(a asdu.ASDU) error {
			fmt.Println(a.Type, a.Cause, "originator", a.Originator)
			return nil // taken over: the frame may be acknowledged
		},
	})
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
	fmt.Println("interrogate:", client.Interrogate(ctx, 1, asdu.InterrogateStation))
	// Output:
	// M_EI_NA_1 init originator 0
	// C_IC_NA_1 actcon originator 7
	// M_SP_NA_1 inrogen originator 7
	// C_IC_NA_1 actterm originator 7
	// interrogate: <nil>
}

func ExampleDial() {
	ctx := context.Background()
	s, err := station.New(nil, station.Sector{Points: []station.Point{{Address: 300, Type: asdu.M_ME_TF_1, Initial: 50.02}}})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer s.Close()
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0") // in a plant: port 2404
	if err != nil {
		fmt.Println(err)
		return
	}
	go s.Serve(listener) //nolint:errcheck // until s is closed

	client, err := iec104.Dial(ctx, listener.Addr().String(), nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.Close()
	if err := client.Start(ctx); err != nil {
		fmt.Println(err)
		return
	}
	answer, err := client.Read(ctx, 1, 300)
	if err != nil {
		fmt.Println(err)
		return
	}
	for o := range answer.Objects() {
		fmt.Println(answer.Type, answer.Cause, o.IOA(), o.(asdu.ShortFloat).Value)
	}
	// Output: M_ME_NC_1 req 300 50.02
}

// Points as values of one kind, whatever types they come with.
func ExampleClient_Points() {
	s, err := station.New(nil, station.Sector{Points: []station.Point{
		{Address: 100, Type: asdu.M_DP_TB_1, Initial: 2},
		{Address: 300, Type: asdu.M_ME_TF_1, Initial: 50.02},
	}})
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

	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	points := client.Points(ctx) // from here on none is missed
	asked := make(chan error, 1)
	go func() {
		// The loop must not wait for answers, so that somebody else does.
		err := errors.Join(client.Start(ctx), client.Interrogate(ctx, 1, asdu.InterrogateStation))
		if err == nil {
			err = s.Set(1, 300, 49.97)
		}
		asked <- err
	}()
	for p, err := range points {
		if err != nil { // the connection, or ctx, has ended
			fmt.Println(err)
			break
		}
		fmt.Println(p.Station, p.Address, p.Value, p.Cause)
		if p.Cause == asdu.Spontaneous {
			break
		}
	}
	fmt.Println("asked:", <-asked)
	// Output:
	// 1 100 on inrogen
	// 1 300 50.02 inrogen
	// 1 300 49.97 spont
	// asked: <nil>
}

// A command, from its selection to the return information of the process.
func ExampleClient_OperateAndWait() {
	s, err := station.New(nil, station.Sector{
		Points: []station.Point{{Address: 100, Type: asdu.M_DP_TB_1, Initial: 1}},
		Controls: []station.Control{{
			Address: 1100, Type: asdu.C_DC_NA_1, Feedback: 100, Select: station.SelectRequired,
		}},
	})
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

	closeBreaker := asdu.DoubleCommand{Address: 1100, Value: asdu.CommandOn}
	seen, err := client.OperateAndWait(ctx, 1, closeBreaker, &iec104.OperateOptions{Mode: iec104.SelectAndExecute, Feedback: 100})
	if err != nil {
		fmt.Println(err)
		return
	}
	position, err := asdu.First[asdu.DoublePoint](seen)
	fmt.Println(position.Address, position.Value, seen.Cause, err)

	// What a station refuses is an error that says why.
	_, err = client.OperateAndWait(ctx, 1, asdu.DoubleCommand{Address: 1101, Value: asdu.CommandOn}, nil)
	refusal, ok := errors.AsType[*iec104.Error](err)
	fmt.Println(ok, errors.Is(err, iec104.ErrRefused), refusal.Cause, refusal.Negative)
	// Output:
	// 100 on retrem <nil>
	// true true unknown object address true
}

func ExampleAppendPoints() {
	event, err := asdu.New(nil, asdu.Header{Type: asdu.M_SP_TB_1, Cause: asdu.Spontaneous, CommonAddress: 1},
		asdu.SinglePoint{Address: 100, Value: true, Time: asdu.CP56(time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC))})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, p := range iec104.AppendPoints(nil, event, iec104.TimeZone{}, time.Now()) {
		fmt.Println(p.Address, p.Value, p.Quality, p.Time.Format(time.RFC3339))
	}
	// Output: 100 true good 2026-07-01T12:00:00Z
}

// A station whose clock follows summer time without telling so.
func ExampleTimeZone() {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		fmt.Println(err)
		return
	}
	summer := time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)
	for _, zone := range []iec104.TimeZone{{}, {Location: berlin}, {Location: berlin, SummerUnmarked: true}} {
		tag := zone.CP56(summer)
		instant, err := zone.Instant(tag, summer)
		fmt.Println(tag, "SU", tag.Summer(), instant.Equal(summer), err)
	}
	// Output:
	// 2026-07-01T12:00:00.000 SU false true <nil>
	// 2026-07-01T14:00:00.000 SU true true <nil>
	// 2026-07-01T14:00:00.000 SU false true <nil>
}
