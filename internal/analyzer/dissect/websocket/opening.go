package websocket

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	proto "stellwerk/websocket"
	"stellwerk/wire"
)

// maxOpening is how many octets a request or a response may have, and how many
// of its body are kept.
const maxOpening = 64 << 10

// Field is a header of HTTP.
type Field struct{ Name, Value string }

// Opening is a request or a response of HTTP/1.1 (RFC 6455, 4).
type Opening struct {
	// Request tells the request from the response.
	Request bool
	// Method and Target are those of a request.
	Method, Target string
	// Version is that of HTTP, such as "HTTP/1.1".
	Version string
	// Status and Reason are those of a response.
	Status int
	Reason string
	// Header has the fields in their order.
	Header []Field
	// Body is what follows the head and belongs to it, as in a refusal.
	Body []byte
	// Extensions are those of Sec-WebSocket-Extensions; ExtensionError says why
	// they cannot be read.
	Extensions     []proto.ExtensionElement
	ExtensionError error

	head int // octets of the head
}

// Upgrade reports whether a request asks for WebSocket.
func (o *Opening) Upgrade() bool { return o.Request && o.has("Upgrade", "websocket") }

// Accepted reports whether a response says that the connection is one of
// WebSocket from there on.
func (o *Opening) Accepted() bool { return !o.Request && o.Status == 101 }

// Values returns the values of all fields of a name.
func (o *Opening) Values(name string) []string {
	var values []string
	for _, f := range o.Header {
		if strings.EqualFold(f.Name, name) {
			values = append(values, f.Value)
		}
	}
	return values
}

// Get returns the value of the first field of a name, "" where there is none.
func (o *Opening) Get(name string) string {
	values := o.Values(name)
	if len(values) == 0 {
		return ""
	}
	return values[0]
}

// SaidReason returns the reason of a response with what cannot be printed
// replaced.
func (o *Opening) SaidReason() string { return printable([]byte(o.Reason), maxSaid) }

// has reports whether a list has a token, whatever its case.
func (o *Opening) has(name, token string) bool {
	return slices.ContainsFunc(o.list(name), func(each string) bool { return strings.EqualFold(each, token) })
}

// list returns the elements of a comma separated list.
func (o *Opening) list(name string) []string {
	var all []string
	for _, value := range o.Values(name) {
		for each := range strings.SplitSeq(value, ",") {
			if each = strings.TrimSpace(each); each != "" {
				all = append(all, each)
			}
		}
	}
	return all
}

// Subprotocols are those that a request offers, or the one that a response has
// chosen.
func (o *Opening) Subprotocols() []string { return o.list("Sec-WebSocket-Protocol") }

// Deflate returns what a response says about compression, nil where it says
// nothing that can be understood.
func (o *Opening) Deflate() *proto.Deflate {
	for _, e := range o.Extensions {
		if agreed, ok, err := e.Deflate(); ok && err == nil {
			return &agreed
		}
	}
	return nil
}

// Faults says what RFC 6455 does not allow in an opening by itself: a request
// (4.2.1), or a response that accepts one (4.2.2).
func (o *Opening) Faults() []wire.Text {
	var faults []wire.Text
	fault := func(wrong bool, en, de string) {
		if wrong {
			faults = append(faults, wire.Text{EN: en, DE: de})
		}
	}
	lacks := func(header, value string) {
		fault(!o.has(header, value), fmt.Sprintf("%s is %q, not %q", header, o.Get(header), value),
			fmt.Sprintf("%s ist %q statt %q", header, o.Get(header), value))
	}
	if !o.Request && !o.Accepted() {
		return nil
	}
	fault(o.Version != "HTTP/1.1", fmt.Sprintf("the version is %s, not HTTP/1.1", o.Version), fmt.Sprintf("die Version ist %s statt HTTP/1.1", o.Version))
	lacks("Upgrade", "websocket")
	lacks("Connection", "Upgrade")
	if o.ExtensionError != nil {
		fault(true, o.ExtensionError.Error(), o.ExtensionError.Error())
	}
	if !o.Request {
		accepts := len(o.Values("Sec-WebSocket-Accept"))
		fault(accepts != 1, fmt.Sprintf("Sec-WebSocket-Accept is there %d times", accepts), fmt.Sprintf("Sec-WebSocket-Accept steht %d-mal da", accepts))
		return faults
	}
	fault(o.Method != http.MethodGet, fmt.Sprintf("the method is %s, not GET", o.Method), fmt.Sprintf("die Methode ist %s statt GET", o.Method))
	fault(len(o.Values("Host")) != 1, "Host is not there once", "Host steht nicht genau einmal da")
	fault(o.Get("Sec-WebSocket-Version") != "13", fmt.Sprintf("Sec-WebSocket-Version is %q, not 13", o.Get("Sec-WebSocket-Version")),
		fmt.Sprintf("Sec-WebSocket-Version ist %q statt 13", o.Get("Sec-WebSocket-Version")))
	key, err := base64.StdEncoding.DecodeString(o.Get("Sec-WebSocket-Key"))
	fault(err != nil || len(key) != 16, "Sec-WebSocket-Key is not 16 octets in base64", "Sec-WebSocket-Key ist nicht 16 Oktette in base64")
	return faults
}

// Begins reports whether octets can be the beginning of a request that asks for
// an upgrade.
func Begins(octets []byte) bool {
	const method = "GET "
	return len(octets) > 0 && string(octets[:min(len(octets), len(method))]) == method[:min(len(octets), len(method))]
}

// looksHTTP reports whether octets can be the beginning of a request or of a
// response.
func looksHTTP(octets []byte, request bool) bool {
	if !request {
		const version = "HTTP/1."
		n := min(len(octets), len(version))
		return string(octets[:n]) == version[:n]
	}
	for i, b := range octets[:min(len(octets), 16)] {
		switch {
		case b >= 'A' && b <= 'Z':
		case b == ' ' && i > 0:
			return true
		default:
			return false
		}
	}
	return len(octets) < 16
}

// headEnd returns how many octets a head has, 0 where its end is not there.
func headEnd(octets []byte) int {
	end := 0
	if at := bytes.Index(octets, []byte("\r\n\r\n")); at >= 0 {
		end = at + 4
	}
	if at := bytes.Index(octets, []byte("\n\n")); at >= 0 && (end == 0 || at+2 < end) {
		end = at + 2
	}
	return end
}

// parseOpening reads a head. An error says why it is none.
func parseOpening(head []byte, request bool) (*Opening, error) {
	o := &Opening{Request: request, head: len(head)}
	lines := strings.Split(strings.TrimRight(string(head), "\r\n"), "\n")
	first, second, _ := strings.Cut(strings.TrimSuffix(lines[0], "\r"), " ")
	if request {
		o.Method = first
		at := strings.LastIndexByte(second, ' ')
		if at < 0 {
			return nil, fmt.Errorf("the request line is %q", short(lines[0]))
		}
		o.Target, o.Version = second[:at], second[at+1:]
	} else {
		o.Version = first
		status, reason, _ := strings.Cut(second, " ")
		var err error
		if o.Status, err = strconv.Atoi(status); err != nil || len(status) != 3 || o.Status < 100 {
			return nil, fmt.Errorf("the status line is %q", short(lines[0]))
		}
		o.Reason = reason
	}
	if !strings.HasPrefix(o.Version, "HTTP/") {
		return nil, fmt.Errorf("the version is %q", short(o.Version))
	}
	for _, line := range lines[1:] {
		line = strings.TrimSuffix(line, "\r")
		if (strings.HasPrefix(line, " ") || strings.HasPrefix(line, "\t")) && len(o.Header) > 0 { // RFC 9112, 5.2
			o.Header[len(o.Header)-1].Value += " " + strings.TrimSpace(line)
			continue
		}
		name, value, found := strings.Cut(line, ":")
		if !found || name == "" {
			return nil, fmt.Errorf("the line %q is no header", short(line))
		}
		o.Header = append(o.Header, Field{name, strings.TrimSpace(value)})
	}
	o.Extensions, o.ExtensionError = proto.ParseExtensions(o.Values("Sec-WebSocket-Extensions"))
	return o, nil
}

// bodyEnd says how much of the octets behind a head is its body: done tells that
// all of it is there. A response without a length reaches to the end of the
// connection.
func (o *Opening) bodyEnd(rest []byte) (octets int, done bool) {
	length := o.Get("Content-Length")
	switch {
	case o.Upgrade(), !o.Request && (o.Status < 200 || o.Status == 204 || o.Status == 304):
		return 0, true
	case o.has("Transfer-Encoding", "chunked"):
		return chunkedEnd(rest)
	case length != "":
		n, err := strconv.ParseInt(length, 10, 64)
		if err != nil || n < 0 {
			return 0, true // faulty: what follows shows by itself
		}
		return int(min(n, int64(len(rest)))), n <= int64(len(rest))
	case o.Request:
		return 0, true
	default:
		return len(rest), false
	}
}

// chunkedEnd finds the end of a body in chunks (RFC 9112, 7.1).
func chunkedEnd(rest []byte) (octets int, done bool) {
	at := 0
	for {
		end := bytes.IndexByte(rest[at:], '\n')
		if end < 0 {
			return len(rest), false
		}
		size, _, _ := strings.Cut(strings.TrimSpace(string(rest[at:at+end])), ";")
		n, err := strconv.ParseInt(size, 16, 32)
		at += end + 1
		switch {
		case err != nil || n < 0:
			return at, true // faulty: what follows shows by itself
		case n == 0: // trailers, and an empty line
			if end := headEnd(rest[at-2:]); bytes.HasPrefix(rest[at:], []byte("\r\n")) {
				return at + 2, true
			} else if end > 0 {
				return at - 2 + end, true
			}
			return len(rest), false
		case int64(len(rest)-at) < n+2:
			return len(rest), false
		}
		at += int(n) + 2
	}
}

// short cuts a text that is too long for a sentence.
func short(text string) string {
	if runes := []rune(text); len(runes) > 60 {
		return string(runes[:59]) + "…"
	}
	return text
}
