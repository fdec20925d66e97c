package app_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"stellwerk/internal/app"
)

// get asks the page of a house for a value.
func get(t *testing.T, a *app.App, path string, into any) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, strings.TrimSuffix(a.Page(), "/")+path, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s", path, response.Status)
	}
	if err := json.NewDecoder(response.Body).Decode(into); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
}

// TestPage asks for what the page shows: links and routes, points, telegrams and
// their dissection.
func TestPage(t *testing.T) {
	t.Cleanup(http.DefaultClient.CloseIdleConnections)
	s := &substation{points: 5}
	server, address := s.serve(t, "127.0.0.1:0")
	a := house(t, between(address, `web: {listen: "127.0.0.1:0"}
points:
  - {id: substation/1/2, name: Q0, description: breaker, type: M_SP_TB_1}
  - {id: substation/1/700, name: U, unit: kV, type: M_ME_NC_1}
`))
	until(t, connected(a, "substation"))
	c := connect(t, a)
	if err := c.client.Interrogate(t.Context(), 1, 20); err != nil {
		t.Fatal(err)
	}
	// The state of the link follows the frame that started it.
	until(t, connected(a, "control"))

	var topology struct {
		Links []struct {
			Name, Protocol, Role, State string
			Peers                       []string
			Since                       time.Time
			Received, Sent              uint64
			Points                      int
		}
		Routes []struct {
			From, To string
			Points   int
			Commands bool
		}
	}
	get(t, a, "/api/topology", &topology)
	var links []string
	for _, l := range topology.Links {
		links = append(links, fmt.Sprint(l.Name, " ", l.Protocol, " ", l.Role, " ", l.State, " ", l.Points, " ", len(l.Peers)))
		if l.Received == 0 || l.Sent == 0 || time.Since(l.Since) > time.Minute {
			t.Errorf("%+v", l)
		}
	}
	if want := []string{"substation iec104 controlling connected 6 1", "control iec104 controlled connected 5 1"}; !slices.Equal(links, want) {
		t.Errorf("%q", links)
	}
	if got := fmt.Sprint(topology.Routes); got != "[{substation control 5 true}]" {
		t.Error(got)
	}

	var points struct {
		Cursor uint64
		Points []struct {
			ID, Name, Unit, Type, Kind, Cause string
			Value                             any
			Quality                           []string
		}
	}
	get(t, a, "/api/points", &points)
	shown := map[string]string{}
	for _, p := range points.Points {
		shown[p.ID] = fmt.Sprint(p.Name, " ", p.Unit, " ", p.Kind, " ", p.Value, " ", p.Quality, " ", p.Cause)
	}
	if len(shown) != 6 || shown["substation/1/2"] != "Q0  single false [] interrogated" || shown["substation/1/700"] != "U kV none <nil> [not-topical invalid] " {
		t.Errorf("%q", shown)
	}

	// Every telegram can be taken apart, and what came out of which is told.
	traces, related := map[uint64]bool{}, 0
	for _, name := range []string{"substation", "control"} {
		var list struct {
			Telegrams []struct {
				Number, Trace      uint64
				Related            []uint64
				Summary, Direction string
				Hex                string
				Findings           []any
			}
		}
		get(t, a, "/api/links/"+name+"/telegrams", &list)
		if len(list.Telegrams) < 4 {
			t.Errorf("%d telegrams of %s", len(list.Telegrams), name)
		}
		for _, telegram := range list.Telegrams {
			traces[telegram.Trace] = true
			for _, trace := range telegram.Related {
				if related++; !traces[trace] {
					t.Errorf("%s %d is made of %d, which nobody knows", name, telegram.Number, trace)
				}
			}
			if telegram.Summary == "" || len(telegram.Findings) > 0 || telegram.Direction == "" {
				t.Errorf("%+v", telegram)
			}
			var dissection struct {
				Hex  string
				Tree []struct {
					Name       string
					Bit, Width int
					Leaf       bool
				}
			}
			get(t, a, fmt.Sprintf("/api/links/%s/telegrams/%d", name, telegram.Number), &dissection)
			bits := 0
			for _, node := range dissection.Tree {
				if node.Leaf {
					bits += node.Width
				}
				if node.Name == "octets" && node.Width > 0 {
					t.Errorf("not taken apart: %s", telegram.Hex)
				}
			}
			if dissection.Hex != telegram.Hex || bits != 4*len(telegram.Hex) {
				t.Errorf("%s: the leaves have %d bits", telegram.Hex, bits)
			}
		}
	}
	if related == 0 {
		t.Error("no telegram is made of another")
	}

	// A change comes behind the cursor.
	if err := server.Close(); err != nil {
		t.Fatal(err)
	}
	until(t, func() bool { good, _ := c.good(); return good == 0 })
	get(t, a, fmt.Sprintf("/api/points?after=%d", points.Cursor), &points)
	if len(points.Points) != 5 || !slices.Equal(points.Points[0].Quality, []string{"not-topical"}) {
		t.Errorf("%+v", points.Points)
	}
}
