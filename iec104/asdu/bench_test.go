package asdu_test

import (
	"encoding/binary"
	"math"
	"testing"
	"time"

	"stellwerk/iec104/asdu"
	"stellwerk/wire"
)

var (
	measuredHeader = asdu.Header{Type: asdu.M_ME_TF_1, Cause: asdu.Spontaneous, CommonAddress: 1}
	statesHeader   = asdu.Header{Type: asdu.M_SP_NA_1, Sequence: true, Cause: asdu.InterrogatedByStation, CommonAddress: 1}
	benchmarkTime  = time.Date(2009, time.August, 13, 12, 34, 1, 0, time.UTC)
)

// measured returns ten measured values with time, as a station sends them.
func measured() []asdu.ShortFloat {
	objects := make([]asdu.ShortFloat, 10)
	for i := range objects {
		objects[i] = asdu.ShortFloat{
			Address: asdu.ObjectAddress(4001 + 7*i), Value: float32(i) * 1.5,
			Quality: asdu.Invalid, Time: asdu.CP56(benchmarkTime),
		}
	}
	return objects
}

// states returns thirty single points at ascending addresses.
func states() []asdu.SinglePoint {
	objects := make([]asdu.SinglePoint, 30)
	for i := range objects {
		objects[i] = asdu.SinglePoint{Address: asdu.ObjectAddress(100 + i), Value: i%3 == 0}
	}
	return objects
}

func decoded[T asdu.Information[T]](tb testing.TB, h asdu.Header, objects []T) (asdu.ASDU, []byte) {
	tb.Helper()
	data, err := asdu.Append(nil, nil, h, objects)
	if err != nil {
		tb.Fatal(err)
	}
	var p *asdu.Params
	a, err := p.Decode(data)
	if err != nil {
		tb.Fatal(err)
	}
	return a, data
}

// BenchmarkPlainLoop writes and reads ten measured values with the least that
// can be done about them: what the codec is measured against.
func BenchmarkPlainLoop(b *testing.B) {
	objects := measured()
	b.Run("encode", func(b *testing.B) {
		buffer := make([]byte, 0, asdu.MaxOctets)
		for b.Loop() {
			buffer = append(buffer[:0], byte(asdu.M_ME_TF_1), byte(len(objects)), 3, 0, 1, 0)
			for i := range objects {
				o := &objects[i]
				buffer = append(buffer, byte(o.Address), byte(o.Address>>8), byte(o.Address>>16))
				buffer = binary.LittleEndian.AppendUint32(buffer, math.Float32bits(o.Value))
				t := o.Time.Octets()
				buffer = append(buffer, byte(o.Quality), byte(t), byte(t>>8), byte(t>>16), byte(t>>24), byte(t>>32), byte(t>>40), byte(t>>48))
			}
		}
	})
	_, data := decoded(b, measuredHeader, objects)
	b.Run("decode", func(b *testing.B) {
		var sum float32
		for b.Loop() {
			for rest := data[6:]; len(rest) >= 15; rest = rest[15:] {
				o := asdu.ShortFloat{
					Address: asdu.ObjectAddress(rest[0]) | asdu.ObjectAddress(rest[1])<<8 | asdu.ObjectAddress(rest[2])<<16,
					Value:   math.Float32frombits(binary.LittleEndian.Uint32(rest[3:])),
					Quality: asdu.Quality(rest[7]),
					Time:    asdu.RawTime(asdu.TimeCP56, binary.LittleEndian.Uint64(rest[7:])>>8),
				}
				sum += o.Value
			}
		}
		_ = sum
	})
}

func BenchmarkAppend(b *testing.B) {
	buffer := make([]byte, 0, asdu.MaxOctets)
	b.Run("M_ME_TF_1x10", func(b *testing.B) {
		objects := measured()
		b.ReportAllocs()
		for b.Loop() {
			if _, err := asdu.Append(buffer, nil, measuredHeader, objects); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("M_ME_TF_1x10/time.Time", func(b *testing.B) {
		objects := measured()
		at := benchmarkTime
		b.ReportAllocs()
		for b.Loop() {
			for i := range objects {
				objects[i].Time = asdu.CP56(at)
			}
			if _, err := asdu.Append(buffer, nil, measuredHeader, objects); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("M_SP_NA_1x30", func(b *testing.B) {
		objects := states()
		b.ReportAllocs()
		for b.Loop() {
			if _, err := asdu.Append(buffer, nil, statesHeader, objects); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkNew(b *testing.B) {
	objects := measured()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := asdu.New(nil, measuredHeader, objects...); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDecode(b *testing.B) {
	var p *asdu.Params
	b.Run("M_ME_TF_1x10", func(b *testing.B) {
		_, data := decoded(b, measuredHeader, measured())
		var objects []asdu.ShortFloat
		b.ReportAllocs()
		for b.Loop() {
			a, err := p.Decode(data)
			if err == nil {
				objects, err = asdu.Collect(objects[:0], a)
			}
			if err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("M_ME_TF_1x10/time.Time", func(b *testing.B) {
		_, data := decoded(b, measuredHeader, measured())
		var objects []asdu.ShortFloat
		var last time.Time
		b.ReportAllocs()
		for b.Loop() {
			a, err := p.Decode(data)
			if err == nil {
				objects, err = asdu.Collect(objects[:0], a)
			}
			if err != nil {
				b.Fatal(err)
			}
			for i := range objects {
				if last, err = objects[i].Time.Instant(time.UTC); err != nil {
					b.Fatal(err)
				}
			}
		}
		_ = last
	})
	b.Run("M_ME_TF_1x10/one by one", func(b *testing.B) {
		_, data := decoded(b, measuredHeader, measured())
		var sum float32
		b.ReportAllocs()
		for b.Loop() {
			a, err := p.Decode(data)
			if err != nil {
				b.Fatal(err)
			}
			for o, err := range asdu.All[asdu.ShortFloat](a) {
				if err != nil {
					b.Fatal(err)
				}
				sum += o.Value
			}
		}
		_ = sum
	})
	b.Run("M_SP_NA_1x30", func(b *testing.B) {
		_, data := decoded(b, statesHeader, states())
		on := 0
		b.ReportAllocs()
		for b.Loop() {
			a, err := p.Decode(data)
			if err != nil {
				b.Fatal(err)
			}
			for o, err := range asdu.All[asdu.SinglePoint](a) {
				if err != nil {
					b.Fatal(err)
				}
				if o.Value {
					on++
				}
			}
		}
		_ = on
	})
}

func BenchmarkObjects(b *testing.B) {
	a, _ := decoded(b, measuredHeader, measured())
	count := 0
	b.ReportAllocs()
	for b.Loop() {
		for range a.Objects() {
			count++
		}
	}
	_ = count
}

func BenchmarkWalk(b *testing.B) {
	_, data := decoded(b, measuredHeader, measured())
	var p *asdu.Params
	b.ReportAllocs()
	for b.Loop() {
		p.Walk(wire.NewWalker(data))
	}
}
