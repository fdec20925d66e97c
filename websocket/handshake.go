package websocket

import (
	"crypto/sha1" //nolint:gosec // RFC 6455 wants it, as a checksum
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
)

// maxHandshake is how many octets a request or a response may have.
const maxHandshake = 64 << 10

// acceptOf returns Sec-WebSocket-Accept for a key (RFC 6455, 4.2.2).
func acceptOf(key string) string {
	sum := sha1.Sum([]byte(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")) //nolint:gosec // see above
	return base64.StdEncoding.EncodeToString(sum[:])
}

// hasToken reports whether a header's comma separated list has a token,
// whatever its case.
func hasToken(h http.Header, name, wanted string) bool {
	for _, value := range h.Values(name) {
		for part := range strings.SplitSeq(value, ",") {
			if strings.EqualFold(strings.TrimSpace(part), wanted) {
				return true
			}
		}
	}
	return false
}

// own are the headers of the handshake, which callers must not set.
var own = []string{
	"Host", "Upgrade", "Connection", "Sec-WebSocket-Key", "Sec-WebSocket-Version", "Sec-WebSocket-Accept",
	"Sec-WebSocket-Protocol", "Sec-WebSocket-Extensions",
}

// checkHeader refuses headers that would break the handshake.
func checkHeader(h http.Header) error {
	for name, values := range h {
		if !token(name) {
			return fmt.Errorf("the header %q is no name of a header", name)
		}
		for _, reserved := range own {
			if strings.EqualFold(name, reserved) {
				return fmt.Errorf("the header %s belongs to the handshake", reserved)
			}
		}
		for _, value := range values {
			if strings.ContainsAny(value, "\r\n\x00") {
				return fmt.Errorf("the header %s contains a line end", name)
			}
		}
	}
	return nil
}

// checkProtocols refuses what is no list of subprotocols.
func checkProtocols(protocols []string) error {
	for i, p := range protocols {
		if !token(p) {
			return fmt.Errorf("%q is no subprotocol: only letters, digits and some signs are allowed", p)
		}
		if slices.Contains(protocols[:i], p) {
			return fmt.Errorf("the subprotocol %q is given twice", p)
		}
	}
	return nil
}

// bounded reads until a limit, which is lifted after the handshake.
type bounded struct {
	from io.Reader
	left int
	free bool
}

var errHandshakeSize = errors.New("the handshake is longer than 64 KiB")

func (b *bounded) Read(data []byte) (int, error) {
	if b.free {
		return b.from.Read(data)
	}
	if b.left == 0 {
		return 0, errHandshakeSize
	}
	n, err := b.from.Read(data[:min(len(data), b.left)])
	b.left -= n
	return n, err
}
