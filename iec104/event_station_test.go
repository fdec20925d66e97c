package iec104_test

import (
	"slices"
	"testing"

	"stellwerk/iec104"
	"stellwerk/iec104/asdu"
)

// TestForget: what is on its way stays, and of the rest what does not match, in
// its order.
func TestForget(t *testing.T) {
	buffer := iec104.NewEventBuffer(nil, 100)
	for i := range asdu.ObjectAddress(10) {
		typ := asdu.M_SP_NA_1
		if i%2 == 0 {
			typ = asdu.M_SP_TB_1
		}
		a, err := asdu.New(nil, asdu.Header{Type: typ, Cause: asdu.Spontaneous, CommonAddress: 1}, asdu.SinglePoint{Address: i, Time: asdu.RawTime(asdu.TimeCP56, 0)})
		if err != nil {
			t.Fatal(err)
		}
		if err := buffer.Put(a); err != nil {
			t.Fatal(err)
		}
	}
	for range 3 {
		buffer.Next()
	}
	if n := buffer.Forget(func(a asdu.ASDU) bool { return a.Type == asdu.M_SP_TB_1 }); n != 3 {
		t.Errorf("%d events forgotten, want 3: 4, 6 and 8", n)
	}
	buffer.Rewind()
	var left []asdu.ObjectAddress
	for a, ok := buffer.Next(); ok; a, ok = buffer.Next() {
		for o := range a.Objects() {
			left = append(left, o.IOA())
		}
	}
	if want := []asdu.ObjectAddress{0, 1, 2, 3, 5, 7, 9}; !slices.Equal(left, want) {
		t.Errorf("left are %v, want %v", left, want)
	}
	buffer.Done(len(left))
	if buffer.Len() != 0 {
		t.Errorf("%d are left when all are done", buffer.Len())
	}
}

// What is forgotten ends an overflow too.
func TestForgetRelieves(t *testing.T) {
	relieved := 0
	b := iec104.NewClassedEventBuffer(nil, iec104.EventLimits{Measurands: 1, Relieved: func(iec104.EventClass) { relieved++ }})
	a, err := asdu.New(nil, asdu.Header{Type: asdu.M_ME_TF_1, Cause: asdu.Spontaneous, CommonAddress: 1}, asdu.ShortFloat{Address: 1, Time: fileTime})
	if err != nil {
		t.Fatal(err)
	}
	_, _ = b.Put(a), b.Put(a)
	b.Forget(func(asdu.ASDU) bool { return true })
	if b.Len() != 0 || relieved != 1 {
		t.Errorf("%d left, relieved %d times", b.Len(), relieved)
	}
}
