package command_test

import (
	"bytes"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"stellwerk/ads/ams"
	"stellwerk/ads/command"
)

var (
	reads = []command.ReadRequest{
		{Index: command.Index{Group: 0x4020, Offset: 1}, Length: 2},
		{Index: command.Index{Group: 0xF005, Offset: 7}, Length: 4},
		{Index: command.Index{Group: 0xF005, Offset: 8}},
	}
	writes = []command.WriteRequest{
		{Index: command.Index{Group: 0x4020, Offset: 1}, Data: []byte{1, 2}},
		{Index: command.Index{Group: 0xF006}, Data: []byte{7, 0, 0, 0}},
	}
	readWrites = []command.ReadWriteRequest{
		{Index: command.Index{Group: 0xF003}, ReadLength: 4, Data: []byte("A\x00")},
		{Index: command.Index{Group: 0xF003}, ReadLength: 8, Data: []byte("M.b")},
	}
	adds = []command.AddNotificationRequest{
		{Index: command.Index{Group: 0xF005, Offset: 7}, Length: 4, Mode: command.ServerCycle, CycleTime: time.Millisecond},
		{Index: command.Index{Group: 0xF005, Offset: 8}, Length: 1, Mode: command.ServerOnChange},
	}
	handles = []uint32{1, 0xfffffffe}

	readOctets = []byte{
		0x20, 0x40, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x02, 0x00, 0x00, 0x00, // group, offset, length
		0x05, 0xf0, 0x00, 0x00, 0x07, 0x00, 0x00, 0x00, 0x04, 0x00, 0x00, 0x00,
		0x05, 0xf0, 0x00, 0x00, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
	}
	writeOctets = []byte{
		0x20, 0x40, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x02, 0x00, 0x00, 0x00, // group, offset, length
		0x06, 0xf0, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x04, 0x00, 0x00, 0x00,
		1, 2, // data of the first
		7, 0, 0, 0, // data of the second
	}
	readWriteOctets = []byte{
		0x03, 0xf0, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x04, 0x00, 0x00, 0x00, 0x02, 0x00, 0x00, 0x00, // group, offset, read and write length
		0x03, 0xf0, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x08, 0x00, 0x00, 0x00, 0x03, 0x00, 0x00, 0x00,
		'A', 0,
		'M', '.', 'b',
	}
	deleteOctets = []byte{
		0x01, 0x00, 0x00, 0x00,
		0xfe, 0xff, 0xff, 0xff,
	}

	answers = []command.SumAnswer{
		{Data: []byte{1, 2}},
		{Result: ams.SymbolVersionInvalid, Data: []byte{}},
		{Data: []byte{}},
	}
	// paddedAnswers is what answers become at the lengths of reads.
	paddedAnswers = []command.SumAnswer{
		{Data: []byte{1, 2}},
		{Result: ams.SymbolVersionInvalid, Data: []byte{0, 0, 0, 0}},
		{Data: []byte{}},
	}
	readAnswer = []byte{
		0x00, 0x00, 0x00, 0x00, // results
		0x11, 0x07, 0x00, 0x00,
		0x00, 0x00, 0x00, 0x00,
		1, 2, // data at the lengths asked for
		0, 0, 0, 0,
	}
	readExAnswer = []byte{
		0x00, 0x00, 0x00, 0x00, 0x02, 0x00, 0x00, 0x00, // results and lengths
		0x11, 0x07, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
		0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
		1, 2, // data at the lengths asked for
		0, 0, 0, 0,
	}
	dataAnswer = []byte{
		0x00, 0x00, 0x00, 0x00, 0x02, 0x00, 0x00, 0x00, // results and lengths
		0x11, 0x07, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
		0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
		1, 2, // data as long as it is
	}
	results      = []ams.ReturnCode{ams.NoError, ams.InvalidOffset}
	resultAnswer = []byte{0x00, 0x00, 0x00, 0x00, 0x03, 0x07, 0x00, 0x00}
	added        = []command.AddNotificationResponse{{Handle: 5}, {Result: ams.NoMoreHandles}}
	addedAnswer  = []byte{0x00, 0x00, 0x00, 0x00, 0x05, 0x00, 0x00, 0x00, 0x16, 0x07, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00}
)

// sums are what is written for the seven commands, and what answers them.
var sums = []struct {
	name   string
	octets []byte
	value  any
	append func([]byte) []byte
	decode func(count uint32, octets []byte) (any, error)
}{
	{
		"sum read", readOctets, reads,
		func(dst []byte) []byte { return command.AppendSumReads(dst, reads) },
		func(n uint32, octets []byte) (any, error) { return command.DecodeSumReads(nil, n, octets) },
	},
	{
		"sum write", writeOctets, writes,
		func(dst []byte) []byte { return command.AppendSumWrites(dst, writes) },
		func(n uint32, octets []byte) (any, error) { return command.DecodeSumWrites(nil, n, octets) },
	},
	{
		"sum read and write", readWriteOctets, readWrites,
		func(dst []byte) []byte { return command.AppendSumReadWrites(dst, readWrites) },
		func(n uint32, octets []byte) (any, error) { return command.DecodeSumReadWrites(nil, n, octets) },
	},
	{
		"sum of new notifications", adds[1].Append(adds[0].Append(nil)), adds,
		func(dst []byte) []byte { return command.AppendSumAddNotifications(dst, adds) },
		func(n uint32, octets []byte) (any, error) { return command.DecodeSumAddNotifications(nil, n, octets) },
	},
	{
		"sum of ended notifications", deleteOctets, handles,
		func(dst []byte) []byte { return command.AppendSumDeleteNotifications(dst, handles) },
		func(n uint32, octets []byte) (any, error) {
			return command.DecodeSumDeleteNotifications(nil, n, octets)
		},
	},
	{
		"answer to a sum read", readAnswer, paddedAnswers,
		func(dst []byte) []byte { return command.AppendSumReadAnswers(dst, reads, answers) },
		func(n uint32, octets []byte) (any, error) {
			return command.DecodeSumReadAnswers(nil, take(reads, n), octets)
		},
	},
	{
		"answer to a sum read with lengths", readExAnswer, answers,
		func(dst []byte) []byte { return command.AppendSumReadExAnswers(dst, reads, answers) },
		func(n uint32, octets []byte) (any, error) {
			return command.DecodeSumReadExAnswers(nil, take(reads, n), octets)
		},
	},
	{
		"answer with data", dataAnswer, answers,
		func(dst []byte) []byte { return command.AppendSumDataAnswers(dst, answers) },
		func(n uint32, octets []byte) (any, error) { return command.DecodeSumDataAnswers(nil, int(n), octets) },
	},
	{
		"results", resultAnswer, results,
		func(dst []byte) []byte { return command.AppendSumResults(dst, results) },
		func(n uint32, octets []byte) (any, error) { return command.DecodeSumResults(nil, int(n), octets) },
	},
	{
		"answer with handles", addedAnswer, added,
		func(dst []byte) []byte { return command.AppendSumAddNotificationAnswers(dst, added) },
		func(n uint32, octets []byte) (any, error) {
			return command.DecodeSumAddNotificationAnswers(nil, int(n), octets)
		},
	},
}

// take returns n items, of which there may be fewer than are asked for.
func take(items []command.ReadRequest, n uint32) []command.ReadRequest {
	for uint32(len(items)) < min(n, 1000) {
		items = append(items, command.ReadRequest{Length: math.MaxUint32})
	}
	return items[:min(n, 1000)]
}

func countOf(value any) uint32 {
	switch v := value.(type) {
	case []command.ReadRequest:
		return uint32(len(v))
	case []command.SumAnswer:
		return uint32(len(v))
	default:
		return 2
	}
}

func TestSums(t *testing.T) {
	for _, s := range sums {
		n := countOf(s.value)
		if got := s.append([]byte{1}); !bytes.Equal(got[1:], s.octets) {
			t.Errorf("%s:\ngot  % x\nwant % x", s.name, got[1:], s.octets)
		}
		got, err := s.decode(n, s.octets)
		if err != nil {
			t.Errorf("%s: %v", s.name, err)
		}
		if diff := cmp.Diff(s.value, got, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s: %s", s.name, diff)
		}
	}
}

// Whatever is missing is an error; so are more items than there can be, 4 GiB of
// them among others.
func TestSumsCutShort(t *testing.T) {
	for _, s := range sums {
		n := countOf(s.value)
		for octets := range s.octets {
			if _, err := s.decode(n, s.octets[:octets]); err == nil {
				t.Errorf("%s: %d octets are enough", s.name, octets)
			}
		}
		for _, count := range []uint32{n + 100, math.MaxUint32} {
			if _, err := s.decode(count, s.octets); err == nil || !strings.Contains(err.Error(), "items need") {
				t.Errorf("%s with %d items: %v", s.name, count, err)
			}
		}
		if got, err := s.decode(0, nil); err != nil {
			t.Errorf("%s without items: %v, %v", s.name, got, err)
		}
	}
	if _, err := command.DecodeSumResults(nil, -1, nil); err == nil {
		t.Error("less than no items")
	}
}

// A device that returns more than was asked for is told so.
func TestSumReadExWithTooMuch(t *testing.T) {
	octets := bytes.Clone(readExAnswer)
	octets[12] = 5
	if _, err := command.DecodeSumReadExAnswers(nil, reads, octets); err == nil || !strings.Contains(err.Error(), "item 1 has 5 octets, 4 were asked for") {
		t.Error(err)
	}
}

// What is longer than was asked for is cut, so that the next item is in its place.
func TestSumReadAnswersCut(t *testing.T) {
	octets := command.AppendSumReadAnswers(nil, reads[:2], []command.SumAnswer{{Data: []byte{1, 2, 3}}, {Data: []byte{4}}})
	got, err := command.DecodeSumReadAnswers(nil, reads[:2], octets)
	want := []command.SumAnswer{{Data: []byte{1, 2}}, {Data: []byte{4, 0, 0, 0}}}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v %s", err, diff)
	}
	octets = command.AppendSumReadExAnswers(nil, reads[:2], []command.SumAnswer{{Data: []byte{1, 2, 3}}, {Data: []byte{4}}})
	got, err = command.DecodeSumReadExAnswers(nil, reads[:2], octets)
	want[1].Data = []byte{4}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v %s", err, diff)
	}
}
