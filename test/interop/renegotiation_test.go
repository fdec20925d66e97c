package interop

import (
	"bufio"
	"io"
	"net"
	"os/exec"
	"testing"
	"time"

	"stellwerk/iec104/iec62351"
)

// TestRenegotiation has a server renegotiate its session of TLS 1.2 twice, as
// those of lib60870-C do at intervals: the client takes part, and the connection
// goes on.
func TestRenegotiation(t *testing.T) {
	if _, err := exec.LookPath("openssl"); err != nil {
		t.Skip("openssl is not installed")
	}
	files := certificateFor(t, "RSA")
	probe, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := probe.Addr().String()
	_ = probe.Close()
	process := exec.CommandContext(t.Context(), "openssl", "s_server", "-accept", address, "-tls1_2",
		"-cert", files.certificate, "-key", files.key, "-CAfile", files.certificate, "-Verify", "1", "-verify_return_error")
	input, err := process.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := process.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = process.Process.Kill()
		_ = process.Wait()
	}()
	profile, err := iec62351.New(&iec62351.Config{
		Certificate: files.certificate, Key: files.key, Authorities: []string{files.certificate}, ServerName: "station.example",
	})
	if err != nil {
		t.Fatal(err)
	}
	conn := profile.Client(dialRetrying(t, address))
	defer conn.Close()
	if err := conn.HandshakeContext(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := conn.SetReadDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	// Somebody always reads, as a connection of the protocol has it: what a
	// server sends between its wish and the client's hello ends the session.
	lines := make(chan string)
	go func() {
		defer close(lines)
		for read := bufio.NewReader(conn); ; {
			line, err := read.ReadString('\n')
			if err != nil {
				lines <- err.Error()
				return
			}
			lines <- line
		}
	}()
	for range 2 {
		// R at the beginning of what openssl reads renegotiates, and asks for
		// the certificate again.
		for _, line := range []string{"R\n", "on\n"} {
			if _, err := io.WriteString(input, line); err != nil {
				t.Fatal(err)
			}
			time.Sleep(300 * time.Millisecond)
		}
		if line := <-lines; line != "on\n" {
			t.Fatal(line)
		}
	}
	_ = conn.Close()
	<-lines
}
