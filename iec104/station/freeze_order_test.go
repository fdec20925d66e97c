package station

import (
	"testing"

	"stellwerk/iec104"
	"stellwerk/iec104/asdu"
)

// TestFreezesInOrder: what a freeze by command has brought about is sent once, as
// it was, and in the order of freezes, whichever is confirmed first.
func TestFreezesInOrder(t *testing.T) {
	s, err := New(&Options{Server: iec104.ServerOptions{Groups: []iec104.RedundancyGroup{{Name: "all"}}}}, Sector{
		Points: []Point{{Address: 1, Type: asdu.M_IT_NA_1, Counter: Counting{Mode: ModeD}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	var confirmations []func()
	for range 3 {
		if err := s.Count(1, 1, 10); err != nil {
			t.Fatal(err)
		}
		confirmed, err := s.freezeByCommand(s.order[0], 0, asdu.FreezeOnly)
		if err != nil {
			t.Fatal(err)
		}
		confirmations = append(confirmations, confirmed)
	}
	queue := s.Server().Queue("all")
	confirmations[1]()
	if a, ok := queue.Next(); ok {
		t.Errorf("sent before the first is confirmed: %s", a.TypeName())
	}
	confirmations[0]()
	confirmations[2]()
	for n := range 3 {
		a, _ := queue.Next()
		o, err := asdu.First[asdu.IntegratedTotal](a)
		if err != nil || o.Value.Count != int32(10*(n+1)) || int(o.Value.Sequence) != n {
			t.Errorf("report %d: %+v; %v", n, o.Value, err)
		}
	}
	if _, ok := queue.Next(); ok {
		t.Error("more than three reports")
	}
}
