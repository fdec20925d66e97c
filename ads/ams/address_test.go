package ams_test

import (
	"encoding/json"
	"strings"
	"testing"

	"stellwerk/ads/ams"
)

func TestAddress(t *testing.T) {
	const text = "5.23.145.10.1.1:851"
	a, err := ams.ParseAddress(text)
	if err != nil || a != (ams.Address{NetID: ams.NetID{5, 23, 145, 10, 1, 1}, Port: 851}) || a.String() != text {
		t.Errorf("%v, %v", a, err)
	}
	var back ams.Address
	octets, err := json.Marshal(a)
	if err != nil || json.Unmarshal(octets, &back) != nil || back != a || string(octets) != `"`+text+`"` {
		t.Errorf("%s, %v, %v", octets, err, back)
	}
	var id ams.NetID
	if err := id.UnmarshalText([]byte("127.0.0.1.1.1")); err != nil || id != ams.LocalNetID || id.IsZero() {
		t.Errorf("%v, %v", id, err)
	}
	if err := id.UnmarshalText([]byte("1.2.3.4")); err == nil || id != ams.LocalNetID {
		t.Errorf("a NetId that is none changes one: %v, %v", id, err)
	}
	if !(ams.NetID{}).IsZero() {
		t.Error("the zero NetId is not zero")
	}
}

// Errors name what is wrong and how it is written.
func TestAddressThatIsNone(t *testing.T) {
	for text, want := range map[string]string{
		"":                       "it has 1 numbers",
		"5.23.145.10:851":        "it has 4 numbers",
		"5.23.145.10.1.1.1:851":  "it has 7 numbers",
		"5.23.145.10.1.256:851":  `"256" is not a number from 0 to 255`,
		"5.23.145.10.1.-1:851":   `"-1" is not`,
		"5.23.145.10.1.+1:851":   `"+1" is not`,
		"5.23.145.10.1.:851":     `"" is not`,
		"5.23.145.10.1.0x1:851":  `"0x1" is not`,
		" 5.23.145.10.1.1:851":   `" 5" is not`,
		"5.23.145.10.1.1":        "has no port; add it with a colon, such as 5.23.145.10.1.1:851",
		"5.23.145.10.1.1:":       `"" in the AMS address`,
		"5.23.145.10.1.1:65536":  "is no AMS port, which is a number from 0 to 65535",
		"5.23.145.10.1.1:+851":   `"+851" in the AMS address`,
		"5.23.145.10.1.1:8:51":   `"8:51" in the AMS address`,
		"5.23.145.10.1.1:plc":    `"plc" in the AMS address`,
		"5.23.145.10.1.1:851 \n": "is no AMS port",
	} {
		if a, err := ams.ParseAddress(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, %v", text, a, err)
		}
	}
}

func FuzzParseAddress(f *testing.F) {
	f.Add("5.23.145.10.1.1:851")
	f.Add("0.0.0.0.0.0:0")
	f.Fuzz(func(t *testing.T, text string) {
		a, err := ams.ParseAddress(text)
		if err != nil {
			return
		}
		if back, err := ams.ParseAddress(a.String()); err != nil || back != a {
			t.Errorf("%q becomes %v, which becomes %v, %v", text, a, back, err)
		}
	})
}
