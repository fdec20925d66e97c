package secure_test

import (
	"context"
	"errors"
	"fmt"
	"net"

	"stellwerk/ads/ams"
	"stellwerk/ads/secure"
)

// connected returns the ends of a connection.
func connected() (here, there net.Conn, err error) {
	listener, err := new(net.ListenConfig).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, nil, err
	}
	defer listener.Close()
	if here, err = new(net.Dialer).DialContext(context.Background(), "tcp", listener.Addr().String()); err != nil {
		return nil, nil, err
	}
	there, err = listener.Accept()
	return here, there, err
}

// A panel connects to a press whose fingerprint it has been told.
func ExampleNewClient() {
	panel, err := certify("panel", nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	press, err := certify("press", nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	client, err := secure.NewClient(secure.ClientOptions{
		NetID: ams.NetID{192, 168, 0, 9, 1, 1}, Certificate: panel.certificate, Key: panel.key, Fingerprint: press.fingerprint,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	server, err := secure.NewServer(secure.ServerOptions{
		NetID: ams.NetID{192, 168, 0, 5, 1, 1}, Certificate: press.certificate, Key: press.key,
		Accept: func(*secure.Peer) error { return nil },
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	here, there, err := connected()
	if err != nil {
		fmt.Println(err)
		return
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		if conn, err := server.Handshake(context.Background(), there); err == nil {
			_ = conn.Close()
		}
	}()
	conn, err := client.Handshake(context.Background(), here, "press")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(client.Mode(), conn.Peer.NetID)
	_ = conn.Close()
	<-done
	// Output: self-signed 192.168.0.5.1.1
}

// A press takes the machines whose fingerprint it knows, and no other.
func ExampleNewServer() {
	press, err := certify("press", nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	server, err := secure.NewServer(secure.ServerOptions{
		NetID: ams.NetID{192, 168, 0, 5, 1, 1}, Certificate: press.certificate, Key: press.key,
		Accept: func(*secure.Peer) error { return errors.New("this is not the panel") },
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	stranger, err := certify("stranger", nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	client, err := secure.NewClient(secure.ClientOptions{
		NetID: ams.NetID{192, 168, 0, 66, 1, 1}, Certificate: stranger.certificate, Key: stranger.key, Fingerprint: press.fingerprint,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	here, there, err := connected()
	if err != nil {
		fmt.Println(err)
		return
	}
	refused := make(chan error)
	go func() {
		_, err := client.Handshake(context.Background(), here, "press")
		refused <- err
	}()
	_, err = server.Handshake(context.Background(), there)
	fmt.Println(err)
	code, _ := errors.AsType[secure.Code](<-refused)
	fmt.Println(code)
	// Output:
	// secure ADS: accept: UNKNOWN_CERT (3): the certificate is not known: this is not the panel
	// UNKNOWN_CERT (3): the certificate is not known
}

// An ADS server takes connections from a listener that has made them secure.
func ExampleNewListener() {
	press, err := certify("press", nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	server, err := secure.NewServer(secure.ServerOptions{
		NetID: ams.NetID{192, 168, 0, 5, 1, 1}, Certificate: press.certificate, Key: press.key,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	tcp, err := new(net.ListenConfig).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Println(err)
		return
	}
	listener := secure.NewListener(tcp, server, &secure.ListenerOptions{Handshakes: 16})
	done := make(chan error)
	go func() {
		_, err := listener.Accept()
		done <- err
	}()
	_ = listener.Close()
	fmt.Println(errors.Is(<-done, net.ErrClosed))
	// Output: true
}
