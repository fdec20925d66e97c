package app_test

import (
	"strings"
	"testing"
	"time"

	"stellwerk/iec104/asdu"
	"stellwerk/internal/app"
)

// A control centre sees by a point that updates for it were let go: as an event, and
// when it interrogates.
func TestOverflowPoint(t *testing.T) {
	s := &substation{points: 3}
	server, address := s.serve(t, "127.0.0.1:0")
	a := house(t, strings.NewReplacer(
		`listen: "127.0.0.1:0"`, `listen: "127.0.0.1:0", overflow: 2/9000`,
		"full: wait", "full: drop-oldest",
	).Replace(between(address, "")))
	until(t, connected(a, "substation"))
	for n := range 3000 {
		event, err := asdu.New(nil, asdu.Header{Type: asdu.M_SP_TB_1, Cause: asdu.Spontaneous, CommonAddress: 1},
			asdu.SinglePoint{Address: 1, Value: n%2 == 0, Time: asdu.CP56(epoch.Add(time.Duration(n) * time.Millisecond))})
		if err != nil || server.Send(event) != nil {
			t.Fatal("cannot send")
		}
	}
	until(t, func() bool { status, _ := a.Status("substation"); return status.Received >= 3000 })
	c := connect(t, a)
	value := func() (on, known bool) {
		c.mu.Lock()
		defer c.mu.Unlock()
		point, known := c.values[9000]
		return point.Value, known
	}
	until(t, func() bool { // on and off: the two events of today
		c.mu.Lock()
		defer c.mu.Unlock()
		today := 0
		for _, at := range c.events {
			if at > time.Hour {
				today++
			}
		}
		return today == 2
	})
	if on, known := value(); on || !known {
		t.Errorf("at last: %t, %t", on, known)
	}
	c.mu.Lock()
	c.values = map[asdu.ObjectAddress]asdu.SinglePoint{}
	c.mu.Unlock()
	if err := c.client.Interrogate(t.Context(), 2, asdu.InterrogateStation); err != nil {
		t.Fatal(err)
	}
	if on, known := value(); on || !known {
		t.Errorf("interrogated: %t, %t", on, known)
	}
}

func TestOverflowPointThatIsAnother(t *testing.T) {
	text := strings.Replace(between("127.0.0.1:1", ""), `listen: "127.0.0.1:0"`, `listen: "127.0.0.1:0", overflow: 1/901`, 1)
	text = strings.Replace(text, "routes:\n", "routes:\n  - {from: substation/1/901, to: control/1/901}\n", 1)
	if made, err := app.New(parse(t, text), app.Options{}); err == nil || !strings.Contains(err.Error(), "a point has one source") {
		made.Close()
		t.Errorf("%v", err)
	}
}
