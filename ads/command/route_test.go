package command_test

import (
	"bytes"
	"math"
	"strings"
	"testing"
	"time"

	"stellwerk/ads/ams"
	"stellwerk/ads/command"
)

func TestRoute(t *testing.T) {
	route := command.Route{
		Name: "press", NetID: ams.NetID{1, 2, 3, 4, 1, 1}, Address: "10.0.0.2", Transport: command.RouteTCP, Flags: 0x40, Timeout: 5 * time.Second,
	}
	octets := []byte{
		1, 2, 3, 4, 1, 1, // NetId
		1, 0, // transport: TCP
		0x40, 0, 0, 0, // flags
		0x88, 0x13, 0, 0, // timeout: 5000 ms
		0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, // not used
		9, 0, 0, 0, // octets of the address
		6, 0, 0, 0, // octets of the name
		'1', '0', '.', '0', '.', '0', '.', '2', 0,
		'p', 'r', 'e', 's', 's', 0,
	}
	if got := route.Append(nil); !bytes.Equal(got, octets) {
		t.Errorf("%x, want %x", got, octets)
	}
	if got, err := command.DecodeRoute(octets); err != nil || got != route {
		t.Errorf("%+v, %v", got, err)
	}
	for length := range octets {
		if got, err := command.DecodeRoute(octets[:length]); err == nil {
			t.Errorf("%d octets: %+v", length, got)
		}
	}
	for at, want := range map[int]string{32: "route: address has 4294967049 octets at octet 40, only 15 are left", 36: "route: name has 4294967046 octets at octet 49, only 6 are left"} {
		lying := bytes.Clone(octets)
		copy(lying[at+1:], "\xFF\xFF\xFF")
		if _, err := command.DecodeRoute(lying); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
}

// A timeout that has no room is the nearest that has.
func TestRouteTimeout(t *testing.T) {
	for given, want := range map[time.Duration]time.Duration{
		-time.Second: 0, 1500 * time.Microsecond: time.Millisecond, math.MaxInt64: math.MaxUint32 * time.Millisecond,
	} {
		if got, err := command.DecodeRoute(command.Route{Timeout: given}.Append(nil)); err != nil || got.Timeout != want {
			t.Errorf("%v: %v, %v", given, got.Timeout, err)
		}
	}
}

// What a route decodes to is encoded to what decodes to the same.
func FuzzRoute(f *testing.F) {
	f.Add(command.Route{Name: "press", Address: "10.0.0.2", Timeout: time.Second}.Append(nil))
	f.Add(command.Route{}.Append(nil)[:39])
	f.Fuzz(func(t *testing.T, octets []byte) {
		route, err := command.DecodeRoute(octets)
		if err != nil {
			return
		}
		if again, err := command.DecodeRoute(route.Append(nil)); err != nil || again != route {
			t.Errorf("%+v becomes %+v, %v", route, again, err)
		}
	})
}
