package asdu_test

import (
	"iter"
	"testing"

	"stellwerk/iec104/asdu"
)

// TestIteratorsLeft leaves each iterator at every place: it must not go on then,
// which is a panic, and must be good for another loop.
func TestIteratorsLeft(t *testing.T) {
	a, err := asdu.New(nil, asdu.Header{Type: asdu.M_SP_NA_1, Cause: asdu.Spontaneous, CommonAddress: 1},
		asdu.SinglePoint{Address: 1}, asdu.SinglePoint{Address: 2}, asdu.SinglePoint{Address: 3})
	if err != nil {
		t.Fatal(err)
	}
	left(t, "All", 3, func(yield func(any) bool) {
		asdu.All[asdu.SinglePoint](a)(func(p asdu.SinglePoint, _ error) bool { return yield(p) })
	})
	left(t, "All of another family", 1, func(yield func(any) bool) {
		asdu.All[asdu.DoublePoint](a)(func(_ asdu.DoublePoint, err error) bool { return yield(err) })
	})
	left(t, "Objects", 3, func(yield func(any) bool) { a.Objects()(func(o asdu.Object) bool { return yield(o) }) })
	left(t, "Types", 67, func(yield func(any) bool) { asdu.Types()(func(id asdu.TypeID) bool { return yield(id) }) })
	left(t, "Quality.Names", 3, func(yield func(any) bool) {
		(asdu.Invalid | asdu.Blocked | asdu.Overflow).Names(func(name string) bool { return yield(name) })
	})
	left(t, "StartEvents.All", 6, func(yield func(any) bool) {
		asdu.StartEvents(0x3f).All(func(name string, _ bool) bool { return yield(name) })
	})
	left(t, "OutputCircuits.All", 4, func(yield func(any) bool) {
		asdu.OutputCircuits(0xf).All(func(name string, _ bool) bool { return yield(name) })
	})
}

func left(t *testing.T, name string, length int, seq iter.Seq[any]) {
	t.Helper()
	for leave := range length {
		n := 0
		for range seq {
			if n++; n > leave {
				break
			}
		}
		if n != leave+1 {
			t.Errorf("%s: %d values before the loop was left at %d", name, n, leave)
		}
	}
	n := 0
	for range seq {
		n++
	}
	if n != length {
		t.Errorf("%s: %d values, want %d", name, n, length)
	}
}
