package secure_test

import (
	"context"
	"encoding/hex"
	"io"
	"net"
	"os/exec"
	"testing"
	"time"

	"stellwerk/ads/ams"
	"stellwerk/ads/secure"
)

// openssl starts the program of OpenSSL with its pipes. It ends with the test.
func openssl(t *testing.T, arguments ...string) (in io.WriteCloser, out io.Reader) {
	t.Helper()
	if _, err := exec.LookPath("openssl"); err != nil {
		t.Skip("the program openssl is not installed")
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), 20*time.Second) // the cleanup comes later
	cmd := exec.CommandContext(ctx, "openssl", arguments...)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err = cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = in.Close()
		cancel()
		_ = cmd.Wait() // it was ended
	})
	return in, out
}

// TestServerOfOpenSSL connects to s_server with a pre-shared key.
func TestServerOfOpenSSL(t *testing.T) {
	engine := engines(t)
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	_ = listener.Close()
	in, out := openssl(t, "s_server", "-accept", address, "-quiet", "-nocert", "-naccept", "1", "-tls1_2",
		"-psk_identity", "panel", "-psk", hex.EncodeToString(secure.Key("panel", "Secret1")), "-cipher", "PSK-AES128-CBC-SHA256")
	ctx, cancel := context.WithTimeout(t.Context(), 15*time.Second)
	defer cancel()
	var conn net.Conn
	for {
		if conn, err = (&net.Dialer{}).DialContext(ctx, "tcp", address); err == nil {
			break
		}
		if ctx.Err() != nil {
			t.Fatal(err)
		}
		time.Sleep(20 * time.Millisecond)
	}
	said := make(chan secure.Info, 1)
	go func() {
		defer close(said)
		data := make([]byte, secure.InfoLength)
		if _, err := io.ReadFull(out, data); err != nil {
			return
		}
		info, err := secure.DecodeInfo(data)
		if err != nil {
			return
		}
		answer := secure.Info{Flags: secure.FlagResponse | secure.FlagAMSAllowed, Version: secure.Version, NetID: far, Host: "plc"}
		if _, err := in.Write(answer.Append(nil)); err == nil {
			said <- info
		}
	}()
	secured, err := newClient(t, secure.ClientOptions{Identity: "panel", Password: "Secret1"}, engine).Handshake(ctx, conn, "plc")
	if err != nil {
		t.Fatal(err)
	}
	if info := <-said; info.NetID != near || info.Host != "panel" || info.Flags != 0 {
		t.Errorf("s_server has seen %+v", info)
	}
	if secured.Peer.NetID != far || secured.Peer.Host != "plc" {
		t.Errorf("the client sees %+v", secured.Peer)
	}
	_ = secured.Close()
}

// TestClientOfOpenSSL takes s_client, which knows the key.
func TestClientOfOpenSSL(t *testing.T) {
	engine := engines(t)
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	in, out := openssl(t, "s_client", "-connect", listener.Addr().String(), "-quiet", "-tls1_2",
		"-psk_identity", "panel", "-psk", hex.EncodeToString(secure.Key("panel", "Secret1")), "-cipher", "PSK-AES256-CBC-SHA384")
	ours := secure.Info{Version: secure.Version, NetID: near, Host: "panel"}
	if _, err := in.Write(ours.Append(nil)); err != nil {
		t.Fatal(err)
	}
	conn, err := listener.Accept()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 15*time.Second)
	defer cancel()
	s := newServer(t, secure.ServerOptions{
		Passwords: func(identity string) (string, bool) { return "Secret1", identity == "panel" },
		Accept:    func(*secure.Peer) error { return nil },
	}, engine)
	secured, err := s.Handshake(ctx, conn)
	if err != nil {
		t.Fatal(err)
	}
	if p := secured.Peer; p.Identity != "panel" || p.NetID != near || p.Host != "panel" {
		t.Errorf("the server sees %+v", p)
	}
	data := make([]byte, secure.InfoLength)
	if _, err := io.ReadFull(out, data); err != nil {
		t.Fatal(err)
	}
	if info, err := secure.DecodeInfo(data); err != nil || info.NetID != far || info.Flags != secure.FlagResponse|secure.FlagAMSAllowed || info.Error != secure.CodeOK {
		t.Errorf("s_client has seen %+v, %v", info, err)
	}
	// Frames follow at once, without AMS/TCP headers.
	frame := ams.Frame{Header: ams.Header{Command: ams.ReadState, StateFlags: ams.RequestFlags}}
	if _, err := in.Write(frame.Append(nil, ams.Bare)); err != nil {
		t.Fatal(err)
	}
	if packet, err := ams.NewReader(secured, ams.Bare, 0).Next(); err != nil || packet.Frame.Command != ams.ReadState {
		t.Errorf("%+v, %v", packet, err)
	}
	_ = secured.Close()
}
