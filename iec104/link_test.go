package iec104_test

import (
	"errors"
	"fmt"
	"iter"
	"net"
	"os"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"stellwerk/iec104"
	"stellwerk/iec104/asdu"
	"stellwerk/internal/rig"
)

func TestMain(m *testing.M) {
	if text := os.Getenv(callersAt); text != "" {
		if err := callers(text); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	rig.Main(m)
}

// plant is a station with some points and objects that can be operated.
type plant struct {
	points  int
	execute func(c *iec104.Command)
	clock   asdu.Time

	mu       sync.Mutex
	commands []*iec104.Command // guarded by mu
}

func (p *plant) Interrogate(*iec104.Session, asdu.CommonAddress, asdu.InterrogationQualifier) iter.Seq[asdu.ASDU] {
	return func(yield func(asdu.ASDU) bool) {
		for i := range p.points {
			if !yield(single(asdu.ObjectAddress(i+1), asdu.InterrogatedByStation)) {
				return
			}
		}
	}
}

func (p *plant) Command(c *iec104.Command) {
	p.mu.Lock()
	p.commands = append(p.commands, c)
	p.mu.Unlock()
	if p.execute != nil {
		p.execute(c)
		return
	}
	_ = c.Confirm()
	if !c.Select {
		_ = c.Terminate()
	}
}

func (p *plant) SetClock(_ *iec104.Session, _ asdu.CommonAddress, t asdu.Time) (asdu.Time, error) {
	before := p.clock
	p.clock = t
	return before, nil
}

func single(address asdu.ObjectAddress, cause asdu.Cause) asdu.ASDU {
	a, err := asdu.New(nil, asdu.Header{Type: asdu.M_SP_NA_1, Cause: cause, CommonAddress: 1}, asdu.SinglePoint{Address: address, Value: true})
	if err != nil {
		panic(err)
	}
	return a
}

// pair connects a client with a server in memory.
func pair(t *testing.T, station iec104.Station, so *iec104.ServerOptions, co *iec104.ClientOptions) (*iec104.Client, *iec104.Session) {
	t.Helper()
	server, err := iec104.NewServer(station, so)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	near, far := net.Pipe()
	session, err := server.ServeConn(far)
	if err != nil {
		t.Fatal(err)
	}
	client, err := iec104.NewClient(near, co)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	return client, session
}

func TestInterrogate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		got := 0
		client, _ := pair(t, &plant{points: 100}, nil, &iec104.ClientOptions{Handler: func(a asdu.ASDU) error {
			if a.Cause == asdu.InterrogatedByStation {
				got++
			}
			return nil
		}})
		ctx := t.Context()
		if err := client.Interrogate(ctx, 1, asdu.InterrogateStation); !errors.Is(err, iec104.ErrStopped) {
			t.Error(err)
		}
		if err := client.Start(ctx); err != nil {
			t.Fatal(err)
		}
		if err := client.Interrogate(ctx, 1, asdu.InterrogateStation); err != nil || got != 100 {
			t.Errorf("%d points, %v", got, err)
		}
		_, err := client.Operate(ctx, 1, asdu.SingleCommand{Address: 7, Value: true}, iec104.SelectAndExecute)
		if err != nil {
			t.Error(err)
		}
		if err := client.Stop(ctx); err != nil {
			t.Error(err)
		}
		time.Sleep(time.Minute)
		if err := client.Err(); err != nil {
			t.Error(err)
		}
	})
}
