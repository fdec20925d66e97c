package config_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"stellwerk/internal/config"
	"stellwerk/internal/point"
)

const example = "../../docs/examples/router.yaml"

func TestExample(t *testing.T) {
	c, err := registry().Read(example)
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Links) != 2 || c.Links[0].Name != "substation" || c.Links[1].Protocol != "iec104" {
		t.Errorf("links: %+v", c.Links)
	}
	control, known := c.Link("control")
	if !known || control.Queue.Options().Limit != 50000 || control.Queue.Options().Full != point.FullWait {
		t.Errorf("control: %+v", control)
	}
	if len(c.Points) != 12 || len(c.Routes) != 15 {
		t.Errorf("%d points and %d routes", len(c.Points), len(c.Routes))
	}
	power, known := c.Point(point.ID{Link: "substation", Address: "1/201"})
	if !known || power.Unit != "W" || power.Scale != 0.001 || power.Deadband != 0.5 || power.ToType != "M_ME_NC_1" || power.Shape.Kind != point.Number {
		t.Errorf("power: %+v", power)
	}
	var commands []string
	for _, route := range c.Routes {
		if route.Commands {
			commands = append(commands, route.To.String())
		}
	}
	if strings.Join(commands, " ") != "control/1/1101 control/1/1201" {
		t.Errorf("commands are allowed on %v", commands)
	}
	if c.Web == nil || c.Web.Listen != "127.0.0.1:8080" {
		t.Errorf("web: %+v", c.Web)
	}
}

func TestOptions(t *testing.T) {
	c := read(t, `links:
  a:
    iec104: &station
      role: controlling
      connect: "10.0.0.1:2404"
      t1: 1m30s
      k: 0x10
      rate: 1.5
      peers: [10.0.0.2, 10.0.0.3]
      tls: {certificate: station.pem, verify: true}
      labels: {one: 1, two: 2}
  b:
    iec104:
      <<: *station
      connect: 10.0.0.9:2404
      peers: 10.0.0.4
      t2:
  c:
    iec104: {role: controlled}
    queue: {limit: 10, full: drop-oldest, replace_timed: true, file: waiting/c.db, octets: 65536}
`, nil)
	common := stationOptions{
		Role: "controlling", Connect: "10.0.0.1:2404", T0: 30 * time.Second, T1: 90 * time.Second, T2: 10 * time.Second,
		T3: 20 * time.Second, K: 16, W: 8, Rate: 1.5, Peers: []string{"10.0.0.2", "10.0.0.3"},
		TLS: &tlsOptions{Certificate: "station.pem", Verify: true}, Labels: map[string]int{"one": 1, "two": 2},
	}
	if diff := cmp.Diff(&common, c.Links[0].Options); diff != "" {
		t.Errorf("a (-want +got):\n%s", diff)
	}
	merged := common
	merged.Connect, merged.Peers = "10.0.0.9:2404", []string{"10.0.0.4"}
	if diff := cmp.Diff(&merged, c.Links[1].Options); diff != "" {
		t.Errorf("b (-want +got):\n%s", diff)
	}
	if got := c.Links[2].Queue.Options(); got.Limit != 10 || got.Full != point.FullDropOldest || !got.ReplaceTimed {
		t.Errorf("queue of c: %+v", got)
	}
	if got := c.Links[2].Queue; filepath.ToSlash(got.File) != "waiting/c.db" || got.Octets != 65536 {
		t.Errorf("queue of c: %+v", got)
	}
	elsewhere, err := registry().Parse("/etc/stellwerk/router.yaml", []byte("links: {c: {iec104: {role: controlled}, queue: {file: c.db}}}"), nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := elsewhere.Links[0].Queue; filepath.ToSlash(got.File) != "/etc/stellwerk/c.db" || got.Octets != 1<<30 {
		t.Errorf("queue of c: %+v", got)
	}
	if c.Web != nil {
		t.Error("there is a page that nobody asked for")
	}
}

func TestFields(t *testing.T) {
	options := newStation()
	fields := map[string]config.Field{}
	for field := range config.Fields(options) {
		fields[field.Key] = field
	}
	for key, want := range map[string]string{
		"role": "controlling|controlled", "t1": "duration", "k": "integer", "connect": "string", "rate": "number",
	} {
		if fields[key].Kind != want {
			t.Errorf("%s is a %q, want %q", key, fields[key].Kind, want)
		}
	}
	if _, listed := fields["peers"]; listed {
		t.Error("a list passes for a scalar")
	}
	if f := fields["t1"]; f.Default != "15s" || f.Range != "1s..255s" || f.Required || !fields["role"].Required {
		t.Errorf("t1: %+v", f)
	}
	if err := fields["t1"].Set("20s"); err != nil || options.(*stationOptions).T1 != 20*time.Second {
		t.Errorf("t1 is not set: %v", err)
	}
	if err := fields["k"].Set("0"); err == nil || err.Error() != "0 is not within 1 to 32767" {
		t.Errorf("k takes 0: %v", err)
	}
}

func TestReadWithoutFile(t *testing.T) {
	if _, err := registry().Read(t.TempDir() + "/none.yaml"); !os.IsNotExist(err) {
		t.Error(err)
	}
}

// The routes of rows come behind those of the key routes, in their order, and
// know the type of a target that is listed.
func TestRoutes(t *testing.T) {
	c := read(t, head+`
points:
  - {id: substation/1/1, type: M_SP_TB_1, to: control/1/1 control/1/2, invert: true, commands: true}
  - {id: control/1/1, type: M_SP_NA_1}
  - {id: substation/1/2, to: [control/1/3], to_type: M_ME_NC_1, scale: 0.5, offset: -1, deadband: 2, time: reception, test: true}
routes:
  - {from: substation/1/5, to: control/1/5, type: M_DP_NA_1}
  - {from: substation/1/100-109, to: control/1/200-209}
  - {from: substation/1, to: control/1}
`, nil)
	type short struct {
		From, To, Type string
		Kind           point.Kind
		config.Handling
	}
	var got []short
	for _, r := range c.Routes {
		got = append(got, short{r.From.String(), r.To.String(), r.Type, r.Shape.Kind, r.Handling})
	}
	plain := config.Handling{Scale: 1, Time: config.TimeSource}
	command := config.Handling{Scale: 1, Time: config.TimeSource, Invert: true, Commands: true}
	want := []short{
		{"substation/1/5", "control/1/5", "M_DP_NA_1", point.Double, plain},
		{"substation/1/100-109", "control/1/200-209", "", point.None, plain},
		{"substation/1", "control/1", "", point.None, plain},
		{"substation/1/1", "control/1/1", "M_SP_NA_1", point.Single, command},
		{"substation/1/1", "control/1/2", "", point.None, command},
		{"substation/1/2", "control/1/3", "M_ME_NC_1", point.Number, config.Handling{Scale: 0.5, Offset: -1, Deadband: 2, Time: config.TimeReception, Test: true}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("routes (-want +got):\n%s", diff)
	}
}
