package tf6770_test

import (
	"context"
	"encoding/binary"
	"errors"
	"net"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"stellwerk/ads"
	"stellwerk/ads/ams"
	"stellwerk/ads/command"
	"stellwerk/ads/symbol"
	"stellwerk/ads/tf6770"
	"stellwerk/websocket"
	ws "stellwerk/websocket/tf6770"
)

// dialled are options that connect every PLC with the function.
func dialled(t *testing.T, serve func(net.Conn)) *tf6770.Options {
	return &tf6770.Options{Permit: func(_ ams.Address, in *tf6770.Parameters) error {
		if in.HostName == "forbidden" {
			return errors.New("no")
		}
		in.Dial = func(context.Context, string, string) (net.Conn, error) {
			here, there := net.Pipe()
			go func() {
				defer func() { _ = there.Close() }()
				serve(there)
			}()
			return here, nil
		}
		return nil
	}}
}

// device returns a client of a device with two instances.
func device(t *testing.T, options *tf6770.Options) *ads.Client {
	t.Helper()
	instances := []string{"WebSocket.fbClient1", "WebSocket.fbClient2"}
	declaration := symbol.NewDeclaration(symbol.TwinCAT3)
	tf6770.Declare(declaration, instances...)
	table, err := declaration.Table()
	if err != nil {
		t.Fatal(err)
	}
	d, err := ads.NewDevice(table, &ads.DeviceOptions{Name: "TF6770", Init: func(d *ads.Device) {
		if err := tf6770.Defaults(d, instances...); err != nil {
			t.Error(err)
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
	service := tf6770.NewService(options)
	if err := service.Serve(d, instances...); err != nil {
		t.Fatal(err)
	}
	server, err := ads.NewServer(nil)
	if err != nil {
		t.Fatal(err)
	}
	server.Handle(tf6770.DefaultPort, d)
	here, there := net.Pipe()
	if _, err := server.ServeConn(there); err != nil {
		t.Fatal(err)
	}
	client, err := ads.NewClient(here, &ads.ClientOptions{
		Target: ams.Address{NetID: ams.LocalNetID, Port: tf6770.DefaultPort}, Source: address,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = client.Close()
		_ = server.Close()
		_ = service.Close()
	})
	return client
}

// An ADS client works with an instance by its symbols, and exchanges messages by
// its handle.
func TestInstance(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := device(t, dialled(t, server(t, nil, echo)))
		ctx := t.Context()
		const name = "WebSocket.fbClient1"
		for field, want := range map[string]any{
			"nHostPort": uint16(80), "bKeepAlive": true, "nKeepAliveInterval": uint16(30), "nMaxSendFrameSize": uint32(0x4000), "stTLS.sVersion": "tlsv1.2",
		} {
			if got, err := c.ReadValue(ctx, name+"."+field); err != nil || got != want {
				t.Errorf("%s is %v at first: %v", field, got, err)
			}
		}
		if err := c.WriteValue(ctx, name+".sHostName", "server.example"); err != nil {
			t.Fatal(err)
		}
		if err := c.WriteValue(ctx, name+".bConnected", true); !errors.Is(err, ams.InvalidAccess) {
			t.Errorf("an output is written: %v", err)
		}
		if _, err := c.Call(ctx, name, "Connect", true); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		values, err := c.ReadValues(ctx, name+".bConnected", name+".eConnectionState", name+".nHandle", "WebSocket.fbClient2.bConnected")
		if err != nil {
			t.Fatal(err)
		}
		if values[0].Value != true || values[3].Value != false {
			t.Fatalf("%+v", values)
		}
		if state, ok := values[1].Value.(symbol.Enum); !ok || state.Name != "WS_STATUS_SUCCESS" {
			t.Errorf("the state is %v", values[1].Value)
		}
		handle, _ := values[2].Value.(uint32)
		exchange := func(request tf6770.ExchangeRequest) tf6770.ExchangeResponse {
			t.Helper()
			data, err := c.ReadWrite(ctx, command.Index{Group: tf6770.GroupExchange, Offset: handle}, 4096, request.Append(nil))
			if err != nil {
				t.Fatal(err)
			}
			response, err := tf6770.DecodeExchangeResponse(data)
			if err != nil {
				t.Fatal(err)
			}
			return response
		}
		exchange(tf6770.ExchangeRequest{Pieces: []tf6770.Piece{{Sequence: 1, Total: 5, Kind: ws.Text, Data: []byte("hello")}}})
		time.Sleep(time.Second)
		if r := exchange(tf6770.ExchangeRequest{}); len(r.Pieces) != 1 || string(r.Pieces[0].Data) != "hello" {
			t.Errorf("the echo: %+v", r)
		}
		if _, err := c.Call(ctx, name, "Disconnect"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		if result, err := c.Call(ctx, name, "Disconnect"); err != nil || result.Return != true {
			t.Errorf("Disconnect, done: %+v, %v", result, err)
		}
		if reason, err := c.ReadValue(ctx, name+".nCloseReason"); err != nil || reason != uint16(websocket.NormalClosure) {
			t.Errorf("the reason is %v: %v", reason, err)
		}
		if err := c.WriteValue(ctx, name+".sHostName", "forbidden"); err != nil {
			t.Fatal(err)
		}
		if _, err := c.Call(ctx, name, "Connect", true); !errors.Is(err, ams.DeviceAccessDenied) {
			t.Errorf("a host that is not permitted: %v", err)
		}
	})
}

// A PLC opens a client of its own, over ADS.
func TestOpenOverADS(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := device(t, dialled(t, server(t, nil, echo)))
		ctx := t.Context()
		data, err := c.ReadWrite(ctx, command.Index{Group: tf6770.GroupOpen, Offset: tf6770.ProtocolVersion}, 4, []byte("MAIN.fbFeed"))
		if err != nil {
			t.Fatal(err)
		}
		handle := binary.LittleEndian.Uint32(data)
		if err := c.Write(ctx, command.Index{Group: tf6770.GroupConnect, Offset: handle}, binary.LittleEndian.AppendUint32(nil, tf6770.ConnectReconfig)); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		data, err = c.ReadWrite(ctx, command.Index{Group: tf6770.GroupExchange, Offset: handle}, 4096, new(tf6770.ExchangeRequest).Append(nil))
		if err != nil {
			t.Fatal(err)
		}
		if r, err := tf6770.DecodeExchangeResponse(data); err != nil || !r.Connected {
			t.Errorf("%+v: %v", r, err)
		}
		if err := c.Write(ctx, command.Index{Group: tf6770.GroupRelease, Offset: handle}, nil); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		if err := c.Write(ctx, command.Index{Group: tf6770.GroupRelease, Offset: handle}, nil); !errors.Is(err, ams.ClientUnknown) {
			t.Errorf("released twice: %v", err)
		}
		list, err := c.Symbols(ctx)
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for s := range list.Symbols() {
			names = append(names, s.Name)
		}
		if !slices.Equal(names, []string{"WebSocket.fbClient1", "WebSocket.fbClient2"}) {
			t.Errorf("the symbols are %q", names)
		}
	})
}
