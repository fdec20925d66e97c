package router

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"

	"stellwerk/ads/ams"
	"stellwerk/ads/command"
)

// The list of routes that the system service has: an entry for each number, in
// a layout that public ADS clients use. Before address and name stand NetId,
// transport, flags, timeout, 16 octets that are not used here, and two lengths.
const (
	routeHead    = 40
	routeTCP     = 1
	routeTimeout = 5000 // ms
)

// ListRoutes returns the routes of a machine, as its system service tells them.
// Read reads from port 10000 of it: up to length octets, and [ams.NotFound] in
// the error where there is nothing at the index.
func ListRoutes(ctx context.Context, read func(ctx context.Context, index command.Index, length uint32) ([]byte, error)) ([]Route, error) {
	const op, longest, most = "list routes", 2048, 65536
	all := []Route{}
	for number := range uint32(most) {
		data, err := read(ctx, command.Index{Group: command.GroupListRoutes, Offset: number}, longest)
		if errors.Is(err, ams.NotFound) {
			return all, nil
		}
		if err != nil {
			return all, fail(op, err)
		}
		route, err := decodeRoute(data)
		if err != nil {
			return all, fail(op, fmt.Errorf("entry %d: %w", number, err))
		}
		all = append(all, route)
	}
	return all, fail(op, fmt.Errorf("there are more than %d, which cannot be", most))
}

func decodeRoute(data []byte) (Route, error) {
	if len(data) < routeHead {
		return Route{}, fmt.Errorf("%d octets, an entry has %d at least", len(data), routeHead)
	}
	address, name := binary.LittleEndian.Uint32(data[32:]), binary.LittleEndian.Uint32(data[36:])
	texts := data[routeHead:]
	if uint64(address)+uint64(name) > uint64(len(texts)) {
		return Route{}, fmt.Errorf("address and name have %d and %d octets, %d follow", address, name, len(texts))
	}
	return Route{NetID: ams.NetID(data[:6]), Address: untilNUL(texts[:address]), Name: untilNUL(texts[address:][:name])}, nil
}

func untilNUL(data []byte) string {
	data, _, _ = bytes.Cut(data, []byte{0})
	return string(data)
}

// append appends the entry of a route.
func (r Route) append(dst []byte) []byte {
	dst = append(dst, r.NetID[:]...)
	dst = binary.LittleEndian.AppendUint16(dst, routeTCP)
	dst = binary.LittleEndian.AppendUint32(dst, 0)
	dst = binary.LittleEndian.AppendUint32(dst, routeTimeout)
	dst = append(dst, make([]byte, 16)...)
	dst = binary.LittleEndian.AppendUint32(dst, uint32(len(r.Address)+1))
	dst = binary.LittleEndian.AppendUint32(dst, uint32(len(r.Name)+1))
	dst = append(append(dst, r.Address...), 0)
	return append(append(dst, r.Name...), 0)
}

// listed answers a Read of the list of routes.
func (r *Router) listed(request command.ReadRequest) []byte {
	routes := r.Routes()
	if uint64(request.Offset) >= uint64(len(routes)) {
		return binary.LittleEndian.AppendUint32(binary.LittleEndian.AppendUint32(nil, uint32(ams.NotFound)), 0)
	}
	entry := routes[request.Offset].append(nil)
	entry = entry[:min(uint64(len(entry)), uint64(request.Length))]
	body := binary.LittleEndian.AppendUint32(nil, uint32(ams.NoError))
	return append(binary.LittleEndian.AppendUint32(body, uint32(len(entry))), entry...)
}
