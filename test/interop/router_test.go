package interop

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	peer "github.com/thinkgos/go-iecp5/asdu"
	"github.com/thinkgos/go-iecp5/cs104"

	"stellwerk/iec104/asdu"
)

// runRouter runs the router between a station and a control centre, both IEC 104,
// and returns where the control centre connects to. routes are lines of YAML below the
// key routes.
func runRouter(t *testing.T, station string, interrogate bool, routes ...string) string {
	t.Helper()
	listen := freeAddress(t)
	configuration := fmt.Sprintf(`links:
  substation:
    iec104: {role: controlling, connect: "%s", interrogate: %t}
  control:
    iec104: {role: controlled, listen: "%s"}
routes:
  - %s
`, station, interrogate, listen, strings.Join(routes, "\n  - "))
	path := filepath.Join(t.TempDir(), "router.yaml")
	if err := os.WriteFile(path, []byte(configuration), 0o600); err != nil {
		t.Fatal(err)
	}
	start(t, "run", path)
	return listen
}

// TestRouterBetweenPeers puts the router between a station and a control centre
// of the peer.
func TestRouterBetweenPeers(t *testing.T) {
	t.Parallel()
	station := newPeerStation(t, cs104.DefaultConfig())
	below := newLine(t, station.address, "", ourCentre, "refusal-not-negative", "type-of-101")
	address := runRouter(t, below.Addr(), true,
		fmt.Sprintf("{from: substation/%d/*, to: control/1/*, commands: true}", peerCommon),
		fmt.Sprintf("{from: substation/%d, to: control/1}", peerCommon))
	above := newLine(t, address, "", ourStation, "ours:type-of-101")
	centre := newPeerCentre(t, above.Addr(), cs104.DefaultConfig())
	until(t, "the router has interrogated the station", func() bool {
		station.mu.Lock()
		defer station.mu.Unlock()
		return slices.Contains(station.groups, peer.QOIStation)
	})

	t.Run("interrogation", func(t *testing.T) {
		var got map[asdu.TypeID][]asdu.Object
		until(t, "the control centre has the state of the station", func() bool {
			got = byType(centre.interrogate(t, 1), asdu.InterrogatedByStation)
			return len(got) == len(interrogated)
		})
		if diff := cmp.Diff(interrogated, got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})

	for _, s := range sendings {
		if s.typ == asdu.M_EI_NA_1 || s.typ == asdu.M_EP_TD_1 {
			continue // the router's own affair; the peer cannot read it
		}
		t.Run(s.typ.String(), func(t *testing.T) {
			n := len(centre.received())
			if err := s.send(station.server); err != nil {
				t.Fatal(err)
			}
			at := centre.wait(t, s.typ.String(), n, func(r received) bool { return r.Type == s.typ })
			got := centre.received()[at]
			if got.Cause != asdu.Spontaneous || got.CommonAddress != 1 {
				t.Errorf("it comes with %+v", got.Header)
			}
			if diff := cmp.Diff(s.want, got.objects, cmp.Comparer(sameQuality)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}

	t.Run("commands", func(t *testing.T) { testCommandsThroughRouter(t, station, below, centre) })
	t.Run("loss of the station", func(t *testing.T) { testLossOfStation(t, below, centre) })
}

// single and double send commands of the peer's control centre.
func single(address peer.InfoObjAddr) func(peer.Connect) error {
	return func(c peer.Connect) error {
		return peer.SingleCmd(c, peer.C_SC_NA_1, activation, 1, peer.SingleCommandInfo{Ioa: address, Value: true, Qoc: peer.QualifierOfCommand{Qual: peer.QOCShortPulseDuration}})
	}
}

func double(selects bool) func(peer.Connect) error {
	return func(c peer.Connect) error {
		return peer.DoubleCmd(c, peer.C_DC_NA_1, activation, 1, peer.DoubleCommandInfo{Ioa: peerSwitch, Value: 1, Qoc: peer.QualifierOfCommand{InSelect: selects}})
	}
}

func testCommandsThroughRouter(t *testing.T, station *peerStation, below *line, centre *peerCentre) {
	t.Run("direct", func(t *testing.T) {
		want := asdu.SingleCommand{Address: peerBreaker, Value: true, Qualifier: asdu.ShortPulse}
		n := len(centre.received())
		// As long as the station's answer does not come, none is given.
		below.ToClient.Stall()
		centre.send(t, "a single command", single(peerBreaker))
		until(t, "the station has the command", func() bool { return len(station.received()) == 1 })
		time.Sleep(300 * time.Millisecond)
		if got := centre.received()[n:]; len(got) > 0 {
			t.Errorf("answered before the station has: %+v", got)
		}
		below.ToClient.Resume()
		confirmed := centre.wait(t, "the confirmation", n, answers(asdu.C_SC_NA_1, asdu.ActivationCon, want))
		terminated := centre.wait(t, "the termination", n, answers(asdu.C_SC_NA_1, asdu.ActivationTermination, want))
		if terminated < confirmed {
			t.Error("the termination is before the confirmation")
		}
		centre.wait(t, "the return information", n, func(r received) bool { return r.Type == asdu.M_SP_NA_1 && r.Cause == asdu.ReturnRemote })
		wantCommands(t, station, asdu.C_SC_NA_1, want)
	})

	t.Run("select before operate", func(t *testing.T) {
		execute := asdu.DoubleCommand{Address: peerSwitch, Value: asdu.CommandOff}
		selecting := execute
		selecting.Select = true
		n := len(centre.received())
		centre.send(t, "a selection", double(true))
		centre.wait(t, "its confirmation", n, answers(asdu.C_DC_NA_1, asdu.ActivationCon, selecting))
		centre.send(t, "a double command", double(false))
		centre.wait(t, "its confirmation", n, answers(asdu.C_DC_NA_1, asdu.ActivationCon, execute))
		centre.wait(t, "its termination", n, answers(asdu.C_DC_NA_1, asdu.ActivationTermination, execute))
		back := centre.wait(t, "the return information", n, func(r received) bool { return r.Type == asdu.M_DP_TB_1 && r.Cause == asdu.ReturnRemote })
		want := []asdu.Object{asdu.DoublePoint{Address: peerDouble, Value: asdu.Off, Time: asdu.CP56(sourceTime)}}
		if diff := cmp.Diff(want, centre.received()[back].objects); diff != "" {
			t.Errorf("return information (-want +got):\n%s", diff)
		}
		wantCommands(t, station, asdu.C_DC_NA_1, selecting, execute)
	})

	t.Run("refused", func(t *testing.T) {
		n := len(centre.received())
		centre.send(t, "a command", single(peerLocked))
		centre.wait(t, "the station's refusal", n, func(r received) bool {
			return r.Type == asdu.C_SC_NA_1 && r.Cause == asdu.ActivationCon && r.Negative
		})
		centre.send(t, "a command", single(4711))
		centre.wait(t, "the station's word for an unknown object", n, func(r received) bool {
			return r.Type == asdu.C_SC_NA_1 && r.Cause == asdu.UnknownObjectAddress && r.Negative
		})
	})
}

// testLossOfStation takes the station away and gives it back.
func testLossOfStation(t *testing.T, below *line, centre *peerCentre) {
	addresses := map[asdu.ObjectAddress]bool{}
	for _, objects := range interrogated {
		for _, o := range objects {
			if qualityOf(o)&asdu.NotTopical == 0 { // what is so already is not told again
				addresses[o.IOA()] = true
			}
		}
	}
	n := len(centre.received())
	below.Refuse(true)
	below.Cut()
	var lost map[asdu.ObjectAddress]bool
	defer func() {
		if t.Failed() {
			t.Logf("topical still: %v", lost)
		}
	}()
	until(t, "every point is not topical", func() bool {
		lost = maps.Clone(addresses)
		for _, r := range centre.received()[n:] {
			for _, o := range r.objects {
				if qualityOf(o)&asdu.NotTopical != 0 {
					delete(lost, o.IOA())
				}
			}
		}
		return len(lost) == 0
	})
	for typ, objects := range byType(centre.interrogate(t, 1), asdu.InterrogatedByStation) {
		for _, o := range objects {
			if qualityOf(o)&asdu.NotTopical == 0 {
				t.Errorf("without the station, an interrogation says %v %+v", typ, o)
			}
		}
	}
	n = len(centre.received())
	centre.send(t, "a command that nobody can carry out", single(peerBreaker))
	centre.wait(t, "the refusal", n, func(r received) bool {
		return r.Type == asdu.C_SC_NA_1 && r.Cause == asdu.ActivationCon && r.Negative
	})

	below.Refuse(false)
	until(t, "the station's state is there again", func() bool {
		got := byType(centre.interrogate(t, 1), asdu.InterrogatedByStation)
		for typ, want := range interrogated {
			for _, o := range want {
				// Commands and events have changed it; the marks are gone.
				at := slices.IndexFunc(got[typ], func(g asdu.Object) bool { return g.IOA() == o.IOA() })
				if at < 0 || qualityOf(got[typ][at]) != qualityOf(o) {
					return false
				}
			}
		}
		return true
	})
}

// sameQuality compares qualities without EI, which the peer cannot read.
func sameQuality(a, b asdu.Quality) bool {
	return a&^asdu.ElapsedInvalid == b&^asdu.ElapsedInvalid
}

// qualityOf returns the quality of an object of process information; one that
// has none is what it is.
func qualityOf(o asdu.Object) asdu.Quality {
	switch o := o.(type) {
	case asdu.SinglePoint:
		return o.Quality
	case asdu.DoublePoint:
		return o.Quality
	case asdu.StepPosition:
		return o.Quality
	case asdu.BitString:
		return o.Quality
	case asdu.NormalizedValue:
		return o.Quality
	case asdu.ScaledValue:
		return o.Quality
	case asdu.ShortFloat:
		return o.Quality
	default:
		return asdu.NotTopical
	}
}
