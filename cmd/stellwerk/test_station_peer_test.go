package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"os"
	"os/signal"
	"strconv"
	"sync"
	"time"

	"stellwerk/iec104"
	"stellwerk/iec104/asdu"
	"stellwerk/iec104/iec104test"
	"stellwerk/iec104/station"
	"stellwerk/internal/conformance"
)

// plantProgram is the script program "plant", the built-in station with a process
// that "drive" moves. It writes what it has to a file.
func plantProgram() {
	listen := flag.String("listen", "", "address")
	drive := flag.String("drive", "", "address at which it is told what to do")
	device := flag.String("device", "", "file for what it has")
	rigid := flag.Bool("rigid", false, "do nothing that it is told")
	group := flag.Bool("group", false, "all connections are one redundancy group")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := runPlant(ctx, *listen, *drive, *device, *rigid, *group); err != nil {
		fmt.Fprintln(os.Stderr, err) // the script sees no station
	}
}

func runPlant(ctx context.Context, listen, drive, device string, rigid, group bool) error {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", listen)
	if err != nil {
		return err
	}
	var groups []iec104.RedundancyGroup
	if group {
		groups = []iec104.RedundancyGroup{{Name: "all"}}
	}
	plant, err := iec104test.NewBuiltin(&iec104test.BuiltinOptions{
		Listener: listener, Station: station.Options{Server: iec104.ServerOptions{
			Parameters: iec104.Parameters{T0: 2 * time.Second, T1: 10 * time.Second, T2: time.Second, T3: time.Second},
			Events:     300, Groups: groups, SelectTimeout: 3 * time.Second,
		}},
	})
	if err != nil {
		return err
	}
	defer plant.Close()
	file, err := os.Create(device)
	if err != nil {
		return err
	}
	if err := errors.Join(conformance.WriteDevice(file, plant.Inventory()), writeGroup(file, group), file.Close()); err != nil {
		return err
	}
	return serveDriver(ctx, drive, func(_ context.Context, name string, arguments map[string]string) error {
		if rigid {
			return fmt.Errorf("this plant does not move: %w", errors.ErrUnsupported)
		}
		return movePlant(ctx, plant, name, arguments)
	})
}

// writeGroup says whether all connections are one redundancy group.
func writeGroup(file *os.File, group bool) error {
	_, err := fmt.Fprintf(file, "one_group: %v\n", group)
	return err
}

func movePlant(ctx context.Context, plant *iec104test.Builtin, name string, arguments map[string]string) error {
	number := func(name string) uint64 {
		n, _ := strconv.ParseUint(arguments[name], 10, 64)
		return n
	}
	station, address := asdu.CommonAddress(number("station")), asdu.ObjectAddress(number("address"))
	switch name {
	case "events":
		return plant.Event(int(number("count")))
	case "change":
		value, err := strconv.ParseFloat(arguments["value"], 64)
		return errors.Join(err, plant.Change(station, address, value))
	case "operate":
		return plant.Operate(station, object(arguments, address))
	case "restart":
		return plant.Restart(ctx)
	case "step-clock":
		step, err := time.ParseDuration(arguments["seconds"] + "s")
		return errors.Join(err, plant.StepClock(step))
	default:
		return fmt.Errorf("%q: %w", name, errors.ErrUnsupported)
	}
}

// serveDriver does what "drive" says at an address until the context ends.
func serveDriver(ctx context.Context, address string, do func(ctx context.Context, name string, arguments map[string]string) error) error {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		return err
	}
	defer context.AfterFunc(ctx, func() { _ = listener.Close() })()
	var serving sync.WaitGroup
	defer serving.Wait()
	for {
		conn, err := listener.Accept()
		if err != nil {
			return nil // it was closed
		}
		serving.Go(func() { answerDriver(ctx, conn, do) })
	}
}
