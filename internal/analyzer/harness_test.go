package analyzer_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"stellwerk/internal/analyzer"
	"stellwerk/internal/analyzer/filter"
	"stellwerk/internal/rig"
)

func TestMain(m *testing.M) { rig.Main(m) }

// captureFolder is where the repository keeps its captures.
const captureFolder = "../../test/captures"

// own returns the paths of the repository's captures.
func own(t testing.TB) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(captureFolder, "*.pcap*"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no captures in %s: %v", captureFolder, err)
	}
	return files
}

// analyze runs a report over a file and returns what it prints.
func analyze(t testing.TB, report analyzer.Report, files ...string) string {
	t.Helper()
	out, _, problems := run(t, report, nil, files...)
	for _, problem := range problems {
		t.Error(problem)
	}
	return out
}

// run runs a report with octets as standard input.
func run(t testing.TB, report analyzer.Report, in []byte, files ...string) (string, analyzer.Result, []error) {
	t.Helper()
	var out bytes.Buffer
	var problems []error
	report.Problem = func(err error) { problems = append(problems, err) }
	result, err := analyzer.Run(t.Context(), files, bytes.NewReader(in), &out, report)
	if err != nil {
		t.Error(err)
	}
	return out.String(), result, problems
}

func capture(name string) string { return filepath.Join(captureFolder, name) }

// lines are those of a report's JSON.
func lines(t testing.TB, report analyzer.Report, files ...string) []string {
	t.Helper()
	report.Format = analyzer.JSON
	return strings.Split(strings.TrimSuffix(analyze(t, report, files...), "\n"), "\n")
}

func compile(t testing.TB, expression string) *filter.Filter {
	t.Helper()
	f, err := filter.New(expression)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func read(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return data
}
