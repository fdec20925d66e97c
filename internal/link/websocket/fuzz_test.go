package websocket

import (
	"encoding/json"
	"testing"

	"stellwerk/internal/point"
)

// FuzzMessage: whatever a peer sends, what is made of it can be sent again and says
// the same.
func FuzzMessage(f *testing.F) {
	for _, seed := range []string{
		`{"kind":"change","sequence":1,"points":[{"address":"a","type":"number","value":"NaN","quality":["invalid"],"time":"2026-03-02T08:30:00.5Z","time_flags":["summer"],"cause":"cyclic"}]}`,
		`{"kind":"snapshot","points":[{"address":"a","value":{"position":3}},{"address":"b","value":{"count":1}},{"address":"c","value":"on"},{"address":"d","value":true},{"address":"e","type":"bits","value":7,"time_flags":["invalid"]}],"last":true}`,
		`{"kind":"command","id":"1","address":"a","value":1,"action":"select","qualifier":3,"time":"2026-03-02T08:30:00Z"}`,
		`{"kind":"result","id":"1","outcome":"refused","reason":"busy"}`, `{"kind":"hello","version":1}`, `[]`, ``,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := decode(data)
		if err != nil {
			return
		}
		_, _ = m.command("link") // must not panic
		if text := encode(m); !json.Valid(text) {
			t.Errorf("no JSON: %s", text)
		}
		for i := range m.Points {
			u, err := m.Points[i].update("link", point.CauseSpontaneous)
			if err != nil {
				continue
			}
			text, err := appendPoint(nil, &u)
			if err != nil {
				t.Fatalf("%+v cannot be sent: %v", u, err)
			}
			var again wirePoint
			if err := json.Unmarshal(text, &again); err != nil {
				t.Fatalf("%s: %v", text, err)
			}
			back, err := again.update("link", point.CauseSpontaneous)
			if back.Type, u.Type = "", ""; err != nil || back != u {
				t.Fatalf("%s\n%+v\n%+v %v", text, u, back, err)
			}
		}
	})
}
