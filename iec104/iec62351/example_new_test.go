package iec62351_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"time"

	"stellwerk/iec104/iec62351"
)

// A profile reads its files, and again while Run runs; what happens on its
// connections is a security event.
func ExampleNew() {
	dir, err := os.MkdirTemp("", "iec62351")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)                      //nolint:errcheck // files of an example
	ca := newAuthority(workshop{dir}, "Netz CA") // makes the files
	ca.issue("station", nil, nil)
	ca.issue("guest", nil, nil)

	events := make(chan iec62351.Event, 10)
	profile, err := iec62351.New(&iec62351.Config{
		Certificate:     dir + "/station.pem",
		Key:             dir + "/station.key",
		Authorities:     []string{dir + "/ca.pem"},
		RevocationLists: []string{dir + "/ca.crl"},
		Subjects:        []string{"centre"},
		Observe:         func(e iec62351.Event) { events <- e },
		Clock:           func() time.Time { return now }, // nil is the computer's
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	running := make(chan error, 1)
	go func() { running <- profile.Run(ctx) }() // looks for new files and lists

	// In a plant: server.Serve(profile.Listen(listener)).
	near, far := net.Pipe()
	guest, err := iec62351.New(&iec62351.Config{
		Certificate: dir + "/guest.pem", Key: dir + "/guest.key", Authorities: []string{dir + "/ca.pem"},
		Clock: func() time.Time { return now },
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	go io.Copy(io.Discard, guest.Client(near)) //nolint:errcheck // until it is refused
	err = profile.Server(far).Handshake()
	refusal, ok := errors.AsType[*iec62351.Error](err)
	fmt.Println(ok && refusal.Kind == iec62351.NotAllowed)
	fmt.Println("event:", (<-events).Kind)
	cancel()
	fmt.Println(<-running)
	// Output:
	// true
	// event: certificate is not allowed
	// context canceled
}
