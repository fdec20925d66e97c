package asdu_test

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"stellwerk/iec104/asdu"
	"stellwerk/wire"
)

// everyParams are all field lengths.
func everyParams() []*asdu.Params {
	params := []*asdu.Params{nil}
	for cause := 1; cause <= 2; cause++ {
		for common := 1; common <= 2; common++ {
			for object := 1; object <= 3; object++ {
				params = append(params, &asdu.Params{CauseOctets: cause, CommonAddressOctets: common, ObjectAddressOctets: object})
			}
		}
	}
	return params
}

// headerOf makes a random header that fits.
func headerOf(r *rand.Rand, p *asdu.Params, id asdu.TypeID, sequence bool) asdu.Header {
	h := asdu.Header{
		Type: id, Sequence: sequence, Cause: asdu.Cause(r.IntN(64)), Negative: flip(r), Test: flip(r),
		CommonAddress: asdu.CommonAddress(r.Uint32()) & p.Broadcast(),
	}
	if p.HeaderOctets() > 4 && (p == nil || p.CauseOctets != 1) {
		h.Originator = uint8(r.Uint32())
	}
	return h
}

// everyASDU makes random ASDUs of all types, with all lengths of fields, and
// with SQ=0 and SQ=1 where that is allowed.
func everyASDU(t *testing.T, visit func(t *testing.T, r *rand.Rand, p *asdu.Params, f family, h asdu.Header, data []byte, objects []asdu.Object)) {
	t.Helper()
	r := rand.New(rand.NewPCG(1, 2))
	for _, f := range families {
		for _, id := range f.types {
			t.Run(id.String(), func(t *testing.T) {
				for _, p := range everyParams() {
					for _, sequence := range orders(id) {
						most := p.Capacity(id, sequence, asdu.MaxOctets)
						for _, n := range []int{1, 2, most} {
							if n = min(n, most); n == 0 {
								t.Fatalf("no object fits into an ASDU with %+v", p)
							}
							first := asdu.ObjectAddress(r.Uint32N(uint32(p.MaxObjectAddress()) - uint32(n) + 2))
							h := headerOf(r, p, id, sequence)
							data, objects, err := f.random(r, p, h, first, n)
							if err != nil {
								t.Fatalf("%+v: %v", p, err)
							}
							visit(t, r, p, f, h, data, objects)
						}
					}
				}
			})
		}
	}
}

func TestEncodeAndDecode(t *testing.T) {
	everyASDU(t, func(t *testing.T, _ *rand.Rand, p *asdu.Params, f family, h asdu.Header, data []byte, objects []asdu.Object) {
		a, err := p.Decode(data)
		if err != nil {
			t.Fatalf("%+v: %v", p, err)
		}
		if a.Header != h || a.Count() != len(objects) || a.Len() != len(data) || a.Params() != p || !a.Known() || a.TypeName() != h.Type.String() || a.TimeKind() != kindOf(h.Type) {
			t.Errorf("decoded %+v with count %d and length %d from %+v", a.Header, a.Count(), a.Len(), h)
		}
		if got := slices.Collect(a.Objects()); !reflect.DeepEqual(got, objects) {
			t.Errorf("%+v (-want +got):\n%s", p, cmp.Diff(objects, got))
		}
		var typed []asdu.Object
		for object, err := range f.decode(a) {
			if err != nil {
				t.Fatal(err)
			}
			typed = append(typed, object)
			if object.IOA() != objects[len(typed)-1].IOA() || object.Timestamp().Kind() != a.TimeKind() {
				t.Errorf("object at %d with time of kind %s, want %d, %s", object.IOA(), object.Timestamp().Kind(), objects[len(typed)-1].IOA(), a.TimeKind())
			}
		}
		if !reflect.DeepEqual(typed, objects) {
			t.Errorf("All differs from Objects:\n%s", cmp.Diff(objects, typed))
		}
		if got := a.Append(nil); !slices.Equal(got, data) {
			t.Errorf("passed on as % x, want % x", got, data)
		}
		if got, err := f.encode(a, h); err != nil || !slices.Equal(got, data) {
			t.Errorf("encoded again as % x, %v, want % x", got, err, data)
		}
	})
}

// TestWalkCoversEveryBit looks for gaps and overlaps between leaves.
func TestWalkCoversEveryBit(t *testing.T) {
	everyASDU(t, func(t *testing.T, _ *rand.Rand, p *asdu.Params, _ family, _ asdu.Header, data []byte, _ []asdu.Object) {
		coverage(t, p, data)
	})
}

// coverage walks octets and fails unless the leaves lie side by side, groups
// enclose their leaves, and all together are the octets again.
func coverage(t testing.TB, p *asdu.Params, data []byte) []wire.Node {
	t.Helper()
	w := wire.NewWalker(data)
	p.Walk(w)
	at := 0
	var ends []int // of the groups that are open
	for _, node := range w.Nodes() {
		ends = ends[:node.Depth]
		if node.Depth > 0 && node.Bit+node.Width > ends[node.Depth-1] {
			t.Fatalf("%s ends at bit %d, beyond its group, in % x", node.Name, node.Bit+node.Width, data)
		}
		ends = append(ends, node.Bit+node.Width)
		if !node.Leaf {
			continue
		}
		if node.Bit != at {
			t.Fatalf("leaf %s begins at bit %d, want %d, in % x", node.Name, node.Bit, at, data)
		}
		at += node.Width
	}
	if at != 8*len(data) {
		t.Fatalf("leaves end at bit %d of %d, in % x", at, 8*len(data), data)
	}
	if got := wire.Join(w.Nodes()); !slices.Equal(got, data) {
		t.Fatalf("joined % x, want % x", got, data)
	}
	return w.Nodes()
}

// TestEveryBitHasItsField flips each bit of telegrams: where the description
// has a field, the value changes and the flipped telegram is encoded again from
// it; where the description says reserved, the value stays as it is, the bit is
// not sent, and it is reported.
func TestEveryBitHasItsField(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for _, f := range families {
		for _, id := range f.types {
			t.Run(id.String(), func(t *testing.T) {
				for _, sequence := range orders(id) {
					n := min(2, (*asdu.Params)(nil).Capacity(id, sequence, asdu.MaxOctets))
					h := headerOf(r, nil, id, sequence)
					data, objects, err := f.random(r, nil, h, 0x111111, n)
					if err != nil {
						t.Fatal(err)
					}
					flipEveryBit(t, f, data, h, objects)
				}
			})
		}
	}
}

func flipEveryBit(t *testing.T, f family, data []byte, h asdu.Header, objects []asdu.Object) {
	t.Helper()
	var p *asdu.Params
	for _, node := range coverage(t, p, data) {
		if !node.Leaf || node.Name == "TypeID" || node.Name == "N" || node.Name == "LOS" {
			continue // these say how the rest is read
		}
		if node.Name == "SQ" && node.Bit < 16 {
			continue
		}
		for bit := node.Bit; bit < node.Bit+node.Width; bit++ {
			where := fmt.Sprintf("bit %d, %s", bit, node.Name)
			flipped := slices.Clone(data)
			flipped[bit/8] ^= 1 << (bit % 8)
			a, err := p.Decode(flipped)
			if err != nil {
				t.Fatalf("%s: %v", where, err)
			}
			got := slices.Collect(a.Objects())
			again, err := f.encode(a, a.Header)
			if err != nil {
				t.Fatalf("%s: %v", where, err)
			}
			reported := slices.ContainsFunc(a.Violations(), func(v asdu.Violation) bool {
				return v.Code == "reserved-bits" && v.Octet == bit/8+1
			})
			if node.Name == "RES" {
				if !slices.Equal(again, data) || !reported {
					t.Errorf("%s: reserved, but encoded again as % x from % x; reported: %t", where, again, flipped, reported)
				}
				continue
			}
			if a.Header == h && reflect.DeepEqual(got, objects) {
				t.Errorf("%s: the value does not change", where)
			}
			if !slices.Equal(again, flipped) || reported {
				t.Errorf("%s: encoded again as % x, want % x; reported as reserved: %t", where, again, flipped, reported)
			}
		}
	}
}

// TestCapacity fills ASDUs to the last octet, and sends one object more.
func TestCapacity(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for _, f := range families {
		for _, id := range f.types {
			for _, p := range everyParams() {
				for _, sequence := range []bool{false, true} {
					most := p.Capacity(id, sequence, asdu.MaxOctets)
					if sequence && len(orders(id)) == 1 {
						if most != 0 {
							t.Errorf("%s: %d elements fit in sequence, which is not allowed", id, most)
						}
						continue
					}
					h := headerOf(r, p, id, sequence)
					if _, _, err := f.random(r, p, h, 0, most); err != nil && !strings.Contains(err.Error(), "highest") {
						t.Errorf("%s, %+v: capacity %d: %v", id, p, most, err)
					}
					_, _, err := f.random(r, p, h, 0, most+1)
					if err == nil {
						t.Errorf("%s, %+v: one object more than the capacity %d is accepted", id, p, most)
					}
				}
			}
		}
	}
}

// TestCapacityByHand compares with numbers that were reckoned on paper.
func TestCapacityByHand(t *testing.T) {
	short := &asdu.Params{CauseOctets: 1, CommonAddressOctets: 1, ObjectAddressOctets: 1}
	for _, row := range []struct {
		params   *asdu.Params
		id       asdu.TypeID
		sequence bool
		limit    int
		want     int
	}{
		{nil, asdu.M_SP_NA_1, false, 249, 60}, // 243 / 4
		{nil, asdu.M_SP_NA_1, true, 249, 127}, // 240 / 1, but N has 7 bits
		{nil, asdu.M_ME_TF_1, false, 249, 16}, // 243 / 15
		{nil, asdu.M_ME_NC_1, true, 249, 48},  // 240 / 5
		{nil, asdu.M_ME_TF_1, true, 249, 0},   // not allowed
		{nil, asdu.C_RD_NA_1, false, 249, 81}, // 243 / 3
		{nil, asdu.F_SG_NA_1, false, 249, 1},
		{nil, asdu.F_SG_NA_1, false, 13, 1}, // an empty segment
		{nil, asdu.F_SG_NA_1, false, 12, 0},
		{nil, asdu.M_SP_NA_1, false, 10, 1},
		{nil, asdu.M_SP_NA_1, false, 9, 0},
		{nil, asdu.M_SP_NA_1, false, 0, 0},
		{nil, asdu.M_SP_NA_1, true, -1, 0},
		{nil, 0, false, 249, 0},
		{nil, 22, false, 249, 0},
		{nil, 200, false, 249, 0},
		{short, asdu.M_SP_NA_1, false, 253, 124}, // 249 / 2
		{short, asdu.M_ME_NC_1, true, 253, 49},   // 248 / 5
	} {
		if got := row.params.Capacity(row.id, row.sequence, row.limit); got != row.want {
			t.Errorf("%s, SQ %t, %d octets, %+v: capacity %d, want %d", row.id, row.sequence, row.limit, row.params, got, row.want)
		}
	}
}
