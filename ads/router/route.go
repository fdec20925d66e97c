package router

import (
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"

	"stellwerk/ads/ams"
)

// Route is the way to a machine. Routes with the same address and the same
// security share one connection, so that further NetIds of a machine, such as
// those of its EtherCAT masters, need routes of their own but no more than that.
type Route struct {
	// Name is for people; it is unique.
	Name string `json:"name"`
	// NetID is that of the machine; it is unique.
	NetID ams.NetID `json:"net_id"`
	// Address is a host name or an IP address, with a port where it is not the
	// usual one. Without an address the machine is heard, but never called.
	Address string `json:"address,omitempty"`
	// Secure names how the connection is made secure. It means something to
	// [Options.Secure] alone; empty is AMS/TCP without TLS.
	Secure string `json:"secure,omitempty"`
	// Temporary routes are not kept, see [Options.Changed].
	Temporary bool `json:"temporary,omitempty"`
}

// ParseRoute reads NAME=NETID@HOST, as in press=5.23.145.10.1.1@192.168.0.5; the
// host may have a port behind a colon. A name that is left out is the host.
func ParseRoute(s string) (Route, error) {
	head, host, found := strings.Cut(s, "@")
	if !found || host == "" {
		return Route{}, fmt.Errorf("the route %q has no host; write it as NAME=NETID@HOST, such as press=5.23.145.10.1.1@192.168.0.5", s)
	}
	name, id, named := strings.Cut(head, "=")
	if !named {
		name, id = host, head
	}
	netID, err := ams.ParseNetID(id)
	if err != nil {
		return Route{}, fmt.Errorf("the route %q: %w", s, err)
	}
	route := Route{Name: name, NetID: netID, Address: host}
	return route, route.check()
}

// String returns the form that [ParseRoute] reads.
func (r Route) String() string { return r.Name + "=" + r.NetID.String() + "@" + r.Address }

// maxText is how long names and addresses may be.
const maxText = 255

func (r Route) check() error {
	switch {
	case r.Name == "":
		return errors.New("the route has no name")
	case len(r.Name) > maxText || len(r.Address) > maxText:
		return fmt.Errorf("name and address of a route have at most %d octets", maxText)
	case strings.ContainsAny(r.Name+r.Address, "\x00\r\n"):
		return fmt.Errorf("the route %q has a control character in its name or its address", r.Name)
	case r.NetID.IsZero():
		return fmt.Errorf("the route %q has no NetId", r.Name)
	case r.NetID == ams.LocalNetID:
		return fmt.Errorf("the route %q leads to 127.0.0.1.1.1, which is this machine on every machine", r.Name)
	}
	if r.Address == "" {
		return nil
	}
	_, err := r.endpoint()
	return err
}

// endpoint returns the address with its port.
func (r Route) endpoint() (string, error) {
	port := ams.TCPPort
	if r.Secure != "" {
		port = ams.SecurePort
	}
	return Endpoint(r.Address, port)
}

// Endpoint returns an address with its TCP or UDP port: the one that it has, or
// else port. It says what is no host.
func Endpoint(address string, port int) (string, error) {
	host, given, err := net.SplitHostPort(address)
	if err != nil {
		// A bare host, or a bare IPv6 address.
		host, given = strings.Trim(address, "[]"), strconv.Itoa(port)
	}
	number, err := strconv.ParseUint(given, 10, 16)
	if err != nil || number == 0 {
		return "", fmt.Errorf("%q is no TCP or UDP port in %q", given, address)
	}
	if host == "" || strings.ContainsAny(host, " /@=") || strings.Contains(host, ":") && net.ParseIP(strings.Split(host, "%")[0]) == nil {
		return "", fmt.Errorf("%q is no host", address)
	}
	return net.JoinHostPort(host, given), nil
}

// host returns the address without a port.
func (r Route) host() string {
	endpoint, err := r.endpoint()
	if err != nil {
		return ""
	}
	host, _, _ := net.SplitHostPort(endpoint) // it was joined
	return host
}
