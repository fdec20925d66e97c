package iec104_test

import (
	"slices"
	"testing"

	"stellwerk/iec104"
	"stellwerk/iec104/asdu"
)

// TestEventClasses: measurands push no event out, events go first, and what was
// taken is let go of in the order in which it was.
func TestEventClasses(t *testing.T) {
	var overflows []iec104.EventClass
	b := iec104.NewClassedEventBuffer(nil, iec104.EventLimits{
		Events: 2, Measurands: 3,
		Overflow: func(c iec104.EventClass) { overflows = append(overflows, c) },
	})
	put := func(typ asdu.TypeID, address asdu.ObjectAddress) {
		t.Helper()
		header := asdu.Header{Type: typ, Cause: asdu.Spontaneous, CommonAddress: 1}
		a, err := asdu.New(nil, header, asdu.SinglePoint{Address: address})
		switch typ {
		case asdu.M_ME_NC_1:
			a, err = asdu.New(nil, header, asdu.ShortFloat{Address: address})
		case asdu.M_IT_NA_1:
			a, err = asdu.New(nil, header, asdu.IntegratedTotal{Address: address})
		}
		if err != nil {
			t.Fatal(err)
		}
		if err := b.Put(a); err != nil {
			t.Fatal(err)
		}
	}
	take := func(n int) (got []asdu.ObjectAddress) {
		for range n {
			a, ok := b.Next()
			if !ok {
				break
			}
			for o := range a.Objects() {
				got = append(got, o.IOA())
			}
		}
		return got
	}
	want := func(got []asdu.ObjectAddress, want ...asdu.ObjectAddress) {
		t.Helper()
		if !slices.Equal(got, want) {
			t.Errorf("taken are %v, want %v", got, want)
		}
	}
	put(asdu.M_SP_NA_1, 1)
	for n := asdu.ObjectAddress(100); n < 110; n++ {
		put(asdu.M_ME_NC_1, n)
	}
	put(asdu.M_IT_NA_1, 50)
	if !slices.Equal(overflows, []iec104.EventClass{iec104.Measurands}) || b.LostOf(iec104.Measurands) != 7 || b.Lost() != 7 {
		t.Error(overflows, b.Lost())
	}
	want(take(3), 1, 50, 107)
	put(asdu.M_SP_NA_1, 2)
	want(take(2), 2, 108)
	b.Done(3) // 1, 50, 107
	b.Rewind()
	want(take(9), 2, 108, 109)
	b.Done(3)
	if b.Len() != 0 {
		t.Error(b.Len())
	}
	for n := asdu.ObjectAddress(1); n < 5; n++ { // after it was empty the mark is given again
		put(asdu.M_ME_NC_1, n)
	}
	if len(overflows) != 2 {
		t.Error(overflows)
	}
}
