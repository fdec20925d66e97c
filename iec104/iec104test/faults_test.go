package iec104test_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math"
	"net"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"stellwerk/iec104"
	"stellwerk/iec104/apci"
	"stellwerk/iec104/asdu"
	"stellwerk/iec104/iec104test"
)

// spoiled is a subject behind a faulty line, or one that claims other
// parameters than it has.
type spoiled struct {
	peer
	faults func() iec104test.Faults
	claim  func(*iec104.Parameters)
}

func (s spoiled) Connect(ctx context.Context) (net.Conn, error) {
	conn, err := s.peer.Connect(ctx)
	if err != nil || s.faults == nil {
		return conn, err
	}
	return iec104test.Faulty(conn, s.faults()), nil
}

func (s spoiled) Parameters() iec104.Parameters {
	p := s.peer.Parameters()
	if s.claim != nil {
		s.claim(&p)
	}
	return p
}

// Event, Start and Stop pass what the subject can do.
func (s spoiled) Event(n int) error { return s.peer.(iec104test.EventSource).Event(n) }

// starting is a spoiled control centre.
type starting struct{ spoiled }

func (s starting) Start() error { return s.peer.(iec104test.Starter).Start() }
func (s starting) Stop() error  { return s.peer.(iec104test.Starter).Stop() }

func of(f apci.Function) func(apci.APDU) bool {
	return func(apdu apci.APDU) bool { return apdu.Format == apci.FormatU && apdu.Function == f }
}

// early confirms STOPDT act in place of the subject, at once.
func early() iec104test.Faults {
	stopping := false
	return iec104test.Faults{
		Sent: func(frame []byte) [][]byte {
			apdu, err := apci.Decode(frame)
			stopping = stopping || err == nil && apdu.Function == apci.StopDTAct
			return [][]byte{frame}
		},
		Received: func(frame []byte) [][]byte {
			if stopping {
				stopping = false
				return [][]byte{frame, apci.AppendU(nil, apci.StopDTCon)}
			}
			return [][]byte{frame}
		},
	}
}

func receiving(f func() iec104test.Fault) func() iec104test.Faults {
	return func() iec104test.Faults { return iec104test.Faults{Received: f()} }
}

func sending(f func() iec104test.Fault) func() iec104test.Faults {
	return func() iec104test.Faults { return iec104test.Faults{Sent: f()} }
}

func losing(match func(apci.APDU) bool) func() iec104test.Fault {
	return func() iec104test.Fault { return iec104test.Drop(1, math.MaxInt, match) }
}

// linkFaults are stations with one fault each of link procedure, and the cases
// that must find it.
var linkFaults = []struct {
	name    string
	subject spoiled
	both    []string
	station []string // of cases for the controlled station alone
}{
	{"does not acknowledge", spoiled{faults: receiving(losing(iec104test.SFrame))}, []string{"A1", "A8", "A10", "A13", "A25"}, []string{"A16", "A19"}},
	{"never counts acknowledgements", spoiled{faults: sending(losing(iec104test.SFrame))}, []string{"A2", "A3", "A4", "A5", "A6", "A9", "A18"}, nil},
	{"repeats an I frame", spoiled{faults: receiving(func() iec104test.Fault { return iec104test.Repeat(5) })}, []string{"A2", "A8"}, nil},
	{"loses an I frame", spoiled{faults: receiving(func() iec104test.Fault { return iec104test.Drop(3, 1, iec104test.IFrame) })}, []string{"A2", "A3", "A9"}, []string{"A20"}},
	{"ignores I frames", spoiled{faults: sending(losing(iec104test.IFrame))}, []string{"A1", "A7", "A10", "A13", "A17"}, nil},
	{"acknowledges late", spoiled{faults: receiving(func() iec104test.Fault { return iec104test.Delay(time.Second, iec104test.SFrame) })}, []string{"A10", "A13"}, nil},
	{"does not confirm test frames", spoiled{faults: receiving(losing(of(apci.TestFRCon)))}, []string{"A14", "A21", "A22", "A24"}, nil},
	{"sends no test frames", spoiled{faults: receiving(losing(of(apci.TestFRAct)))}, []string{"A14"}, nil},
	{"does not confirm STARTDT again", spoiled{faults: receiving(func() iec104test.Fault { return iec104test.Drop(2, 1, of(apci.StartDTCon)) })}, nil, []string{"A16", "A19"}},
	{"confirms STOPDT too early", spoiled{faults: early}, nil, []string{"A19"}},
	{"skips what is no frame", spoiled{faults: sending(func() iec104test.Fault { return func(f []byte) [][]byte { return [][]byte{f} } })}, []string{"A22"}, nil},
	{"k is smaller", spoiled{claim: func(p *iec104.Parameters) { p.K++ }}, []string{"A3", "A9"}, nil},
	{"k is larger", spoiled{claim: func(p *iec104.Parameters) { p.K-- }}, []string{"A4", "A5", "A9"}, nil},
	{"w is larger", spoiled{claim: func(p *iec104.Parameters) { p.W-- }}, []string{"A10"}, nil},
	{"t1 is shorter", spoiled{claim: func(p *iec104.Parameters) { p.T1 += time.Second }}, []string{"A11", "A12", "A25"}, nil},
	{"t1 is longer", spoiled{claim: func(p *iec104.Parameters) { p.T1 -= time.Second }}, []string{"A11", "A12", "A25"}, nil},
	{"t2 is shorter", spoiled{claim: func(p *iec104.Parameters) { p.T2 += time.Second }}, []string{"A13"}, nil},
	{"t2 is longer", spoiled{claim: func(p *iec104.Parameters) { p.T2 -= time.Second }}, []string{"A13"}, nil},
	{"t3 is shorter", spoiled{claim: func(p *iec104.Parameters) { p.T3 += time.Second }}, []string{"A14", "A25"}, nil},
	{"t3 is longer", spoiled{claim: func(p *iec104.Parameters) { p.T3 -= time.Second }}, []string{"A12", "A14", "A25"}, nil},
}

// TestCasesFindFaults has subjects with one fault each: the cases for it must
// fail.
func TestCasesFindFaults(t *testing.T) {
	for _, test := range linkFaults {
		for _, c := range iec104test.Cases() {
			if !slices.Contains(test.both, c.ID) && (c.Role == iec104.Controlling || !slices.Contains(test.station, c.ID)) {
				continue
			}
			t.Run(fmt.Sprintf("%s/%s/%s", test.name, c.ID, c.Role), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					subject := test.subject
					subject.peer = newPeer(t, c, iec104.Parameters{}, nil)
					var whole peer = subject
					if c.Role == iec104.Controlling {
						whole = starting{subject}
					}
					result := run(c, whole, &iec104test.RunOptions{Tolerance: 2 * time.Millisecond, Prompt: 100 * time.Millisecond})
					if result.Status != iec104test.Failed || result.Expected == "" || result.Seen == "" {
						t.Errorf("%s: expected %q, seen %q", result.Status, result.Expected, result.Seen)
					}
				})
			})
		}
	}
}

// TestTable holds the table to the list of requirements.
func TestTable(t *testing.T) {
	roles := map[string][]iec104.Role{}
	for _, c := range iec104test.Cases() {
		if c.Title == "" || c.Clause == "" {
			t.Errorf("%s lacks a title or a clause", c.ID)
		}
		if row, _, _ := strings.Cut(c.ID, "."); row != c.Requirement {
			t.Errorf("%s belongs to %q", c.ID, c.Requirement)
		}
		if !slices.Contains(roles[c.Requirement], c.Role) {
			roles[c.Requirement] = append(roles[c.Requirement], c.Role)
		}
	}
	for id, want := range requirements {
		slices.Sort(roles[id])
		if !slices.Equal(roles[id], want) {
			t.Errorf("%s has cases for %v, want %v", id, roles[id], want)
		}
		delete(roles, id)
	}
	if len(roles) > 0 {
		t.Errorf("cases without a requirement: %v", roles)
	}
}

// nobody is a station without points.
type nobody struct{}

func (nobody) Interrogate(*iec104.Session, asdu.CommonAddress, asdu.InterrogationQualifier) iter.Seq[asdu.ASDU] {
	return func(func(asdu.ASDU) bool) {}
}

func (nobody) Command(c *iec104.Command) { _ = c.Refuse() }

func TestPair(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		link, err := iec104test.Pair(nobody{}, nil, nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		defer link.Close()
		if err := link.Client.Start(t.Context()); err != nil {
			t.Error(err)
		}
		if err := link.Client.Interrogate(t.Context(), 1, asdu.InterrogateStation); err != nil {
			t.Error(err)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		link, err := iec104test.Pair(nobody{}, nil, nil, &iec104test.Faults{Received: iec104test.WithoutAcknowledgement()})
		if err != nil {
			t.Fatal(err)
		}
		defer link.Close()
		if err := link.Client.Start(t.Context()); err != nil {
			t.Error(err)
		}
		begin := time.Now()
		if err := link.Client.Interrogate(t.Context(), 1, asdu.InterrogateStation); err != nil {
			t.Error(err)
		}
		<-link.Session.Done()
		if err := link.Session.Err(); !errors.Is(err, iec104.ErrTimeout) || time.Since(begin) != 15*time.Second {
			t.Errorf("after %v: %v", time.Since(begin), err)
		}
	})
}
