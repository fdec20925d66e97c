package websocket

import (
	"encoding/hex"
	"errors"
	"fmt"

	"stellwerk/tlsconf"
	"stellwerk/tlsconf/libssl"
)

// TLS are the settings of encryption, those of package tlsconf. Paths start from
// the directory in which the program runs.
type TLS struct {
	CA          string `yaml:"ca" help:"file with the certificates of the authorities that the peer's must come from; a server that has one demands certificates of its clients" example:"ca.pem"`
	Certificate string `yaml:"certificate" help:"file with our own certificate" example:"station.pem"`
	Key         string `yaml:"key" help:"file with the private key of the certificate" example:"station.key"`
	KeyPassword string `yaml:"key_password" help:"password of the key"`
	CRL         string `yaml:"crl" help:"file with lists of certificates that were revoked"`
	Ciphers     string `yaml:"ciphers" help:"cipher list as OpenSSL writes it"`
	Version     string `yaml:"version" help:"tlsv1.2 or tlsv1.3, exactly; without it either" example:"tlsv1.3"`
	Insecure    bool   `yaml:"insecure" help:"take any certificate of the server: nobody knows then who it is"`
	PSKIdentity string `yaml:"psk_identity" help:"identity of a pre-shared key, in the place of certificates"`
	PSKKey      string `yaml:"psk_key" help:"the pre-shared key in hexadecimal, 1 to 64 octets"`
}

// keys are the keys of settings that a reason is about.
var keys = map[tlsconf.Reason]string{
	tlsconf.CANotFound: ".ca", tlsconf.CAInvalid: ".ca",
	tlsconf.CertificateNotFound: ".certificate", tlsconf.CertificateInvalid: ".certificate",
	tlsconf.KeyNotFound: ".key", tlsconf.KeyInvalid: ".key",
	tlsconf.CRLNotFound: ".crl", tlsconf.CRLInvalid: ".crl",
	tlsconf.CipherInvalid: ".ciphers", tlsconf.VersionInvalid: ".version", tlsconf.PSKInvalid: ".psk_key",
}

// check reports what is wrong; keys begin with a dot, and "" stands for all of it.
func (t *TLS) check(role string, report func(key, text string)) {
	if _, err := t.endpoint(role); err != nil {
		key := ""
		if wrong, ok := errors.AsType[*tlsconf.Error](err); ok {
			key = keys[wrong.Reason]
		}
		report(key, err.Error())
	}
}

// endpoint makes what puts TLS on connections.
func (t *TLS) endpoint(role string) (*tlsconf.Endpoint, error) {
	key, err := hex.DecodeString(t.PSKKey)
	if err != nil {
		return nil, &tlsconf.Error{Reason: tlsconf.PSKInvalid, Err: fmt.Errorf("psk_key: %w", err)}
	}
	var engines []tlsconf.Engine
	if engine, err := libssl.Load(); err == nil {
		engines = append(engines, engine)
	}
	of := tlsconf.Client
	if role == roleServer {
		of = tlsconf.Server
	}
	return tlsconf.New(tlsconf.Settings{
		CA: t.CA, Certificate: t.Certificate, Key: t.Key, KeyPassword: t.KeyPassword, CRL: t.CRL,
		Ciphers: t.Ciphers, Version: t.Version, NoServerCertCheck: t.Insecure,
		PSKIdentity: t.PSKIdentity, PSKKey: key,
	}, of, engines...)
}
