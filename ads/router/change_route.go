package router

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"time"

	"stellwerk/ads/ams"
	"stellwerk/ads/discovery"
)

// AddRoute has a machine enter a route, as a rule one back to this machine. The
// user is one of that machine, "Administrator" or "guest" as a rule; user and
// password travel in clear text. Errors are of type [*Error]; a machine that
// refuses has a return code in it, [ams.InvalidAccess] for a user or a password
// that is wrong.
func AddRoute(ctx context.Context, host string, route discovery.RouteRequest, options *UDPOptions) error {
	return change(ctx, "add route", host, discovery.AddRouteRequest(0, ams.Address{}, &route), options)
}

// DeleteRoute has a machine remove a route, as [AddRoute] enters one.
func DeleteRoute(ctx context.Context, host string, route discovery.RouteRequest, options *UDPOptions) error {
	return change(ctx, "delete route", host, discovery.DeleteRouteRequest(0, ams.Address{}, &route), options)
}

func change(ctx context.Context, op, host string, p discovery.Packet, options *UDPOptions) error {
	if _, err := p.RouteRequest(); err != nil {
		return fail(op, err)
	}
	o := options.withDefaults()
	target, err := resolve(ctx, host)
	if err != nil {
		return fail(op, err)
	}
	var refused error
	err = o.ask(ctx, []netip.AddrPort{target}, p, func(_ netip.AddrPort, _ time.Duration, answer *discovery.Packet) bool {
		refused = judged(op, host, answer)
		return true
	})
	if errors.Is(err, errSilent) {
		err = fmt.Errorf("%s: %w; TwinCAT's answers to UDP port %d do not come through a firewall, or the machine is off", host, err, ams.UDPPort)
	}
	if err != nil {
		return fail(op, err)
	}
	return refused
}

// judged says what is wrong with an answer.
func judged(op, host string, answer *discovery.Packet) error {
	code, err := answer.Status()
	switch {
	case err != nil:
		return fail(op, fmt.Errorf("the answer of %s: %w", host, err))
	case code == ams.InvalidAccess:
		return failCode(op, code, "%s refuses user or password (0x%X)", host, uint32(code))
	case code == ams.InvalidData:
		return failCode(op, code, "%s lacks something in the request (0x%X)", host, uint32(code))
	case code != ams.NoError:
		return failCode(op, code, "%s refuses: %w", host, code)
	}
	return nil
}
