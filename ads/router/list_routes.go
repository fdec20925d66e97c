package router

import (
	"time"

	"stellwerk/ads/ams"
	"stellwerk/ads/command"
)

// routeTimeout is what the list of routes says, as machines do by default.
const routeTimeout = 5 * time.Second

// listed answers a Read of the list of routes: the index offset is the number of
// an entry.
func (r *Router) listed(request command.ReadRequest) []byte {
	routes := r.Routes()
	if uint64(request.Offset) >= uint64(len(routes)) {
		return command.ReadResponse{Result: ams.NotFound}.Append(nil)
	}
	route := routes[request.Offset]
	entry := command.Route{
		Name: route.Name, NetID: route.NetID, Address: route.Address, Transport: command.RouteTCP, Timeout: routeTimeout,
	}.Append(nil)
	return command.ReadResponse{Data: entry[:min(uint64(len(entry)), uint64(request.Length))]}.Append(nil)
}
