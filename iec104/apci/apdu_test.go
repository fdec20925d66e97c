package apci_test

import (
	"bytes"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"stellwerk/iec104/apci"
)

var apdus = []struct {
	name  string
	octet []byte
	apdu  apci.APDU
	text  string
}{
	{
		name: "I",
		octet: []byte{
			0x68, 8, // start, length
			0x0a, 0x00, // N(S) = 5
			0xfe, 0xff, // N(R) = 32767
			1, 2, 3, 4, // ASDU
		},
		apdu: apci.APDU{Format: apci.FormatI, Send: 5, Receive: 32767, ASDU: []byte{1, 2, 3, 4}},
		text: "I N(S)=5 N(R)=32767",
	},
	{
		name:  "I with the highest N(S)",
		octet: []byte{0x68, 5, 0xfe, 0xff, 0x00, 0x01, 9},
		apdu:  apci.APDU{Format: apci.FormatI, Send: 32767, Receive: 128, ASDU: []byte{9}},
		text:  "I N(S)=32767 N(R)=128",
	},
	{
		name:  "S",
		octet: []byte{0x68, 4, 0x01, 0x00, 0x0c, 0x02},
		apdu:  apci.APDU{Format: apci.FormatS, Receive: 262},
		text:  "S N(R)=262",
	},
	{name: "STARTDT act", octet: []byte{0x68, 4, 0x07, 0, 0, 0}, apdu: apci.APDU{Format: apci.FormatU, Function: apci.StartDTAct}, text: "STARTDT act"},
	{name: "STARTDT con", octet: []byte{0x68, 4, 0x0b, 0, 0, 0}, apdu: apci.APDU{Format: apci.FormatU, Function: apci.StartDTCon}, text: "STARTDT con"},
	{name: "STOPDT act", octet: []byte{0x68, 4, 0x13, 0, 0, 0}, apdu: apci.APDU{Format: apci.FormatU, Function: apci.StopDTAct}, text: "STOPDT act"},
	{name: "STOPDT con", octet: []byte{0x68, 4, 0x23, 0, 0, 0}, apdu: apci.APDU{Format: apci.FormatU, Function: apci.StopDTCon}, text: "STOPDT con"},
	{name: "TESTFR act", octet: []byte{0x68, 4, 0x43, 0, 0, 0}, apdu: apci.APDU{Format: apci.FormatU, Function: apci.TestFRAct}, text: "TESTFR act"},
	{name: "TESTFR con", octet: []byte{0x68, 4, 0x83, 0, 0, 0}, apdu: apci.APDU{Format: apci.FormatU, Function: apci.TestFRCon}, text: "TESTFR con"},
}

func TestAPDU(t *testing.T) {
	for _, test := range apdus {
		t.Run(test.name, func(t *testing.T) {
			apdu, err := apci.Decode(test.octet)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.apdu, apdu); diff != "" {
				t.Error(diff)
			}
			octets, err := apdu.Append([]byte{0xff})
			if err != nil || !bytes.Equal(octets[1:], test.octet) {
				t.Errorf("encoded % x, %v", octets, err)
			}
			if got := apdu.String(); got != test.text {
				t.Errorf("String() = %q, want %q", got, test.text)
			}
		})
	}
}

func TestReservedBitsAreToleratedAndReported(t *testing.T) {
	for name, octets := range map[string][]byte{
		"I, bit 1 of octet 5":      {0x68, 5, 0, 0, 1, 0, 9},
		"S, function bits":         {0x68, 4, 0x05, 0, 0, 0},
		"S, octet 4":               {0x68, 4, 0x01, 7, 0, 0},
		"S, bit 1 of octet 5":      {0x68, 4, 0x01, 0, 1, 0},
		"U, octet 4":               {0x68, 4, 0x43, 1, 0, 0},
		"U, octet 5":               {0x68, 4, 0x43, 0, 1, 0},
		"U, octet 6":               {0x68, 4, 0x43, 0, 0, 0x80},
		"U, all octets behind it":  {0x68, 4, 0x43, 0xff, 0xff, 0xff},
		"S, with a number beneath": {0x68, 4, 0x01, 0x80, 0x0c, 0x02},
	} {
		apdu, err := apci.Decode(octets)
		if err != nil || !apdu.Reserved {
			t.Errorf("%s: %+v, %v", name, apdu, err)
		}
	}
}

func TestDecodeErrors(t *testing.T) {
	for _, test := range []struct {
		name   string
		octets []byte
		octet  int
		field  string
		reason string
	}{
		{"nothing", nil, 1, "APDU", "the APDU ends after 0 octet(s), without a length"},
		{"no length", []byte{0x68}, 2, "APDU", "the APDU ends after 1 octet(s), without a length"},
		{"other start", []byte{0x69, 4, 0x43, 0, 0, 0}, 1, "start octet", "start octet is 0x69, not 0x68"},
		{"length 0", []byte{0x68, 0}, 2, "length", "APDU length 0 is below 4"},
		{"length 3", []byte{0x68, 3, 0x43, 0, 0}, 2, "length", "APDU length 3 is below 4"},
		{"length 254", append([]byte{0x68, 254}, make([]byte, 254)...), 2, "length", "APDU length 254 is above 253"},
		{"cut short", []byte{0x68, 14, 0, 0, 0, 0, 1}, 8, "APDU", "the APDU ends after 7 of 16 octets"},
		{"octets behind", []byte{0x68, 4, 0x43, 0, 0, 0, 1}, 7, "APDU", "1 octets follow the APDU of 6"},
		{"I without ASDU", []byte{0x68, 4, 0, 0, 0, 0}, 2, "length", "APDU in I format has no ASDU"},
		{"S too long", []byte{0x68, 5, 1, 0, 0, 0, 0}, 2, "length", "APDU in S format has length 5, must be 4"},
		{"U too long", []byte{0x68, 6, 0x43, 0, 0, 0, 0, 0}, 2, "length", "APDU in U format has length 6, must be 4"},
		{"U without function", []byte{0x68, 4, 3, 0, 0, 0}, 3, "control field", "APDU in U format has no function"},
		{"U with two functions", []byte{0x68, 4, 0x47, 0, 0, 0}, 3, "control field", "APDU in U format has several functions (octet 0x47)"},
	} {
		_, err := apci.Decode(test.octets)
		fault, ok := errors.AsType[*apci.Error](err)
		if !ok || fault.Octet != test.octet || fault.Field != test.field || fault.Reason.EN != test.reason {
			t.Errorf("%s: %v, want octet %d (%s): %s", test.name, err, test.octet, test.field, test.reason)
		}
		if ok && (fault.Reason.DE == "" || fault.Reason.DE == fault.Reason.EN) {
			t.Errorf("%s: no German for %v", test.name, err)
		}
	}
}

func TestAppendErrors(t *testing.T) {
	for name, apdu := range map[string]apci.APDU{
		"I without ASDU":       {},
		"I with too much":      {ASDU: make([]byte, apci.MaxASDU+1)},
		"S with ASDU":          {Format: apci.FormatS, ASDU: []byte{1}},
		"U with ASDU":          {Format: apci.FormatU, Function: apci.TestFRAct, ASDU: []byte{1}},
		"U without function":   {Format: apci.FormatU},
		"U with two functions": {Format: apci.FormatU, Function: apci.TestFRAct | apci.TestFRCon},
		"no format":            {Format: 3},
	} {
		if octets, err := apdu.Append(nil); err == nil || octets != nil {
			t.Errorf("%s: % x, %v", name, octets, err)
		}
	}
}

func TestSequence(t *testing.T) {
	for _, test := range []struct {
		from  apci.Sequence
		steps int
		to    apci.Sequence
	}{
		{0, 0, 0}, {0, 1, 1}, {32767, 1, 0}, {32760, 20, 12}, {5, 32767, 4},
	} {
		if got := test.from.Add(test.steps); got != test.to {
			t.Errorf("%d + %d = %d, want %d", test.from, test.steps, got, test.to)
		}
		if got := test.to.Since(test.from); got != test.steps {
			t.Errorf("from %d to %d = %d, want %d", test.from, test.to, got, test.steps)
		}
	}
	if got := apci.Sequence(3).Add(-5); got != 32766 {
		t.Errorf("3 - 5 = %d", got)
	}
	if got := apci.Sequence(32767).Next(); got != 0 {
		t.Errorf("32767 + 1 = %d", got)
	}
}

func TestNamesOfUnknownValues(t *testing.T) {
	for got, want := range map[string]string{
		apci.Function(0x44).String():       "U 0x44",
		apci.Format(7).String():            "7",
		apci.APDU{Format: 7}.String():      "format 7",
		apci.Function(0).String():          "U 0x00",
		apci.FormatI.String():              "I",
		(&apci.Error{Octet: 1}).Error():    "octet 1 of the APDU (): ",
		apci.Function(0x80).String():       "TESTFR con",
		apci.APDU{Format: 1}.String():      "S N(R)=0",
		apci.APDU{Receive: 32767}.String(): "I N(S)=0 N(R)=32767",
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func FuzzDecode(f *testing.F) {
	for _, test := range apdus {
		f.Add(test.octet)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		apdu, err := apci.Decode(data)
		if err != nil {
			if _, ok := errors.AsType[*apci.Error](err); !ok {
				t.Fatalf("error of type %T", err)
			}
			return
		}
		octets, err := apdu.Append(nil)
		if err != nil {
			t.Fatal(err)
		}
		if !apdu.Reserved && !bytes.Equal(octets, data) {
			t.Fatalf("% x became % x", data, octets)
		}
		again, err := apci.Decode(octets)
		if err != nil {
			t.Fatal(err)
		}
		apdu.Reserved = false
		if diff := cmp.Diff(apdu, again); diff != "" {
			t.Fatal(diff)
		}
	})
}
