package websocket

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"stellwerk/websocket/frame"
)

const deflateName = "permessage-deflate"

// agreed is what both sides have agreed on about compression (RFC 7692, 7.1).
type agreed struct {
	on                             bool
	serverNoTakeover               bool
	clientNoTakeover               bool
	serverWindowBits, clientWindow int
}

func (d *Deflate) check() error {
	for name, bits := range map[string]int{"server_max_window_bits": d.ServerMaxWindowBits, "client_max_window_bits": d.ClientMaxWindowBits} {
		if bits != 0 && (bits < frame.MinWindowBits || bits > frame.MaxWindowBits) {
			return fmt.Errorf("%s %d: must be %d to %d", name, bits, frame.MinWindowBits, frame.MaxWindowBits)
		}
	}
	return nil
}

func bitsOr15(bits int) int {
	if bits == 0 {
		return frame.MaxWindowBits
	}
	return bits
}

// offer is what a client writes.
func (d *Deflate) offer() string {
	text := deflateName
	if d.ServerNoContextTakeover {
		text += "; server_no_context_takeover"
	}
	if d.ClientNoContextTakeover {
		text += "; client_no_context_takeover"
	}
	if bitsOr15(d.ServerMaxWindowBits) < frame.MaxWindowBits {
		text += "; server_max_window_bits=" + strconv.Itoa(d.ServerMaxWindowBits)
	}
	text += "; client_max_window_bits"
	if bitsOr15(d.ClientMaxWindowBits) < frame.MaxWindowBits {
		text += "=" + strconv.Itoa(d.ClientMaxWindowBits)
	}
	return text
}

// answer is what a server writes.
func (a agreed) answer(windowOffered bool) string {
	text := deflateName
	if a.serverNoTakeover {
		text += "; server_no_context_takeover"
	}
	if a.clientNoTakeover {
		text += "; client_no_context_takeover"
	}
	if a.serverWindowBits < frame.MaxWindowBits {
		text += "; server_max_window_bits=" + strconv.Itoa(a.serverWindowBits)
	}
	if windowOffered && a.clientWindow < frame.MaxWindowBits {
		text += "; client_max_window_bits=" + strconv.Itoa(a.clientWindow)
	}
	return text
}

// accept is what a server makes of the offers of a client: the first one that
// it can take. None is no error.
func (d *Deflate) accept(offers []extension) (a agreed, answer string) {
	for _, e := range offers {
		if e.name != deflateName {
			continue
		}
		p, err := parseDeflate(e, true)
		if err != nil {
			continue // not to be taken, another one may be
		}
		a = agreed{
			on:               true,
			serverNoTakeover: p.serverNoTakeover || d.ServerNoContextTakeover,
			clientNoTakeover: p.clientNoTakeover || d.ClientNoContextTakeover,
			serverWindowBits: min(bitsOr15(p.serverBits), bitsOr15(d.ServerMaxWindowBits)),
			clientWindow:     frame.MaxWindowBits,
		}
		if p.clientBitsGiven {
			a.clientWindow = min(bitsOr15(p.clientBits), bitsOr15(d.ClientMaxWindowBits))
		}
		return a, a.answer(p.clientBitsGiven)
	}
	return agreed{}, ""
}

// agree is what a client makes of the answer of a server.
func (d *Deflate) agree(answers []extension) (agreed, error) {
	if len(answers) == 0 {
		return agreed{}, nil
	}
	if d == nil {
		return agreed{}, fmt.Errorf("the server wants the extension %q, which was not offered", answers[0].name)
	}
	if len(answers) > 1 || answers[0].name != deflateName {
		return agreed{}, fmt.Errorf("the server wants the extension %q, which was not offered", answers[len(answers)-1].name)
	}
	p, err := parseDeflate(answers[0], false)
	if err != nil {
		return agreed{}, err
	}
	switch {
	case d.ServerNoContextTakeover && !p.serverNoTakeover:
		return agreed{}, errors.New("the server does not accept server_no_context_takeover")
	case bitsOr15(p.serverBits) > bitsOr15(d.ServerMaxWindowBits):
		return agreed{}, fmt.Errorf("the server has a window of %d bits, %d were asked for", bitsOr15(p.serverBits), d.ServerMaxWindowBits)
	}
	return agreed{
		on:               true,
		serverNoTakeover: p.serverNoTakeover,
		clientNoTakeover: p.clientNoTakeover || d.ClientNoContextTakeover,
		serverWindowBits: bitsOr15(p.serverBits),
		clientWindow:     min(bitsOr15(p.clientBits), bitsOr15(d.ClientMaxWindowBits)),
	}, nil
}

// parameters are those of permessage-deflate.
type parameters struct {
	serverNoTakeover, clientNoTakeover bool
	serverBits, clientBits             int // 0: not given, or without value
	clientBitsGiven                    bool
}

// parseDeflate reads the parameters; an offer may have client_max_window_bits
// without value (7.1.2.2).
func parseDeflate(e extension, offer bool) (p parameters, err error) {
	seen := map[string]bool{}
	for _, parameter := range e.parameters {
		if seen[parameter.name] {
			return p, fmt.Errorf("%s is given twice", parameter.name)
		}
		seen[parameter.name] = true
		switch parameter.name {
		case "server_no_context_takeover", "client_no_context_takeover":
			if parameter.given {
				return p, fmt.Errorf("%s has a value", parameter.name)
			}
			if parameter.name[0] == 's' {
				p.serverNoTakeover = true
			} else {
				p.clientNoTakeover = true
			}
		case "server_max_window_bits":
			if p.serverBits, err = windowBits(parameter); err != nil {
				return p, err
			}
		case "client_max_window_bits":
			p.clientBitsGiven = true
			if offer && !parameter.given {
				continue
			}
			if p.clientBits, err = windowBits(parameter); err != nil {
				return p, err
			}
		default:
			return p, fmt.Errorf("%s has no parameter %q", deflateName, parameter.name)
		}
	}
	return p, nil
}

func windowBits(p parameter) (int, error) {
	bits, err := strconv.Atoi(p.value)
	if err != nil || strconv.Itoa(bits) != p.value || bits < frame.MinWindowBits || bits > frame.MaxWindowBits {
		return 0, fmt.Errorf("%s=%q: must be %d to %d", p.name, p.value, frame.MinWindowBits, frame.MaxWindowBits)
	}
	return bits, nil
}

// extension is an element of Sec-WebSocket-Extensions (RFC 6455, 9.1).
type extension struct {
	name       string
	parameters []parameter
}

type parameter struct {
	name, value string
	given       bool // there is a value
}

// maxExtensions is how many offers are read.
const maxExtensions = 32

// parseExtensions reads the header's values.
func parseExtensions(values []string) ([]extension, error) {
	var all []extension
	for _, value := range values {
		for element := range splitQuoted(value, ',') {
			if strings.TrimSpace(element) == "" {
				continue
			}
			if len(all) == maxExtensions {
				return nil, fmt.Errorf("more than %d extensions", maxExtensions)
			}
			e := extension{}
			for part := range splitQuoted(element, ';') {
				name, value, given := strings.Cut(part, "=")
				name, value = strings.TrimSpace(name), strings.TrimSpace(value)
				if len(value) >= 2 && value[0] == '"' && value[len(value)-1] == '"' {
					value = strings.ReplaceAll(value[1:len(value)-1], `\`, "")
				}
				if !token(name) || given && !token(value) {
					return nil, fmt.Errorf("extension %q cannot be read", strings.TrimSpace(element))
				}
				if e.name == "" {
					if given {
						return nil, fmt.Errorf("extension %q cannot be read", strings.TrimSpace(element))
					}
					e.name = name
					continue
				}
				e.parameters = append(e.parameters, parameter{name, value, given})
			}
			all = append(all, e)
		}
	}
	return all, nil
}

// splitQuoted yields the parts between separators that are not quoted.
func splitQuoted(text string, separator byte) func(func(string) bool) {
	return func(yield func(string) bool) {
		begin, quoted := 0, false
		for i := 0; i < len(text); i++ {
			switch {
			case text[i] == '"':
				quoted = !quoted
			case text[i] == '\\' && quoted:
				i++
			case text[i] == separator && !quoted:
				if !yield(text[begin:i]) {
					return
				}
				begin = i + 1
			}
		}
		yield(text[begin:])
	}
}

// token reports whether the text is one (RFC 9110, 5.6.2).
func token(text string) bool {
	for _, c := range []byte(text) {
		switch {
		case c >= '0' && c <= '9', c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', strings.IndexByte("!#$%&'*+-.^_`|~", c) >= 0:
		default:
			return false
		}
	}
	return text != ""
}
