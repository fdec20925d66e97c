package secure_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net"
	"time"

	"stellwerk/ads"
	"stellwerk/ads/ams"
	"stellwerk/ads/secure"
	"stellwerk/ads/symbol"
)

// pair returns the certificates of two machines.
func pair() (panel, plc *identity) {
	panel, err := certify("panel", nil)
	if err == nil {
		plc, err = certify("plc", nil)
	}
	if err != nil {
		log.Fatal(err)
	}
	return panel, plc
}

// press is a device with one variable.
func press() *ads.Device {
	declaration := symbol.NewDeclaration(symbol.TwinCAT3)
	declaration.Symbol("MAIN.nStrokes", "UDINT")
	table, err := declaration.Table()
	if err != nil {
		log.Fatal(err)
	}
	device, err := ads.NewDevice(table, nil)
	if err == nil {
		err = device.Set("MAIN.nStrokes", 1200)
	}
	if err != nil {
		log.Fatal(err)
	}
	return device
}

// A device that takes machines whose fingerprints it knows, on a port of its own.
// The port of secure ADS is 8016.
func ExampleListener() {
	panel, plc := pair()
	address, stop, err := servePress(plc, panel.fingerprint)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer stop()
	fmt.Println(readStrokes(address, panel, plc.fingerprint))
	stranger, _ := pair()
	_, err = readStrokes(address, stranger, plc.fingerprint)
	fmt.Println(errors.Is(err, secure.CodeCertificate))
	// Output:
	// 1200 <nil>
	// true
}

// servePress is what the device does.
func servePress(own *identity, known string) (address string, stop func(), err error) {
	identification, err := secure.NewServer(secure.ServerOptions{
		NetID: ams.NetID{192, 168, 0, 5, 1, 1}, Certificate: own.certificate, Key: own.key,
		Accept: func(p *secure.Peer) error {
			if !secure.SameFingerprint(p.Fingerprint, known) {
				return secure.CodeCertificate
			}
			return nil
		},
	})
	if err != nil {
		return "", nil, err
	}
	server, err := ads.NewServer(&ads.ServerOptions{NetID: ams.NetID{192, 168, 0, 5, 1, 1}, Framing: ams.Bare})
	if err != nil {
		return "", nil, err
	}
	server.Handle(ams.PortTC3PLC1, press())
	tcp, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	listener := secure.NewListener(tcp, identification, nil)
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = server.Serve(listener) // until it is closed
	}()
	return listener.Addr().String(), func() {
		_ = server.Close() // the listener too
		<-done
	}, nil
}

// A client that knows the PLC by its fingerprint, which "stellwerk ads scan"
// prints.
func ExampleClient() {
	panel, plc := pair()
	address, stop, err := servePress(plc, panel.fingerprint)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer stop()
	identification, err := secure.NewClient(secure.ClientOptions{
		NetID: ams.NetID{192, 168, 0, 9, 1, 1}, Certificate: panel.certificate, Key: panel.key, Fingerprint: plc.fingerprint,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	tcp, err := net.Dial("tcp", address)
	if err != nil {
		fmt.Println(err)
		return
	}
	conn, err := identification.Handshake(ctx, tcp, "plc")
	if err != nil {
		fmt.Println(err)
		return
	}
	client, err := ads.NewClient(conn, &ads.ClientOptions{
		Target: ams.Address{NetID: conn.Peer.NetID, Port: ams.PortTC3PLC1}, Source: ams.Address{NetID: ams.NetID{192, 168, 0, 9, 1, 1}},
		Framing: ams.Bare,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.Close()
	fmt.Println(conn.Peer.NetID, conn.Peer.Mode)
	fmt.Println(client.ReadValue(ctx, "MAIN.nStrokes"))
	// Output:
	// 192.168.0.5.1.1 self-signed
	// 1200 <nil>
}

// A client that is kept connected, with the handshake in Dial.
func ExampleClient_Handshake() {
	panel, plc := pair()
	address, stop, err := servePress(plc, panel.fingerprint)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer stop()
	fmt.Println(readStrokes(address, panel, plc.fingerprint))
	// Output: 1200 <nil>
}

func readStrokes(address string, own *identity, fingerprint string) (any, error) {
	source := ams.NetID{192, 168, 0, 9, 1, 1}
	identification, err := secure.NewClient(secure.ClientOptions{
		NetID: source, Certificate: own.certificate, Key: own.key, Fingerprint: fingerprint,
	})
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	connected := make(chan struct{}, 1)
	failed := make(chan error, 1)
	supervisor, err := ads.NewSupervisor(address, &ads.SupervisorOptions{
		Client: &ads.ClientOptions{
			Target: ams.Address{NetID: ams.NetID{192, 168, 0, 5, 1, 1}, Port: ams.PortTC3PLC1}, Source: ams.Address{NetID: source}, Framing: ams.Bare,
		},
		Dial: func(ctx context.Context, address string) (net.Conn, error) {
			var dialer net.Dialer
			conn, err := dialer.DialContext(ctx, "tcp", address)
			if err != nil {
				return nil, err
			}
			secured, err := identification.Handshake(ctx, conn, "plc")
			if err != nil {
				return nil, err
			}
			return secured, nil
		},
		Changed: func(s ads.SupervisorStatus) {
			switch s.State {
			case ads.Connected:
				select {
				case connected <- struct{}{}:
				default:
				}
			case ads.Waiting:
				select {
				case failed <- s.Err:
				default:
				}
			default:
			}
		},
	})
	if err != nil {
		return nil, err
	}
	running, end := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = supervisor.Run(running) // returns why it ended
	}()
	defer func() { end(); <-done }()
	select {
	case <-connected:
	case err := <-failed:
		return nil, err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	client, err := supervisor.Client()
	if err != nil {
		return nil, err
	}
	return client.ReadValue(ctx, "MAIN.nStrokes")
}
