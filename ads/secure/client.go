package secure

import (
	"context"
	"errors"
	"fmt"
	"net"

	"stellwerk/ads/ams"
	"stellwerk/tlsconf"
)

// ClientOptions are the settings of a [Client]. With an identity machines know
// each other by a pre-shared key, with a CA by an authority, else by
// fingerprints.
type ClientOptions struct {
	// NetID and Host are what this machine calls itself; NetID is required, Host
	// has up to 32 octets of ASCII.
	NetID ams.NetID
	Host  string
	// Certificate and Key are those of this machine, as files or PEM texts, see
	// [tlsconf.Settings]; KeyPassword decrypts the key.
	Certificate, Key, KeyPassword string
	// CA holds the certificates of the authority, CRL those that it has revoked.
	CA, CRL string
	// ServerName is the name in the certificate of the other machine; empty is
	// the host that was called.
	ServerName string
	// Fingerprint is that of the other machine's certificate.
	Fingerprint string
	// Trust decides about the fingerprint of a machine where none is set, for
	// instance by asking somebody. Without both nobody is trusted.
	Trust func(fingerprint string) error
	// Identity and Password make a pre-shared key, see [Key]; PSK is the key
	// itself, 1 to 64 octets, in the place of a password.
	Identity, Password string
	PSK                []byte
}

// Client makes connections to other machines. It is safe for concurrent use.
type Client struct {
	options  ClientOptions
	mode     Mode
	endpoint *tlsconf.Endpoint
}

// NewClient checks the options and reads their files. Pre-shared keys need an
// engine other than crypto/tls.
func NewClient(options ClientOptions, engines ...tlsconf.Engine) (*Client, error) {
	const op = "client options"
	c := &Client{options: options, mode: SelfSigned}
	if options.NetID.IsZero() {
		return nil, fail(op, "this machine has no NetId")
	}
	if err := (&Info{Host: options.Host}).Check(); err != nil {
		return nil, fail(op, "%w", err)
	}
	s := own{options.Certificate, options.Key, options.KeyPassword}.settings()
	switch {
	case options.Identity != "" && (options.CA != "" || options.Fingerprint != ""):
		return nil, fail(op, "an identity, a CA and a fingerprint are three ways to know a machine; choose one")
	case options.Identity != "":
		c.mode = PreShared
		s.PSKIdentity, s.PSKKey, s.Ciphers = options.Identity, options.PSK, suites
		if len(options.PSK) == 0 {
			s.PSKKey = Key(options.Identity, options.Password)
		}
	case options.CA != "" && options.Fingerprint != "":
		return nil, fail(op, "an authority or a fingerprint, not both")
	case options.CA != "":
		c.mode = Authority
		s.CA, s.CRL = options.CA, options.CRL
	case options.Certificate == "":
		return nil, fail(op, "a certificate of this machine is needed where there is no identity")
	default:
		if options.Fingerprint != "" {
			if err := CheckFingerprint(options.Fingerprint); err != nil {
				return nil, fail(op, "%w", err)
			}
		} else if options.Trust == nil {
			return nil, fail(op, "the fingerprint of the other machine is not known; \"stellwerk ads scan\" prints it")
		}
		s.Judge = judge(c.trust)
	}
	var err error
	if c.endpoint, err = tlsconf.New(s, tlsconf.Client, engines...); err != nil {
		return nil, fail(op, "%w", err)
	}
	return c, nil
}

// Mode returns how the client knows the other machine.
func (c *Client) Mode() Mode { return c.mode }

// trust decides about a fingerprint.
func (c *Client) trust(fingerprint string) error {
	switch {
	case c.options.Fingerprint == "":
		return c.options.Trust(fingerprint)
	case !SameFingerprint(c.options.Fingerprint, fingerprint):
		return fmt.Errorf("the machine has the fingerprint %s, which is another than %s", fingerprint, plain(c.options.Fingerprint))
	}
	return nil
}

// Handshake makes a connection secure, on which AMS frames follow then. It owns
// conn: where it fails, or ctx ends, the connection is closed. Host is what was
// called. Errors are of type [*Error]; a machine that refuses is a [Code].
func (c *Client) Handshake(ctx context.Context, conn net.Conn, host string) (*Conn, error) {
	info := c.info()
	return c.shake(ctx, "connect", conn, host, &info)
}

// AddRemote has the other machine enter this one, by a user of it and the
// password, so that it knows the fingerprint from then on. It closes conn, which
// is for nothing else. Only machines that know each other by fingerprints need
// it.
func (c *Client) AddRemote(ctx context.Context, conn net.Conn, host, user, password string) error {
	const op = "add this machine"
	if c.mode != SelfSigned {
		return errors.Join(fail(op, "this is for machines that know each other by fingerprints, not by %s", c.mode), conn.Close())
	}
	info := c.info()
	info.Flags |= FlagAddRemote
	info.User, info.Password = user, password
	if info.Host == "" {
		info.Flags |= FlagIPAddress
	}
	if err := info.Check(); err != nil {
		return errors.Join(fail(op, "%w", err), conn.Close())
	}
	secure, err := c.shake(ctx, op, conn, host, &info)
	if err != nil {
		return err
	}
	_ = secure.Close() // all has been said
	return nil
}

func (c *Client) info() Info {
	info := Info{Version: Version, NetID: c.options.NetID, Host: c.options.Host}
	if c.mode == SelfSigned {
		info.Flags = FlagSelfSigned
	}
	return info
}

func (c *Client) shake(ctx context.Context, op string, conn net.Conn, host string, info *Info) (*Conn, error) {
	if c.options.ServerName != "" {
		host = c.options.ServerName
	}
	tls, err := c.endpoint.Client(ctx, conn, host)
	if err != nil {
		return nil, fail(op, "%w", err)
	}
	var answer Info
	err = within(ctx, tls, func() error {
		if _, err := tls.Write(info.Append(nil)); err != nil {
			return err
		}
		var err error
		answer, err = readInfo(tls)
		return err
	})
	switch {
	case err != nil:
		err = fail(op, "%w", err)
	case answer.Flags&FlagResponse == 0:
		err = fail(op, "the machine answers with a question (%s)", answer.Flags)
	case answer.Error != CodeOK:
		err = refused(op, answer.Error)
	case answer.Version != Version:
		err = fail(op, "the machine has version %d of secure ADS, not %d", answer.Version, Version)
	default:
		return &Conn{Conn: tls, Peer: peerOf(tls, c.mode, &answer)}, nil
	}
	_ = tls.Close() // the reason is known
	return nil, err
}
