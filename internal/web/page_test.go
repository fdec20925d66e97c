package web_test

import (
	"context"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"stellwerk/internal/web"
)

// TestUserInterface builds the page and works it in Debian's Chromium, against
// a lively plant in memory. The steps stand in ui/e2e.
//
// STELLWERK_SCREENSHOTS names a folder that gets pictures of every view.
// STELLWERK_HOLD=1 serves the plant on a port until the test is interrupted, to
// look at with a browser.
func TestUserInterface(t *testing.T) {
	if testing.Short() {
		t.Skip("works a browser; runs without -short")
	}
	chromium, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("Chromium is missing: apt-get install chromium")
	}
	npm, err := exec.LookPath("npm")
	if err != nil {
		t.Skip("npm is missing: install Node.js 20.19 or later")
	}
	if _, err := os.Stat("ui/node_modules/.package-lock.json"); err != nil {
		t.Skip("the packages of the page are missing: npm --prefix internal/web/ui ci")
	}
	dist := filepath.Join(t.TempDir(), "dist")
	run(t, npm, nil, "run", "build", "--", "--outDir", dist, "--logLevel", "warn")

	p := newPlant()
	plantRuns, stopPlant := context.WithCancel(t.Context())
	moved := make(chan struct{})
	go func() {
		defer close(moved)
		p.live(plantRuns)
	}()
	defer func() {
		stopPlant()
		<-moved
	}()
	server := web.New(web.Options{
		Version: "0.1.0", Topology: p, Points: p.table, Telegrams: p, Vocabulary: vocabulary(), Page: os.DirFS(dist),
	})
	big := newPlant()
	big.many()
	address, stop := serve(t, server)
	bigAddress, stopBig := serve(t, web.New(web.Options{
		Version: "0.1.0", Topology: big, Points: big.table, Telegrams: big, Vocabulary: vocabulary(), Page: os.DirFS(dist),
	}))
	if os.Getenv("STELLWERK_HOLD") != "" {
		t.Logf("the plant is at %s, the one with a hundred thousand points at %s", address, bigAddress)
		<-t.Context().Done()
	}
	run(t, npm, []string{
		"STELLWERK_URL=" + address, "STELLWERK_BIG_URL=" + bigAddress, "STELLWERK_CHROMIUM=" + chromium,
	}, "run", "e2e")
	if err := stopBig(); err != nil {
		t.Error(err)
	}
	if err := stop(); err != nil {
		t.Error(err)
	}
}

// run runs npm in the folder of the page and shows what it says when it fails.
func run(t *testing.T, npm string, environment []string, arguments ...string) {
	t.Helper()
	command := exec.CommandContext(t.Context(), npm, arguments...)
	command.Dir = "ui"
	command.WaitDelay = 10 * time.Second
	command.Env = append(os.Environ(), environment...)
	output, err := command.CombinedOutput()
	if err != nil {
		t.Fatalf("npm %v: %v\n%s", arguments, err, output)
	}
	t.Logf("%s", output)
}

// The plant answers as the API promises, also to those who have no browser.
func TestPlant(t *testing.T) {
	p := newPlant()
	server := web.New(web.Options{Topology: p, Points: p.table, Telegrams: p})
	for range 200 {
		p.move()
	}
	for _, path := range []string{"/api/topology", "/api/points", "/api/links/substation/telegrams", "/api/links/substation/telegrams/5"} {
		if recorder := get(t, server, path); recorder.Code != http.StatusOK {
			t.Errorf("%s: %s", path, recorder.Body)
		}
	}
}
