package discovery_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"stellwerk/ads/ams"
	"stellwerk/ads/discovery"
	"stellwerk/wire"
)

var source = ams.Address{NetID: ams.NetID{192, 168, 0, 1, 1, 1}, Port: ams.PortSystemService}

func octets(parts ...any) []byte {
	var b []byte
	for _, part := range parts {
		switch part := part.(type) {
		case string:
			b = append(b, part...)
		case int:
			b = append(b, byte(part))
		case []byte:
			b = append(b, part...)
		}
	}
	return b
}

// addRoute is a request in the order of tags that is common on the wire.
var addRoute = octets(
	0x03, 0x66, 0x14, 0x71, // cookie
	1, 0, 0, 0, // invoke id
	6, 0, 0, 0, // add route
	192, 168, 0, 1, 1, 1, 0x10, 0x27, // source, port 10000
	5, 0, 0, 0, // tags
	12, 0, 5, 0, "gate\x00",
	7, 0, 6, 0, 192, 168, 0, 1, 1, 1,
	13, 0, 14, 0, "Administrator\x00",
	2, 0, 2, 0, "1\x00",
	5, 0, 12, 0, "192.168.0.1\x00",
)

// serverInfo is what a machine says of itself.
var serverInfo = octets(
	0x03, 0x66, 0x14, 0x71,
	9, 0, 0, 0,
	1, 0, 0, 0x80, // answer
	5, 23, 145, 10, 1, 1, 0x10, 0x27,
	5, 0, 0, 0,
	5, 0, 10, 0, "CX-1234AB\x00",
	4, 0, 0x14, 0x01,
	0x14, 0x01, 0, 0, 10, 0, 0, 0, 0, 0, 0, 0, 0x65, 0x4A, 0, 0, 2, 0, 0, 0, // Windows 10.0.19045
	"S\x00P\x00", make([]byte, 252),
	3, 0, 4, 0, 3, 1, 0xB8, 0x0F, // 3.1.4024
	18, 0, 5, 0, "abcd\x00",
	99, 0, 2, 0, 0xFF, 0xFE, // nobody knows
)

func TestAddRouteOnTheWire(t *testing.T) {
	request := discovery.RouteRequest{
		Name: "gate", NetID: source.NetID, Address: "192.168.0.1", User: "Administrator", Password: "1",
	}
	p := discovery.AddRouteRequest(1, source, &request)
	if diff := cmp.Diff(addRoute, p.Append(nil)); diff != "" {
		t.Error(diff)
	}
	decoded, err := discovery.Decode(addRoute)
	if err != nil {
		t.Fatal(err)
	}
	got, err := decoded.RouteRequest()
	if err != nil || got != request {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestTagsInAnyOrder(t *testing.T) {
	request := discovery.RouteRequest{Name: "n", NetID: source.NetID, Address: "a", User: "u", Password: "p", Temporary: true}
	p := discovery.AddRouteRequest(1, source, &request)
	slices.Reverse(p.Tags)
	if got, err := p.RouteRequest(); err != nil || got != request {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestServerInfoOnTheWire(t *testing.T) {
	p, err := discovery.Decode(serverInfo)
	if err != nil {
		t.Fatal(err)
	}
	want := discovery.ServerInfo{
		NetID: ams.NetID{5, 23, 145, 10, 1, 1}, Name: "CX-1234AB", Fingerprint: "abcd",
		Version: discovery.Version{Major: 3, Minor: 1, Build: 4024},
		OS:      discovery.OSVersion{Major: 10, Build: 19045, Platform: discovery.PlatformNT, Text: "SP"},
	}
	got, err := p.ServerInfo()
	if err != nil || got != want {
		t.Errorf("got %+v, %v", got, err)
	}
	if got.OS.String() != "Windows 10.0.19045 SP" || got.Version.String() != "3.1.4024" {
		t.Errorf("%v, %v", got.OS, got.Version)
	}
	if unknown, ok := p.Tag(99); !ok || !bytes.Equal(unknown.Data, []byte{0xFF, 0xFE}) || unknown.ID.String() != "tag 99" {
		t.Errorf("the tag that is not known: %+v", unknown)
	}
	if diff := cmp.Diff(serverInfo, p.Append(nil)); diff != "" {
		t.Error(diff)
	}
	answer := p.Answer(source, want.Tags()...)
	again, err := answer.ServerInfo()
	if err != nil || again != want {
		t.Errorf("through its own tags: %+v, %v", again, err)
	}
}

func TestAnswerOfOtherPlatform(t *testing.T) {
	want := discovery.OSVersion{Major: 14, Minor: 2, Platform: discovery.PlatformBSD, Text: "FreeBSD 14.2-RELEASE"}
	got, err := discovery.OSVersionTag(want).OSVersion()
	if err != nil || got != want {
		t.Errorf("got %+v, %v", got, err)
	}
	if got.String() != "TwinCAT/BSD 14.2 FreeBSD 14.2-RELEASE" {
		t.Error(got)
	}
}

func TestStatus(t *testing.T) {
	p := discovery.AddRouteRequest(7, source, &discovery.RouteRequest{})
	answer := p.Answer(ams.Address{}, discovery.StatusTag(ams.InvalidAccess))
	if code, err := answer.Status(); err != nil || code != ams.InvalidAccess || !answer.Response || answer.InvokeID != 7 {
		t.Errorf("%v, %v, %+v", code, err, answer)
	}
	answer.Tags[0].Data = answer.Tags[0].Data[:3]
	if _, err := answer.Status(); err == nil {
		t.Error("a status of three octets")
	}
}

func TestTextOfOldMachines(t *testing.T) {
	if got := (discovery.Tag{Data: []byte("Prüfstand\x00left")}).String(); got != "Prüfstand" {
		t.Error(got)
	}
	if got := (discovery.Tag{Data: []byte("Pr\xFCfstand\x00")}).String(); got != "Prüfstand" {
		t.Error(got)
	}
}

func TestWhatIsNoPacket(t *testing.T) {
	count := func(n uint32) []byte {
		b := slices.Clone(addRoute)
		binary.LittleEndian.PutUint32(b[20:], n)
		return b
	}
	for want, data := range map[string][]byte{
		"23 octets, the header alone has 24":                        addRoute[:23],
		"it begins with 0x00000000, not with 0x71146603":            make([]byte, 24),
		"it says 4294967295 tags":                                   count(1<<32 - 1),
		"tag 5 of 5: computer name: it says 12 octets, 11 are left": addRoute[:len(addRoute)-1],
		"tag 6 of 6: 0 octets are left, id and length have 4":       count(6),
		"tag 5 of 5: 3 octets are left":                             addRoute[:len(addRoute)-13],
	} {
		if _, err := discovery.Decode(data); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q, got %v", want, err)
		}
	}
	_, err := discovery.Decode(addRoute[:len(addRoute)-1])
	wrong, ok := errors.AsType[*discovery.Error](err)
	if want := "Suchpaket: Tag 5 von 5: computer name: es nennt 12 Oktette, 11 sind noch da"; !ok || wrong.Text().DE != want {
		t.Errorf("got %v, want %s", err, want)
	}
	p, err := discovery.Decode(count(4))
	if err != nil || len(p.Rest) != 16 {
		t.Errorf("what stands behind the tags: %+v, %v", p, err)
	}
}

func TestIncompleteRequests(t *testing.T) {
	empty := discovery.Packet{Service: discovery.ServiceAddRoute}
	_, err := empty.RouteRequest()
	for _, want := range []string{"no route name", "no NetId", "no computer name"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not say %q", err, want)
		}
	}
	empty.Service = discovery.ServiceDeleteRoute
	if _, err := empty.RouteRequest(); err == nil {
		t.Error("a route without a name was to be removed")
	}
	empty.Service = 8
	if _, err := empty.RouteRequest(); err == nil || !strings.Contains(err.Error(), "service 8") {
		t.Error(err)
	}
}

func TestElementsCoverTheirOctets(t *testing.T) {
	check := func(e wire.Element) {
		t.Helper()
		bit := 0
		for _, f := range e.Fields {
			if f.Bit != bit {
				t.Errorf("%s, %s: begins at bit %d, want %d", e.Name, f.Name, f.Bit, bit)
			}
			bit += f.Width
			if f.Text != nil {
				f.Text(1<<f.Width - 1)
				f.Text(0)
			}
		}
		if bit != 8*e.Octets {
			t.Errorf("%s: fields of %d bits in %d octets", e.Name, bit, e.Octets)
		}
	}
	check(discovery.ElementHeader)
	check(discovery.ElementTag)
	for id := range discovery.TagID(64) {
		if e, ok := id.Element(); ok {
			check(e)
		}
	}
}

func TestWalkNamesWhatItShows(t *testing.T) {
	seen := map[string]string{}
	for _, n := range walk(serverInfo) {
		if n.Leaf {
			seen[n.Name] = n.Text.EN
		}
	}
	for name, want := range map[string]string{"source NetId": "5.23.145.10.1.1", "platform": "Windows", "service": "ask a machine who it is"} {
		if seen[name] != want {
			t.Errorf("%s is %q, want %q", name, seen[name], want)
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(addRoute)
	f.Add(serverInfo)
	f.Add(addRoute[:30])
	f.Fuzz(func(t *testing.T, data []byte) {
		if got := wire.Join(walk(data)); !bytes.Equal(got, data) {
			t.Errorf("the leaves of % x are % x", data, got)
		}
		p, err := discovery.Decode(data)
		if err != nil {
			return
		}
		if again := p.Append(nil); !bytes.Equal(again, data) {
			t.Errorf("% x becomes % x", data, again)
		}
		_, _ = p.ServerInfo()
		_, _ = p.RouteRequest()
		_, _ = p.Status()
	})
}

func walk(data []byte) []wire.Node {
	w := wire.NewWalker(data)
	discovery.Walk(w)
	return w.Nodes()
}
