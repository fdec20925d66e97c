// Package discovery has the packets by which TwinCAT machines find each other
// and change each other's routes, on UDP port 48899: [Packet] with its [Tag]s,
// and what the services mean by them, [ServerInfo] and [RouteRequest].
//
// It is pure: octets in, values out. All integers are little endian. Beckhoff
// has published no description; the layout is the one that public ADS libraries
// use. Passwords of routes travel in clear text.
package discovery
