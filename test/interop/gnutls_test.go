package interop

import (
	"bufio"
	"crypto/tls"
	"encoding/hex"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"stellwerk/tlsconf"
	"stellwerk/tlsconf/libssl"
)

// gnutlsCase is what one connection with GnuTLS is to agree on.
type gnutlsCase struct {
	name           string
	version        uint16
	client, server tlsconf.Settings
	// arguments are those of gnutls-serv and of gnutls-cli, apart from the port.
	serv, cli []string
}

// gnutlsCases are the suites of TwinCAT 4026, TLS 1.3, and certificates of
// clients.
func gnutlsCases(t *testing.T) (all []gnutlsCase) {
	rsa, ecdsa, user := certificateFor(t, "RSA"), certificateFor(t, "ECDSA"), certificateFor(t, "ECDSA")
	passwords := filepath.Join(t.TempDir(), "psk.txt")
	if err := os.WriteFile(passwords, []byte("station:"+hex.EncodeToString(sharedKey)+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	own := func(files pemFiles) []string {
		return []string{"--x509certfile=" + files.certificate, "--x509keyfile=" + files.key}
	}
	check := func(files pemFiles) []string {
		return []string{"--x509cafile=" + files.certificate, "--sni-hostname=station.example", "--verify-hostname=station.example"}
	}
	for _, suite := range tlsconf.Suites() {
		if !suite.TwinCAT {
			continue
		}
		c := gnutlsCase{name: suite.Name, version: tls.VersionTLS12}
		const twelve = "--priority=NORMAL:-VERS-ALL:+VERS-TLS1.2:+SHA256:+SHA384"
		if suite.PSK() {
			psk := tlsconf.Settings{Version: "tlsv1.2", Ciphers: suite.Name, PSKIdentity: "station", PSKKey: sharedKey}
			c.client, c.server = psk, psk
			c.serv = []string{twelve + ":-KX-ALL:+PSK", "--pskpasswd=" + passwords}
			c.cli = []string{twelve + ":-KX-ALL:+PSK", "--pskusername=station", "--pskkey=" + hex.EncodeToString(sharedKey)}
		} else {
			files := rsa
			if strings.Contains(suite.Name, "ECDSA") {
				files = ecdsa
			}
			c.client = tlsconf.Settings{Version: "tlsv1.2", Ciphers: suite.Name, CA: files.certificate}
			c.server = tlsconf.Settings{Version: "tlsv1.2", Ciphers: suite.Name, Certificate: files.certificate, Key: files.key}
			c.serv = append([]string{twelve}, own(files)...)
			c.cli = append([]string{twelve}, check(files)...)
		}
		all = append(all, c)
	}
	return append(all,
		gnutlsCase{
			name: "TLS 1.3", version: tls.VersionTLS13,
			client: tlsconf.Settings{CA: ecdsa.certificate}, server: tlsconf.Settings{Certificate: ecdsa.certificate, Key: ecdsa.key},
			serv: own(ecdsa), cli: check(ecdsa),
		},
		gnutlsCase{
			name: "certificate of the client", version: tls.VersionTLS12,
			client: tlsconf.Settings{Version: "tlsv1.2", CA: rsa.certificate, Certificate: user.certificate, Key: user.key},
			server: tlsconf.Settings{Version: "tlsv1.2", Certificate: rsa.certificate, Key: rsa.key, CA: user.certificate},
			serv:   append(own(rsa), "--require-client-cert", "--verify-client-cert", "--x509cafile="+user.certificate),
			cli:    append(check(rsa), own(user)...),
		},
	)
}

// TestGnuTLS agrees with gnutls-serv and gnutls-cli, with the engine that the
// settings choose.
func TestGnuTLS(t *testing.T) {
	for _, program := range []string{"gnutls-serv", "gnutls-cli"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("the program %s is missing: apt-get install gnutls-bin", program)
		}
	}
	engine, err := libssl.Load()
	if err != nil {
		t.Skip(err)
	}
	for _, c := range gnutlsCases(t) {
		t.Run(c.name+"/client", func(t *testing.T) {
			endpoint, err := tlsconf.New(c.client, tlsconf.Client, engine)
			if err != nil {
				t.Fatal(err)
			}
			conn, err := endpoint.Client(within(t), dialRetrying(t, gnutlsServer(t, c.serv...)), "station.example")
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			c.agreed(t, conn.State(), c.client.Ciphers)
			if _, err := io.WriteString(conn, "Stellwerk\n"); err != nil {
				t.Fatal(err)
			}
			if line, err := bufio.NewReader(conn).ReadString('\n'); line != "Stellwerk\n" {
				t.Errorf("it answers %q, %v", line, err)
			}
		})
		t.Run(c.name+"/server", func(t *testing.T) {
			endpoint, err := tlsconf.New(c.server, tlsconf.Server, engine)
			if err != nil {
				t.Fatal(err)
			}
			listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			defer listener.Close()
			input, output := gnutlsClient(t, listener.Addr().String(), c.cli...)
			raw, err := listener.Accept()
			if err != nil {
				t.Fatal(err)
			}
			conn, err := endpoint.Server(within(t), raw)
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			c.agreed(t, conn.State(), c.server.Ciphers)
			if _, err := io.WriteString(conn, "from the server\n"); err != nil {
				t.Fatal(err)
			}
			for line := ""; !strings.HasSuffix(line, "from the server\n"); { // it says much before
				if line, err = output.ReadString('\n'); err != nil {
					t.Fatal(err)
				}
			}
			if _, err := io.WriteString(input, "from the client\n"); err != nil {
				t.Fatal(err)
			}
			if line, err := bufio.NewReader(conn).ReadString('\n'); line != "from the client\n" {
				t.Errorf("the server reads %q, %v", line, err)
			}
		})
	}
}

// agreed checks what the handshake has agreed on.
func (c *gnutlsCase) agreed(t *testing.T, state tlsconf.State, suite string) {
	t.Helper()
	if state.Version != c.version || suite != "" && tlsconf.SuiteName(state.Suite) != suite {
		t.Errorf("the version is %s, the suite %s", tls.VersionName(state.Version), tlsconf.SuiteName(state.Suite))
	}
}

// gnutlsServer runs gnutls-serv, which echoes, until the test ends.
func gnutlsServer(t *testing.T, arguments ...string) (address string) {
	t.Helper()
	address = freeAddress(t)
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		t.Fatal(err)
	}
	runGnuTLS(t, exec.CommandContext(t.Context(), "gnutls-serv", append([]string{"--echo", "--port=" + port}, arguments...)...), nil)
	return address
}

// gnutlsClient runs gnutls-cli until the test ends.
func gnutlsClient(t *testing.T, address string, arguments ...string) (input io.Writer, said *bufio.Reader) {
	t.Helper()
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		t.Fatal(err)
	}
	process := exec.CommandContext(t.Context(), "gnutls-cli", append([]string{"--port=" + port, host}, arguments...)...)
	if input, err = process.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	reading, writing := io.Pipe()
	runGnuTLS(t, process, writing)
	t.Cleanup(func() { _ = reading.Close() }) // before it is waited for
	return input, bufio.NewReader(reading)
}

// runGnuTLS runs a program until the test ends, and shows what it has said
// where the test has failed.
func runGnuTLS(t *testing.T, process *exec.Cmd, also io.Writer) {
	t.Helper()
	said := new(output)
	process.Stdout, process.Stderr = said, said
	if also != nil {
		process.Stdout = io.MultiWriter(said, also)
	}
	process.WaitDelay = patience
	if err := process.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = process.Process.Kill()
		_ = process.Wait()
		if t.Failed() {
			t.Logf("%s says:\n%s", process.Args[0], said)
		}
	})
}
