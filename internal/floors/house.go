// Package floors is the plan of the house as a test: which package stands on
// which floor, and what it may import. Imports go down only, third-party code
// stays in the few packages that exist to use it, and every package has its
// place. docs/architecture.md says why.
//
// The floors bind files that are not tests. In tests imports within the module
// are free, and third-party ones are limited to what tests are written with.
package floors

import (
	"path"
	"slices"
	"strings"
)

// The floors, from the cellar up.
const (
	wireFloor = iota - 1 // descriptions of octets
	codecs               // pure: bytes in, values out
	framings
	stations // both ends of a protocol
	services // built on stations
	doubles  // the *test packages
	vocabulary
	records // what is found, configured, captured, seen on the way
	jobs
	pages
	wiring
	program
	outside // tests and benchmarks of the whole
)

// room is the place of one package or, with whole, of a tree of packages that
// may import each other.
type room struct {
	path  string
	floor int
	whole bool
	parts []string // third-party modules it may import, without a major version
}

// house lists every place there is. A job is the first element below internal/.
var house = []room{
	{path: "wire", floor: wireFloor},

	{path: "iec104/apci", floor: codecs},
	{path: "iec104/asdu", floor: codecs},
	{path: "ads/ams", floor: codecs},
	{path: "ads/symbol", floor: codecs},
	{path: "websocket/frame", floor: codecs, parts: []string{"github.com/klauspost/compress"}},
	{path: "tlsconf", floor: codecs, parts: []string{"github.com/youmark/pkcs8"}},

	{path: "iec104/iec62351", floor: framings},
	{path: "ads/command", floor: framings},
	{path: "ads/discovery", floor: framings},
	{path: "ads/secure", floor: framings},
	{path: "websocket", floor: framings},
	{path: "tlsconf/libssl", floor: framings, parts: []string{"github.com/ebitengine/purego"}},
	{path: "jwt", floor: framings, parts: []string{"github.com/golang-jwt/jwt"}},

	{path: "iec104", floor: stations},
	{path: "ads", floor: stations},
	{path: "websocket/tf6770", floor: stations},

	{path: "iec104/station", floor: services},
	{path: "ads/router", floor: services},
	{path: "ads/tf6770", floor: services},

	{path: "iec104/iec104test", floor: doubles},
	{path: "ads/adstest", floor: doubles},
	{path: "websocket/websockettest", floor: doubles},

	{path: "internal/point", floor: vocabulary, whole: true},
	{path: "internal/rig", floor: vocabulary, whole: true},
	{path: "internal/floors", floor: vocabulary, whole: true},

	{path: "internal/tap", floor: records, whole: true},
	{path: "internal/finding", floor: records, whole: true},
	{path: "internal/capture", floor: records, whole: true, parts: []string{"github.com/gopacket/gopacket"}},
	{path: "internal/config", floor: records, whole: true, parts: []string{
		"github.com/goccy/go-yaml", "github.com/invopop/jsonschema", "github.com/xuri/excelize",
	}},

	{path: "internal/link", floor: jobs, whole: true},
	{path: "internal/image", floor: jobs, whole: true},
	{path: "internal/route", floor: jobs, whole: true, parts: []string{"github.com/expr-lang/expr"}},
	{path: "internal/journal", floor: jobs, whole: true, parts: []string{"github.com/ncruces/go-sqlite3"}},
	{path: "internal/simulator", floor: jobs, whole: true, parts: []string{"github.com/goccy/go-yaml"}},
	{path: "internal/analyzer", floor: jobs, whole: true, parts: []string{"github.com/expr-lang/expr"}},
	{path: "internal/conformance", floor: jobs, whole: true, parts: []string{"github.com/goccy/go-yaml"}},
	{path: "internal/cluster", floor: jobs, whole: true, parts: []string{
		"github.com/nats-io/nats.go", "github.com/nats-io/nats-server",
	}},
	{path: "internal/metrics", floor: jobs, whole: true, parts: []string{"github.com/prometheus/client_golang"}},

	{path: "internal/web", floor: pages, whole: true},

	{path: "internal/app", floor: wiring, whole: true},

	{path: "cmd/stellwerk", floor: program, whole: true, parts: []string{
		"github.com/spf13/cobra", "github.com/spf13/pflag",
		"github.com/mattn/go-isatty", "golang.org/x/term",
	}},

	{path: "test", floor: outside, whole: true, parts: testParts},
}

// reach says which floors a floor may import.
var reach = map[int][]int{
	wireFloor:  {},
	codecs:     {wireFloor},
	framings:   {wireFloor, codecs},
	stations:   {wireFloor, codecs, framings},
	services:   {wireFloor, codecs, framings, stations},
	doubles:    {wireFloor, codecs, framings, stations, services},
	vocabulary: {wireFloor},
	records:    {wireFloor, vocabulary},
	jobs:       {wireFloor, codecs, framings, stations, services, doubles, vocabulary, records},
	pages:      {wireFloor, vocabulary, records},
	wiring:     {wireFloor, codecs, framings, stations, services, doubles, vocabulary, records, jobs, pages},
	program:    {wireFloor, codecs, framings, stations, services, doubles, vocabulary, records, jobs, wiring},
	outside:    {wireFloor, codecs, framings, stations, services, doubles, vocabulary, records, jobs, pages, wiring, program},
}

// harness are the rooms that only tests may enter.
var harness = []string{"internal/rig", "internal/floors"}

// testParts are the third-party modules that any test may import.
var testParts = []string{"github.com/google/go-cmp", "github.com/rogpeppe/go-internal"}

// place returns the room of a package, by its path within the module, or nil.
func place(pkg string) *room {
	for at := pkg; at != "."; at = path.Dir(at) {
		i := slices.IndexFunc(house, func(r room) bool { return r.path == at && (r.whole || at == pkg) })
		if i >= 0 {
			return &house[i]
		}
	}
	return nil
}

// listed tells whether an import belongs to one of the modules.
func listed(imported string, modules []string) bool {
	return slices.ContainsFunc(modules, func(module string) bool {
		return imported == module || strings.HasPrefix(imported, module+"/")
	})
}
