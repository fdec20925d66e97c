package asdu_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"stellwerk/iec104/asdu"
)

func declared(t *testing.T) *asdu.Params {
	t.Helper()
	p, err := (*asdu.Params)(nil).Declare(
		asdu.PrivateType{Type: 150, Name: "M_XX_TB_1", Like: asdu.M_ME_NC_1, Time: asdu.TimeCP56},
		asdu.PrivateType{Type: 151, Like: asdu.M_SP_TB_1},
		asdu.PrivateType{Type: 152, Name: "M_XS_TA_1", Like: asdu.M_DP_NA_1, Time: asdu.TimeCP24},
		asdu.PrivateType{Type: 153, Name: "F_XS_NA_1", Like: asdu.F_SG_NA_1},
	)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestPrivateType(t *testing.T) {
	p := declared(t)
	for _, row := range []struct {
		name, text string
		kind       asdu.TimeKind
		octets     []byte
		objects    []asdu.Object
	}{
		{
			name: "M_XX_TB_1", text: "private type with elements of M_ME_NC_1", kind: asdu.TimeCP56,
			octets: []byte{
				150,        // type
				0x01,       // SQ=0, N=1
				0x03, 0x00, // COT 3 spontaneous
				0x01, 0x00, // CA
				0x07, 0x00, 0x00, // IOA
				0x00, 0x00, 0xc0, 0x3f, // R32 1.5
				0x80,                                // QDS: IV
				0x00, 0x00, 0, 12, 4<<5 | 29, 2, 24, // CP56Time2a
			},
			objects: []asdu.Object{asdu.ShortFloat{Address: 7, Value: 1.5, Quality: asdu.Invalid, Time: noon}},
		},
		{
			name: "private type 151", text: "private type with elements of M_SP_TB_1",
			octets: []byte{
				151,        // type
				0x02,       // SQ=0, N=2
				0x03, 0x00, // COT 3 spontaneous
				0x01, 0x00, // CA
				0x07, 0x00, 0x00, 0x01, // IOA, SIQ
				0x08, 0x00, 0x00, 0x10, // IOA, SIQ: BL
			},
			objects: []asdu.Object{asdu.SinglePoint{Address: 7, Value: true}, asdu.SinglePoint{Address: 8, Quality: asdu.Blocked}},
		},
		{
			name: "M_XS_TA_1", text: "private type with elements of M_DP_NA_1", kind: asdu.TimeCP24,
			octets: []byte{
				152,        // type
				0x82,       // SQ=1, N=2
				0x03, 0x00, // COT 3 spontaneous
				0x01, 0x00, // CA
				0x07, 0x00, 0x00, // IOA of the first
				0x02, 0xe8, 0x03, 5, // DIQ, CP24Time2a
				0x01, 0xe9, 0x03, 5, // DIQ, CP24Time2a
			},
			objects: []asdu.Object{
				asdu.DoublePoint{Address: 7, Value: asdu.On, Time: asdu.CP24(time.Date(1, 1, 1, 0, 5, 1, 0, time.UTC))},
				asdu.DoublePoint{Address: 8, Value: asdu.Off, Time: asdu.CP24(time.Date(1, 1, 1, 0, 5, 1, 1e6, time.UTC))},
			},
		},
		{
			name: "F_XS_NA_1", text: "private type with elements of F_SG_NA_1",
			octets: []byte{
				153,        // type
				0x01,       // SQ=0, N=1
				0x0d, 0x00, // COT 13 file transfer
				0x01, 0x00, // CA
				0x07, 0x00, 0x00, // IOA
				0x01, 0x00, 2, 3, 9, 8, 7, // NOF, NOS, LOS, segment
			},
			objects: []asdu.Object{asdu.Segment{Address: 7, File: 1, Section: 2, Declared: 3, Data: []byte{9, 8, 7}}},
		},
	} {
		t.Run(row.name, func(t *testing.T) {
			a, err := p.Decode(row.octets)
			if err != nil {
				t.Fatal(err)
			}
			if !a.Known() || a.TypeName() != row.name || a.TimeKind() != row.kind {
				t.Errorf("known %t, name %q, time %s", a.Known(), a.TypeName(), a.TimeKind())
			}
			if got := slices.Collect(a.Objects()); !cmp.Equal(got, row.objects) {
				t.Errorf("objects (-want +got):\n%s", cmp.Diff(row.objects, got))
			}
			f := familyOfObject(row.objects[0])
			if got, err := f.encode(a, a.Header); err != nil || !slices.Equal(got, row.octets) {
				t.Errorf("encoded % x, %v, want % x", got, err, row.octets)
			}
			if v := a.Violations(); v != nil {
				t.Errorf("violations %v", v)
			}
			if text := coverage(t, p, row.octets)[1].Text; text.EN != row.name+" "+row.text {
				t.Errorf("described as %q", text.EN)
			}
			for length := p.HeaderOctets(); length < len(row.octets); length++ {
				if _, err := p.Decode(row.octets[:length]); err == nil {
					t.Errorf("cut to %d octets: no error", length)
				}
			}
			// To others, the type stays unknown.
			var other *asdu.Params
			if b, err := other.Decode(row.octets); err != nil || b.Known() {
				t.Errorf("known without declaration, %v", err)
			}
		})
	}
	if n := p.Capacity(150, true, 249); n != 20 { // (249-6-3) / 12
		t.Errorf("capacity %d", n)
	}
}

func familyOfObject(o asdu.Object) family {
	switch o.(type) {
	case asdu.ShortFloat:
		return familyOfType(asdu.M_ME_NC_1)
	case asdu.DoublePoint:
		return familyOfType(asdu.M_DP_NA_1)
	case asdu.Segment:
		return familyOfType(asdu.F_SG_NA_1)
	default:
		return familyOfType(asdu.M_SP_NA_1)
	}
}

func TestDeclareRefused(t *testing.T) {
	for _, row := range []struct {
		declaration asdu.PrivateType
		want        string
	}{
		{asdu.PrivateType{Type: 127, Like: asdu.M_SP_NA_1}, "private type 127: must be 128 to 255"},
		{asdu.PrivateType{Type: 150}, "private type 150: type 0, whose elements it shall have, is not a type of the standard"},
		{asdu.PrivateType{Type: 150, Like: 151}, "private type 150: type 151, whose elements it shall have, is not a type of the standard"},
		{asdu.PrivateType{Type: 150, Like: asdu.M_SP_NA_1, Time: 3}, "private type 150: no such kind of time: 3"},
		{asdu.PrivateType{Type: 150, Like: asdu.F_SG_NA_1, Time: asdu.TimeCP56}, "private type 150: the information of F_SG_NA_1 has no time"},
		{asdu.PrivateType{Type: 150, Like: asdu.C_IC_NA_1, Time: asdu.TimeCP24}, "private type 150: the information of C_IC_NA_1 has no time"},
		{asdu.PrivateType{Type: 150, Like: asdu.M_ME_ND_1, Time: asdu.TimeCP56}, "private type 150: the information of M_ME_ND_1 has no time"},
	} {
		if p, err := (*asdu.Params)(nil).Declare(row.declaration); err == nil || err.Error() != row.want || p != nil {
			t.Errorf("%v, error %v, want %s", p, err, row.want)
		}
	}
}

// TestDeclareAnother adds to declarations without changing them.
func TestDeclareAnother(t *testing.T) {
	one := declared(t)
	one.ObjectAddressOctets = 2
	two, err := one.Declare(asdu.PrivateType{Type: 160, Like: asdu.M_SP_NA_1})
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		params *asdu.Params
		id     asdu.TypeID
		want   bool
	}{{one, 150, true}, {one, 160, false}, {two, 150, true}, {two, 160, true}} {
		a, err := row.params.Decode([]byte{byte(row.id), 0, 3, 0, 1, 0})
		if err != nil || a.Known() != row.want {
			t.Errorf("type %d known: %t, %v", row.id, a.Known(), err)
		}
	}
	if two.MaxObjectAddress() != 0xffff {
		t.Error("the length of object addresses is lost")
	}
}
