package web_test

import (
	"encoding/json"
	"math"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"stellwerk/internal/web"
	"stellwerk/wire"
)

// get asks for a path the way a browser on this machine does.
func get(t *testing.T, handler http.Handler, path string) *httptest.ResponseRecorder {
	t.Helper()
	request := httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil)
	request.Host = "localhost:8104"
	recorder := httptest.NewRecorder()
	handler.ServeHTTP(recorder, request)
	return recorder
}

// expect asks for a path and compares the answer, as JSON.
func expect(t *testing.T, handler http.Handler, path string, status int, want string) {
	t.Helper()
	recorder := get(t, handler, path)
	if recorder.Code != status {
		t.Errorf("%s: status %d, want %d", path, recorder.Code, status)
	}
	var gotValue, wantValue any
	if err := json.Unmarshal(recorder.Body.Bytes(), &gotValue); err != nil {
		t.Fatalf("%s: %v in %s", path, err, recorder.Body)
	}
	if err := json.Unmarshal([]byte(want), &wantValue); err != nil {
		t.Fatal(err)
	}
	without(gotValue, "epoch") // differs in every run
	if diff := cmp.Diff(wantValue, gotValue); diff != "" {
		t.Errorf("%s:\n%s", path, diff)
	}
}

func without(value any, key string) {
	if object, ok := value.(map[string]any); ok {
		delete(object, key)
	}
}

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func small() web.Options {
	points, telegrams := newTable(), newTelegramLog("substation", "silent")
	points.put(
		web.Point{
			ID: "substation/1/4001", Name: "Busbar voltage", Type: "M_ME_TF_1", Kind: "number", Value: 110.25, Unit: "kV",
			Time: "2026-03-01T12:00:00.000", TimeKind: "cp56", Received: noon, Cause: "spontaneous", Link: "substation", Trace: 7,
		},
		web.Point{
			ID: "substation/1/1", Kind: "single", Value: true, Quality: []string{"not_topical"}, Link: "substation",
		},
		web.Point{ID: "substation/1/2", Name: "Not a number", Kind: "number", Value: math.NaN(), Link: "substation"},
		web.Point{ID: "substation/1/3", Kind: "number", Value: float32(math.Inf(-1)), Link: "substation"},
		web.Point{ID: "substation/1/4", Kind: "odd", Value: func() {}, Link: "substation"},
	)
	apci := wire.NewWalker([]byte{0x68, 4, 0x43, 0, 0, 0})
	apci.Group("APCI", wire.Text{EN: "U format", DE: "U-Format"}, func() {
		apci.Element(wire.Element{Name: "START", Octets: 1, Fields: []wire.Field{{Name: "START", Width: 8, Text: wire.Hex}}})
		apci.Raw("rest", wire.Text{}, 5)
	})
	telegrams.add("substation", web.Dissection{
		Telegram: web.Telegram{
			Time: noon, Direction: web.In, Peer: "127.0.0.1:2404", Summary: "U TESTFR act", Octets: []byte{0x68, 4, 0x43, 0, 0, 0},
			Findings: []web.Finding{{Severity: "warning", Code: "early", Text: web.Text{EN: "too early", DE: "zu früh"}, Clause: "5.2"}},
		},
		Tree: apci.Nodes(),
	})
	telegrams.add("substation", web.Dissection{Telegram: web.Telegram{Time: noon, Direction: web.Out, Summary: "U TESTFR con"}})
	return web.Options{
		Version: "1.2.3",
		Topology: fixed{
			Links:  []web.Link{{Name: "substation", Protocol: "iec104", Role: "controlling", Address: "127.0.0.1:2404", State: web.Connected, Since: noon, Received: 2}},
			Routes: []web.Route{{From: "substation", To: "centre", Points: 2, Commands: true}},
		},
		Points: points, Telegrams: telegrams,
		Vocabulary: []web.Term{{Group: "cause", Name: "spontaneous", Text: web.Text(wire.Text{EN: "spontaneous", DE: "spontan"})}},
	}
}

func TestAPI(t *testing.T) {
	server := web.New(small())
	expect(t, server, "/api/health", 200, `{"status":"ok","version":"1.2.3","streams":0,"max_streams":32}`)
	expect(t, server, "/api/topology", 200, `{"version":"1.2.3","links":[{"name":"substation","protocol":"iec104",
		"role":"controlling","address":"127.0.0.1:2404","peers":[],"state":"connected","since":"2026-03-01T12:00:00Z",
		"received":2,"sent":0,"points":0}],"routes":[{"from":"substation","to":"centre","points":2,"commands":true}]}`)
	expect(t, server, "/api/vocabulary", 200, `{"terms":[{"group":"cause","name":"spontaneous",
		"text":{"en":"spontaneous","de":"spontan"}}]}`)

	const voltage = `{"id":"substation/1/4001","name":"Busbar voltage","type":"M_ME_TF_1","kind":"number","value":110.25,
		"unit":"kV","quality":[],"time":"2026-03-01T12:00:00.000","time_kind":"cp56","received":"2026-03-01T12:00:00Z",
		"cause":"spontaneous","link":"substation","trace":7}`
	const single = `{"id":"substation/1/1","kind":"single","value":true,"quality":["not_topical"],"link":"substation"}`
	expect(t, server, "/api/points?limit=2", 200, `{"cursor":2,"more":true,"points":[`+voltage+`,`+single+`]}`)
	expect(t, server, "/api/points?after=1&limit=1", 200, `{"cursor":2,"more":true,"points":[`+single+`]}`)
	expect(t, server, "/api/points?after=5", 200, `{"cursor":5,"more":false,"points":[]}`)
	expect(t, server, "/api/points?filter=BUSBAR", 200, `{"cursor":5,"more":false,"points":[`+voltage+`]}`)
	expect(t, server, "/api/points?filter=1/1&limit=1", 200, `{"cursor":2,"more":true,"points":[`+single+`]}`)

	expect(t, server, "/api/links/silent/telegrams", 200, `{"telegrams":[]}`)
	expect(t, server, "/api/links/substation/telegrams?after=1", 200, `{"telegrams":[{"number":2,
		"time":"2026-03-01T12:00:00Z","direction":"out","summary":"U TESTFR con","hex":""}]}`)
	expect(t, server, "/api/links/substation/telegrams/1", 200, `{"number":1,"time":"2026-03-01T12:00:00Z","direction":"in",
		"peer":"127.0.0.1:2404","summary":"U TESTFR act","hex":"680443000000",
		"findings":[{"severity":"warning","code":"early","text":{"en":"too early","de":"zu früh"},"clause":"5.2"}],
		"tree":[{"depth":0,"name":"APCI","text":{"en":"U format","de":"U-Format"},"bit":0,"width":48},
		{"depth":1,"name":"START","text":{"en":"0x68","de":"0x68"},"bit":0,"width":8,"leaf":true,"value":"104"},
		{"depth":1,"name":"rest","bit":8,"width":40,"leaf":true,"raw":"0443000000"}]}`)
}

func TestValuesThatJSONLacks(t *testing.T) {
	var answer struct{ Points []struct{ Value any } }
	if err := json.Unmarshal(get(t, web.New(small()), "/api/points?after=2").Body.Bytes(), &answer); err != nil {
		t.Fatal(err)
	}
	if answer.Points[0].Value != "NaN" || answer.Points[1].Value != "-Inf" {
		t.Errorf("values %v, want NaN and -Inf", answer.Points)
	}
	if text, ok := answer.Points[2].Value.(string); !ok || text == "" {
		t.Errorf("a value that cannot be encoded reads %v", answer.Points[2].Value)
	}
}

func TestNothingToShow(t *testing.T) {
	server := web.New(web.Options{})
	expect(t, server, "/api/topology", 200, `{"version":"","links":[],"routes":[]}`)
	expect(t, server, "/api/points", 200, `{"cursor":0,"more":false,"points":[]}`)
	expect(t, server, "/api/vocabulary", 200, `{"terms":[]}`)
	expect(t, server, "/api/links/x/telegrams", 404, `{"error":"There is no link named \"x\"."}`)
}

func TestRefusals(t *testing.T) {
	server := web.New(small())
	expect(t, server, "/api/nothing", 404, `{"error":"There is nothing at /api/nothing."}`)
	expect(t, server, "/nothing", 404, `{"error":"There is nothing at /nothing."}`)
	expect(t, server, "/.gitkeep", 404, `{"error":"There is nothing at /.gitkeep."}`)
	expect(t, server, "/api/points?after=-1", 400, `{"error":"Cannot answer: the parameter after takes a number from 0, not \"-1\"."}`)
	expect(t, server, "/api/points?limit=x", 400, `{"error":"Cannot answer: the parameter limit takes a number from 0, not \"x\"."}`)
	expect(t, server, "/api/links/substation/telegrams?limit=x", 400, `{"error":"Cannot answer: the parameter limit takes a number from 0, not \"x\"."}`)
	expect(t, server, "/api/links/x/telegrams", 404, `{"error":"There is no link named \"x\". The links are: substation."}`)
	expect(t, server, "/api/links/substation/telegrams/9", 404, `{"error":"Telegram 9 of link \"substation\" is not kept any more, or has not been seen yet."}`)
	expect(t, server, "/api/links/substation/telegrams/x", 400, `{"error":"\"x\" is no number of a telegram."}`)
	expect(t, server, "/api/links/x/telegrams/1", 404, `{"error":"There is no link named \"x\". The links are: substation."}`)
}

func TestOnlyReading(t *testing.T) {
	server := web.New(small())
	for _, method := range []string{"POST", "PUT", "DELETE", "PATCH", "OPTIONS", "CONNECT", "TRACE", "MADE-UP"} {
		request := httptest.NewRequestWithContext(t.Context(), method, "/api/points", nil)
		request.Host = "localhost"
		recorder := httptest.NewRecorder()
		server.ServeHTTP(recorder, request)
		if recorder.Code != http.StatusMethodNotAllowed || recorder.Header().Get("Allow") != "GET, HEAD" {
			t.Errorf("%s: status %d, Allow %q", method, recorder.Code, recorder.Header().Get("Allow"))
		}
	}
}

func TestHost(t *testing.T) {
	options := small()
	options.Hosts = []string{"Stellwerk.example.", "10.0.0.9"}
	server := web.New(options)
	for host, want := range map[string]int{
		"localhost":              200,
		"localhost:8104":         200,
		"LOCALHOST.:8104":        200,
		"demo.localhost":         200,
		"127.0.0.1:8104":         200,
		"127.9.9.9":              200,
		"[::1]:8104":             200,
		"[::1]":                  200,
		"[::ffff:127.0.0.1]":     200,
		"stellwerk.example:80":   200,
		"10.0.0.9":               200,
		"10.0.0.8":               421,
		"":                       421,
		"evil.example":           421,
		"localhost.evil.example": 421,
		"127.0.0.1.evil.example": 421,
		"stellwerk.example.evil": 421,
		"evil.example@localhost": 421,
		"xlocalhost":             421,
	} {
		request := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/api/health", nil)
		request.Host = host
		recorder := httptest.NewRecorder()
		server.ServeHTTP(recorder, request)
		if recorder.Code != want {
			t.Errorf("host %q: status %d, want %d", host, recorder.Code, want)
		}
	}
}

func TestOtherOrigins(t *testing.T) {
	server := web.New(small())
	for site, want := range map[string]int{"": 200, "none": 200, "same-origin": 200, "same-site": 403, "cross-site": 403} {
		request := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/api/health", nil)
		request.Host = "localhost"
		request.Header.Set("Sec-Fetch-Site", site)
		recorder := httptest.NewRecorder()
		server.ServeHTTP(recorder, request)
		if recorder.Code != want {
			t.Errorf("Sec-Fetch-Site %q: status %d, want %d", site, recorder.Code, want)
		}
		if allowed := recorder.Header().Get("Access-Control-Allow-Origin"); allowed != "" {
			t.Errorf("another origin may read along: %q", allowed)
		}
	}
}

func TestPage(t *testing.T) {
	options := small()
	options.Page = fstest.MapFS{
		"index.html":          {Data: []byte("<!doctype html>")},
		"favicon.svg":         {Data: []byte("<svg/>")},
		"assets/index-abc.js": {Data: []byte("1")},
		"other.bin":           {Data: []byte("1")},
	}
	server := web.New(options)
	for path, want := range map[string][2]string{
		"/":                    {"text/html; charset=utf-8", "no-cache"},
		"/index.html":          {"text/html; charset=utf-8", "no-cache"},
		"/favicon.svg":         {"image/svg+xml", "no-cache"},
		"/assets/index-abc.js": {"text/javascript; charset=utf-8", "public, max-age=31536000, immutable"},
		"/other.bin":           {"application/octet-stream", "no-cache"},
	} {
		recorder := get(t, server, path)
		header := recorder.Header()
		if got := [2]string{header.Get("Content-Type"), header.Get("Cache-Control")}; recorder.Code != 200 || got != want {
			t.Errorf("%s: status %d, %q, want %q", path, recorder.Code, got, want)
		}
		if !strings.Contains(header.Get("Content-Security-Policy"), "script-src 'self';") || header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: headers %v", path, header)
		}
	}

	tag := get(t, server, "/").Header().Get("ETag")
	request := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
	request.Host = "localhost"
	request.Header.Set("If-None-Match", tag)
	recorder := httptest.NewRecorder()
	server.ServeHTTP(recorder, request)
	if tag == "" || recorder.Code != http.StatusNotModified {
		t.Errorf("tag %q, status %d", tag, recorder.Code)
	}
}

func TestPageNotBuilt(t *testing.T) {
	options := small()
	options.Page = fstest.MapFS{".gitkeep": {}}
	recorder := get(t, web.New(options), "/")
	if recorder.Code != http.StatusServiceUnavailable || !strings.Contains(recorder.Body.String(), "make build") {
		t.Errorf("status %d: %s", recorder.Code, recorder.Body)
	}
}

func TestBuiltInPage(t *testing.T) {
	if code := get(t, web.New(web.Options{}), "/").Code; code != 200 && code != 503 {
		t.Errorf("status %d: neither the page nor the note that it is not built", code)
	}
}
