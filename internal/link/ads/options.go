package ads

import (
	"errors"
	"fmt"
	"net"
	"regexp"
	"strconv"
	"strings"
	"time"

	proto "stellwerk/ads"
	"stellwerk/ads/ams"
	"stellwerk/internal/config"
	"stellwerk/internal/link"
	"stellwerk/internal/point"
)

// Protocol is the name of the protocol in configurations and telegrams.
const Protocol = "ads"

// Roles, and how a client learns of changes.
const (
	roleClient = "client"
	roleDevice = "device"

	updateNotifications = "notifications"
	updatePoll          = "poll"
)

// Options are the settings of a link, under the key ads.
type Options struct {
	Role string `yaml:"role" enum:"client,device" required:"true" help:"client: a PLC's symbols are points; device: points are symbols of a device that HMIs and PLCs read"`

	Connect string `yaml:"connect" help:"address of the PLC or of an AMS router, for the client; the port is 48898, or 8016 with tls, unless one is named" example:"192.0.2.20"`
	Listen  string `yaml:"listen" help:"address to wait on, for the device; without a host it is the loopback" example:"127.0.0.1:48898"`

	NetID  string `yaml:"net_id" help:"AMS NetId: of the PLC for the client, the own one for the device" example:"192.0.2.20.1.1"`
	Port   uint16 `yaml:"port" range:"1..65535" help:"AMS port, of the PLC or the own one"`
	Source string `yaml:"source" help:"own AMS address, for the client; without it the IP address followed by .1.1 and a port for clients" example:"192.0.2.5.1.1:32900"`
	Router bool   `yaml:"router" help:"connect is the AMS router of this machine: ask it for an own AMS address"`

	Update  string        `yaml:"update" enum:"notifications,poll" help:"how the client learns of changes: the PLC tells of them, or all symbols are read each cycle"`
	Cycle   time.Duration `yaml:"cycle" range:"1ms..5m" help:"how often the PLC looks for changes, or how often symbols are read"`
	Delay   time.Duration `yaml:"delay" range:"0..5m" help:"how long the PLC may gather changes before it tells of them"`
	Timeout time.Duration `yaml:"timeout" range:"100ms..5m" help:"how long the PLC may take for an answer"`
	Window  int           `yaml:"window" range:"1..4096" help:"how many requests may be under way at once; 1 for devices that answer one at a time"`

	TLS *TLS `yaml:"tls" help:"secure ADS, in the place of ADS in plain text; its port is 8016 as a rule"`

	Device string   `yaml:"device" help:"name of the device, up to 16 octets"`
	Allow  []string `yaml:"allow" help:"addresses and networks that may connect, for the device; without it everybody who can reach the port"`
	Peers  int      `yaml:"peers" range:"1..10000" help:"connections at the same time, for the device"`
}

// NewProtocol returns the protocol for the registry of configurations.
func NewProtocol() config.Protocol {
	return config.Protocol{
		Name: Protocol,
		Help: "symbols of PLCs over Beckhoff ADS, see ads-link.md",
		New:  func() config.Options { return DefaultOptions() },
	}
}

// DefaultOptions returns the defaults, and no role.
func DefaultOptions() *Options {
	return &Options{
		Port: uint16(ams.PortTC3PLC1), Update: updateNotifications, Cycle: 100 * time.Millisecond, Timeout: 5 * time.Second, Window: proto.DefaultWindow,
		Device: "Stellwerk", Peers: 64,
	}
}

// Check reports what is wrong with the options as a whole.
func (o *Options) Check(report func(key, text string)) {
	switch o.Role {
	case roleClient:
		o.checkClient(report)
	case roleDevice:
		o.checkDevice(report)
	default:
		return
	}
	if o.NetID != "" {
		if _, err := ams.ParseNetID(o.NetID); err != nil {
			report("net_id", err.Error())
		}
	}
	if o.TLS != nil {
		o.TLS.check(o.Role, func(key, text string) { report("tls"+key, text) })
	}
}

// foreign reports keys that belong to the other role.
func foreign(report func(key, text string), role string, keys map[string]bool) {
	for key, set := range keys {
		if set {
			report(key, fmt.Sprintf("%s is not for a %s; remove it", key, role))
		}
	}
}

func (o *Options) checkClient(report func(key, text string)) {
	d := DefaultOptions()
	foreign(report, "client", map[string]bool{
		"listen": o.Listen != "", "device": o.Device != d.Device, "allow": len(o.Allow) > 0, "peers": o.Peers != d.Peers,
	})
	if o.Connect == "" {
		report("", "a client needs connect, such as connect: 192.0.2.20")
	} else if _, _, err := net.SplitHostPort(o.address()); err != nil {
		report("connect", fmt.Sprintf("%q is no address; write HOST or HOST:PORT", o.Connect))
	}
	if o.Source != "" {
		if _, err := ams.ParseAddress(o.Source); err != nil {
			report("source", err.Error())
		}
		if o.Router {
			report("source", "a router gives the address; remove source or router")
		}
	}
	if o.Router && o.TLS != nil {
		report("tls", "programs reach the AMS router of their machine in plain text; remove tls or router")
	}
	if o.Router && o.NetID == "" {
		report("net_id", "through a router the PLC must be named, such as net_id: 5.23.145.10.1.1")
	}
	if o.Update == updatePoll && o.Delay != 0 {
		report("delay", "delay is for notifications; remove it, or set update: notifications")
	}
}

func (o *Options) checkDevice(report func(key, text string)) {
	d := DefaultOptions()
	foreign(report, "device", map[string]bool{
		"connect": o.Connect != "", "source": o.Source != "", "router": o.Router, "update": o.Update != d.Update,
		"cycle": o.Cycle != d.Cycle, "delay": o.Delay != d.Delay, "timeout": o.Timeout != d.Timeout,
		"window": o.Window != d.Window,
	})
	if len(o.Device) > 16 || o.Device == "" {
		report("device", fmt.Sprintf("the name %q has %d octets; it must have 1 to 16", o.Device, len(o.Device)))
	}
	if _, err := link.ParseAllowList(o.Allow); err != nil {
		report("allow", err.Error())
	}
	if o.Listen == "" {
		report("", "a device needs listen, such as listen: 127.0.0.1:"+o.usualPort())
		return
	}
	_, port, err := net.SplitHostPort(o.Listen)
	if _, numeric := strconv.ParseUint(port, 10, 16); err != nil || numeric != nil {
		report("listen", fmt.Sprintf("%q is no address with a port; write HOST:PORT, such as 127.0.0.1:%s", o.Listen, o.usualPort()))
	}
}

// address is what a client connects to.
func (o *Options) address() string {
	if _, _, err := net.SplitHostPort(o.Connect); err == nil {
		return o.Connect
	}
	return net.JoinHostPort(strings.Trim(o.Connect, "[]"), o.usualPort())
}

// usualPort is the TCP port of ADS, plain or secure.
func (o *Options) usualPort() string {
	if o.TLS != nil {
		return strconv.Itoa(ams.SecurePort)
	}
	return strconv.Itoa(ams.TCPPort)
}

// framing is how frames follow each other.
func (o *Options) framing() ams.Framing {
	if o.TLS != nil {
		return ams.Bare
	}
	return ams.OverTCP
}

// Direction says which way values go.
func (o *Options) Direction() (gives, takes bool) { return o.Role == roleClient, o.Role == roleDevice }

// Symbols are named by identifiers with dots between them. Those of PLCs can have
// indices of arrays as well.
var (
	deviceName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*$`)
	clientName = regexp.MustCompile(`^\.?[^\s\[\].*,]+(\[-?\d+(,-?\d+)*\]|\^|\.[^\s\[\].*,]+)*$`)
)

// CheckAddress says what is wrong with the address of a point, which is the name
// of a symbol.
func (o *Options) CheckAddress(address string) error {
	switch {
	case o.Role == roleDevice && !deviceName.MatchString(address):
		return fmt.Errorf("%q cannot be the name of a symbol; names are letters, digits and _ with dots between them, such as Bay1.fVoltage", address)
	case o.Role == roleDevice && sibling(address):
		return fmt.Errorf("%q ends like the symbols for quality and time, %s and %s; choose another name", address, suffixQuality, suffixTime)
	case !clientName.MatchString(address):
		return fmt.Errorf("%q is not the name of a symbol, such as MAIN.aAxis[2].fPosition", address)
	}
	return nil
}

// CheckTelegram refuses: nothing travels untouched here.
func (o *Options) CheckTelegram(string) error {
	return errors.New("a link over ads carries symbols alone: untouched telegrams cannot take it")
}

// Shape says what the values of a type look like.
func (o *Options) Shape(typ string) (point.Shape, error) {
	t, ok := typeNamed(typ)
	if !ok {
		return point.Shape{}, fmt.Errorf("there is no type %q; there is %s", typ, strings.Join(typeNames(), ", "))
	}
	return t.shape, nil
}
