package app_test

import (
	"fmt"
	"io/fs"
	"strings"
	"testing"
	"time"

	"stellwerk/iec104/asdu"
	"stellwerk/internal/app"
	"stellwerk/internal/config"
	"stellwerk/internal/link"
)

// A substation behind one house, a control centre behind another, and WebSocket
// between them: values, times and qualities one way, commands with their answers
// the other, and nothing that no route names.
func TestOverWebSocket(t *testing.T) {
	s := &substation{points: 110}
	_, address := s.serve(t, "127.0.0.1:0")
	near := house(t, fmt.Sprintf(`links:
  substation:
    iec104: {role: controlling, connect: %q}
  bridge:
    websocket: {role: server, listen: "127.0.0.1:0", deflate: true}
routes:
  - {from: substation/1/1-99, to: bridge/station/1-99}
  - {from: substation/1/100-103, to: bridge/station/100-103, commands: true}
  - {from: substation/1/104-110, to: bridge/station/104-110}
`, address))
	bridge, _ := near.Status("bridge")
	far := house(t, fmt.Sprintf(`links:
  bridge:
    websocket: {role: client, connect: "ws://%s/", values: receive, deflate: true}
  control:
    iec104: {role: controlled, listen: "127.0.0.1:0"}
routes:
  - {from: bridge/station/*, to: control/1/*, commands: true}
`, bridge.Address))
	within(t, func() string {
		if n := far.Image().Count("bridge"); n != 110 {
			return fmt.Sprintf("%d points have come", n)
		}
		return ""
	})
	c := connect(t, far)
	if err := c.client.Interrogate(t.Context(), 1, asdu.InterrogateStation); err != nil {
		t.Fatal(err)
	}
	if good, all := c.good(); good != 110 || all != 110 {
		t.Errorf("%d points, %d of them good", all, good)
	}
	for _, test := range []struct {
		ioa  asdu.ObjectAddress
		want string
	}{{102, "terminated"}, {104, "refused"}} {
		a, err := asdu.New(nil, asdu.Header{Type: asdu.C_SC_NA_1, Cause: asdu.Activation, CommonAddress: 1}, asdu.SingleCommand{Address: test.ioa, Value: true})
		if err != nil {
			t.Fatal(err)
		}
		got := "refused"
		activation, err := c.client.Activate(t.Context(), a)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := activation.Confirmed(t.Context()); err == nil {
			got = "confirmed"
			if _, err := activation.Terminated(t.Context()); err == nil {
				got = "terminated"
			}
		}
		if got != test.want {
			t.Errorf("the command to %d is %s, want %s", test.ioa, got, test.want)
		}
	}
	if told := s.told(); told != "C_SC_NA_1 102 select false selected false" {
		t.Errorf("the substation was told %s", told)
	}
	if status, _ := far.Status("bridge"); status.State != link.Connected || status.Received < 2 {
		t.Errorf("%+v", status)
	}
}

// within waits until a condition holds: it says nothing any more.
func within(t *testing.T, lacks func() string) {
	t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for {
		lack := lacks()
		if lack == "" {
			return
		}
		if time.Now().After(deadline) {
			t.Fatal(lack)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// Mistakes are shown with a caret, as those of other links.
func TestWebSocketMistakes(t *testing.T) {
	_, err := app.Registry().Parse("test.yaml", []byte(`links:
  cloud:
    websocket: {role: client, connect: "http://a/"}
  other:
    websocket: {role: client, connect: "ws://a/", rolle: 1}
  feed:
    websocket: {role: server, listen: "127.0.0.1:0", tls: {certificate: /nowhere.pem, key: /nowhere.key}}
  good:
    websocket: {role: server, listen: "127.0.0.1:0"}
points:
  - {id: good/a, type: M_ME_NC_1}
routes:
  - {from: good/a, to: feed/b}
`), func(string) ([]byte, error) { return nil, fs.ErrNotExist })
	problems, ok := err.(*config.Problems) //nolint:errorlint // Parse returns it as it is
	if !ok {
		t.Fatal(err)
	}
	text := problems.Error()
	for _, want := range []string{
		"no URL of a WebSocket", "rolle", "certificate not found", "^", `there is no type "M_ME_NC_1"; there is single, double`,
		"gives no values, so no route can begin there",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
}
