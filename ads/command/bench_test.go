package command_test

import (
	"testing"

	"stellwerk/ads/ams"
	"stellwerk/ads/command"
)

// big is a sum read of 500 values of 4 octets, and its answer.
func big() (items []command.ReadRequest, answer []byte) {
	data := make([]command.SumAnswer, command.MaxSumItems)
	for i := range data {
		items = append(items, command.ReadRequest{Index: command.Index{Group: command.GroupValueByHandle, Offset: uint32(i)}, Length: 4})
		data[i].Data = []byte{1, 2, 3, 4}
	}
	return items, command.AppendSumReadAnswers(nil, items, data)
}

// Encoders append and decoders alias: neither takes memory in steady state.
func TestNoAllocation(t *testing.T) {
	var dst []byte
	none := func(name string, f func() error) {
		t.Helper()
		var err error
		if n := testing.AllocsPerRun(200, func() { err = f() }); n != 0 || err != nil {
			t.Errorf("%s: %v allocations, %v", name, n, err)
		}
	}
	read, write, both := bodies[1].value.(command.ReadRequest), bodies[3].value.(command.WriteRequest), bodies[10].value.(command.ReadWriteRequest)
	none("Read", func() error {
		dst = read.Append(dst[:0])
		_, err := command.DecodeReadRequest(dst)
		return err
	})
	none("Read response", func() error {
		dst = command.ReadResponse{Data: write.Data}.Append(dst[:0])
		_, err := command.DecodeReadResponse(dst)
		return err
	})
	none("Write", func() error {
		dst = write.Append(dst[:0])
		_, err := command.DecodeWriteRequest(dst)
		return err
	})
	none("ReadWrite", func() error {
		dst = both.Append(dst[:0])
		_, err := command.DecodeReadWriteRequest(dst)
		return err
	})
	none("AddDeviceNotification", func() error {
		dst = adds[0].Append(dst[:0])
		_, err := command.DecodeAddNotificationRequest(dst)
		return err
	})
	none("results", func() error {
		dst = command.AppendResult(dst[:0], ams.InvalidGroup)
		_, err := command.DecodeResult(dst)
		return err
	})
	none("DeviceNotification", func() error {
		b := command.BeginNotification(dst[:0])
		for i := range samples {
			b.Add(samples[i])
		}
		dst = b.End()
		for _, err := range command.Samples(dst) {
			if err != nil {
				return err
			}
		}
		return nil
	})
	items, answer := big()
	var decoded []command.SumAnswer
	none("sum read", func() error {
		dst = command.AppendSumReads(dst[:0], items)
		var err error
		decoded, err = command.DecodeSumReadAnswers(decoded[:0], items, answer)
		return err
	})
	none("answer to a sum read", func() error {
		dst = command.AppendSumReadAnswers(dst[:0], items, decoded)
		return nil
	})
}

func BenchmarkSumReadAnswers(b *testing.B) {
	items, answer := big()
	var decoded []command.SumAnswer
	b.ReportAllocs()
	for b.Loop() {
		var err error
		if decoded, err = command.DecodeSumReadAnswers(decoded[:0], items, answer); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)*float64(len(items))/b.Elapsed().Seconds(), "values/s")
}

func BenchmarkAppendSumReads(b *testing.B) {
	items, _ := big()
	var dst []byte
	b.ReportAllocs()
	for b.Loop() {
		dst = command.AppendSumReads(dst[:0], items)
	}
	b.ReportMetric(float64(b.N)*float64(len(items))/b.Elapsed().Seconds(), "values/s")
}

func BenchmarkSamples(b *testing.B) {
	builder := command.BeginNotification(nil)
	for i := range 1000 {
		builder.Add(command.Sample{Time: noon + command.FileTime(i/10), Handle: uint32(i), Data: []byte{1, 2, 3, 4}})
	}
	octets, count := builder.End(), 0
	b.ReportAllocs()
	for b.Loop() {
		for _, err := range command.Samples(octets) {
			if err != nil {
				b.Fatal(err)
			}
			count++
		}
	}
	b.ReportMetric(float64(count)/b.Elapsed().Seconds(), "samples/s")
}
