package iec62351_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net"
	"os"

	"stellwerk/iec104"
	"stellwerk/iec104/asdu"
	"stellwerk/iec104/iec62351"
)

// workshop makes the files of an example.
type workshop struct{ dir string }

func (workshop) Helper()           {}
func (w workshop) TempDir() string { return w.dir }
func (workshop) Fatal(args ...any) { panic(fmt.Sprint(args...)) }

// breaker is a station with one point.
type breaker struct{}

func (breaker) Interrogate(*iec104.Session, asdu.CommonAddress, asdu.InterrogationQualifier) iter.Seq[asdu.ASDU] {
	return func(yield func(asdu.ASDU) bool) {
		a, err := asdu.New(nil, asdu.Header{Type: asdu.M_SP_NA_1, CommonAddress: 1}, asdu.SinglePoint{Address: 100, Value: true})
		if err == nil {
			yield(a)
		}
	}
}

func (breaker) Command(c *iec104.Command) { _ = c.Refuse() }

// A station and a control centre, each with a certificate of the same authority.
func Example() {
	dir, err := os.MkdirTemp("", "iec62351")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir) //nolint:errcheck // files of an example
	ca := newAuthority(workshop{dir}, "Netz CA")
	ca.issue("station", nil, nil)
	ca.issue("centre", nil, nil)
	var events eventLog

	// The station.
	profile, err := iec62351.New(ca.config("station", &events))
	if err != nil {
		panic(err)
	}
	server, err := iec104.NewServer(breaker{}, nil)
	if err != nil {
		panic(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0") // in a plant: port 19998
	if err != nil {
		panic(err)
	}
	serving := make(chan error, 1)
	go func() { serving <- server.Serve(profile.Listen(listener)) }()

	// The control centre.
	ctx := context.Background()
	centre, err := iec62351.New(ca.config("centre", &events))
	if err != nil {
		panic(err)
	}
	conn, err := centre.Dial(ctx, listener.Addr().String())
	if err != nil {
		panic(err)
	}
	client, err := iec104.NewClient(conn, &iec104.ClientOptions{Handler: func(a asdu.ASDU) error {
		if a.Cause == asdu.InterrogatedByStation {
			fmt.Println(a.TypeName(), a.CommonAddress)
		}
		return nil
	}})
	if err != nil {
		panic(err)
	}
	if err := errors.Join(client.Start(ctx), client.Interrogate(ctx, 1, asdu.InterrogateStation)); err != nil {
		panic(err)
	}
	_ = client.Close()
	_ = server.Close()
	if err := <-serving; !errors.Is(err, iec104.ErrClosed) {
		panic(err)
	}
	// Output: M_SP_NA_1 1
}
