package tf6770_test

import (
	"context"
	"net"
	"os"
	"syscall"
	"testing"
	"time"

	"stellwerk/websocket/tf6770"
)

// What follows needs answers that Linux gives in a known way.
func init() {
	provocations = append(provocations, []provocation{
		{tf6770.SocketCreateProtocol, "a Dial function with a protocol that the kernel lacks", true, fails(func(_ *testing.T, p *plc) {
			p.Dial = dialSocket(syscall.SOCK_STREAM, 254)
		})},
		{tf6770.SocketCreateType, "a Dial function with a type of socket that the kernel lacks", true, fails(func(_ *testing.T, p *plc) {
			p.Dial = dialSocket(syscall.SOCK_SEQPACKET, 0)
		})},
		{tf6770.SocketCreate, "a process that may not open any more files", true, fails(func(t *testing.T, p *plc) {
			p.HostName = "127.0.0.1"
			p.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
				var limit syscall.Rlimit
				if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
					return nil, err
				}
				none := syscall.Rlimit{Cur: 1, Max: limit.Max}
				if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &none); err != nil {
					return nil, err
				}
				defer func() {
					if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
						t.Error(err)
					}
				}()
				return new(net.Dialer).DialContext(ctx, network, address)
			}
		})},
		{tf6770.SocketConnectionFailed, "an address of one link, without saying which", true, fails(func(t *testing.T, p *plc) {
			needIPv6(t)
			p.HostName = "fe80::1"
		})},
		{tf6770.SocketBind, "a Dial function with a local address of one link, without saying which", true, fails(func(t *testing.T, p *plc) {
			needIPv6(t)
			p.Dial = (&net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP("fe80::1")}}).DialContext
			p.HostName = "::1"
		})},
		{tf6770.SocketHostUnreachable, "an address that no route leads to", true, fails(func(_ *testing.T, p *plc) {
			p.HostName = "224.0.0.1" // of a group: TCP has no route to it
		})},
		{tf6770.SocketConnectionTimeout, "a host that does not answer the first packet", true, fails(func(t *testing.T, p *plc) {
			p.HostName = silentPort(t)
			p.ConnectResponseTimeout = 300 * time.Millisecond
		})},
	}...)
}

func needIPv6(t *testing.T) {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp6", "[::1]:0")
	if err != nil {
		t.Skipf("this machine has no IPv6: %v", err)
	}
	_ = listener.Close()
}

// dialSocket makes a socket of another kind than TCP.
func dialSocket(kind, protocol int) func(context.Context, string, string) (net.Conn, error) {
	return func(context.Context, string, string) (net.Conn, error) {
		socket, err := syscall.Socket(syscall.AF_INET, kind, protocol)
		if err == nil {
			_ = syscall.Close(socket)
			return nil, os.ErrExist // then it has to be another one
		}
		return nil, os.NewSyscallError("socket", err)
	}
}

// silentPort returns an address that drops connections: that of a listener whose
// queue is full.
func silentPort(t *testing.T) string {
	t.Helper()
	socket, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = syscall.Close(socket) })
	if err := syscall.Bind(socket, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Listen(socket, 0); err != nil {
		t.Fatal(err)
	}
	name, err := syscall.Getsockname(socket)
	if err != nil {
		t.Fatal(err)
	}
	address := (&net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: name.(*syscall.SockaddrInet4).Port}).String()
	for range 10 {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		conn, err := new(net.Dialer).DialContext(ctx, "tcp4", address)
		cancel()
		if err != nil {
			return address // full
		}
		t.Cleanup(func() { _ = conn.Close() })
	}
	t.Skip("the kernel takes more connections than a listener wants")
	return ""
}
