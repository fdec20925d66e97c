package discovery_test

import (
	"fmt"

	"stellwerk/ads/ams"
	"stellwerk/ads/discovery"
)

func ExampleDecode() {
	// A machine is asked, and answers.
	request := discovery.ServerInfoRequest(1, ams.Address{NetID: ams.NetID{10, 0, 0, 9, 1, 1}, Port: ams.PortSystemService})
	info := discovery.ServerInfo{NetID: ams.NetID{10, 0, 0, 5, 1, 1}, Name: "press", Version: discovery.Version{Major: 3, Minor: 1, Build: 4026}}
	answer := request.Answer(ams.Address{NetID: info.NetID, Port: ams.PortSystemService}, info.Tags()...)
	datagram := answer.Append(nil)

	packet, err := discovery.Decode(datagram)
	if err != nil {
		fmt.Println(err)
		return
	}
	machine, err := packet.ServerInfo()
	fmt.Println(machine.Name, machine.NetID, machine.Version, err)
	// Output: press 10.0.0.5.1.1 3.1.4026 <nil>
}
