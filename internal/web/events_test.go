package web_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"stellwerk/internal/web"
)

// event is one server-sent event.
type event struct{ id, name, data string }

// readEvent reads up to the empty line behind an event.
func readEvent(r *bufio.Reader) (event, error) {
	var e event
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			return e, err
		}
		key, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), ": ")
		switch key {
		case "":
			return e, nil
		case "id":
			e.id = value
		case "event":
			e.name = value
		case "data":
			e.data = value
		}
	}
}

// sink is the client's side of a stream without a network.
type sink struct {
	mu     sync.Mutex
	header http.Header
	text   strings.Builder
	full   chan struct{} // when set, writes wait until it is closed
}

func (s *sink) Header() http.Header { return s.header }
func (s *sink) WriteHeader(int)     {}
func (s *sink) Flush()              {}

func (s *sink) Write(p []byte) (int, error) {
	if s.full != nil {
		<-s.full
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(p)
}

// take returns the events since the last call.
func (s *sink) take(t *testing.T) []event {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	reader := bufio.NewReader(strings.NewReader(s.text.String()))
	s.text.Reset()
	var events []event
	for {
		e, err := readEvent(reader)
		if err != nil {
			return events
		}
		events = append(events, e)
	}
}

// open starts a stream that ends with ctx. The channel closes when it has.
func open(ctx context.Context, handler http.Handler, path string, s *sink) <-chan struct{} {
	request := httptest.NewRequestWithContext(ctx, http.MethodGet, path, nil)
	request.Host = "localhost"
	s.header = http.Header{}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		handler.ServeHTTP(s, request)
	}()
	return ended
}

func names(events []event) []string {
	list := []string{}
	for _, e := range events {
		list = append(list, e.name)
	}
	return list
}

// values returns the identities and values of the points in events.
func values(t *testing.T, events []event) map[string]any {
	t.Helper()
	found := map[string]any{}
	for _, e := range events {
		if e.name != "points" {
			continue
		}
		var page struct{ Points []web.Point }
		if err := json.Unmarshal([]byte(e.data), &page); err != nil {
			t.Fatal(err)
		}
		for _, point := range page.Points {
			found[point.ID] = point.Value
		}
	}
	return found
}

func count(id string, value int) web.Point {
	return web.Point{ID: id, Kind: "number", Value: value, Link: "a"}
}

func TestStream(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		points, telegrams := newTable(), newTelegramLog("a")
		topology := web.Topology{Links: []web.Link{{Name: "a", State: web.Connecting}}}
		var mu sync.Mutex
		server := web.New(web.Options{
			Version: "v", Points: points, Telegrams: telegrams,
			Topology: topologyFunc(func() web.Topology {
				mu.Lock()
				defer mu.Unlock()
				return topology
			}),
		})
		points.put(count("a/1", 1), count("a/2", 2))
		telegrams.add("a", web.Dissection{Telegram: web.Telegram{Summary: "first"}})

		ctx, cancel := context.WithCancel(t.Context())
		client := &sink{}
		ended := open(ctx, server, "/api/events", client)
		synctest.Wait()
		events := client.take(t)
		if diff := cmp.Diff([]string{"hello", "topology", "reset", "points", "telegrams", "heartbeat"}, names(events)); diff != "" {
			t.Fatalf("first batch:\n%s", diff)
		}
		if events[0].data != `{"interval_ms":200,"version":"v"}` {
			t.Errorf("hello: %s", events[0].data)
		}
		if diff := cmp.Diff(map[string]any{"a/1": 1.0, "a/2": 2.0}, values(t, events)); diff != "" {
			t.Error(diff)
		}

		// Between two batches the latest value wins.
		for i := range 1000 {
			points.put(count("a/1", i))
		}
		time.Sleep(200 * time.Millisecond)
		synctest.Wait()
		events = client.take(t)
		if diff := cmp.Diff([]string{"points"}, names(events)); diff != "" {
			t.Errorf("second batch:\n%s", diff)
		}
		if diff := cmp.Diff(map[string]any{"a/1": 999.0}, values(t, events)); diff != "" {
			t.Error(diff)
		}

		// Telegrams beyond what one batch takes are counted.
		for range 150 {
			telegrams.add("a", web.Dissection{})
		}
		time.Sleep(200 * time.Millisecond)
		synctest.Wait()
		events = client.take(t)
		var batch struct {
			Links []struct {
				Link      string
				Skipped   int
				Telegrams []struct{ Number int }
			}
		}
		if len(events) != 1 || json.Unmarshal([]byte(events[0].data), &batch) != nil || len(batch.Links) != 1 {
			t.Fatalf("third batch: %v", events)
		}
		fresh := batch.Links[0]
		if fresh.Skipped != 50 || len(fresh.Telegrams) != 100 || fresh.Telegrams[0].Number != 52 || fresh.Telegrams[99].Number != 151 {
			t.Errorf("third batch: %+v", fresh)
		}

		// The topology comes when it has changed, the heartbeat every 5 s.
		mu.Lock()
		topology.Links = []web.Link{{Name: "a", State: web.Connected}}
		mu.Unlock()
		time.Sleep(10 * time.Second)
		synctest.Wait()
		if diff := cmp.Diff([]string{"topology", "heartbeat", "heartbeat"}, names(client.take(t))); diff != "" {
			t.Errorf("ten seconds:\n%s", diff)
		}

		// Another set of points voids the ones before.
		points.clear()
		points.put(count("a/3", 3))
		time.Sleep(200 * time.Millisecond)
		synctest.Wait()
		events = client.take(t)
		if diff := cmp.Diff([]string{"reset", "points", "telegrams"}, names(events)); diff != "" {
			t.Errorf("after the reload:\n%s", diff)
		}
		id := events[1].id
		cancel()
		<-ended

		// A client that comes back gets what has changed meanwhile.
		points.put(count("a/4", 4))
		ctx, cancel = context.WithCancel(t.Context())
		ended = open(ctx, server, "/api/events?from="+id, client)
		synctest.Wait()
		events = client.take(t)
		if diff := cmp.Diff(map[string]any{"a/4": 4.0}, values(t, events)); diff != "" || events[2].name == "reset" {
			t.Errorf("after the return: %v\n%s", names(events), diff)
		}
		cancel()
		<-ended

		// One that comes from a server before this one starts anew.
		ctx, cancel = context.WithCancel(t.Context())
		ended = open(ctx, server, "/api/events?from=other-0/7", client)
		synctest.Wait()
		if diff := cmp.Diff(map[string]any{"a/3": 3.0, "a/4": 4.0}, values(t, client.take(t))); diff != "" {
			t.Error(diff)
		}
		cancel()
		<-ended
	})
}

type topologyFunc func() web.Topology

func (f topologyFunc) Topology() web.Topology { return f() }

// A client that takes nothing holds up neither the source nor the others, and
// gets the latest values once it goes on.
func TestSlowClient(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		points := newTable()
		server := web.New(web.Options{Points: points})
		ctx, cancel := context.WithCancel(t.Context())
		slow, quick := &sink{full: make(chan struct{})}, &sink{}
		slowEnded, quickEnded := open(ctx, server, "/api/events", slow), open(ctx, server, "/api/events", quick)
		for i := range 20_000 {
			points.put(count(fmt.Sprintf("a/%d", i%5000), i))
			if i%100 == 0 {
				time.Sleep(time.Millisecond)
			}
		}
		time.Sleep(time.Second)
		synctest.Wait()
		if got := values(t, quick.take(t)); len(got) != 5000 || got["a/4999"] != 19999.0 {
			t.Errorf("the quick client has %d points, the last one %v", len(got), got["a/4999"])
		}
		close(slow.full)
		time.Sleep(time.Second)
		synctest.Wait()
		events := slow.take(t)
		if got := values(t, events); len(got) != 5000 || got["a/4999"] != 19999.0 {
			t.Errorf("the slow client has %d points, the last one %v", len(got), got["a/4999"])
		}
		for _, e := range events {
			if strings.Count(e.data, `"id"`) > 2000 {
				t.Error("a batch has more than 2000 points")
			}
		}
		cancel()
		<-slowEnded
		<-quickEnded
	})
}

func TestNumberOfStreams(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := web.New(web.Options{MaxStreams: 2})
		ctx, cancel := context.WithCancel(t.Context())
		first, second := open(ctx, server, "/api/events", &sink{}), open(ctx, server, "/api/events", &sink{})
		synctest.Wait()
		recorder := get(t, server, "/api/events")
		if recorder.Code != http.StatusServiceUnavailable || recorder.Header().Get("Retry-After") == "" {
			t.Errorf("third stream: status %d", recorder.Code)
		}
		expect(t, server, "/api/health", 200, `{"status":"ok","version":"","streams":2,"max_streams":2}`)
		cancel()
		<-first
		<-second
		expect(t, server, "/api/health", 200, `{"status":"ok","version":"","streams":0,"max_streams":2}`)
	})
}

func TestHeadOfStream(t *testing.T) {
	request := httptest.NewRequestWithContext(t.Context(), http.MethodHead, "/api/events", nil)
	request.Host = "localhost"
	recorder := httptest.NewRecorder()
	web.New(web.Options{}).ServeHTTP(recorder, request) // returns
	if recorder.Header().Get("Content-Type") != "text/event-stream" {
		t.Errorf("headers %v", recorder.Header())
	}
}

// serve runs a server on a port of this machine. Calling the function it
// returns ends it.
func serve(t *testing.T, server *web.Server) (address string, stop func() error) {
	t.Helper()
	var config net.ListenConfig
	listener, err := config.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(ctx, listener) }()
	return "http://" + listener.Addr().String(), func() error {
		cancel()
		return <-ended
	}
}

// The end of the server ends the streams, a client that reads nothing
// included; TestMain sees that no goroutine is left.
func TestServe(t *testing.T) {
	points := newTable()
	const all = 20_000 // more octets than the network holds on the way
	for i := range all {
		point := count(fmt.Sprintf("a/%d", i), i)
		point.Name = strings.Repeat("n", 1000)
		points.put(point)
	}
	address, stop := serve(t, web.New(web.Options{Points: points}))

	transport := &http.Transport{}
	client := &http.Client{Transport: transport}
	var bodies []*bufio.Reader
	var closers []io.Closer
	for range 3 {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address+"/api/events", nil)
		if err != nil {
			t.Fatal(err)
		}
		response, err := client.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		closers = append(closers, response.Body)
		bodies = append(bodies, bufio.NewReader(response.Body))
	}
	// The first two read, at the same time: who waits for long is given up. The
	// third never does.
	var reading sync.WaitGroup
	for _, body := range bodies[:2] {
		reading.Go(func() {
			for id := ""; !strings.HasSuffix(id, fmt.Sprintf("/%d", all)); {
				e, err := readEvent(body)
				if err != nil {
					t.Error(err)
					return
				}
				id = e.id
			}
		})
	}
	reading.Wait()
	start := time.Now()
	if err := stop(); err != nil {
		t.Error(err)
	}
	if took := time.Since(start); took > 3*time.Second {
		t.Errorf("the end took %v", took)
	}
	for _, body := range bodies[:2] {
		for {
			if _, err := readEvent(body); err != nil {
				break
			}
		}
	}
	for _, closer := range closers {
		closer.Close()
	}
	transport.CloseIdleConnections()
}

func TestServeOnBrokenListener(t *testing.T) {
	var config net.ListenConfig
	listener, err := config.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	if err := web.New(web.Options{}).Serve(t.Context(), listener); err == nil {
		t.Error("a listener that is closed serves")
	}
}

// The address that a connection was accepted on is a good host, as the page is
// reached by it when it listens beyond loopback.
func TestHostOfListener(t *testing.T) {
	ctx := context.WithValue(t.Context(), http.LocalAddrContextKey, &net.TCPAddr{IP: net.IPv4(192, 0, 2, 7), Port: 80})
	for host, want := range map[string]int{"192.0.2.7": 200, "192.0.2.8": 421} {
		request := httptest.NewRequestWithContext(ctx, http.MethodGet, "/api/health", nil)
		request.Host = host
		recorder := httptest.NewRecorder()
		web.New(web.Options{}).ServeHTTP(recorder, request)
		if recorder.Code != want {
			t.Errorf("host %q: status %d, want %d", host, recorder.Code, want)
		}
	}
}
