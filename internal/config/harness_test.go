package config_test

import (
	"errors"
	"fmt"
	"io/fs"
	"math"
	"strconv"
	"strings"
	"testing"
	"time"

	"stellwerk/internal/config"
	"stellwerk/internal/point"
)

// stationOptions stand in for those of a real protocol.
type stationOptions struct {
	Role    string         `yaml:"role" enum:"controlling,controlled" required:"true" help:"our role in the standard's words"`
	Connect string         `yaml:"connect" help:"address of the station" example:"10.0.0.1:2404"`
	Listen  string         `yaml:"listen" help:"address to wait on"`
	T0      time.Duration  `yaml:"t0" range:"1s..255s" help:"time for the connection to be established"`
	T1      time.Duration  `yaml:"t1" range:"1s..255s" help:"time for an acknowledgement"`
	T2      time.Duration  `yaml:"t2" range:"1s..255s" help:"time until we acknowledge"`
	T3      time.Duration  `yaml:"t3" range:"1s..48h" help:"time without traffic until a test frame"`
	K       int            `yaml:"k" range:"1..32767" help:"I frames sent and not acknowledged"`
	W       uint16         `yaml:"w" range:"1..32767" help:"I frames received and acknowledged at the latest"`
	Peers   []string       `yaml:"peers" help:"addresses that may connect"`
	TLS     *tlsOptions    `yaml:"tls" help:"encryption; without it there is none"`
	Labels  map[string]int `yaml:"labels" help:"numbers by name"`
	Rate    float64        `yaml:"rate" range:"0.5..2" help:"a factor"`
}

type tlsOptions struct {
	Certificate string `yaml:"certificate" required:"true" help:"file with the certificate"`
	Verify      bool   `yaml:"verify" help:"check the other side"`
}

func newStation() config.Options {
	return &stationOptions{
		T0: 30 * time.Second, T1: 15 * time.Second, T2: 10 * time.Second, T3: 20 * time.Second, K: 12, W: 8, Rate: 1,
	}
}

func (o *stationOptions) Check(report func(key, text string)) {
	if o.T2 >= o.T1 {
		report("t2", "t2 must be shorter than t1")
	}
	if o.Role == "controlling" && o.Connect == "" {
		report("", "a controlling station needs connect, the address of the station")
	}
	if o.TLS != nil && o.TLS.Certificate == "none" {
		report("tls.certificate", "there is no such certificate")
	}
}

func (o *stationOptions) Direction() (gives, takes bool) {
	return o.Role == "controlling", o.Role == "controlled"
}

func (o *stationOptions) CheckAddress(address string) error {
	common, object, found := strings.Cut(address, "/")
	if !found {
		return errors.New("write COMMON ADDRESS/OBJECT ADDRESS, such as 1/4001")
	}
	if n, err := strconv.ParseUint(object, 10, 24); err != nil || strconv.FormatUint(n, 10) != object {
		return fmt.Errorf("object address %q is not within 0 to 16777215", object)
	}
	return o.CheckTelegram(common)
}

func (o *stationOptions) CheckTelegram(address string) error {
	if n, err := strconv.ParseUint(address, 10, 16); err != nil || n == 0 {
		return fmt.Errorf("common address %q is not within 1 to 65534", address)
	}
	return nil
}

func (o *stationOptions) Shape(typ string) (point.Shape, error) {
	shapes := map[string]point.Shape{
		"SP": {Kind: point.Single}, "SC": {Kind: point.Single}, "DP": {Kind: point.Double}, "DC": {Kind: point.Double},
		"ST": {Kind: point.Step}, "IT": {Kind: point.Counter},
		"ME": {Kind: point.Number, Min: -math.MaxFloat32, Max: math.MaxFloat32}, "SE": {Kind: point.Number},
	}
	if parts := strings.Split(typ, "_"); len(parts) == 4 {
		if shape, known := shapes[parts[1]]; known {
			return shape, nil
		}
	}
	return point.Shape{}, fmt.Errorf("there is no type %q", typ)
}

func registry() *config.Registry {
	return config.NewRegistry(
		config.Protocol{Name: "iec104", Help: "IEC 60870-5-104", New: newStation},
		config.Protocol{Name: "ads", Help: "Beckhoff ADS", New: newStation},
	)
}

// head are two links for tests that are about something else.
const head = `links:
  substation:
    iec104: {role: controlling, connect: "127.0.0.1:2404"}
  control:
    iec104: {role: controlled}
`

// parse reads a configuration whose signal lists are in memory.
func parse(text string, lists map[string]string) (*config.Config, error) {
	return registry().Parse("router.yaml", []byte(text), func(name string) ([]byte, error) {
		list, known := lists[name]
		if !known {
			return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
		}
		return []byte(list), nil
	})
}

// read is parse for configurations that are right.
func read(t *testing.T, text string, lists map[string]string) *config.Config {
	t.Helper()
	c, err := parse(text, lists)
	if err != nil {
		t.Fatal(err)
	}
	return c
}
