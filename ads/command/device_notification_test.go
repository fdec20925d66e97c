package command_test

import (
	"bytes"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"stellwerk/ads/command"
)

// noon is 2026-03-02 12:00 UTC: 13 416 926 400 seconds after 1601.
const noon command.FileTime = 134_169_264_000_000_000

// stream is a notification with two stamps.
var stream = []byte{
	0x3b, 0x00, 0x00, 0x00, // 59 octets follow
	0x02, 0x00, 0x00, 0x00, // 2 stamps
	0x00, 0xe0, 0x7e, 0x18, 0x3c, 0xaa, 0xdc, 0x01, // 2026-03-02 12:00:00
	0x02, 0x00, 0x00, 0x00, // 2 samples
	0x01, 0x00, 0x00, 0x00, // handle 1
	0x04, 0x00, 0x00, 0x00, // 4 octets
	1, 2, 3, 4,
	0x02, 0x00, 0x00, 0x00, // handle 2
	0x00, 0x00, 0x00, 0x00, // no octets: the data is gone
	0x01, 0xe0, 0x7e, 0x18, 0x3c, 0xaa, 0xdc, 0x01, // 100 ns later
	0x01, 0x00, 0x00, 0x00, // 1 sample
	0x01, 0x00, 0x00, 0x00, // handle 1
	0x03, 0x00, 0x00, 0x00, // 3 octets
	5, 6, 7,
}

var samples = []command.Sample{
	{Time: noon, Handle: 1, Data: []byte{1, 2, 3, 4}},
	{Time: noon, Handle: 2, Data: []byte{}},
	{Time: noon + 1, Handle: 1, Data: []byte{5, 6, 7}},
}

func collect(octets []byte) (all []command.Sample, err error) {
	for s, e := range command.Samples(octets) {
		if e != nil {
			err = e
			continue
		}
		all = append(all, s)
	}
	return all, err
}

func build(samples []command.Sample) []byte {
	b := command.BeginNotification([]byte{0xaa})
	for _, s := range samples {
		b.Add(s)
	}
	length := b.Len()
	octets := b.End()
	if octets[0] != 0xaa || len(octets) != 1+length {
		panic("the builder does not append, or counts wrongly")
	}
	return octets[1:]
}

func TestSamples(t *testing.T) {
	got, err := collect(stream)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(samples, got); diff != "" {
		t.Error(diff)
	}
	if octets := build(samples); !bytes.Equal(octets, stream) {
		t.Errorf("got  % x\nwant % x", octets, stream)
	}
	if got, err := collect([]byte{4, 0, 0, 0, 0, 0, 0, 0}); err != nil || got != nil {
		t.Errorf("a stream without stamps: %v, %v", got, err)
	}
}

// The length at the beginning is not believed: some devices have it 4 too large.
func TestSamplesWithAWrongLength(t *testing.T) {
	octets := build(samples)
	for _, length := range []byte{0, octets[0] + 4, 0xff} {
		octets[0] = length
		if got, err := collect(octets); err != nil || !cmp.Equal(got, samples) {
			t.Errorf("length %d: %v, %v", length, got, err)
		}
	}
}

// What is cut short gives the samples before it, and an error at the end.
func TestSamplesCutShort(t *testing.T) {
	octets := build(samples)
	for n := range octets {
		got, err := collect(octets[:n])
		if err == nil || !strings.HasPrefix(err.Error(), "DeviceNotification: ") || !cmp.Equal(got, samples[:len(got)], cmpopts.EquateEmpty()) {
			t.Errorf("%d octets: %v, %v", n, got, err)
		}
	}
	for _, err := range command.Samples(octets) { // who has enough may leave
		if err != nil {
			t.Error(err)
		}
		break
	}
	for at, want := range map[int]string{
		4:  "time stamp has 8 octets at octet 63, only 0 are left", // stamps
		16: "",                                                     // samples: they are read on in what follows
		24: "sample has 4294967295 octets at octet 28",             // size
	} {
		lie := bytes.Clone(octets)
		copy(lie[at:], []byte{0xff, 0xff, 0xff, 0xff})
		if _, err := collect(lie); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("4 GiB at octet %d: %v", at, err)
		}
	}
}

func TestFileTime(t *testing.T) {
	for want, at := range map[command.FileTime]time.Time{
		0:                       time.Date(1601, 1, 1, 0, 0, 0, 0, time.UTC),
		116_444_736_000_000_000: time.Unix(0, 0),
		noon:                    time.Date(2026, 3, 2, 12, 0, 0, 99, time.UTC),
		noon + 12_345_678:       time.Date(2026, 3, 2, 13, 0, 1, 234567800, time.FixedZone("CET", 3600)),
	} {
		if got := command.FileTimeOf(at); got != want {
			t.Errorf("%s is %d, want %d", at, got, want)
		}
		if got := want.Time(); !got.Equal(at.Truncate(100*time.Nanosecond)) || got.Location() != time.UTC {
			t.Errorf("%d is %s, want %s", want, got, at)
		}
	}
	for at, want := range map[time.Time]command.FileTime{
		{}: 0,
		time.Date(1600, 12, 31, 23, 59, 59, 999_999_999, time.UTC): 0,
		time.Date(99_999, 1, 1, 0, 0, 0, 0, time.UTC):              math.MaxUint64,
		time.Unix(math.MaxInt64, 0):                                math.MaxUint64,
		time.Unix(math.MinInt64, 0):                                0,
	} {
		if got := command.FileTimeOf(at); got != want {
			t.Errorf("%s is %d, want %d", at, got, want)
		}
	}
	// Every time stamp but those of the last second comes back, beyond 2^63 too.
	for _, f := range []command.FileTime{1, 1 << 62, 1 << 63, math.MaxUint64 - 20_000_000} {
		if got := command.FileTimeOf(f.Time()); got != f {
			t.Errorf("%d becomes %d", uint64(f), uint64(got))
		}
	}
}
