package ads_test

import (
	"context"
	"fmt"
	"net"
	"os"
	"strings"

	"stellwerk/ads"
	"stellwerk/ads/ams"
	"stellwerk/ads/command"
	"stellwerk/ads/symbol"
)

// ask returns a client of a server, by a connection in memory.
func ask(server *ads.Server, port ams.Port) *ads.Client {
	ours, theirs := net.Pipe()
	if _, err := server.ServeConn(theirs); err != nil {
		panic(err)
	}
	client, err := ads.NewClient(ours, &ads.ClientOptions{
		Target: ams.Address{NetID: server.NetID(), Port: port}, Source: ams.Address{NetID: ams.NetID{10, 0, 0, 1, 1, 1}},
	})
	if err != nil {
		panic(err)
	}
	return client
}

// A device in a few lines: symbols, a server with its port, and values.
func ExampleNewDevice() {
	declaration := symbol.NewDeclaration(symbol.TwinCAT3)
	declaration.Symbol("MAIN.nLevel", "INT").Comment("in percent")
	declaration.Symbol("MAIN.sName", "STRING(20)")
	table, err := declaration.Table()
	if err != nil {
		fmt.Println(err)
		return
	}
	device, err := ads.NewDevice(table, &ads.DeviceOptions{Init: func(d *ads.Device) { _ = d.Set("MAIN.sName", "tank 1") }})
	if err != nil {
		fmt.Println(err)
		return
	}
	err = device.OnWrite("MAIN.nLevel", func(_ context.Context, w ads.DeviceWrite) error {
		var level int
		if err := w.Into(&level); err != nil {
			return err
		}
		if level < 0 || level > 100 {
			return ams.InvalidData
		}
		return nil
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	server, err := ads.NewServer(nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = server.Close() }()
	server.Handle(ams.PortTC3PLC1, device)

	client := ask(server, ams.PortTC3PLC1)
	defer func() { _ = client.Close() }()
	fmt.Println(client.ReadValue(context.Background(), "MAIN.sName"))
	fmt.Println(client.WriteValue(context.Background(), "MAIN.nLevel", 70))
	fmt.Println(ads.Code(client.WriteValue(context.Background(), "MAIN.nLevel", 101)) == ams.InvalidData)
	fmt.Println(device.Get("MAIN.nLevel"))
	// Output:
	// tank 1 <nil>
	// <nil>
	// true
	// 70 <nil>
}

// A method of a function block is a function.
func ExampleDevice_OnCall() {
	declaration := symbol.NewDeclaration(symbol.TwinCAT3)
	declaration.FunctionBlock("FB_Sum").Method("Add", "DINT", symbol.In("a", "INT"), symbol.In("b", "INT"))
	declaration.Symbol("MAIN.fb", "FB_Sum")
	table, err := declaration.Table()
	if err != nil {
		fmt.Println(err)
		return
	}
	device, err := ads.NewDevice(table, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	err = device.OnCall("FB_Sum#Add", func(_ context.Context, call *ads.DeviceCall) error {
		call.Return = int(call.In["A"].(int16)) + int(call.In["B"].(int16))
		return nil
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	server, err := ads.NewServer(nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = server.Close() }()
	server.Handle(ams.PortTC3PLC1, device)
	client := ask(server, ams.PortTC3PLC1)
	defer func() { _ = client.Close() }()
	result, err := client.Call(context.Background(), "MAIN.fb", "Add", 2, 3)
	fmt.Println(result.Return, err)
	// Output: 5 <nil>
}

// A handler of its own answers everything that comes to its port.
func ExampleNewServer() {
	server, err := ads.NewServer(&ads.ServerOptions{NetID: ams.NetID{5, 6, 7, 8, 1, 1}})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = server.Close() }()
	shout := func(_ context.Context, r *ads.Request, dst []byte) ([]byte, ams.ReturnCode) {
		q, err := command.DecodeReadWriteRequest(r.Data)
		if err != nil || r.Header.Command != ams.ReadWrite {
			return command.AppendResult(dst, ams.ServiceNotSupported), ams.NoError
		}
		return command.ReadResponse{Data: []byte(strings.ToUpper(string(q.Data)))}.Append(dst), ams.NoError
	}
	server.Handle(ams.PortFirstUserServer, ads.HandlerFunc(shout))

	client := ask(server, ams.PortFirstUserServer)
	defer func() { _ = client.Close() }()
	answer, err := client.ReadWrite(context.Background(), command.Index{Group: 1}, 100, []byte("hello"))
	fmt.Printf("%s %v\n", answer, err)
	// Output: HELLO <nil>
}

// The system service gives access to the files of a folder.
func ExampleNewDeviceSystem() {
	folder, err := os.MkdirTemp("", "boot")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = os.RemoveAll(folder) }()
	root, err := os.OpenRoot(folder)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = root.Close() }()
	system, err := ads.NewDeviceSystem(&ads.DeviceSystemOptions{Files: root, FilesWritable: true})
	if err != nil {
		fmt.Println(err)
		return
	}
	server, err := ads.NewServer(nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = server.Close() }()
	server.Handle(ams.PortSystemService, system)
	client := ask(server, ams.PortSystemService)
	defer func() { _ = client.Close() }()
	info, err := client.DeviceInfo(context.Background())
	fmt.Println(info.Name, info.Version(), err)
	// Output: TwinCAT System 3.1.4026 <nil>
}

// The licence server tells the system id of the machine.
func ExampleNewDeviceLicence() {
	id, err := symbol.ParseGUID("{95EEFDE0-0392-1452-275F-1BF9ACCB924E}")
	if err != nil {
		fmt.Println(err)
		return
	}
	licence, err := ads.NewDeviceLicence(&ads.DeviceLicenceOptions{SystemID: id})
	if err != nil {
		fmt.Println(err)
		return
	}
	server, err := ads.NewServer(nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = server.Close() }()
	server.Handle(ams.PortLicenceServer, licence)
	client := ask(server, ams.PortLicenceServer)
	defer func() { _ = client.Close() }()
	octets, err := client.Read(context.Background(), command.Index{Group: command.GroupLicenceIDs, Offset: 1}, 16)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(symbol.GUID(octets))
	// Output: {95EEFDE0-0392-1452-275F-1BF9ACCB924E}
}
