package router

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"time"

	"stellwerk/ads/ams"
	"stellwerk/ads/discovery"
)

// Machine is a machine that has answered a question by UDP.
type Machine struct {
	discovery.ServerInfo
	Address netip.AddrPort // that it has answered from
	Took    time.Duration  // from the question to the answer
}

// mostMachines bounds how many addresses are asked at once.
const mostMachines = 4096

// Discover asks who is there, and returns the machines that answered, by
// address. Where may be
//   - empty: all machines in the networks of this one, by broadcast;
//   - a broadcast address: 255.255.255.255, or one that ends in .255;
//   - a network of up to 4096 addresses, such as 192.168.0.0/24: each is asked,
//     which goes through routers too;
//   - a host name or an IP address, with a port where it is not 48899: the
//     machine is asked, and its answer ends the waiting.
//
// No machine at all is no error but for a single one.
func Discover(ctx context.Context, where string, options *UDPOptions) ([]Machine, error) {
	o := options.withDefaults()
	targets, single, err := whom(ctx, where)
	if err != nil {
		return nil, fail("discover", err)
	}
	found := []Machine{}
	err = o.ask(ctx, targets, discovery.ServerInfoRequest(0, ams.Address{}), func(from netip.AddrPort, took time.Duration, answer *discovery.Packet) bool {
		info, wrong := answer.ServerInfo()
		if wrong == nil || !info.NetID.IsZero() {
			found = append(found, Machine{ServerInfo: info, Address: from, Took: took})
		}
		return single
	})
	if err != nil && (single || !errors.Is(err, errSilent)) {
		return nil, fail("discover "+where, err)
	}
	slices.SortFunc(found, func(a, b Machine) int {
		return cmp.Or(a.Address.Compare(b.Address), compareNetIDs(a.NetID, b.NetID))
	})
	return found, nil
}

// whom returns the addresses to ask, and whether that is one machine.
func whom(ctx context.Context, where string) (targets []netip.AddrPort, single bool, err error) {
	if where == "" {
		targets, err = broadcasts()
		return targets, false, err
	}
	if network, err := netip.ParsePrefix(where); err == nil {
		targets, err = sweep(network)
		return targets, false, err
	}
	target, err := resolve(ctx, where)
	if err != nil {
		return nil, false, err
	}
	return []netip.AddrPort{target}, !strings.HasSuffix(target.Addr().String(), ".255"), nil
}

// broadcasts returns the broadcast addresses of all networks of this machine.
func broadcasts() ([]netip.AddrPort, error) {
	addresses, err := net.InterfaceAddrs()
	if err != nil {
		return nil, err
	}
	all := []netip.AddrPort{netip.AddrPortFrom(netip.AddrFrom4([4]byte{255, 255, 255, 255}), ams.UDPPort)}
	for _, address := range addresses {
		network, err := netip.ParsePrefix(address.String())
		if err != nil || !network.Addr().Is4() || network.Bits() > 30 || network.Addr().IsLoopback() {
			continue
		}
		all = append(all, netip.AddrPortFrom(last(network), ams.UDPPort))
	}
	return all, nil
}

// last returns the last address of an IPv4 network.
func last(network netip.Prefix) netip.Addr {
	octets := network.Addr().As4()
	for bit := network.Bits(); bit < 32; bit++ {
		octets[bit/8] |= 0x80 >> (bit % 8)
	}
	return netip.AddrFrom4(octets)
}

// sweep returns the addresses of a network.
func sweep(network netip.Prefix) ([]netip.AddrPort, error) {
	if !network.Addr().Is4() {
		return nil, fmt.Errorf("%s is no IPv4 network; name a host instead", network)
	}
	if bits := 32 - network.Bits(); 1<<bits > mostMachines {
		return nil, fmt.Errorf("%s has %d addresses; at most %d are asked at once: name a smaller network", network, 1<<bits, mostMachines)
	}
	var all []netip.AddrPort
	for ip := network.Masked().Addr(); ip.IsValid() && network.Contains(ip); ip = ip.Next() {
		all = append(all, netip.AddrPortFrom(ip, ams.UDPPort))
	}
	return all, nil
}
