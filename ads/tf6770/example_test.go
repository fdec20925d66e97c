package tf6770_test

import (
	"errors"
	"fmt"

	"stellwerk/ads"
	"stellwerk/ads/ams"
	"stellwerk/ads/symbol"
	"stellwerk/ads/tf6770"
)

// A device with two WebSocket clients, which PLCs may have connect to one server.
func ExampleNewService() {
	instances := []string{"WebSocket.fbClient1", "WebSocket.fbClient2"}
	declaration := symbol.NewDeclaration(symbol.TwinCAT3)
	tf6770.Declare(declaration, instances...)
	table, err := declaration.Table()
	if err != nil {
		fmt.Println(err)
		return
	}
	device, err := ads.NewDevice(table, &ads.DeviceOptions{
		Init: func(d *ads.Device) { _ = tf6770.Defaults(d, instances...) }, // the names are those declared
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	service := tf6770.NewService(&tf6770.Options{
		Permit: func(_ ams.Address, in *tf6770.Parameters) error {
			if in.HostName != "gateway.example" {
				return errors.New("there is one server for PLCs: gateway.example")
			}
			return nil
		},
	})
	defer func() { _ = service.Close() }()
	if err := service.Serve(device, instances...); err != nil {
		fmt.Println(err)
		return
	}
	server, err := ads.NewServer(nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = server.Close() }()
	server.Handle(tf6770.DefaultPort, device)
	port, err := device.Get("WebSocket.fbClient1.nHostPort")
	fmt.Println(service.Clients(), "clients; nHostPort is", port, err)
	// Output: 2 clients; nHostPort is 80 <nil>
}
