package secure_test

import (
	"fmt"

	"stellwerk/ads/ams"
	"stellwerk/ads/secure"
	"stellwerk/tlsconf/libssl"
)

func ExampleNewClient() {
	engine, err := libssl.Load()
	if err != nil {
		fmt.Println(err)
		return
	}
	client, err := secure.NewClient(secure.ClientOptions{
		NetID: ams.NetID{192, 168, 0, 9, 1, 1}, Identity: "panel", Password: "secret",
	}, engine)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(client.Mode())
	// conn, err := client.Handshake(ctx, tcp, "192.168.0.5")
}

func ExampleNewServer() {
	engine, err := libssl.Load()
	if err != nil {
		fmt.Println(err)
		return
	}
	server, err := secure.NewServer(secure.ServerOptions{
		NetID:     ams.NetID{192, 168, 0, 5, 1, 1},
		Passwords: func(identity string) (string, bool) { return "secret", identity == "panel" },
		Accept:    func(p *secure.Peer) error { return nil },
	}, engine)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(server.Mode())
	// conn, err := server.Handshake(ctx, tcp)
}
