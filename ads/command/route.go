package command

import (
	"encoding/binary"
	"math"
	"time"

	"stellwerk/ads/ams"
)

// RouteTCP is the transport of routes over AMS/TCP.
const RouteTCP = 1

// routeUnused are the octets between timeout and texts, which public clients do
// not read: the longest fragment, and reserved ones.
const routeUnused = 16

// Route is an entry of the list of routes that a system service has: what a Read
// of [GroupListRoutes] returns, with the number of the entry as index offset. The
// layout is that of public ADS clients, as none is documented.
type Route struct {
	Name  string
	NetID ams.NetID
	// Address is a host name or an IP address.
	Address string
	// Transport is [RouteTCP], or the number of another transport.
	Transport uint16
	Flags     uint32
	// Timeout has whole milliseconds, and at most 2^32-1 of them: nearly 50
	// days. Append rounds down, and takes the nearest there is.
	Timeout time.Duration
}

// Append appends the entry. Texts that have a NUL are read up to it.
func (r Route) Append(dst []byte) []byte {
	dst = append(dst, r.NetID[:]...)
	dst = binary.LittleEndian.AppendUint16(dst, r.Transport)
	dst = binary.LittleEndian.AppendUint32(dst, r.Flags)
	dst = binary.LittleEndian.AppendUint32(dst, uint32(min(max(r.Timeout.Milliseconds(), 0), math.MaxUint32)))
	dst = append(dst, make([]byte, routeUnused)...)
	dst = binary.LittleEndian.AppendUint32(dst, uint32(len(r.Address)+1))
	dst = binary.LittleEndian.AppendUint32(dst, uint32(len(r.Name)+1))
	dst = append(append(dst, r.Address...), 0)
	return append(append(dst, r.Name...), 0)
}

// DecodeRoute reads an entry.
func DecodeRoute(data []byte) (Route, error) {
	d := decoder{what: "route", data: data}
	r := Route{}
	copy(r.NetID[:], d.next(uint32(len(r.NetID)), "NetId"))
	r.Transport, r.Flags = d.u16("transport"), d.u32("flags")
	r.Timeout = time.Duration(d.u32("timeout")) * time.Millisecond
	d.next(routeUnused, "what is not used")
	address, name := d.u32("length of the address"), d.u32("length of the name")
	r.Address, r.Name = d.text(address, "address"), d.text(name, "name")
	return r, d.err
}
