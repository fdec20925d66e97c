package interop

import (
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	peer "github.com/thinkgos/go-iecp5/asdu"
	"github.com/thinkgos/go-iecp5/cs104"

	"stellwerk/iec104/apci"
	"stellwerk/iec104/asdu"
	"stellwerk/internal/capture"
	"stellwerk/internal/capture/stream"
	"stellwerk/internal/simulator/station"
)

// TestReplayThroughRouter makes a station of a capture, and a control centre of
// the peer receives through the router what the capture holds.
func TestReplayThroughRouter(t *testing.T) {
	shared := os.Getenv("STELLWERK_CAPTURES")
	if shared == "" {
		shared = filepath.FromSlash("../../../shared/captures")
	}
	for _, capture := range []struct {
		path  string
		speed string
	}{
		{filepath.Join(shared, "ITI_090813_diverse.pcap"), "40"}, // 150 s long
		{filepath.FromSlash("../captures/go-iecp5-station.pcapng"), "2"},
		{filepath.FromSlash("../captures/station.pcapng"), "50"},
		{filepath.FromSlash("../captures/types.pcapng"), "1"},
	} {
		t.Run(filepath.Base(capture.path), func(t *testing.T) {
			t.Parallel()
			if _, err := os.Stat(capture.path); err != nil {
				t.Skipf("%v; STELLWERK_CAPTURES names the directory of captures that do not come with the repository", err)
			}
			// On a machine that is busy elsewhere a measurand without time may take
			// the place of one that still waits: that is the rule of the router's queues.
			for attempt := 1; ; attempt++ {
				var want, got map[string][]string
				t.Run(fmt.Sprintf("attempt %d", attempt), func(t *testing.T) { want, got = replayThroughRouter(t, capture.path, capture.speed) })
				diff := cmp.Diff(want, got)
				if diff == "" {
					return
				}
				if attempt == 3 || !superseded(want, got) {
					t.Fatalf("history of each point (-in the capture +at the control centre):\n%s", diff)
				}
			}
		})
	}
}

// replayThroughRouter returns what each point was in the capture, as far as the
// peer can read it, and at the peer's control centre.
func replayThroughRouter(t *testing.T, path, speed string) (want, got map[string][]string) {
	recorded := recordedBy(t, path)
	var stations []asdu.CommonAddress
	for _, a := range recorded {
		if !slices.Contains(stations, a.CommonAddress) {
			stations = append(stations, a.CommonAddress)
		}
	}
	var routes []string
	for _, s := range stations {
		routes = append(routes,
			fmt.Sprintf("{from: substation/%d/*, to: control/%[1]d/*}", s),
			fmt.Sprintf("{from: substation/%d, to: control/%[1]d}", s))
	}
	listen := freeAddress(t)
	below := newLine(t, listen, "", bothOurs, "ours:type-of-101")
	above := newLine(t, runRouter(t, below.Addr(), false, routes...), "", ourStation, "ours:type-of-101")
	centre := newPeerCentre(t, above.Addr(), cs104.DefaultConfig())
	// Of measurands without time only the newest would wait for a control
	// centre: the capture begins when it is there.
	centre.interrogate(t, peer.CommonAddr(stations[0]))
	n := len(centre.received())
	start(t, "replay", path, "--as", "station", "--listen", listen, "--speed", speed)

	// The peer cannot read M_EP_TD_1, and throws private types away.
	readable := slices.DeleteFunc(recorded, func(a asdu.ASDU) bool { return a.Type == asdu.M_EP_TD_1 || a.Type.Private() })
	objects := 0
	for _, a := range readable {
		objects += a.Count()
	}
	// When not all comes, the comparison says what is missing.
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		count := 0
		for _, r := range centre.received()[n:] {
			count += len(r.objects)
		}
		if count >= objects {
			break
		}
	}
	// What the peer has received, read by us: to the last bit.
	var arrived []asdu.ASDU
	for _, r := range centre.received()[n:] {
		a, err := (*asdu.Params)(nil).Decode(r.octets)
		if err != nil {
			t.Fatalf("% x: %v", r.octets, err)
		}
		arrived = append(arrived, a)
		// And what the peer itself reads. It knows no flags of times.
		if diff := cmp.Diff(slices.Collect(a.Objects()), r.objects, cmp.Comparer(sameClock), cmp.Comparer(sameQuality), cmp.Comparer(sameFloat)); diff != "" {
			t.Errorf("%v (-as we read it +as the peer reads it):\n%s", a.Header, diff)
		}
	}
	return histories(readable), histories(arrived)
}

// superseded reports whether nothing is missing but measurands without time that
// others of the same point follow.
func superseded(want, got map[string][]string) bool {
	for point, all := range want {
		rest := got[point]
		for i, value := range all {
			switch {
			case len(rest) > 0 && rest[0] == value:
				rest = rest[1:]
			case i == len(all)-1 || !strings.HasPrefix(value, "M_ME_N"):
				return false
			}
		}
		if len(rest) > 0 {
			return false
		}
	}
	return len(want) == len(got)
}

// recordedBy returns what stations sent by themselves in a capture.
func recordedBy(t *testing.T, path string) []asdu.ASDU {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	reader, err := capture.NewReader(file, path)
	if err != nil {
		t.Fatal(err)
	}
	consumer := &collector{t: t}
	assembler := stream.New(consumer, nil)
	for {
		var packet capture.Packet
		if err := reader.Next(&packet); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		assembler.Packet(&packet)
	}
	assembler.Close()
	if len(consumer.all) == 0 {
		t.Fatalf("%s holds nothing to be replayed", path)
	}
	return consumer.all
}

// collector collects what stations send.
type collector struct {
	t      *testing.T
	framer apci.Framer
	all    []asdu.ASDU
}

func (c *collector) Open(*stream.Connection) stream.Stream {
	c.framer = apci.Framer{} // connections follow one another in our captures
	return c
}

func (*collector) Datagram(*stream.Datagram) bool { return false }
func (*collector) Note(*stream.Note)              {}
func (*collector) End(*stream.End)                {}

func (c *collector) Chunk(chunk *stream.Chunk) {
	if chunk.Source().Port() != recordedStation.Port() {
		return
	}
	c.framer.Feed(chunk.Data)
	for {
		frame, err := c.framer.Next()
		if err != nil || frame == nil {
			if err != nil {
				c.t.Error(err)
			}
			return
		}
		apdu, err := apci.Decode(frame)
		if err != nil {
			c.t.Error(err)
			return
		}
		if apdu.Format != apci.FormatI {
			continue
		}
		a, err := (*asdu.Params)(nil).Decode(apdu.ASDU)
		if err == nil && station.Replayable(a) {
			c.all = append(c.all, a.Clone())
		}
	}
}

// histories returns what each point was, one after the other: type, value,
// quality and time. Telegrams that points cannot express have one for each type.
func histories(all []asdu.ASDU) map[string][]string {
	points := map[string][]string{}
	for _, a := range all {
		for o := range a.Objects() {
			point := fmt.Sprintf("%d/%d", a.CommonAddress, o.IOA())
			switch o := o.(type) {
			case asdu.ProtectionEvent, asdu.ProtectionStart, asdu.ProtectionOutput, asdu.PackedSinglePoints, asdu.Raw:
				point = fmt.Sprint(a.Type)
			case asdu.SinglePoint, asdu.DoublePoint, asdu.StepPosition, asdu.BitString, asdu.NormalizedValue,
				asdu.PlainNormalizedValue, asdu.ScaledValue, asdu.ShortFloat, asdu.IntegratedTotal:
			default:
				point = fmt.Sprintf("%T", o)
			}
			points[point] = append(points[point], fmt.Sprintf("%s %+v %s", a.TypeName(), o, clock(o.Timestamp())))
		}
	}
	return points
}

// clock returns a time tag with all its parts. The hour of a CP24Time2a is none
// of them, and it is marked as substituted where one had to be found.
func clock(at asdu.Time) string {
	return fmt.Sprintf("%d.%d.%d %d:%d %d ms invalid=%t summer=%t", at.Day(), at.Month(), at.Year(), at.Hour(), at.Minute(), at.Milliseconds(), at.Invalid(), at.Summer())
}

// sameClock reports whether two time tags show the same, flags aside.
func sameClock(a, b asdu.Time) bool {
	if a.Invalid() || b.Invalid() {
		return a.Invalid() == b.Invalid()
	}
	return a.Kind() == b.Kind() && a.Year() == b.Year() && a.Month() == b.Month() && a.Day() == b.Day() &&
		a.Hour() == b.Hour() && a.Minute() == b.Minute() && a.Milliseconds() == b.Milliseconds()
}

// sameFloat compares floats as the wire does.
func sameFloat(a, b float32) bool { return math.Float32bits(a) == math.Float32bits(b) }
