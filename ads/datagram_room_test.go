package ads

import (
	"net"
	"testing"
)

// What waits for peers together is bounded, and given back when they go.
func TestDatagramsThatWaitAreBounded(t *testing.T) {
	l := &DatagramListener{known: make(map[string]*datagramPeer)}
	var peers []*datagramPeer
	for i := range 3 {
		outside, inside := net.Pipe()
		p := &datagramPeer{
			Conn: outside, inside: inside, listener: l, remote: &net.UDPAddr{Port: i + 1},
			inbox: make(chan []byte, datagramInbox), gone: make(chan struct{}),
		}
		l.known[p.remote.String()] = p
		peers = append(peers, p)
	}
	datagram := make([]byte, MaxDatagram)
	for _, p := range peers {
		for range datagramInbox + 1 {
			l.deliver(p, datagram)
		}
	}
	if got := l.wait.Load(); got > datagramWait || got < datagramWait-MaxDatagram {
		t.Errorf("%d octets wait, %d may", got, datagramWait)
	}
	for _, p := range peers {
		_ = p.Close() // always nil
		l.deliver(p, datagram)
	}
	if got := l.wait.Load(); got != 0 {
		t.Errorf("%d octets are held by nobody", got)
	}
}
