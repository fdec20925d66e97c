package ads_test

import (
	"context"
	"encoding/binary"
	"fmt"
	"log"
	"net"
	"time"

	"stellwerk/ads"
	"stellwerk/ads/ams"
	"stellwerk/ads/command"
)

// machine is where the PLC of these examples is.
var machine = ams.NetID{127, 0, 0, 1, 1, 1}

// counter answers as a device with one octet that counts reads, and a symbol
// version.
func counter(_ context.Context, r *ads.Request, dst []byte) ([]byte, ams.ReturnCode) {
	switch r.Header.Command {
	case ams.ReadState:
		return command.State{ADSState: command.StateRun}.Append(dst), 0
	case ams.Read:
		q, err := command.DecodeReadRequest(r.Data)
		if err != nil {
			return dst, ams.InvalidSize
		}
		return command.ReadResponse{Data: binary.LittleEndian.AppendUint32(nil, q.Offset)[:min(q.Length, 4)]}.Append(dst), 0
	case ams.AddDeviceNotification:
		source, target, conn := r.Header.Source, r.Header.Target.Port, r.Conn()
		r.After(func() {
			b := command.BeginNotification(nil)
			b.Add(command.Sample{Time: command.FileTimeOf(time.Unix(0, 0)), Handle: 1, Data: []byte{42}})
			conn.Notify(target, source, b.End())
		})
		return command.AddNotificationResponse{Handle: 1}.Append(dst), 0
	default:
		return command.AppendResult(dst, 0), 0
	}
}

// serveCounter serves the device and returns where.
func serveCounter() (address string, stop func()) {
	server, err := ads.NewServer(&ads.ServerOptions{NetID: machine})
	if err != nil {
		log.Fatal(err)
	}
	server.Handle(ams.PortTC3PLC1, ads.HandlerFunc(counter))
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = server.Serve(listener) // until it is closed
	}()
	return listener.Addr().String(), func() {
		_ = server.Close()
		<-done
	}
}

func ExampleDial() {
	address, stop := serveCounter()
	defer stop()
	ctx := context.Background()
	client, err := ads.Dial(ctx, address, &ads.ClientOptions{Target: ams.Address{NetID: machine, Port: ams.PortTC3PLC1}})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.Close()
	state, err := client.ReadState(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	data, err := client.Read(ctx, command.Index{Group: command.GroupMemory, Offset: 7}, 2)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%v %d\n", state.ADSState, data)
	// Output: Run [7 0]
}

func ExampleNewClient() {
	address, stop := serveCounter()
	defer stop()
	conn, err := net.Dial("tcp", address) // or TLS, a proxy, a recording
	if err != nil {
		fmt.Println(err)
		return
	}
	client, err := ads.NewClient(conn, &ads.ClientOptions{
		Target:  ams.Address{NetID: machine, Port: ams.PortTC3PLC1},
		Timeout: 2 * time.Second,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.Close()
	items := []command.ReadRequest{
		{Index: command.Index{Group: command.GroupMemory, Offset: 1}, Length: 1},
	}
	answers, err := client.ReadMany(context.Background(), items)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%t %d\n", answers[0].Result == ams.NoError, answers[0].Data)
	// Output: true [1]
}

func ExampleNewNotificationQueue() {
	address, stop := serveCounter()
	defer stop()
	ctx := context.Background()
	client, err := ads.Dial(ctx, address, &ads.ClientOptions{Target: ams.Address{NetID: machine, Port: ams.PortTC3PLC1}})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.Close()
	queue := ads.NewNotificationQueue(1000)
	if _, err := client.Subscribe(ctx, queue, ads.SubscribeRequest{
		Index: command.Index{Group: command.GroupMemory}, Length: 1, Mode: command.ServerOnChange, CycleTime: 100 * time.Millisecond,
	}); err != nil {
		fmt.Println(err)
		return
	}
	for n := range queue.All(ctx) {
		fmt.Printf("%v %d\n", n.Event, n.Data)
		break
	}
	// Output: sample [42]
}

func ExampleNewSupervisor() {
	address, stop := serveCounter()
	defer stop()
	supervisor, err := ads.NewSupervisor(address, &ads.SupervisorOptions{
		Client: &ads.ClientOptions{Target: ams.Address{NetID: machine, Port: ams.PortTC3PLC1}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	queue := ads.NewNotificationQueue(0)
	if _, err := supervisor.Subscribe(queue, ads.SubscribeRequest{Index: command.Index{Group: command.GroupMemory}, Length: 1}); err != nil {
		fmt.Println(err)
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error)
	go func() { done <- supervisor.Run(ctx) }()
	for n := range queue.All(ctx) {
		fmt.Printf("%v %d\n", n.Event, n.Data)
		break
	}
	cancel()
	fmt.Println(<-done)
	// Output:
	// sample [42]
	// context canceled
}
