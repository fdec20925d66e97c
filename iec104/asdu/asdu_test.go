package asdu_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"stellwerk/iec104/asdu"
	"stellwerk/wire"
)

// TestTruncated cuts telegrams of every type behind each octet: the error names
// the first octet that is missing and the element to which it belongs.
func TestTruncated(t *testing.T) {
	var p *asdu.Params
	for _, telegram := range telegrams() {
		t.Run(telegram.name, func(t *testing.T) {
			fields := fieldOfOctet(t, p, telegram.octets)
			for length := range telegram.octets {
				a, err := p.Decode(telegram.octets[:length])
				want := &asdu.Error{Octet: length + 1, Field: fields[length]}
				verifyError(t, err, want)
				if got := a.Append(nil); !slices.Equal(got[:min(length, 6)], telegram.octets[:min(length, 6)]) {
					t.Errorf("cut to %d octets: header % x", length, got)
				}
				if length >= p.HeaderOctets() {
					if a.Header != telegram.header || !slices.Equal(a.Append(nil), telegram.octets[:length]) {
						t.Errorf("cut to %d octets: header %+v, octets % x", length, a.Header, a.Append(nil))
					}
				}
				coverage(t, p, telegram.octets[:length])
			}
		})
	}
}

// fieldOfOctet returns the name of the element of each octet, as a walk gives
// it.
func fieldOfOctet(t *testing.T, p *asdu.Params, data []byte) []string {
	t.Helper()
	names := make([]string, len(data))
	for _, node := range coverage(t, p, data) {
		if node.Name == "ASDU" || strings.HasPrefix(node.Name, "object ") {
			continue
		}
		for octet := node.Bit / 8; octet < (node.Bit+node.Width)/8; octet++ {
			if names[octet] == "" {
				names[octet] = node.Name
			}
		}
	}
	return names
}

func verifyError(t *testing.T, err error, want *asdu.Error) {
	t.Helper()
	got, ok := errors.AsType[*asdu.Error](err)
	if !ok || got.Octet != want.Octet || got.Field != want.Field || got.Reason == "" || want.Reason != "" && got.Reason != want.Reason {
		t.Errorf("error %#v,\nwant %#v", err, want)
	}
}

func TestOctetTooMany(t *testing.T) {
	var p *asdu.Params
	for _, telegram := range telegrams() {
		t.Run(telegram.name, func(t *testing.T) {
			long := append(slices.Clone(telegram.octets), 0)
			a, err := p.Decode(long)
			verifyError(t, err, &asdu.Error{Octet: len(long), Field: "surplus"})
			if !slices.Equal(a.Append(nil), long) {
				t.Errorf("passed on as % x", a.Append(nil))
			}
			coverage(t, p, long)
			objects := slices.Collect(a.Objects())
			want := append(slices.Clone(telegram.objects), asdu.Object(asdu.Raw{Octets: []byte{0}}))
			if !cmp.Equal(objects, want) {
				t.Errorf("objects (-want +got):\n%s", cmp.Diff(want, objects))
			}
		})
	}
}

func TestDecodeErrors(t *testing.T) {
	short := &asdu.Params{CauseOctets: 1, CommonAddressOctets: 1, ObjectAddressOctets: 1}
	for _, row := range []struct {
		name   string
		params *asdu.Params
		octets []byte
		want   asdu.Error
	}{
		{"nothing", nil, nil, asdu.Error{Octet: 1, Field: "TypeID", Reason: "missing: the ASDU has 0 octets, its data unit identifier alone has 6"}},
		{"type alone", nil, []byte{1}, asdu.Error{Octet: 2, Field: "VSQ", Reason: "missing: the ASDU has 1 octets, its data unit identifier alone has 6"}},
		{"no cause", nil, []byte{1, 1}, asdu.Error{Octet: 3, Field: "COT", Reason: "missing: the ASDU has 2 octets, its data unit identifier alone has 6"}},
		{"no originator", nil, []byte{1, 1, 3}, asdu.Error{Octet: 4, Field: "OA", Reason: "missing: the ASDU has 3 octets, its data unit identifier alone has 6"}},
		{"no common address", nil, []byte{1, 1, 3, 0}, asdu.Error{Octet: 5, Field: "CA", Reason: "missing: the ASDU has 4 octets, its data unit identifier alone has 6"}},
		{"half a common address", nil, []byte{1, 1, 3, 0, 1}, asdu.Error{Octet: 6, Field: "CA", Reason: "missing: the ASDU has 5 octets, its data unit identifier alone has 6"}},
		{"no common address of one octet", short, []byte{1, 1, 3}, asdu.Error{Octet: 4, Field: "CA", Reason: "missing: the ASDU has 3 octets, its data unit identifier alone has 4"}},
		{"no object", nil, []byte{1, 1, 3, 0, 1, 0}, asdu.Error{Octet: 7, Field: "IOA", Reason: "missing: 1 object(s) of M_SP_NA_1 take 10 octets, the ASDU has 6"}},
		{"N above the objects", nil, []byte{1, 3, 3, 0, 1, 0, 1, 0, 0, 0}, asdu.Error{Octet: 11, Field: "IOA", Reason: "missing: 3 object(s) of M_SP_NA_1 take 18 octets, the ASDU has 10"}},
		{"N below the objects", nil, []byte{1, 1, 3, 0, 1, 0, 1, 0, 0, 0, 2, 0, 0, 0}, asdu.Error{Octet: 11, Field: "surplus", Reason: "1 object(s) of M_SP_NA_1 take 10 octets, the ASDU has 14"}},
		{"N above the elements", nil, []byte{1, 0x83, 3, 0, 1, 0, 1, 0, 0, 0}, asdu.Error{Octet: 11, Field: "SIQ", Reason: "missing: 3 element(s) in sequence of M_SP_NA_1 take 12 octets, the ASDU has 10"}},
		{"N below the elements", nil, []byte{1, 0x81, 3, 0, 1, 0, 1, 0, 0, 0, 0}, asdu.Error{Octet: 11, Field: "surplus", Reason: "1 element(s) in sequence of M_SP_NA_1 take 10 octets, the ASDU has 11"}},
		{"no objects but a body", nil, []byte{1, 0, 3, 0, 1, 0, 1}, asdu.Error{Octet: 7, Field: "surplus", Reason: "0 object(s) of M_SP_NA_1 take 6 octets, the ASDU has 7"}},
		{"no elements but a body", nil, []byte{1, 0x80, 3, 0, 1, 0, 1, 0, 0}, asdu.Error{Octet: 7, Field: "surplus", Reason: "0 element(s) in sequence of M_SP_NA_1 take 6 octets, the ASDU has 9"}},
		{"no segment but a body", nil, []byte{125, 0, 13, 0, 1, 0, 1, 0, 0}, asdu.Error{Octet: 7, Field: "surplus", Reason: "0 object(s) of F_SG_NA_1 take 6 octets, the ASDU has 9"}},
		{"beyond the highest address", nil, []byte{1, 0x82, 3, 0, 1, 0, 0xff, 0xff, 0xff, 0, 0}, asdu.Error{Octet: 7, Field: "IOA", Reason: "2 elements from address 16777215 on run past the highest address 16777215"}},
		{"beyond the highest address of one octet", short, []byte{1, 0x83, 3, 1, 0xfe, 0, 0, 0}, asdu.Error{Octet: 5, Field: "IOA", Reason: "3 elements from address 254 on run past the highest address 255"}},
		{"two segments", nil, []byte{125, 2, 13, 0, 1, 0, 1, 0, 0, 1, 0, 1, 0, 2, 0, 0, 1, 0, 1, 0}, asdu.Error{Octet: 2, Field: "VSQ", Reason: "2 objects of F_SG_NA_1: it has one of variable length"}},
		{"segment without length", nil, []byte{125, 1, 13, 0, 1, 0, 1, 0, 0, 1, 0, 1}, asdu.Error{Octet: 13, Field: "LOS", Reason: "missing: 1 object(s) of F_SG_NA_1 take 13 octets, the ASDU has 12"}},
		{"segment shorter than its length", nil, []byte{125, 1, 13, 0, 1, 0, 1, 0, 0, 1, 0, 1, 3, 7, 7}, asdu.Error{Octet: 16, Field: "segment", Reason: "missing: 1 object(s) of F_SG_NA_1 take 16 octets, the ASDU has 15"}},
		{"segment longer than its length", nil, []byte{125, 1, 13, 0, 1, 0, 1, 0, 0, 1, 0, 1, 1, 7, 7}, asdu.Error{Octet: 15, Field: "surplus", Reason: "1 object(s) of F_SG_NA_1 take 14 octets, the ASDU has 15"}},
		{"second time of a query", nil, []byte{127, 1, 13, 0, 1, 0, 1, 0, 0, 1, 0, 1, 2, 3, 4, 5, 6, 7, 8}, asdu.Error{Octet: 20, Field: "to", Reason: "missing: 1 object(s) of F_SC_NB_1 take 25 octets, the ASDU has 19"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			a, err := row.params.Decode(row.octets)
			verifyError(t, err, &row.want)
			coverage(t, row.params, row.octets)
			if len(row.octets) >= row.params.HeaderOctets() && !slices.Equal(a.Append(nil), row.octets) {
				t.Errorf("passed on as % x", a.Append(nil))
			}
			for range a.Objects() { // must end
			}
		})
	}
}

func TestErrorText(t *testing.T) {
	var p *asdu.Params
	for _, row := range []struct {
		octets []byte
		want   wire.Text
	}{
		{[]byte{1, 1, 3, 0, 1, 0, 1, 0, 0}, wire.Text{
			EN: "octet 10 of the ASDU (SIQ): missing: 1 object(s) of M_SP_NA_1 take 10 octets, the ASDU has 9",
			DE: "Oktett 10 der ASDU (SIQ): fehlt: 1 Objekt(e) von M_SP_NA_1 belegen 10 Oktette, die ASDU hat 9",
		}},
		{[]byte{1, 0x81, 3, 0, 1, 0, 1, 0, 0, 0, 0}, wire.Text{
			EN: "octet 11 of the ASDU (surplus): 1 element(s) in sequence of M_SP_NA_1 take 10 octets, the ASDU has 11",
			DE: "Oktett 11 der ASDU (überzählig): 1 Element(e) in Folge von M_SP_NA_1 belegen 10 Oktette, die ASDU hat 11",
		}},
	} {
		_, err := p.Decode(row.octets)
		wrong, ok := errors.AsType[*asdu.Error](err)
		if !ok || wrong.Text() != row.want || err.Error() != row.want.EN {
			t.Errorf("% x: error %v, want %v", row.octets, err, row.want)
		}
	}
}

// TestNoObjects decodes ASDUs with N=0, which have a header and nothing else.
func TestNoObjects(t *testing.T) {
	var p *asdu.Params
	for id := range asdu.Types() {
		for _, vsq := range []byte{0x00, 0x80} {
			data := []byte{byte(id), vsq, 3, 0, 1, 0}
			a, err := p.Decode(data)
			if err != nil || a.Count() != 0 || a.Sequence != (vsq == 0x80) || len(slices.Collect(a.Objects())) != 0 {
				t.Errorf("%s with VSQ %02x: %+v, %v", id, vsq, a, err)
			}
			if !slices.Equal(a.Append(nil), data) {
				t.Errorf("%s passed on as % x", id, a.Append(nil))
			}
			coverage(t, p, data)
		}
	}
}

// TestManyAddresses decodes a sequence of read commands, whose elements have no
// octets: it is not allowed, but nothing is missing.
func TestManyAddresses(t *testing.T) {
	var p *asdu.Params
	data := []byte{102, 0x83, 5, 0, 1, 0, 7, 0, 0}
	a, err := p.Decode(data)
	if err != nil {
		t.Fatal(err)
	}
	want := []asdu.Object{asdu.Read{Address: 7}, asdu.Read{Address: 8}, asdu.Read{Address: 9}}
	if got := slices.Collect(a.Objects()); !cmp.Equal(got, want) {
		t.Errorf("objects %v, want %v", got, want)
	}
	coverage(t, p, data)
}

func TestMirror(t *testing.T) {
	h := asdu.Header{Type: asdu.C_SC_NA_1, Cause: asdu.Activation, Test: true, Originator: 9, CommonAddress: 300}
	request, err := asdu.New(nil, h, asdu.SingleCommand{Address: 7, Value: true})
	if err != nil {
		t.Fatal(err)
	}
	want := []byte{
		45,                  // TypeID
		1,                   // VSQ
		0x80 | 0x40 | 47, 9, // T=1, P/N=1, COT 47; OA
		0x2c, 0x01, // CA
		7, 0, 0, 1, // IOA, SCO
	}
	if got := request.Mirror(asdu.UnknownObjectAddress, true).Append(nil); !slices.Equal(got, want) {
		t.Errorf("mirrored as % x, want % x", got, want)
	}
	if request.Cause != asdu.Activation || request.Negative {
		t.Error("the request has changed")
	}
}

// TestClone changes the octets of which an ASDU was decoded.
func TestClone(t *testing.T) {
	var p *asdu.Params
	data := slices.Clone(singlePoints[0].octets)
	a, err := p.Decode(data)
	if err != nil {
		t.Fatal(err)
	}
	clone := a.Clone()
	clear(data)
	if got := clone.Append(nil); !slices.Equal(got, singlePoints[0].octets) {
		t.Errorf("the clone has become % x", got)
	}
	if got := a.Append(nil); slices.Equal(got, singlePoints[0].octets) {
		t.Error("the ASDU does not alias its octets")
	}
}

func TestWithParams(t *testing.T) {
	var long *asdu.Params
	short := &asdu.Params{CauseOctets: 1, CommonAddressOctets: 1, ObjectAddressOctets: 1}
	middle := &asdu.Params{CauseOctets: 1, CommonAddressOctets: 2, ObjectAddressOctets: 2}
	for _, row := range []struct {
		name     string
		from, to *asdu.Params
		octets   []byte
		want     []byte
		err      string
	}{
		{
			name: "shorter", from: long, to: short,
			octets: []byte{1, 2, 3, 0, 7, 0, 1, 0, 0, 0x81, 255, 0, 0, 1},
			want:   []byte{1, 2, 3, 7, 1, 0x81, 255, 1},
		},
		{
			name: "longer", from: short, to: long,
			octets: []byte{1, 2, 3, 7, 1, 0x81, 255, 1},
			want:   []byte{1, 2, 3, 0, 7, 0, 1, 0, 0, 0x81, 255, 0, 0, 1},
		},
		{
			name: "sequence", from: long, to: middle,
			octets: []byte{1, 0x83, 3, 0, 7, 1, 0xfd, 0xff, 0, 1, 0x80, 0},
			want:   []byte{1, 0x83, 3, 7, 1, 0xfd, 0xff, 1, 0x80, 0},
		},
		{
			name: "segment", from: middle, to: long,
			octets: []byte{125, 1, 13, 7, 0, 1, 2, 3, 0, 4, 2, 8, 9},
			want:   []byte{125, 1, 13, 0, 7, 0, 1, 2, 0, 3, 0, 4, 2, 8, 9},
		},
		{
			name: "no objects", from: long, to: short,
			octets: []byte{1, 0, 3, 0, 7, 0},
			want:   []byte{1, 0, 3, 7},
		},
		{
			name: "to all stations, shorter", from: long, to: short,
			octets: []byte{100, 1, 6, 0, 0xff, 0xff, 0, 0, 0, 20},
			want:   []byte{100, 1, 6, 0xff, 0, 20},
		},
		{
			name: "to all stations, longer", from: short, to: long,
			octets: []byte{100, 1, 6, 0xff, 0, 20},
			want:   []byte{100, 1, 6, 0, 0xff, 0xff, 0, 0, 0, 20},
		},
		{
			name: "private type, same addresses", from: &asdu.Params{CauseOctets: 1}, to: long,
			octets: []byte{200, 5, 3, 7, 0, 1, 2},
			want:   []byte{200, 5, 3, 0, 7, 0, 1, 2},
		},
		{
			name: "originator", from: long, to: middle,
			octets: []byte{1, 1, 3, 9, 7, 0, 1, 0, 0, 0},
			err:    "M_SP_NA_1: originator address 9, but causes of transmission have one octet",
		},
		{
			name: "common address", from: long, to: short,
			octets: []byte{1, 1, 3, 0, 0, 1, 1, 0, 0, 0},
			err:    "M_SP_NA_1: common address 256 does not fit into one octet",
		},
		{
			name: "station that would become all", from: long, to: short,
			octets: []byte{1, 1, 3, 0, 255, 0, 1, 0, 0, 0},
			err:    "common address 255 would mean all stations",
		},
		{
			name: "object address", from: long, to: middle,
			octets: []byte{1, 2, 3, 0, 7, 0, 1, 0, 0, 0, 0, 0, 1, 0},
			err:    "information object address 65536 does not fit into 2 octet(s)",
		},
		{
			name: "last object address of a sequence", from: long, to: short,
			octets: []byte{1, 0x82, 3, 0, 7, 0, 255, 0, 0, 0, 0},
			err:    "information object address 256 does not fit into 1 octet(s)",
		},
		{
			name: "private type", from: long, to: short,
			octets: []byte{200, 1, 3, 0, 7, 0, 1},
			err:    "type 200 has no known layout: its object addresses cannot be made 1 octet(s) long",
		},
		{
			name: "cut short", from: long, to: short,
			octets: []byte{1, 1, 3, 0, 7, 0, 1},
			err:    "octet 8 of the ASDU (IOA): missing: 1 object(s) of M_SP_NA_1 take 10 octets, the ASDU has 7",
		},
		{
			name: "cut in the header", from: long, to: short,
			octets: []byte{1, 1, 3},
			err:    "the data unit identifier is cut short",
		},
		{
			name: "private type without a body", from: long, to: short,
			octets: []byte{200, 1, 3, 0, 7, 0},
			want:   []byte{200, 1, 3, 7},
		},
		{
			name: "too many for longer addresses", from: short, to: long,
			octets: append([]byte{1, 61, 3, 7}, make([]byte, 122)...),
			err:    "M_SP_NA_1 would take 250 octets, an ASDU has at most 249",
		},
	} {
		t.Run(row.name, func(t *testing.T) {
			a, err := row.from.Decode(row.octets)
			if _, wrong := errors.AsType[*asdu.Error](err); err != nil && !wrong {
				t.Fatal(err)
			}
			b, err := a.WithParams(row.to)
			if row.err != "" {
				if err == nil || err.Error() != row.err {
					t.Errorf("error %v, want %s", err, row.err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if got := b.Append(nil); !slices.Equal(got, row.want) || b.Params() != row.to {
				t.Errorf("octets % x, want % x", got, row.want)
			}
			if got := a.Append(nil); !slices.Equal(got, row.octets) {
				t.Errorf("the original has become % x", got)
			}
		})
	}
}
