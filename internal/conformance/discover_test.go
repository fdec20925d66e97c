package conformance_test

import (
	"context"
	"net"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"stellwerk/iec104/asdu"
	"stellwerk/iec104/station"
	"stellwerk/internal/conformance"
)

// TestDiscoverNamedStations asks two of the three sectors of a device, which has
// none with the common address 1: those that are named, or all, or none that is
// there.
func TestDiscoverNamedStations(t *testing.T) {
	for name, test := range map[string]struct {
		named, found []asdu.CommonAddress
		problem      string
	}{
		"all": {found: []asdu.CommonAddress{47, 48, 300}},
		"two": {named: []asdu.CommonAddress{300, 47}, found: []asdu.CommonAddress{300, 47}},
		"one that is there, one that is not": {
			named: []asdu.CommonAddress{9, 48}, found: []asdu.CommonAddress{48},
		},
		"none that is there": {named: []asdu.CommonAddress{9}, problem: "none with the common addresses that were named, [9]"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var sectors []station.Sector
				for _, a := range []asdu.CommonAddress{47, 48, 300} {
					sectors = append(sectors, station.Sector{Address: a, Points: []station.Point{{Address: asdu.ObjectAddress(a), Type: asdu.M_SP_TB_1}}})
				}
				s, err := station.New(nil, sectors...)
				if err != nil {
					t.Fatal(err)
				}
				defer s.Close()
				d := &conformance.Device{Dial: func(context.Context) (net.Conn, error) {
					near, far := net.Pipe()
					_, err := s.ServeConn(far)
					return near, err
				}}
				found, err := conformance.Discover(t.Context(), d, 100*time.Millisecond, test.named...)
				if test.problem != "" {
					if err == nil || !strings.Contains(err.Error(), test.problem) {
						t.Errorf("error %v, want %s", err, test.problem)
					}
					return
				}
				if err != nil {
					t.Fatal(err)
				}
				if !slices.Equal(found.CommonAddresses, test.found) || len(found.Points) != len(test.found) {
					t.Errorf("found %d with the points %v, want %d", found.CommonAddresses, found.Points, test.found)
				}
			})
		})
	}
}
