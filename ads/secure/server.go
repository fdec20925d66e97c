package secure

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"stellwerk/ads/ams"
	"stellwerk/tlsconf"
)

// ServerOptions are the settings of a [Server]. With Passwords or Keys machines
// know each other by pre-shared keys, with a CA by an authority, else by
// fingerprints.
type ServerOptions struct {
	// NetID and Host are what this machine calls itself; NetID is required, Host
	// has up to 32 octets of ASCII.
	NetID ams.NetID
	Host  string
	// Certificate, Key, KeyPassword, CA and CRL are as in [ClientOptions].
	Certificate, Key, KeyPassword string
	CA, CRL                       string
	// Passwords returns the password of an identity, which make its pre-shared
	// key, see [Key]. Keys returns the key itself, nil for an identity that is
	// not known; it takes the place of Passwords.
	Passwords func(identity string) (password string, ok bool)
	Keys      func(identity string) []byte
	// Accept decides about a machine. An error refuses it; a [Code] in it is
	// what the machine is told. Nil refuses all.
	Accept func(*Peer) error
	// AddRemote enters a machine that asks for it with user and password, as
	// [Client.AddRemote] does. An error refuses it. Nil refuses all, as unknown
	// users.
	AddRemote func(p *Peer, user, password string) error
	// Wait is how long a machine may take for the handshakes. Zero is 10 s.
	Wait time.Duration
}

// Server takes connections of other machines. It is safe for concurrent use.
type Server struct {
	options  ServerOptions
	mode     Mode
	endpoint *tlsconf.Endpoint
}

// NewServer checks the options and reads their files. Pre-shared keys need an
// engine other than crypto/tls.
func NewServer(options ServerOptions, engines ...tlsconf.Engine) (*Server, error) {
	const op = "server options"
	s := &Server{options: options, mode: SelfSigned}
	if options.NetID.IsZero() {
		return nil, fail(op, "this machine has no NetId")
	}
	if err := (&Info{Host: options.Host}).Check(); err != nil {
		return nil, fail(op, "%w", err)
	}
	if options.Wait == 0 {
		s.options.Wait = 10 * time.Second
	}
	settings := own{options.Certificate, options.Key, options.KeyPassword}.settings()
	switch {
	case options.Keys != nil:
		s.mode = PreShared
		settings.Ciphers, settings.PSKKeys = suites, options.Keys
	case options.Passwords != nil:
		s.mode = PreShared
		settings.Ciphers = suites
		settings.PSKKeys = func(identity string) []byte {
			password, ok := options.Passwords(identity)
			if !ok {
				return nil
			}
			return Key(identity, password)
		}
	case options.CA != "":
		s.mode = Authority
		settings.CA, settings.CRL = options.CA, options.CRL
	default:
		// Whether the fingerprint is known is decided when the machine has said
		// who it is.
		settings.Judge = judge(func(string) error { return nil })
	}
	var err error
	if s.endpoint, err = tlsconf.New(settings, tlsconf.Server, engines...); err != nil {
		return nil, fail(op, "%w", err)
	}
	return s, nil
}

// Mode returns how the server knows other machines.
func (s *Server) Mode() Mode { return s.mode }

// ErrAdded says that a connection was there to enter a machine, and that this
// is done. The machine connects again.
var ErrAdded = errors.New("the machine has been entered, and connects again")

// Handshake makes a connection secure, on which AMS frames of the peer's NetId
// follow then. It owns conn: where it fails, or ctx ends, the connection is
// closed. Errors are of type [*Error]; what the machine was told is a [Code].
func (s *Server) Handshake(ctx context.Context, conn net.Conn) (*Conn, error) {
	const op = "accept"
	ctx, cancel := context.WithTimeout(ctx, s.options.Wait)
	defer cancel()
	tls, err := s.endpoint.Server(ctx, conn)
	if err != nil {
		return nil, fail(op, "%w", err)
	}
	var peer Peer
	err = within(ctx, tls, func() error {
		info, err := readInfo(tls)
		if err != nil {
			return err
		}
		peer = peerOf(tls, s.mode, &info)
		verdict := s.decide(&peer, &info)
		answer := Info{Flags: FlagResponse | info.Flags&FlagSelfSigned, Version: Version, NetID: s.options.NetID, Host: s.options.Host}
		switch {
		case verdict == nil:
			answer.Flags |= FlagAMSAllowed
		case !errors.Is(verdict, ErrAdded):
			answer.Error = s.codeOf(verdict)
		}
		if _, err := tls.Write(answer.Append(nil)); err != nil {
			return err
		}
		return verdict
	})
	if err != nil {
		_ = tls.Close() // the reason is known
		e := &Error{Op: op, Err: err}
		if code, ok := errors.AsType[Code](err); ok {
			e.Code = code
		}
		return nil, e
	}
	return &Conn{Conn: tls, Peer: peer}, nil
}

// decide says whether a machine is taken.
func (s *Server) decide(p *Peer, info *Info) error {
	switch {
	case info.Flags&FlagResponse != 0:
		return errors.New("the machine begins with an answer")
	case info.Version != Version:
		return CodeVersion
	case info.NetID.IsZero():
		return refusal(CodeCertificate, errors.New("the machine does not say its NetId"))
	case info.Flags&FlagAddRemote != 0:
		if s.mode != SelfSigned || s.options.AddRemote == nil {
			return CodeUser
		}
		if err := s.options.AddRemote(p, info.User, info.Password); err != nil {
			return refusal(CodeUser, err)
		}
		return ErrAdded
	case s.options.Accept == nil:
		return s.codeOf(nil)
	}
	if err := s.options.Accept(p); err != nil {
		return refusal(s.codeOf(err), err)
	}
	return nil
}

// refusal is one sentence: what the machine is told, and why.
func refusal(code Code, err error) error {
	if errors.Is(err, code) {
		return err // says it
	}
	return fmt.Errorf("%w: %w", code, err)
}

// codeOf returns what a machine is told that is refused.
func (s *Server) codeOf(err error) Code {
	if code, ok := errors.AsType[Code](err); ok && code != CodeOK {
		return code
	}
	if s.mode == PreShared {
		return CodeUser
	}
	return CodeCertificate
}
