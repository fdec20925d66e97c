package iec104_test

import (
	"fmt"
	"net/netip"

	"stellwerk/iec104"
)

// Two control centres, each with several connections of which one is active.
func ExampleRedundancyGroup() {
	server, err := iec104.NewServer(&plant{}, &iec104.ServerOptions{Groups: []iec104.RedundancyGroup{
		{Name: "north", Match: iec104.FromPrefixes(netip.MustParsePrefix("192.0.2.0/24"))},
		{Name: "south", Match: iec104.WithCertificate("south.example"), Events: iec104.EventLimits{Events: 5000}},
	}})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer server.Close()
	// No connection is there; the groups keep the event.
	if err := server.Send(single(1, 3)); err != nil {
		fmt.Println(err)
	}
	fmt.Println(server.Queue("north").(*iec104.EventBuffer).Len(), server.Queue("south").(*iec104.EventBuffer).Len())
	// Output: 1 1
}
