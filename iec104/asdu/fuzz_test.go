package asdu_test

import (
	"bytes"
	"errors"
	"slices"
	"testing"
	"time"

	"stellwerk/iec104/asdu"
)

// paramsOf makes params of a number: every length of every field, with and
// without declared private types.
func paramsOf(t testing.TB, number uint8) *asdu.Params {
	t.Helper()
	p := &asdu.Params{
		CauseOctets: 1 + int(number)%2, CommonAddressOctets: 1 + int(number)/2%2, ObjectAddressOctets: 1 + int(number)/4%3,
	}
	if number < 128 {
		return p
	}
	p, err := p.Declare(
		asdu.PrivateType{Type: 150, Like: asdu.M_ME_NC_1, Time: asdu.TimeCP56},
		asdu.PrivateType{Type: 151, Like: asdu.F_SG_NA_1},
		asdu.PrivateType{Type: 152, Like: asdu.M_SP_TB_1, Time: asdu.TimeCP24},
	)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// once are inputs that fuzzing has found wrong, with what was wrong.
var once = []struct {
	name   string
	params uint8
	octets []byte
}{
	{"readdressing an ASDU that is cut short went beyond its end", 0, []byte{1, 2, 3, 1, 1, 0, 2}},
	{"readdressing a sequence without objects went before its start", 0, []byte{1, 0x80, 3, 1}},
	{"rules were held against a header that was not there", 0, []byte{'0'}},
	{"a segment was accepted with any length", 0, []byte{125, 1, 13, 1, 1, 1, 0, 1, 9, 7}},
}

func FuzzDecode(f *testing.F) {
	for _, telegram := range telegrams() {
		f.Add(uint8(11), telegram.octets) // the field lengths of IEC 60870-5-104
	}
	for _, row := range once {
		f.Add(row.params, row.octets)
	}
	f.Fuzz(func(t *testing.T, number uint8, data []byte) {
		if len(data) > 1000 {
			return // no ASDU has more than 249 octets
		}
		survives(t, paramsOf(t, number), data)
	})
}

func TestOnceWrong(t *testing.T) {
	for _, row := range once {
		t.Run(row.name, func(t *testing.T) { survives(t, paramsOf(t, row.params), row.octets) })
	}
}

// survives holds whatever the octets are.
func survives(t *testing.T, p *asdu.Params, data []byte) {
	t.Helper()
	coverage(t, p, data)
	a, err := p.Decode(data)
	if len(data) >= p.HeaderOctets() {
		if got := a.Append(nil); !bytes.Equal(got, data) || a.Len() != len(data) {
			t.Fatalf("passed on as % x of %d octets, want % x", got, a.Len(), data)
		}
	}
	if err != nil {
		wrong, ok := errors.AsType[*asdu.Error](err)
		if !ok || wrong.Octet < 1 || wrong.Octet > len(data)+1 || wrong.Field == "" || wrong.Reason == "" {
			t.Fatalf("error %#v for % x", err, data)
		}
	}
	objects := slices.Collect(a.Objects())
	violations := a.Violations()
	for _, v := range violations {
		if v.Code == "" || v.Octet < 1 || v.Octet > len(data) || v.Text.EN == "" || v.Text.DE == "" || v.Clause == "" {
			t.Fatalf("violation %+v for % x", v, data)
		}
	}
	if b, err := a.WithParams(paramsOf(t, 11)); err == nil && b.Known() == a.Known() {
		if c, err := b.WithParams(p); err != nil || len(data) >= p.HeaderOctets() && !bytes.Equal(c.Append(nil), data) {
			t.Fatalf("there and back % x, %v, want % x", c.Append(nil), err, data)
		}
	}
	if err != nil || !a.Known() {
		return
	}
	if len(objects) != a.Count() {
		t.Fatalf("%d objects, want %d", len(objects), a.Count())
	}
	encodes(t, a, data, objects)
}

// encodes makes the octets of a decoded ASDU again, but for reserved bits.
func encodes(t *testing.T, a asdu.ASDU, data []byte, objects []asdu.Object) {
	t.Helper()
	if len(objects) == 0 || len(data) > asdu.MaxOctets || a.Sequence && a.Params().Capacity(a.Type, true, asdu.MaxOctets) == 0 {
		return // New makes no such ASDU
	}
	got, err := familyOfASDU(a).encode(a, a.Header)
	if err != nil {
		t.Fatalf("% x is not encoded: %v", data, err)
	}
	if len(got) != len(data) {
		t.Fatalf("encoded % x, want % x", got, data)
	}
	for _, node := range coverage(t, a.Params(), data) {
		if node.Name == "RES" {
			for bit := node.Bit; bit < node.Bit+node.Width; bit++ {
				got[bit/8] |= data[bit/8] & (1 << (bit % 8))
			}
		}
	}
	if !bytes.Equal(got, data) {
		t.Fatalf("encoded % x, want % x", got, data)
	}
}

func familyOfASDU(a asdu.ASDU) family {
	switch a.Type {
	case 150:
		return familyOfType(asdu.M_ME_NC_1)
	case 151:
		return familyOfType(asdu.F_SG_NA_1)
	case 152:
		return familyOfType(asdu.M_SP_NA_1)
	default:
		return familyOfType(a.Type)
	}
}

func FuzzTime(f *testing.F) {
	f.Add(uint64(0x09_08_8d_0c_22_03e8), uint8(0))
	f.Add(uint64(1<<56-1), uint8(1))
	f.Add(uint64(1711846800)<<12, uint8(131))
	f.Add(uint64(24<<48|2<<40|29<<32), uint8(2))
	f.Add(uint64(24<<48|3<<40|31<<32|2<<24|30<<16), uint8(1))
	f.Add(uint64(24<<48|10<<40|27<<32|1<<31|2<<24|30<<16), uint8(1))
	zones := []*time.Location{
		time.UTC, zone(f, "Europe/Berlin"), zone(f, "Europe/Dublin"), zone(f, "Australia/Lord_Howe"), time.FixedZone("", -12345),
	}
	f.Fuzz(func(t *testing.T, octets uint64, where uint8) {
		if where >= 128 { // a time that a clock shows, of the same number
			at := time.Unix(946684800+int64(octets>>12%3155760000), int64(octets&0xfff)*1e6%1e9).UTC()
			octets = asdu.CP56(at).Octets() | octets&(1<<31)
		}
		x, location := asdu.RawTime(asdu.TimeCP56, octets), zones[int(where)%len(zones)]
		if short := asdu.RawTime(asdu.TimeCP24, octets); len(short.String()) != len("34:01.000") {
			t.Fatalf("%x is shown as %q", octets, short)
		}
		instant, err := x.Instant(location)
		date := time.Date(2000+x.Year(), time.Month(x.Month()), x.Day(), 0, 0, 0, 0, time.UTC)
		valid := x.Milliseconds() < 60000 && x.Minute() < 60 && x.Hour() < 24 && x.Year() < 100 &&
			int(date.Month()) == x.Month() && date.Day() == x.Day()
		if valid != (err == nil) {
			t.Fatalf("%s: %v", x, err)
		}
		if err != nil {
			return
		}
		again := asdu.CP56(instant)
		back, err := again.Instant(location)
		if err != nil && again.Year() != 99 && again.Year() != 0 || err == nil && !back.Equal(instant) && instant.Year() >= 2000 && instant.Year() < 2100 {
			t.Fatalf("%s is %s, which is %s, which is %s, %v", x, instant, again, back, err)
		}
		// A reading that the clock of the place shows comes back as it was.
		if again.Summer() == x.Summer() && again.String() != x.String() && location != zones[3] {
			t.Fatalf("%s is %s, which is %s", x, instant, again)
		}
	})
}
