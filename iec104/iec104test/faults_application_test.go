package iec104test_test

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"stellwerk/iec104"
	"stellwerk/iec104/asdu"
	"stellwerk/iec104/iec104test"
	"stellwerk/iec104/station"
)

// alter changes ASDUs in place of a subject. It is made anew for each
// connection.
type alter func() iec104test.Alterations

// answers alters what the subject sends, asks what it receives.
func answers(f iec104test.Alteration) alter {
	return func() iec104test.Alterations { return iec104test.Alterations{Received: f} }
}

func asks(f iec104test.Alteration) alter {
	return func() iec104test.Alterations { return iec104test.Alterations{Sent: f} }
}

// where changes ASDUs that fit.
func where(fits func(a []byte) bool, change func(a []byte)) iec104test.Alteration {
	return func(a []byte) [][]byte {
		a = slices.Clone(a)
		if len(a) >= 6 && fits(a) {
			change(a)
		}
		return [][]byte{a}
	}
}

// lost loses ASDUs that fit.
func lost(fits func(a []byte) bool) iec104test.Alteration {
	return func(a []byte) [][]byte {
		if len(a) >= 6 && fits(a) {
			return nil
		}
		return [][]byte{a}
	}
}

func cause(a []byte) asdu.Cause { return asdu.Cause(a[2] & 0x3f) }

func setCause(c asdu.Cause) func([]byte) { return func(a []byte) { a[2] = a[2]&0xc0 | byte(c) } }

// is fits types with one of some causes, or with any.
func is(t asdu.TypeID, causes ...asdu.Cause) func([]byte) bool {
	return func(a []byte) bool {
		return asdu.TypeID(a[0]) == t && (len(causes) == 0 || slices.Contains(causes, cause(a)))
	}
}

func causes(c ...asdu.Cause) func([]byte) bool {
	return func(a []byte) bool { return slices.Contains(c, cause(a)) }
}

func command(a []byte) bool {
	return a[0] >= 45 && a[0] <= 64 && (cause(a) == asdu.Activation || cause(a) == asdu.Deactivation)
}

// qualifier is the index of the octet with the S/E bit.
func qualifier(a []byte) int {
	end := len(a)
	if a[0] >= 58 {
		end -= 7
	}
	return end - 1
}

func bitString(a []byte) bool { return a[0] == 51 || a[0] == 64 }

// elementOctets of requests, for those that mend what is cut short.
func elementOctets(t byte) int {
	octets := map[byte]int{45: 1, 46: 1, 47: 1, 48: 3, 49: 3, 50: 5, 51: 4, 100: 1, 101: 1, 102: 0, 107: 2}
	if t >= 58 && t <= 64 {
		return octets[t-13] + 7
	}
	if t == 107 {
		return 9
	}
	return octets[t]
}

// mended makes an ASDU of one whole object of whatever there is.
func mended(a []byte) [][]byte {
	if len(a) < 6 || a[0] < 45 {
		return [][]byte{a}
	}
	whole := make([]byte, 9+elementOctets(a[0]))
	copy(whole, a)
	whole[1] = 1
	return [][]byte{whole}
}

// selecting selects before each execute, so that nothing needs to be selected.
func selecting() iec104test.Alterations {
	injected := 0
	return iec104test.Alterations{
		Sent: func(a []byte) [][]byte {
			if !command(a) || cause(a) != asdu.Activation || bitString(a) || a[qualifier(a)]&0x80 != 0 {
				return [][]byte{a}
			}
			injected++
			selection := slices.Clone(a)
			selection[qualifier(a)] |= 0x80
			return [][]byte{selection, a}
		},
		Received: func(a []byte) [][]byte {
			if injected > 0 && a[0] >= 45 && a[0] <= 64 && cause(a) == asdu.ActivationCon && a[qualifier(a)]&0x80 != 0 {
				injected--
				return nil
			}
			return [][]byte{a}
		},
	}
}

// unchanged executes what was selected, whatever execute says, and says that it
// has executed what it was told.
func unchanged() iec104test.Alterations {
	var selected, told []byte
	return iec104test.Alterations{
		Sent: func(a []byte) [][]byte {
			switch {
			case !command(a) || cause(a) != asdu.Activation || bitString(a):
			case a[qualifier(a)]&0x80 != 0:
				selected = slices.Clone(a[:qualifier(a)+1])
			case selected != nil && bytes.Equal(a[4:9], selected[4:9]):
				told = slices.Clone(a)
				a = slices.Clone(a)
				copy(a, selected)
				a[qualifier(a)] &^= 0x80
			}
			return [][]byte{a}
		},
		Received: func(a []byte) [][]byte {
			if told != nil && a[0] == told[0] && a[qualifier(a)]&0x80 == 0 {
				a = slices.Clone(a)
				copy(a[6:], told[6:])
			}
			return [][]byte{a}
		},
	}
}

// remembering gives answers back what a request had before it was changed.
func remembering(fits func([]byte) bool, change func([]byte)) alter {
	return func() iec104test.Alterations {
		var before []byte
		return iec104test.Alterations{
			Sent: where(fits, func(a []byte) {
				before = slices.Clone(a)
				change(a)
			}),
			Received: func(a []byte) [][]byte {
				if before != nil && a[0] == before[0] && len(a) == len(before) {
					a = slices.Clone(a)
					copy(a[6:], before[6:])
				}
				return [][]byte{a}
			},
		}
	}
}

// hourLater shifts the time at the end of an ASDU.
func hourLater(a []byte) {
	var octets uint64
	for i, octet := range a[len(a)-7:] {
		octets |= uint64(octet) << (8 * i)
	}
	t, err := asdu.RawTime(asdu.TimeCP56, octets).Instant(time.UTC)
	if err != nil {
		return
	}
	later := asdu.CP56(t.Add(time.Hour)).Octets()
	for i := range 7 {
		a[len(a)-7+i] = byte(later >> (8 * i))
	}
}

// altered is a subject whose ASDUs are altered on their way.
type altered struct {
	peer
	alter alter
	wrap  func(net.Conn) net.Conn // in place of alter
	do    func(ctx context.Context, inner iec104test.Requester, r iec104test.Request) error
}

func (s altered) Connect(ctx context.Context) (net.Conn, error) {
	conn, err := s.peer.Connect(ctx)
	switch {
	case err != nil:
		return nil, err
	case s.wrap != nil:
		return s.wrap(conn), nil
	case s.alter != nil:
		return iec104test.Altered(conn, s.alter()), nil
	default:
		return conn, nil
	}
}

// alteredStation can do all that the built-in station can.
type alteredStation struct {
	*iec104test.Builtin
	altered
}

func (s alteredStation) Connect(ctx context.Context) (net.Conn, error) { return s.altered.Connect(ctx) }

func (s alteredStation) Parameters() iec104.Parameters { return s.Builtin.Parameters() }
func (s alteredStation) Close() error                  { return s.Builtin.Close() }

// alteredCentre can do all that the control centre can.
type alteredCentre struct {
	*iec104test.ControlCentre
	altered
}

func (s alteredCentre) Connect(ctx context.Context) (net.Conn, error) { return s.altered.Connect(ctx) }

func (s alteredCentre) Parameters() iec104.Parameters { return s.ControlCentre.Parameters() }

func (s alteredCentre) Close() error { return s.ControlCentre.Close() }

func (s alteredCentre) Do(ctx context.Context, r iec104test.Request) error {
	if s.altered.do != nil {
		return s.altered.do(ctx, s.ControlCentre, r)
	}
	return s.ControlCentre.Do(ctx, r)
}

// breaking closes a connection when something is written that fits.
type breaking struct {
	net.Conn
	fits func([]byte) bool
}

func (c breaking) Write(octets []byte) (int, error) {
	if c.fits(octets) {
		return len(octets), c.Close()
	}
	return c.Conn.Write(octets)
}

var sydney = sync.OnceValue(func() *time.Location {
	location, err := time.LoadLocation("Australia/Sydney")
	if err != nil {
		panic(err)
	}
	return location
})

// stationFaults are controlled stations with one fault each, and the cases that
// must find it.
var stationFaults = []struct {
	name  string
	fault altered
	cases []string
}{
	{"refuses with P/N=0", altered{alter: answers(where(causes(44, 45, 46, 47), func(a []byte) { a[2] &^= 0x40 }))}, []string{
		"B1", "B2", "B3", "B4.read", "B4.command", "B4.parameter", "B5.zero", "B5.others", "B8.test",
		"B10.system", "B10.process", "B14", "B15.reserved", "C4.unknown",
	}},
	{"confirms what it refuses", altered{alter: answers(where(causes(7, 9), func(a []byte) { a[2] &^= 0x40 }))}, []string{
		"B6.length", "B6.command", "B8.command", "B8.negative", "B11.clock", "B13.setpoint",
		"C2.qualifier", "C3.qualifier", "C6.unselected", "C6.timeout", "C6.other", "C6.deactivation", "C6.connection", "C6.age",
		"C6.state", "C8.qualifier", "C10.kind",
	}},
	{"answers a broadcast as the broadcast", altered{alter: answers(where(causes(7, 10), func(a []byte) { a[4], a[5] = 255, 255 }))}, []string{"B5.broadcast", "C2.broadcast"}},
	{"accepts what is cut short", altered{alter: asks(mended)}, []string{"B6.length", "B6.command", "B6.sequence"}},
	{"sends reserved bits", altered{alter: answers(where(is(asdu.M_SP_NA_1), func(a []byte) { a[len(a)-1] |= 2 }))}, []string{"B7.sent", "B6.sequence"}},
	{"does not answer test commands", altered{alter: asks(lost(is(asdu.C_TS_TA_1)))}, []string{"B7.received", "B11.valid", "B11.impossible", "C7.timed", "B15.address"}},
	{"does not know the test bit", altered{alter: asks(where(func([]byte) bool { return true }, func(a []byte) { a[2] &^= 0x80 }))}, []string{"B8.test", "B8.command"}},
	{"executes tests", altered{alter: remembered8}, []string{"B8.command"}},
	{"has no originators", altered{alter: answers(where(func([]byte) bool { return true }, func(a []byte) { a[3] = 0 }))}, []string{"B9"}},
	{"does not look at causes", altered{alter: asks(where(func(a []byte) bool {
		return asdu.TypeID(a[0]).Control() && !asdu.TypeID(a[0]).Allows(cause(a)) && !cause(a).Unknown()
	}, setCause(asdu.Activation)))}, []string{"B2", "B10.system", "B10.process"}},
	{"sends causes that a type has not", altered{alter: answers(where(is(asdu.M_SP_NA_1, asdu.InterrogatedByStation), setCause(asdu.Cyclic)))}, []string{"B10.monitored"}},
	{"does not answer NaN", altered{alter: asks(lost(func(a []byte) bool {
		return (a[0] == 50 || a[0] == 63) && a[12]&0x7f == 0x7f
	}))}, []string{"B13.setpoint"}},
	{"closes when a type is above 127", altered{wrap: func(conn net.Conn) net.Conn {
		return breaking{conn, func(octets []byte) bool { return len(octets) > 6 && octets[2]&1 == 0 && octets[6] > 127 }}
	}}, []string{"B14"}},
	{"closes when a type is reserved", altered{wrap: func(conn net.Conn) net.Conn {
		return breaking{conn, func(octets []byte) bool { return len(octets) > 6 && octets[2]&1 == 0 && octets[6] == 99 }}
	}}, []string{"B1", "B15.reserved"}},
	{"answers with the object address 0", altered{alter: answers(where(func(a []byte) bool { return a[0] == 100 || a[0] == 107 }, func(a []byte) { a[6] = 0 }))}, []string{"B15.address"}},
	{"does not tell that it is initialized", altered{alter: answers(lost(is(asdu.M_EI_NA_1)))}, []string{"C1.start", "C8.process"}},
	{"tells another cause of initialization", altered{alter: answers(where(is(asdu.M_EI_NA_1), func(a []byte) { a[9] = 5 }))}, []string{"C1.start", "C8.process"}},
	{"leaves a type out", altered{alter: answers(lost(is(asdu.M_SP_NA_1)))}, []string{"C2.station", "C2.groups", "C2.second", "C2.broadcast", "C4.read", "C12.spontaneous"}},
	{"answers a group with cause 20", altered{alter: answers(where(func(a []byte) bool { return cause(a) > 20 && cause(a) <= 36 }, setCause(20)))}, []string{"C2.groups"}},
	{"does not terminate", altered{alter: answers(lost(causes(asdu.ActivationTermination)))}, []string{
		"C2.station", "C2.second", "C3.general", "C3.groups", "C6.direct", "C6.select", "C6.bitstring", "C6.pulse", "C6.return",
	}},
	{"counts as it is interrogated", altered{alter: answers(func(a []byte) [][]byte {
		if is(asdu.C_IC_NA_1, asdu.ActivationTermination)(a) {
			return [][]byte{{15, 1, 20, a[3], a[4], a[5], 1, 0, 0, 1, 0, 0, 0, 0}, a}
		}
		return [][]byte{a}
	})}, []string{"C2.totals", "C2.station"}},
	{"does not answer a deactivation", altered{alter: answers(lost(causes(asdu.DeactivationCon)))}, []string{"C2.deactivation", "C6.deactivation", "C10.activation"}},
	{"sends data after a deactivation", altered{alter: answers(func(a []byte) [][]byte {
		if is(asdu.C_IC_NA_1, asdu.DeactivationCon)(a) {
			return [][]byte{a, {1, 1, 20, 0, 1, 0, 101, 0, 0, 0}}
		}
		return [][]byte{a}
	})}, []string{"C2.deactivation"}},
	{"leaves counters out", altered{alter: answers(lost(func(a []byte) bool { return a[0] == 15 || a[0] == 37 }))}, []string{"C3.general", "C3.groups", "C3.spontaneous"}},
	{"answers a counter group with cause 37", altered{alter: answers(where(func(a []byte) bool { return cause(a) > 37 && cause(a) <= 41 }, setCause(37)))}, []string{"C3.groups"}},
	{"does not freeze", altered{alter: remembering(is(asdu.C_CI_NA_1), func(a []byte) { a[9] &= 0x3f })}, []string{"C3.freeze", "C3.reset"}},
	{"does not reset", altered{alter: remembering(func(a []byte) bool { return a[0] == 101 && a[9]&0x80 != 0 }, func(a []byte) { a[9] = a[9]&0x3f | 0x40 })}, []string{"C3.reset"}},
	{"confirms a read command", altered{alter: answers(func(a []byte) [][]byte {
		if cause(a) == asdu.Request {
			return [][]byte{{102, 1, 7, 0, a[4], a[5], a[6], a[7], a[8]}, a}
		}
		return [][]byte{a}
	})}, []string{"C4.read"}},
	{"reads with cause 3", altered{alter: answers(where(causes(asdu.Request), setCause(asdu.Spontaneous)))}, []string{"C4.read", "B10.monitored"}},
	{"does not know read commands to be unknown", altered{alter: answers(where(is(asdu.C_RD_NA_1, 47), setCause(46)))}, []string{"B4.read", "C4.unknown"}},
	{"confirms the clock with the new time", altered{alter: func() iec104test.Alterations {
		var request []byte
		return iec104test.Alterations{
			Sent:     where(is(asdu.C_CS_NA_1), func(a []byte) { request = slices.Clone(a) }),
			Received: where(is(asdu.C_CS_NA_1), func(a []byte) { copy(a[6:], request[6:]) }),
		}
	}}, []string{"C5.confirmation"}},
	{"has valid times without a clock", altered{alter: answers(where(is(asdu.M_SP_TB_1), func(a []byte) { a[12] &^= 0x80 }))}, []string{"C5.unsynchronized"}},
	{"has invalid times with a clock", altered{alter: answers(where(is(asdu.M_SP_TB_1), func(a []byte) { a[12] |= 0x80 }))}, []string{"C5.unsynchronized", "C5.events"}},
	{"is an hour off", altered{alter: answers(where(is(asdu.M_SP_TB_1), hourLater))}, []string{"C5.events"}},
	{"returns information with cause 3", altered{alter: answers(where(causes(asdu.ReturnRemote), setCause(asdu.Spontaneous)))}, []string{"C6.direct", "C6.select", "C6.return"}},
	{"needs no select", altered{alter: selecting}, []string{"C6.unselected", "C6.timeout", "C6.deactivation", "C6.connection"}},
	{"executes something else than was selected", altered{alter: unchanged}, []string{"C6.other"}},
	{"does not look at the age of commands", altered{alter: remembering(func(a []byte) bool { return command(a) && a[0] >= 58 }, func(a []byte) {
		now := asdu.CP56(time.Now().UTC()).Octets()
		for i := range 7 {
			a[len(a)-7+i] = byte(now >> (8 * i))
		}
	})}, []string{"C6.age"}},
	{"takes commands for an hour old", altered{alter: remembering(func(a []byte) bool { return command(a) && a[0] >= 58 }, hourLater)}, []string{"C6.age", "C6.direct", "C6.select"}},
	{"takes any state", altered{alter: remembering(func(a []byte) bool {
		return command(a) && slices.Contains([]byte{46, 47, 59, 60}, a[0]) && (a[9]&3 == 0 || a[9]&3 == 3)
	}, func(a []byte) { a[9] = a[9]&^3 | 1 })}, []string{"C6.state"}},
	{"loses a pulse", altered{alter: asks(lost(func(a []byte) bool { return command(a) && a[0] <= 47 && a[9]>>2&0x1f == 2 && a[9]&0x80 == 0 }))}, []string{"C6.pulse"}},
	{"mirrors another counter", altered{alter: answers(where(is(asdu.C_TS_TA_1), func(a []byte) { a[9]++ }))}, []string{"C7.timed"}},
	{"mirrors another pattern", altered{alter: answers(where(is(asdu.C_TS_NA_1), func(a []byte) { a[9]++ }))}, []string{"C7.plain"}},
	{"keeps its events", altered{alter: asks(where(is(asdu.C_RP_NA_1), func(a []byte) { a[9] = 1 }))}, []string{"C8.events"}},
	{"has no delay", altered{alter: answers(where(is(asdu.C_CD_NA_1), func(a []byte) { a[9], a[10] = 0, 0 }))}, []string{"C9"}},
	{"mirrors other parameters", altered{alter: answers(where(func(a []byte) bool { return a[0] >= 110 && a[0] <= 113 }, func(a []byte) { a[9]++ }))}, []string{"C10.load", "C10.activation", "C10.cyclic"}},
	{"loads no parameters", altered{alter: remembering(func(a []byte) bool { return a[0] >= 110 && a[0] <= 112 && cause(a) == asdu.Activation },
		func(a []byte) {
			for i := 9; i < len(a)-1; i++ {
				a[i] = 0
			}
		})}, []string{"C10.threshold"}},
	{"does not stop cyclic transmission", altered{alter: remembering(func(a []byte) bool { return a[0] == 113 && cause(a) == asdu.Deactivation }, func(a []byte) { a[9] = 2 })}, []string{"C10.cyclic"}},
	{"sends cyclic data as spontaneous", altered{alter: answers(where(causes(asdu.Cyclic), setCause(asdu.Spontaneous)))}, []string{"C12.cyclic"}},
	{"scans as spontaneous", altered{alter: answers(where(causes(asdu.Background), setCause(asdu.Spontaneous)))}, []string{"C12.background"}},
	{"lets measured values push events out", altered{alter: answers(lost(is(asdu.M_SP_NA_1, asdu.Spontaneous)))}, []string{"C12.priority"}},
	{"loses events", altered{alter: answers(lost(causes(asdu.Spontaneous)))}, []string{"C12.spontaneous", "C5.events", "C10.threshold"}},
}

// remembered8 takes the test bit from commands and puts it into their answers.
func remembered8() iec104test.Alterations {
	tests := map[byte]bool{}
	return iec104test.Alterations{
		Sent:     where(command, func(a []byte) { tests[a[0]] = a[2]&0x80 != 0; a[2] &^= 0x80 }),
		Received: where(func(a []byte) bool { return tests[a[0]] }, func(a []byte) { a[2] |= 0x80 }),
	}
}

func optimist(ctx context.Context, inner iec104test.Requester, r iec104test.Request) error {
	_ = inner.Do(ctx, r)
	return nil
}

func patient(ctx context.Context, inner iec104test.Requester, r iec104test.Request) error {
	if err := inner.Do(ctx, r); err != nil {
		<-ctx.Done()
		return ctx.Err()
	}
	return nil
}

// centreFaults are the same for controlling stations.
var centreFaults = []struct {
	name  string
	fault altered
	cases []string
}{
	{"takes every answer for a yes", altered{do: optimist}, []string{
		"B1", "B2", "B3", "B4.read", "B8.negative", "C2.station", "C2.groups", "C3.general", "C3.groups", "C4.read", "C5.confirmation",
		"C6.direct", "C6.select", "C6.pulse", "C7.timed", "C7.plain", "C8.process", "C8.events", "C9", "C10.load", "C10.activation",
	}},
	{"waits for ever", altered{do: patient}, []string{
		"B1", "B2", "B3", "B4.read", "B8.negative", "C2.station", "C2.groups", "C3.general", "C3.groups", "C4.read", "C5.confirmation",
		"C6.direct", "C6.select", "C6.pulse", "C7.timed", "C7.plain", "C8.process", "C8.events", "C9", "C10.load", "C10.activation",
	}},
	{"does not see confirmations", altered{alter: asks(lost(causes(7, 9, 10)))}, []string{"B5.broadcast", "B9", "C2.deactivation", "C6.deactivation"}},
	{"loses data", altered{alter: asks(lost(func(a []byte) bool { return a[0] < 45 || a[0] == 70 || a[0] > 127 }))}, []string{
		"B5.zero", "B6.length", "B6.sequence", "B7.received", "B8.test", "B10.system", "B11.valid", "B11.impossible", "B12",
		"B13.data", "B14", "B15.reserved", "C1.start", "C3.spontaneous", "C5.unsynchronized", "C6.return",
		"C12.cyclic", "C12.background", "C12.spontaneous",
	}},
	{"closes when a type is above 127", altered{wrap: func(conn net.Conn) net.Conn {
		return breaking{conn, func(octets []byte) bool { return len(octets) > 6 && octets[2]&1 == 0 && octets[6] > 127 }}
	}}, []string{"B14"}},
	{"closes when a number is none", altered{wrap: func(conn net.Conn) net.Conn {
		return breaking{conn, func(octets []byte) bool { return len(octets) > 18 && octets[6] == 13 && octets[18] == 0x7f }}
	}}, []string{"B13.data"}},
	{"sends reserved bits", altered{alter: answers(where(is(asdu.C_IC_NA_1), func(a []byte) { a[1] |= 0x80 }))}, []string{"B7.sent"}},
	{"sends object addresses that mean nothing", altered{alter: answers(where(is(asdu.C_IC_NA_1), func(a []byte) { a[6] = 1 }))}, []string{"B15.address", "B7.sent"}},
	{"sends something else than it is told", altered{alter: answers(where(func(a []byte) bool { return len(a) > 9 && a[0] != 103 }, func(a []byte) { a[9] ^= 3 }))}, []string{
		"C2.station", "C2.groups", "C3.general", "C6.direct", "C6.select", "C6.pulse", "C7.plain", "C8.process", "C10.load", "C10.activation",
	}},
	{"sends times without the summer time bit", altered{alter: answers(where(func(a []byte) bool { return a[0] == 103 || a[0] >= 58 && a[0] <= 64 },
		func(a []byte) { a[len(a)-4] &^= 0x80 }))}, []string{"C5.confirmation", "C6.age", "C6.direct"}},
	{"does not cancel", altered{alter: answers(where(causes(asdu.Deactivation), setCause(asdu.Activation)))}, []string{"C2.deactivation", "C6.deactivation"}},
}

// TestCasesFindFaultsOfStations has built-in stations with one fault each.
func TestCasesFindFaultsOfStations(t *testing.T) {
	all := casesByID(iec104.Controlled)
	for _, test := range slices.Concat(stationFaults, stationFileFaults) {
		for _, id := range test.cases {
			c, ok := all[id]
			if !ok {
				t.Errorf("there is no case %s", id)
				continue
			}
			t.Run(test.name+"/"+id, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					time.Sleep(31 * 24 * time.Hour) // away from the turn of the century
					b, err := iec104test.NewBuiltin(&iec104test.BuiltinOptions{
						Extended: true, Cycles: c.Requirement == "C12" || id == "C10.cyclic",
						Station: station.Options{Server: iec104.ServerOptions{Events: 500}},
					})
					if err != nil {
						t.Fatal(err)
					}
					test.fault.peer = b
					mustFail(t, run(c, alteredStation{b, test.fault}, quick))
				})
			})
		}
	}
}

// TestOverflow has a station that marks the overflow of its buffer, and one
// that only says that it does.
func TestOverflow(t *testing.T) {
	c := casesByID(iec104.Controlled)["C12.overflow"]
	for _, marks := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			b := newPeer(t, c, iec104.Parameters{}, nil).(*iec104test.Builtin)
			known := b.Inventory()
			known.Overflow = &iec104test.Point{CommonAddress: 1, Address: 103, Type: asdu.M_SP_NA_1}
			marked := !marks
			subject := altered{peer: b, alter: answers(func(a []byte) [][]byte {
				if marked {
					return [][]byte{a}
				}
				marked = true
				return [][]byte{{1, 1, 3, 0, 1, 0, 103, 0, 0, 1}, a} // M_SP_NA_1, on
			})}
			options := *quick
			options.Inventory = known
			result := run(c, alteredStation{b, subject}, &options)
			if marks {
				report(t, result)
			} else {
				mustFail(t, result)
			}
		})
	}
}

// TestCasesPassAlteredConnections shows that the connection by itself, on which
// faults are put, is none.
func TestCasesPassAlteredConnections(t *testing.T) {
	nothing := altered{alter: func() iec104test.Alterations { return iec104test.Alterations{} }}
	for _, c := range iec104test.Cases() {
		if c.ID[0] == 'A' {
			continue // they send what is no frame
		}
		t.Run(fmt.Sprint(c.ID, "/", c.Role), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				subject := nothing
				if c.Role == iec104.Controlled {
					b := newPeer(t, c, iec104.Parameters{}, nil).(*iec104test.Builtin)
					subject.peer = b
					report(t, run(c, alteredStation{b, subject}, quick))
					return
				}
				centre := newPeer(t, c, iec104.Parameters{}, nil).(*iec104test.ControlCentre)
				subject.peer = centre
				report(t, run(c, alteredCentre{centre, subject}, quick))
			})
		})
	}
}

// TestCasesFindFaultsOfControlCentres has control centres with one fault each.
func TestCasesFindFaultsOfControlCentres(t *testing.T) {
	all := casesByID(iec104.Controlling)
	for _, test := range slices.Concat(centreFaults, centreFileFaults) {
		for _, id := range test.cases {
			c, ok := all[id]
			if !ok {
				t.Errorf("there is no case %s", id)
				continue
			}
			t.Run(test.name+"/"+id, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					centre, err := iec104test.NewControlCentre(&iec104test.ControlCentreOptions{Client: iec104.ClientOptions{Location: sydney()}})
					if err != nil {
						t.Fatal(err)
					}
					test.fault.peer = centre
					mustFail(t, run(c, alteredCentre{centre, test.fault}, quick))
				})
			})
		}
	}
}

var quick = &iec104test.RunOptions{Tolerance: 2 * time.Millisecond, Prompt: 100 * time.Millisecond}

func casesByID(role iec104.Role) map[string]iec104test.Case {
	all := map[string]iec104test.Case{}
	for _, c := range iec104test.Cases() {
		if c.Role == role {
			all[c.ID] = c
		}
	}
	return all
}

func mustFail(t *testing.T, result iec104test.Result) {
	t.Helper()
	if result.Status != iec104test.Failed || result.Expected == "" || result.Seen == "" {
		t.Errorf("%s: expected %q, seen %q", result.Status, result.Expected, result.Seen)
	}
}
