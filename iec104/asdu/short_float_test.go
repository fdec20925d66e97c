package asdu_test

import (
	"encoding/binary"
	"math"
	"slices"
	"testing"
	"time"

	"stellwerk/iec104/asdu"
)

var shortFloats = []telegram{
	of("M_ME_NC_1", asdu.Header{Type: asdu.M_ME_NC_1, Cause: asdu.Cyclic, CommonAddress: 1}, []asdu.ShortFloat{
		{Address: 1, Value: -1.5},
		{Address: 2, Value: float32(math.Inf(1)), Quality: asdu.Overflow | asdu.Blocked | asdu.Substituted | asdu.NotTopical | asdu.Invalid},
		{Address: 3, Value: math.MaxFloat32, Quality: asdu.Overflow},
		{Address: 4, Value: math.SmallestNonzeroFloat32},
		{Address: 5, Value: float32(math.Copysign(0, -1))},
	}, []byte{
		13,         // TypeID M_ME_NC_1
		0x05,       // SQ=0, N=5
		0x01, 0x00, // COT 1 periodic
		0x01, 0x00, // CA
		0x01, 0x00, 0x00, // IOA
		0x00, 0x00, 0xc0, 0xbf, // R32: -1.5
		0b0000_0000,      // QDS
		0x02, 0x00, 0x00, // IOA
		0x00, 0x00, 0x80, 0x7f, // R32: +Inf
		0b1111_0001,      // QDS: IV, NT, SB, BL, OV
		0x03, 0x00, 0x00, // IOA
		0xff, 0xff, 0x7f, 0x7f, // R32: greatest
		0b0000_0001,      // QDS: OV
		0x04, 0x00, 0x00, // IOA
		0x01, 0x00, 0x00, 0x00, // R32: smallest
		0b0000_0000,      // QDS
		0x05, 0x00, 0x00, // IOA
		0x00, 0x00, 0x00, 0x80, // R32: -0
		0b0000_0000, // QDS
	}),
	of("M_ME_NC_1 SQ=1", asdu.Header{Type: asdu.M_ME_NC_1, Sequence: true, Cause: asdu.InterrogatedByStation, CommonAddress: 1}, []asdu.ShortFloat{
		{Address: 1, Value: 1}, {Address: 2, Value: 50.25, Quality: asdu.Blocked},
	}, []byte{
		13,         // TypeID
		0x82,       // SQ=1, N=2
		0x14, 0x00, // COT 20 interrogated by station interrogation
		0x01, 0x00, // CA
		0x01, 0x00, 0x00, // IOA of the first
		0x00, 0x00, 0x80, 0x3f, 0b0000_0000, // R32 1, QDS
		0x00, 0x00, 0x49, 0x42, 0b0001_0000, // R32 50.25, QDS: BL
	}),
	of("M_ME_TC_1", asdu.Header{Type: asdu.M_ME_TC_1, Cause: asdu.Spontaneous, CommonAddress: 1}, []asdu.ShortFloat{
		{Address: 1, Value: -0.125, Quality: asdu.NotTopical, Time: asdu.CP24(time.Date(2009, 8, 13, 12, 34, 1, 0, time.UTC))},
	}, []byte{
		14,         // TypeID M_ME_TC_1
		0x01,       // SQ=0, N=1
		0x03, 0x00, // COT 3 spontaneous
		0x01, 0x00, // CA
		0x01, 0x00, 0x00, // IOA
		0x00, 0x00, 0x00, 0xbe, // R32 -0.125
		0b0100_0000, // QDS: NT
		0xe8, 0x03,  // 1000 ms
		34, // minute
	}),
	of("M_ME_TF_1", asdu.Header{Type: asdu.M_ME_TF_1, Cause: asdu.Spontaneous, CommonAddress: 1}, []asdu.ShortFloat{
		{Address: 1, Value: 230, Time: asdu.CP56(time.Date(2009, 8, 13, 12, 34, 1, 0, time.UTC))},
		{Address: 3, Value: 49.99, Quality: asdu.Substituted, Time: asdu.CP56(time.Date(2009, 8, 16, 12, 34, 1, 1e6, time.UTC))},
	}, []byte{
		36,         // TypeID M_ME_TF_1
		0x02,       // SQ=0, N=2
		0x03, 0x00, // COT 3 spontaneous
		0x01, 0x00, // CA
		0x01, 0x00, 0x00, // IOA
		0x00, 0x00, 0x66, 0x43, // R32 230
		0b0000_0000,                         // QDS
		0xe8, 0x03, 34, 12, 4<<5 | 13, 8, 9, // CP56Time2a
		0x03, 0x00, 0x00, // IOA
		0xc3, 0xf5, 0x47, 0x42, // R32 49.99
		0b0010_0000,                         // QDS: SB
		0xe9, 0x03, 34, 12, 7<<5 | 16, 8, 9, // CP56Time2a, a Sunday
	}),
}

func TestShortFloat(t *testing.T) { verify(t, shortFloats) }

// TestShortFloatBits sends what is no number: all bits arrive, those of a
// signalling NaN too.
func TestShortFloatBits(t *testing.T) {
	h := asdu.Header{Type: asdu.M_ME_NC_1, Cause: asdu.Spontaneous, CommonAddress: 1}
	for _, bits := range []uint32{0x7fc00000, 0xffc00000, 0x7f800001, 0xff812345, 0x7fffffff, 0xff800000} {
		octets := binary.LittleEndian.AppendUint32([]byte{13, 1, 3, 0, 1, 0, 1, 0, 0}, bits)
		octets = append(octets, 0)
		var p *asdu.Params
		a, err := p.Decode(octets)
		if err != nil {
			t.Fatal(err)
		}
		object, err := asdu.First[asdu.ShortFloat](a)
		if err != nil {
			t.Fatal(err)
		}
		if got := math.Float32bits(object.Value); got != bits {
			t.Errorf("decoded %08x, want %08x", got, bits)
		}
		if got, err := asdu.Append(nil, nil, h, []asdu.ShortFloat{object}); err != nil || !slices.Equal(got, octets) {
			t.Errorf("encoded % x, %v, want % x", got, err, octets)
		}
	}
}
