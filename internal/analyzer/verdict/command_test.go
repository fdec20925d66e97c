package verdict_test

import (
	"net/netip"
	"testing"
	"time"

	"stellwerk/iec104/apci"
	"stellwerk/iec104/asdu"
	"stellwerk/internal/analyzer/dissect"
	"stellwerk/internal/analyzer/dissect/iec104"
	"stellwerk/internal/analyzer/live"
	"stellwerk/internal/analyzer/verdict"
	"stellwerk/internal/capture/stream"
)

// An interrogation of all stations, whose answers nobody can count, does not make
// the answers to later interrogations of groups wrong.
func TestBroadcastBesideGroups(t *testing.T) {
	var findings []string
	w := live.NewWitness(netip.MustParseAddrPort("192.0.2.1:1"), netip.MustParseAddrPort("192.0.2.2:2404"),
		&iec104.Options{}, verdict.Parameters{}, func(line *dissect.Line) {
			if line.Finding != nil {
				findings = append(findings, line.Finding.Text.EN)
			}
		})
	at := time.Date(2026, 3, 2, 8, 30, 0, 0, time.UTC)
	number, sent := int64(0), [2]apci.Sequence{}
	frame := func(direction stream.Direction, octets []byte) {
		number++
		w.Frame(number, at, direction, octets)
	}
	interrogation := func(direction stream.Direction, common asdu.CommonAddress, cause asdu.Cause, q asdu.InterrogationQualifier) {
		a, err := asdu.New(nil, asdu.Header{Type: asdu.C_IC_NA_1, Cause: cause, CommonAddress: common}, asdu.Interrogation{Qualifier: q})
		if err != nil {
			t.Fatal(err)
		}
		frame(direction, apci.AppendI(nil, sent[direction], sent[1-direction], a.Append(nil)))
		sent[direction]++
	}
	frame(stream.Forward, apci.AppendU(nil, apci.StartDTAct))
	frame(stream.Backward, apci.AppendU(nil, apci.StartDTCon))
	interrogation(stream.Forward, 65535, asdu.Activation, asdu.InterrogateStation)
	interrogation(stream.Backward, 1, asdu.ActivationCon, asdu.InterrogateStation)
	interrogation(stream.Backward, 2, asdu.ActivationCon, asdu.InterrogateStation)
	interrogation(stream.Forward, 1, asdu.Activation, asdu.InterrogateGroup(3))
	interrogation(stream.Backward, 1, asdu.ActivationCon, asdu.InterrogateGroup(3))
	if len(findings) > 0 {
		t.Errorf("findings: %q", findings)
	}
	interrogation(stream.Forward, 1, asdu.Activation, asdu.InterrogateGroup(4))
	interrogation(stream.Backward, 1, asdu.ActivationCon, asdu.InterrogateGroup(5))
	if len(findings) != 1 {
		t.Errorf("findings: %q, want one about the qualifier", findings)
	}
}
