package tf6770

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"time"
	"unicode/utf8"

	ws "stellwerk/websocket/tf6770"
)

// Parameters are the inputs of the function block as they stand in
// [GroupConnect]: one behind the other, each with its number (UINT), the length
// of its value (UINT), and the value. What is left out has the default of the
// manual. All strings are UTF-8, without a zero at the end.
type Parameters = ws.Inputs

// parameter is one input.
type parameter struct {
	id     uint16
	name   string // in the manual
	octets int    // of the value; 0 for text and octets of any length
	get    func(in *ws.Inputs) []byte
	set    func(in *ws.Inputs, value []byte)
}

// maxText bounds texts. Certificates as PEM text are the longest.
const maxText = 16 << 10

var parameters = []parameter{
	text(1, "sHostName", func(in *ws.Inputs) *string { return &in.HostName }),
	number16(2, "nHostPort", func(in *ws.Inputs) *uint16 { return &in.HostPort }),
	text(3, "sUri", func(in *ws.Inputs) *string { return &in.URI }),
	text(4, "sProtocol", func(in *ws.Inputs) *string { return &in.Protocol }),
	text(5, "sOrigin", func(in *ws.Inputs) *string { return &in.Origin }),
	flag(6, "bPerMessageDeflate", func(in *ws.Inputs) *bool { return &in.PerMessageDeflate }),
	flag(7, "bKeepAlive", func(in *ws.Inputs) *bool { return &in.KeepAlive }),
	seconds(8, "nKeepAliveInterval", func(in *ws.Inputs) *time.Duration { return &in.KeepAliveInterval }),
	seconds(9, "nKeepAliveCloseTimeout", func(in *ws.Inputs) *time.Duration { return &in.KeepAliveCloseTimeout }),
	seconds(10, "nConnectResponseTimeout", func(in *ws.Inputs) *time.Duration { return &in.ConnectResponseTimeout }),
	number32(11, "nMaxRecvFrameSize", func(in *ws.Inputs) *uint32 { return &in.MaxReceiveFrame }),
	number32(12, "nMaxRecvMsgSize", func(in *ws.Inputs) *uint32 { return &in.MaxReceiveMessage }),
	number32(13, "nMaxSendFrameSize", func(in *ws.Inputs) *uint32 { return &in.MaxSendFrame }),
	text(20, "stTLS.sCA", func(in *ws.Inputs) *string { return &in.TLS.CA }),
	text(21, "stTLS.sCert", func(in *ws.Inputs) *string { return &in.TLS.Certificate }),
	text(22, "stTLS.sKeyFile", func(in *ws.Inputs) *string { return &in.TLS.Key }),
	text(23, "stTLS.sKeyPwd", func(in *ws.Inputs) *string { return &in.TLS.KeyPassword }),
	text(24, "stTLS.sCrl", func(in *ws.Inputs) *string { return &in.TLS.CRL }),
	text(25, "stTLS.sCiphers", func(in *ws.Inputs) *string { return &in.TLS.Ciphers }),
	text(26, "stTLS.sVersion", func(in *ws.Inputs) *string { return &in.TLS.Version }),
	flag(27, "stTLS.bNoServerCertCheck", func(in *ws.Inputs) *bool { return &in.TLS.NoServerCertCheck }),
	text(28, "stTLS.sPskIdentity", func(in *ws.Inputs) *string { return &in.TLS.PSKIdentity }),
	{
		id: pskKey, name: "stTLS.aPskKey",
		get: func(in *ws.Inputs) []byte { return in.TLS.PSKKey },
		set: func(in *ws.Inputs, value []byte) { in.TLS.PSKKey = append([]byte(nil), value...) },
	},
}

func text(id uint16, name string, field func(*ws.Inputs) *string) parameter {
	return parameter{
		id: id, name: name,
		get: func(in *ws.Inputs) []byte { return []byte(*field(in)) },
		set: func(in *ws.Inputs, value []byte) { *field(in) = string(value) },
	}
}

func flag(id uint16, name string, field func(*ws.Inputs) *bool) parameter {
	return parameter{
		id: id, name: name, octets: 1,
		get: func(in *ws.Inputs) []byte { return []byte{octet(*field(in))} },
		set: func(in *ws.Inputs, value []byte) { *field(in) = value[0] != 0 },
	}
}

func number16(id uint16, name string, field func(*ws.Inputs) *uint16) parameter {
	return parameter{
		id: id, name: name, octets: 2,
		get: func(in *ws.Inputs) []byte { return binary.LittleEndian.AppendUint16(nil, *field(in)) },
		set: func(in *ws.Inputs, value []byte) { *field(in) = binary.LittleEndian.Uint16(value) },
	}
}

func number32(id uint16, name string, field func(*ws.Inputs) *uint32) parameter {
	return parameter{
		id: id, name: name, octets: 4,
		get: func(in *ws.Inputs) []byte { return binary.LittleEndian.AppendUint32(nil, *field(in)) },
		set: func(in *ws.Inputs, value []byte) { *field(in) = binary.LittleEndian.Uint32(value) },
	}
}

// seconds are a UINT in the manual.
func seconds(id uint16, name string, field func(*ws.Inputs) *time.Duration) parameter {
	return parameter{
		id: id, name: name, octets: 2,
		get: func(in *ws.Inputs) []byte {
			return binary.LittleEndian.AppendUint16(nil, uint16(min(max(*field(in)/time.Second, 0), 65535)))
		},
		set: func(in *ws.Inputs, value []byte) {
			*field(in) = time.Duration(binary.LittleEndian.Uint16(value)) * time.Second
		},
	}
}

// AppendParameters appends the inputs that differ from the manual's defaults.
// What the manual does not have is left out. Values that the service would
// refuse are an error.
func AppendParameters(dst []byte, in *Parameters) ([]byte, error) {
	defaults := &ws.NewClient().Inputs
	for i := range parameters {
		value := parameters[i].get(in)
		if string(value) == string(parameters[i].get(defaults)) {
			continue
		}
		if err := parameters[i].check(value); err != nil {
			return dst, err
		}
		dst = binary.LittleEndian.AppendUint16(dst, parameters[i].id)
		dst = binary.LittleEndian.AppendUint16(dst, uint16(len(value)))
		dst = append(dst, value...)
	}
	return dst, nil
}

// DecodeParameters reads inputs over the manual's defaults.
func DecodeParameters(data []byte) (Parameters, error) {
	in := ws.NewClient().Inputs
	for at := 0; at < len(data); {
		head := data[at:]
		if len(head) < 4 {
			return Parameters{}, fmt.Errorf("parameters: the head of one is cut off at octet %d", at)
		}
		id, length := binary.LittleEndian.Uint16(head), int(binary.LittleEndian.Uint16(head[2:]))
		if length > len(head)-4 {
			return Parameters{}, fmt.Errorf("parameters: number %d at octet %d says %d octets, %d follow", id, at, length, len(head)-4)
		}
		if err := setParameter(&in, id, head[4:4+length]); err != nil {
			return Parameters{}, err
		}
		at += 4 + length
	}
	return in, nil
}

// pskKey is the number of the one value that is neither text nor of fixed length.
const pskKey = 29

// check says what is wrong with a value.
func (p *parameter) check(value []byte) error {
	switch {
	case p.octets > 0 && len(value) != p.octets:
		return fmt.Errorf("%s has %d octets, it must have %d", p.name, len(value), p.octets)
	case p.id == pskKey && len(value) > 64:
		return fmt.Errorf("%s has %d octets, the most is 64", p.name, len(value))
	case len(value) > maxText:
		return fmt.Errorf("%s has %d octets, the most is %d", p.name, len(value), maxText)
	case p.octets == 0 && p.id != pskKey && (!utf8.Valid(value) || bytes.IndexByte(value, 0) >= 0):
		return fmt.Errorf("%s is not UTF-8, or has a zero in it", p.name)
	}
	return nil
}

func setParameter(in *Parameters, id uint16, value []byte) error {
	for i := range parameters {
		if p := &parameters[i]; p.id == id {
			if err := p.check(value); err != nil {
				return err
			}
			p.set(in, value)
			return nil
		}
	}
	return fmt.Errorf("there is no parameter number %d", id)
}
