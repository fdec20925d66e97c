package interop

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"stellwerk/iec104"
	"stellwerk/iec104/iec104test"
	"stellwerk/internal/capture/fabricate"
	"stellwerk/internal/conformance"
)

// caseTalks are the conversations of cases with the peer. tshark judges them when
// the test is over: the tester may send what is malformed in cases that are there
// to send it, and the peer has the faults that are known of it.
type caseTalks struct {
	mu      sync.Mutex
	results []iec104test.Result // guarded by mu
}

// newCaseTalks begins with no conversation. known are the cases with malformed
// frames, as "B14 tester" or "C7.plain peer", and what is wrong with those. The same case
// stands for both roles.
func newCaseTalks(t *testing.T, known map[string]string) *caseTalks {
	t.Helper()
	talks := new(caseTalks)
	t.Cleanup(func() {
		seen := map[string]bool{}
		for _, role := range []iec104.Role{iec104.Controlled, iec104.Controlling} {
			path := talks.write(t, role)
			tester := fabricate.Client
			if role == iec104.Controlling {
				tester = fabricate.Server
			}
			for _, c := range judgeByTshark(t, path) {
				id, _, _ := strings.Cut(c.where, " ")
				name := id + " peer"
				if c.side == tester {
					name = id + " tester"
				}
				if known[name] == "" {
					t.Errorf("%s: frame %d, %s of the %v: %s: %s; not known", path, c.frame, name, role, c.code, c.text)
				}
				seen[name] = true
			}
			if t.Failed() {
				keepRecording(t, path, t.Name()+"-"+conformance.RoleName(role))
			}
		}
		if t.Failed() || t.Skipped() || !haveTshark() {
			return
		}
		for name, what := range known {
			if !seen[name] {
				t.Errorf("nothing is malformed in %s any more: %s", name, what)
			}
		}
	})
	return talks
}

// add takes the conversations of a case.
func (c *caseTalks) add(r iec104test.Result) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.results = append(c.results, r)
}

// write makes a recording of the conversations with stations of a role, in which
// each case has an interface of its own.
func (c *caseTalks) write(t *testing.T, role iec104.Role) string {
	t.Helper()
	path := filepath.Join(t.ArtifactDir(), conformance.RoleName(role)+".pcapng")
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	c.mu.Lock()
	defer c.mu.Unlock()
	evidence := conformance.NewEvidence(file, "stellwerk test/interop", role)
	for _, r := range c.results {
		if r.Case.Role != role {
			continue
		}
		if err := evidence.Add(conformance.Outcome{Result: r}); err != nil {
			t.Error(err)
		}
	}
	if err := evidence.Flush(); err != nil {
		t.Error(err)
	}
	return path
}
