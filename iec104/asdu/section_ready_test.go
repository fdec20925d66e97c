package asdu_test

import (
	"testing"

	"stellwerk/iec104/asdu"
)

var sectionsReady = []telegram{
	of("F_SR_NA_1", asdu.Header{Type: asdu.F_SR_NA_1, Cause: asdu.File, CommonAddress: 1}, []asdu.SectionReady{
		{Address: 1, File: 0x0102, Section: 255, Length: 0x0a0b0c, Qualifier: 64, NotReady: true},
	}, []byte{
		121,        // TypeID F_SR_NA_1
		0x01,       // SQ=0, N=1
		0x0d, 0x00, // COT 13 file transfer
		0x01, 0x00, // CA
		0x01, 0x00, 0x00, // IOA
		0x02, 0x01, // NOF
		255,              // NOS
		0x0c, 0x0b, 0x0a, // LOF
		0b1_1000000, // SRQ: not ready, 64
	}),
}

func TestSectionReady(t *testing.T) { verify(t, sectionsReady) }
