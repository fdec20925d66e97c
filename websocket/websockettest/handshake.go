package websockettest

import (
	"bufio"
	"crypto/sha1" //nolint:gosec // RFC 6455 wants it, as a checksum
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// maxHead is how many octets a request or a response may have.
const maxHead = 64 << 10

// accept returns Sec-WebSocket-Accept for a key (RFC 6455, 4.2.2).
func accept(key string) string {
	sum := sha1.Sum([]byte(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")) //nolint:gosec // see above
	return base64.StdEncoding.EncodeToString(sum[:])
}

// Request sends a right request of a client, with further header lines such as
// "Origin: http://example.org", and returns the response, which must be right
// too.
func (p *Peer) Request(path string, lines ...string) (*http.Response, error) {
	const key = "AQIDBAUGBwgJCgsMDQ4PEA=="
	request := append([]string{
		"GET " + path + " HTTP/1.1", "Host: server.example", "Upgrade: websocket", "Connection: Upgrade",
		"Sec-WebSocket-Key: " + key, "Sec-WebSocket-Version: 13",
	}, lines...)
	if err := p.SendRaw([]byte(strings.Join(request, "\r\n") + "\r\n\r\n")); err != nil {
		return nil, err
	}
	head, err := p.head()
	if err != nil {
		return nil, err
	}
	response, err := http.ReadResponse(bufio.NewReader(strings.NewReader(head)), nil)
	switch {
	case err != nil:
		return nil, err
	case response.StatusCode != http.StatusSwitchingProtocols:
		return response, fmt.Errorf("the server answers %s", response.Status)
	case response.Header.Get("Sec-WebSocket-Accept") != accept(key):
		return response, errors.New("the server's Sec-WebSocket-Accept does not belong to the request")
	case !strings.EqualFold(response.Header.Get("Upgrade"), "websocket"), !strings.EqualFold(response.Header.Get("Connection"), "upgrade"):
		return response, errors.New("the server does not confirm the upgrade")
	}
	p.compressed = response.Header.Get("Sec-WebSocket-Extensions") != ""
	return response, nil
}

// ReadRequest reads the request of a client, which must be right.
func (p *Peer) ReadRequest() (*http.Request, error) {
	head, err := p.head()
	if err != nil {
		return nil, err
	}
	request, err := http.ReadRequest(bufio.NewReader(strings.NewReader(head)))
	if err != nil {
		return nil, err
	}
	key, err := base64.StdEncoding.DecodeString(request.Header.Get("Sec-WebSocket-Key"))
	switch {
	case err != nil || len(key) != 16:
		return request, errors.New("the client's Sec-WebSocket-Key is not 16 octets in base64")
	case request.Method != http.MethodGet, request.Header.Get("Sec-WebSocket-Version") != "13",
		!strings.EqualFold(request.Header.Get("Upgrade"), "websocket"), !strings.EqualFold(request.Header.Get("Connection"), "upgrade"):
		return request, errors.New("the client does not ask for an upgrade to version 13 of WebSocket")
	}
	return request, nil
}

// Respond sends a right response to a request, with further header lines such
// as "Sec-WebSocket-Extensions: permessage-deflate".
func (p *Peer) Respond(request *http.Request, lines ...string) error {
	r := rightResponse(request)
	r.lines = append(r.lines, lines...)
	p.compressed = r.value("Sec-WebSocket-Extensions") != ""
	return p.SendRaw([]byte(r.String()))
}

// head reads until the empty line.
func (p *Peer) head() (string, error) {
	var head strings.Builder
	for {
		line, err := p.in.ReadSlice('\n')
		head.Write(line)
		switch {
		case err != nil && !errors.Is(err, bufio.ErrBufferFull):
			if errors.Is(err, io.EOF) && head.Len() > 0 {
				err = io.ErrUnexpectedEOF
			}
			return "", err
		case head.Len() > maxHead:
			return "", fmt.Errorf("the head of the handshake has more than %d octets", maxHead)
		case string(line) == "\r\n" && err == nil:
			return head.String(), nil
		}
	}
}

// response is one of a server, every line of which is free.
type response struct {
	status string
	lines  []string
	body   string
}

// rightResponse is the response without subprotocol and extension.
func rightResponse(request *http.Request) *response {
	return &response{status: "HTTP/1.1 101 Switching Protocols", lines: []string{
		"Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Accept: " + accept(request.Header.Get("Sec-WebSocket-Key")),
	}}
}

// String returns what is sent.
func (r *response) String() string {
	return strings.Join(append([]string{r.status}, r.lines...), "\r\n") + "\r\n\r\n" + r.body
}

// value returns the value of a header, empty where there is none.
func (r *response) value(name string) string {
	for _, line := range r.lines {
		if n, value, _ := strings.Cut(line, ": "); n == name {
			return value
		}
	}
	return ""
}

// set replaces the lines of a header; without value it drops them.
func (r *response) set(name string, values ...string) {
	lines := r.lines[:0]
	for _, line := range r.lines {
		if n, _, _ := strings.Cut(line, ":"); n != name {
			lines = append(lines, line)
		}
	}
	for _, value := range values {
		lines = append(lines, name+": "+value)
	}
	r.lines = lines
}
