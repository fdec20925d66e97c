package iec104

import (
	"fmt"
	"net"
	"time"

	proto "stellwerk/iec104"
	"stellwerk/iec104/asdu"
	"stellwerk/internal/config"
	"stellwerk/internal/link"
	"stellwerk/internal/point"
)

// Protocol is the name of the protocol in configurations and telegrams.
const Protocol = "iec104"

// Options are the settings of a link, under the key iec104.
type Options struct {
	Role    string `yaml:"role" enum:"controlling,controlled" required:"true" help:"our role in the standard's words: controlling connects to a station, controlled waits for a control centre"`
	Connect string `yaml:"connect" help:"address of the station, for the controlling role" example:"192.0.2.10:2404"`
	Listen  string `yaml:"listen" help:"address to wait on, for the controlled role; without a host it is the loopback" example:"127.0.0.1:2404"`

	Allow []string `yaml:"allow" help:"addresses and networks that may connect, for the controlled role; without it everybody who can reach the port"`

	Stations []int `yaml:"stations" help:"common addresses that the link answers for, for the controlled role; needed where a route leaves them open with a star"`

	Overflow string `yaml:"overflow" help:"address of a single point, for the controlled role: on when updates for the control centre were let go because the queue was full, until all that waits has been delivered" example:"1/9000"`

	T0 time.Duration `yaml:"t0" range:"1s..255s" help:"time for the connection to be established"`
	T1 time.Duration `yaml:"t1" range:"1s..255s" help:"time for an acknowledgement"`
	T2 time.Duration `yaml:"t2" range:"1s..255s" help:"time until we acknowledge, shorter than t1"`
	T3 time.Duration `yaml:"t3" range:"1s..48h" help:"time without traffic until a test frame"`
	K  int           `yaml:"k" range:"1..32767" help:"I frames sent and not acknowledged"`
	W  int           `yaml:"w" range:"1..32767" help:"I frames received and acknowledged at the latest"`

	CauseOctets         int `yaml:"cause_octets" range:"1..2" help:"length of the cause of transmission"`
	CommonAddressOctets int `yaml:"common_address_octets" range:"1..2" help:"length of the common address"`
	ObjectAddressOctets int `yaml:"object_address_octets" range:"1..3" help:"length of the information object address"`

	Originator uint8  `yaml:"originator" range:"0..255" help:"originator address of our requests, for the controlling role; 0 means none"`
	Zone       string `yaml:"zone" help:"time zone of the clocks at the far end" example:"Europe/Berlin"`

	SummerUnmarked bool `yaml:"summer_unmarked" help:"the clocks at the far end follow the summer time of their zone without the SU bit: times are read and sent without it"`

	Interrogate bool          `yaml:"interrogate" help:"interrogate the stations after each start of data transfer, for the controlling role"`
	SetClock    bool          `yaml:"set_clock" help:"set the clocks of the stations after each start of data transfer, for the controlling role"`
	Answer      time.Duration `yaml:"answer" range:"1s..10m" help:"how long the station may be silent about a command or an interrogation"`
}

// NewProtocol returns the protocol for the registry of configurations.
func NewProtocol() config.Protocol {
	return config.Protocol{
		Name: Protocol,
		Help: "IEC 60870-5-104 over TCP",
		New:  func() config.Options { return DefaultOptions() },
	}
}

// DefaultOptions returns the defaults: those of the standard, and no role.
func DefaultOptions() *Options {
	return &Options{
		T0: 30 * time.Second, T1: 15 * time.Second, T2: 10 * time.Second, T3: 20 * time.Second, K: 12, W: 8,
		CauseOctets: 2, CommonAddressOctets: 2, ObjectAddressOctets: 3,
		Zone: "UTC", Interrogate: true, Answer: 30 * time.Second,
	}
}

// Check reports what is wrong with the options as a whole.
func (o *Options) Check(report func(key, text string)) {
	switch o.Role {
	case "controlling":
		o.checkEnd(report, "connect", o.Connect, "listen", o.Listen)
		if len(o.Allow) > 0 {
			report("allow", "only a controlled link is connected to; remove allow")
		}
		if len(o.Stations) > 0 {
			report("stations", "only a controlled link answers for stations; remove stations")
		}
		if o.Overflow != "" {
			report("overflow", "only a controlled link has a queue that can overflow; remove overflow")
		}
	case "controlled":
		o.checkEnd(report, "listen", o.Listen, "connect", o.Connect)
	}
	if _, err := o.parameters().Check(); err != nil {
		report("", err.Error())
	}
	if location, err := time.LoadLocation(o.Zone); err != nil {
		report("zone", fmt.Sprintf("there is no time zone %q; write a name such as Europe/Berlin", o.Zone))
	} else if o.SummerUnmarked && !hasSummerTime(location) {
		report("summer_unmarked", fmt.Sprintf("there is no summer time in the zone %s; name that of the clocks in zone, or remove summer_unmarked", o.Zone))
	}
	if _, err := link.ParseAllowList(o.Allow); err != nil {
		report("allow", err.Error())
	}
	if o.Overflow != "" {
		if err := o.CheckAddress(o.Overflow); err != nil {
			report("overflow", err.Error())
		}
	}
	for _, station := range o.Stations {
		if highest := int(o.Params().Broadcast()) - 1; station < 1 || station > highest {
			report("stations", fmt.Sprintf("%d is no common address: they go from 1 to %d", station, highest))
		}
	}
}

// checkEnd checks the address of our role, and that the other one is not there.
func (o *Options) checkEnd(report func(key, text string), key, address, otherKey, other string) {
	if other != "" {
		report(otherKey, fmt.Sprintf("a %s link has %s, not %s", o.Role, key, otherKey))
	}
	if address == "" {
		report("", fmt.Sprintf("a %s link needs %s, such as %s: 127.0.0.1:2404", o.Role, key, key))
		return
	}
	_, text, err := net.SplitHostPort(address)
	if port, ok := parseNumber(text, 65535); err != nil || !ok || port == 0 && key == "connect" {
		report(key, fmt.Sprintf("%q is no address with a port; write HOST:PORT, such as 127.0.0.1:2404", address))
	}
}

func (o *Options) parameters() proto.Parameters {
	return proto.Parameters{T0: o.T0, T1: o.T1, T2: o.T2, T3: o.T3, K: o.K, W: o.W}
}

// Params returns the field lengths of the ASDUs of the link.
func (o *Options) Params() *asdu.Params {
	return &asdu.Params{
		CauseOctets:         o.CauseOctets,
		CommonAddressOctets: o.CommonAddressOctets,
		ObjectAddressOctets: o.ObjectAddressOctets,
	}
}

// zone says how the clocks at the far end are read and set.
func (o *Options) zone() proto.TimeZone {
	location, err := time.LoadLocation(o.Zone)
	if err != nil {
		location = time.UTC // Check has found that it exists
	}
	return proto.TimeZone{Location: location, SummerUnmarked: o.SummerUnmarked}
}

// hasSummerTime reports whether the clocks of a zone are changed this year.
func hasSummerTime(location *time.Location) bool {
	year := time.Now().Year()
	for month := time.January; month <= time.December; month++ {
		if time.Date(year, month, 15, 12, 0, 0, 0, location).IsDST() {
			return true
		}
	}
	return false
}

// Direction says that a controlling link gives values and a controlled one takes
// them.
func (o *Options) Direction() (gives, takes bool) {
	return o.Role == "controlling", o.Role == "controlled"
}

// CheckAddress says what is wrong with COMMON ADDRESS/OBJECT ADDRESS.
func (o *Options) CheckAddress(address string) error {
	_, err := parseAddress(o.Params(), address)
	return err
}

// CheckTelegram says what is wrong with a common address.
func (o *Options) CheckTelegram(address string) error {
	_, err := parseCommonAddress(o.Params(), address)
	return err
}

// Shape says what the values of a type look like.
func (o *Options) Shape(typ string) (point.Shape, error) { return shapeOf(typ) }
