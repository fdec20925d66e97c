package controlcentre_test

import (
	"context"
	"errors"
	"net"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"stellwerk/iec104"
	"stellwerk/iec104/asdu"
	"stellwerk/iec104/iec104test"
	"stellwerk/internal/simulator/controlcentre"
)

// TestOperator connects, sets the clock, interrogates, commands, and comes back
// after a loss.
func TestOperator(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, err := iec104test.NewBuiltin(nil)
		if err != nil {
			t.Fatal(err)
		}
		defer b.Close()
		var mu sync.Mutex
		var events []string
		var connections []net.Conn
		objects, ends := 0, 0
		attempts := 0
		operator, err := controlcentre.NewOperator(controlcentre.OperatorOptions{
			Address: "station", Station: 1, SetClock: true,
			Dial: func(ctx context.Context) (net.Conn, error) {
				if attempts++; attempts <= 2 {
					return nil, errors.New("nobody is there")
				}
				return b.Connect(ctx)
			},
			Connected: func(conn net.Conn) {
				mu.Lock()
				defer mu.Unlock()
				connections = append(connections, conn)
			},
			Ended: func() {
				mu.Lock()
				defer mu.Unlock()
				ends++
			},
			Received: func(a asdu.ASDU) {
				mu.Lock()
				defer mu.Unlock()
				objects += a.Count()
			},
			Event: func(text string) {
				mu.Lock()
				defer mu.Unlock()
				events = append(events, text)
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() {
			defer close(done)
			operator.Run(ctx)
		}()
		if got := operator.Operate(ctx, controlcentre.Command{Object: asdu.SingleCommand{Address: 4501, Value: true}}); got != "not sent: there is no connection" {
			t.Errorf("without a connection: %s", got)
		}
		time.Sleep(10 * time.Second)
		mu.Lock()
		if objects < 70 {
			t.Errorf("%d objects after the interrogation", objects)
		}
		first := connections[0]
		mu.Unlock()
		for command, want := range map[controlcentre.Command]string{
			{Object: asdu.SingleCommand{Address: 4502, Value: true}, Select: true}: "carried out after",
			{Object: asdu.SingleCommand{Address: 4502, Value: true}}:               "refused",
		} {
			if got := operator.Operate(ctx, command); !strings.Contains(got, want) {
				t.Errorf("%+v: %q, want %q", command, got, want)
			}
		}
		if err := first.Close(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(10 * time.Second)
		if operator.Client() == nil {
			t.Error("it has not come back")
		}
		cancel()
		<-done
		mu.Lock()
		defer mu.Unlock()
		if len(connections) != 2 {
			t.Errorf("%d connections", len(connections))
		}
		all := strings.Join(events, "\n")
		for _, want := range []string{"nobody is there; trying again", "clock set; it showed ", "common address 1 interrogated"} {
			if !strings.Contains(all, want) {
				t.Errorf("not told: %q in\n%s", want, all)
			}
		}
		if n := strings.Count(all, "nobody is there"); n != 1 {
			t.Errorf("the same failure is told %d times", n)
		}
		if ends == 0 {
			t.Error("the end of connections is not told")
		}
	})
}

// TestOperatorOptions refuses what the library does not allow.
func TestOperatorOptions(t *testing.T) {
	_, err := controlcentre.NewOperator(controlcentre.OperatorOptions{Client: iec104.ClientOptions{Parameters: iec104.Parameters{K: -1}}})
	if err == nil {
		t.Error("no error for k = -1")
	}
}
