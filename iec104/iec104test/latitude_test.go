package iec104test_test

import (
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"stellwerk/iec104"
	"stellwerk/iec104/asdu"
	"stellwerk/iec104/iec104test"
)

// refusesRefusals is a station that mirrors requests with the causes 44 to 47
// with cause 45, as any other cause that it does not know.
var refusesRefusals = asks(where(func(a []byte) bool { return cause(a).Unknown() }, setCause(63)))

// hasNoTestCommand is a station that does not know C_TS_TA_1.
var hasNoTestCommand = answers(where(is(asdu.C_TS_TA_1), func(a []byte) { a[2] = a[2]&0x80 | 0x40 | byte(asdu.UnknownType) }))

// TestLatitude has stations do what the standard leaves to them: no case may
// call it a fault.
func TestLatitude(t *testing.T) {
	for _, test := range []struct {
		name    string
		fault   alter
		id      string
		skipped string // why, where the case cannot be run
		stated  string // what the report says of the choice
	}{
		{"refuses refusals", refusesRefusals, "B10.system", "", "C_RD_NA_1 with the causes 44, 45, 46, 47: refused with cause 45"},
		{"refuses refusals", refusesRefusals, "B10.process", "", "refused with cause 45"},
		{"ignores refusals", nil, "B10.system", "", "C_RD_NA_1 with the causes 44, 45, 46, 47: ignored"},
		{"has no test command", hasNoTestCommand, "B3", "", ""},
		{"has no test command", hasNoTestCommand, "B5.others", "", ""},
		{"has no test command", hasNoTestCommand, "B8.negative", "the station does not know C_TS_TA_1", ""},
		{"has no test command", hasNoTestCommand, "B11.valid", "the station does not know C_TS_TA_1", ""},
		{"has no test command", hasNoTestCommand, "B15.address", "", "C_TS_TA_1 with another one is refused with cause 44"},
	} {
		t.Run(test.name+"/"+test.id, func(t *testing.T) {
			c := casesByID(iec104.Controlled)[test.id]
			synctest.Test(t, func(t *testing.T) {
				b := newPeer(t, c, iec104.Parameters{}, nil).(*iec104test.Builtin)
				result := run(c, alteredStation{b, altered{peer: b, alter: test.fault}}, quick)
				want := iec104test.Passed
				if test.skipped != "" {
					want = iec104test.Skipped
				}
				if result.Status != want || test.skipped != "" && result.Seen != test.skipped || !strings.Contains(result.Seen, test.stated) {
					t.Errorf("%+v", result)
				}
			})
		})
	}
}

// closing is the connection of a subject that closes it when it has read what
// fits, and reads nothing after that.
type closing struct {
	net.Conn
	fits   func(octets []byte) bool
	closed *bool
}

func (c closing) Write(octets []byte) (int, error) {
	if c.fits(octets) {
		*c.closed = true
		time.AfterFunc(time.Millisecond, func() { _ = c.Close() })
	}
	if *c.closed {
		return len(octets), nil
	}
	return c.Conn.Write(octets)
}

// TestLatitudeOfControlCentres has a control centre close the connection when
// a confirmation is cut short.
func TestLatitudeOfControlCentres(t *testing.T) {
	for id, octets := range map[string]int{"C5.confirmation": 16, "C7.timed": 18, "C6.direct": 10, "C8.process": 10} {
		t.Run(id, func(t *testing.T) {
			c := casesByID(iec104.Controlling)[id]
			synctest.Test(t, func(t *testing.T) {
				centre := newPeer(t, c, iec104.Parameters{}, nil).(*iec104test.ControlCentre)
				closes := altered{peer: centre, wrap: func(conn net.Conn) net.Conn {
					return closing{conn, func(frame []byte) bool {
						return len(frame) == 6+octets-1 && int(frame[1]) == len(frame)-2 && frame[2]&1 == 0 && asdu.TypeID(frame[6]).Control() && cause(frame[6:]) == asdu.ActivationCon
					}, new(bool)}
				}}
				result := run(c, alteredCentre{centre, closes}, quick)
				if result.Status != iec104test.Passed || !strings.Contains(result.Seen, "closes the connection when a confirmation is cut short") {
					t.Errorf("%+v", result)
				}
			})
		})
	}
}
