package secure

import (
	"context"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"time"

	"stellwerk/ads/ams"
	"stellwerk/tlsconf"
)

// Conn is a connection on which both have said who they are. AMS frames follow
// without AMS/TCP headers.
type Conn struct {
	tlsconf.Conn
	// Peer is the other machine.
	Peer Peer
}

// Peer is what is known of the other machine.
type Peer struct {
	Mode       Mode
	NetID      ams.NetID // as it says
	Host       string    // as it says
	Flags      Flags     // as it says
	Address    net.Addr  // that it connects from, or was called by
	Identity   string    // of the pre-shared key, proven
	CommonName string    // of its certificate, proven by an authority
	// Fingerprint is that of its certificate, empty without one; that it has the
	// key to it is proven.
	Fingerprint string
}

func peerOf(tls tlsconf.Conn, mode Mode, info *Info) Peer {
	state := tls.State()
	p := Peer{Mode: mode, NetID: info.NetID, Host: info.Host, Flags: info.Flags, Address: tls.RemoteAddr(), Identity: state.PSKIdentity}
	if len(state.Peer) > 0 {
		p.Fingerprint = Fingerprint(state.Peer[0])
		if certificate, err := x509.ParseCertificate(state.Peer[0]); err == nil {
			p.CommonName = certificate.Subject.CommonName
		}
	}
	return p
}

// readInfo reads an info, and nothing behind it.
func readInfo(r io.Reader) (Info, error) {
	data := make([]byte, InfoLength, MaxInfo)
	if _, err := io.ReadFull(r, data); err != nil {
		return Info{}, fmt.Errorf("the machine does not say who it is: %w", err)
	}
	length, err := infoLength(data)
	if err != nil {
		return Info{}, err
	}
	data = append(data, make([]byte, length-InfoLength)...)
	if _, err := io.ReadFull(r, data[InfoLength:]); err != nil {
		return Info{}, fmt.Errorf("user and password are missing: %w", err)
	}
	return DecodeInfo(data)
}

// within runs f on a connection, which ends with ctx.
func within(ctx context.Context, conn net.Conn, f func() error) error {
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	err := f()
	if !stop() {
		return context.Cause(ctx)
	}
	return err
}
