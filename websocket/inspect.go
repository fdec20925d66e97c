package websocket

// For those who look at handshakes instead of having them.

// ExtensionElement is an element of Sec-WebSocket-Extensions (RFC 6455, 9.1).
type ExtensionElement struct {
	Name       string
	Parameters []ExtensionParameter
}

// ExtensionParameter is one of an extension's parameters; Given tells that it has a value.
type ExtensionParameter struct {
	Name, Value string
	Given       bool
}

// ParseExtensions reads the values of the headers Sec-WebSocket-Extensions.
func ParseExtensions(values []string) ([]ExtensionElement, error) {
	read, err := parseExtensions(values)
	if err != nil {
		return nil, err
	}
	all := make([]ExtensionElement, len(read))
	for i, e := range read {
		all[i].Name = e.name
		for _, p := range e.parameters {
			all[i].Parameters = append(all[i].Parameters, ExtensionParameter{p.name, p.value, p.given})
		}
	}
	return all, nil
}

// Deflate returns what a server agrees on with the extension permessage-deflate
// (RFC 7692, 7.1); false where the extension is another one. Windows that it does
// not name have 15 bits.
func (e ExtensionElement) Deflate() (agreed Deflate, ok bool, err error) {
	if e.Name != deflateName {
		return Deflate{}, false, nil
	}
	read := extension{name: e.Name}
	for _, p := range e.Parameters {
		read.parameters = append(read.parameters, parameter{p.Name, p.Value, p.Given})
	}
	p, err := parseDeflate(read, false)
	if err != nil {
		return Deflate{}, true, err
	}
	return Deflate{
		ServerNoContextTakeover: p.serverNoTakeover, ClientNoContextTakeover: p.clientNoTakeover,
		ServerMaxWindowBits: bitsOr15(p.serverBits), ClientMaxWindowBits: bitsOr15(p.clientBits),
	}, true, nil
}

// AcceptFor returns the Sec-WebSocket-Accept that answers a key (RFC 6455, 4.2.2).
func AcceptFor(key string) string { return acceptOf(key) }
