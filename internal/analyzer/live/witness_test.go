package live_test

import (
	"net/netip"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"stellwerk/iec104/apci"
	"stellwerk/internal/analyzer/dissect"
	"stellwerk/internal/analyzer/dissect/iec104"
	"stellwerk/internal/analyzer/live"
	"stellwerk/internal/analyzer/verdict"
	"stellwerk/internal/capture/stream"
)

// A witness tells of telegrams and of what is wrong with them, with the packet
// in which each was.
func TestWitness(t *testing.T) {
	type seen struct {
		Packet  int64
		Source  string
		Summary string
		Finding string
	}
	var got []seen
	w := live.NewWitness(netip.MustParseAddrPort("192.0.2.1:1"), netip.MustParseAddrPort("192.0.2.2:2404"),
		&iec104.Options{}, verdict.Parameters{}, func(line *dissect.Line) {
			s := seen{Packet: line.Frame, Source: line.Source().String()}
			if line.Telegram != nil {
				s.Summary = string(line.Telegram.AppendSummary(nil, "en"))
			}
			if line.Finding != nil {
				s.Finding = string(line.Finding.Code)
			}
			got = append(got, s)
		})
	at := time.Date(2026, 3, 2, 8, 30, 0, 0, time.UTC)
	w.Frame(4, at, stream.Forward, apci.AppendU(nil, apci.StartDTAct))
	w.Frame(5, at, stream.Backward, apci.AppendU(nil, apci.StartDTCon))
	w.Frame(6, at, stream.Backward, apci.AppendS(nil, 1))
	w.Frame(7, at, stream.Forward, []byte{0x68})
	w.End(8, at.Add(time.Minute))
	w.End(9, at.Add(time.Hour))
	want := []seen{
		{4, "192.0.2.1:1", "U STARTDT act", ""},
		{5, "192.0.2.2:2404", "U STARTDT con", ""},
		{6, "192.0.2.2:2404", "S N(R)=1", ""},
		{6, "192.0.2.2:2404", "", "receive-ahead"},
		{8, "192.0.2.1:1", "", ""}, // the APDU that is cut off
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
