package route_test

import (
	"strings"
	"testing"

	"stellwerk/internal/point"
)

// Patterns of two stations lead to the same addresses: that of the station which
// has the point counts, and no command goes to one that may be the wrong one.
func TestPatternsOfTwoStations(t *testing.T) {
	h := newHouse(t, `routes:
  - {from: station/*/*, to: control/*/*, commands: true}
  - {from: other/*/*, to: control/*/*, commands: true}
points:
  - {id: other/3/1, type: single}
`)
	h.image[id("other/2/1")] = update("other/2/1", point.SingleValue(true))
	if u, known := h.router.Lookup(id("control/2/1")); !known || !u.Value.Single() {
		t.Error("the point of the other station is not found")
	}
	for _, target := range []string{"control/2/1", "control/3/1"} {
		h.command(t, point.Command{ID: id(target), Value: point.SingleValue(true)})
	}
	if len(h.other.carriedOut) != 2 || len(h.station.carriedOut) != 0 {
		t.Error("a command went to the wrong station")
	}
	got := h.command(t, point.Command{ID: id("control/4/1"), Value: point.SingleValue(true)})
	if !strings.HasPrefix(got, "refused: there is no such point: several routes") {
		t.Errorf("nobody knows the point: %s", got)
	}
}
