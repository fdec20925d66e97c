package analyzer_test

import (
	"bytes"
	"io"
	"testing"

	"stellwerk/internal/analyzer"
	"stellwerk/test/captures"
)

// benchmarkAPDUs is how many APDUs the capture of a benchmark holds.
const benchmarkAPDUs = 20_000

// One operation is a whole capture; the rates are those of its APDUs, each of
// which has a packet of its own.
func BenchmarkRun(b *testing.B) {
	var file bytes.Buffer
	if err := captures.Traffic(&file, benchmarkAPDUs, 1); err != nil {
		b.Fatal(err)
	}
	for _, format := range analyzer.Formats() {
		b.Run(string(format), func(b *testing.B) {
			benchmark(b, file.Bytes(), analyzer.Report{Format: format})
		})
	}
	b.Run("json with a filter", func(b *testing.B) {
		benchmark(b, file.Bytes(), analyzer.Report{Format: analyzer.JSON, Filter: compile(b, `type == "M_ME_TF_1" and value > 100`)})
	})
}

func benchmark(b *testing.B, file []byte, report analyzer.Report) {
	b.ReportAllocs()
	b.SetBytes(int64(len(file)))
	for b.Loop() {
		if _, err := analyzer.Run(b.Context(), []string{"-"}, bytes.NewReader(file), io.Discard, report); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(benchmarkAPDUs*float64(b.N)/b.Elapsed().Seconds(), "APDUs/s")
}
