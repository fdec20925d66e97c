package asdu_test

import (
	"bytes"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"

	"stellwerk/iec104/asdu"
)

// TestManyObjects holds what the frequent families do with many objects at once
// against what all families do with one after the other.
func TestManyObjects(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 7))
	for _, f := range families {
		for _, id := range f.types {
			var p *asdu.Params
			for n := 1; n <= min(12, p.Capacity(id, false, asdu.MaxOctets)); n++ {
				h := asdu.Header{Type: id, Cause: asdu.Spontaneous, CommonAddress: 1}
				data, objects, err := f.random(r, p, h, 0xfffff0, n)
				if err != nil {
					t.Fatalf("%s: %v", id, err)
				}
				a, err := p.Decode(data)
				if err != nil {
					t.Fatalf("%s: %v", id, err)
				}
				var general []asdu.Object
				for object := range a.Objects() {
					general = append(general, object)
				}
				if diff := cmp.Diff(objects, general); diff != "" {
					t.Errorf("%d objects of %s, one by one (-sent +received):\n%s", n, id, diff)
				}
				var many []asdu.Object
				for object, err := range f.decode(a) {
					if err != nil {
						t.Fatalf("%s: %v", id, err)
					}
					many = append(many, object)
				}
				if diff := cmp.Diff(objects, many); diff != "" {
					t.Errorf("%d objects of %s (-sent +received):\n%s", n, id, diff)
				}
				// A shorter body ends the objects where it ends.
				cut, _ := p.Decode(data[:len(data)-1])
				left := 0
				for _, err := range f.decode(cut) {
					if err == nil {
						left++
					}
				}
				if left != n-1 {
					t.Errorf("%d objects of %s, without the last octet: %d are read", n, id, left)
				}
			}
		}
	}
}

// TestCollect appends to what is there, and says no to another family.
func TestCollect(t *testing.T) {
	a, data := decoded(t, measuredHeader, measured())
	first := asdu.ShortFloat{Address: 1}
	objects, err := asdu.Collect([]asdu.ShortFloat{first}, a)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(append([]asdu.ShortFloat{first}, measured()...), objects); diff != "" {
		t.Errorf("Collect (-want +got):\n%s", diff)
	}
	again, err := asdu.Append(nil, nil, measuredHeader, objects[1:])
	if err != nil || !bytes.Equal(again, data) {
		t.Errorf("Append of what was collected: % x, %v; want % x", again, err, data)
	}
	points, err := asdu.Collect([]asdu.SinglePoint{{Address: 5}}, a)
	if err == nil || len(points) != 1 {
		t.Errorf("Collect of another family: %v, %v", points, err)
	}
}

// TestRefusedAmongMany names the object that the wire cannot carry, wherever
// it stands.
func TestRefusedAmongMany(t *testing.T) {
	for i := range measured() {
		objects := measured()
		objects[i].Time = 0
		if data, err := asdu.Append(nil, nil, measuredHeader, objects); err == nil || len(data) > 0 {
			t.Errorf("object %d without time: %d octets, no error", i, len(data))
		}
		objects = measured()
		objects[i].Address = 1 << 24
		if data, err := asdu.Append(nil, nil, measuredHeader, objects); err == nil || len(data) > 0 {
			t.Errorf("object %d at address 2^24: %d octets, no error", i, len(data))
		}
	}
}
