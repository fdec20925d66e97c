package main

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"stellwerk/tlsconf"
	"stellwerk/tlsconf/libssl"
	"stellwerk/websocket"
	"stellwerk/websocket/tf6770"
)

// wsFlags are the flags that both sides of a WebSocket connection have.
type wsFlags struct {
	tls       tlsconf.Settings
	pskKey    string
	protocols []string
	deflate   bool
	compress  bool
	window    websocket.Deflate
	limits    websocket.Limits
	binary    bool
	json      bool
	trace     bool
	linger    time.Duration
	noInput   bool
	write     string
}

func (f *wsFlags) register(flags *pflag.FlagSet) {
	flags.SortFlags = false
	flags.BoolVar(&f.binary, "binary", false, "lines are octets in hexadecimal, and become binary messages")
	flags.BoolVar(&f.json, "json", false, "print messages as JSON, a line each")
	flags.BoolVar(&f.trace, "trace", false, "show every frame on standard error")
	flags.StringVarP(&f.write, "write", "w", "", "write the conversation, without TLS, to this pcapng file")
	flags.DurationVar(&f.linger, "linger", time.Second, "how long to wait for answers at the end of input")
	flags.BoolVar(&f.noInput, "no-input", false, "send nothing, and read no standard input")
	flags.StringArrayVar(&f.protocols, "protocol", nil, "subprotocol (sProtocol); again for others, the preferred one first")
	flags.BoolVar(&f.deflate, "deflate", false, "agree on compression, permessage-deflate (bPerMessageDeflate)")
	flags.BoolVar(&f.compress, "compress", false, "send messages compressed (bCompress); implies --deflate")
	flags.BoolVar(&f.window.ServerNoContextTakeover, "server-no-context-takeover", false, "the server compresses each message by itself")
	flags.BoolVar(&f.window.ClientNoContextTakeover, "client-no-context-takeover", false, "the client compresses each message by itself")
	flags.IntVar(&f.window.ServerMaxWindowBits, "server-max-window-bits", 0, "window of the server, 8 to 15 (default 15)")
	flags.IntVar(&f.window.ClientMaxWindowBits, "client-max-window-bits", 0, "window of the client, 8 to 15 (default 15)")
	flags.Int64Var(&f.limits.ReceiveFrame, "max-recv-frame", tf6770.DefaultMaxReceiveFrame, "longest frame that is taken, in octets (nMaxRecvFrameSize)")
	flags.Int64Var(&f.limits.ReceiveMessage, "max-recv-msg", tf6770.DefaultMaxReceiveMessage, "longest message that is taken, decompressed, in octets (nMaxRecvMsgSize)")
	flags.IntVar(&f.limits.SendFrame, "max-send-frame", tf6770.DefaultMaxSendFrame, "longest frame that is sent, in octets (nMaxSendFrameSize); longer messages are fragmented")
	flags.DurationVar(&f.limits.CloseTimeout, "close-timeout", 5*time.Second, "how long to wait for the other side's close frame")
	flags.StringVar(&f.tls.CA, "ca", "", "certificates that the other side's must come from (sCA), PEM or DER")
	flags.StringVar(&f.tls.Certificate, "cert", "", "our certificate (sCert), PEM or DER")
	flags.StringVar(&f.tls.Key, "key", "", "its private key (sKeyFile), PEM or DER")
	flags.StringVar(&f.tls.KeyPassword, "key-password", "", "password of the private key (sKeyPwd)")
	flags.StringVar(&f.tls.CRL, "crl", "", "list of revoked certificates (sCrl), PEM or DER")
	flags.StringVar(&f.tls.Ciphers, "ciphers", "", "cipher suites (sCiphers), as OpenSSL names them, separated by colons")
	flags.StringVar(&f.tls.Version, "tls-version", "", "tlsv1.2 or tlsv1.3 (sVersion); without it, either")
	flags.StringVar(&f.tls.PSKIdentity, "psk-identity", "", "identity of the pre-shared key (sPskIdentity)")
	flags.StringVar(&f.pskKey, "psk-key", "", "pre-shared key (aPskKey), 1 to 64 octets in hexadecimal")
}

// check completes the settings and says what is wrong with them.
func (f *wsFlags) check() error {
	f.deflate = f.deflate || f.compress
	if f.pskKey != "" {
		key, err := hex.DecodeString(strings.TrimPrefix(f.pskKey, "0x"))
		if err != nil {
			return &tlsconf.Error{Reason: tlsconf.PSKInvalid, Err: errors.New("--psk-key: it is written in hexadecimal, two digits for each octet")}
		}
		f.tls.PSKKey = key
	}
	for _, limit := range []struct {
		flag  string
		value int64
	}{
		{"--max-recv-frame", f.limits.ReceiveFrame},
		{"--max-recv-msg", f.limits.ReceiveMessage},
		{"--max-send-frame", int64(f.limits.SendFrame)},
		{"--close-timeout", int64(f.limits.CloseTimeout)},
	} {
		if limit.value <= 0 {
			return fmt.Errorf("%s must be above 0", limit.flag)
		}
	}
	if f.linger < 0 {
		return errors.New("--linger must not be negative")
	}
	if !f.deflate && f.window != (websocket.Deflate{}) {
		return errors.New("context takeover and windows are those of compression: add --deflate")
	}
	for _, bits := range []struct {
		flag  string
		value int
	}{
		{"--server-max-window-bits", f.window.ServerMaxWindowBits},
		{"--client-max-window-bits", f.window.ClientMaxWindowBits},
	} {
		if bits.value != 0 && (bits.value < 8 || bits.value > 15) {
			return fmt.Errorf("%s: a window has 8 to 15 bits", bits.flag)
		}
	}
	return nil
}

// common are the options of the connection.
func (f *wsFlags) common(trace func(websocket.Frame)) websocket.Common {
	c := websocket.Common{Limits: f.limits, Trace: trace}
	if f.deflate {
		c.Compression = &f.window
	}
	return c
}

// endpoint reads the files of TLS. OpenSSL is asked where crypto/tls does not do,
// and what is said without it names what is lacking.
func (f *wsFlags) endpoint(role tlsconf.Role) (*tlsconf.Endpoint, error) {
	var engines []tlsconf.Engine
	if engine, err := libssl.Load(); err == nil {
		engines = append(engines, engine)
	}
	return tlsconf.New(f.tls, role, engines...)
}

// secured says what TLS has agreed on.
func secured(conn tlsconf.Conn) string {
	state := conn.State()
	version := map[uint16]string{0x0301: "TLS 1.0", 0x0302: "TLS 1.1", 0x0303: "TLS 1.2", 0x0304: "TLS 1.3"}[state.Version]
	text := version + " with " + tlsconf.SuiteName(state.Suite)
	if state.PSKIdentity != "" {
		text += fmt.Sprintf(", identity %q", state.PSKIdentity)
	}
	return text
}

// tracer shows frames where --trace asks for them.
func (f *wsFlags) tracer(talk *teller) func(websocket.Frame) {
	if !f.trace {
		return nil
	}
	return func(frame websocket.Frame) { talk.line(tracedFrame(frame)) }
}

// input is where messages come from, nil for nowhere.
func (f *wsFlags) input(cmd *cobra.Command) io.Reader {
	if f.noInput {
		return nil
	}
	return cmd.InOrStdin()
}
