package link

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"syscall"
)

// AllowList is who may connect. A nil list is everybody.
type AllowList []netip.Prefix

// ParseAllowList reads addresses and networks, such as "192.0.2.0/24".
func ParseAllowList(texts []string) (AllowList, error) {
	var list AllowList
	for _, text := range texts {
		if address, err := netip.ParseAddr(text); err == nil {
			address = address.Unmap()
			list = append(list, netip.PrefixFrom(address, address.BitLen()))
			continue
		}
		network, err := netip.ParsePrefix(text)
		if err != nil {
			return nil, fmt.Errorf("%q is neither an address nor a network such as 192.0.2.0/24", text)
		}
		list = append(list, network.Masked())
	}
	return list, nil
}

// Has reports whether a peer may connect.
func (l AllowList) Has(peer net.Addr) bool {
	if l == nil {
		return true
	}
	end, err := netip.ParseAddrPort(peer.String())
	return err == nil && slices.ContainsFunc(l, func(network netip.Prefix) bool {
		return network.Contains(end.Addr().Unmap().WithZone(""))
	})
}

// ListenAddress returns the address that a setting means: without a host it is on
// the loopback.
func ListenAddress(setting string) string {
	if port, ok := strings.CutPrefix(setting, ":"); ok {
		return net.JoinHostPort("127.0.0.1", port)
	}
	return setting
}

// Listen begins to listen at the address that a link's setting means. The error
// says what to do.
func Listen(name, setting string) (net.Listener, error) {
	var config net.ListenConfig
	address := ListenAddress(setting)
	listener, err := config.Listen(context.Background(), "tcp", address)
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, fmt.Errorf("link %s cannot listen on %s: another program does already; stop it, or write another port under listen", name, address)
	case err != nil:
		return nil, fmt.Errorf("link %s cannot listen on %s: %w", name, address, err)
	}
	return listener, nil
}
