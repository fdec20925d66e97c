package app_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"stellwerk/internal/app"
	"stellwerk/websocket"
)

// The feed of the demonstration gives the state of the substation and what changes,
// and takes no commands.
func TestDemoFeed(t *testing.T) {
	demo, err := app.NewDemo(app.DemoOptions{Web: "127.0.0.1:0", Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- demo.Run(ctx) }()
	defer func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	}()
	waiting, stop := context.WithTimeout(ctx, 20*time.Second)
	defer stop()
	c, err := websocket.Dial(waiting, demo.Feed(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(websocket.NormalClosure, "")
	if err := c.Write(waiting, websocket.Text, []byte(`{"kind":"hello","version":1}`), nil); err != nil {
		t.Fatal(err)
	}
	if err := c.Write(waiting, websocket.Text, []byte(`{"kind":"command","id":"1","address":"substation/1111","value":"off"}`), nil); err != nil {
		t.Fatal(err)
	}
	seen := map[string]string{}
	for seen["result"] == "" || seen["snapshot"] == "" || seen["change"] == "" {
		m, err := c.Read(waiting)
		if err != nil {
			t.Fatalf("%v; until then %q", err, seen)
		}
		var said struct{ Kind string }
		if err := json.Unmarshal(m.Data, &said); err != nil {
			t.Fatalf("%v: %s", err, m.Data)
		}
		seen[said.Kind] = string(m.Data)
	}
	if !strings.Contains(seen["result"], `"outcome":"refused","reason":"not-allowed"`) {
		t.Errorf("a command: %s", seen["result"])
	}
	if !strings.Contains(seen["snapshot"], `"address":"substation/101"`) {
		t.Errorf("no breaker in the snapshot: %.300s", seen["snapshot"])
	}
}
