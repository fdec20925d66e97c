package websocket

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"stellwerk/internal/config"
	"stellwerk/internal/link"
	"stellwerk/internal/point"
)

// Protocol is the name of the protocol in configurations and telegrams.
const Protocol = "websocket"

// Roles and directions of values.
const (
	roleClient = "client"
	roleServer = "server"

	valuesSend    = "send"
	valuesReceive = "receive"
	valuesBoth    = "both"
)

// Options are the settings of a link, under the key websocket.
type Options struct {
	Role    string `yaml:"role" enum:"client,server" required:"true" help:"our role in the standard's words: client connects, server waits"`
	Connect string `yaml:"connect" help:"URL of the server, for the client; wss is with TLS" example:"wss://cloud.example/points"`
	Listen  string `yaml:"listen" help:"address to wait on, for the server; without a host it is the loopback" example:"127.0.0.1:8081"`
	Path    string `yaml:"path" help:"path that the server answers to"`

	Values string `yaml:"values" enum:"send,receive,both" help:"send: values go to the peer, and its commands come back; receive: the peer sends values, and commands go to it; both: each is the other's source"`

	Allow   []string `yaml:"allow" help:"addresses and networks that may connect, for the server; without it everybody who can reach the port"`
	Origins []string `yaml:"origins" help:"pages that may connect, for the server, such as https://plant.example; without it those that an address or localhost itself has served"`
	Peers   int      `yaml:"peers" range:"1..1000" help:"connections at the same time, for a server that sends; one that receives has one"`

	Header map[string]string `yaml:"header" help:"further headers of the request, for the client"`

	Deflate    bool          `yaml:"deflate" help:"compress messages (RFC 7692), if the peer agrees"`
	MaxMessage int           `yaml:"max_message" range:"1024..67108864" help:"octets of a message that is taken"`
	Batch      int           `yaml:"batch" range:"1..5000" help:"points in a message that is sent"`
	Ping       time.Duration `yaml:"ping" range:"1s..1h" help:"silence after which the peer is asked for a sign of life; after twice that the connection is given up"`
	Answer     time.Duration `yaml:"answer" range:"1s..10m" help:"how long the peer may be silent about a command, or about changes that it is to confirm"`

	TLS *TLS `yaml:"tls" help:"encryption beyond what wss alone is: needed by a server that is to have any"`
	JWT *JWT `yaml:"jwt" help:"a token (RFC 7519): the client shows it, the server wants it"`
}

// NewProtocol returns the protocol for the registry of configurations.
func NewProtocol() config.Protocol {
	return config.Protocol{
		Name: Protocol,
		Help: "points as JSON over WebSocket, see websocket-link.md",
		New:  func() config.Options { return DefaultOptions() },
	}
}

// DefaultOptions returns the defaults, and no role.
func DefaultOptions() *Options {
	return &Options{
		Path: "/", Values: valuesSend, Peers: 16, MaxMessage: 1 << 20, Batch: 500,
		Ping: 20 * time.Second, Answer: 30 * time.Second,
	}
}

// Check reports what is wrong with the options as a whole.
func (o *Options) Check(report func(key, text string)) {
	switch o.Role {
	case roleClient:
		o.checkClient(report)
	case roleServer:
		o.checkServer(report)
	default:
		return
	}
	if o.TLS != nil {
		o.TLS.check(o.Role, func(key, text string) { report("tls"+key, text) })
	}
	if o.JWT != nil {
		o.JWT.check(o.Role, func(key, text string) { report("jwt"+key, text) })
	}
}

func (o *Options) checkClient(report func(key, text string)) {
	for _, other := range []struct {
		key string
		set bool
	}{{"listen", o.Listen != ""}, {"allow", len(o.Allow) > 0}, {"origins", len(o.Origins) > 0}, {"path", o.Path != DefaultOptions().Path}} {
		if other.set {
			report(other.key, fmt.Sprintf("a client connects, so %s is not for it; remove %s", other.key, other.key))
		}
	}
	if o.Connect == "" {
		report("", "a client needs connect, such as connect: ws://127.0.0.1:8081/")
		return
	}
	u, err := url.Parse(o.Connect)
	if err != nil || u.Scheme != "ws" && u.Scheme != "wss" || u.Hostname() == "" || u.Fragment != "" {
		report("connect", fmt.Sprintf("%q is no URL of a WebSocket; write ws://HOST:PORT/PATH, or wss:// for TLS", o.Connect))
		return
	}
	if o.TLS != nil && u.Scheme == "ws" {
		report("connect", "with tls the URL must begin with wss://")
	}
	for name, value := range o.Header {
		if http.CanonicalHeaderKey(name) == "Host" || strings.ContainsAny(name+value, "\r\n\x00: ") && strings.ContainsAny(name, "\r\n\x00: ") || strings.ContainsAny(value, "\r\n\x00") {
			report("header", fmt.Sprintf("%q is no header that can be sent", name))
		}
	}
}

func (o *Options) checkServer(report func(key, text string)) {
	if o.Connect != "" {
		report("connect", "a server has listen, not connect")
	}
	if len(o.Header) > 0 {
		report("header", "only a client sends a request; remove header")
	}
	if !strings.HasPrefix(o.Path, "/") {
		report("path", fmt.Sprintf("%q does not begin with a slash", o.Path))
	}
	if _, err := link.ParseAllowList(o.Allow); err != nil {
		report("allow", err.Error())
	}
	for _, origin := range o.Origins {
		if u, err := url.Parse(origin); err != nil || u.Host == "" || u.Scheme == "" || u.Path != "" {
			report("origins", fmt.Sprintf("%q is no origin; write it like https://plant.example or http://10.0.0.1:8080", origin))
		}
	}
	if o.Listen == "" {
		report("", "a server needs listen, such as listen: 127.0.0.1:8081")
		return
	}
	_, port, err := net.SplitHostPort(o.Listen)
	if _, numeric := strconv.ParseUint(port, 10, 16); err != nil || numeric != nil {
		report("listen", fmt.Sprintf("%q is no address with a port; write HOST:PORT, such as 127.0.0.1:8081", o.Listen))
	}
}

// peers returns how many connections there may be at the same time: a link whose
// values come in has one, so that it is plain whose loss makes them not topical.
func (o *Options) peers() int {
	if gives, _ := o.Direction(); gives || o.Role == roleClient {
		return 1
	}
	return o.Peers
}

// Direction says which way values go.
func (o *Options) Direction() (gives, takes bool) {
	return o.Values == valuesReceive || o.Values == valuesBoth, o.Values == valuesSend || o.Values == valuesBoth
}

// CheckAddress says what is wrong with the address of a point: it is any text that
// can be printed, by which both sides know the point.
func (o *Options) CheckAddress(address string) error {
	_, err := point.ParseID("x/" + address)
	return err
}

// CheckTelegram refuses: nothing travels untouched here.
func (o *Options) CheckTelegram(string) error {
	return errors.New("a link over websocket carries points alone: untouched telegrams cannot take it")
}

// Shape says what the values of a type look like.
func (o *Options) Shape(typ string) (point.Shape, error) {
	kind, ok := kindOf(typ)
	if !ok {
		return point.Shape{}, fmt.Errorf("there is no type %q; there is %s", typ, strings.Join(typeNames(), ", "))
	}
	return point.Shape{Kind: kind}, nil
}
