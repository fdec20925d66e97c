package ads_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"net"
	"sync"
	"testing"
	"time"

	"stellwerk/ads"
	"stellwerk/ads/ams"
	"stellwerk/ads/command"
)

// datagramDevice serves 64 KiB of memory by UDP on the loopback.
func datagramDevice(t *testing.T) net.Addr {
	t.Helper()
	device, err := ads.NewDevice(nil, &ads.DeviceOptions{Memory: 128 << 10})
	if err != nil {
		t.Fatal(err)
	}
	server, err := ads.NewServer(&ads.ServerOptions{Framing: ams.Bare})
	if err != nil {
		t.Fatal(err)
	}
	server.Handle(ams.PortTC3PLC1, device)
	socket, err := new(net.ListenConfig).ListenPacket(t.Context(), "udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	listener := ads.ListenDatagrams(socket)
	var serving sync.WaitGroup
	serving.Go(func() {
		if err := server.Serve(listener); !errors.Is(err, ads.ErrServerClosed) {
			t.Error(err)
		}
	})
	t.Cleanup(func() {
		_ = server.Close()
		serving.Wait()
		if err := listener.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
			t.Error(err)
		}
	})
	return listener.Addr()
}

func datagramClient(t *testing.T, to net.Addr, trace func(ads.ClientFrame)) *ads.Client {
	t.Helper()
	conn, err := new(net.Dialer).DialContext(t.Context(), "udp", to.String())
	if err != nil {
		t.Fatal(err)
	}
	c, err := ads.NewClient(ads.NewDatagramConn(conn), &ads.ClientOptions{
		Framing: ams.Bare, Target: ams.Address{NetID: ams.LocalNetID, Port: ams.PortTC3PLC1}, Timeout: time.Second,
		Source: ams.Address{NetID: ams.NetID{127, 0, 0, 1, 1, 2}, Port: ams.PortFirstDynamic}, Trace: trace,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// Client and device speak AMS in datagrams, each frame in one, with the flag set.
func TestDatagrams(t *testing.T) {
	address := datagramDevice(t)
	var mu sync.Mutex
	var answers []ams.StateFlags
	clients := []*ads.Client{datagramClient(t, address, func(f ads.ClientFrame) {
		if h, err := ams.DecodeHeader(f.Octets); err == nil && !f.Sent {
			mu.Lock()
			answers = append(answers, h.StateFlags)
			mu.Unlock()
		}
	}), datagramClient(t, address, nil)}
	ctx := t.Context()
	for i, c := range clients {
		index := command.Index{Group: command.GroupMemory, Offset: uint32(4 * i)}
		value := binary.LittleEndian.AppendUint32(nil, uint32(i+7))
		if err := c.Write(ctx, index, value); err != nil {
			t.Fatal(err)
		}
		if got, err := c.Read(ctx, index, 4); err != nil || !bytes.Equal(got, value) {
			t.Errorf("% x, %v", got, err)
		}
	}
	large := bytes.Repeat([]byte{1, 2, 3}, 10_000)
	if err := clients[0].Write(ctx, command.Index{Group: command.GroupMemory}, large); err != nil {
		t.Fatal(err)
	}
	if got, err := clients[1].Read(ctx, command.Index{Group: command.GroupMemory}, uint32(len(large))); err != nil || !bytes.Equal(got, large) {
		t.Errorf("%d octets, %v", len(got), err)
	}
	var all sync.WaitGroup
	for i := range 32 {
		all.Go(func() {
			if _, err := clients[i%2].Read(ctx, command.Index{Group: command.GroupMemory, Offset: uint32(i)}, 4); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	mu.Lock()
	defer mu.Unlock()
	for _, flags := range answers {
		if flags != ams.ResponseFlags|ams.UDP {
			t.Errorf("an answer has the flags %v", flags)
		}
	}
}

// Datagrams that are no frames do not matter, and frames that are too long say so.
func TestDatagramsThatAreWrong(t *testing.T) {
	address := datagramDevice(t)
	conn, err := new(net.Dialer).DialContext(t.Context(), "udp", address.String())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	for _, datagram := range [][]byte{{}, {1, 2, 3}, make([]byte, 32), make([]byte, 1000), bytes.Repeat([]byte{0xff}, 40)} {
		if _, err := conn.Write(datagram); err != nil {
			t.Fatal(err)
		}
	}
	c := datagramClient(t, address, nil)
	if _, err := c.ReadState(t.Context()); err != nil {
		t.Error(err)
	}
	err = c.Write(t.Context(), command.Index{Group: command.GroupMemory}, make([]byte, ads.MaxDatagram))
	if err == nil {
		t.Error("a frame of more than a datagram was written")
	}
}

// An answer that is lost is one that does not come in time.
func TestDatagramIsLost(t *testing.T) {
	socket, err := new(net.ListenConfig).ListenPacket(t.Context(), "udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = socket.Close() }()
	c := datagramClient(t, socket.LocalAddr(), nil)
	if _, err := c.ReadState(t.Context()); !errors.Is(err, ads.ErrTimeout) {
		t.Errorf("no answer: %v", err)
	}
}
