package interop

import (
	"bufio"
	"errors"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"stellwerk/tlsconf"
)

// plantAuthority is an authority that openssl runs: with a good certificate, a
// revoked one, and the list that says so.
type plantAuthority struct {
	t   *testing.T
	dir string
}

// authorityConfig is that of openssl ca.
const authorityConfig = `[ca]
default_ca = plant
[plant]
database = index.txt
certificate = ca.pem
private_key = ca.key
default_md = sha256
default_crl_days = 1
crlnumber = number
[req]
distinguished_name = name
[name]
[authority]
basicConstraints = critical, CA:true
keyUsage = keyCertSign, cRLSign
[own]
subjectAltName = DNS:station.example
keyUsage = digitalSignature
`

func newPlantAuthority(t *testing.T) *plantAuthority {
	t.Helper()
	a := &plantAuthority{t, t.TempDir()}
	for name, content := range map[string]string{"ca.cnf": authorityConfig, "index.txt": "", "number": "01\n"} {
		if err := os.WriteFile(a.file(name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	key := []string{"-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-config", "ca.cnf"}
	a.openssl(append([]string{"req", "-x509", "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=plant authority", "-extensions", "authority", "-days", "1"}, key...)...)
	for _, name := range []string{"good", "revoked"} {
		a.openssl(append([]string{"req", "-new", "-keyout", name + ".key", "-out", name + ".csr", "-subj", "/CN=station.example"}, key...)...)
		a.openssl("x509", "-req", "-in", name+".csr", "-out", name+".pem", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "1", "-extfile", "ca.cnf", "-extensions", "own")
	}
	a.openssl("ca", "-config", "ca.cnf", "-gencrl", "-out", "nobody.pem")
	a.openssl("ca", "-config", "ca.cnf", "-revoke", "revoked.pem", "-crl_reason", "keyCompromise")
	a.openssl("ca", "-config", "ca.cnf", "-gencrl", "-out", "list.pem")
	a.openssl("crl", "-in", "list.pem", "-outform", "DER", "-out", "list.crl")
	return a
}

func (a *plantAuthority) file(name string) string { return filepath.Join(a.dir, name) }

func (a *plantAuthority) openssl(arguments ...string) {
	a.t.Helper()
	command := exec.CommandContext(a.t.Context(), "openssl", arguments...)
	command.Dir = a.dir
	if output, err := command.CombinedOutput(); err != nil {
		a.t.Fatalf("openssl %v: %v\n%s", arguments, err, output)
	}
}

// TestOpenSSLRevocation reads the lists that openssl makes, in both forms, and
// holds the certificates of its server and of its client against them, with
// either engine.
func TestOpenSSLRevocation(t *testing.T) {
	if _, err := exec.LookPath("openssl"); err != nil {
		t.Skip("the program openssl is not installed")
	}
	a := newPlantAuthority(t)
	for _, test := range []struct {
		list, peer string
		fails      bool
	}{{"", "revoked", false}, {"nobody.pem", "revoked", false}, {"list.pem", "good", false}, {"list.pem", "revoked", true}, {"list.crl", "good", false}, {"list.crl", "revoked", true}} {
		for _, engine := range []string{"crypto/tls", "libssl"} {
			t.Run(test.peer+" "+test.list+"/"+engine, func(t *testing.T) {
				ciphers, engines := engineFor(t, engine)
				s := tlsconf.Settings{Ciphers: ciphers, Version: "tlsv1.2", CA: a.file("ca.pem")}
				if test.list != "" {
					s.CRL = a.file(test.list)
				}
				peer := []string{"-cert", a.file(test.peer + ".pem"), "-key", a.file(test.peer + ".key"), "-quiet"}

				client, err := tlsconf.New(s, tlsconf.Client, engines...)
				if err != nil {
					t.Fatal(err)
				}
				conn, err := client.Client(within(t), dialRetrying(t, opensslServer(t, append(peer, "-rev")...)), "station.example")
				if judged(t, err, test.fails) && err == nil {
					defer conn.Close()
					if _, err := io.WriteString(conn, "Stellwerk\n"); err != nil {
						t.Fatal(err)
					}
					if line, err := bufio.NewReader(conn).ReadString('\n'); line != "krewlletS\n" {
						t.Errorf("it answers %q, %v", line, err)
					}
				}

				s.Certificate, s.Key = a.file("good.pem"), a.file("good.key")
				server, err := tlsconf.New(s, tlsconf.Server, engines...)
				if err != nil {
					t.Fatal(err)
				}
				listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
				if err != nil {
					t.Fatal(err)
				}
				defer listener.Close()
				process := exec.CommandContext(t.Context(), "openssl", append([]string{"s_client", "-connect", listener.Addr().String()}, peer...)...)
				if _, err := process.StdinPipe(); err != nil { // otherwise it ends at once
					t.Fatal(err)
				}
				if err := process.Start(); err != nil {
					t.Fatal(err)
				}
				defer func() {
					_ = process.Process.Kill()
					_ = process.Wait()
				}()
				raw, err := listener.Accept()
				if err != nil {
					t.Fatal(err)
				}
				secure, err := server.Server(within(t), raw)
				if judged(t, err, test.fails) && err == nil {
					_ = secure.Close()
				}
			})
		}
	}
}

// judged reports whether a handshake has ended as it must.
func judged(t *testing.T, err error, fails bool) bool {
	t.Helper()
	failed, ok := errors.AsType[*tlsconf.Error](err)
	switch {
	case !fails && err != nil:
		t.Errorf("it is not trusted: %v", err)
	case fails && (!ok || failed.Reason != tlsconf.VerifyFail):
		t.Errorf("the revoked certificate: %v", err)
	default:
		return true
	}
	return false
}
