package asdu_test

import (
	"slices"
	"testing"

	"stellwerk/iec104/asdu"
)

var segments = []telegram{
	of("F_SG_NA_1", asdu.Header{Type: asdu.F_SG_NA_1, Cause: asdu.File, CommonAddress: 1}, []asdu.Segment{
		{Address: 1, File: 3, Section: 4, Declared: 3, Data: []byte{0xaa, 0xbb, 0xcc}},
	}, []byte{
		125,        // TypeID F_SG_NA_1
		0x01,       // SQ=0, N=1
		0x0d, 0x00, // COT 13 file transfer
		0x01, 0x00, // CA
		0x01, 0x00, 0x00, // IOA
		0x03, 0x00, // NOF 3
		4,                // NOS
		3,                // LOS
		0xaa, 0xbb, 0xcc, // segment
	}),
	of("F_SG_NA_1 empty", asdu.Header{Type: asdu.F_SG_NA_1, Cause: asdu.File, CommonAddress: 1}, []asdu.Segment{
		{Address: 1, File: 3, Section: 4, Data: []byte{}},
	}, []byte{
		125,        // TypeID
		0x01,       // SQ=0, N=1
		0x0d, 0x00, // COT 13 file transfer
		0x01, 0x00, // CA
		0x01, 0x00, 0x00, // IOA
		0x03, 0x00, // NOF 3
		4, // NOS
		0, // LOS
	}),
}

func TestSegment(t *testing.T) { verify(t, segments) }

// TestSegmentLength sends the longest segment that fits, and one octet more.
func TestSegmentLength(t *testing.T) {
	h := asdu.Header{Type: asdu.F_SG_NA_1, Cause: asdu.File, CommonAddress: 1}
	longest := asdu.MaxOctets - 6 - 3 - 4
	for _, length := range []int{longest, longest + 1, 256} {
		data := slices.Repeat([]byte{7}, length)
		a, err := asdu.New(nil, h, asdu.Segment{Data: data})
		if fits := length <= longest; (err == nil) != fits {
			t.Errorf("segment of %d octets: %v", length, err)
		} else if fits && a.Len() != asdu.MaxOctets {
			t.Errorf("segment of %d octets makes an ASDU of %d", length, a.Len())
		}
	}
}
