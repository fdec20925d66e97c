package symbol_test

import (
	"fmt"
	"testing"

	"stellwerk/ads/symbol"
)

func BenchmarkDecodeGeneric(b *testing.B) {
	typ := mustType(b, "ST_Axis")
	data := make([]byte, typ.Size)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := typ.Decode(data); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkUnmarshalStruct(b *testing.B) {
	typ := mustType(b, "ARRAY [0..99] OF ST_Inner")
	data := make([]byte, typ.Size)
	var into [100]innerGo
	b.ReportAllocs()
	for b.Loop() {
		if err := typ.Unmarshal(data, &into); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)*300/b.Elapsed().Seconds(), "values/s")
}

func BenchmarkMarshalStruct(b *testing.B) {
	typ := mustType(b, "ARRAY [0..99] OF ST_Inner")
	data := make([]byte, typ.Size)
	var from [100]innerGo
	b.ReportAllocs()
	for b.Loop() {
		if err := typ.EncodeInto(data, &from); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)*300/b.Elapsed().Seconds(), "values/s")
}

func BenchmarkUnmarshalNumber(b *testing.B) {
	typ := mustType(b, "DINT")
	data := make([]byte, 4)
	var into int32
	b.ReportAllocs()
	for b.Loop() {
		if err := typ.Unmarshal(data, &into); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkFind(b *testing.B) {
	table := mustTable(b, plant(symbol.TwinCAT3))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := table.Find("MAIN.aAxis[2].aInner[1].fX"); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkReadUpload(b *testing.B) {
	d := plant(symbol.TwinCAT3)
	for i := range 10000 {
		d.Symbol(fmt.Sprintf("GVL.stAxis%d", i), "ST_Axis")
	}
	upload, err := mustTable(b, d).Upload(symbol.UTF8)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := symbol.ReadUpload(upload, nil); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)*10000/b.Elapsed().Seconds(), "symbols/s")
}
