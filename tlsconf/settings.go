package tlsconf

import "crypto/x509"

// Settings are ST_IotSocketTls. Certificates, keys and lists are given as the
// name of a file in PEM or DER, or as the PEM text itself, which begins with
// "-----BEGIN".
type Settings struct {
	// CA (sCA) holds the certificates of the authorities that the peer's
	// certificate must come from; self-signed ones stand for themselves. A
	// server that has one demands certificates of its clients.
	CA string
	// Certificate (sCert) is the own one, with its intermediate authorities
	// behind it where it is PEM. It requires a CA on the client's side.
	Certificate string
	// Key (sKeyFile) is the private key of the certificate: PKCS #8, PKCS #1
	// or SEC 1, encrypted or not.
	Key string
	// KeyPassword (sKeyPwd) decrypts the key.
	KeyPassword string
	// CRL (sCrl) holds certificate revocation lists.
	CRL string
	// Ciphers (sCiphers) is a cipher list as OpenSSL writes it: names of
	// suites, separated by colons. Empty leaves the choice to the engine.
	Ciphers string
	// Version (sVersion) is "tlsv1", "tlsv1.1", "tlsv1.2" or "tlsv1.3". Empty
	// is 1.2 or 1.3, whichever the peer has and the named suites are for;
	// TwinCAT's default is "tlsv1.2".
	Version string
	// NoServerCertCheck (bNoServerCertCheck) lets a client accept any
	// certificate.
	NoServerCertCheck bool
	// PSKIdentity and PSKKey (sPskIdentity, aPskKey, nPskKeyLen) are the
	// identity, up to 255 octets, and the pre-shared key, 1 to 64 octets. They
	// take the place of certificates.
	PSKIdentity string
	PSKKey      []byte
	// PSKKeys returns the key that a server has for an identity, nil for one
	// that is not known. It takes the place of PSKIdentity and PSKKey, and is
	// called by several goroutines at once. Function blocks do not have it.
	PSKKeys func(identity string) []byte
	// Judge decides about the peer's certificates, its own first, in place of a
	// CA: an error refuses. A server that has one demands certificates of its
	// clients. It is called by several goroutines at once. Function blocks do
	// not have it; machines that know each other by fingerprints do.
	Judge func(peer []*x509.Certificate) error
}

// Enabled reports whether any setting is made, which is how TwinCAT programs
// switch TLS on.
func (s Settings) Enabled() bool {
	return s.CA != "" || s.Certificate != "" || s.Key != "" || s.KeyPassword != "" || s.CRL != "" ||
		s.Ciphers != "" || s.NoServerCertCheck || s.PSKIdentity != "" || len(s.PSKKey) > 0 || s.PSKKeys != nil || s.Judge != nil
}

// Role is the part of this side in the handshake.
type Role uint8

// The roles.
const (
	Client Role = iota
	Server
)

// String returns "client" or "server".
func (r Role) String() string {
	if r == Server {
		return "server"
	}
	return "client"
}
