package adstest_test

import (
	"context"
	"fmt"

	"stellwerk/ads/adstest"
	"stellwerk/ads/ams"
	"stellwerk/ads/symbol"
)

// A test of a program that speaks ADS gets a PLC of its own.
func ExampleNew() {
	d := symbol.NewDeclaration(symbol.TwinCAT3)
	d.Symbol("MAIN.nLevel", "INT")
	table, err := d.Table()
	if err != nil {
		fmt.Println(err)
		return
	}
	plc, err := adstest.New(table, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = plc.Close() }()
	if err := plc.Device.Set("MAIN.nLevel", 42); err != nil {
		fmt.Println(err)
		return
	}
	client, err := plc.Client(context.Background(), nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = client.Close() }()
	value, err := client.ReadValue(context.Background(), "MAIN.nLevel")
	fmt.Println(value, err)

	plc.SetFaults(adstest.Once(ams.ReadState, 1, adstest.Fault{Error: ams.DeviceTimeout}))
	_, err = client.ReadState(context.Background())
	fmt.Println(err)
	// Output:
	// 42 <nil>
	// read state at 127.0.0.1.1.1:851: ADSERR_DEVICE_TIMEOUT (0x719): the device has timed out
}
