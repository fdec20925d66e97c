package tlsconf_test

import (
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"strings"
	"testing"

	"github.com/youmark/pkcs8"

	"stellwerk/tlsconf"
)

// TestReasons makes every mistake that settings can have.
func TestReasons(t *testing.T) {
	authority := issue(t, nil, nil)
	own := issue(t, authority, nil)
	stranger := issue(t, authority, nil)
	good := tlsconf.Settings{CA: authority.pem(), Certificate: own.pem(), Key: own.keyPEM(t)}
	secret := []byte{1, 2, 3}
	tests := map[string]struct {
		role   tlsconf.Role
		change func(*tlsconf.Settings)
		want   tlsconf.Reason // 0: none
		say    string
	}{
		"all well":                     {change: func(*tlsconf.Settings) {}},
		"nothing set":                  {change: func(s *tlsconf.Settings) { *s = tlsconf.Settings{} }},
		"a server":                     {role: tlsconf.Server, change: func(*tlsconf.Settings) {}},
		"no CA file":                   {change: func(s *tlsconf.Settings) { s.CA = "/nowhere/ca.pem" }, want: tlsconf.CANotFound, say: "/nowhere/ca.pem"},
		"CA is a directory":            {change: func(s *tlsconf.Settings) { s.CA = t.TempDir() }, want: tlsconf.CANotFound, say: "directory"},
		"CA is no certificate":         {change: func(s *tlsconf.Settings) { s.CA = file(t, "hello") }, want: tlsconf.CAInvalid, say: "neither PEM nor DER"},
		"CA is a key":                  {change: func(s *tlsconf.Settings) { s.CA = own.keyPEM(t) }, want: tlsconf.CAInvalid, say: "PRIVATE KEY"},
		"CA is broken":                 {change: func(s *tlsconf.Settings) { s.CA = file(t, "\x30\x82hello") }, want: tlsconf.CAInvalid, say: "setting"},
		"CA in DER":                    {change: func(s *tlsconf.Settings) { s.CA = file(t, string(authority.certificate.Raw)) }},
		"no certificate file":          {change: func(s *tlsconf.Settings) { s.Certificate = "/nowhere/own.pem" }, want: tlsconf.CertificateNotFound},
		"certificate is broken":        {change: func(s *tlsconf.Settings) { s.Certificate = file(t, "-") }, want: tlsconf.CertificateInvalid},
		"no key file":                  {change: func(s *tlsconf.Settings) { s.Key = "/nowhere/own.key" }, want: tlsconf.KeyNotFound},
		"certificate without key":      {change: func(s *tlsconf.Settings) { s.Key = "" }, want: tlsconf.KeyNotFound},
		"key without certificate":      {change: func(s *tlsconf.Settings) { s.Certificate = "" }, want: tlsconf.CertificateNotFound},
		"key of somebody else":         {change: func(s *tlsconf.Settings) { s.Key = stranger.keyPEM(t) }, want: tlsconf.KeyInvalid, say: "not the key"},
		"key is a certificate":         {change: func(s *tlsconf.Settings) { s.Key = own.pem() }, want: tlsconf.KeyInvalid},
		"key is broken":                {change: func(s *tlsconf.Settings) { s.Key = file(t, "\x30hello") }, want: tlsconf.KeyInvalid},
		"certificate without CA":       {change: func(s *tlsconf.Settings) { s.CA = "" }, want: tlsconf.Setup, say: "CA"},
		"... even unchecked":           {change: func(s *tlsconf.Settings) { s.CA, s.NoServerCertCheck = "", true }, want: tlsconf.Setup},
		"a server without CA":          {role: tlsconf.Server, change: func(s *tlsconf.Settings) { s.CA = "" }},
		"a server without certificate": {role: tlsconf.Server, change: func(s *tlsconf.Settings) { s.Certificate, s.Key = "", "" }, want: tlsconf.CertificateNotFound},
		"no CRL file":                  {change: func(s *tlsconf.Settings) { s.CRL = "/nowhere/crl.pem" }, want: tlsconf.CRLNotFound},
		"CRL is a certificate":         {change: func(s *tlsconf.Settings) { s.CRL = own.pem() }, want: tlsconf.CRLInvalid, say: "CERTIFICATE"},
		"CRL for nobody":               {role: tlsconf.Server, change: func(s *tlsconf.Settings) { s.CA, s.CRL = "", "x" }, want: tlsconf.Setup},
		"version":                      {change: func(s *tlsconf.Settings) { s.Version = "TLSv1.2" }},
		"SSL":                          {change: func(s *tlsconf.Settings) { s.Version = "sslv3" }, want: tlsconf.VersionInvalid, say: `"sslv3"`},
		"suite":                        {change: func(s *tlsconf.Settings) { s.Ciphers = "ECDHE-RSA-AES128-SHA:AES128-SHA256" }},
		"3DES":                         {change: func(s *tlsconf.Settings) { s.Ciphers = "AES128-SHA:DES-CBC3-SHA" }, want: tlsconf.CipherInvalid, say: "4026"},
		"3DES with a key":              {change: func(s *tlsconf.Settings) { s.Ciphers = "PSK-3DES-EDE-CBC-SHA" }, want: tlsconf.CipherInvalid, say: "3DES"},
		"3DES excluded":                {change: func(s *tlsconf.Settings) { s.Ciphers = "HIGH:!3DES" }, want: tlsconf.Setup, say: "expression"},
		"no suite":                     {change: func(s *tlsconf.Settings) { s.Ciphers = " : " }, want: tlsconf.CipherInvalid},
		"unknown suite":                {change: func(s *tlsconf.Settings) { s.Ciphers = "AES128-SHA:ROT13" }, want: tlsconf.CipherInvalid, say: "ROT13"},
		"suite beyond crypto/tls":      {change: func(s *tlsconf.Settings) { s.Ciphers = "DHE-RSA-AES128-SHA" }, want: tlsconf.Setup, say: "OpenSSL"},
		"suite of TLS 1.3":             {change: func(s *tlsconf.Settings) { s.Ciphers = "TLS_AES_128_GCM_SHA256" }, want: tlsconf.Setup, say: "OpenSSL"},
		"suite and version":            {change: func(s *tlsconf.Settings) { s.Ciphers, s.Version = "AES128-SHA", "tlsv1.3" }, want: tlsconf.CipherInvalid, say: "1.3"},
		"pre-shared key":               {change: func(s *tlsconf.Settings) { *s = tlsconf.Settings{PSKIdentity: "me", PSKKey: secret} }, want: tlsconf.Setup, say: "OpenSSL"},
		"key without identity":         {change: func(s *tlsconf.Settings) { *s = tlsconf.Settings{PSKKey: secret} }, want: tlsconf.PSKInvalid},
		"identity without key":         {change: func(s *tlsconf.Settings) { *s = tlsconf.Settings{PSKIdentity: "me"} }, want: tlsconf.PSKInvalid},
		"pre-shared key too long":      {change: func(s *tlsconf.Settings) { *s = tlsconf.Settings{PSKIdentity: "me", PSKKey: make([]byte, 65)} }, want: tlsconf.PSKInvalid, say: "64"},
		"identity too long": {change: func(s *tlsconf.Settings) {
			*s = tlsconf.Settings{PSKIdentity: strings.Repeat("x", 256), PSKKey: secret}
		}, want: tlsconf.PSKInvalid, say: "255"},
		"identity with 0":          {change: func(s *tlsconf.Settings) { *s = tlsconf.Settings{PSKIdentity: "a\x00b", PSKKey: secret} }, want: tlsconf.PSKInvalid},
		"pre-shared key beside CA": {change: func(s *tlsconf.Settings) { s.PSKIdentity, s.PSKKey = "me", secret }, want: tlsconf.Setup, say: "not both"},
		"pre-shared key with TLS 1.3": {change: func(s *tlsconf.Settings) {
			*s = tlsconf.Settings{PSKIdentity: "me", PSKKey: secret, Version: "tlsv1.3"}
		}, want: tlsconf.Setup},
		"pre-shared key, wrong version": {change: func(s *tlsconf.Settings) { *s = tlsconf.Settings{PSKIdentity: "me", PSKKey: secret, Version: "x"} }, want: tlsconf.VersionInvalid},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s := good
			test.change(&s)
			endpoint, err := tlsconf.New(s, test.role)
			if test.want == 0 {
				if err != nil || endpoint.Engine() != "crypto/tls" {
					t.Fatalf("New: %v", err)
				}
				return
			}
			found, ok := errors.AsType[*tlsconf.Error](err)
			if !ok || found.Reason != test.want || !strings.Contains(err.Error(), test.say) {
				t.Errorf("New: %v; want %v with %q", err, test.want, test.say)
			}
		})
	}
}

// TestKeys reads one key in every form that tools write.
func TestKeys(t *testing.T) {
	authority := issue(t, nil, nil)
	own := issue(t, authority, nil)
	sec1, err := x509.MarshalECPrivateKey(own.key.(*ecdsa.PrivateKey))
	if err != nil {
		t.Fatal(err)
	}
	encrypted, err := pkcs8.MarshalPrivateKey(own.key, []byte("secret"), nil)
	if err != nil {
		t.Fatal(err)
	}
	old, err := x509.EncryptPEMBlock(rand.Reader, "EC PRIVATE KEY", sec1, []byte("secret"), x509.PEMCipherAES128) //nolint:staticcheck // as old tools do
	if err != nil {
		t.Fatal(err)
	}
	text := func(label string, der []byte) string {
		return string(pem.EncodeToMemory(&pem.Block{Type: label, Bytes: der}))
	}
	parameters := text("EC PARAMETERS", []byte{6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7})
	for name, key := range map[string]string{
		"PKCS 8":                     own.keyPEM(t),
		"PKCS 8, DER":                file(t, string(own.keyDER(t))),
		"PKCS 8, encrypted":          text("ENCRYPTED PRIVATE KEY", encrypted),
		"PKCS 8, encrypted, DER":     file(t, string(encrypted)),
		"SEC 1 behind parameters":    parameters + text("EC PRIVATE KEY", sec1),
		"SEC 1, DER":                 file(t, string(sec1)),
		"SEC 1, encrypted as of old": string(pem.EncodeToMemory(old)),
	} {
		t.Run(name, func(t *testing.T) {
			s := tlsconf.Settings{CA: authority.pem(), Certificate: own.pem(), Key: key, KeyPassword: "secret"}
			if _, err := tlsconf.New(s, tlsconf.Client); err != nil {
				t.Error(err)
			}
			if !strings.Contains(name, "encrypted") {
				return
			}
			for _, password := range []string{"", "wrong"} {
				s.KeyPassword = password
				_, err := tlsconf.New(s, tlsconf.Client)
				if found, ok := errors.AsType[*tlsconf.Error](err); !ok || found.Reason != tlsconf.KeyInvalid {
					t.Errorf("with password %q: %v", password, err)
				}
			}
		})
	}
}
