package tf6770

import (
	"cmp"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
)

// address returns the URL to connect to. What is wrong with the host is
// [SocketConnectionInvalid], with the rest [RequestInternalError].
func (in *Inputs) address() (*url.URL, error) {
	u, err := parseURI(in.URI)
	if err != nil {
		return nil, &Error{RequestInternalError, fmt.Errorf("the URI %q cannot be used: %w", in.URI, err)}
	}
	named, port := u.Scheme != "", u.Port()
	if in.HostName != "" {
		host, err := parseHost(in.HostName)
		if err != nil {
			return nil, &Error{SocketConnectionInvalid, fmt.Errorf("the host %q cannot be used: %w", in.HostName, err)}
		}
		u.Host = host.Host
		port, u.User = cmp.Or(host.Port(), port), cmp.Or(host.User, u.User)
		if host.Scheme != "" {
			u.Scheme, named = host.Scheme, true
		}
		if in.URI == "" {
			u.Path, u.RawPath, u.RawQuery = host.Path, host.RawPath, host.RawQuery
		}
	}
	name := u.Hostname()
	switch {
	case in.HostPort != 0:
		port = strconv.Itoa(int(in.HostPort))
	case port == "" && named && u.Scheme == "wss":
		port = "443"
	case port == "":
		port = strconv.Itoa(DefaultPort)
	}
	if name == "" {
		name = DefaultHost
	}
	if u.Scheme == "" {
		u.Scheme = "ws"
	}
	if in.TLS.Enabled() {
		u.Scheme = "wss"
	}
	u.Host = net.JoinHostPort(name, port)
	if u.Scheme == "ws" && port == "80" || u.Scheme == "wss" && port == "443" {
		u.Host = strings.TrimSuffix(u.Host, ":"+port) // the header Host leaves it out
	}
	if _, err := url.Parse(u.String()); err != nil { // colons where none belong
		return nil, &Error{SocketConnectionInvalid, fmt.Errorf("the host %q cannot be used: %w", name, err)}
	}
	return u, nil
}

// parseHost reads a host with or without a port, or a whole address.
func parseHost(text string) (*url.URL, error) {
	if strings.Contains(text, "://") {
		u, err := url.Parse(text)
		if err != nil {
			return nil, err
		}
		return u, checkAddress(u)
	}
	if ip, err := netip.ParseAddr(strings.Trim(text, "[]")); err == nil {
		if ip.Is6() {
			return &url.URL{Host: "[" + ip.String() + "]"}, nil
		}
		return &url.URL{Host: ip.String()}, nil
	}
	host, port := text, ""
	if strings.Contains(text, ":") {
		var err error
		if host, port, err = net.SplitHostPort(text); err != nil {
			return nil, err
		}
		if number, err := strconv.ParseUint(port, 10, 16); err != nil || number == 0 {
			return nil, fmt.Errorf("%q is no port", port)
		}
	}
	for _, octet := range []byte(host) {
		if octet <= ' ' || octet == 0x7F || strings.IndexByte("/\\?#@%<>\"'`{}|^[]", octet) >= 0 {
			return nil, fmt.Errorf("%q does not belong into the name of a host", octet)
		}
	}
	if len(host) > 253 {
		return nil, fmt.Errorf("it has %d octets, at most 253 are allowed", len(host))
	}
	if port != "" {
		host = net.JoinHostPort(host, port)
	}
	return &url.URL{Host: host}, nil
}

// parseURI reads path and query, or a whole address.
func parseURI(text string) (*url.URL, error) {
	var escaped strings.Builder
	for _, octet := range []byte(text) {
		switch {
		case octet < ' ' || octet == 0x7F:
			return nil, fmt.Errorf("it contains the control character %q", octet)
		case octet == '#':
			return nil, errors.New("it has a fragment, which is not allowed")
		case octet == ' ' || octet > 0x7F || strings.IndexByte("\"<>\\^`{|}", octet) >= 0:
			fmt.Fprintf(&escaped, "%%%02X", octet)
		default:
			escaped.WriteByte(octet)
		}
	}
	address := escaped.String()
	if before, _, whole := strings.Cut(address, "://"); whole && !strings.ContainsAny(before, "/?") {
		u, err := url.Parse(address)
		if err != nil {
			return nil, err
		}
		return u, checkAddress(u)
	}
	if !strings.HasPrefix(address, "/") {
		address = "/" + address
	}
	return url.ParseRequestURI(address)
}

// checkAddress refuses whole addresses that are none of a WebSocket.
func checkAddress(u *url.URL) error {
	u.Scheme = strings.ToLower(u.Scheme)
	switch {
	case u.Scheme != "ws" && u.Scheme != "wss":
		return errors.New("it must begin with ws:// or wss://")
	case u.Hostname() == "":
		return errors.New("it names no host")
	}
	return nil
}
