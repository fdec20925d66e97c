package main

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"time"

	"stellwerk/ads"
	"stellwerk/ads/ams"
	"stellwerk/ads/command"
)

// items are the values of a sum read, as many as PLCs should be asked for at once.
const items = command.MaxSumItems

// value is what stands at an offset.
func value(offset uint32) uint32 { return offset*2654435761 + 1 }

// serveDevice is a PLC with memory.
func serveDevice(ctx context.Context, listener net.Listener) error {
	device, err := ads.NewDevice(nil, &ads.DeviceOptions{Memory: 4 * items})
	if err != nil {
		return err
	}
	var memory []byte
	for i := range uint32(items) {
		memory = binary.LittleEndian.AppendUint32(memory, value(4*i))
	}
	if err := device.WriteMemory(command.Index{Group: command.GroupMemory}, memory); err != nil {
		return err
	}
	server, err := ads.NewServer(nil)
	if err != nil {
		return err
	}
	server.Handle(ams.PortTC3PLC1, device)
	stop := context.AfterFunc(ctx, func() { _ = server.Close() })
	defer stop()
	if err := server.Serve(listener); err != nil && !errors.Is(err, ads.ErrServerClosed) {
		return err
	}
	return nil
}

// read reads with the client, and returns how many values it got.
func (l *load) read(ctx context.Context, conn net.Conn) (int, error) {
	client, err := ads.NewClient(conn, &ads.ClientOptions{
		Target: ams.Address{NetID: ams.LocalNetID, Port: ams.PortTC3PLC1},
		Source: ams.Address{NetID: ams.NetID{127, 0, 0, 1, 1, 2}, Port: ams.PortFirstDynamic},
		Window: l.window,
	})
	if err != nil {
		return 0, err
	}
	defer func() { _ = client.Close() }()
	end := time.Now().Add(l.time)
	if l.sum {
		return readSums(ctx, client, l.window, end)
	}
	return readSingles(ctx, client, l.window, end)
}

// every is how many reads pass between looks at the clock.
const every = 64

// readSingles has so many reads under way, from one goroutine.
func readSingles(ctx context.Context, client *ads.Client, window int, end time.Time) (reads int, err error) {
	type place struct {
		pending ads.PendingRead
		octets  [4]byte
	}
	places := make([]place, window)
	start := func(i int) (err error) {
		p := &places[i]
		index := command.Index{Group: command.GroupMemory, Offset: uint32(4 * (i % items))}
		p.pending, err = client.StartRead(ctx, index, p.octets[:])
		return err
	}
	for i := range places {
		if err := start(i); err != nil {
			return reads, err
		}
	}
	for open, going := window, true; open > 0; {
		i := reads % window
		n, err := places[i].pending.Wait(ctx)
		if err != nil {
			return reads, err
		}
		want := value(uint32(4 * (i % items)))
		if got := binary.LittleEndian.Uint32(places[i].octets[:]); n != 4 || got != want {
			return reads, fmt.Errorf("%w: read %d: %d octets with %#x, not %#x", errWrong, reads, n, got, want)
		}
		reads++
		if reads%every == 0 {
			going = time.Now().Before(end)
		}
		if !going {
			open--
		} else if err := start(i); err != nil {
			return reads, err
		}
	}
	return reads, nil
}

// readSums has so many sum reads under way, from one goroutine.
func readSums(ctx context.Context, client *ads.Client, window int, end time.Time) (reads int, err error) {
	requests := make([]command.ReadRequest, items)
	for i := range requests {
		requests[i] = command.ReadRequest{Index: command.Index{Group: command.GroupMemory, Offset: uint32(4 * i)}, Length: 4}
	}
	sums := make([]*ads.SumRead, window)
	for i := range sums {
		sums[i] = client.NewSumRead(requests)
		sums[i].Start(ctx)
	}
	for n, open, going := 0, window, true; open > 0; n++ {
		sum := sums[n%window]
		answers, err := sum.Wait(ctx)
		if err != nil {
			return reads, err
		}
		for i, a := range answers {
			if a.Result != ams.NoError {
				return reads, fmt.Errorf("%w: item %d: %w", errWrong, i, a.Result)
			}
			if len(a.Data) != 4 || binary.LittleEndian.Uint32(a.Data) != value(uint32(4*i)) {
				return reads, fmt.Errorf("%w: item %d: % x", errWrong, i, a.Data)
			}
		}
		reads += len(answers)
		if going = going && time.Now().Before(end); going {
			sum.Start(ctx)
		} else {
			open--
		}
	}
	return reads, nil
}
