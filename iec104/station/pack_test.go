package station_test

import (
	"fmt"
	"iter"
	"math/rand/v2"
	"slices"
	"testing"

	"stellwerk/iec104/asdu"
	"stellwerk/iec104/station"
)

// span returns n consecutive addresses.
func span(first asdu.ObjectAddress, n int) []asdu.ObjectAddress {
	all := make([]asdu.ObjectAddress, n)
	for i := range all {
		all[i] = first + asdu.ObjectAddress(i)
	}
	return all
}

// TestPack looks at how objects are spread over ASDUs. A single point takes 4
// octets with its address and 1 without: 60 and 127 go into an ASDU.
func TestPack(t *testing.T) {
	for _, c := range []struct {
		name      string
		typ       asdu.TypeID
		addresses []asdu.ObjectAddress
		want      []string
	}{
		{"none", asdu.M_SP_NA_1, nil, nil},
		{"one", asdu.M_SP_NA_1, []asdu.ObjectAddress{5}, []string{"5 x1"}},
		{"two in sequence", asdu.M_SP_NA_1, []asdu.ObjectAddress{6, 5}, []string{"5 x2 sequence"}},
		{"two apart", asdu.M_SP_NA_1, []asdu.ObjectAddress{5, 7, 5}, []string{"5 x2"}},
		{"runs that fit together", asdu.M_SP_NA_1, slices.Concat(span(1, 20), span(100, 20), span(200, 20)), []string{"1 x60"}},
		{"a full sequence", asdu.M_SP_NA_1, span(1, 127), []string{"1 x127 sequence"}},
		{"beyond a full sequence", asdu.M_SP_NA_1, span(1, 128), []string{"1 x127 sequence", "128 x1"}},
		{"a long run beside others", asdu.M_SP_NA_1, slices.Concat(span(1, 61), span(100, 30), span(200, 30)), []string{"1 x61 sequence", "100 x60"}},
		{"the end of all addresses", asdu.M_SP_NA_1, span(0xffffff-9, 10), []string{"16777206 x10 sequence"}},
		{"a type without sequence", asdu.M_SP_TB_1, span(1, 30), []string{"1 x22", "23 x8"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got []string
			for a := range packed(t, nil, asdu.Header{Type: c.typ, Cause: 20, CommonAddress: 1}, c.addresses, func(address asdu.ObjectAddress) (asdu.Object, bool) {
				return asdu.SinglePoint{Address: address, Time: asdu.CP56(epoch)}, true
			}) {
				for o := range a.Objects() {
					line := fmt.Sprintf("%d x%d", o.IOA(), a.Count())
					if a.Sequence {
						line += " sequence"
					}
					got = append(got, line)
					break
				}
			}
			want(t, "ASDUs", got, c.want...)
		})
	}
}

// TestPackAll packs addresses at random: every object comes once, in as few
// ASDUs as a full search would find, and a hole while sending loses nothing.
func TestPackAll(t *testing.T) {
	const room, sequence = 60, 127
	random := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		var addresses []asdu.ObjectAddress
		var runs []int
		at := asdu.ObjectAddress(1)
		for range random.IntN(8) {
			n := 1 + random.IntN([]int{3, 70, 200, 400}[random.IntN(4)])
			addresses = append(addresses, span(at, n)...)
			runs = append(runs, n)
			at += asdu.ObjectAddress(n + 1 + random.IntN(5))
		}
		hole := random.IntN(3) == 0
		left := func(address asdu.ObjectAddress) bool { return hole && address%37 == 0 }
		var got []asdu.ObjectAddress
		asdus := 0
		for a := range packed(t, nil, asdu.Header{Type: asdu.M_SP_NA_1, Cause: 20, CommonAddress: 1}, slices.Clone(addresses), func(address asdu.ObjectAddress) (asdu.Object, bool) {
			return asdu.SinglePoint{Address: address}, !left(address)
		}) {
			asdus++
			for o := range a.Objects() {
				got = append(got, o.IOA())
			}
		}
		slices.Sort(got)
		if want := slices.DeleteFunc(slices.Clone(addresses), left); !slices.Equal(got, want) {
			t.Fatalf("runs %v: %d objects of %d", runs, len(got), len(want))
		}
		if best := fewest(runs, room, sequence); !hole && asdus != best {
			t.Fatalf("runs %v: %d ASDUs, %d would do", runs, asdus, best)
		}
	}
}

// fewest tries for every run how many full sequences are taken of it, and
// whether its rest is one more.
func fewest(runs []int, room, sequence int) int {
	var search func(i, pool, asdus int) int
	search = func(i, pool, asdus int) int {
		if i == len(runs) {
			return asdus + (pool+room-1)/room
		}
		best := 1 << 30
		for full := 0; full <= (runs[i]+sequence-1)/sequence; full++ {
			best = min(best, search(i+1, pool+max(0, runs[i]-full*sequence), asdus+full))
		}
		return best
	}
	return search(0, 0, 0)
}

// packed is Pack of a type that can be packed.
func packed(t *testing.T, p *asdu.Params, h asdu.Header, addresses []asdu.ObjectAddress, read func(asdu.ObjectAddress) (asdu.Object, bool)) iter.Seq[asdu.ASDU] {
	t.Helper()
	all, err := station.Pack(p, h, addresses, read)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// TestPackOtherTypes: what is no process information is refused.
func TestPackOtherTypes(t *testing.T) {
	for typ := range 256 {
		all, err := station.Pack(nil, asdu.Header{Type: asdu.TypeID(typ), Cause: 3, CommonAddress: 1}, span(1, 300), func(address asdu.ObjectAddress) (asdu.Object, bool) {
			return asdu.SinglePoint{Address: address}, true
		})
		if err != nil {
			continue
		}
		for range all { // of other families nothing comes
		}
		if typ > 40 || typ == 0 {
			t.Errorf("type %d is packed", typ)
		}
	}
}
