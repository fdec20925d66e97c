package command_test

import (
	"bytes"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"stellwerk/ads/ams"
	"stellwerk/ads/command"
)

// What a body decodes to is encoded to what decodes to the same.
func FuzzBody(f *testing.F) {
	for i, b := range bodies {
		f.Add(byte(i), b.octets)
		f.Add(byte(i), b.octets[:len(b.octets)-1])
		f.Add(byte(i), []byte{5, 7, 0, 0})
	}
	f.Fuzz(func(t *testing.T, which byte, octets []byte) {
		b := bodies[int(which)%len(bodies)]
		value, err := b.decode(octets)
		if err != nil {
			return
		}
		encoded := b.encode(value)
		again, err := b.decode(encoded)
		if err != nil || !cmp.Equal(value, again, cmpopts.EquateEmpty()) {
			t.Errorf("%s: %+v becomes %+v, %v", b.name, value, again, err)
		}
	})
}

func FuzzSamples(f *testing.F) {
	f.Add(stream)
	f.Add(stream[:30])
	f.Add([]byte{0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff})
	f.Fuzz(func(t *testing.T, octets []byte) {
		got, err := collect(octets)
		if len(got)*8 > len(octets) {
			t.Fatalf("%d samples in %d octets", len(got), len(octets))
		}
		if err != nil {
			return
		}
		again, err := collect(build(got))
		if err != nil || !cmp.Equal(got, again) {
			t.Errorf("%+v becomes %+v, %v", got, again, err)
		}
	})
}

// Sum commands and what answers them: what decodes is encoded to what decodes to
// the same.
func FuzzSum(f *testing.F) {
	for i, s := range sums {
		f.Add(byte(i), countOf(s.value), s.octets)
		f.Add(byte(i), uint32(0xffffffff), s.octets)
	}
	encoders := []func(value any, n uint32) []byte{
		func(v any, _ uint32) []byte { return command.AppendSumReads(nil, v.([]command.ReadRequest)) },
		func(v any, _ uint32) []byte { return command.AppendSumWrites(nil, v.([]command.WriteRequest)) },
		func(v any, _ uint32) []byte { return command.AppendSumReadWrites(nil, v.([]command.ReadWriteRequest)) },
		func(v any, _ uint32) []byte {
			return command.AppendSumAddNotifications(nil, v.([]command.AddNotificationRequest))
		},
		func(v any, _ uint32) []byte { return command.AppendSumDeleteNotifications(nil, v.([]uint32)) },
		func(v any, n uint32) []byte {
			return command.AppendSumReadAnswers(nil, take(reads, n), v.([]command.SumAnswer))
		},
		func(v any, n uint32) []byte {
			return command.AppendSumReadExAnswers(nil, take(reads, n), v.([]command.SumAnswer))
		},
		func(v any, _ uint32) []byte { return command.AppendSumDataAnswers(nil, v.([]command.SumAnswer)) },
		func(v any, _ uint32) []byte { return command.AppendSumResults(nil, v.([]ams.ReturnCode)) },
		func(v any, _ uint32) []byte {
			return command.AppendSumAddNotificationAnswers(nil, v.([]command.AddNotificationResponse))
		},
	}
	f.Fuzz(func(t *testing.T, which byte, n uint32, octets []byte) {
		i := int(which) % len(sums)
		value, err := sums[i].decode(n, octets)
		if err != nil {
			return
		}
		again, err := sums[i].decode(n, encoders[i](value, n))
		if err != nil || !cmp.Equal(value, again, cmpopts.EquateEmpty()) {
			t.Errorf("%s: %+v becomes %+v, %v", sums[i].name, value, again, err)
		}
	})
}

// Whatever a body says of itself, its leaves are its octets.
func FuzzWalk(f *testing.F) {
	for _, b := range bodies {
		for c := ams.ReadDeviceInfo; c <= ams.ReadWrite; c++ {
			f.Add(byte(c), b.octets, []byte{})
		}
	}
	for g := command.GroupSumRead; g <= command.GroupSumDeleteNotes; g++ {
		for _, s := range sums {
			request := command.ReadWriteRequest{Index: command.Index{Group: g, Offset: 2}, Data: s.octets}.Append(nil)
			f.Add(byte(ams.ReadWrite), request, []byte{})
			f.Add(byte(ams.ReadWrite)|0x80, command.ReadResponse{Data: s.octets}.Append(nil), request)
		}
	}
	f.Add(byte(ams.DeviceNotification), stream, []byte{})
	f.Fuzz(func(t *testing.T, which byte, octets, request []byte) {
		checkWalk(t, &command.Body{
			Command: ams.Command(which & 0x7f), Response: which&0x80 != 0, Port: ams.Port(len(octets)), Request: bytes.Clone(request),
			Symbol: func(i command.Index) string { return i.String() },
		}, octets)
	})
}
