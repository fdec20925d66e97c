package floors_test

import (
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"stellwerk/internal/floors"
)

// tree builds a module from files, each given as name and imports.
func tree(files map[string][]string) fstest.MapFS {
	fsys := fstest.MapFS{"go.mod": &fstest.MapFile{Data: []byte("module example.org/house\n\ngo 1.26\n")}}
	for name, imports := range files {
		var source strings.Builder
		source.WriteString("package p\n\n")
		for _, imported := range imports {
			source.WriteString("import _ \"" + imported + "\"\n")
		}
		source.WriteString("\nfunc f() { this is not Go, and nobody looks }\n")
		fsys[name] = &fstest.MapFile{Data: []byte(source.String())}
	}
	return fsys
}

const our = "example.org/house/"

func TestAllowed(t *testing.T) {
	problems, err := floors.Check(tree(map[string][]string{
		"wire/wire.go":                             {"strconv"},
		"iec104/asdu/asdu.go":                      {"fmt", our + "wire"},
		"iec104/client.go":                         {our + "iec104/apci", our + "iec104/asdu"},
		"iec104/client_test.go":                    {our + "internal/rig", our + "iec104/iec104test", "github.com/google/go-cmp/cmp"},
		"iec104/iec104test/station.go":             {our + "iec104", our + "wire"},
		"ads/router/router.go":                     {our + "ads", our + "ads/ams", our + "ads/command"},
		"websocket/frame/deflate.go":               {"github.com/klauspost/compress/flate"},
		"jwt/jwt.go":                               {"github.com/golang-jwt/jwt/v5"},
		"internal/point/point.go":                  {"time"},
		"internal/tap/tap.go":                      {our + "internal/point", our + "wire"},
		"internal/config/xlsx.go":                  {"github.com/xuri/excelize/v2", "github.com/goccy/go-yaml/ast"},
		"internal/link/link.go":                    {our + "internal/point"},
		"internal/link/iec104/link.go":             {our + "internal/link", our + "iec104", our + "internal/config"},
		"internal/analyzer/dissect/iec104/asdu.go": {our + "internal/analyzer/dissect", our + "internal/capture"},
		"internal/conformance/run.go":              {our + "iec104/iec104test"},
		"internal/web/page.go":                     {our + "internal/point", our + "internal/tap", "net/http"},
		"internal/app/app.go":                      {our + "internal/web", our + "internal/link/iec104", our + "internal/route"},
		"cmd/stellwerk/main.go":                    {our + "internal/app", our + "internal/analyzer", our + "ads/router", "github.com/spf13/cobra"},
		"test/bench/bench_test.go":                 {our + "internal/app", our + "internal/rig"},
		"test/scenarios/kill/kill.go":              {our + "internal/app", our + "internal/rig"},
		"internal/route/testdata/bad.go":           {our + "internal/journal"},
		"internal/web/ui/node_modules/x/x.go":      {"github.com/x/y"},
		".ci/x.go":                                 {"github.com/x/y"},
		"_old/x.go":                                {"github.com/x/y"},
	}))
	if err != nil {
		t.Fatal(err)
	}
	for _, problem := range problems {
		t.Error(problem)
	}
}

func TestForbidden(t *testing.T) {
	for _, test := range []struct {
		name, file, imports string
		want                []string // parts of the one sentence
	}{
		{
			"upward", "iec104/asdu/codec.go", our + "internal/point",
			[]string{"iec104/asdu/codec.go:", our + "internal/point on floor 5", "package iec104/asdu on floor 0", "imports go down only"},
		},
		{"up one floor", "ads/ams/header.go", our + "ads/command", []string{"on floor 0", "on floor 1", "go down only"}},
		{"out of the cellar", "wire/walk.go", our + "iec104/apci", []string{"on floor -1", "on floor 0", "go down only"}},
		{"job to the wiring", "internal/link/link.go", our + "internal/app", []string{"floor 7", "floor 9", "go down only"}},
		{"codec to codec", "iec104/asdu/codec.go", our + "iec104/apci", []string{"both", "packages of one floor"}},
		{"records to records", "internal/tap/tap.go", our + "internal/finding", []string{"floor 6", "packages of one floor"}},
		{"vocabulary knows no protocol", "internal/point/point.go", our + "iec104/asdu", []string{"floor 5", "floor 0", "may import the standard library, wire"}},
		{"records know no protocol", "internal/capture/pcap.go", our + "iec104/apci", []string{"floor 6 may import the standard library, wire, floor 5"}},
		{"job to job", "internal/route/route.go", our + "internal/journal", []string{"a job never imports another", "internal/app"}},
		{
			"job to job, deep", "internal/simulator/station/station.go", our + "internal/link/iec104",
			[]string{"package internal/simulator/station on floor 7", "a job never imports another"},
		},
		{"page to job", "internal/web/api.go", our + "internal/image", []string{"floor 8", "floor 7", "interfaces that it declares itself"}},
		{"page to protocol", "internal/web/api.go", our + "iec104", []string{"interfaces that it declares itself"}},
		{"program to page", "cmd/stellwerk/demo.go", our + "internal/web", []string{"floor 10", "floor 8", "through internal/app"}},
		{"program to tests", "internal/app/app.go", our + "test/scenarios", []string{"floor 9", "floor 11", "go down only"}},
		{"harness in the product", "internal/link/link.go", our + "internal/rig", []string{our + "internal/rig", "for tests only", "_test.go"}},
		{"harness in the program", "cmd/stellwerk/main.go", our + "internal/floors", []string{"for tests only"}},
		{"third party in a codec", "iec104/asdu/codec.go", "github.com/pkg/errors", []string{"iec104/asdu/codec.go:", "github.com/pkg/errors", "no third-party code", "docs/adr"}},
		{"another third party", "internal/capture/pcap.go", "github.com/google/gopacket", []string{"imports only github.com/gopacket/gopacket"}},
		{"a name that only begins alike", "internal/capture/pcap.go", "github.com/gopacket/gopacket2", []string{"gopacket2"}},
		{"assertions in a test", "iec104/client_test.go", "github.com/stretchr/testify/require", []string{"a test imports github.com/stretchr/testify/require", "go-cmp"}},
		{"a test's tool in the product", "internal/image/image.go", "github.com/google/go-cmp/cmp", []string{"no third-party code"}},
		{"import of the homeless", "internal/route/route.go", our + "internal/util", []string{our + "internal/util", "stands on no floor"}},
		{"homeless job", "internal/util/strings.go", "fmt", []string{"internal/util/strings.go:", "package internal/util stands on no floor", "house.go"}},
		{"homeless library", "iec104/asdu/tables/tables.go", "fmt", []string{"package iec104/asdu/tables stands on no floor"}},
		{"homeless test", "iec104/more/more_test.go", "fmt", []string{"stands on no floor"}},
		{"homeless at the top", "main.go", "fmt", []string{"package . stands on no floor"}},
		{"second program", "cmd/other/main.go", "fmt", []string{"stands on no floor"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			problems, err := floors.Check(tree(map[string][]string{test.file: {"fmt", test.imports}}))
			if err != nil {
				t.Fatal(err)
			}
			if len(problems) != 1 {
				t.Fatalf("%d problems: %q", len(problems), problems)
			}
			for _, part := range test.want {
				if !strings.Contains(problems[0], part) {
					t.Errorf("%q does not say %q", problems[0], part)
				}
			}
		})
	}
}

func TestEveryViolationIsReportedOnce(t *testing.T) {
	problems, err := floors.Check(tree(map[string][]string{
		"internal/util/a.go":     {our + "internal/app"},
		"internal/util/b.go":     {"github.com/x/y"},
		"internal/route/a.go":    {our + "internal/image", our + "internal/journal"},
		"internal/route/b/b.go":  {our + "internal/image"},
		"internal/route/b/b2.go": {"fmt"},
	}))
	if err != nil {
		t.Fatal(err)
	}
	if len(problems) != 4 {
		t.Errorf("%d problems: %s", len(problems), strings.Join(problems, "\n"))
	}
}

func TestModulesOfTheirOwnAreLeftAlone(t *testing.T) {
	fsys := tree(map[string][]string{"test/interop/peer.go": {"github.com/thinkgos/go-iecp5/cs104"}})
	fsys["test/interop/go.mod"] = &fstest.MapFile{Data: []byte("module example.org/house/test/interop\n")}
	problems, err := floors.Check(fsys)
	if err != nil || len(problems) > 0 {
		t.Errorf("%v, %v", problems, err)
	}
}

func TestUnreadable(t *testing.T) {
	for name, fsys := range map[string]fs.FS{
		"no go.mod":    fstest.MapFS{},
		"empty go.mod": fstest.MapFS{"go.mod": &fstest.MapFile{}},
		"no Go": fstest.MapFS{
			"go.mod":       &fstest.MapFile{Data: []byte("module m\n")},
			"wire/wire.go": &fstest.MapFile{Data: []byte("<html>")},
		},
	} {
		if _, err := floors.Check(fsys); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
