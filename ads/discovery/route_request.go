package discovery

import (
	"errors"
	"fmt"

	"stellwerk/ads/ams"
)

// RouteRequest asks a machine to enter a route to another one, or to remove it.
type RouteRequest struct {
	Name      string    // of the route
	NetID     ams.NetID // that it leads to
	Address   string    // host name or IP address of that machine
	User      string    // of the machine that is asked
	Password  string    // of the user, in clear text
	Temporary bool      // the route is gone when the machine starts again
}

// AddRouteRequest returns the packet that has a route entered.
func AddRouteRequest(invokeID uint32, source ams.Address, r *RouteRequest) Packet {
	return Packet{InvokeID: invokeID, Service: ServiceAddRoute, Source: source, Tags: r.tags()}
}

// DeleteRouteRequest returns the packet that has a route removed.
func DeleteRouteRequest(invokeID uint32, source ams.Address, r *RouteRequest) Packet {
	return Packet{InvokeID: invokeID, Service: ServiceDeleteRoute, Source: source, Tags: r.tags()}
}

func (r *RouteRequest) tags() []Tag {
	tags := []Tag{TextTag(TagRouteName, r.Name), NetIDTag(r.NetID), TextTag(TagUserName, r.User), TextTag(TagPassword, r.Password)}
	if r.Address != "" {
		tags = append(tags, TextTag(TagComputerName, r.Address))
	}
	if r.Temporary {
		tags = append(tags, OptionsTag(OptionTemporary))
	}
	return tags
}

// RouteRequest reads a request to enter a route, or to remove one. Its tags may
// come in any order. A request that lacks what the service needs is an error.
func (p *Packet) RouteRequest() (RouteRequest, error) {
	if p.Response || p.Service != ServiceAddRoute && p.Service != ServiceDeleteRoute {
		return RouteRequest{}, fmt.Errorf("discovery packet: %s does not change routes", p.title())
	}
	var r RouteRequest
	var wrong error
	for _, tag := range p.Tags {
		var err error
		switch tag.ID {
		case TagRouteName:
			r.Name = tag.String()
		case TagNetID:
			r.NetID, err = tag.NetID()
		case TagComputerName:
			r.Address = tag.String()
		case TagUserName:
			r.User = tag.String()
		case TagPassword:
			r.Password = tag.String()
		case TagOptions:
			var o Options
			o, err = tag.Options()
			r.Temporary = o&OptionTemporary != 0
		default: // others say nothing about the route
		}
		wrong = errors.Join(wrong, err)
	}
	missing := func(what TagID, absent bool) {
		if absent {
			wrong = errors.Join(wrong, fmt.Errorf("the request %s has no %s", p.Service, what))
		}
	}
	if p.Service == ServiceAddRoute {
		missing(TagRouteName, r.Name == "")
		missing(TagNetID, r.NetID.IsZero())
		missing(TagComputerName, r.Address == "")
	} else if r.Name == "" && r.NetID.IsZero() {
		wrong = errors.Join(wrong, errors.New("the request delete route has neither a route name nor a NetId"))
	}
	return r, wrong
}
