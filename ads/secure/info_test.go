package secure_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"stellwerk/ads/ams"
	"stellwerk/ads/secure"
)

// first is a first contact on the wire.
var first = bytes.Join([][]byte{
	{0x4B, 0x00},                      // length: 64 + 5 + 6
	{0xB0, 0x00},                      // self-signed, IP address, add remote
	{0x01, 0x00},                      // version, error
	{10, 0, 0, 1, 1, 1},               // NetId
	{5, 6},                            // lengths of user and password
	make([]byte, 18),                  // reserved
	[]byte("panel"), make([]byte, 27), // host
	[]byte("guest"), []byte("secret"),
}, nil)

func TestInfoOnTheWire(t *testing.T) {
	want := secure.Info{
		Flags: secure.FlagSelfSigned | secure.FlagIPAddress | secure.FlagAddRemote, Version: 1,
		NetID: ams.NetID{10, 0, 0, 1, 1, 1}, Host: "panel", User: "guest", Password: "secret",
	}
	got, err := secure.DecodeInfo(first)
	if err != nil || got != want {
		t.Errorf("%+v, %v", got, err)
	}
	if diff := cmp.Diff(first, want.Append(nil)); diff != "" {
		t.Error(diff)
	}
	if got.Flags.String() != "self-signed, IP address, add remote" {
		t.Error(got.Flags)
	}
}

func TestWhatIsNoInfo(t *testing.T) {
	wrong := func(at int, octet byte) []byte {
		b := bytes.Clone(first)
		b[at] = octet
		return b
	}
	for want, data := range map[string][]byte{
		"63 octets, it has 64": first[:63],
		"it says 0 octets":     wrong(0, 0),
		"it has 77":            wrong(12, 7),
		"there are 74":         first[:74],
	} {
		if _, err := secure.DecodeInfo(data); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q, got %v", want, err)
		}
	}
	for _, i := range []secure.Info{
		{Host: strings.Repeat("x", 33)},
		{Host: "prüfstand"},
		{User: strings.Repeat("x", 256)},
		{User: strings.Repeat("x", 250), Password: strings.Repeat("x", 250)},
	} {
		if err := i.Check(); err == nil {
			t.Errorf("%+v can be sent", i)
		}
	}
}

func TestKey(t *testing.T) {
	// echo -n 'PLCSecret1' | sha256sum
	if got, want := secure.Key("plc", "Secret1"), secure.Key("PLC", "Secret1"); !bytes.Equal(got, want) || len(got) != 32 {
		t.Errorf("% x, % x", got, want)
	}
	if bytes.Equal(secure.Key("plc", "secret1"), secure.Key("plc", "Secret1")) {
		t.Error("the password does not matter")
	}
}

func TestCodesExplainThemselves(t *testing.T) {
	for c := secure.CodeVersion; c <= secure.CodeUser; c++ {
		for _, text := range []string{c.Meaning().EN, c.Meaning().DE, c.Remedy().EN, c.Remedy().DE} {
			if text == "" {
				t.Errorf("%v has not all texts", c)
			}
		}
	}
	if c := secure.Code(9); c.String() != "error 9" || c.Error() != "secure ADS: error 9" || !c.Meaning().IsZero() || !c.Remedy().IsZero() {
		t.Error(c)
	}
	if got := secure.CodeUser.Error(); got != "UNKNOWN_USER (4): user or password is wrong" {
		t.Error(got)
	}
	if got := secure.Flags(0x300).String(); got != "0x0300" {
		t.Error(got)
	}
}

func FuzzInfo(f *testing.F) {
	f.Add(first)
	f.Add(first[:64])
	f.Fuzz(func(t *testing.T, data []byte) {
		i, err := secure.DecodeInfo(data)
		if err != nil {
			return
		}
		again, err := secure.DecodeInfo(i.Append(nil))
		if err != nil || again != i {
			t.Errorf("%+v becomes %+v, %v", i, again, err)
		}
	})
}
